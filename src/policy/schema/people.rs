//! The schemas of `people.toml` and `accounts.toml`.

use serde_json::Value;
use serde_json::json;

use super::parts::about;
use super::parts::address;
use super::parts::file;
use super::parts::line;
use super::parts::name;
use super::parts::named;
use super::parts::table;

pub(super) fn schema() -> Value {
    let person = json!({
        "name": about(line(), "The name for people to read"),
        "keys": about(
            json!({ "type": "array", "items": { "type": "string" } }),
            "Lines that `ssh-add -L` prints; `sk-` keys live in hardware, and a passkey is one",
        ),
        "github": about(json!({ "type": "integer", "minimum": 1 }), "The number of the account, as logins can change hands"),
        "oidc": about(
            json!({ "type": "string", "minLength": 1, "maxLength": 255 }),
            "The value of the claim that names the person",
        ),
        "mail": about(address(), "Where the person is told, if access.toml has [notify.people]"),
        "slack": about(
            json!({ "type": "string", "pattern": "^[UW][A-Z0-9]{6,20}$" }),
            "The id of the member in Slack, where the person is told",
        ),
    });
    let member = json!({ "type": "string", "pattern": "^(group:)?[a-z0-9][a-z0-9._@-]{0,62}$" });
    let claims = json!({
        "type": "object",
        "required": ["issuer"],
        "minProperties": 2,
        "additionalProperties": { "type": "string", "minLength": 1, "maxLength": 1024 },
    });
    let workload = table(
        &json!({ "oidc": about(claims, "The claims of its tokens, each compared exactly") }),
        &["oidc"],
    );
    let agent = table(
        &json!({
            "of": about(name(), "The person for whom it asks"),
            "keys": about(
                json!({ "type": "array", "minItems": 1, "items": { "type": "string" } }),
                "Its own public keys, as `jit agent init` prints them; never a person's, never `sk-`",
            ),
        }),
        &["of", "keys"],
    );
    let properties = json!({
        "agents": named(&agent),
        "people": named(&table(&person, &[])),
        "groups": named(&json!({ "type": "array", "items": member })),
        "workloads": named(&workload),
    });
    file("people.toml of a jit policy", &properties, &[])
}

pub(super) fn accounts() -> Value {
    let tag = json!({ "type": "string", "minLength": 1, "maxLength": 128 });
    let account = json!({
        "id": { "type": "string", "pattern": "^[0-9]{12}$" },
        "owner": about(name(), "Who answers for it; `{owner}` in role files"),
        "tags": about(json!({ "type": "array", "items": tag }), "Free words; `for_each` in a role file names one"),
    });
    let properties = json!({ "accounts": named(&table(&account, &["id"])) });
    file("accounts.toml of a jit policy", &properties, &[])
}

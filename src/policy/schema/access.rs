//! The schema of `access.toml`.

use serde_json::Value;
use serde_json::json;

use super::parts::about;
use super::parts::command;
use super::parts::duration;
use super::parts::file;
use super::parts::gate;
use super::parts::notify_everybody;
use super::parts::principals;
use super::parts::table;
use crate::address::RETURN_HOSTS;

pub(super) fn schema() -> Value {
    let defaults = json!({
        "max_duration": about(duration(), "The longest access"),
        "pending": about(duration(), "When an undecided request expires"),
        "unused": about(duration(), "When an unused approval expires"),
        "lease": about(duration(), "The credentials' own life, from 15m to 12h"),
    });
    let text = || json!({ "type": "string", "minLength": 1, "maxLength": 255 });
    let oidc = json!({
        "issuer": { "type": "string" },
        "client_id": text(),
        "person": about(text(), "The claim that never changes hands"),
        "label": about(text(), "The claim that is shown and never compared"),
        "groups": about(text(), "The claim that lists groups"),
        "enrol": about(
            json!({ "enum": ["confirmed", "trusted"] }),
            "Whether a signature confirms a key that a token enrolled, or the provider's word is enough",
        ),
        "vouchers": about(principals("group|person"), "Who may confirm another person's key"),
        "max_age": about(duration(), "How old the last proof of a person may be at a mint or an approval, at most 12h"),
        "scopes": about(
            json!({ "type": "array", "items": text(), "contains": { "const": "openid" } }),
            "The scopes that jit asks for",
        ),
        "redirect_host": about(json!({ "enum": RETURN_HOSTS }), "The host of the loopback redirect"),
        "redirect_port": about(
            json!({ "type": "integer", "minimum": 1024, "maximum": 65535 }),
            "The port of the loopback redirect, for providers that compare it; any free one by default",
        ),
        "public_secret": about(text(), "The \"secret\" that some providers demand of installed applications"),
        "page": about(json!({ "type": "boolean" }), "Whether people may sign in there on the broker's approval page"),
    });
    let github_app = json!({
        "client_id": about(text(), "The client id of an app of GitHub whose device flow is on"),
        "api": about(json!({ "type": "string" }), "The address of GitHub's API; github.com's by default"),
    });
    let fact = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "file": { "type": "string" },
            "command": command(),
            "url": { "type": "string" },
            "token_env": { "type": "string" },
            "token_file": { "type": "string" },
            "max_age": about(duration(), "How old an answer may be; an older one is false"),
        },
        "oneOf": [{ "required": ["file"] }, { "required": ["command"] }, { "required": ["url"] }],
    });
    let facts = json!({
        "type": "object",
        "additionalProperties": false,
        "patternProperties": { "^[a-z][a-z0-9_]{0,62}$": fact },
    });
    let log_key = json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{43}$" });
    let log_keys =
        json!({ "type": "array", "items": log_key, "minItems": 1, "maxItems": 4, "uniqueItems": true });
    let forge = json!({
        "log_keys": about(log_keys, "The Ed25519 keys that events on jit-log are signed with, the one in use first"),
        "issuer": about(json!({ "type": "string" }), "The issuer of its workflows' ID tokens; github.com's by default"),
        "log_writer": about(
            json!({ "type": "string", "pattern": "^(app|team):[0-9]+$" }),
            "The only actor that may write the log: a GitHub App or a team, by its numeric id",
        ),
        "workload_app": about(json!({ "type": "integer", "minimum": 1 }), "The numeric id of the account NAME[bot] of the GitHub App that asks for workloads"),
    });
    let properties = json!({
        "version": { "const": 1 },
        "auditors": about(principals("group|person"), "Who may read every request and the log"),
        "defaults": about(table(&defaults, &[]), "Defaults for every role"),
        "notify": notify_everybody(),
        "identity": table(
            &json!({ "oidc": table(&oidc, &["issuer", "client_id"]), "github": table(&github_app, &["client_id"]) }),
            &[],
        ),
        "authority": table(&json!({ "github": table(&forge, &["log_keys"]) }), &["github"]),
        "gate": about(
            table(&json!({ "commands": gate() }), &["commands"]),
            "Commands that coding agents run only with a role, whichever it is (jit hook)",
        ),
        "facts": about(facts, "Where facts such as \"who is on call\" come from"),
        "time_zone": about(json!({ "type": "string" }), "The time zone in which conditions see hour and weekday"),
    });
    file("access.toml of a jit policy", &properties, &["version"])
}

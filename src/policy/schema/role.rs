//! The schema of `roles/NAME.toml`.

use serde_json::Value;
use serde_json::json;

use super::parts::about;
use super::parts::approval;
use super::parts::assurance;
use super::parts::definitions;
use super::parts::duration;
use super::parts::file;
use super::parts::line;
use super::parts::name;
use super::parts::named;
use super::parts::notify;
use super::parts::principals;
use super::parts::table;
use crate::policy::analysis::lint::CATALOGUE;

/// A file with `for_each` may contain `{account}`, `{id}` and `{owner}` in any string, so this schema is looser on
/// strings.
pub(super) fn schema() -> Value {
    let text = || json!({ "type": "string" });
    let reason = json!({ "anyOf": [
        { "enum": ["required", "optional"] },
        table(&json!({ "pattern": text(), "hint": line() }), &["pattern"]),
    ] });
    let scope = json!({
        "description": line(),
        "approval": or_expanded(&approval()),
        "max_duration": duration(),
        "signed": assurance(),
        "policy": about(text(), "A JSON file beside this one: an AWS session policy"),
    });
    let times = json!({ "type": "integer", "minimum": 1, "maximum": 100 });
    let extend = json!({ "times": times, "approval": or_expanded(&approval()), "signed": assurance() });
    let break_glass = json!({ "requesters": requesters("group|person"), "max_duration": duration(), "signed": assurance() });
    let when = json!({
        "request": about(text(), "A Cedar expression that must hold, like context.hour >= 6"),
        "auto_approve": about(text(), "A Cedar expression that approves without a review"),
    });
    let lints: Vec<&str> = CATALOGUE.iter().map(|kind| kind.name).collect();
    let allowance = json!({ "lint": { "enum": lints }, "reason": line() });
    let aws = json!({
        "role_arn": text(),
        "region": text(),
        "endpoint_url": text(),
        "via": about(text(), "The ARN of a role through which this one is reached"),
        "by": about(json!({ "enum": ["broker"] }), "The broker's own AWS identity assumes the role, not a token of its issuer"),
        "bind_ip": about(json!({ "type": "boolean" }), "Credentials work from the requester's address only"),
        "revoke": about(json!({ "enum": ["deny"] }), "When access ends early, the broker denies on the role what it handed out"),
    });
    let sandbox = json!({ "role_arn": text(), "endpoint_url": text(), "bind_ip": { "type": "boolean" } });
    let properties = json!({
        "description": line(),
        "requesters": about(requesters("group|person|workload"), "Who may ask"),
        "approval": about(or_expanded(&approval()), "Who must agree"),
        "duration": about(duration(), "The default duration"),
        "max_duration": about(duration(), "How long at most"),
        "lease": about(duration(), "The credentials' own life, from 15m to 12h"),
        "pending": about(duration(), "When an undecided request expires"),
        "unused": about(duration(), "When an unused approval expires"),
        "reason": about(reason, "The form of a reason"),
        "signed": about(assurance(), "How a review must be signed; if none is needed, the request"),
        "aliases": about(json!({ "type": "array", "items": or_expanded(&name()) }), "Former names, which still work"),
        "notify": notify(),
        "allow": about(
            json!({ "type": "array", "items": table(&allowance, &["lint", "reason"]) }),
            "Lints of `jit policy check` that are intended",
        ),
        "extend": about(table(&extend, &["times"]), "More time"),
        "when": about(table(&when, &[]), "Conditions"),
        "break_glass": about(table(&break_glass, &["requesters", "max_duration"]), "Emergency access"),
        "scopes": about(named(&table(&scope, &["policy"])), "Less power, fewer approvals"),
        "for_each": about(text(), "A tag of accounts: one role for each that has it"),
        "aws": table(&aws, &["role_arn", "region"]),
        "sandbox": table(&sandbox, &["role_arn", "endpoint_url"]),
    });
    let mut schema = file("A role of a jit policy", &properties, &["requesters", "approval"]);
    schema["oneOf"] = json!([{ "required": ["aws"] }, { "required": ["sandbox"] }]);
    schema["definitions"] = definitions();
    schema
}

/// The same schema, or a string that `for_each` expands.
fn or_expanded(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "$ref": "#/definitions/expanded" }] })
}

fn requesters(kinds: &str) -> Value {
    let mut list = principals(kinds);
    list["items"] = or_expanded(&list["items"].clone());
    list
}

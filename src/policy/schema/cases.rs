//! The schema of `tests/NAME.toml`.

use serde_json::Value;
use serde_json::json;

use super::parts::about;
use super::parts::assurance;
use super::parts::duration;
use super::parts::file;
use super::parts::line;
use super::parts::name;
use super::parts::table;

pub(super) fn schema() -> Value {
    let review = json!({
        "by": name(),
        "verdict": { "enum": ["approve", "deny"] },
        "for": duration(),
        "scope": name(),
        "signed": assurance(),
    });
    let texts =
        || json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] });
    let case = json!({
        "name": about(line(), "What the case is about"),
        "who": about(name(), "Who asks: a person, a workload, an agent, or somebody from `tokens`"),
        "role": name(),
        "action": { "enum": ["request", "extend", "break-glass"] },
        "scope": name(),
        "for": duration(),
        "at": about(json!({ "type": "string" }), "When, like 2026-03-01T02:00:00Z; noon of a Wednesday when left out"),
        "reason": about(json!({ "type": "string" }), "Why; without one the case is not about the reason"),
        "signed": about(assurance(), "How strongly the request is signed; as strongly as possible when left out"),
        "source_ip": { "type": "string" },
        "agent": { "type": "boolean" },
        "interactive": { "type": "boolean" },
        "facts": { "type": "object", "additionalProperties": { "type": "array", "items": name() } },
        "tokens": about(
            json!({ "type": "object", "additionalProperties": texts() }),
            "People by token, and the groups that the identity provider names",
        ),
        "reviews": { "type": "array", "items": { "anyOf": [name(), table(&review, &["by"])] } },
        "expect": { "enum": ["auto-approved", "approved", "needs-approval", "denied", "refused"] },
        "missing": about(texts(), "What is still missing, in the words of the rule"),
        "granted": about(duration(), "For how long it is approved"),
        "granted_scope": about(name(), "To which scope it is narrowed"),
    });
    let cases = json!({
        "type": "array",
        "items": table(&case, &["name", "who", "role", "expect"]),
    });
    file("Test cases of a jit policy", &json!({ "case": cases }), &["case"])
}

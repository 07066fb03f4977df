//! Scopes that are no narrower than their role.

use serde_json::Value;

use super::Lint;
use crate::policy::analysis::difference::Side;
use crate::policy::roles::catalogue;

/// Checks the document of each scope.
pub(super) fn find(side: &Side<'_>, lints: &mut Vec<Lint>) {
    for role in side.policy.roles() {
        for scope in role.scopes.values() {
            if allows_everything(scope.document.as_str()) {
                let message = format!("the scope {} allows every action on everything", scope.name);
                let keys = ["scopes", scope.name.as_str(), "policy"];
                lints.push(side.policy.lint_in(catalogue::SCOPE_NOT_NARROWER, role, &keys, message));
            }
        }
    }
}

/// Whether a statement allows everything without a condition, and no statement denies anything.
fn allows_everything(document: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(document) else { return false };
    let statements = match &document["Statement"] {
        Value::Array(statements) => statements.iter().collect(),
        statement => vec![statement],
    };
    let holds_star = |value: &Value| match value {
        Value::String(text) => text == "*" || text == "*:*",
        Value::Array(items) => items.iter().any(|item| item == "*" || item == "*:*"),
        _ => false,
    };
    let everything = |statement: &&Value| {
        statement["Effect"] == "Allow"
            && holds_star(&statement["Action"])
            && holds_star(&statement["Resource"])
            && statement["Condition"].is_null()
    };
    statements.iter().any(everything) && statements.iter().all(|statement| statement["Effect"] == "Allow")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_told_from_something() {
        let statement =
            |text: &str| allows_everything(&format!(r#"{{"Version":"2012-10-17","Statement":{text}}}"#));
        assert!(statement(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#));
        assert!(statement(r#"[{"Effect":"Allow","Action":["s3:Get*","*"],"Resource":["*"]}]"#));
        assert!(!statement(r#"[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]"#));
        assert!(!statement(r#"[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::x"}]"#));
        assert!(!statement(
            r#"[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a":"true"}}}]"#
        ));
        let denying = r#"[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:*","Resource":"*"}]"#;
        assert!(!statement(denying));
    }
}

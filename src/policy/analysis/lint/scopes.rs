//! Scopes that are no narrower than their role.

use serde_json::Value;

use super::Lint;
use crate::grant::ScopeDocument;
use crate::policy::analysis::difference::Side;
use crate::policy::roles::catalogue;
use crate::policy::roles::narrowing;
use crate::policy::roles::role::Role;

/// Checks the document of each scope.
pub(super) fn find(side: &Side<'_>, lints: &mut Vec<Lint>) {
    for role in side.policy.roles() {
        for scope in role.scopes.values() {
            let (key, message) = if allows_everything(scope.document.as_str()) {
                ("policy", format!("the scope {} allows every action on everything", scope.name))
            } else if is_whole(role, &scope.document) {
                (narrowing::key(&scope.document), format!("the scope {} is the whole role", scope.name))
            } else {
                continue;
            };
            let keys = ["scopes", scope.name.as_str(), key];
            lints.push(side.policy.lint_in(catalogue::SCOPE_NOT_NARROWER, role, &keys, message));
        }
    }
}

/// Whether a scope leaves everything that its role gives, where both are said in the same words.
fn is_whole(role: &Role, document: &ScopeDocument) -> bool {
    let of_token = document.as_token().is_some_and(|claims| {
        role.target.as_token().is_some_and(|target| target.claims.as_ref() == Some(claims))
    });
    let of_vault = document.as_vault().is_some_and(|document| {
        role.target.as_vault().is_some_and(|target| target.policies.as_ref() == Some(document.policies()))
    });
    let of_gcp = document.as_gcp().is_some_and(|document| {
        let all = role.target.as_gcp().map(|target| &target.scopes);
        document.boundary().is_none() && document.scopes() == all
    });
    let of_cluster = document.as_kubernetes().is_some_and(|document| {
        role.target.as_kubernetes().is_some_and(|target| target.groups() == Some(document.groups()))
    });
    let of_azure = document.as_azure().is_some_and(|document| {
        role.target
            .as_azure()
            .is_some_and(|target| document.audiences().names().len() == target.audiences.names().len())
    });
    of_token || of_vault || of_gcp || of_cluster || of_azure
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

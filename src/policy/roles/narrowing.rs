//! What a scope narrows its role to, in the words of the role's place: the one key of the scope's table that says so.

use crate::grant::Cloud;
use crate::grant::ScopeDocument;
use crate::grant::Target;
use crate::grant::cloud::claims::Claims;
use crate::grant::cloud::vault::Policies;
use crate::grant::cloud::vault::VaultScopeDocument;

use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::roles::kubernetes;
use crate::policy::roles::role::Surroundings;

/// Reads the key of a scope's table that narrows a role of this target. `None` stands for a role whose target does not load: its
/// scopes are checked as if it were AWS's.
pub(in crate::policy) fn read(
    section: &Section<'_>,
    around: &Surroundings<'_>,
    target: Option<&Target>,
) -> Option<ScopeDocument> {
    let cloud = target.map_or(Cloud::Aws, Target::cloud);
    match cloud {
        Cloud::Aws | Cloud::Sandbox => {
            let field =
                section.required("policy", r#"write policy = "NAME.json", a file beside this one"#)?;
            around.read_document(&field, cloud)
        }
        Cloud::Token => {
            let field = section.required("claims", r#"write claims = { groups = ["readers"] }"#)?;
            read_claims(&field).map(ScopeDocument::Token)
        }
        Cloud::Vault => {
            let field = section.required("policies", r#"write policies = ["NAME"]"#)?;
            let policies = read_policies(&field)?;
            let all = target.and_then(Target::as_vault).and_then(|target| target.policies.as_ref());
            if let Some(all) = all.filter(|all| !policies.is_within(all)) {
                field.report_with(
                    "a scope has policies that its role does not have",
                    &format!("the role has {all}; a token of a scope gets some of them"),
                );
                return None;
            }
            Some(ScopeDocument::Vault(VaultScopeDocument::new(policies)))
        }
        Cloud::Kubernetes => kubernetes::read_scope(section, target).map(ScopeDocument::Kubernetes),
    }
}

/// Parses a table of claims.
pub(in crate::policy) fn read_claims(field: &Field<'_>) -> Option<Claims> {
    let members: Option<Vec<(String, serde_json::Value)>> =
        field.section()?.entries().map(|(name, _, value)| Some((name.to_owned(), value.json()?))).collect();
    match Claims::of(members?) {
        Ok(claims) => Some(claims),
        Err(error) => {
            field.report(&error.to_string());
            None
        }
    }
}

/// Parses a list of names of policies.
pub(in crate::policy) fn read_policies(field: &Field<'_>) -> Option<Policies> {
    let names: Option<Vec<String>> = field.list()?.map(|item| item.text().map(str::to_owned)).collect();
    match Policies::new(names?) {
        Ok(policies) => Some(policies),
        Err(error) => {
            field.report(&error.to_string());
            None
        }
    }
}

//! The keys of a scope's table that narrow its role, in the words of the role's place.

use crate::grant::Cloud;
use crate::grant::ScopeDocument;
use crate::grant::Target;
use crate::grant::cloud::claims::Claims;
use crate::grant::cloud::gcp_scope::Boundary;
use crate::grant::cloud::gcp_scope::GcpScopeDocument;
use crate::grant::cloud::gcp_scope::OauthScopes;
use crate::grant::cloud::vault::Policies;
use crate::grant::cloud::vault::VaultScopeDocument;

use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::roles::azure;
use crate::policy::roles::blame;
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
        Cloud::Gcp => read_gcp(section, around, target).map(ScopeDocument::Gcp),
        Cloud::Azure => azure::read_scope(section, target).map(ScopeDocument::Azure),
    }
}

/// The key of a scope's table that says what this document does.
pub(in crate::policy) fn key(document: &ScopeDocument) -> &'static str {
    match document {
        ScopeDocument::Aws(_) => "policy",
        ScopeDocument::Token(_) => "claims",
        ScopeDocument::Vault(_) => "policies",
        ScopeDocument::Kubernetes(_) => "groups",
        ScopeDocument::Gcp(document) if document.scopes().is_none() => "boundary",
        ScopeDocument::Gcp(_) => "oauth_scopes",
        ScopeDocument::Azure(_) => "audiences",
    }
}

/// Reads the OAuth scopes and the access boundary of a scope, of which there is at least one.
fn read_gcp(
    section: &Section<'_>,
    around: &Surroundings<'_>,
    target: Option<&Target>,
) -> Option<GcpScopeDocument> {
    let scopes = section.field("oauth_scopes");
    let boundary = section.field("boundary");
    if scopes.is_none() && boundary.is_none() {
        section.document.report_with(
            section.at,
            "the scope narrows nothing",
            r#"write oauth_scopes = ["devstorage.read_only"], or boundary = "NAME.json" for Cloud Storage"#,
        );
        return None;
    }
    let narrower = match &scopes {
        Some(field) => {
            let scopes = read_oauth_scopes(field)?;
            let all = target.and_then(Target::as_gcp).map(|target| &target.scopes);
            if let Some(all) = all.filter(|all| !scopes.is_within(all)) {
                field.report_with(
                    "a scope has OAuth scopes that its role does not have",
                    &format!("the role has {all}; a token of a scope gets some of them"),
                );
                return None;
            }
            Some(scopes)
        }
        None => None,
    };
    let boundary = match &boundary {
        Some(field) => {
            Some(around.read_json("boundary", field, |text, expand| Boundary::parse(text, expand))?)
        }
        None => None,
    };
    GcpScopeDocument::new(narrower, boundary)
}

/// Parses a list of OAuth scopes.
pub(in crate::policy) fn read_oauth_scopes(field: &Field<'_>) -> Option<OauthScopes> {
    let names: Option<Vec<String>> = field.list()?.map(|item| item.text().map(str::to_owned)).collect();
    match OauthScopes::new(names?) {
        Ok(scopes) => Some(scopes),
        Err(error) => {
            blame::report_at(field, &error);
            None
        }
    }
}

/// Parses a table of claims.
pub(in crate::policy) fn read_claims(field: &Field<'_>) -> Option<Claims> {
    let members: Option<Vec<(String, serde_json::Value)>> =
        field.section()?.entries().map(|(name, _, value)| Some((name.to_owned(), value.json()?))).collect();
    match Claims::of(members?) {
        Ok(claims) => Some(claims),
        Err(error) => {
            let hint =
                r#"write claims = { groups = ["NAME"] }; jit writes iss, sub, aud, exp and the like itself"#;
            field.report_with(&error.to_string(), hint);
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
            blame::report_at(field, &error);
            None
        }
    }
}

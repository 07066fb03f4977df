//! The groups in an ID token. A claim that cannot be read is unknown, never empty.

use serde_json::Value;

use super::Proven;

/// The groups that a token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Groups {
    /// The groups, as the provider writes them. Possibly none.
    Listed(Vec<String>),
    /// The token leaves the groups open, for this reason. Nothing may rest on them.
    Unknown(&'static str),
    /// The token has no such claim.
    Absent,
}

/// Reads the groups from a claim.
///
/// Above 200 groups Entra leaves the claim out and names a source in Microsoft Graph instead: `_claim_names` with
/// `_claim_sources`, or `hasgroups` ("Configure group claims for applications", "Groups overage claim").
pub fn groups(proven: &Proven, claim: &str) -> Groups {
    if is_elsewhere(proven, claim) {
        return Groups::Unknown(
            "the person is in too many groups for a token, and the token names another source",
        );
    }
    let Some(value) = proven.claim(claim) else { return Groups::Absent };
    let listed = value.as_array().and_then(|list| {
        list.iter().map(|group| group.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    });
    listed.map_or(Groups::Unknown("the groups in the token are not a list of texts"), Groups::Listed)
}

/// Whether the token points to another source of this claim (OpenID Connect Core 1.0, section 5.6.2).
fn is_elsewhere(proven: &Proven, claim: &str) -> bool {
    // A pointer that is no object points somewhere too.
    let named = proven
        .claim("_claim_names")
        .is_some_and(|names| names.as_object().is_none_or(|names| names.contains_key(claim)));
    let flagged = proven.claim("hasgroups").is_some_and(|flag| *flag != Value::Bool(false));
    let source = format!("{claim}:src");
    named || flagged || proven.claims.keys().any(|name| name.starts_with(&source))
}

//! The limits that a role or a scope had at its place and has no more. Where a limit is left out, more is open than any list shows.

use super::scope::ScopeDocument;
use crate::grant::Target;

/// The limit that a target has lost, and what is open without it, in words. `None` if it has lost none. The limits of other places
/// than these cannot be left out.
pub fn of_target(before: &Target, after: &Target) -> Option<&'static str> {
    match (before, after) {
        (Target::Vault(before), Target::Vault(after))
            if before.policies.is_some() && after.policies.is_none() =>
        {
            Some("no `policies` limit it any more: it opens all that the server's own role has")
        }
        (Target::Gcp(before), Target::Gcp(after))
            if !before.scopes.is_default() && after.scopes.is_default() =>
        {
            Some("no `oauth_scopes` limit it any more: it opens all that the service account may do")
        }
        (Target::Token(before), Target::Token(after))
            if before.claims.is_some() && after.claims.is_none() =>
        {
            Some("no `claims` limit it any more: it opens what the audience gives to a token without them")
        }
        _ => None,
    }
}

/// The same for the document of a scope. Those of other places than Google Cloud have one part, which no scope can leave out.
pub fn of_document(before: &ScopeDocument, after: &ScopeDocument) -> Option<&'static str> {
    let (ScopeDocument::Gcp(before), ScopeDocument::Gcp(after)) = (before, after) else { return None };
    if before.boundary().is_some() && after.boundary().is_none() {
        return Some("no `boundary` limits it any more: it opens all that its OAuth scopes do");
    }
    let lost = before.scopes().is_some() && after.scopes().is_none();
    lost.then_some("no `oauth_scopes` limit it any more: those of the role apply")
}

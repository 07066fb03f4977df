//! What roles open, compared with each other, and how long it lives.

use super::Lint;
use crate::grant::Target;
use crate::grant::cloud::kubernetes::Way;
use crate::policy::Policy;
use crate::policy::analysis::ways;
use crate::policy::analysis::ways::WayKind;
use crate::policy::roles::catalogue;
use crate::policy::roles::role::Role;

/// Checks that no role hands out a token with which another role's place is opened, that no server is shown a token with which another
/// server is signed in to, and that access is as long as its credentials.
pub(super) fn find(policy: &Policy, lints: &mut Vec<Lint>) {
    shown_elsewhere(policy, lints);
    revoked_by_openers(policy, lints);
    shared_server_roles(policy, lints);
    for role in policy.roles() {
        added_claims(policy, role, lints);
    }
    for role in policy.roles() {
        find_length(policy, role, lints);
        let Some((table, audience)) = handed_out(&role.target) else { continue };
        let opens = |other: &&Role| {
            let signs_in = other.target.as_vault().is_some_and(|vault| vault.audience() == audience);
            let is_cluster = cluster_audience(&other.target) == Some(audience);
            signs_in || is_cluster && other.target.place() != role.target.place()
        };
        if let Some(other) = policy.roles().find(opens) {
            let message = format!("tokens for {audience} also sign in where {} opens", other.name);
            lints.push(policy.lint_in(catalogue::SHARED_AUDIENCE, role, &[table, "audience"], message));
        }
    }
}

/// Finds servers that could sign in elsewhere with the tokens that they are shown.
fn shown_elsewhere(policy: &Policy, lints: &mut Vec<Lint>) {
    for role in policy.roles() {
        let Some(server) = role.target.as_vault().filter(|server| server.audience.is_some()) else {
            continue;
        };
        let is_shown = |other: &&Role| {
            let other = other.target.as_vault();
            other
                .is_some_and(|other| other.address != server.address && other.audience() == server.audience())
        };
        if let Some(other) = policy.roles().find(is_shown) {
            let message = format!(
                "tokens for {} also sign in where {} opens, at another server",
                server.audience(),
                other.name
            );
            lints.push(policy.lint_in(catalogue::SHARED_AUDIENCE, role, &["vault", "audience"], message));
        }
    }
}

/// Finds roles of a server that should only revoke, and that another role opens. Each file's own role is checked when it loads.
fn revoked_by_openers(policy: &Policy, lints: &mut Vec<Lint>) {
    for role in policy.roles() {
        let (Some(server), Some(name)) = (role.target.as_vault(), &role.revoke_role) else { continue };
        let is_opened =
            |other: &&Role| other.target.as_vault().is_some_and(|other| other.is_role(name, server));
        if let Some(other) = policy.roles().find(is_opened) {
            let message = format!("the server's role {name} is the one that {} opens", other.name);
            lints.push(policy.lint_in(catalogue::REVOKING_ROLE, role, &["vault", "revoke_role"], message));
        }
    }
}

/// Finds roles that open one role of a server, which lets in the tokens of one of them.
fn shared_server_roles(policy: &Policy, lints: &mut Vec<Lint>) {
    for role in policy.roles() {
        let Some(server) = role.target.as_vault() else { continue };
        let is_same = |other: &&Role| {
            other.name != role.name
                && other.target.as_vault().is_some_and(|other| other.is_role(&server.role, server))
        };
        if let Some(other) = policy.roles().find(is_same) {
            let message = format!("{} opens the server's role {} too", other.name, server.role);
            lints.push(policy.lint_in(catalogue::SHARED_SERVER_ROLE, role, &["vault", "role"], message));
        }
    }
}

/// Finds scopes whose tokens say something that their role's do not.
fn added_claims(policy: &Policy, role: &Role, lints: &mut Vec<Lint>) {
    let Some(target) = role.target.as_token() else { return };
    for (name, scope) in &role.scopes {
        let Some(claims) = scope.document.as_token() else { continue };
        let added = claims.beside(target.claims.as_ref());
        if let Some(claim) = added.first() {
            let message = format!("the scope {name} has the claim {claim}, which its role has not");
            let keys = ["scopes", name.as_str(), "claims"];
            lints.push(policy.lint_in(catalogue::SCOPE_ADDS_CLAIMS, role, &keys, message));
        }
    }
}

/// Compares the length of access with the life of credentials that nobody ends.
fn find_length(policy: &Policy, role: &Role, lints: &mut Vec<Lint>) {
    if let Some(overrun) = role.target.overrun() {
        let message = format!("a token can outlive the access by up to {overrun}");
        let keys = [role.target.cloud().as_str(), "overrun"];
        lints.push(policy.lint_in(catalogue::OVERRUN_ACCEPTED, role, &keys, message));
    }
    let Some(shortest) = role.target.shortest_grant() else { return };
    for way in ways::of(role) {
        if way.kind != WayKind::Extend && way.max_duration < shortest {
            let message = format!(
                "access for {way} lasts {} at most, and its credentials can live for {shortest}",
                way.max_duration
            );
            lints.push(policy.lint_in(
                catalogue::NEVER_LONG_ENOUGH,
                role,
                &way.keys("max_duration"),
                message,
            ));
        }
    }
    if role.duration < shortest && role.max_duration >= shortest {
        let message =
            format!("the usual duration is {}, and credentials can live for {shortest}", role.duration);
        lints.push(policy.lint_in(catalogue::NEVER_LONG_ENOUGH, role, &["duration"], message));
    }
}

/// The audience of a token that the requester gets, with the table that names it.
fn handed_out(target: &Target) -> Option<(&'static str, &str)> {
    let token = target.as_token().map(|token| ("token", token.audience.as_str()));
    token.or_else(|| Some(("kubernetes", cluster_audience(target)?)))
}

/// The audience of tokens that a cluster accepts.
fn cluster_audience(target: &Target) -> Option<&str> {
    match &target.as_kubernetes()?.way {
        Way::Token { audience, .. } => Some(audience),
        Way::ServiceAccount { .. } => None,
    }
}

//! Roles and rules as one person sees them, for every authority.

use super::Bench;
use super::Case;
use super::docket::Denial;
use super::eligibility::may_review_piece;
use super::eligibility::may_review_some;
use crate::grant::Name;
use crate::grant::statement::RequestStatement;
use crate::policy::Action;
use crate::policy::Missing;
use crate::policy::Policy;
use crate::policy::ReasonRule;
use crate::policy::Role;
use crate::policy::Rule;
use crate::policy::Scope;
use crate::protocol::BreakGlassView;
use crate::protocol::DeniedView;
use crate::protocol::ExtendView;
use crate::protocol::MissingView;
use crate::protocol::ReasonWanted;
use crate::protocol::RoleView;
use crate::protocol::ScopeView;

/// The rule of the request's own way and scope, in words.
pub fn approval_of(policy: &Policy, asked: &RequestStatement) -> String {
    let scope = asked.scope.as_ref().map(|scope| &scope.name);
    let role = policy.role(&asked.role);
    role.map_or_else(String::new, |role| match role.terms(Case::action_of(asked, 0), scope) {
        Ok(terms) => terms.approval.to_string(),
        Err(_) => role.approval.to_string(),
    })
}

/// An earlier denial, for the reviewers of a request.
pub fn denied_before(denial: Denial<'_>, asked: &RequestStatement) -> DeniedView {
    let what = denial.what(asked);
    let why = match denial.by {
        Some(by) => format!("{by} denied {}", what.trim_end_matches(',')),
        None => format!("{what} was denied"),
    };
    DeniedView {
        at: denial.at,
        by: denial.by.cloned(),
        why,
        what: Some(what),
        said: Some(denial.said.to_owned()).filter(|said| !said.is_empty()),
    }
}

/// The rule in words. `healthy` says whether the policy loads: until it does, nothing is approved without a review.
fn in_words(rule: &Rule, healthy: bool) -> String {
    if !healthy && rule.demands().is_empty() {
        return "none, but not while the policy does not load".to_owned();
    }
    rule.to_string()
}

/// The missing reviews of a rule, and who could give them: those who may review the request by both policies.
pub fn missing(bench: &Bench, asked: &RequestStatement, lacking: Vec<Missing>) -> Vec<MissingView> {
    let view = |missing: Missing| {
        let could_help =
            missing.could_help.into_iter().filter(|name| bench.may_review(asked, name)).collect();
        MissingView { demand: missing.demand, could_help }
    };
    lacking.into_iter().map(view).collect()
}

/// Whether anybody could approve the viewer's request by this way.
fn approvable(policy: &Policy, role: &Role, action: Action, scope: Option<&Name>, viewer: &Name) -> bool {
    policy.could_be_approved(role, action, scope, viewer, |_| true)
}

/// Whether a viewer may see a role: they may ask for it, could review a request for it, or may use its break-glass.
pub fn may_see_role(policy: &Policy, role: &Role, viewer: &Name) -> bool {
    policy.may_request(viewer, role)
        || may_review_some(policy, role, viewer)
        || policy.person(viewer).is_some_and(|person| policy.may_break_glass(person, role))
}

/// The role's break-glass, if the viewer may use it. `told` are the places that are notified.
fn view_break_glass(
    policy: &Policy,
    role: &Role,
    viewer: &Name,
    told: Vec<String>,
) -> Option<BreakGlassView> {
    let person = policy.person(viewer).filter(|person| policy.may_break_glass(person, role))?;
    let terms = role.terms(Action::BreakGlass, None).ok()?;
    Some(BreakGlassView {
        max_duration: terms.max_duration,
        signed: terms.signed,
        told,
        reviewers: policy.eligible_reviewers(role, &person.name),
    })
}

/// A role as one person sees it. Nothing is approved automatically while the authority is not `healthy`. `told` are the
/// places that are notified of a break-glass.
pub fn view_role(policy: &Policy, role: &Role, viewer: &Name, healthy: bool, told: Vec<String>) -> RoleView {
    let may_request = policy.may_request(viewer, role);
    let reason = match &role.reason {
        ReasonRule::Required => ReasonWanted { required: true, pattern: None, hint: None },
        ReasonRule::Optional => ReasonWanted { required: false, pattern: None, hint: None },
        ReasonRule::Pattern { pattern, hint } => ReasonWanted {
            required: true,
            pattern: Some(pattern.as_str().to_owned()),
            hint: Some(hint.clone()),
        },
    };
    RoleView {
        name: role.name.clone(),
        aliases: role.aliases.clone(),
        description: role.description.clone(),
        cloud: Some(role.target.cloud()),
        place: Some(role.target.place()),
        target: role.target.clone(),
        certificates: role.target.certificates().map(str::to_owned),
        may_request,
        may_review: may_review_some(policy, role, viewer),
        may_review_whole: Some(may_review_piece(policy, role, Action::Request, None, viewer)),
        approvable: !may_request || approvable(policy, role, Action::Request, None, viewer),
        approval: in_words(&role.approval, healthy),
        automatic: may_request && healthy && role.approval.demands().is_empty(),
        approvers: if may_request { policy.eligible_reviewers(role, viewer) } else { Vec::new() },
        signed: role.signed,
        duration: role.duration,
        max_duration: role.max_duration,
        lease: role.lease,
        pending: role.pending,
        unused: role.unused,
        reason,
        extend: view_extend(policy, role, viewer, (may_request, healthy)),
        scopes: role
            .scopes
            .values()
            .map(|scope| view_scope(policy, role, scope, viewer, (may_request, healthy)))
            .collect(),
        bind_ip: role.bind_ip,
        deny_revoked: role.deny_revoked,
        revoke_role: role.revoke_role.clone(),
        break_glass: view_break_glass(policy, role, viewer, told),
        gate: role.gate.clone(),
        production: policy.is_production(role),
        policy: policy.revision,
    }
}

/// A role's rules for extensions, as one person sees them.
fn view_extend(
    policy: &Policy,
    role: &Role,
    viewer: &Name,
    (may_request, healthy): (bool, bool),
) -> Option<ExtendView> {
    let times = role.extend.as_ref()?.times;
    let terms = role.terms(Action::Extend { before: 0 }, None).ok()?;
    Some(ExtendView {
        times,
        approval: in_words(terms.approval, healthy),
        automatic: may_request && healthy && terms.approval.demands().is_empty(),
        approvers: if may_request {
            policy.named_reviewers(role, terms.approval, viewer)
        } else {
            Vec::new()
        },
        approvable: !may_request || approvable(policy, role, Action::Extend { before: 0 }, None, viewer),
        signed: terms.signed,
    })
}

/// A scope as one person sees it.
fn view_scope(
    policy: &Policy,
    role: &Role,
    scope: &Scope,
    viewer: &Name,
    (may_request, healthy): (bool, bool),
) -> ScopeView {
    let rule = scope.approval.as_ref().unwrap_or(&role.approval);
    ScopeView {
        name: scope.name.clone(),
        description: scope.description.clone(),
        approval: in_words(rule, healthy),
        automatic: may_request && healthy && rule.demands().is_empty(),
        approvers: if may_request { policy.named_reviewers(role, rule, viewer) } else { Vec::new() },
        may_review: may_review_piece(policy, role, Action::Request, Some(&scope.name), viewer),
        approvable: !may_request || approvable(policy, role, Action::Request, Some(&scope.name), viewer),
        signed: scope.signed.unwrap_or(role.signed),
        max_duration: scope.max_duration.unwrap_or(role.max_duration),
        cloud: Some(role.target.cloud()),
        document: scope.document.as_str().to_owned(),
        digest: scope.document.digest(),
    }
}

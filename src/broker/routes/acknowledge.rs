//! The review of an emergency, after the fact: the same statement and the same people as any review, and one word for good.

use super::reviews::ReviewError;
use crate::grant::Change;
use crate::grant::Request;
use crate::grant::Signed;
use crate::grant::Verdict;
use crate::grant::statement::ReviewStatement;
use crate::identity::Opened;
use crate::judgement::Case;
use crate::judgement::is_eligible;
use crate::judgement::reviewers::let_acknowledge;
use crate::policy::Action;
use crate::policy::Policy;

/// What follows from the review. A no takes away what still lives. The policy in force alone says who may review: this
/// grants nothing, and what has ended must not wait for people who left.
pub(super) fn decide(
    policy: &Policy,
    request: &Request,
    opened: &Opened,
    statement: &ReviewStatement,
    signed: &Signed,
    case: &Case<'_>,
) -> Result<Vec<Change>, ReviewError> {
    let by = statement.header.who.clone();
    let state = request.state_at(case.now);
    if by == *request.requester() {
        return Err(ReviewError::OwnRequest);
    }
    if !is_eligible(policy, &request.statement, &by) {
        return Err(ReviewError::NotEligible(by));
    }
    if let Some(before) = &request.acknowledged {
        return Err(ReviewError::Reviewed(before.by.clone()));
    }
    if !request.is_unreviewed() {
        return Err(ReviewError::State(state));
    }
    if statement.duration.is_some() || statement.scope.is_some() {
        return Err(ReviewError::Whole);
    }
    if statement.verdict == Verdict::Approve {
        let scope = request.statement.scope.as_ref().map(|scope| &scope.name);
        let role = policy.role(&request.statement.role);
        let terms = role.map(|role| role.terms(Action::Request, scope));
        let demanded = match (terms, role) {
            (Some(Ok(terms)), _) => terms.signed,
            // The scope is gone: what the whole role demands.
            (_, Some(role)) => role.signed,
            _ => return Err(ReviewError::NotEligible(by)),
        };
        if opened.assurance() < demanded {
            return Err(ReviewError::TooWeak(demanded));
        }
        let_acknowledge(policy, case, &by).map_err(|refusal| ReviewError::Refused(refusal.to_string()))?;
    }
    let mut changes = vec![Change::Acknowledged { by: by.clone(), signed: signed.clone() }];
    if statement.verdict == Verdict::Deny && !state.is_terminal() {
        let said = statement.comment.as_str();
        let reason = if said.is_empty() { "reviewed, and found wrong" } else { said }.to_owned();
        changes.push(Change::Revoked { by: Some(by), reason, signed: Some(signed.clone()) });
    }
    Ok(changes)
}

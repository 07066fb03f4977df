//! The views of requests and roles that a caller may see.

use std::sync::Arc;

use super::denying;
use super::extensions::case_of;
use super::extensions::first_of;
use super::extensions::view_extends;
use super::extensions::view_extensions;
use super::judged::Judged;
use super::notify;
use super::policies::Standing;
use super::problem::Fault;
use super::shared::Shared;
use super::store::Outcome;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::Verdict;
use crate::grant::request::Review;
use crate::grant::text::sanitise;
use crate::judgement::Bench;
use crate::judgement::Case;
use crate::judgement::Judgement;
use crate::judgement::docket;
use crate::judgement::eligibility::may_stop;
use crate::judgement::extend;
use crate::judgement::household::Household;
use crate::judgement::is_eligible;
use crate::judgement::refusal::Refusal;
use crate::judgement::review::has_given;
use crate::judgement::views;
use crate::judgement::views::approval_of;
use crate::policy::Policy;
use crate::policy::Role;
use crate::protocol::ClosingView;
use crate::protocol::MissingView;
use crate::protocol::NoticeView;
use crate::protocol::RequestView;
use crate::protocol::ReviewView;
use crate::protocol::RoleView;

/// Whether a person may read a request: its requester, its possible reviewers, and auditors.
pub fn may_read(policy: &Policy, request: &Request, viewer: &Name) -> bool {
    request.requester() == viewer || may_stop(policy, &request.statement, viewer) || policy.may_audit(viewer)
}

/// A request that the viewer may read. Any other looks as if it did not exist.
pub async fn find_readable(
    shared: &Shared,
    standing: &Standing,
    id: &str,
    viewer: &Name,
) -> Result<Arc<Request>, Fault> {
    let proof = standing.policy.person(viewer).and_then(|person| person.proof);
    let is_unknown = proof.is_some_and(|proof| proof.groups_unknown);
    // Somebody whose groups are not known may read little, and that is the cause they can act on. It is the same answer for a
    // request that does not exist.
    let hidden =
        || if is_unknown { Refusal::GroupsUnknown(viewer.clone()).into() } else { Fault::not_found() };
    let id: RequestId = id.parse().map_err(|_| hidden())?;
    let request = shared.find(&id).await?.ok_or_else(hidden)?;
    if may_read(&standing.policy, &request, viewer) { Ok(request) } else { Err(hidden()) }
}

/// A request as one person sees it.
pub async fn view_request(
    shared: &Shared,
    standing: &Standing,
    request: &Request,
    viewer: &Name,
) -> Result<RequestView, Fault> {
    view_fresh(shared, standing, request, viewer, None).await
}

/// The known facts about a request that was taken just now. The broker need not ask for them again.
pub struct Fresh {
    /// The judgement of both policies about it at this very version.
    pub judged: Judged,
    /// Whether places are told of it.
    pub is_told: bool,
}

/// The same of a request that may have been taken just now.
pub async fn view_fresh(
    shared: &Shared,
    standing: &Standing,
    request: &Request,
    viewer: &Name,
    fresh: Option<Fresh>,
) -> Result<RequestView, Fault> {
    let is_told = fresh.as_ref().is_none_or(|fresh| fresh.is_told);
    let judged = fresh.map(|fresh| fresh.judged);
    let now = shared.now();
    let state = request.state_at(now);
    let stands = !state.is_terminal();
    // A request whose revision cannot be read is still shown, and no decision is made about it.
    let bench = if stands { shared.bench(&request.statement, standing).await.ok() } else { None };
    let missing = match &bench {
        Some(bench) if state == State::Pending => missing(shared, standing, bench, request, judged).await,
        _ if request.is_unreviewed() => vec![afterwards(&standing.policy, request)],
        _ => Vec::new(),
    };
    let waits = bench.as_ref().filter(|_| state == State::Pending && !request.is_emergency());
    let may_stop = stands && may_stop(&standing.policy, &request.statement, viewer);
    let has_denied = has_given(request, viewer, Verdict::Deny);
    let notices = if is_told {
        shared.ledger.store().notices_of(&request.digest).await.unwrap_or_default()
    } else {
        Vec::new()
    };
    Ok(RequestView {
        agent_of: agent_of(standing, bench.as_ref(), request),
        id: request.id(),
        digest: request.digest,
        version: request.version,
        state,
        signed: request.signed.clone(),
        pending_until: request.pending_until,
        unused_until: request.unused_until,
        approved_duration: request.approved_duration,
        approved_by: request.approved_by.clone(),
        approved_scope: request.approved_scope.as_ref().map(|scope| scope.name.clone()),
        approved_scope_document: request.approved_scope.as_ref().map(|scope| scope.document),
        active_until: request.active_until,
        credentials_until: request.credentials_until(now),
        denial: if stands { None } else { denying::view(shared, request).await },
        approval: approval_of(&standing.policy, &request.statement),
        missing,
        reviews: request.reviews.iter().map(view_review).collect(),
        acknowledged: request.acknowledged.as_ref().map(view_review),
        notices: notices
            .into_iter()
            // A waiting notice without an error is neither delivered nor a problem.
            .map(|notice| NoticeView {
                to: sanitise(&notice.place),
                about: sanitise(&notice.about),
                delivered: notice.outcome == Outcome::Delivered,
                tries_again: notice.outcome == Outcome::Waiting && notice.problem.is_some(),
                problem: notice.problem.map(|problem| sanitise(&problem)),
            })
            .collect(),
        denied_before: if stands || request.is_unreviewed() {
            let index = shared.ledger.index();
            let index = Household::of(&*index, &standing.policy);
            let asked = &request.statement;
            let denial = docket::denied_before(&index, &request.digest, asked, now);
            denial.map(|denial| views::denied_before(denial, asked))
        } else {
            None
        },
        closing: request.closing.as_ref().map(|closing| ClosingView {
            at: closing.at,
            by: closing.by.clone(),
            why: closing.why.clone(),
        }),
        extends: view_extends(shared, request),
        extensions: view_extensions(shared, request, now),
        ask_again: waits.and_then(|bench| bench.ask_again(&request.statement)),
        why_not: waits.and_then(|bench| bench.why_not(&request.statement, viewer)),
        may_review: if request.is_emergency() {
            request.is_unreviewed() && is_eligible(&standing.policy, &request.statement, viewer)
        } else {
            waits.is_some_and(|bench| bench.may_review(&request.statement, viewer)) && !has_denied
        },
        may_revoke: stands && may_stop,
    })
}

/// The owner of the agent that asks, by the policy that it was asked under and the one in force. `None` for anybody else.
fn agent_of(standing: &Standing, bench: Option<&Bench>, request: &Request) -> Option<Name> {
    let under = bench.and_then(|bench| bench.under.owner_of(request.requester()));
    under.or_else(|| standing.policy.owner_of(request.requester())).cloned()
}

fn view_review(review: &Review) -> ReviewView {
    ReviewView {
        by: review.by.clone(),
        verdict: review.statement.verdict,
        at: review.at,
        signed: review.signed.clone(),
    }
}

/// The review that a break-glass still needs after its use.
fn afterwards(policy: &Policy, request: &Request) -> MissingView {
    MissingView { demand: "a review afterwards".to_owned(), could_help: reviewers(policy, request) }
}

/// The possible reviewers of a break-glass: by the policy in force, those who could have approved an ordinary request.
pub fn reviewers(policy: &Policy, request: &Request) -> Vec<Name> {
    let role = policy.role(&request.statement.role);
    role.map_or_else(Vec::new, |role| policy.eligible_reviewers(role, request.requester()))
}

async fn missing(
    shared: &Shared,
    standing: &Standing,
    bench: &Bench,
    request: &Request,
    judged: Option<Judged>,
) -> Vec<MissingView> {
    let now = shared.now();
    let automatic = shared.may_approve_itself(&request.digest, &request.statement, standing, now)
        && first_of(shared, request).is_none_or(|first| extend::may_be_automatic(&first));
    let case = Case { automatic, ..case_of(shared, request, now) };
    let judged = match judged.filter(|judged| judged.automatic == automatic) {
        Some(judged) => {
            let judged = Arc::new(judged);
            shared.judgements.keep(bench, request, case.before, &judged);
            judged
        }
        None => match shared.judgements.find(bench, request, case.before, automatic) {
            Some(judged) => judged,
            None => {
                let gathered = shared.facts(bench, &request.statement.role, now).await;
                let judgement = bench.judge(&Case { facts: &gathered.facts, ..case });
                let judged = Arc::new(Judged { judgement, automatic });
                shared.judgements.keep(bench, request, case.before, &judged);
                judged
            }
        },
    };
    match &judged.judgement {
        Judgement::Waiting(missing) => views::missing(bench, &request.statement, missing.clone()),
        // The approval rule may be satisfied now (the policy changed) without a review. Any review then closes it.
        _ => Vec::new(),
    }
}

/// A role as one person sees it.
pub fn view_role(standing: &Standing, role: &Role, viewer: &Name) -> RoleView {
    let policy = &standing.policy;
    let told = notify::places(policy, &role.name).into_iter().map(|place| place.label).collect();
    views::view_role(policy, role, viewer, standing.is_healthy(), told)
}

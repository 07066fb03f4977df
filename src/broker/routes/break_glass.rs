//! The emergency way of `POST /v1/requests`: approved by itself, told to everybody, reviewed afterwards.

use jiff::Timestamp;

use super::request_ask::AskError;
use super::request_ask::check_piece;
use crate::audit::Subject;
use crate::audit::index::Admission;
use crate::broker::caller::Caller;
use crate::broker::ledger::Append;
use crate::broker::ledger::Expects;
use crate::broker::ledger::LedgerError;
use crate::broker::notify;
use crate::broker::notify::About;
use crate::broker::policies::Standing;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::views::reviewers;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::span::Span;
use crate::grant::statement::RequestStatement;
use crate::judgement::Bench;
use crate::judgement::Case;
use crate::judgement::Judgement;
use crate::judgement::facts::Gathered;
use crate::policy::Action;
use crate::policy::Policy;
use crate::policy::Refusal;
use crate::policy::Role;

/// Why the glass stays whole.
#[derive(Debug, thiserror::Error)]
enum GlassError {
    #[error("there is no emergency way into {0} for you")]
    NoWay(Name),
    #[error("an emergency starts now, not later")]
    Start,
    #[error("your emergency access to {role} (request {id}) has not been reviewed yet")]
    Unreviewed { id: RequestId, role: Name, by: Vec<Name> },
    #[error("you hold {role} already, by request {id}")]
    Held { id: RequestId, role: Name },
    #[error(
        "{by} reviewed your last emergency access to {role} and found it wrong, within the last 24 hours"
    )]
    Denied { role: Name, by: Name },
}

impl From<GlassError> for Fault {
    fn from(error: GlassError) -> Self {
        let text = error.to_string();
        match error {
            GlassError::NoWay(_) => Self::new(Code::Policy, text)
                .hint("`jit roles` says which roles have one; `jit request` asks in the ordinary way"),
            GlassError::Start => Self::new(Code::Statement, text),
            GlassError::Unreviewed { id, role, by } if by.is_empty() => Self::new(Code::Conflict, text).hint(
                format!("nobody could review {id} now: the policy has to name somebody who approves {role}"),
            ),
            GlassError::Unreviewed { id, by, .. } => {
                let names: Vec<&str> = by.iter().map(Name::as_str).collect();
                Self::new(Code::Conflict, text)
                    .hint(format!("ask {} to type `jit approve {id}`", names.join(" or ")))
            }
            GlassError::Held { role, .. } => {
                Self::new(Code::Conflict, text).hint(format!("use it: `jit exec {role} -- COMMAND`"))
            }
            GlassError::Denied { role, .. } => {
                Self::new(Code::Policy, text).hint(format!("ask in the ordinary way: `jit request {role}`"))
            }
        }
    }
}

/// Judges an emergency as it comes in, and writes down what follows. Whether another one stands in its way is settled when
/// it is written: two terminals at once are one too many.
pub(super) fn decide(
    standing: &Standing,
    bench: &Bench,
    case: &Case<'_>,
    gathered: &Gathered,
    caller: &Caller,
) -> Result<Append, Fault> {
    let (signed, asked, now) = (case.signed, case.request, case.now);
    let role = role_of(&standing.policy, asked)?;
    check_piece(role, asked)?;
    let unused = check_clocks(bench, asked, now)?;
    let terms = match bench.judge(case) {
        Judgement::Approved(terms) => terms,
        Judgement::Refused(why) | Judgement::Changed(why) => {
            return Err(AskError::Refused(gathered.explain(why)).into());
        }
        // Neither has a meaning here, and what has no meaning denies.
        Judgement::Waiting(_) | Judgement::Denied(_) => {
            return Err(GlassError::NoWay(asked.role.clone()).into());
        }
    };
    // What needs nobody needs a policy that loads (trust.md §3.2), an emergency too.
    if !standing.is_healthy() {
        return Err(AskError::NoAutomatic.into());
    }
    let digest = Digest::of(signed.statement.as_bytes());
    let unused_until = unused.after(now).min(asked.not_after);
    let source = caller.origin.recorded();
    let asking =
        Change::Requested { signed: signed.clone(), pending_until: unused_until, source: source.clone() };
    let changes = [asking, Change::GlassBroken { duration: terms.duration, unused_until }];
    Ok(Append {
        at: now,
        policy: standing.policy.revision,
        source,
        expects: Expects::New,
        subjects: changes.into_iter().map(|change| Subject::Request { request: digest, change }).collect(),
        notices: notify::notices(&standing.policy, &asked.role, About::BreakGlass),
    })
}

/// The role, if its emergency way is this person's. That there is no such role and that it is not for them look the same.
fn role_of<'a>(policy: &'a Policy, asked: &RequestStatement) -> Result<&'a Role, GlassError> {
    let none = || GlassError::NoWay(asked.role.clone());
    let person = policy.person(&asked.header.who).ok_or_else(none)?;
    policy.role(&asked.role).filter(|role| policy.may_break_glass(person, role)).ok_or_else(none)
}

/// Holds the request's own clocks against those of the way. Answers how long it may lie unused: as long as it lasts, for
/// what nobody uses at once is no emergency.
fn check_clocks(bench: &Bench, asked: &RequestStatement, now: Timestamp) -> Result<Span, Fault> {
    if asked.start.is_some() {
        return Err(GlassError::Start.into());
    }
    let (under, force) = bench.roles(&asked.role).ok_or_else(|| AskError::NoRole(asked.role.clone()))?;
    let scope = asked.scope.as_ref().map(|scope| &scope.name);
    for role in [under, force] {
        let refused = |refusal: Refusal| AskError::Refused(refusal.to_string());
        let allowed = role.terms(Action::BreakGlass, scope).map_err(refused)?.max_duration;
        if asked.duration > allowed {
            let (role, asked) = (asked.role.clone(), asked.duration);
            return Err(refused(Refusal::TooLong { role, asked, allowed }).into());
        }
    }
    let unused = under.unused.min(force.unused).min(asked.duration);
    let latest = asked.duration.after(unused.after(asked.created));
    if asked.not_after > latest {
        return Err(AskError::NotAfter(latest).into());
    }
    if asked.not_after <= now {
        return Err(AskError::Refused("the request has lapsed already".to_owned()).into());
    }
    Ok(unused)
}

/// Says what stands in the way of an emergency, and who could clear it.
pub(super) async fn refused(
    shared: &Shared,
    standing: &Standing,
    asked: &RequestStatement,
    why: Admission,
) -> Fault {
    match why {
        Admission::Unreviewed(id) | Admission::Open(id) => in_the_way(shared, standing, &id).await,
        Admission::FoundWrong(by) => GlassError::Denied { role: asked.role.clone(), by }.into(),
        other => LedgerError::Admission(other).into(),
    }
}

async fn in_the_way(shared: &Shared, standing: &Standing, id: &RequestId) -> Fault {
    let request = match shared.find(id).await {
        Ok(Some(request)) => request,
        Ok(None) => return Fault::not_found(),
        Err(fault) => return fault,
    };
    let role = request.statement.role.clone();
    if request.is_unreviewed() {
        let by = reviewers(&standing.policy, &request);
        GlassError::Unreviewed { id: id.clone(), role, by }.into()
    } else {
        GlassError::Held { id: id.clone(), role }.into()
    }
}

//! Notices that come due: of an access that ends soon, and of a request that stays undecided for long.
//!
//! Each is stored as a notice before it is sent, once for each end and once for each request. The stored notice keeps a
//! restarted broker from sending it again, and makes it send what was interrupted.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::About;
use super::notices;
use super::tell_only;
use crate::broker::ledger::LedgerError;
use crate::broker::shared::Shared;
use crate::broker::store::Notice;
use crate::broker::store::Outcome;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Request;
use crate::grant::State;
use crate::policy::Policy;

/// How long before the end the requester is told.
pub const NEAR: SignedDuration = SignedDuration::from_mins(15);

/// The notices of this kind that are stored already, so that the database is asked only once for each.
#[derive(Default)]
pub struct Noted {
    /// The end that each requester was told of.
    ends: HashMap<Digest, Timestamp>,
    /// The requests that were escalated.
    escalated: HashMap<Digest, ()>,
}

/// Sends what is due now.
pub async fn tell_due(shared: &Arc<Shared>) {
    let policy = shared.in_force().policy;
    let now = shared.now();
    let due: Vec<(Arc<Request>, About)> = {
        let mut noted = shared.outbox.noted();
        let index = shared.ledger.index();
        noted.ends.retain(|digest, _| index.open(digest).is_some());
        noted.escalated.retain(|digest, ()| index.open(digest).is_some());
        let about = |open: &Arc<Request>| {
            if noted.ends.get(&open.digest) != open.active_until.as_ref() && ends_soon(open, now) {
                return Some(About::Expiring);
            }
            (!noted.escalated.contains_key(&open.digest) && waits_long(&policy, open, now))
                .then_some(About::Escalation)
        };
        index.all_open().filter_map(|open| Some((Arc::clone(open), about(open)?))).collect()
    };
    for (request, about) in due {
        match note(shared, &policy, &request, about).await {
            Ok(event) => {
                {
                    let mut noted = shared.outbox.noted();
                    match (about, request.active_until) {
                        (About::Expiring, Some(until)) => drop(noted.ends.insert(request.digest, until)),
                        _ => drop(noted.escalated.insert(request.digest, ())),
                    }
                }
                if let Some(event) = event {
                    tell_only(shared, &request, event, about);
                }
            }
            // The next tick tries again.
            Err(error) => {
                tracing::warn!(%error, request = %request.id(), about = about.word(), "a notice could not be stored");
            }
        }
    }
}

/// Whether a grant ends soon. Nobody needs to be told of a stretch that was never longer than the notice is early.
fn ends_soon(request: &Request, now: Timestamp) -> bool {
    let (State::Active, None, Some(until)) = (request.state_at(now), request.extends(), request.active_until)
    else {
        return false;
    };
    let stretch = match request.extensions.last() {
        Some(last) => last.until.duration_since(last.from),
        None => {
            request.approved_duration.map_or(SignedDuration::MAX, |span| span.after(now).duration_since(now))
        }
    };
    stretch > NEAR && until.duration_since(now) <= NEAR
}

/// Whether a request waits so long that the policy escalates it.
fn waits_long(policy: &Policy, request: &Request, now: Timestamp) -> bool {
    let role = policy.role(&request.statement.role);
    let after = role.and_then(|role| policy.escalate_after(role));
    request.state_at(now) == State::Pending && after.is_some_and(|after| after.after(request.taken) <= now)
}

/// Stores the notices, unless they are stored already. Returns the number of the event that they are stored with: for
/// an end the event that set it, for an escalation the request itself.
async fn note(
    shared: &Shared,
    policy: &Policy,
    request: &Request,
    about: About,
) -> Result<Option<u64>, LedgerError> {
    let told = notices(policy, &request.statement.role, request.requester(), about);
    if told.is_empty() {
        return Ok(None);
    }
    let Some((_, changes)) = shared.ledger.prove(&request.id()).await? else { return Ok(None) };
    let sets_end = |change: &Change| matches!(change, Change::Activated { .. } | Change::Extended { .. });
    let place = match about {
        About::Expiring => changes.iter().rposition(|(_, change)| sets_end(change)).unwrap_or_default(),
        _ => 0,
    };
    let links = shared.ledger.store().events_of(&request.digest).await?;
    let Some(event) = links.get(place).map(|link| link.sequence) else { return Ok(None) };
    let rows: Vec<Notice> = told
        .into_iter()
        .map(|(about, place)| Notice {
            matter: request.digest,
            event,
            about: about.to_owned(),
            place,
            outcome: Outcome::Waiting,
            problem: None,
        })
        .collect();
    Ok(shared.ledger.store().note(&rows).await?.then_some(event))
}

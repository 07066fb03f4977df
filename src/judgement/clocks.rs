//! The times and limits of the rules, defined once for all authorities.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Bench;
use super::Case;
use super::Terms;
use super::refusal::Refusal;
use crate::grant::Request;
use crate::grant::span::Span;
use crate::grant::statement::RequestStatement;
use crate::policy::Action;

/// How long a denial prevents automatic approval of an equal request: 24 hours. A loss of events counts for as long,
/// because it may include a denial.
pub const DENIAL_COUNTS: SignedDuration = SignedDuration::from_hours(24);
/// How far the time in a statement may be from the authority's, either way: 5 minutes.
pub const FRESH: SignedDuration = SignedDuration::from_mins(5);
/// How far ahead a start may be: 31 days.
pub const START_AHEAD: Span = Span::of_minutes(31 * 24 * 60);
/// Nothing is minted if less than this remains of a grant: 30 seconds.
pub const TOO_SHORT: SignedDuration = SignedDuration::from_secs(30);
/// The most pending requests of one person.
pub const MAX_PENDING: usize = 10;
/// The most pending requests of all agents of one person together.
pub const MAX_PENDING_OF_AGENTS: usize = 5;
/// The most requests of one person within an hour that wait for reviews when they come in.
pub const MAX_ASKED: usize = 60;
/// The same for all agents of one person together.
pub const MAX_ASKED_OF_AGENTS: usize = 30;

/// Whether a denial still counts against equal requests.
pub fn denial_counts(denied: Timestamp, now: Timestamp) -> bool {
    now < denied.saturating_add(DENIAL_COUNTS).unwrap_or(Timestamp::MAX)
}

/// The earliest time from which denials still count, or a little before it.
pub fn denials_since(now: Timestamp) -> Timestamp {
    now.checked_sub(DENIAL_COUNTS).unwrap_or(Timestamp::MIN)
}

/// Whether a statement made at one time is fresh at another.
pub fn is_fresh(made: Timestamp, now: Timestamp) -> bool {
    made.duration_since(now).abs() <= FRESH
}

/// Refuses a statement that was not made recently.
///
/// # Errors
/// [`Refusal::Stale`].
pub fn check_fresh(made: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    if is_fresh(made, now) { Ok(()) } else { Err(Refusal::Stale { at: made, now }) }
}

/// Whether a time is further ahead than two correct clocks may differ.
pub fn lies_ahead(time: Timestamp, now: Timestamp) -> bool {
    time.duration_since(now) > FRESH
}

/// Whether too little time is left for a mint.
pub fn is_too_short(end: Timestamp, now: Timestamp) -> bool {
    end.duration_since(now) < TOO_SHORT
}

/// The earliest start of the clocks after the pending one: `now`, or the requested start.
pub fn begin(asked: &RequestStatement, now: Timestamp) -> Timestamp {
    asked.start.map_or(now, |start| start.max(now))
}

/// The latest `not_after` of a request that begins at `begin`: pending, unused and the grant, one after the other.
/// Clients ask for exactly this.
pub fn latest_end(begin: Timestamp, pending: Span, unused: Span, duration: Span) -> Timestamp {
    duration.after(unused.after(pending.after(begin)))
}

/// The latest `not_after` of an emergency. Nobody needs one that is left unused for longer than it lasts.
pub fn latest_emergency_end(created: Timestamp, unused: Span, duration: Span) -> Timestamp {
    duration.after(unused.min(duration).after(created))
}

/// When a request expires undecided: after the shorter pending time of both policies from `taken`, and never past
/// `not_after`. An extension request expires with its grant, which ends at `ends` (`None` for an ordinary request).
/// Returns `None` if one of the policies has no such role.
pub fn pending_until(
    bench: &Bench,
    asked: &RequestStatement,
    ends: Option<Timestamp>,
    taken: Timestamp,
) -> Option<Timestamp> {
    let (under, force) = bench.roles(&asked.role)?;
    let pending = under.pending.min(force.pending).after(taken).min(asked.not_after);
    Some(ends.map_or(pending, |ends| pending.min(ends)))
}

/// When an approval expires unused: after the unused time of the terms from the approval or the start, whichever is
/// later, and never past `not_after`.
pub fn unused_until(terms: &Terms, asked: &RequestStatement, approved: Timestamp) -> Timestamp {
    terms.unused.after(begin(asked, approved)).min(asked.not_after)
}

/// When the grant that a request extends ends, for its pending clock. `taken` if the grant has not begun.
pub fn end_of_first(first: &Request, taken: Timestamp) -> Timestamp {
    first.active_until.unwrap_or(taken)
}

/// Checks the clocks of a new ordinary request against both policies. `case.now` is when it was asked.
///
/// # Errors
/// There is no such role, the start is in the past or too far ahead, the duration exceeds a policy's limit, or its
/// `not_after` is too late or has passed.
pub fn check(bench: &Bench, case: &Case<'_>) -> Result<(), Refusal> {
    let (asked, now) = (case.request, case.now);
    let Some((under, _)) = bench.roles(&asked.role) else {
        return Err(Refusal::NoRole(asked.role.clone()));
    };
    if asked.start.is_some_and(|start| start < asked.created || start > START_AHEAD.after(now)) {
        return Err(Refusal::Start);
    }
    check_length(bench, case)?;
    let begin = begin(asked, asked.created);
    check_end(asked, latest_end(begin, under.pending, under.unused, asked.duration), now)
}

/// Checks the clocks of a new break-glass against both policies. Returns when it expires unused: after its own duration
/// at the latest.
///
/// # Errors
/// As for [`check`]. A break-glass with a start is refused too.
pub fn check_emergency(bench: &Bench, case: &Case<'_>) -> Result<Timestamp, Refusal> {
    let (asked, now) = (case.request, case.now);
    if asked.start.is_some() {
        return Err(Refusal::EmergencyStart);
    }
    let Some((under, force)) = bench.roles(&asked.role) else {
        return Err(Refusal::NoRole(asked.role.clone()));
    };
    let scope = asked.scope.as_ref().map(|scope| &scope.name);
    for role in [under, force] {
        let allowed = role.terms(Action::BreakGlass, scope)?.max_duration;
        if asked.duration > allowed {
            return Err(too_long(asked, allowed));
        }
    }
    let unused = under.unused.min(force.unused);
    check_end(asked, latest_emergency_end(asked.created, unused, asked.duration), now)?;
    Ok(unused.min(asked.duration).after(now).min(asked.not_after))
}

/// Refuses a duration or a number of extensions beyond the limit of either policy.
///
/// # Errors
/// The limit, in the words of the policy.
pub fn check_length(bench: &Bench, case: &Case<'_>) -> Result<(), Refusal> {
    let allowed = bench.longest(case)?;
    if case.request.duration > allowed { Err(too_long(case.request, allowed)) } else { Ok(()) }
}

fn check_end(asked: &RequestStatement, latest: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    if asked.not_after > latest {
        return Err(Refusal::NotAfter(latest));
    }
    if asked.not_after <= now { Err(Refusal::Lapsed) } else { Ok(()) }
}

fn too_long(asked: &RequestStatement, allowed: Span) -> Refusal {
    crate::policy::Refusal::TooLong { role: asked.role.clone(), asked: asked.duration, allowed }.into()
}

//! What a run would write into the log, worked out before anything is written, and how a request stands for whoever reads it:
//! by the same state machine as everywhere.

mod approving;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Refusal;
use super::Verified;
use super::log::History;
use super::log::Index;
use super::log::Step;
use super::request_file::FileError;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::Signed;
use crate::grant::State;
use crate::grant::Statement;
use crate::grant::scope::Document;
use crate::grant::span::whole_seconds;
use crate::grant::statement::Kind;
use crate::grant::statement::Way;
use crate::grant::text;
use crate::identity::statement::open;
use crate::judgement::Case;
use crate::judgement::Judgement;
use crate::judgement::Terms;
use crate::judgement::clocks::check_length;
use crate::judgement::extensions::Worth;
use crate::judgement::extensions::add_up;
use crate::judgement::extensions::alike;
use crate::judgement::extensions::approval;
use crate::judgement::extensions::ends_first;
use crate::judgement::extensions::past_a_limit;
use approving::approve;
use approving::record_ceilings;
use approving::record_reviews;

/// A grant with less than this left is over.
const TOO_SHORT: SignedDuration = SignedDuration::from_secs(30);
/// How far ahead of the run's clock a revocation's own time may be.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// The steps of a run, and the request after them.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The request's pull request.
    pub pull: u64,
    /// What to record.
    pub steps: Vec<Step>,
    /// The request as it will be.
    pub request: Request,
    /// What to record of other requests of the same grant, in the same moment or not at all.
    pub beside: Vec<Self>,
}

/// Another request of the same grant: the first one, or one for more time of it.
#[derive(Debug, Clone)]
pub struct Relative {
    /// Its pull request.
    pub pull: u64,
    /// It, by its events.
    pub request: Request,
}

impl Planned {
    /// Begins with a request that the log knows, or with its being asked.
    fn begin(verified: &Verified, history: Option<&History>) -> Result<Self, Refusal> {
        if let Some(history) = history {
            return Ok(Self::of(verified.pull, &history.request));
        }
        // What the log has already was taken in before, by the rule of its time.
        text::check_new(&verified.file.statement.reason)
            .map_err(|error| FileError::Statement(error.to_string()))?;
        let change = Change::Requested {
            signed: verified.file.signed.clone(),
            pending_until: verified.pending_until,
            source: None,
        };
        let request = Request::begin(verified.asked, &change).map_err(|error| impossible(&error))?;
        let steps = vec![Step { at: verified.asked, change }];
        Ok(Self { pull: verified.pull, steps, request, beside: Vec::new() })
    }

    fn of(pull: u64, request: &Request) -> Self {
        Self { pull, steps: Vec::new(), request: request.clone(), beside: Vec::new() }
    }

    fn add(&mut self, at: Timestamp, change: Change) -> Result<(), Refusal> {
        self.request.apply(at, &change).map_err(|error| impossible(&error))?;
        self.steps.push(Step { at, change });
        Ok(())
    }

    /// Brings it to its end, and what belongs to it: a grant's extensions with the grant, and with one that is in force the
    /// grant and the others.
    fn close(&mut self, change: &Change, family: &[Relative], now: Timestamp) -> Result<(), Refusal> {
        let is_part = self.request.extends().is_some();
        let takes_all = !is_part || ends_first(&self.request, change);
        self.add(now, change.clone())?;
        for relative in family.iter().filter(|_| takes_all) {
            let Some(change) = alike(change, &relative.request, now) else { continue };
            let mut planned = Self::of(relative.pull, &relative.request);
            planned.add(now, change)?;
            self.beside.push(planned);
        }
        Ok(())
    }
}

fn impossible(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::Log(error.to_string())
}

/// A mint: the approval and the grant's beginning where there is none yet, and the number of the next lease. The lease is
/// written down before the cloud is asked, as the job that asks cannot write: what was minted is never more than the log says.
pub fn mint(
    verified: &Verified,
    history: Option<&History>,
    index: &Index,
    worths: &[Worth],
    now: Timestamp,
) -> Result<Planned, Refusal> {
    let statement = &verified.file.statement;
    let digest = &verified.file.digest;
    if statement.extends().is_some() {
        return Err(Refusal::Policy(
            "more time has no credentials of its own: they belong to the request that it extends".to_owned(),
        ));
    }
    check_collision(index, digest)?;
    if let Some(other) = index.other_open(digest, statement, now) {
        let id = other.digest.request_id();
        return Err(Refusal::Log(format!(
            "request {id} is open for the same role: end it with `jit end {id}`"
        )));
    }
    let terms = verified.terms(now)?;
    check_alone(verified, &terms, index, now)?;
    if let Some(start) = statement.start.filter(|start| *start > now) {
        return Err(Refusal::Clock(format!("the access starts at {}", whole_seconds(start))));
    }
    let mut planned = Planned::begin(verified, history)?;
    // The clocks are those of GitHub's times: a review in time counts, however late the run comes.
    if planned.request.state == State::Pending {
        approve(verified, &terms, &mut planned)?;
    }
    match planned.request.state_at(now) {
        State::Approved => {
            let until = planned.request.end_if_activated(now).min(terms.duration.after(now));
            planned.add(now, Change::Activated { until })?;
        }
        State::Active => {}
        state => return Err(Refusal::Log(format!("the request is {}", state.as_str()))),
    }
    let begun = planned.request.active_until.unwrap_or(now);
    let began = history.and_then(|history| history.began).unwrap_or((now, begun));
    let grant_until = grant_until(&planned.request, &terms, began, worths, now)?;
    let expires = terms.lease.after(now).min(grant_until);
    let lease = planned.request.next_lease();
    planned.add(now, Change::Minted { lease, expires })?;
    Ok(planned)
}

/// When a grant ends: as it was approved, or sooner where the policy has become stricter, and later by what its extensions
/// are worth now.
///
/// # Errors
/// Nothing remains of it.
pub fn grant_until(
    request: &Request,
    terms: &Terms,
    (began, planned): (Timestamp, Timestamp),
    worths: &[Worth],
    now: Timestamp,
) -> Result<Timestamp, Refusal> {
    let approved = request.approved_duration.map_or(terms.duration, |approved| approved.min(terms.duration));
    let own = planned.min(approved.after(began)).min(request.statement.not_after);
    let (until, lost) = add_up(request, own, worths);
    if until.duration_since(now) >= TOO_SHORT {
        return Ok(until);
    }
    let mut why = "nothing remains of the grant".to_owned();
    for reason in lost {
        why.push_str("; ");
        why.push_str(&reason);
    }
    Err(Refusal::Log(why))
}

/// More time: approved, in force at once, and the end of the first request's grant moved. All of it, or nothing.
pub fn extend(
    verified: &Verified,
    history: Option<&History>,
    first: &Relative,
    index: &Index,
    now: Timestamp,
) -> Result<Planned, Refusal> {
    let (statement, digest) = (&verified.file.statement, &verified.file.digest);
    check_collision(index, digest)?;
    let fits = first.request.check_extension(statement, now);
    fits.map_err(|error| Refusal::Policy(error.to_string()))?;
    check_length(&verified.bench, &verified.case(now))
        .map_err(|refusal| Refusal::Policy(refusal.to_string()))?;
    // Whoever may take the access away may also deny more of it, whatever more time needs by itself.
    if let Some(by) = verified.denied_by() {
        return Err(Refusal::Denied(by));
    }
    let terms = verified.terms(now)?;
    check_alone(verified, &terms, index, now)?;
    if terms.scope.as_ref().map(Document::digest) != statement.scope.as_ref().map(|scope| scope.document) {
        return Err(Refusal::Policy("more time is for what the grant is for, or not at all".to_owned()));
    }
    let mut planned = Planned::begin(verified, history)?;
    if planned.request.state != State::Pending {
        return Err(Refusal::Log(format!(
            "this request for more time is {}",
            planned.request.state.as_str()
        )));
    }
    if let Some(why) = past_a_limit(&first.request).filter(|_| terms.by.is_empty()) {
        return Err(Refusal::Policy(why));
    }
    let (change, until) = approval(&first.request, statement, &terms, now)
        .map_err(|error| Refusal::Policy(error.to_string()))?;
    let at = record_reviews(verified, &terms, &mut planned)?;
    planned.add(at, change)?;
    record_ceilings(verified, at, &mut planned)?;
    planned.add(now, Change::Activated { until })?;
    let mut moved = Planned::of(first.pull, &first.request);
    moved.add(now, Change::Extended { signed: verified.file.signed.clone(), until })?;
    planned.beside.push(moved);
    Ok(planned)
}

fn check_collision(index: &Index, digest: &Digest) -> Result<(), Refusal> {
    match index.collision(digest) {
        Some(other) => Err(Refusal::Log(format!("another request has the id {}", other.digest.request_id()))),
        None => Ok(()),
    }
}

/// What nobody reviewed is not approved by itself for a day after an equal request was denied; what was in force before that
/// stays so.
fn check_alone(verified: &Verified, terms: &Terms, index: &Index, now: Timestamp) -> Result<(), Refusal> {
    let statement = &verified.file.statement;
    // An emergency is another way, and no equal request.
    let alone = terms.by.is_empty() && statement.way != Way::BreakGlass && !verified.is_active;
    if alone && index.denied_before(&verified.file.digest, statement, now) {
        return Err(Refusal::Policy(
            "an equal request was denied within the last 24 hours, so this one is not approved by itself"
                .to_owned(),
        ));
    }
    Ok(())
}

/// A denial, which an eligible person gave on the pull request.
pub fn deny(verified: &Verified, history: Option<&History>, now: Timestamp) -> Result<Planned, Refusal> {
    let Judgement::Denied(by) = verified.judge(now) else {
        return Err(Refusal::Policy("nobody who may deny this request did".to_owned()));
    };
    let mut planned = Planned::begin(verified, history)?;
    planned.add(now, Change::Denied { by })?;
    Ok(planned)
}

/// The denial that stands on a request which has not begun, as a run records it.
fn standing_denial(verified: &Verified) -> Option<Change> {
    verified.denied_by().map(|by| Change::Denied { by })
}

/// The requester is done, or takes the request back.
pub fn end(
    verified: &Verified,
    history: Option<&History>,
    family: &[Relative],
    now: Timestamp,
) -> Result<Planned, Refusal> {
    verified.check_actor()?;
    let mut planned = Planned::begin(verified, history)?;
    let by = verified.file.statement.header.who.clone();
    let change = match planned.request.state_at(now) {
        State::Active => Change::Ended { by: Some(by) },
        // A denial that the log does not hold would be forgotten with the request that it stands on.
        _ => standing_denial(verified).unwrap_or(Change::Cancelled { by }),
    };
    planned.close(&change, family, now)?;
    Ok(planned)
}

/// Somebody who may approve takes it away, by signed statement: whoever dispatched the run. Whether it was signed just now goes
/// by the clock, and what is recorded by the log's time.
pub fn revoke(
    verified: &Verified,
    history: Option<&History>,
    signed: &Signed,
    family: &[Relative],
    (clock, now): (Timestamp, Timestamp),
) -> Result<Planned, Refusal> {
    let bench = &verified.bench;
    let (statement, key) = open(signed, Kind::Revoke, &bench.authority)
        .map_err(|error| Refusal::Policy(format!("the revocation does not count: {error}")))?;
    let Statement::Revoke(revoke) = statement else {
        return Err(Refusal::Policy("it is not a revocation".to_owned()));
    };
    if revoke.request != verified.file.digest {
        return Err(Refusal::Policy("the revocation is of another request".to_owned()));
    }
    if revoke.header.at.duration_since(clock) > AHEAD {
        return Err(Refusal::Clock(format!("the revocation says {}, which lies ahead", revoke.header.at)));
    }
    text::check_new(&revoke.reason)
        .map_err(|error| Refusal::Policy(format!("the revocation is not taken: {error}")))?;
    let by: Name = revoke.header.who;
    let owns = bench.force.person_of_key(&key.fingerprint).is_some_and(|person| person.name == by);
    let asked = &verified.file.statement;
    if !owns || !bench.may_stop(asked, &by) {
        return Err(Refusal::Policy(format!("{by} is not among those who may revoke this")));
    }
    let case = Case { facts: &verified.learnt.facts, ..Case::new(asked, &verified.file.signed, now) };
    bench.let_revoke(&case, &by).map_err(|refusal| Refusal::Policy(refusal.to_string()))?;
    let mut planned = Planned::begin(verified, history)?;
    let revoked = Change::Revoked { by: Some(by), reason: revoke.reason, signed: Some(signed.clone()) };
    let change = match planned.request.state_at(now) {
        State::Pending | State::Approved => standing_denial(verified).unwrap_or(revoked),
        _ => revoked,
    };
    planned.close(&change, family, now)?;
    Ok(planned)
}

/// A request as it stands: by its events, and by what GitHub has of it that no run has recorded yet. Whoever reads it sees
/// what a run would find; nothing is decided by it.
pub fn standing(
    verified: &Verified,
    history: Option<&History>,
    now: Timestamp,
) -> Result<(Request, Judgement), Refusal> {
    let planned = Planned::begin(verified, history)?;
    let judgement = verified.judge(now);
    if planned.request.state != State::Pending {
        return Ok((planned.request, judgement));
    }
    let mut next = planned.clone();
    // What came too late changes nothing: then the clocks have the word.
    let changed = match &judgement {
        Judgement::Approved(terms) => approve(verified, terms, &mut next),
        Judgement::Denied(by) => {
            let latest = verified.heard.notes.iter().filter_map(|note| note.at).max();
            let at = latest.unwrap_or(verified.asked).max(verified.asked).min(now.max(verified.asked));
            next.add(at, Change::Denied { by: by.clone() })
        }
        Judgement::Waiting(_) | Judgement::Refused(_) | Judgement::Changed(_) => {
            return Ok((planned.request, judgement));
        }
    };
    let request = if changed.is_ok() { next.request } else { planned.request };
    Ok((request, judgement))
}

//! What a run would write into the log, worked out before anything is written, and how a request stands for whoever reads it:
//! by the same state machine as everywhere.

mod approving;

use jiff::Timestamp;

use super::Refusal;
use super::Verified;
use super::log::History;
use super::log::JournalIndex;
use super::log::Step;
use crate::grant::Change;
use crate::grant::Request;
use crate::grant::Signed;
use crate::grant::State;
use crate::grant::statement::Kind;
use crate::identity::Opened;
use crate::judgement::Case;
use crate::judgement::Judgement;
use crate::judgement::clocks;
use crate::judgement::docket::check_collision;
use crate::judgement::extend as more;
use crate::judgement::extensions::Worth;
use crate::judgement::mint as rules;
use crate::judgement::refusal::Refusal as Rule;
use crate::judgement::review::check_prose;
use crate::judgement::stop;
use crate::judgement::stop::Revocation;
use approving::approve;
use approving::record_ceilings;
use approving::record_reviews;

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
        check_prose(&verified.file.statement.reason)?;
        verified.check_own_clocks()?;
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
        let others = stop::beside(&self.request, change, family.iter().map(|other| &other.request), now);
        self.add(now, change.clone())?;
        for (request, change) in others {
            let relative = family.iter().find(|other| other.request.digest == request.digest);
            let Some(relative) = relative else { continue };
            let mut planned = Self::of(relative.pull, request);
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
    index: &JournalIndex,
    worths: &[Worth],
    now: Timestamp,
) -> Result<Planned, Refusal> {
    let (statement, digest) = (&verified.file.statement, &verified.file.digest);
    rules::check_way(statement)?;
    // A review that came in time counts however late the run comes, so only what the log has of it can be over.
    if let Some(history) = history.filter(|history| history.request.state != State::Pending) {
        rules::check_state(&history.request, now)?;
    }
    rules::check_others(index, digest, statement, now)?;
    let terms = verified.terms(now)?;
    rules::check_start(statement, now)?;
    let mut planned = Planned::begin(verified, history)?;
    // The clocks are those of GitHub's times: a review in time counts, however late the run comes.
    if planned.request.state == State::Pending {
        approve(verified, &terms, &mut planned)?;
    }
    let began = history.and_then(|history| history.began);
    let window = rules::window(&planned.request, &terms, began, worths, now)?;
    for change in window.changes(window.expires) {
        planned.add(now, change)?;
    }
    Ok(planned)
}

/// The end of a request whose role opens something else now, and why. `None` if its role does not, or if it is over already.
pub fn changed(
    verified: &Verified,
    history: Option<&History>,
    family: &[Relative],
    now: Timestamp,
) -> Result<Option<(Planned, Refusal)>, Refusal> {
    let Judgement::Changed(why) = verified.judge(now) else { return Ok(None) };
    let mut planned = Planned::begin(verified, history)?;
    if planned.request.state_at(now).is_terminal() {
        return Ok(None);
    }
    planned.close(&stop::by_policy(why.clone()), family, now)?;
    Ok(Some((planned, Rule::Changed(why).into())))
}

/// More time: approved, in force at once, and the end of the first request's grant moved. All of it, or nothing.
pub fn extend(
    verified: &Verified,
    history: Option<&History>,
    first: &Relative,
    index: &JournalIndex,
    now: Timestamp,
) -> Result<Planned, Refusal> {
    let (statement, digest) = (&verified.file.statement, &verified.file.digest);
    check_collision(index, digest)?;
    more::check(&verified.bench, &verified.case(now), Some(&first.request))?;
    // Whoever may take the access away may also deny more of it, whatever more time needs by itself.
    if let Some(by) = verified.denied_by() {
        return Err(Refusal::Denied(by));
    }
    let terms = verified.terms(now)?;
    let mut planned = Planned::begin(verified, history)?;
    if planned.request.state != State::Pending {
        return Err(Refusal::Log(format!(
            "this request for more time is {}",
            planned.request.state.as_str()
        )));
    }
    let (change, until) = more::approve(Some(&first.request), statement, &terms, now)?;
    let at = record_reviews(verified, &terms, &mut planned)?;
    planned.add(at, change)?;
    record_ceilings(verified, at, &mut planned)?;
    planned.add(now, Change::Activated { until })?;
    let mut moved = Planned::of(first.pull, &first.request);
    moved.add(now, Change::Extended { signed: verified.file.signed.clone(), until })?;
    planned.beside.push(moved);
    Ok(planned)
}

/// A denial, which an eligible person gave on the pull request.
pub fn deny(verified: &Verified, history: Option<&History>, now: Timestamp) -> Result<Planned, Refusal> {
    let by = match verified.judge(now) {
        Judgement::Denied(by) => Some(by),
        _ => verified.denied_by(),
    };
    let by = by.ok_or_else(|| Refusal::Policy("nobody who may deny this request did".to_owned()))?;
    let mut planned = Planned::begin(verified, history)?;
    stop::check_deniable(&planned.request, now)?;
    planned.add(now, Change::Denied { by })?;
    Ok(planned)
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
    let by = &verified.file.statement.header.who;
    let change = stop::end(&planned.request, by, verified.denied_by(), now)?;
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
    let opened = Opened::open(signed.clone(), Kind::Revoke, &bench.authority).map_err(Rule::Unproved)?;
    let revocation = Revocation::of(&opened)?;
    let mut planned = Planned::begin(verified, history)?;
    revocation.check(&bench.force, &planned.request)?;
    // A run may wait in a queue, and what takes access away must not be lost there.
    if clocks::lies_ahead(revocation.made(), clock) {
        return Err(Rule::Stale { at: revocation.made(), now: clock }.into());
    }
    revocation.check_author(&bench.force, &planned.request, now)?;
    let asked = &verified.file.statement;
    let case = Case { facts: &verified.learnt.facts, ..Case::new(asked, &verified.file.signed, now) };
    revocation.check_conditions(bench, &case, &verified.learnt)?;
    let change = revocation.change(&planned.request, verified.denied_by(), now);
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
    let judgement = match verified.check_new() {
        Ok(()) => verified.judge(now),
        // No run would take it in.
        Err(refusal) => Judgement::Refused(refusal.to_string()),
    };
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

//! Plans a run's events before anything is written, and derives a request's state for readers, with the state machine
//! that all authorities share.

mod approving;

use jiff::Timestamp;

use super::Refusal;
use super::Verified;
use crate::forge::log::History;
use crate::forge::log::JournalIndex;
use crate::forge::log::Step;
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
use crate::judgement::extensions::ended_with;
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
    /// The changes to record.
    pub steps: Vec<Step>,
    /// The request after the changes.
    pub request: Request,
    /// Changes of other requests of the same grant, recorded in the same commit or not at all.
    pub beside: Vec<Self>,
}

/// Another request of the same grant: the first one, or an extension.
#[derive(Debug, Clone)]
pub struct Relative {
    /// Its pull request.
    pub pull: u64,
    /// Its state by its events.
    pub request: Request,
}

impl Planned {
    /// Begins with the request from the log, or with a new one.
    fn begin(verified: &Verified, history: Option<&History>) -> Result<Self, Refusal> {
        if let Some(history) = history {
            return Ok(Self::of(verified.pull, &history.request));
        }
        // A request that is in the log was checked by the rules of its time.
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

    /// Ends the request and those that belong to it: the extensions of a grant, and for an extension in force the grant
    /// and its other extensions.
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

/// Plans a mint: the approval and the start of the grant if they are not recorded yet, and the number of the next
/// lease. The lease is recorded before the cloud is called, because the minting job cannot write. The log therefore
/// never misses a mint.
pub fn mint(
    verified: &Verified,
    history: Option<&History>,
    index: &JournalIndex,
    worths: &[Worth],
    now: Timestamp,
) -> Result<Planned, Refusal> {
    let (statement, digest) = (&verified.file.statement, &verified.file.digest);
    rules::check_way(statement)?;
    // A review in time counts however late the run starts, so only the recorded state can be expired.
    if let Some(history) = history.filter(|history| history.request.state != State::Pending) {
        rules::check_state(&history.request, now)?;
    }
    rules::check_others(index, digest, statement, now)?;
    let terms = verified.terms(now)?;
    rules::check_start(statement, now)?;
    let mut planned = Planned::begin(verified, history)?;
    // GitHub's times decide: a review in time counts, however late the run starts.
    if planned.request.state == State::Pending {
        approve(verified, &terms, &mut planned)?;
    }
    let began = history.and_then(|history| history.began);
    let window = rules::window(&planned.request, &terms, began, worths, now)?;
    // The tokens do not exist yet: what is recorded is how long they can work.
    let last_end = statement.target.overrun().map(|overrun| overrun.after(now));
    for change in window.changes(window.expires, None, last_end) {
        planned.add(now, change)?;
    }
    Ok(planned)
}

/// Ends a request whose role opens something else now, and says why. `None` if the role has not changed or the request
/// has ended already.
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

/// Plans an extension: approved, in force at once, and the end of the first request's grant moved. All of it or
/// nothing.
pub fn extend(
    verified: &Verified,
    history: Option<&History>,
    first: &Relative,
    index: &JournalIndex,
    now: Timestamp,
) -> Result<Planned, Refusal> {
    let (statement, digest) = (&verified.file.statement, &verified.file.digest);
    check_collision(index, digest)?;
    let grant = Some(&first.request).filter(|grant| !grant.state_at(now).is_terminal());
    more::check(&verified.asking_bench(), &verified.case(now), grant)?;
    // Anybody who may revoke the access may also deny its extension, whatever reviews the extension itself needs.
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

/// Plans the record of a denial that an eligible person gave on the pull request.
pub fn deny(verified: &Verified, history: Option<&History>, now: Timestamp) -> Result<Planned, Refusal> {
    let by = match verified.judge(now) {
        Judgement::Denied(by) => Some(by),
        _ => verified.denied_by(),
    };
    let by = by.ok_or_else(|| match &verified.objection {
        Some(rule) => rule.clone().into(),
        None => Refusal::Policy("nobody who may deny this request has denied it".to_owned()),
    })?;
    let mut planned = Planned::begin(verified, history)?;
    stop::check_deniable(&planned.request, now)?;
    planned.add(now, Change::Denied { by, on_page: None })?;
    Ok(planned)
}

/// Plans the end of a grant by its requester, or the cancellation of the request.
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

/// Plans a revocation by the person who dispatched the run, by a signed statement. Its freshness is judged by the
/// clock, and it is recorded at the log's time.
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
    // A run may wait in a queue, and a revocation must not get lost there.
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

/// A request's current state: by its events, and by what GitHub has and no run has recorded yet. A reader sees the
/// state that a run would find. It decides nothing.
pub fn standing(
    verified: &Verified,
    history: Option<&History>,
    first: Option<&Request>,
    now: Timestamp,
) -> Result<(Request, Judgement), Refusal> {
    let mut planned = Planned::begin(verified, history)?;
    // More time ends with its grant, whether or not a run has recorded that somebody asked for it.
    let over = first.filter(|_| planned.request.state == State::Pending);
    if let Some((at, change)) = over.and_then(|first| ended_with(first, &planned.request)) {
        planned.add(at, change)?;
    }
    let judgement = match (verified.judge(now), verified.check_new()) {
        // A role that opens something else ends the request, whatever else the new policy says of it.
        (Judgement::Changed(why), _) => Judgement::Changed(why),
        (judgement, Ok(())) => judgement,
        // No run would accept it.
        (_, Err(refusal)) => Judgement::Refused(refusal.to_string()),
    };
    if planned.request.state != State::Pending {
        return Ok((planned.request, judgement));
    }
    let mut next = planned.clone();
    // A review that came too late changes nothing. The clocks decide then.
    let changed = match &judgement {
        Judgement::Approved(terms) => approve(verified, terms, &mut next),
        Judgement::Denied(by) => {
            let latest = verified.heard.notes.iter().filter_map(|note| note.at).max();
            let at = latest.unwrap_or(verified.asked).max(verified.asked).min(now.max(verified.asked));
            next.add(at, Change::Denied { by: by.clone(), on_page: None })
        }
        Judgement::Waiting(_) | Judgement::Refused(_) | Judgement::Changed(_) => {
            return Ok((planned.request, judgement));
        }
    };
    let request = if changed.is_ok() { next.request } else { planned.request };
    Ok((request, judgement))
}

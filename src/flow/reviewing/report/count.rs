//! Counts: turns the events of a verified log into rows and figures. No I/O.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::form::Count;
use super::form::Decision;
use super::form::Filter;
use super::form::Kind;
use super::form::Row;
use super::form::Said;
use super::form::Totals;
use crate::audit::Subject;
use crate::authority::Record;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::change::Lapse;
use crate::grant::span::Span;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;

/// Every request of a log, the oldest first.
pub(super) fn rows(records: &[Record]) -> Vec<Row> {
    let mut order: Vec<Digest> = Vec::new();
    let mut found: BTreeMap<Digest, Row> = BTreeMap::new();
    for record in records {
        for (place, subject) in record.subjects.iter().enumerate() {
            let Subject::Request { request, change } = subject else { continue };
            let at = record.times.get(place).copied().unwrap_or(record.at);
            if let Change::Requested { .. } = change
                && let Some(asked) = record.asked()
            {
                order.push(*request);
                found.insert(*request, begin(request, &asked, at));
            } else if let Some(row) = found.get_mut(request) {
                go_on(row, change, at);
            }
        }
    }
    let mut rows: Vec<Row> = order.into_iter().filter_map(|request| found.remove(&request)).collect();
    rows.sort_by_key(|row| row.asked_at);
    rows
}

fn begin(request: &Digest, asked: &RequestStatement, at: Timestamp) -> Row {
    Row {
        request: request.request_id(),
        person: asked.header.who.clone(),
        agent_of: None,
        kind: match asked.way {
            Way::Request => Kind::Request,
            Way::Extend(_) => Kind::Extension,
            Way::BreakGlass => Kind::Emergency,
        },
        extends: asked.extends().map(|first| first.request_id()),
        role: asked.role.clone(),
        scope: asked.scope.as_ref().map(|scope| scope.name.clone()),
        approved_scope: None,
        opens: asked.target.describe(),
        reason: asked.reason.clone(),
        asked_at: at,
        asked_seconds: asked.duration.seconds(),
        decision: Decision::Pending,
        decided_at: None,
        decision_seconds: None,
        agreed: Vec::new(),
        reviews: Vec::new(),
        approved_seconds: None,
        active_from: None,
        active_until: None,
        stopped_by: None,
        revoked: false,
        credentials: 0,
        credentials_until: None,
        extended: 0,
        acknowledged: None,
    }
}

/// The whole seconds from one time to another. 0 if the clocks of two machines disagree.
fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_secs()).unwrap_or(0)
}

impl Row {
    fn decide(&mut self, decision: Decision, at: Timestamp) {
        self.decision = decision;
        self.decided_at = Some(at);
        let is_of_people = matches!(decision, Decision::Approved | Decision::Denied);
        self.decision_seconds = is_of_people.then(|| seconds(self.asked_at, at));
    }

    fn approve(&mut self, duration: Span, decision: Decision, at: Timestamp) {
        self.approved_seconds = Some(duration.seconds());
        self.decide(decision, at);
    }

    /// Ends the access, or what was to be.
    fn stop(&mut self, by: Option<&Name>, at: Timestamp) {
        if self.active_from.is_some() {
            // Time that is up may be recorded later than the end.
            self.active_until = Some(self.active_until.map_or(at, |until| until.min(at)));
        }
        if self.decision == Decision::Pending {
            self.decide(Decision::Withdrawn, at);
        }
        self.stopped_by = by.cloned();
    }
}

fn go_on(row: &mut Row, change: &Change, at: Timestamp) {
    match change {
        Change::Reviewed { by, verdict, .. } => {
            let seconds = seconds(row.asked_at, at);
            row.reviews.push(Said { by: by.clone(), verdict: *verdict, at, seconds });
        }
        Change::Approved { duration, by, scope, .. } => {
            row.agreed = by.clone();
            row.approved_scope = scope.as_ref().map(|scope| scope.name.clone());
            let decision = if by.is_empty() { Decision::WithoutReview } else { Decision::Approved };
            row.approve(*duration, decision, at);
        }
        Change::GlassBroken { duration, .. } => row.approve(*duration, Decision::Taken, at),
        Change::Acknowledged { by, signed } => {
            let verdict = match Statement::parse(signed.statement.as_bytes()) {
                Ok(Statement::Review(review)) => review.verdict,
                _ => Verdict::Deny,
            };
            let seconds = seconds(row.asked_at, at);
            row.acknowledged = Some(Said { by: by.clone(), verdict, at, seconds });
        }
        Change::Denied { .. } => {
            row.agreed = Vec::new();
            row.approved_scope = None;
            row.approved_seconds = None;
            row.decide(Decision::Denied, at);
        }
        Change::Activated { until } => {
            row.active_from = Some(at);
            row.active_until = Some(*until);
        }
        Change::Extended { until, .. } => {
            row.active_until = Some(*until);
            row.extended = row.extended.saturating_add(1);
        }
        Change::Minted { expires, last_end, .. } => {
            row.credentials = row.credentials.saturating_add(1);
            row.credentials_until = row.credentials_until.max(Some(*expires)).max(*last_end);
        }
        Change::Cancelled { by } => row.stop(Some(by), at),
        Change::Ended { by } => row.stop(by.as_ref(), at),
        Change::Revoked { by, .. } => {
            row.stop(by.as_ref(), at);
            row.revoked = true;
        }
        Change::Expired { lapse: Lapse::NobodyDecided } => row.decide(Decision::NobodyDecided, at),
        Change::Expired { lapse: Lapse::NeverUsed } | Change::Requested { .. } | Change::Reminded => {}
    }
}

impl Filter {
    /// Whether a request was asked for, decided or active in the period, and is of the role and the person.
    pub(super) fn takes(&self, row: &Row) -> bool {
        let is_after = |at: Timestamp| self.since.is_none_or(|since| at >= since);
        let is_before = |at: Timestamp| self.until.is_none_or(|until| at < until);
        let is_within = |at: Timestamp| is_after(at) && is_before(at);
        // Access at the very end of its time is no access any more.
        let was_active = match (row.active_from, row.active_until) {
            (Some(from), Some(until)) => is_before(from) && self.since.is_none_or(|since| until > since),
            _ => false,
        };
        let touches = is_within(row.asked_at) || row.decided_at.is_some_and(is_within) || was_active;
        touches
            && self.role.as_ref().is_none_or(|role| row.role == *role)
            && self.person.as_ref().is_none_or(|person| row.people().any(|name| name == person))
    }
}

impl Row {
    /// Its requester, and everybody who reviewed it.
    pub(super) fn people(&self) -> impl Iterator<Item = &Name> {
        let reviewers = self.reviews.iter().chain(&self.acknowledged).map(|said| &said.by);
        std::iter::once(&self.person).chain(reviewers).chain(&self.agreed)
    }
}

/// The figures of some rows.
pub(super) fn totals(rows: &[Row]) -> Totals {
    let count = |test: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| test(row)).count();
    let decided = |decision: Decision| count(&|row: &Row| row.decision == decision);
    let kind = |kind: Kind| count(&|row: &Row| row.kind == kind);
    let sum = |number: &dyn Fn(&Row) -> u32| rows.iter().map(|row| number(row) as usize).sum();
    let mut times: Vec<u64> = rows.iter().filter_map(|row| row.decision_seconds).collect();
    times.sort_unstable();
    Totals {
        all: rows.len(),
        requests: kind(Kind::Request),
        extensions: kind(Kind::Extension),
        emergencies: kind(Kind::Emergency),
        approved: decided(Decision::Approved),
        without_review: decided(Decision::WithoutReview),
        taken: decided(Decision::Taken),
        denied: decided(Decision::Denied),
        nobody_decided: decided(Decision::NobodyDecided),
        withdrawn: decided(Decision::Withdrawn),
        pending: decided(Decision::Pending),
        used: count(&|row| row.active_from.is_some()),
        revoked: count(&|row| row.revoked),
        credentials: sum(&|row| row.credentials),
        extended: sum(&|row| row.extended),
        fast_approvals: rows.iter().map(|row| row.fast().count()).sum(),
        unreviewed_emergencies: count(&Row::is_unreviewed),
        decided_by_people: times.len(),
        median_decision_seconds: median(&times),
    }
}

/// The median of sorted numbers.
fn median(sorted: &[u64]) -> Option<u64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(sorted.len() / 2 - 1)?;
    Some(lower.midpoint(upper))
}

/// The people whose approval alone decided requests, in name order.
pub(super) fn alone(rows: &[Row]) -> Vec<Count> {
    let mut counts: BTreeMap<&Name, usize> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.decision == Decision::Approved) {
        if let [only] = row.agreed.as_slice() {
            *counts.entry(only).or_default() += 1;
        }
    }
    counts.into_iter().map(|(person, count)| Count { person: person.clone(), count }).collect()
}

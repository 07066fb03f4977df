//! Situations in which the conditions of a role may decide differently: around each constant with which they compare.
//!
//! A part that no condition looks at has one value in all of them. A comparison with a constant turns nowhere else, so the situations
//! have each of its results. Of more than [`MOST`] situations they are a selection.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::net::Ipv4Addr;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::grant::span::Span;
use crate::grant::span::local;
use crate::policy::Policy;
use crate::policy::analysis::ways::Way;
use crate::policy::conditions::Constants;
use crate::policy::conditions::WEEKDAYS;
use crate::policy::roles::reason::ReasonRule;

/// The most situations for one way into a role.
const MOST: usize = 1_000;
/// A Monday.
const MONDAY: Date = Date::constant(2026, 6, 1);
/// An address of TEST-NET-1 (RFC 5737).
const SOMEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
/// The most facts of which each combination is tried.
const FACTS_COMBINED: usize = 4;

/// One situation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) struct Situation {
    pub(in crate::policy) duration: Span,
    pub(in crate::policy) now: Timestamp,
    /// The reason that is given. The whole of it is the ticket, if the role has tickets.
    pub(in crate::policy) reason: String,
    pub(in crate::policy) source: Option<IpAddr>,
    /// The facts that are true of the requester.
    pub(in crate::policy) facts: Vec<String>,
    /// The parts that the conditions look at, in words for people. Empty if they look at nothing.
    told: Vec<String>,
}

impl fmt::Display for Situation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.told.is_empty() { Ok(()) } else { write!(formatter, ", as {}", self.told.join(", ")) }
    }
}

impl Policy {
    /// The situations for one way into a role whose conditions have these constants. Never empty.
    pub(in crate::policy) fn situations(&self, way: &Way<'_>, constants: &Constants) -> Vec<Situation> {
        let durations = durations(way, constants);
        let moments = moments(constants, &self.access.zone.0);
        let reasons = reasons(way, constants);
        let sources = sources(way, constants);
        let facts = facts(constants);
        let sizes = [durations.len(), moments.len(), reasons.len(), sources.len(), facts.len()];
        let all = sizes.iter().fold(1_usize, |all, size| all.saturating_mul(*size));
        let step = step(all, sizes);
        let looks = |attributes: &[&str]| attributes.iter().any(|attribute| constants.read(attribute));
        let situation = |number: usize| {
            let mut rest = number;
            let mut next = |size: usize| {
                let place = rest % size;
                rest /= size;
                place
            };
            let [duration, moment, reason, source, truths] = sizes.map(&mut next);
            let mut told = Vec::new();
            let (duration, now) = (durations[duration], moments[moment]);
            if looks(&["hour", "weekday", "now"]) {
                told.push(format!("on {}", local(now, &self.access.zone.0)));
            }
            if looks(&["duration"]) {
                told.push(format!("for {duration}"));
            }
            if looks(&["reason", "ticket"]) {
                told.push(format!("with the reason {:?}", reasons[reason]));
            }
            if let (true, Some(source)) = (looks(&["source_ip"]), sources[source]) {
                told.push(format!("from {source}"));
            }
            told.extend(facts[truths].iter().map(|fact| format!("while {fact} holds")));
            Situation {
                duration,
                now,
                reason: reasons[reason].clone(),
                source: sources[source],
                facts: facts[truths].clone(),
                told,
            }
        };
        (0..all.min(MOST)).map(|number| situation(number.saturating_mul(step) % all)).collect()
    }
}

/// The distance between two situations of the selection. It shares no divisor with a size, which would leave out values.
fn step(all: usize, sizes: [usize; 5]) -> usize {
    let divisor = |mut one: usize, mut other: usize| {
        while other > 0 {
            (one, other) = (other, one % other);
        }
        one
    };
    let mut step = (all / MOST).max(1);
    while all > MOST && sizes.iter().any(|size| divisor(*size, step) > 1) {
        step += 1;
    }
    step
}

fn durations(way: &Way<'_>, constants: &Constants) -> Vec<Span> {
    let most = way.max_duration;
    let usual = way.role.duration.min(most);
    if !constants.read("duration") {
        return vec![usual];
    }
    let mut seconds: BTreeSet<u64> = [usual, most].map(Span::seconds).into();
    // A duration may also be compared as a number of these.
    let numbers = [("toSeconds", 1), ("toMinutes", 60), ("toHours", 3_600), ("toDays", 86_400)]
        .into_iter()
        .filter(|(function, _)| constants.use_any(&[function]))
        .flat_map(|(_, unit)| constants.numbers.iter().map(move |number| number.saturating_mul(unit)));
    for edge in numbers.chain(constants.durations.iter().map(|milliseconds| milliseconds / 1_000)) {
        seconds.extend((-1..=1).filter_map(|step| u64::try_from(edge.saturating_add(step)).ok()));
    }
    let shortest = way.role.target.shortest_grant();
    let fits = |span: &Span| *span <= most && shortest.is_none_or(|shortest| *span >= shortest);
    let found: Vec<Span> = seconds.into_iter().filter_map(Span::of_seconds).filter(fits).collect();
    if found.is_empty() { vec![usual] } else { found }
}

fn moments(constants: &Constants, zone: &TimeZone) -> Vec<Timestamp> {
    let second = SignedDuration::from_secs(1);
    let edges: Vec<Timestamp> =
        constants.instants.iter().filter_map(|instant| Timestamp::from_millisecond(*instant).ok()).collect();
    let mut mondays = BTreeSet::from([MONDAY]);
    let looks_at_now = constants.read("now");
    for edge in edges.iter().filter(|_| looks_at_now) {
        let date = edge.to_zoned_datetime(zone.clone()).date();
        let since = i64::from(date.weekday().to_monday_zero_offset());
        mondays.extend([-7, 7].into_iter().filter_map(|days| date.checked_add((days - since).days()).ok()));
    }
    let days: Vec<i64> = (0..7)
        .filter(|day| {
            let name = usize::try_from(*day).ok().and_then(|day| WEEKDAYS.get(day).copied());
            *day == 0 || constants.read("weekday") && name.is_some_and(|name| is_special(name, constants))
        })
        .collect();
    let mut found = BTreeSet::new();
    for monday in mondays {
        for day in &days {
            let Ok(date) = monday.checked_add(day.days()) else { continue };
            let instant = |time| zone.to_timestamp(date.to_datetime(time)).ok();
            found.extend(times(constants).into_iter().filter_map(instant));
        }
    }
    for edge in edges.into_iter().filter(|_| looks_at_now) {
        found.insert(edge);
        found.extend([edge.saturating_sub(second), edge.saturating_add(second)].into_iter().flatten());
    }
    found.into_iter().collect()
}

/// Whether a weekday is one that the conditions name, or the first that they do not name.
fn is_special(name: &str, constants: &Constants) -> bool {
    let is_named = |name: &str| constants.names("Weekday", name);
    is_named(name) || WEEKDAYS.into_iter().find(|name| !is_named(name)) == Some(name)
}

/// The times of a day.
fn times(constants: &Constants) -> Vec<Time> {
    let mut hours = BTreeSet::new();
    if constants.read("hour") {
        let calculates = constants.use_any(&["+", "-", "*", "neg"]);
        let near = |hour: i64| constants.numbers.iter().any(|number| number.abs_diff(hour) <= 1);
        hours.extend((0..24_i8).filter(|hour| calculates || near(i64::from(*hour))));
    }
    if hours.is_empty() {
        hours.insert(12);
    }
    let mut times: Vec<Time> = hours.into_iter().filter_map(|hour| Time::new(hour, 30, 0, 0).ok()).collect();
    if constants.use_any(&["toTime"]) {
        let seconds =
            constants.durations.iter().flat_map(|edge| (-1..=1).map(move |step| edge / 1_000 + step));
        let time = |second: i64| Time::midnight().checked_add(second.seconds()).ok();
        times.extend(seconds.filter(|second| (0..86_400).contains(second)).filter_map(time));
    }
    times
}

fn reasons(way: &Way<'_>, constants: &Constants) -> Vec<String> {
    const SOMETHING: &str = "what this question is not about";
    let rule = &way.role.reason;
    if !constants.read("reason") && !constants.read("ticket") {
        return vec![SOMETHING.to_owned()];
    }
    let hint = match rule {
        ReasonRule::Pattern { hint, .. } => hint.as_str(),
        ReasonRule::Required | ReasonRule::Optional => "",
    };
    let words =
        hint.split_whitespace().map(|word| word.trim_matches(|letter: char| !letter.is_alphanumeric()));
    let texts = constants.texts.iter().map(String::as_str).chain(words).chain([SOMETHING, ""]);
    let accepted: BTreeSet<&str> = texts.filter(|text| rule.accepts(text)).collect();
    if accepted.is_empty() {
        vec![SOMETHING.to_owned()]
    } else {
        accepted.into_iter().map(str::to_owned).collect()
    }
}

fn sources(way: &Way<'_>, constants: &Constants) -> Vec<Option<IpAddr>> {
    if !constants.read("source_ip") {
        return vec![Some(SOMEWHERE)];
    }
    let named = constants.addresses.iter().copied().chain([SOMEWHERE]);
    // Credentials that are bound to an address need one.
    let none = (!way.role.bind_ip).then_some(None);
    none.into_iter().chain(named.map(Some)).collect()
}

/// The combinations of facts: of a few each, of many those in which all but one agree.
fn facts(constants: &Constants) -> Vec<Vec<String>> {
    let all: Vec<&String> = constants.facts.iter().collect();
    let chosen = |is_true: &dyn Fn(usize) -> bool| -> Vec<String> {
        all.iter().enumerate().filter(|(place, _)| is_true(*place)).map(|(_, fact)| (*fact).clone()).collect()
    };
    if all.len() <= FACTS_COMBINED {
        return (0..1_usize << all.len()).map(|bits| chosen(&|place| bits >> place & 1 == 1)).collect();
    }
    let alone = (0..all.len()).map(|one| chosen(&|place| place == one));
    let others = (0..all.len()).map(|one| chosen(&|place| place != one));
    [chosen(&|_| false), chosen(&|_| true)].into_iter().chain(alone).chain(others).collect()
}

//! The answer in one cell, and which people have it.

use serde::Serialize;

use crate::grant::Assurance;

use super::Column;
use super::Row;
use crate::policy::analysis::difference::Census;
use crate::policy::analysis::difference::Crowd;
use crate::policy::analysis::difference::Side;
use crate::policy::analysis::ways::Way;
use crate::policy::conditions::Act;
use crate::policy::deciding::decide::Attempt;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::Person;
use crate::policy::roles::rule::Rule;

/// Whether people may ask, and how many must approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// They may not ask.
    No,
    /// They may ask, and nobody could approve it.
    Never,
    /// They may ask, and this many people must approve.
    Approvals(usize),
    /// They may ask, and nobody has to approve.
    Auto,
}

/// One cell. Conditions are not evaluated, as they depend on the time, but the cell says whether there are any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Cell {
    /// The answer without conditions.
    pub answer: Answer,
    /// Whether a condition may refuse.
    pub may_refuse: bool,
    /// Whether a condition may approve automatically.
    pub may_approve: bool,
}

impl Cell {
    /// `2`, `auto`, `2/auto` if a condition may approve, `2*` if one may refuse.
    pub(super) fn text(self) -> String {
        let answer = match self.answer {
            Answer::No => return "-".to_owned(),
            Answer::Never => "never".to_owned(),
            Answer::Approvals(count) => count.to_string(),
            Answer::Auto => "auto".to_owned(),
        };
        let approve = if self.may_approve { "/auto" } else { "" };
        let refuse = if self.may_refuse { "*" } else { "" };
        format!("{answer}{approve}{refuse}")
    }
}

/// The people whom conditions may refuse or approve on one way.
struct Conditional {
    refused: Crowd,
    approved: Crowd,
}

/// Everybody's answer for one way.
pub(super) fn column(way: &Way<'_>, census: &Census<'_>, side: &Side<'_>) -> Column {
    let askers = side.may_go(way);
    let conditional = conditional(way, side, &askers);
    let able = enough(way, side);
    let usual = if is_open(way, side) { with_others(way) } else { fewest(way, &able, None) };
    let mut exceptions: Vec<(Answer, u32)> = Vec::new();
    // Only a person who is needed to pass the gate can have a different answer.
    for person in needed(way, &able).into_iter().filter(|_| !is_open(way, side)) {
        let answer = fewest(way, &able, Some(person));
        let number = census.number(&person.name).filter(|number| askers.holds(*number));
        if let Some(number) = number.filter(|_| answer != usual) {
            exceptions.push((answer, number));
        }
    }
    let excepted = Crowd::of(exceptions.iter().map(|(_, number)| *number));
    let mut parts: Vec<(Answer, Crowd)> = vec![(usual, askers.without(&excepted))];
    exceptions.sort();
    for (answer, number) in exceptions {
        match parts.iter_mut().skip(1).find(|(other, _)| *other == answer) {
            Some((_, crowd)) => crowd.insert(number),
            None => parts.push((answer, Crowd::of([number]))),
        }
    }
    let mut rows: Vec<Row> = Vec::new();
    for (answer, crowd) in parts {
        for (may_refuse, refused) in split(&crowd, &conditional.refused) {
            for (may_approve, crowd) in split(&refused, &conditional.approved) {
                let cell = Cell { answer, may_refuse, may_approve };
                rows.push(Row { cell, who: named(way, census, side, &crowd), crowd });
            }
        }
    }
    Column {
        way: way.to_string(),
        role: way.role.name.clone(),
        opens: way.role.target.describe(),
        approval: way.approval.to_string(),
        max_duration: way.max_duration,
        rows,
    }
}

/// Splits a set into the people outside and inside another set. Leaves out an empty part.
fn split(crowd: &Crowd, other: &Crowd) -> Vec<(bool, Crowd)> {
    let parts = [(false, crowd.without(other)), (true, crowd.and(other))];
    parts.into_iter().filter(|(_, part)| !part.is_empty()).collect()
}

/// Short names for some people: whole groups that the way names, and the rest one by one.
fn named(way: &Way<'_>, census: &Census<'_>, side: &Side<'_>, crowd: &Crowd) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut rest = crowd.clone();
    for principal in way.requesters.iter().filter(|principal| matches!(principal, Principal::Group(_))) {
        let members = side.members(principal);
        if !members.is_empty() && members.without(crowd).is_empty() {
            names.push(principal.to_string());
            rest = rest.without(members);
        }
    }
    names.extend(census.names(&rest));
    names
}

fn conditional(way: &Way<'_>, side: &Side<'_>, askers: &Crowd) -> Conditional {
    let mut found = Conditional { refused: Crowd::EMPTY, approved: Crowd::EMPTY };
    for rule in side.rules() {
        if rule.clause.permits {
            found.approved.add(&rule.reaches(Act::AutoApprove, way.role));
        } else if !rule.clause.is_unconditional {
            found.refused.add(&rule.reaches(way.kind.act(), way.role));
        }
    }
    for clause in side.policy.conditions.clauses_of(&way.role.name) {
        let concerns = |act: Act| clause.heads.iter().any(|head| head.concerns(act));
        if clause.permits && concerns(Act::AutoApprove) {
            found.approved.add(askers);
        } else if !clause.permits && concerns(way.kind.act()) {
            found.refused.add(askers);
        }
    }
    if !way.automatic || *way.approval == Rule::None {
        found.approved = Crowd::EMPTY;
    }
    found
}

/// Enough people whom a way's rule names, with strong enough keys, that more would change nothing. A demand can always
/// be met if it has as many candidates as the whole rule needs, and one for the requester (Hall).
pub(in crate::policy) fn enough<'a>(way: &Way<'_>, side: &Side<'a>) -> Vec<&'a Person> {
    let demands = way.approval.demands();
    let wanted: usize = demands.iter().map(|demand| demand.count).sum::<usize>() + 1;
    let mut people: Vec<&Person> = Vec::new();
    for demand in demands {
        let named = demand.from.iter().flat_map(|principal| side.policy.people.named_by(principal));
        let mut candidates: Vec<&Person> = Vec::new();
        for person in named.filter(|person| person.can_sign(way.signed)) {
            if candidates.len() == wanted {
                break;
            }
            if candidates.iter().all(|other| other.name != person.name) {
                candidates.push(person);
            }
        }
        people.extend(candidates);
    }
    people.sort_by(|one, other| one.name.cmp(&other.name));
    people.dedup_by(|one, other| one.name == other.name);
    people
}

/// Whether an identity provider may provide reviewers. They have no keys, as the policy lists none for them.
pub(in crate::policy) fn is_open(way: &Way<'_>, side: &Side<'_>) -> bool {
    if way.signed != Assurance::Account {
        return false;
    }
    let mut named = way.approval.demands().into_iter().flat_map(|demand| &demand.from);
    named.any(|principal| matches!(principal, Principal::Group(group) if side.policy.is_open(group)))
}

/// The fewest people who pass a gate, if any number is available.
fn with_others(way: &Way<'_>) -> Answer {
    let demands = way.approval.demands();
    let total = |choice: Vec<usize>| choice.into_iter().map(|place| demands[place].count).sum();
    way.approval.choices().into_iter().map(total).min().map_or(Answer::Never, Answer::Approvals)
}

/// The fewest people who pass a gate without `absent`.
fn fewest(way: &Way<'_>, able: &[&Person], absent: Option<&Person>) -> Answer {
    if *way.approval == Rule::None {
        return Answer::Auto;
    }
    let others = able.iter().filter(|person| absent.is_none_or(|absent| absent.name != person.name));
    let people: Vec<&Person> = others.copied().collect();
    let ways = complete(way, &people);
    ways.iter().map(Vec::len).min().map_or(Answer::Never, Answer::Approvals)
}

/// The people of one smallest way through the gate.
fn needed<'a>(way: &Way<'_>, able: &[&'a Person]) -> Vec<&'a Person> {
    let smallest = complete(way, able).into_iter().min_by_key(Vec::len);
    smallest.unwrap_or_default().into_iter().map(|human| able[human]).collect()
}

/// The people used by each choice of branches that these people satisfy.
fn complete(way: &Way<'_>, people: &[&Person]) -> Vec<Vec<usize>> {
    let demands = way.approval.demands();
    let attempts = Attempt::all(way.approval, &demands, people);
    let complete = attempts.into_iter().filter(|attempt| attempt.matching.is_complete());
    complete.map(|attempt| attempt.matching.humans()).collect()
}

//! Gates that nobody can pass, gates that stop nobody, and signatures that approvers cannot give.

use std::collections::HashMap;

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::production::looks_powerful;

use super::Lint;
use crate::policy::Policy;
use crate::policy::analysis::difference::Side;
use crate::policy::analysis::matrix::answer::enough;
use crate::policy::analysis::matrix::answer::is_open;
use crate::policy::analysis::ways;
use crate::policy::analysis::ways::Way;
use crate::policy::analysis::ways::WayKind;
use crate::policy::deciding::decide::Attempt;
use crate::policy::people::agent::Agent;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::Person;
use crate::policy::roles::catalogue;
use crate::policy::roles::role::Role;
use crate::policy::roles::rule::Rule;
use crate::policy::some;

/// Checks the gate of each way into each role.
pub(super) fn find(side: &Side<'_>, lints: &mut Vec<Lint>) {
    let policy = side.policy;
    let mut without_touch: HashMap<&Principal, Vec<&Name>> = HashMap::new();
    for role in policy.roles() {
        for way in ways::of(role) {
            let stuck = stuck(side, &way);
            if !stuck.is_empty() {
                let of = if way.kind == WayKind::Request && way.scope.is_none() {
                    String::new()
                } else {
                    format!(" for {way}")
                };
                let message = format!(
                    "requests by {}{of} can never be approved: without the requester, too few people can give {}",
                    some(&stuck),
                    way.approval
                );
                lints.push(policy.lint_in(catalogue::IMPOSSIBLE_GATE, role, &way.keys("approval"), message));
            }
            if way.signed == Assurance::Touch {
                lints.extend(untouchable(policy, &way, &mut without_touch));
            }
        }
        let names = std::iter::once(role.name.as_str()).chain(role.target.names());
        if role.approval == Rule::None && looks_powerful(names) {
            let message = "a role that looks like production or administration needs no approval".to_owned();
            lints.push(policy.lint_at(catalogue::VACUOUS_GATE, role, role.approval_at, &message));
        }
        let weakest = ways::of(role).into_iter().min_by_key(|way| way.signed);
        if let Some(way) = weakest.filter(|way| way.signed < Assurance::Touch && policy.is_production(role)) {
            let message =
                format!("signed = \"{}\" for a role that looks like production", way.signed.as_str());
            lints.push(policy.lint_in(catalogue::WEAK_SIGNATURE, role, &way.keys("signed"), message));
        }
    }
}

/// A finding if signatures must prove a touch and some signers cannot give one.
fn untouchable<'a>(
    policy: &'a Policy,
    way: &Way<'a>,
    known: &mut HashMap<&'a Principal, Vec<&'a Name>>,
) -> Option<Lint> {
    let demands = way.approval.demands().into_iter().flat_map(|demand| &demand.from);
    let signers: Vec<&Principal> = match way.approval {
        Rule::None => way.requesters.iter().collect(),
        _ => demands.collect(),
    };
    let mut without: Vec<&Name> = Vec::new();
    for principal in signers {
        let found = known.entry(principal).or_insert_with(|| {
            let people = policy.people.named_by(principal);
            people.filter(|person| !person.can_sign(Assurance::Touch)).map(|person| &person.name).collect()
        });
        without.extend(found.iter());
    }
    without.sort();
    without.dedup();
    if without.is_empty() {
        return None;
    }
    let message = format!("signatures must show a touch, and {} cannot sign so", some(without));
    Some(policy.lint_in(catalogue::TOUCH_WITHOUT_KEY, way.role, &way.keys("signed"), message))
}

/// The requesters on a way whose requests can never be approved, in name order: people, and agents.
fn stuck(side: &Side<'_>, way: &Way<'_>) -> Vec<Name> {
    let mut names = stuck_people(side, way);
    names.extend(stuck_agents(side, way));
    names.sort();
    names
}

/// The agents among them. An owner counts only where the role says so, and then by a touch.
fn stuck_agents(side: &Side<'_>, way: &Way<'_>) -> Vec<Name> {
    let policy = side.policy;
    if *way.approval == Rule::None || policy.agents().len() == 0 || is_open(way, side) {
        return Vec::new();
    }
    let able = enough(way, side);
    let needed = way_through(way, &able);
    let is_stuck = |agent: &Agent, owner: &Person| {
        let asks = way.requesters.iter().any(|principal| agent.is(principal, owner));
        if !asks || !policy.may_request(&agent.name, way.role) {
            return false;
        }
        match &needed {
            None => true,
            Some(needed) => {
                let signed = policy.demanded_from(&owner.name, &agent.name, way.signed);
                let counts = !policy.is_own(&owner.name, &agent.name, way.role) && owner.can_sign(signed);
                let others: Vec<&Person> =
                    able.iter().copied().filter(|other| other.name != owner.name).collect();
                !counts
                    && needed.iter().any(|person| person.name == owner.name)
                    && way_through(way, &others).is_none()
            }
        }
    };
    let agents = policy.agents().filter_map(|agent| policy.agent_and_owner(&agent.name));
    agents.filter(|(agent, owner)| is_stuck(agent, owner)).map(|(agent, _)| agent.name.clone()).collect()
}

fn stuck_people(side: &Side<'_>, way: &Way<'_>) -> Vec<Name> {
    if *way.approval == Rule::None || is_open(way, side) {
        return Vec::new();
    }
    let able = enough(way, side);
    let askers = || side.policy.everybody_in(way.requesters);
    // This way through the gate needs only `needed`. All other requesters can use it.
    let Some(needed) = way_through(way, &able) else {
        return askers().into_iter().map(|person| person.name.clone()).collect();
    };
    let stuck = needed.into_iter().filter(|person| {
        let others: Vec<&Person> = able.iter().copied().filter(|other| other.name != person.name).collect();
        side.policy.may_request(&person.name, way.role) && way_through(way, &others).is_none()
    });
    let mut names: Vec<Name> = stuck.map(|person| person.name.clone()).collect();
    names.sort();
    names
}

impl Policy {
    /// The people who may ask for a role and whose requests can never be approved, in name order.
    pub fn without_a_way(&self, role: &Role) -> Vec<Name> {
        let side = Side::bare(self);
        ways::of(role).first().map_or_else(Vec::new, |way| stuck_people(&side, way))
    }

    /// The people behind these principals, in name order.
    pub(in crate::policy) fn everybody_in<'a>(
        &self,
        principals: impl IntoIterator<Item = &'a Principal>,
    ) -> Vec<&Person> {
        let named = principals.into_iter().flat_map(|principal| self.people.named_by(principal));
        let mut people: Vec<&Person> = named.collect();
        people.sort_by(|one, other| one.name.cmp(&other.name));
        people.dedup_by(|one, other| one.name == other.name);
        people
    }
}

/// Some people who pass the gate together. `None` if there are none.
fn way_through<'a>(way: &Way<'_>, people: &[&'a Person]) -> Option<Vec<&'a Person>> {
    let demands = way.approval.demands();
    let attempts = Attempt::all(way.approval, &demands, people);
    let attempt = attempts.into_iter().find(|attempt| attempt.matching.is_complete())?;
    Some(attempt.matching.humans().into_iter().map(|human| people[human]).collect())
}

//! Gates: one that nobody can pass, one that stops nobody, and signatures that approvers cannot give.

use crate::grant::Assurance;
use crate::grant::Name;

use super::super::Policy;
use super::super::decide::Attempt;
use super::super::people::Person;
use super::super::principal::Principal;
use super::super::role::Role;
use super::super::rule::Rule;
use super::Lint;
use super::catalogue;
use super::some;

/// Looks at the gate of each role.
pub(super) fn find(policy: &Policy, lints: &mut Vec<Lint>) {
    for role in policy.roles() {
        let stuck = policy.without_a_way(role);
        if !stuck.is_empty() {
            let message = format!(
                "requests by {} can never be approved: without the requester, too few people can give {}",
                some(&stuck),
                role.approval
            );
            lints.push(policy.lint_at(catalogue::IMPOSSIBLE_GATE, role, role.approval_at, message));
        }
        if role.approval == Rule::None && looks_powerful(role) {
            let message = "nobody has to agree to what looks like production or administration".to_owned();
            lints.push(policy.lint_at(catalogue::VACUOUS_GATE, role, role.approval_at, message));
        }
        find_in_signatures(policy, role, lints);
    }
}

fn find_in_signatures(policy: &Policy, role: &Role, lints: &mut Vec<Lint>) {
    if role.signed == Assurance::Touch {
        let signers = if role.approval == Rule::None { policy.requesters(role) } else { policy.named(role) };
        let without: Vec<&Name> = signers
            .into_iter()
            .filter(|person| !person.can_sign(role.signed))
            .map(|person| &person.name)
            .collect();
        if !without.is_empty() {
            let message = format!("signatures must show a touch, and {} cannot sign so", some(without));
            lints.push(policy.lint_in(catalogue::TOUCH_WITHOUT_KEY, role, &["signed"], message));
        }
    } else if looks_powerful(role) {
        let message =
            format!("signed = \"{}\" for what looks like production or administration", role.signed.as_str());
        lints.push(policy.lint_in(catalogue::WEAK_SIGNATURE, role, &["signed"], message));
    }
}

impl Policy {
    /// The requesters of a role whose request can never be approved, in name order.
    pub fn without_a_way(&self, role: &Role) -> Vec<Name> {
        if role.approval == Rule::None {
            return Vec::new();
        }
        let able: Vec<&Person> = self.able(role);
        // Whoever takes no part in one way to pass the gate has that way.
        let Some(needed) = way_through(role, &able) else {
            return self.requesters(role).into_iter().map(|person| person.name.clone()).collect();
        };
        let stuck = needed.into_iter().filter(|person| {
            let others: Vec<&Person> =
                able.iter().copied().filter(|other| other.name != person.name).collect();
            self.may_request(&person.name, role) && way_through(role, &others).is_none()
        });
        let mut names: Vec<Name> = stuck.map(|person| person.name.clone()).collect();
        names.sort();
        names
    }

    /// Everybody who could review for a role and has a key that is strong enough, in name order.
    pub(in super::super) fn able(&self, role: &Role) -> Vec<&Person> {
        let mut people = self.named(role);
        people.retain(|person| person.can_sign(role.signed));
        people
    }

    /// Everybody whom a role's rule names, in name order.
    fn named(&self, role: &Role) -> Vec<&Person> {
        self.everybody_in(role.approval.demands().into_iter().flat_map(|demand| &demand.from))
    }

    /// Everybody who may ask for a role, in name order.
    pub(in super::super) fn requesters(&self, role: &Role) -> Vec<&Person> {
        self.everybody_in(&role.requesters)
    }

    fn everybody_in<'a>(&self, principals: impl IntoIterator<Item = &'a Principal>) -> Vec<&Person> {
        let named = principals.into_iter().flat_map(|principal| self.people.named_by(principal));
        let mut people: Vec<&Person> = named.collect();
        people.sort_by(|one, other| one.name.cmp(&other.name));
        people.dedup_by(|one, other| one.name == other.name);
        people
    }
}

/// Some people that together pass the gate, if there are any.
fn way_through<'a>(role: &Role, people: &[&'a Person]) -> Option<Vec<&'a Person>> {
    let demands = role.approval.demands();
    let attempts = Attempt::all(&role.approval, &demands, people);
    let attempt = attempts.into_iter().find(|attempt| attempt.matching.is_complete())?;
    Some(attempt.matching.humans().into_iter().map(|human| people[human]).collect())
}

/// Whether the names of a role or its target say production or administration.
fn looks_powerful(role: &Role) -> bool {
    let cloud_name = role.target.role_arn().role_name().to_ascii_lowercase();
    let names = [role.name.as_str(), cloud_name.as_str()];
    names.iter().any(|name| ["prod", "admin", "root", "poweruser"].iter().any(|word| name.contains(word)))
}

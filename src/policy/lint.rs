//! What loads and still makes no sense: a gate that nobody can pass, and one that stops nobody.

use serde::Serialize;

use crate::grant::Name;

use super::Policy;
use super::decide::Attempt;
use super::people::Person;
use super::problem::Problem;
use super::role::Role;
use super::rule::Rule;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The policy does not do what it says.
    Error,
    /// It may be meant so.
    Warning,
}

/// Something in a policy that loads and makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// How bad.
    pub severity: Severity,
    /// In which role.
    pub role: Name,
    /// What and where.
    pub problem: Problem,
}

impl Policy {
    /// Everything that makes no sense, in the order of roles: the impossible gate (an error) and the vacuous gate (a
    /// warning).
    pub fn lints(&self) -> Vec<Lint> {
        let mut lints = Vec::new();
        for role in self.roles() {
            let stuck = self.without_a_way(role);
            if !stuck.is_empty() {
                lints.push(impossible_gate(role, &stuck));
            }
            if role.approval == Rule::None && looks_powerful(role) {
                let message = "nobody has to agree to what looks like production or administration";
                let hint = r#"write approval = "1 of group:NAME""#;
                lints.push(lint(Severity::Warning, role, message.to_owned(), hint));
            }
        }
        lints
    }

    /// The requesters of a role whose request can never be approved, in name order.
    pub fn without_a_way(&self, role: &Role) -> Vec<Name> {
        if role.approval == Rule::None {
            return Vec::new();
        }
        let able = self.able_reviewers(role);
        // Whoever takes no part in one way to pass the gate has that way.
        let Some(needed) = way_through(role, &able) else {
            return self.requesters(role).map(|person| person.name.clone()).collect();
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
    fn able_reviewers(&self, role: &Role) -> Vec<&Person> {
        let named = role.approval.demands().into_iter().flat_map(|demand| &demand.from);
        let mut people: Vec<&Person> = named
            .flat_map(|principal| self.people.named_by(principal))
            .filter(|person| person.can_sign(role.signed))
            .collect();
        people.sort_by(|one, other| one.name.cmp(&other.name));
        people.dedup_by(|one, other| one.name == other.name);
        people
    }

    fn requesters<'a>(&'a self, role: &'a Role) -> impl Iterator<Item = &'a Person> {
        let named = role.requesters.iter().flat_map(|principal| self.people.named_by(principal));
        let mut people: Vec<&Person> = named.collect();
        people.sort_by(|one, other| one.name.cmp(&other.name));
        people.dedup_by(|one, other| one.name == other.name);
        people.into_iter()
    }
}

/// Some people that together pass the gate, if there are any.
fn way_through<'a>(role: &Role, people: &[&'a Person]) -> Option<Vec<&'a Person>> {
    let demands = role.approval.demands();
    let attempts = Attempt::all(&role.approval, &demands, people);
    let attempt = attempts.into_iter().find(|attempt| attempt.matching.is_complete())?;
    Some(attempt.matching.humans().into_iter().map(|human| people[human]).collect())
}

fn impossible_gate(role: &Role, stuck: &[Name]) -> Lint {
    const SHOWN: usize = 5;
    let mut names: Vec<&str> = stuck.iter().take(SHOWN).map(Name::as_str).collect();
    let more = format!("{} more", stuck.len().saturating_sub(SHOWN));
    if stuck.len() > SHOWN {
        names.push(&more);
    }
    let message = format!(
        "requests by {} can never be approved: without the requester, too few people can give {}",
        names.join(", "),
        role.approval
    );
    let hint =
        "add people to these groups, with keys that are strong enough; nobody approves their own request";
    lint(Severity::Error, role, message, hint)
}

fn looks_powerful(role: &Role) -> bool {
    let cloud_name = role.target.role_arn().role_name().to_ascii_lowercase();
    let names = [role.name.as_str(), cloud_name.as_str()];
    names.iter().any(|name| ["prod", "admin", "root", "poweruser"].iter().any(|word| name.contains(word)))
}

fn lint(severity: Severity, role: &Role, message: String, hint: &str) -> Lint {
    let (line, column) = (role.approval_at.line, role.approval_at.column);
    let problem = Problem { file: role.file(), line, column, message, hint: Some(hint.to_owned()) };
    Lint { severity, role: role.name.clone(), problem }
}

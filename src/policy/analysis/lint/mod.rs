//! Findings in a policy that loads but makes no sense, each with a stable name. One file per concern; `catalogue` lists
//! all.

mod agents;
mod emergencies;
mod escalations;
mod files;
mod forge;
mod gates;
mod groups;
mod owners;
mod places;
mod providers;
mod roles;
mod rules;
mod scopes;
mod twins;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Serialize;

use crate::grant::Name;
use crate::grant::text::sanitise;

use crate::policy::Policy;
use crate::policy::analysis::difference::Census;
use crate::policy::files::problem::Position;
use crate::policy::files::problem::Problem;
pub(in crate::policy) use crate::policy::roles::allowance::Allowance;
pub(in crate::policy) use crate::policy::roles::allowance::read as read_allowances;
pub use crate::policy::roles::catalogue::CATALOGUE;
pub use crate::policy::roles::catalogue::Kind;
pub use crate::policy::roles::catalogue::documentation;
use crate::policy::roles::role::Role;

/// How severe a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The policy does not do what it says.
    Error,
    /// It may be intended.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A finding in a policy that loads but makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// Its stable name, one of [`CATALOGUE`].
    pub name: &'static str,
    /// Its severity.
    pub severity: Severity,
    /// The role. `None` if it is not in a role.
    pub role: Option<Name>,
    /// The message and the position.
    pub problem: Problem,
    /// The reason with which the role's file allows it. `None` if it is not allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
}

impl Policy {
    /// Every finding that no role's file allows, in the order of files and lines.
    pub fn lints(&self) -> Vec<Lint> {
        self.all_lints().into_iter().filter(|lint| lint.allowed.is_none()).collect()
    }

    /// Every finding. One that a role's file allows has the reason given there.
    pub fn all_lints(&self) -> Vec<Lint> {
        let mut lints = Vec::new();
        let (census, side, same) = Census::of(self, self);
        agents::find(self, &mut lints);
        owners::find(self, &mut lints);
        files::find(self, &mut lints);
        groups::find(self, &mut lints);
        gates::find(&side, &mut lints);
        roles::find(&side, &mut lints);
        emergencies::find(&side, &mut lints);
        escalations::find(&side, &mut lints);
        forge::find(self, &mut lints);
        places::find(self, &mut lints);
        providers::find(self, &mut lints);
        scopes::find(&side, &mut lints);
        rules::find(self, &mut lints);
        twins::find(&census, [&side, &same], &mut lints);
        self.apply_allowances(&mut lints);
        lints.sort_by(|one, other| one.problem.cmp(&other.problem).then(one.name.cmp(other.name)));
        self.merge_accounts(lints)
    }

    /// Merges equal findings of several accounts from one file with `for_each`, and names the accounts.
    fn merge_accounts(&self, lints: Vec<Lint>) -> Vec<Lint> {
        let account = |lint: &Lint| self.role(lint.role.as_ref()?)?.origin.account.clone();
        let mut merged: Vec<(Lint, Vec<Name>)> = Vec::new();
        let mut known: BTreeMap<(&'static str, Option<String>, Problem), usize> = BTreeMap::new();
        for lint in lints {
            let Some(own) = account(&lint) else {
                merged.push((lint, Vec::new()));
                continue;
            };
            let place =
                *known.entry((lint.name, lint.allowed.clone(), self.plain(&lint))).or_insert(merged.len());
            match merged.get_mut(place) {
                Some((_, accounts)) => accounts.push(own),
                None => merged.push((lint, vec![own])),
            }
        }
        let told = |(lint, accounts): (Lint, Vec<Name>)| {
            Self::with_accounts(self.several(lint, &accounts), &accounts)
        };
        merged.into_iter().map(told).collect()
    }

    /// A finding without the name of its role, as for any account.
    fn plain(&self, lint: &Lint) -> Problem {
        let mut problem = lint.problem.clone();
        if let Some(role) = lint.role.as_ref().and_then(|name| self.role(name))
            && let Some(account) = &role.origin.account
        {
            problem.message =
                problem.message.replace(role.name.as_str(), &format!("{{account}}{}", stem(role, account)));
        }
        problem
    }

    /// Replaces the role's name in a finding of several roles.
    fn several(&self, lint: Lint, accounts: &[Name]) -> Lint {
        let role = lint.role.as_ref().and_then(|name| self.role(name));
        let Some((role, account)) = role.and_then(|role| Some((role, role.origin.account.as_ref()?))) else {
            return lint;
        };
        if accounts.len() < 2 {
            return lint;
        }
        let every = format!("*{}", stem(role, account));
        let message = lint.problem.message.replace(role.name.as_str(), &every);
        Lint { problem: Problem { message, ..lint.problem }, ..lint }
    }

    fn with_accounts(lint: Lint, accounts: &[Name]) -> Lint {
        /// The most accounts named.
        const SHOWN: usize = 10;
        let names: Vec<&str> = accounts.iter().take(SHOWN).map(Name::as_str).collect();
        let more = match accounts.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let words = match accounts.len() {
            0 => return lint,
            1 => format!("in the account {}", names.join("")),
            _ => format!("in the accounts {}{more}", names.join(", ")),
        };
        let message = format!("{} ({words})", lint.problem.message);
        Lint { problem: Problem { message, ..lint.problem }, ..lint }
    }

    /// Marks allowed findings, and reports unused allowances.
    fn apply_allowances(&self, lints: &mut Vec<Lint>) {
        let mut used: BTreeSet<(&Name, &'static str)> = BTreeSet::new();
        for lint in lints.iter_mut() {
            let role = lint.role.as_ref().and_then(|name| self.role(name));
            let allowance = role.and_then(|role| role.allow.iter().find(|given| given.lint == lint.name));
            if let (Some(role), Some(allowance)) = (role, allowance) {
                used.insert((&role.name, allowance.lint));
                lint.allowed = Some(allowance.reason.clone());
            }
        }
        for role in self.roles() {
            for allowance in role.allow.iter().filter(|given| !used.contains(&(&role.name, given.lint))) {
                let message = format!("{} is allowed here and does not occur", allowance.lint);
                lints.push(self.lint_at(
                    crate::policy::roles::catalogue::UNUSED_ALLOWANCE,
                    role,
                    allowance.at,
                    &message,
                ));
            }
        }
    }

    /// A finding at a key in a role's file.
    #[expect(clippy::needless_pass_by_value, reason = "each caller makes the text for this alone")]
    fn lint_in(&self, kind: &Kind, role: &Role, keys: &[&str], message: String) -> Lint {
        self.lint_at(kind, role, self.place(&role.file(), keys), &message)
    }

    fn lint_at(&self, kind: &Kind, role: &Role, at: Position, message: &str) -> Lint {
        Lint { role: Some(role.name.clone()), ..in_file(kind, &role.file(), at, message) }
    }
}

/// The role's name without the name of its account: `.admin`.
fn stem<'a>(role: &'a Role, account: &Name) -> &'a str {
    role.name.as_str().strip_prefix(account.as_str()).unwrap_or_default()
}

/// A finding without a role.
fn in_file(kind: &Kind, file: &str, at: Position, message: &str) -> Lint {
    let hint = Some(kind.mend.to_owned());
    let (file, message) = (sanitise(file), sanitise(message));
    let problem = Problem { file, line: at.line, column: at.column, message, hint, excerpt: None };
    Lint { name: kind.name, severity: kind.severity, role: None, problem, allowed: None }
}

//! `tests/*.toml`: what a policy must and must not allow, read and held against its decisions.

mod read;

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::Verdict;
use crate::grant::span::Span;

use super::Policy;
use super::decide::Asking;
use super::decide::Decision;
use super::decide::Opinion;
use super::problem::Position;
use super::problem::Problems;
use super::role::ReasonRule;

/// What a case expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// Nobody has to agree.
    AutoApproved,
    /// The reviews suffice.
    Approved,
    /// More reviews are wanted.
    NeedsApproval,
    /// A reviewer said no.
    Denied,
    /// It may not be asked for.
    Refused,
}

impl Expected {
    const ALL: [Self; 5] =
        [Self::AutoApproved, Self::Approved, Self::NeedsApproval, Self::Denied, Self::Refused];

    /// The word in a case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AutoApproved => "auto-approved",
            Self::Approved => "approved",
            Self::NeedsApproval => "needs-approval",
            Self::Denied => "denied",
            Self::Refused => "refused",
        }
    }

    fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Refused(_) => Self::Refused,
            Decision::Denied { .. } => Self::Denied,
            Decision::NeedsApproval { .. } => Self::NeedsApproval,
            Decision::Approved { by, .. } if by.is_empty() => Self::AutoApproved,
            Decision::Approved { .. } => Self::Approved,
        }
    }
}

/// One review of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    by: Name,
    verdict: Verdict,
    duration: Option<Span>,
    /// As strongly as the person can, where nothing is said.
    signed: Option<Assurance>,
}

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// The file, by its path in the policy's folder.
    pub file: String,
    at: Position,
    who: Name,
    role: Name,
    duration: Option<Span>,
    #[expect(dead_code, reason = "conditions look at the time; none can be written yet")]
    when: Option<Timestamp>,
    reason: Option<String>,
    signed: Option<Assurance>,
    reviews: Vec<Review>,
    expect: Expected,
    missing: Option<Vec<String>>,
    granted: Option<Span>,
}

/// How a case went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// What the case is about.
    pub name: String,
    /// The file, by its path in the policy's folder.
    pub file: String,
    /// The line at which it begins, from 1.
    pub line: usize,
    /// What is otherwise than expected; nothing when the case holds.
    pub failure: Option<String>,
}

impl Outcome {
    /// Whether the case holds.
    pub fn holds(&self) -> bool {
        self.failure.is_none()
    }
}

impl Policy {
    /// The cases in `tests/`, or everything that is wrong with them.
    pub fn cases(&self) -> Result<Vec<Case>, Problems> {
        read::read(self)
    }

    /// Holds each case against what the policy decides. A case that gives no reason is not about the reason.
    pub fn run(&self, cases: &[Case]) -> Vec<Outcome> {
        let lenient = cases.iter().any(|case| case.reason.is_none()).then(|| self.with_any_reason());
        let outcome = |case: &Case| {
            let policy = if case.reason.is_none() { lenient.as_ref().unwrap_or(self) } else { self };
            Outcome {
                name: case.name.clone(),
                file: case.file.clone(),
                line: case.at.line,
                failure: case.failure(&policy.decide_case(case)),
            }
        };
        cases.iter().map(outcome).collect()
    }

    /// The same policy, content with any reason.
    pub(super) fn with_any_reason(&self) -> Self {
        let mut policy = self.clone();
        policy.roles.values_mut().for_each(|role| role.reason = ReasonRule::Optional);
        policy
    }

    fn decide_case(&self, case: &Case) -> Decision {
        let usual = self.role(&case.role).map_or_else(|| Span::of_minutes(60), |role| role.duration);
        let strongest =
            |name: &Name| self.person(name).map_or(Assurance::Account, |person| person.strongest());
        let reviews: Vec<Opinion> = case
            .reviews
            .iter()
            .map(|review| Opinion {
                by: review.by.clone(),
                verdict: review.verdict,
                duration: review.duration,
                assurance: review.signed.unwrap_or_else(|| strongest(&review.by)),
            })
            .collect();
        self.decide(&Asking {
            who: &case.who,
            role: &case.role,
            duration: case.duration.unwrap_or(usual),
            reason: case.reason.as_deref().unwrap_or_default(),
            assurance: case.signed.unwrap_or_else(|| strongest(&case.who)),
            reviews: &reviews,
        })
    }
}

impl Case {
    /// What is otherwise than expected.
    fn failure(&self, decision: &Decision) -> Option<String> {
        if Expected::of(decision) != self.expect {
            return Some(format!("expected {}, got {}", self.expect.as_str(), Shown(decision)));
        }
        if let (Decision::NeedsApproval { missing }, Some(expected)) = (decision, &self.missing) {
            let mut found: Vec<&str> = missing.iter().map(|missing| missing.demand.as_str()).collect();
            let mut wanted: Vec<&str> = expected.iter().map(String::as_str).collect();
            found.sort_unstable();
            wanted.sort_unstable();
            if found != wanted {
                let (found, wanted) = (found.join(" and "), wanted.join(" and "));
                return Some(format!("expected that {wanted} is missing, and {found} is"));
            }
        }
        match (decision, self.granted) {
            (Decision::Approved { duration, .. }, Some(granted)) if *duration != granted => {
                Some(format!("expected {granted}, got {duration}"))
            }
            _ => None,
        }
    }
}

/// A decision in one line.
pub(super) struct Shown<'a>(pub(super) &'a Decision);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Expected::of(self.0).as_str())?;
        match self.0 {
            Decision::Refused(refusal) => write!(formatter, " ({refusal})"),
            Decision::Denied { by } => write!(formatter, " (by {by})"),
            Decision::NeedsApproval { missing } => {
                let missing: Vec<&str> = missing.iter().map(|missing| missing.demand.as_str()).collect();
                write!(formatter, " (missing: {})", missing.join(" and "))
            }
            Decision::Approved { duration, by } if by.is_empty() => write!(formatter, " (for {duration})"),
            Decision::Approved { duration, by } => {
                let by: Vec<&str> = by.iter().map(Name::as_str).collect();
                write!(formatter, " (for {duration}, by {})", by.join(", "))
            }
        }
    }
}

//! `tests/*.toml`: cases that a policy must or must not allow, parsed and compared with its decisions.

mod read;

use std::fmt;

use serde::Serialize;

use crate::grant::Name;
use crate::grant::span::Span;

use crate::policy::Policy;
use crate::policy::analysis::question::Question;
use crate::policy::files::problem::Position;
use crate::policy::files::problem::Problems;
use crate::policy::question::decision::Decision;
use crate::policy::question::decision::How;

/// A decision in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outline {
    /// No review is needed.
    AutoApproved,
    /// The reviews suffice.
    Approved,
    /// More reviews are needed.
    NeedsApproval,
    /// A reviewer denied it.
    Denied,
    /// The policy does not allow the request.
    Refused,
}

impl Outline {
    const ALL: [Self; 5] =
        [Self::AutoApproved, Self::Approved, Self::NeedsApproval, Self::Denied, Self::Refused];

    /// The word used in a case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AutoApproved => "auto-approved",
            Self::Approved => "approved",
            Self::NeedsApproval => "needs-approval",
            Self::Denied => "denied",
            Self::Refused => "refused",
        }
    }

    /// The word for a decision.
    pub fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Refused(_) => Self::Refused,
            Decision::Denied { .. } => Self::Denied,
            Decision::NeedsApproval { .. } => Self::NeedsApproval,
            Decision::Approved { how: How::Reviews, .. } => Self::Approved,
            Decision::Approved { .. } => Self::AutoApproved,
        }
    }
}

/// One test case.
#[derive(Debug, Clone)]
pub struct Case {
    /// The case's name, which says what the case is about.
    pub name: String,
    /// The file, by its path in the policy's folder.
    pub file: String,
    at: Position,
    question: Question,
    expect: Outline,
    missing: Option<Vec<String>>,
    granted: Option<Span>,
    granted_scope: Option<Name>,
}

/// The result of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The name of the case, which says what it is about.
    pub name: String,
    /// The file, by its path in the policy's folder.
    pub file: String,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The difference from the expectation. `None` if the case holds.
    pub failure: Option<String>,
}

impl Outcome {
    /// Whether the case holds.
    pub fn holds(&self) -> bool {
        self.failure.is_none()
    }
}

impl Policy {
    /// The cases in `tests/`.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn cases(&self) -> Result<Vec<Case>, Problems> {
        read::read(self)
    }

    /// Compares each case with the policy's decision. A case without a reason does not test the reason.
    pub fn run(&self, cases: &[Case]) -> Vec<Outcome> {
        let outcome = |case: &Case| Outcome {
            name: case.name.clone(),
            file: case.file.clone(),
            line: case.at.line,
            failure: case.failure(&self.answer(&case.question)),
        };
        cases.iter().map(outcome).collect()
    }
}

impl Case {
    /// The difference from the expectation. `None` if there is none.
    fn failure(&self, decision: &Decision) -> Option<String> {
        if Outline::of(decision) != self.expect {
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
        let Decision::Approved { duration, scope, .. } = decision else { return None };
        match (self.granted, &self.granted_scope) {
            (Some(granted), _) if *duration != granted => Some(format!("expected {granted}, got {duration}")),
            (_, Some(granted)) if scope.as_ref() != Some(granted) => {
                let found = scope.as_ref().map_or("the whole role", Name::as_str);
                Some(format!("expected the scope {granted}, got {found}"))
            }
            _ => None,
        }
    }
}

/// A decision in one line.
pub(in crate::policy) struct Shown<'a>(pub(in crate::policy) &'a Decision);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Outline::of(self.0).as_str())?;
        match self.0 {
            Decision::Refused(refusal) => write!(formatter, " ({refusal})"),
            Decision::Denied { by } => write!(formatter, " (by {by})"),
            Decision::NeedsApproval { missing } => {
                let missing: Vec<&str> = missing.iter().map(|missing| missing.demand.as_str()).collect();
                write!(formatter, " (missing: {})", missing.join(" and "))
            }
            Decision::Approved { duration, scope, by, how } => {
                write!(formatter, " (for {duration}")?;
                if let Some(scope) = scope {
                    write!(formatter, ", only {scope}")?;
                }
                match how {
                    How::Reviews => {
                        let by: Vec<&str> = by.iter().map(Name::as_str).collect();
                        write!(formatter, ", by {}", by.join(", "))?;
                    }
                    How::NoneNeeded => {}
                    How::Automatic { rule } => write!(formatter, ", by {rule}")?,
                    How::BreakGlass => formatter.write_str(", emergency access")?,
                }
                formatter.write_str(")")
            }
        }
    }
}

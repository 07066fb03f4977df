//! A policy's decision: the one result that the broker, tests, explanations, the matrix and differences share.

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::span::Span;

/// A policy's decision on an asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The policy does not allow the request.
    Refused(Refusal),
    /// An eligible reviewer denied it.
    Denied {
        /// The reviewer.
        by: Name,
    },
    /// More reviews are needed.
    NeedsApproval {
        /// The missing demands, from the same matching that decides.
        missing: Vec<Missing>,
    },
    /// The rule is satisfied.
    Approved {
        /// The shortest of the request and the reviews that count. An approval by an eligible person counts, needed or
        /// not, if its signature is strong enough, because a denial by any eligible person would end the request.
        duration: Span,
        /// The approved scope: the request's own, or the one to which a review narrowed it.
        scope: Option<Name>,
        /// The people whose reviews were matched to demands, in order of the reviews. Empty if none was needed.
        by: Vec<Name>,
        /// How it was approved.
        how: How,
    },
}

/// How the rule was satisfied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// By reviews.
    Reviews,
    /// The rule is `none`.
    NoneNeeded,
    /// By a condition, automatically.
    Automatic {
        /// The condition: `[when] auto_approve of prod-admin`, or the position of a rule: `rules/on-call.cedar:3:1`.
        rule: String,
    },
    /// By break-glass, which waits for nobody.
    BreakGlass,
}

/// A demand that the reviews so far do not fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `1 of group:security`; `either … or …` if several alternatives are equally near.
    pub demand: String,
    /// Everybody whose approval would bring the request nearer, in name order. Excludes the requester, people whose
    /// review already counts, and people without a strong enough key. Includes people of a filled demand if a reviewer
    /// could move on from it to this one. Members known only to the identity provider are not listed.
    pub could_help: Vec<Name>,
}

/// Why a policy does not allow a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The policy has no such person.
    #[error("{0} is not in the policy")]
    UnknownPerson(Name),
    /// The policy has no such role.
    #[error("there is no role {0}")]
    UnknownRole(Name),
    /// The role has no such scope.
    #[error("{role} has no scope {scope}")]
    UnknownScope {
        /// The role.
        role: Name,
        /// The scope.
        scope: Name,
    },
    /// The person is not among the role's requesters.
    #[error("{who} may not ask for {role}")]
    NotARequester {
        /// The requester.
        who: Name,
        /// The role.
        role: Name,
    },
    /// A condition forbids it.
    #[error("{role} is refused by {rule}{}", because(why))]
    Condition {
        /// The role.
        role: Name,
        /// The condition: `[when] request of prod-admin`, or the position of a rule: `rules/freeze.cedar:3:1`.
        rule: String,
        /// The rule's own `@reason("…")`.
        why: Option<String>,
    },
    /// A condition could not be evaluated, which denies.
    #[error("{role} is refused, as {rule} could not be evaluated: {error}")]
    Failed {
        /// The role.
        role: Name,
        /// The condition.
        rule: String,
        /// The error.
        error: String,
    },
    /// The request is longer than the role allows.
    #[error("{asked} is longer than the {allowed} that {role} allows")]
    TooLong {
        /// The role.
        role: Name,
        /// The requested duration.
        asked: Span,
        /// The longest allowed duration.
        allowed: Span,
    },
    /// The request is shorter than what it opens can be, or a review shortened it so far.
    #[error(
        "{asked} is too short for {role}: its credentials can live for {least}, and nobody ends them before"
    )]
    TooShort {
        /// The role.
        role: Name,
        /// The requested duration, or the one that a review allows.
        asked: Span,
        /// The shortest possible duration.
        least: Span,
    },
    /// The reason is empty or does not match.
    #[error("{role} needs another reason: {wanted}")]
    Reason {
        /// The role.
        role: Name,
        /// The role's requirement, in words.
        wanted: String,
    },
    /// The request's signature is too weak for a way without review.
    #[error("{role} needs no review, so the request itself must be signed with {}", demanded.as_str())]
    Assurance {
        /// The role.
        role: Name,
        /// The required assurance.
        demanded: Assurance,
    },
    /// The role allows no extension.
    #[error("{role} cannot be extended")]
    NoExtension {
        /// The role.
        role: Name,
    },
    /// The grant was extended as often as the role allows.
    #[error("{role} was extended {times} times already, and no more are allowed")]
    ExtendedEnough {
        /// The role.
        role: Name,
        /// The most extensions.
        times: u32,
    },
    /// The role has no break-glass.
    #[error("{role} allows no emergency access")]
    NotBreakGlass {
        /// The role.
        role: Name,
    },
    /// The role has no break-glass for this person.
    #[error("{who} may not take emergency access to {role}")]
    NoBreakGlass {
        /// The requester.
        who: Name,
        /// The role.
        role: Name,
    },
    /// The role's credentials are bound to an address, and the requester's is unknown.
    #[error("{role} binds credentials to the requester's address, which is not known here")]
    NoAddress {
        /// The role.
        role: Name,
    },
    /// Reviews narrow the request to different scopes.
    #[error(
        "{role} was approved for the scope {one} and for the scope {other}, which have nothing in common"
    )]
    ScopesApart {
        /// The role.
        role: Name,
        /// One review's scope.
        one: Name,
        /// Another review's scope.
        other: Name,
    },
}

fn because(why: &Option<String>) -> String {
    why.as_ref().map_or_else(String::new, |why| format!(": {why}"))
}

impl Refusal {
    /// The command to try next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownPerson(_) => Some("ask the policy's owner to add you to people.toml".to_owned()),
            Self::UnknownRole(_)
            | Self::NotARequester { .. }
            | Self::NotBreakGlass { .. }
            | Self::NoBreakGlass { .. } => Some("`jit roles` lists what you may ask for".to_owned()),
            Self::UnknownScope { role, .. } => Some(format!("`jit roles {role}` lists its scopes")),
            Self::TooLong { role, allowed, .. } => Some(format!("`jit request {role} --for {allowed}`")),
            Self::TooShort { role, least, .. } => Some(format!("`jit request {role} --for {least}`")),
            Self::Reason { role, .. } => Some(format!("`jit request {role} --reason \"…\"`")),
            Self::Assurance { demanded: Assurance::Touch, .. } => {
                Some("log in with a hardware key (`sk-`) that is yours in people.toml".to_owned())
            }
            Self::Assurance { .. } => Some("log in with an SSH key that is yours in people.toml".to_owned()),
            Self::Condition { role, .. } | Self::Failed { role, .. } => {
                Some(format!("`jit policy explain WHO {role}` shows what the conditions look at"))
            }
            Self::NoExtension { role } | Self::ExtendedEnough { role, .. } => {
                Some(format!("ask again when it has ended: `jit request {role}`"))
            }
            Self::NoAddress { .. } => None,
            Self::ScopesApart { .. } => Some("let the reviewers agree on one scope".to_owned()),
        }
    }
}

//! Access as code: load, compile, decide. A [`Policy`] exists only if it loaded and compiled whole.
//!
//! May use `secret`, `system`, `grant`. Reads nothing but the folder handed to it. Invariant: what fails to load denies.

use std::collections::BTreeMap;

use crate::grant::Assurance;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Verdict;
use crate::grant::span::Span;

/// One reviewer's word, as far as a decision looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Who.
    pub by: Name,
    /// Yes or no.
    pub verdict: Verdict,
    /// "For at most this long."
    pub duration: Option<Span>,
    /// How strongly it is signed.
    pub assurance: Assurance,
}

/// What is to be decided.
#[derive(Debug, Clone)]
pub struct Asking<'a> {
    /// Who asks.
    pub who: &'a Name,
    /// For which role (its own name or an alias).
    pub role: &'a Name,
    /// For how long.
    pub duration: Span,
    /// Why.
    pub reason: &'a str,
    /// How strongly the request itself is signed.
    pub assurance: Assurance,
    /// The latest word of each reviewer.
    pub reviews: &'a [Opinion],
}

/// What a policy says to an asking. The one result that broker, tests and explanations share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// This may not be asked for.
    Refused(Refusal),
    /// An eligible person said no.
    Denied {
        /// Who.
        by: Name,
    },
    /// It waits for reviews.
    NeedsApproval {
        /// What is missing, by the same matching that decides.
        missing: Vec<Missing>,
    },
    /// The rule is satisfied.
    Approved {
        /// The narrowest of the request and the reviews that count.
        duration: Span,
        /// Whose reviews were matched to demands; empty where none was needed.
        by: Vec<Name>,
    },
}

/// A demand that the reviews so far do not fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `1 of group:security`
    pub demand: String,
    /// Who could help: never the requester, never somebody whose review already counts.
    pub could_help: Vec<Name>,
}

/// Why something may not be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such person in this policy.
    #[error("{0} is not in the policy")]
    UnknownPerson(Name),
    /// No such role.
    #[error("there is no role {0}")]
    UnknownRole(Name),
    /// The person is not among the role's requesters.
    #[error("{who} may not ask for {role}")]
    NotARequester {
        /// Who.
        who: Name,
        /// For what.
        role: Name,
    },
    /// Longer than the role allows.
    #[error("{asked} is longer than the {allowed} that {role} allows")]
    TooLong {
        /// For what.
        role: Name,
        /// How long.
        asked: Span,
        /// How long at most.
        allowed: Span,
    },
    /// The reason is empty or does not match.
    #[error("{role} wants another reason: {wanted}")]
    Reason {
        /// For what.
        role: Name,
        /// What it wants, in words.
        wanted: String,
    },
    /// The request is signed too weakly for a role that needs no review.
    #[error("{role} needs no review, so the request itself must be signed with {}", demanded.as_str())]
    Assurance {
        /// For what.
        role: Name,
        /// What is demanded.
        demanded: Assurance,
    },
}

/// A policy that loaded and compiled whole.
#[derive(Debug, Clone)]
pub struct Policy {
    /// SHA-256 over the sorted list of (path, SHA-256 of content).
    pub revision: Digest,
    /// Every file of the policy as it was read, by its path in the folder with `/`; what `revision` is made of.
    pub files: BTreeMap<String, Vec<u8>>,
}

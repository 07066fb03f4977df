//! What a policy says: the one result that the broker, tests, explanations, the matrix and differences share.

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::span::Span;

/// What a policy says to an asking.
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
        /// The narrowest of the request and the reviews that count: every approval by an eligible person that is signed
        /// strongly enough, needed or not, as a denial by any of them would end the request.
        duration: Span,
        /// The piece of the role that it is for: the request's own, or the one to which a review narrowed it.
        scope: Option<Name>,
        /// Whose reviews were matched to demands, in the order of the reviews; empty where none was needed.
        by: Vec<Name>,
        /// What made it so.
        how: How,
    },
}

/// What satisfied the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// People agreed.
    Reviews,
    /// The rule is `none`.
    NoneNeeded,
    /// A condition approves it by itself.
    Automatic {
        /// Which: `[when] auto_approve of prod-admin`, or the place of a rule: `rules/on-call.cedar:3:1`.
        rule: String,
    },
    /// The emergency way, which waits for nobody.
    BreakGlass,
}

/// A demand that the reviews so far do not fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `1 of group:security`; `either … or …` where several ways are equally near.
    pub demand: String,
    /// Everybody whose approval would bring the request nearer, in name order: never the requester, never somebody whose
    /// review already counts, never somebody without a key that is strong enough. People of a filled demand are among
    /// them where a reviewer could move on from it to this one. Members that only an identity provider knows are not.
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
    /// The role has no such scope.
    #[error("{role} has no scope {scope}")]
    UnknownScope {
        /// Of what.
        role: Name,
        /// Which.
        scope: Name,
    },
    /// The person is not among the role's requesters.
    #[error("{who} may not ask for {role}")]
    NotARequester {
        /// Who.
        who: Name,
        /// For what.
        role: Name,
    },
    /// A condition says no.
    #[error("{role} is refused by {rule}{}", because(why))]
    Condition {
        /// For what.
        role: Name,
        /// `[when] request of prod-admin`, or the place of a rule: `rules/freeze.cedar:3:1`.
        rule: String,
        /// The rule's own `@reason("…")`.
        why: Option<String>,
    },
    /// A condition could not be judged, and so denies.
    #[error("{role} is refused, as {rule} could not be judged: {error}")]
    Failed {
        /// For what.
        role: Name,
        /// Which condition.
        rule: String,
        /// What went wrong.
        error: String,
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
    /// The request is signed too weakly for a way that needs no review.
    #[error("{role} needs no review, so the request itself must be signed with {}", demanded.as_str())]
    Assurance {
        /// For what.
        role: Name,
        /// What is demanded.
        demanded: Assurance,
    },
    /// The role gives no more time.
    #[error("{role} cannot be extended")]
    NoExtension {
        /// For what.
        role: Name,
    },
    /// It was extended as often as the role allows.
    #[error("{role} was extended {times} times already, and no more are allowed")]
    ExtendedEnough {
        /// For what.
        role: Name,
        /// How often at most.
        times: u32,
    },
    /// The role has no emergency way.
    #[error("{role} has no emergency way")]
    NotBreakGlass {
        /// For what.
        role: Name,
    },
    /// The role has no emergency way for this person.
    #[error("{who} has no emergency way into {role}")]
    NoBreakGlass {
        /// Who.
        who: Name,
        /// For what.
        role: Name,
    },
    /// The role's credentials are bound to an address, and none is known.
    #[error("{role} binds credentials to the requester's address, which is not known here")]
    NoAddress {
        /// For what.
        role: Name,
    },
    /// Reviews narrow the request to pieces that have nothing in common.
    #[error("{role} was approved for the scope {one} and for the scope {other}, which leaves nothing")]
    ScopesApart {
        /// For what.
        role: Name,
        /// One review's scope.
        one: Name,
        /// Another's.
        other: Name,
    },
}

fn because(why: &Option<String>) -> String {
    why.as_ref().map_or_else(String::new, |why| format!(": {why}"))
}

impl Refusal {
    /// What to type next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownPerson(_) => Some("ask for a line of yours in people.toml".to_owned()),
            Self::UnknownRole(_)
            | Self::NotARequester { .. }
            | Self::NotBreakGlass { .. }
            | Self::NoBreakGlass { .. } => Some("`jit roles` lists what you may ask for".to_owned()),
            Self::UnknownScope { role, .. } => Some(format!("`jit roles {role}` lists its scopes")),
            Self::TooLong { role, allowed, .. } => Some(format!("`jit request {role} --for {allowed}`")),
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

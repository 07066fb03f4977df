//! Every reason for a refusal, shared by all authorities: a code for programs, a text and a hint for people.

mod code;
mod hint;

use jiff::Timestamp;

use super::ceilings::CeilingError;
use super::clocks::MAX_PENDING;
use crate::grant::Assurance;
use crate::grant::ExtensionError;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::span::whole_seconds;
use crate::identity::IdentityError;
use crate::secret::seal::SealError;

/// The kind of a refusal. A broker answers with the problem of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The policy refuses.
    Policy,
    /// The statement is damaged, stale, or for another authority.
    Statement,
    /// Another request prevents it.
    Conflict,
    /// The request's state does not allow it.
    State,
    /// The policy does not permit it to this person.
    Forbidden,
    /// The identity provider must prove the person and their groups again.
    Groups,
    /// Too many requests are pending.
    TooMany,
    /// The authority cannot do this now.
    Unready,
}

impl Code {
    /// The code for programs.
    pub fn as_str(self) -> &'static str {
        self.parts().0
    }

    /// The HTTP status of a broker's answer.
    pub fn status(self) -> u16 {
        self.parts().1
    }

    fn parts(self) -> (&'static str, u16) {
        match self {
            Self::Policy => ("policy", 403),
            Self::Statement => ("statement", 422),
            Self::Conflict => ("conflict", 409),
            Self::State => ("state", 409),
            Self::Forbidden => ("forbidden", 403),
            Self::Groups => ("groups", 403),
            Self::TooMany => ("too_many", 429),
            Self::Unready => ("unready", 503),
        }
    }
}

/// Why a rule refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    // All statements.
    /// The statement does not parse, or its signature does not verify.
    #[error(transparent)]
    Unproved(#[from] IdentityError),
    /// The signing key does not belong to the statement's author.
    #[error("the policy does not know {key} as a key of {who}")]
    ForeignKey {
        /// The key's fingerprint.
        key: String,
        /// The author that the statement names.
        who: Name,
    },
    /// The last proof of a person by the identity provider is too old.
    #[error("the identity provider last proved {who} and their groups at {}, and more rests on them now", whole_seconds(*at))]
    ProofOld {
        /// The person.
        who: Name,
        /// When it did.
        at: Timestamp,
    },
    /// The newest token of a person leaves their groups open.
    #[error("the identity provider did not say which groups {0} is in, so nothing rests on them")]
    GroupsUnknown(Name),
    /// The caller sent another person's statement.
    #[error("the statement is {who}'s, and {caller} brings it")]
    SomebodyElses {
        /// The author that the statement names.
        who: Name,
        /// The caller.
        caller: Name,
    },
    /// The request names a policy revision that was never in force, or not where the request was made.
    #[error("the request names a revision of the policy that was not in force here when it was made")]
    Revision,
    /// Its prose breaks the rules for new text.
    #[error("{0}")]
    Prose(String),
    /// The statement was not made recently.
    #[error(
        "it was made at {}, and came in at {}: more than 5 minutes apart",
        whole_seconds(*at),
        whole_seconds(*now)
    )]
    Stale {
        /// The time in the statement.
        at: Timestamp,
        /// The authority's time.
        now: Timestamp,
    },
    /// The reason of the policy, a condition or a fact, in its own words.
    #[error("{0}")]
    Refused(String),

    // Asking.
    /// There is no such role, or not for this person. The two cases must look the same.
    #[error("there is no role {0} that you may ask for")]
    NoRole(Name),
    /// The request uses another name of the role.
    #[error("{asked} is another name for {name}; a request carries the role's own name")]
    Alias {
        /// The name in the request.
        asked: Name,
        /// The role's own name.
        name: Name,
    },
    /// The role opens something else.
    #[error("{0} opens something else than the request says")]
    Target(Name),
    /// The role has no such scope.
    #[error("{role} has no scope {scope}, or it allows something else than the request says")]
    Scope {
        /// The role.
        role: Name,
        /// The scope.
        scope: Name,
    },
    /// The request's one-use key is invalid.
    #[error("{0}: nothing can be sealed to it")]
    Recipient(#[from] SealError),
    /// The start is in the past, or too far ahead.
    #[error("the start must lie between now and 31 days from now")]
    Start,
    /// The request's `not_after` is later than its role's clocks allow.
    #[error("`not_after` is later than the role's clocks allow ({0} at the latest)")]
    NotAfter(Timestamp),
    /// The request's `not_after` has passed.
    #[error("the request has lapsed already")]
    Lapsed,
    /// The same person has an open request for the same role and scope, or a pending extension of the same grant.
    #[error("request {id} for {role} is open already")]
    Open {
        /// The open request.
        id: RequestId,
        /// The role.
        role: Name,
    },
    /// Another request has the same id.
    #[error("another request has the id {0}")]
    Collision(RequestId),
    /// A request for the same role and scope was denied recently, and nobody reviewed this one.
    #[error(
        "a request for the same role and scope was denied within the last 24 hours, so this one needs a review"
    )]
    DeniedBefore,
    /// The policy does not load, and nobody reviewed this one.
    #[error("the policy does not load now, so nothing is approved without a review")]
    NoAutomatic,
    /// The person already has the most pending requests.
    #[error("{} requests wait for reviews already", MAX_PENDING)]
    TooManyPending,
    /// The agents of one person already have the most pending requests.
    #[error("as many requests of this person's agents wait for reviews as may")]
    TooManyOfAgents,
    /// The person, or their agents together, asked reviewers as often within an hour as may be.
    #[error("{} made {most} requests for review within the last hour, and that is the most", asker(*by_agents))]
    AskedOften {
        /// The most within an hour.
        most: usize,
        /// Whether agents asked.
        by_agents: bool,
        /// The seconds until there is room for one.
        seconds: u64,
    },
    /// The same request was accepted before.
    #[error("this request was taken before")]
    TakenBefore(RequestId),

    // Break-glass.
    /// There is no such role, or no break-glass for this person. The two cases must look the same.
    #[error("you may not take emergency access to {0}")]
    NoEmergency(Name),
    /// The break-glass names a start.
    #[error("an emergency starts now, not later")]
    EmergencyStart,
    /// The person's last break-glass waits for its review.
    #[error("your emergency access to {role} (request {id}) has not been reviewed yet")]
    Unreviewed {
        /// The last break-glass.
        id: RequestId,
        /// Its role.
        role: Name,
        /// Its possible reviewers.
        by: Vec<Name>,
    },
    /// The person has this access already.
    #[error("you hold {role} already, by request {id}")]
    Held {
        /// The request behind it.
        id: RequestId,
        /// The role.
        role: Name,
    },
    /// A reviewer denied an equal break-glass recently.
    #[error(
        "{by} reviewed your last emergency access to {role} and found it wrong, within the last 24 hours"
    )]
    FoundWrong {
        /// The role.
        role: Name,
        /// The reviewer.
        by: Name,
    },

    // Extensions.
    /// It does not fit the grant that it extends.
    #[error(transparent)]
    Extension(#[from] ExtensionError),
    /// A reviewer limited the grant, and the extension has no review.
    #[error("{0}, but this role's rule for more time asks nobody")]
    Limited(String),

    // Reviews.
    /// The review is for another request.
    #[error("the review is of another request")]
    OtherReview,
    /// The reviewer is the requester.
    #[error("nobody reviews their own request")]
    OwnRequest,
    /// The reviewer is the owner of the agent that asks, and the role does not let them.
    #[error("{0} is your agent, and this role does not let an agent's owner approve its requests")]
    OwnAgents(Name),
    /// The reviewer is not eligible.
    #[error("{0} is not among those who may review this request")]
    NotReviewer(Name),
    /// The policies changed so that only a new request can be approved.
    #[error("{why}; {who} must ask again")]
    AskAgain {
        /// Why the request cannot be approved as it is.
        why: String,
        /// The requester.
        who: Name,
    },
    /// The reviewer denied it already.
    #[error("{0} denied this request; a denial is final")]
    Final(Name),
    /// The reviewer has given a newer review.
    #[error("{0} has said something newer since")]
    Older(Name),
    /// The review is not signed strongly enough.
    #[error("this role wants reviews signed with {}", .0.as_str())]
    TooWeak(Assurance),
    /// The request accepts no more reviews.
    #[error("the request is {}", .0.as_str())]
    NotReviewable(State),
    /// A review of an extension narrows it.
    #[error("more time is approved for what the grant is for, or not at all")]
    OtherScope,
    /// The grant that it extends has ended.
    #[error("the access that it extends is over")]
    Over,
    /// The extension no longer fits the grant at the time of its review.
    #[error("{0}")]
    ExtensionMoved(ExtensionError),
    /// The review's ceiling does not fit the request.
    #[error(transparent)]
    Ceiling(#[from] CeilingError),
    /// The break-glass was reviewed before.
    #[error("{0} has reviewed this emergency already; one review is all it has")]
    Reviewed(Name),
    /// The review of a break-glass has a ceiling.
    #[error("an emergency is reviewed as it was: neither shorter nor narrower")]
    Whole,

    // Mints.
    /// The request's state does not permit a mint.
    #[error("the request is {}", .0.as_str())]
    NotMintable(State),
    /// An extension request has no credentials.
    #[error("more time has no credentials of its own: they belong to the request that it extends")]
    NoCredentials,
    /// The start is in the future.
    #[error("the access starts at {0}")]
    NotYet(Timestamp),
    /// Too little of the grant is left.
    #[error("the access ends in a few seconds")]
    TooShort,
    /// The approved request no longer passes, for this reason.
    #[error("{0}")]
    Changed(String),
    /// The grant depends on extensions that no longer pass.
    #[error("{why}; without it the access ended at {until}")]
    Lost {
        /// The extensions, and why each no longer passes.
        why: String,
        /// When it ended without them.
        until: Timestamp,
    },

    // Ends and revocations.
    /// The revocation is for another request.
    #[error("the statement is about another request")]
    OtherRevocation,
    /// The revoker may not approve the request, and so may not revoke it.
    #[error("only those who may approve this request may revoke it")]
    NotRevoker,
    /// The request has ended already.
    #[error("the request is {} already", .0.as_str())]
    Closed(State),
    /// The person who wants to end the request is not its requester.
    #[error("only its requester ends a request")]
    NotRequester(RequestId),
}

fn asker(by_agents: bool) -> &'static str {
    if by_agents { "the agents of this person" } else { "you" }
}

impl Refusal {
    /// The same, also naming the unavailable facts, because they may be the cause.
    #[must_use]
    pub fn explained(self, explain: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Refused(why) => Self::Refused(explain(why)),
            Self::Changed(why) => Self::Changed(explain(why)),
            other => other,
        }
    }
}

impl From<crate::policy::Refusal> for Refusal {
    fn from(refusal: crate::policy::Refusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

//! Every reason why a rule says no, once for all authorities: a code for programs, a text and a hint for people.

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

/// What kind of no it is. A broker answers with the problem of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The policy refuses.
    Policy,
    /// The statement is damaged, stale, or meant for somebody else.
    Statement,
    /// Another request stands in the way.
    Conflict,
    /// The request's state does not allow it.
    State,
    /// The policy does not let this person do it.
    Forbidden,
    /// Too many requests wait.
    TooMany,
    /// The authority cannot answer for this now.
    Unready,
}

impl Code {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        self.parts().0
    }

    /// The HTTP status with which a broker answers.
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
            Self::TooMany => ("too_many", 429),
            Self::Unready => ("unready", 503),
        }
    }
}

/// Why a rule refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    // Every statement.
    /// The statement cannot be read, or its signature does not hold.
    #[error(transparent)]
    Unproved(#[from] IdentityError),
    /// The key that signed is not its author's.
    #[error("the policy does not know {key} as a key of {who}")]
    ForeignKey {
        /// The fingerprint of the key.
        key: String,
        /// Whom the statement names.
        who: Name,
    },
    /// Somebody brings the statement of somebody else.
    #[error("the statement is {who}'s, and the session is {caller}'s")]
    SomebodyElses {
        /// Whom the statement names.
        who: Name,
        /// Who brings it.
        caller: Name,
    },
    /// Its prose is not written as new prose must be.
    #[error("{0}")]
    Prose(String),
    /// It was not made just now.
    #[error(
        "it was made at {}, and came in at {}: more than 5 minutes apart",
        whole_seconds(*at),
        whole_seconds(*now)
    )]
    Stale {
        /// When it says that it was made.
        at: Timestamp,
        /// The authority's time.
        now: Timestamp,
    },
    /// What the policy, a condition or a fact says, in its own words.
    #[error("{0}")]
    Refused(String),

    // Asking.
    /// There is no such role, or not for this person: the two must look the same.
    #[error("there is no role {0} that you may ask for")]
    NoRole(Name),
    /// The request names the role by another name.
    #[error("{asked} is another name for {name}; a request carries the role's own name")]
    Alias {
        /// As the request has it.
        asked: Name,
        /// The role's own.
        name: Name,
    },
    /// The role opens something else.
    #[error("{0} opens something else than the request says")]
    Target(Name),
    /// The role has no such scope.
    #[error("{role} has no scope {scope}, or it allows something else than the request says")]
    Scope {
        /// Of what.
        role: Name,
        /// Which.
        scope: Name,
    },
    /// The request's one-use key is none.
    #[error("{0}: nothing can be sealed to it")]
    Recipient(#[from] SealError),
    /// The start lies in the past, or too far ahead.
    #[error("the start must lie between now and 31 days from now")]
    Start,
    /// The request outlives the clocks of its role.
    #[error("`not_after` is later than the role's clocks allow ({0} at the latest)")]
    NotAfter(Timestamp),
    /// The request's `not_after` has passed.
    #[error("the request has lapsed already")]
    Lapsed,
    /// The same person has an open request for the same role and scope, or one for more time of the same grant.
    #[error("request {id} for {role} is open already")]
    Open {
        /// The open one.
        id: RequestId,
        /// For which role.
        role: Name,
    },
    /// Another request has the same id.
    #[error("another request has the id {0}")]
    Collision(RequestId),
    /// An equal request was denied lately, and nobody reviewed this one.
    #[error("an equal request was denied within the last 24 hours, so this one is not approved by itself")]
    DeniedBefore,
    /// The policy does not load, and nobody reviewed this one.
    #[error("the policy does not load now, so nothing is approved without a person")]
    NoAutomatic,
    /// As many of the person's requests wait as may.
    #[error("{} requests wait for reviews already", MAX_PENDING)]
    TooManyPending,
    /// The very same request was taken before.
    #[error("this request was taken before")]
    TakenBefore(RequestId),

    // Emergencies.
    /// There is no such role, or no emergency way into it for this person: the two must look the same.
    #[error("there is no emergency way into {0} for you")]
    NoEmergency(Name),
    /// The emergency names a start.
    #[error("an emergency starts now, not later")]
    EmergencyStart,
    /// The person's last emergency waits for its review.
    #[error("your emergency access to {role} (request {id}) has not been reviewed yet")]
    Unreviewed {
        /// The last emergency.
        id: RequestId,
        /// Its role.
        role: Name,
        /// Who could review it.
        by: Vec<Name>,
    },
    /// The person has this very access.
    #[error("you hold {role} already, by request {id}")]
    Held {
        /// By which request.
        id: RequestId,
        /// Of which role.
        role: Name,
    },
    /// A reviewer found an equal emergency wrong lately.
    #[error(
        "{by} reviewed your last emergency access to {role} and found it wrong, within the last 24 hours"
    )]
    FoundWrong {
        /// Of which role.
        role: Name,
        /// Who reviewed it.
        by: Name,
    },

    // More time.
    /// It does not fit the grant that it extends.
    #[error(transparent)]
    Extension(#[from] ExtensionError),
    /// A reviewer limited the grant, and nobody reviews this.
    #[error("{0}, but this role's rule for more time asks nobody")]
    Limited(String),

    // Reviewing.
    /// The review is of another request.
    #[error("the review is of another request")]
    OtherReview,
    /// The requester reviews.
    #[error("nobody reviews their own request")]
    OwnRequest,
    /// The reviewer is not eligible.
    #[error("{0} is not among those who may review this request")]
    NotReviewer(Name),
    /// The policies changed in a way that only a new request mends.
    #[error("{why}; {who} must ask again")]
    AskAgain {
        /// What changed.
        why: String,
        /// The requester.
        who: Name,
    },
    /// The reviewer denied it before.
    #[error("{0} denied this request; a denial is final")]
    Final(Name),
    /// The reviewer said something newer.
    #[error("{0} has said something newer since")]
    Older(Name),
    /// The review is not signed strongly enough.
    #[error("this role wants reviews signed with {}", .0.as_str())]
    TooWeak(Assurance),
    /// The request takes no reviews any more.
    #[error("the request is {}", .0.as_str())]
    NotReviewable(State),
    /// A review of more time narrows it.
    #[error("more time is approved for what the grant is for, or not at all")]
    OtherScope,
    /// The grant that it extends is over.
    #[error("the access that it extends is over")]
    Over,
    /// More time does not fit the grant by the time of its review.
    #[error("{0}")]
    ExtensionMoved(ExtensionError),
    /// The review's ceiling does not fit the request.
    #[error(transparent)]
    Ceiling(#[from] CeilingError),
    /// The emergency was reviewed before.
    #[error("{0} has reviewed this emergency already; one review is all it has")]
    Reviewed(Name),
    /// The review of an emergency has a ceiling.
    #[error("an emergency is reviewed as it was: neither shorter nor narrower")]
    Whole,

    // Minting.
    /// The request's state lets nothing be minted.
    #[error("the request is {}", .0.as_str())]
    NotMintable(State),
    /// Credentials are asked for a request for more time.
    #[error("more time has no credentials of its own: they belong to the request that it extends")]
    NoCredentials,
    /// The start lies ahead.
    #[error("the access starts at {0}")]
    NotYet(Timestamp),
    /// Too little of the grant is left.
    #[error("the access ends in a few seconds")]
    TooShort,
    /// What was approved no longer passes, in the words of what says so.
    #[error("{0}")]
    Changed(String),
    /// The grant lives by extensions that no longer pass.
    #[error("{why}; without it the access ended at {until}")]
    Lost {
        /// Which, and why.
        why: String,
        /// When it ended without them.
        until: Timestamp,
    },

    // Stopping.
    /// The revocation is of another request.
    #[error("the statement is about another request")]
    OtherRevocation,
    /// The revoker may not approve the request either.
    #[error("only those who may approve this request may revoke it")]
    NotRevoker,
    /// There is nothing left to take away.
    #[error("the request is {} already", .0.as_str())]
    Closed(State),
    /// Somebody else ends the request.
    #[error("only its requester ends a request")]
    NotRequester(RequestId),
}

impl Refusal {
    /// What kind of no it is.
    pub fn code(&self) -> Code {
        match self {
            Self::Unproved(_)
            | Self::ForeignKey { .. }
            | Self::Prose(_)
            | Self::Stale { .. }
            | Self::Alias { .. }
            | Self::Target(_)
            | Self::Scope { .. }
            | Self::Recipient(_)
            | Self::Start
            | Self::NotAfter(_)
            | Self::EmergencyStart
            | Self::OtherReview
            | Self::Older(_)
            | Self::OtherScope
            | Self::Ceiling(_)
            | Self::Whole
            | Self::OtherRevocation => Code::Statement,
            Self::Extension(ExtensionError::Unknown | ExtensionError::NotActive(_)) => Code::State,
            Self::Extension(_) => Code::Statement,
            Self::Refused(_)
            | Self::NoRole(_)
            | Self::Lapsed
            | Self::DeniedBefore
            | Self::NoEmergency(_)
            | Self::FoundWrong { .. }
            | Self::Limited(_)
            | Self::TooWeak(_)
            | Self::Changed(_)
            | Self::Lost { .. } => Code::Policy,
            Self::Open { .. }
            | Self::Collision(_)
            | Self::TakenBefore(_)
            | Self::Unreviewed { .. }
            | Self::Held { .. } => Code::Conflict,
            Self::SomebodyElses { .. }
            | Self::OwnRequest
            | Self::NotReviewer(_)
            | Self::AskAgain { .. }
            | Self::NotRevoker
            | Self::NotRequester(_) => Code::Forbidden,
            Self::Final(_)
            | Self::NotReviewable(_)
            | Self::Over
            | Self::ExtensionMoved(_)
            | Self::Reviewed(_)
            | Self::NotMintable(_)
            | Self::NoCredentials
            | Self::NotYet(_)
            | Self::TooShort
            | Self::Closed(_) => Code::State,
            Self::TooManyPending => Code::TooMany,
            Self::NoAutomatic => Code::Unready,
        }
    }

    /// After how many seconds to try again; `None` if waiting does not help.
    pub fn retry_after(&self) -> Option<u64> {
        matches!(self, Self::NoAutomatic).then_some(30)
    }

    /// The same, also saying which facts were not to be had: they may be why.
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

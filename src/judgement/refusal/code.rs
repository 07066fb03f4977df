//! The kind of each refusal, and whether waiting helps.

use super::Code;
use super::Refusal;
use crate::grant::ExtensionError;

impl Refusal {
    /// The kind of the refusal.
    pub fn code(&self) -> Code {
        match self {
            Self::Unproved(_)
            | Self::ForeignKey { .. }
            | Self::Prose(_)
            | Self::Revision
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
            | Self::OwnAgents(_)
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
            Self::ProofOld { .. } | Self::GroupsUnknown(_) => Code::Groups,
            Self::TooManyPending | Self::TooManyOfAgents | Self::AskedOften { .. } => Code::TooMany,
            Self::NoAutomatic => Code::Unready,
        }
    }

    /// After how many seconds to retry. `None` if waiting does not help.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::NoAutomatic => Some(30),
            Self::AskedOften { seconds, .. } => Some(*seconds),
            _ => None,
        }
    }
}

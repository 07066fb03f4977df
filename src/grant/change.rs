//! What can happen to a request. Each change is the body of one event; a request is nothing but its changes, replayed.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::Name;
use super::Signed;
use super::Verdict;
use super::span::Span;
use super::statement::RequestedScope;

/// Why a request ran out of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lapse {
    /// Nobody decided within the pending time.
    NobodyDecided,
    /// It was approved and never used.
    NeverUsed,
}

/// One thing that happens to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// Somebody asked. Always the first change, and never a later one.
    Requested {
        /// The request's canonical bytes and signature.
        signed: Signed,
        /// When nobody will have decided.
        pending_until: Timestamp,
        /// The address it came from, for the record.
        source: Option<String>,
    },
    /// Somebody reviewed.
    Reviewed {
        /// Who.
        by: Name,
        /// Yes or no.
        verdict: Verdict,
        /// The review's canonical bytes and signature.
        signed: Signed,
    },
    /// The rule is satisfied.
    Approved {
        /// How long the grant will last: the narrowest of the request and the reviews that count.
        duration: Span,
        /// When an approval that was never used lapses.
        unused_until: Timestamp,
        /// The people whose reviews satisfied the rule; none where no review was needed.
        by: Vec<Name>,
        /// The scope that it was approved for: the request's own, or the one to which a review narrowed it. `None` for the
        /// whole role, and in events of versions that did not record it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<RequestedScope>,
    },
    /// The requester took the role's emergency way: nobody was asked, everybody is told.
    GlassBroken {
        /// How long the grant will last.
        duration: Span,
        /// When it lapses if it is never used.
        unused_until: Timestamp,
    },
    /// Somebody who could review the role's ordinary requests looked at an emergency afterwards, and said what they think.
    /// The only change that a request can see after its end; it moves no state.
    Acknowledged {
        /// Who.
        by: Name,
        /// The review's canonical bytes and signature.
        signed: Signed,
    },
    /// Nobody had decided for a while, and people were told again.
    Reminded,
    /// An eligible person said no.
    Denied {
        /// Who.
        by: Name,
    },
    /// The grant began.
    Activated {
        /// When it ends.
        until: Timestamp,
    },
    /// More time was approved for the grant: it ends later.
    Extended {
        /// The canonical bytes and the signature of the request that asked for it; its digest is that request's.
        signed: Signed,
        /// When the grant ends now.
        until: Timestamp,
    },
    /// Credentials were minted.
    Minted {
        /// Their number; each is used once.
        lease: u32,
        /// When they stop to work.
        expires: Timestamp,
    },
    /// The requester took the request back before it was active.
    Cancelled {
        /// Who.
        by: Name,
    },
    /// The requester is done, or the time is up.
    Ended {
        /// Who, unless it was the clock.
        by: Option<Name>,
    },
    /// Somebody who may approve took the access away, or the policy no longer allows it.
    Revoked {
        /// Who, unless it was the policy.
        by: Option<Name>,
        /// Why.
        reason: String,
        /// The signed statement, when a person did it.
        signed: Option<Signed>,
    },
    /// A clock ran out.
    Expired {
        /// Which one.
        lapse: Lapse,
    },
}

impl Change {
    /// Whether it takes something away, and can give nothing.
    pub fn only_stops(&self) -> bool {
        match self {
            Self::Reviewed { verdict, .. } => *verdict == Verdict::Deny,
            Self::Denied { .. }
            | Self::Cancelled { .. }
            | Self::Ended { .. }
            | Self::Revoked { .. }
            | Self::Acknowledged { .. }
            | Self::Reminded
            | Self::Expired { .. } => true,
            Self::Requested { .. }
            | Self::Approved { .. }
            | Self::GlassBroken { .. }
            | Self::Activated { .. }
            | Self::Extended { .. }
            | Self::Minted { .. } => false,
        }
    }

    /// The word for this change in the audit log.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Requested { .. } => "requested",
            Self::Reviewed { .. } => "reviewed",
            Self::Approved { .. } => "approved",
            Self::GlassBroken { .. } => "glass_broken",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Reminded => "reminded",
            Self::Denied { .. } => "denied",
            Self::Activated { .. } => "activated",
            Self::Extended { .. } => "extended",
            Self::Minted { .. } => "minted",
            Self::Cancelled { .. } => "cancelled",
            Self::Ended { .. } => "ended",
            Self::Revoked { .. } => "revoked",
            Self::Expired { .. } => "expired",
        }
    }
}

//! The changes that a request goes through. Each change is the body of one event. Replaying its changes yields the
//! request.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::Name;
use super::Signed;
use super::Verdict;
use super::span::Span;
use super::statement::RequestedScope;

/// Why a request expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lapse {
    /// No review decided it within the pending time.
    NobodyDecided,
    /// It was approved and never used.
    NeverUsed,
}

/// A denial by a person who is signed in on the approval page. The broker attests it, because a denial is the safe side;
/// no signature proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnPage {
    /// The reviewer's comment.
    pub comment: String,
}

/// One change to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// The requester asked. Always the first change, and only the first.
    Requested {
        /// The request's canonical bytes and signature.
        signed: Signed,
        /// When the request expires undecided.
        pending_until: Timestamp,
        /// The address that the request came from, for the record.
        source: Option<String>,
    },
    /// A person reviewed.
    Reviewed {
        /// The reviewer.
        by: Name,
        /// Approve or deny.
        verdict: Verdict,
        /// The review's canonical bytes and signature.
        signed: Signed,
    },
    /// The rule is satisfied.
    Approved {
        /// How long the grant lasts: the shortest of the request and the reviews that count.
        duration: Span,
        /// When an unused approval expires.
        unused_until: Timestamp,
        /// The people whose reviews satisfied the rule. Empty if no review was needed.
        by: Vec<Name>,
        /// The approved scope: the request's own, or the one to which a review narrowed it. `None` for the whole role,
        /// and in events of versions that did not record it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<RequestedScope>,
    },
    /// The requester used the role's break-glass: nobody reviews it beforehand, and everybody is notified.
    GlassBroken {
        /// How long the grant lasts.
        duration: Span,
        /// When it expires unused.
        unused_until: Timestamp,
    },
    /// A person who could review the role's ordinary requests reviewed a break-glass request afterwards. No other
    /// change is possible after a request's end. It does not change the state.
    Acknowledged {
        /// The reviewer.
        by: Name,
        /// The review's canonical bytes and signature.
        signed: Signed,
    },
    /// The request was still undecided after a while, and people were notified again.
    Reminded,
    /// An eligible reviewer denied it.
    Denied {
        /// The reviewer.
        by: Name,
        /// Set if the denial was given on the broker's approval page without a signature. Absent in events of versions
        /// that had no page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_page: Option<OnPage>,
    },
    /// The grant began.
    Activated {
        /// When the grant ends.
        until: Timestamp,
    },
    /// More time was approved, so the grant ends later.
    Extended {
        /// The canonical bytes and the signature of the extension request. Their digest is that request's digest.
        signed: Signed,
        /// The grant's new end.
        until: Timestamp,
    },
    /// Credentials were minted.
    Minted {
        /// The lease number. Each number is used once.
        lease: u32,
        /// When they expire.
        expires: Timestamp,
        /// A handle by which their place takes them back. It opens nothing. Absent where there is none, and in events of versions that
        /// kept none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handle: Option<String>,
        /// When the last of them ends at its place, where that is later than `expires`: Entra draws the life of each token. Absent where
        /// all end by `expires`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_end: Option<Timestamp>,
    },
    /// The requester took the request back before its activation.
    Cancelled {
        /// The requester.
        by: Name,
    },
    /// The requester ended the grant, or its time is up.
    Ended {
        /// The person who ended it. `None` if the time is up.
        by: Option<Name>,
    },
    /// A person who may approve revoked the access, or the policy no longer allows it.
    Revoked {
        /// The person who revoked it. `None` if the policy did.
        by: Option<Name>,
        /// The reason given.
        reason: String,
        /// The signed statement. `None` if the policy revoked it.
        signed: Option<Signed>,
    },
    /// The request expired.
    Expired {
        /// The clock that ran out.
        lapse: Lapse,
    },
}

impl Change {
    /// Whether the change can only take access away, never give any.
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

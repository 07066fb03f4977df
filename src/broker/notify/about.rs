//! The kinds of notices, and what the proved request must be for each.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::due;
use crate::grant::Request;
use crate::grant::State;
use crate::policy::Policy;

/// The kind of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A new request.
    Request,
    /// A request is still pending.
    Reminder,
    /// A request is still pending, and further people are told.
    Escalation,
    /// A request was decided.
    Decision,
    /// A person used break-glass.
    BreakGlass,
    /// To the owner of an agent: it asks for a role, or was given it without a review.
    Asked,
    /// To the requester: the request was decided, or expired undecided.
    Decided,
    /// To the requester: the access ends soon.
    Expiring,
    /// To the requester: the access or the request ended, and not by the requester.
    Ended,
}

impl About {
    /// The word in the store and the notice.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Reminder => "reminder",
            Self::Escalation => "escalation",
            Self::Decision => "decision",
            Self::BreakGlass => "break_glass",
            Self::Asked => "asked",
            Self::Decided => "decided",
            Self::Expiring => "expiring",
            Self::Ended => "ended",
        }
    }

    /// Whether it is sent at once even in a flood.
    pub fn is_urgent(self) -> bool {
        self == Self::BreakGlass
    }

    /// Whether it goes to the requester's own addresses.
    pub fn is_for_requester(self) -> bool {
        matches!(self, Self::BreakGlass | Self::Decided | Self::Expiring | Self::Ended)
    }

    /// Parses the word, if it fits the request: a database row must not be able to present an ordinary request as
    /// break-glass, nor announce an end that is not near.
    ///
    /// # Errors
    /// Why the notice is not sent.
    pub(super) fn of(
        word: &str,
        request: &Request,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Self, &'static str> {
        let every = [
            Self::Request,
            Self::Reminder,
            Self::Escalation,
            Self::Decision,
            Self::BreakGlass,
            Self::Asked,
            Self::Decided,
            Self::Expiring,
            Self::Ended,
        ];
        let about = every.into_iter().find(|about| about.word() == word);
        let about = about.ok_or("the request has no such event")?;
        let state = request.state_at(now);
        let role = policy.role(&request.statement.role);
        let (fits, late) = match about {
            Self::BreakGlass => (request.is_emergency(), false),
            Self::Request | Self::Asked => (!request.is_emergency(), false),
            Self::Reminder => (request.reminded.is_some(), false),
            Self::Decision => (true, false),
            Self::Decided => {
                let undecided = state == State::Expired && request.approved_duration.is_none();
                let decided = request.approved_duration.is_some() || request.acknowledged.is_some();
                (decided || undecided || state == State::Denied, false)
            }
            Self::Ended => (state.is_terminal(), false),
            Self::Escalation => {
                let after = role.and_then(|role| policy.escalate_after(role));
                let due = after.is_some_and(|after| after.after(request.taken) <= now);
                (due, state != State::Pending)
            }
            Self::Expiring => {
                let left = request.active_until.map(|until| until.duration_since(now));
                (
                    left.is_some_and(|left| left <= due::NEAR),
                    left <= Some(SignedDuration::ZERO) || state.is_terminal(),
                )
            }
        };
        match (fits, late) {
            (false, _) => Err("the request has no such event"),
            (true, true) => Err("it was over before the notice could be sent"),
            (true, false) => Ok(about),
        }
    }
}

//! More time for a grant: when an extension is valid, and what it changes.
//!
//! An extension is a request of its own, and no credentials are ever minted under it. Its activation moves the end of
//! the first request's grant, once, by a change of that request.

use jiff::Timestamp;

use super::Change;
use super::Digest;
use super::Request;
use super::Signed;
use super::State;
use super::Statement;
use super::request::StateError;
use super::statement::RequestStatement;
use super::statement::Way;

/// Time that was added to a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// The digest of the request that asked for it.
    pub digest: Digest,
    /// The statement of that request.
    pub statement: RequestStatement,
    /// The same statement as signed.
    pub signed: Signed,
    /// The grant's end without this extension.
    pub from: Timestamp,
    /// The grant's end with this extension.
    pub until: Timestamp,
}

/// Why a request for more time does not fit a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExtensionError {
    /// It names an unknown request, or another person's. Both give the same error, so that they cannot be told apart.
    #[error("it names no grant of yours")]
    Unknown,
    /// The named request is an extension or used break-glass.
    #[error("only an ordinary request is extended: name the first one, not an extension or an emergency")]
    NotFirst,
    /// It asks for another role, target or scope than the first request.
    #[error("it asks for another role, target or scope than the request that it extends")]
    Other,
    /// The grant has not begun, or is over.
    #[error("the request that it extends is {}, and only an active grant is extended", .0.as_str())]
    NotActive(State),
    /// It names a start time.
    #[error("more time begins where the grant ends; it has no start of its own")]
    Start,
    /// Its `not_after` is not after the grant's end, or more than its duration after it.
    #[error(
        "its `not_after` must lie after the grant's end, by no more than its duration ({0} at the latest)"
    )]
    NotAfter(Timestamp),
}

impl Request {
    /// The digest of the request whose grant this one extends. `None` if it is no extension.
    pub fn extends(&self) -> Option<Digest> {
        self.statement.extends()
    }

    /// Checks that an extension fits this request now. Returns the grant's end without it.
    ///
    /// # Errors
    /// It is not about this request, it asks for something else, or the grant is not active.
    pub fn check_extension(
        &self,
        asked: &RequestStatement,
        now: Timestamp,
    ) -> Result<Timestamp, ExtensionError> {
        if asked.way != Way::Extend(self.digest) || asked.header.who != self.statement.header.who {
            return Err(ExtensionError::Unknown);
        }
        if self.statement.way != Way::Request {
            return Err(ExtensionError::NotFirst);
        }
        let own = &self.statement;
        if asked.role != own.role || asked.target != own.target || asked.scope != own.scope {
            return Err(ExtensionError::Other);
        }
        let state = self.state_at(now);
        let end = match (state, self.active_until) {
            (State::Active, Some(end)) => end,
            _ => return Err(ExtensionError::NotActive(state)),
        };
        if asked.start.is_some() {
            return Err(ExtensionError::Start);
        }
        let latest = asked.duration.after(end);
        if asked.not_after <= end || asked.not_after > latest {
            return Err(ExtensionError::NotAfter(latest));
        }
        Ok(end)
    }

    /// Moves the end of the grant. Every replay checks the bytes against this request again.
    pub(super) fn extend(
        &mut self,
        at: Timestamp,
        signed: &Signed,
        until: Timestamp,
    ) -> Result<(), StateError> {
        let Statement::Request(statement) = Statement::parse(signed.statement.as_bytes())? else {
            return Err(StateError::Statement("it is not a request".to_owned()));
        };
        let from =
            self.check_extension(&statement, at).map_err(|error| StateError::Statement(error.to_string()))?;
        let digest = Digest::of(signed.statement.as_bytes());
        if self.extensions.iter().any(|extension| extension.digest == digest) {
            return Err(StateError::Statement("it was extended by the same request before".to_owned()));
        }
        if until <= from || until > statement.not_after.min(statement.duration.after(from)) {
            return Err(StateError::TooLong);
        }
        self.active_until = Some(until);
        self.extensions.push(Extension {
            digest,
            statement: *statement,
            signed: signed.clone(),
            from,
            until,
        });
        Ok(())
    }
}

/// Checks that the extension request agrees with a change that moves a grant's end: it is approved for at least this
/// time, and active until exactly then. Every other change passes. `find` returns requests as they were before the
/// change.
///
/// # Errors
/// The extension request is missing or differs.
pub fn check_pair<'a>(
    first: &Digest,
    change: &Change,
    find: impl Fn(&Digest) -> Option<&'a Request>,
) -> Result<(), StateError> {
    let Change::Extended { signed, until } = change else { return Ok(()) };
    let extension = find(&Digest::of(signed.statement.as_bytes()));
    let end = find(first).and_then(|first| first.active_until);
    let agrees = extension.zip(end).is_some_and(|(extension, end)| {
        let approved = extension.approved_duration.map(|approved| approved.after(end));
        extension.extends() == Some(*first)
            && extension.state == State::Active
            && extension.active_until == Some(*until)
            && approved.is_some_and(|latest| *until <= latest)
    });
    if agrees {
        Ok(())
    } else {
        Err(StateError::Statement("the request for more time does not say the same".to_owned()))
    }
}

//! More time for a grant: what an extension must say to count, and what it gave.
//!
//! An extension is a request of its own. It is never activated into something that mints: all it does is move the end of the
//! first request's grant, once, by a change of that request.

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
    /// What that request says.
    pub statement: RequestStatement,
    /// The same, as it was signed.
    pub signed: Signed,
    /// When the grant would have ended without it.
    pub from: Timestamp,
    /// When the grant ended from then on.
    pub until: Timestamp,
}

/// Why a request for more time does not fit a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExtensionError {
    /// It names another request, or is somebody else's: the two must look the same.
    #[error("it names no grant of yours")]
    Unknown,
    /// What it names is no ordinary request.
    #[error("only an ordinary request is extended: name the first one, not an extension or an emergency")]
    NotFirst,
    /// It asks for something else than the first request did.
    #[error("it asks for another role, target or scope than the request that it extends")]
    Other,
    /// The grant has not begun, or is over.
    #[error("the request that it extends is {}, and only an active grant is extended", .0.as_str())]
    NotActive(State),
    /// It names a time to begin.
    #[error("more time begins where the grant ends; it has no start of its own")]
    Start,
    /// Its `not_after` does not lie between the end of the grant and that end moved by its duration.
    #[error(
        "its `not_after` must lie after the grant's end, by no more than its duration ({0} at the latest)"
    )]
    NotAfter(Timestamp),
}

impl Request {
    /// The digest of the request whose grant this one asks more time for.
    pub fn extends(&self) -> Option<Digest> {
        self.statement.extends()
    }

    /// Whether a request for more time fits this one now; answers when the grant ends without it.
    ///
    /// # Errors
    /// It is not about this request, asks for something else, or the grant is not active.
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

    /// Moves the end of the grant out. The bytes are held against this request anew at every replay.
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

/// Whether a change that moves a grant's end has the extension's own word for it: approved, for no less than this, and
/// active until exactly then. Every other change passes. `find` answers requests as they stand before the change.
///
/// # Errors
/// The extension is not there, or says something else.
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

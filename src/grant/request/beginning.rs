//! How a request begins: with the change that says that it was asked.

use jiff::Timestamp;

use super::Request;
use super::State;
use super::StateError;
use crate::grant::Change;
use crate::grant::statement::Received;

impl Request {
    /// Builds a request from its first change.
    pub fn begin(at: Timestamp, change: &Change) -> Result<Self, StateError> {
        let Change::Requested { signed, .. } = change else {
            return Err(StateError::Statement("a request begins with being asked".to_owned()));
        };
        Self::begin_read(at, change, &Received::read(signed.clone())?)
    }

    /// The same, if the statement in the change was read before.
    ///
    /// # Errors
    /// The change does not begin a request, or it is about another statement.
    pub fn begin_read(at: Timestamp, change: &Change, received: &Received) -> Result<Self, StateError> {
        let Change::Requested { signed, pending_until, source } = change else {
            return Err(StateError::Statement("a request begins with being asked".to_owned()));
        };
        if signed != received.signed() {
            return Err(StateError::Statement("it was read from other bytes".to_owned()));
        }
        let Some(statement) = received.asked() else {
            return Err(StateError::Statement("it is not a request".to_owned()));
        };
        Ok(Self {
            digest: received.digest(),
            statement: statement.clone(),
            signed: signed.clone(),
            source: source.clone(),
            state: State::Pending,
            version: 1,
            changed: at,
            taken: at,
            reminded: None,
            pending_until: *pending_until,
            unused_until: None,
            approved_duration: None,
            approved_by: Vec::new(),
            approved_scope: None,
            active_until: None,
            reviews: Vec::new(),
            acknowledged: None,
            extensions: Vec::new(),
            leases: Vec::new(),
            closing: None,
        })
    }
}

//! The log as a reader sees it: verified as far as a reader can, then described in words.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::audit::Subject;
use crate::audit::words::Whose;
use crate::audit::words::describe;
use crate::grant::Change;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::statement::RequestStatement;

/// One event of the log, whose bytes and place are verified.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// Counts from 1 without gaps.
    pub sequence: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The request that it is about. `None` if it is about none.
    pub request: Option<RequestId>,
    /// The owner of the agent whose request this is. `None` for every other event.
    #[serde(skip)]
    pub agent_of: Option<Name>,
    /// Its descriptions, each in a line that is safe to show, with times in UTC.
    pub happened: Vec<String>,
    /// The same as recorded in the log.
    #[serde(skip)]
    pub subjects: Vec<Subject>,
    /// When each of them happened. A repository records changes after they happened on its forge.
    #[serde(skip)]
    pub times: Vec<Timestamp>,
    /// Its source: an address, or a run of the workflow.
    pub source: Option<String>,
    /// The event as the chain holds it.
    pub event: serde_json::Value,
    /// Its hash, in lower-case hexadecimal. The next event names it.
    pub hash: String,
}

impl Record {
    /// The statement of the request that this event opened.
    pub fn asked(&self) -> Option<RequestStatement> {
        self.subjects.iter().find_map(Subject::asked)
    }

    /// Everybody whom the event itself names as an actor.
    pub fn actors(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.asked().into_iter().map(|asked| asked.header.who).collect();
        for subject in &self.subjects {
            match subject {
                Subject::LoggedIn { person, .. }
                | Subject::LoggedOut { person, .. }
                | Subject::PageOpened { person, .. } => {
                    names.push(person.clone());
                }
                Subject::Enrolled { person, .. } | Subject::Proved { person, .. } => {
                    names.push(person.clone());
                }
                Subject::Entered { workload, .. } => names.push(workload.clone()),
                Subject::Confirmed { by, .. }
                | Subject::KeyDropped { by, .. }
                | Subject::Left { by: Some(by), .. } => names.push(by.clone()),
                Subject::Left { person, by: None, .. } => names.push(person.clone()),
                Subject::Request { change, .. } => names.extend(actors(change)),
                Subject::Policy { .. } | Subject::PolicyRefused { .. } | Subject::GapAccepted { .. } => {}
            }
        }
        names
    }

    /// Describes the event, each fact in a line that is safe to show. `whose` is the requester of the request that it is
    /// about, if known. Times are local in `zone`, or RFC 3339 in UTC without a zone.
    pub fn lines(&self, whose: Option<Whose<'_>>, zone: Option<&TimeZone>) -> Vec<String> {
        self.subjects.iter().map(|subject| describe(subject, whose, zone)).collect()
    }

    /// Fills in the lines without a person or a zone.
    pub(super) fn described(mut self) -> Self {
        self.happened = self.lines(None, None);
        self
    }
}

fn actors(change: &Change) -> Vec<Name> {
    match change {
        Change::Approved { by, .. } => by.clone(),
        Change::Reviewed { by, .. }
        | Change::Acknowledged { by, .. }
        | Change::Denied { by, .. }
        | Change::Cancelled { by }
        | Change::Ended { by: Some(by) }
        | Change::Revoked { by: Some(by), .. } => vec![by.clone()],
        _ => Vec::new(),
    }
}

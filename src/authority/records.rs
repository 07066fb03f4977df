//! The log as its readers see it: verified as far as a reader can, then put in words.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::audit::Subject;
use crate::audit::words::read;
use crate::grant::Change;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::statement::RequestStatement;

/// One event of the log, whose bytes and place hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// Counts from 1 without gaps.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// The request that it is about, if it is about one.
    pub request: Option<RequestId>,
    /// What happened, each in a line that is safe to show, with times in UTC.
    pub happened: Vec<String>,
    /// The same as the log has it.
    #[serde(skip)]
    pub subjects: Vec<Subject>,
    /// Where it came from: an address, or a run of the workflow.
    pub source: Option<String>,
    /// The event as it is chained.
    pub event: serde_json::Value,
    /// Its hash, in lower-case hexadecimal; the next event names it.
    pub hash: String,
}

impl Record {
    /// The request that was made by this event: who asked, and for which role.
    pub fn asked(&self) -> Option<RequestStatement> {
        self.subjects.iter().find_map(|subject| match subject {
            Subject::Request { change: Change::Requested { signed, .. }, .. } => read(signed),
            _ => None,
        })
    }

    /// Everybody whom the event itself names as acting.
    pub fn actors(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.asked().into_iter().map(|asked| asked.header.who).collect();
        for subject in &self.subjects {
            match subject {
                Subject::LoggedIn { person, .. } | Subject::LoggedOut { person, .. } => {
                    names.push(person.clone());
                }
                Subject::Request { change, .. } => names.extend(actors(change)),
                Subject::Policy { .. } | Subject::PolicyRefused { .. } => {}
            }
        }
        names
    }

    /// What happened, each in a line that is safe to show. `whose` is the person whose request it is about, where that is
    /// known. Times are local in `zone`, and RFC 3339 in UTC without one.
    pub fn lines(&self, whose: Option<&Name>, zone: Option<&TimeZone>) -> Vec<String> {
        self.subjects.iter().map(|subject| subject.line(whose, zone)).collect()
    }

    /// Fills in the lines that need neither person nor zone.
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
        | Change::Denied { by }
        | Change::Cancelled { by }
        | Change::Ended { by: Some(by) }
        | Change::Revoked { by: Some(by), .. } => vec![by.clone()],
        _ => Vec::new(),
    }
}

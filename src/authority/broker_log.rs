//! Reading a broker's log from one event on, and holding each to the one before.
//!
//! A reader has not the key that authenticates events: a broker that is taken over can tell another story from the start. It
//! cannot leave out, change or reorder an event of a story whose later hashes somebody has kept.

use data_encoding::HEXLOWER;

use super::AuthorityError;
use super::BrokerClient;
use super::records::Record;
use super::records::describe;
use crate::audit::Event;
use crate::audit::Subject;
use crate::audit::chain;
use crate::grant::text::sanitise;
use crate::protocol::EventList;
use crate::protocol::EventView;

impl BrokerClient {
    /// Every event after this number, in order.
    ///
    /// # Errors
    /// The broker does not answer or lets only auditors read, or the events are no chain.
    pub(super) async fn read_log(&self, after: u64) -> Result<Vec<Record>, AuthorityError> {
        let mut records: Vec<Record> = Vec::new();
        loop {
            let last = records.last().map_or(after, |record| record.sequence);
            let page: EventList = self.get(&format!("events?after={last}")).await?;
            if page.events.is_empty() {
                return Ok(records);
            }
            for view in page.events {
                let last = records.last();
                let expected = last.map_or(after, |record| record.sequence) + 1;
                let before = match last {
                    Some(record) => Some(record.hash.clone()),
                    None if after == 0 => Some(HEXLOWER.encode(&[0; 32])),
                    None => None,
                };
                let number = view.sequence;
                let record = follow(view, expected, before.as_deref());
                records.push(record.ok_or_else(|| {
                    self.garbage(format!("event {number} is not the one that follows in its log"))
                })?);
            }
        }
    }
}

/// The event, if its number, its bytes and its place in the chain hold.
fn follow(view: EventView, expected: u64, before: Option<&str>) -> Option<Record> {
    let previous: [u8; 32] = HEXLOWER.decode(view.previous.as_bytes()).ok()?.try_into().ok()?;
    let event = Event::parse(view.body.as_bytes())?;
    let hash = HEXLOWER.encode(&chain::hash(&previous, view.body.as_bytes()));
    let holds = event.sequence == expected
        && before.is_none_or(|before| before == view.previous)
        && hash == view.hash;
    holds.then(|| Record {
        sequence: event.sequence,
        at: event.at,
        request: event.subject.request().map(crate::grant::Digest::request_id),
        happened: vec![words(&event.subject)],
        source: event.source.as_deref().map(sanitise),
        event: serde_json::from_str(&view.body).unwrap_or_default(),
        hash,
    })
}

fn words(subject: &Subject) -> String {
    let line = match subject {
        Subject::Request { change, .. } => return describe(change),
        Subject::Policy { revision, commit: None } => format!("policy {revision} is in force"),
        Subject::Policy { commit: Some(commit), .. } => format!("the policy of commit {commit} is in force"),
        Subject::PolicyRefused { commit, reason } => {
            format!("the policy of commit {commit} was refused: {reason}")
        }
        Subject::LoggedIn { person, key, .. } => format!("{person} logged in with {key}"),
        Subject::LoggedOut { person, .. } => format!("{person} logged out"),
    };
    sanitise(&line)
}

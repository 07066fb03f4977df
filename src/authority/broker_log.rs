//! Reads a broker's log from one event on, and verifies that each event follows the one before.
//!
//! A reader does not have the key that authenticates events, so a compromised broker can show a different log from the
//! start. It cannot leave out, change or reorder an event of a log whose later hashes somebody has kept.

use data_encoding::HEXLOWER;

use super::AuthorityError;
use super::BrokerClient;
use super::records::Record;
use crate::audit::Event;
use crate::audit::chain;
use crate::grant::text::sanitise;
use crate::protocol::EventList;
use crate::protocol::EventView;

impl BrokerClient {
    /// Every event after this number, in order.
    ///
    /// # Errors
    /// The broker does not answer or admits only auditors, or the events do not form a chain.
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
                let record = follow(&view, expected, before.as_deref());
                records.push(record.ok_or_else(|| {
                    self.garbage(format!("event {number} is not the one that follows in its log"))
                })?);
            }
        }
    }
}

/// The event's record. `None` if its number, its bytes or its place in the chain is wrong.
fn follow(view: &EventView, expected: u64, before: Option<&str>) -> Option<Record> {
    let previous: [u8; 32] = HEXLOWER.decode(view.previous.as_bytes()).ok()?.try_into().ok()?;
    let event = Event::parse(view.body.as_bytes())?;
    let hash = HEXLOWER.encode(&chain::hash(&previous, view.body.as_bytes()));
    let holds = event.sequence == expected
        && before.is_none_or(|before| before == view.previous)
        && hash == view.hash;
    let record = Record {
        sequence: event.sequence,
        at: event.at,
        request: event.subject.request().map(crate::grant::Digest::request_id),
        agent_of: view.agent_of.clone(),
        happened: Vec::new(),
        source: event.source.as_deref().map(sanitise),
        event: serde_json::from_str(&view.body).unwrap_or_default(),
        hash,
        subjects: vec![event.subject],
        times: vec![event.at],
    };
    holds.then(|| record.described())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Head;
    use crate::audit::Link;
    use crate::audit::LogKey;
    use crate::audit::Subject;
    use crate::grant::Digest;

    /// A log of three events, as a broker shows it.
    fn log() -> Vec<EventView> {
        let key = LogKey::new(&[7; 32]);
        let mut head = Head::default();
        let views = (1..=3).map(|sequence| {
            let subject = Subject::LoggedOut { person: "ana".parse().unwrap(), session: Digest::of(b"x") };
            let at = "2026-11-23T10:00:00Z".parse().unwrap();
            let event = Event { sequence, at, policy: Digest::of(b"policy"), source: None, subject };
            let link = Link::forge(&key, &head, &event).unwrap();
            head = link.head();
            EventView {
                sequence,
                at,
                word: "logged_out".to_owned(),
                request: None,
                agent_of: None,
                body: String::from_utf8(link.body).unwrap(),
                previous: HEXLOWER.encode(&link.previous),
                hash: HEXLOWER.encode(&link.hash),
            }
        });
        views.collect()
    }

    #[test]
    fn an_event_is_taken_in_its_own_place_alone() {
        let log = log();
        let zeros = "0".repeat(64);
        let second = || log[1].clone();
        let before = Some(log[0].hash.as_str());
        assert!(follow(&log[0], 1, Some(&zeros)).is_some());
        let record = follow(&second(), 2, before).unwrap();
        assert_eq!(
            (record.happened.join(""), record.hash.as_str()),
            ("ana logged out".to_owned(), log[1].hash.as_str())
        );
        // A reader that begins in the middle has to trust the previous hash.
        assert!(follow(&second(), 2, None).is_some());
        assert!(follow(&second(), 3, before).is_none(), "one was left out");
        assert!(follow(&second(), 1, Some(&zeros)).is_none(), "one was put in the place of another");
        assert!(follow(&log[2], 3, before).is_none(), "one was removed and the numbers were not");
        let body = log[1].body.replace("ana", "bo");
        assert!(follow(&EventView { body: body.clone(), ..second() }, 2, before).is_none(), "changed");
        let previous: [u8; 32] = HEXLOWER.decode(log[0].hash.as_bytes()).unwrap().try_into().unwrap();
        let hash = HEXLOWER.encode(&chain::hash(&previous, body.as_bytes()));
        let changed = follow(&EventView { body, hash, ..second() }, 2, before).unwrap();
        assert!(
            follow(&log[2], 3, Some(&changed.hash)).is_none(),
            "changed with its hash: the next one tells"
        );
        assert!(follow(&EventView { body: format!(" {}", log[1].body), ..second() }, 2, before).is_none());
        assert!(follow(&EventView { previous: "zz".to_owned(), ..second() }, 2, None).is_none());
    }
}

//! A log of any length, in the place of the one that there is.

use std::collections::BTreeMap;

use jit::authority::AuthorityError;
use jit::authority::StatementAuthority;
use jit::forge::log::JournalEntry;
use jit::forge::log::JournalError;
use jit::forge::log::JournalIndex;
use jit::forge::log::JournalKey;
use jit::github::log_store::LogError;
use jit::grant::Digest;
use jit::grant::Request;

use super::laptop::Laptop;
use crate::forge::hub::Asked;
use crate::forge::hub::Hub;

/// Ended requests like one that there was.
pub struct OldLog {
    after: Request,
    first: JournalEntry,
}

impl OldLog {
    /// Requests like this one, whose history is in the log.
    pub fn of(hub: &Hub, laptop: &Laptop<'_>, asked: &Asked) -> Self {
        let reading = hub.wait(laptop.authority.read(&asked.digest.request_id())).unwrap();
        let mut after = reading.request.clone();
        after.active_until = None;
        // Nothing of them could still be used.
        after.statement.not_after = after.statement.created;
        Self { after, first: reading.history.unwrap().entries[0].clone() }
    }

    /// Writes a log of so many of them, as of now.
    pub fn write(&self, hub: &Hub, count: u64) {
        let key = JournalKey::read(&hub.key).unwrap();
        let now = jit::grant::span::whole_seconds(jit::system::Clock::now(&hub.clock));
        let mut index = JournalIndex::empty(jit::github::authority(hub.repository), now);
        let mut files = BTreeMap::new();
        for sequence in 1..=count {
            let request = Digest::of(&sequence.to_be_bytes());
            let entry = JournalEntry { sequence, at: now, request, ..self.first.clone() };
            let (next, link) = index.append(&key, &entry, &self.after, |_, _| false).unwrap();
            index = next;
            let id = request.request_id();
            let line = serde_json::to_string(&link).unwrap();
            files.insert(format!("requests/{}/{id}.jsonl", &id.as_str()[..2]), format!("{line}\n"));
        }
        files.insert("index.json".to_owned(), index.seal(&key).unwrap());
        let tip = hub.tip("jit-log");
        let old = hub.github.world().store(hub.repository).files(&tip);
        let gone = old.keys().filter(|path| !files.contains_key(*path)).map(|path| (path.as_str(), None));
        let new = files.iter().map(|(path, text)| (path.as_str(), Some(text.as_str())));
        let all: Vec<(&str, Option<&str>)> = new.chain(gone).collect();
        let olga = hub.id("olga");
        hub.github.world().write(hub.repository, "jit-log", olga, &all);
    }
}

/// The index names the last 256 events, and every 256th for ever.
#[test]
fn a_log_that_parted_from_the_one_seen_is_refused_however_long_ago() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let laptop = Laptop::of(&hub, "ana");
    laptop.lease(&asked, None).unwrap();
    let old = OldLog::of(&hub, &laptop, &asked);
    old.write(&hub, 600);
    assert_eq!(hub.wait(laptop.authority.records(599)).unwrap().len(), 1);
    // The same log goes on, and what this machine saw is far behind.
    old.write(&hub, 1_200);
    assert_eq!(hub.wait(laptop.authority.records(1_199)).unwrap().len(), 1);
    // Another log, as long as one likes.
    hub.clock.advance(std::time::Duration::from_secs(60));
    old.write(&hub, 2_000);
    let refused = hub.wait(laptop.authority.records(1_999)).unwrap_err();
    let truncated = AuthorityError::Log(LogError::Journal(JournalError::Truncated(1_024)));
    assert_eq!(refused.to_string(), truncated.to_string());
}

//! A log in a file, as `jit audit list --all --json` wrote it. The chain is verified again from its first event.

use std::path::Path;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::Deserialize;

use super::proof::broken;
use crate::audit::Event;
use crate::audit::Subject;
use crate::audit::chain;
use crate::authority::Record;
use crate::flow::Failure;
use crate::forge::log::JournalEntry;
use crate::forge::log::JournalLink;
use crate::grant::Digest;
use crate::grant::text::sanitise;
use crate::system::files;

/// One event of the file.
#[derive(Deserialize)]
struct Exported {
    sequence: u64,
    hash: String,
    event: serde_json::Value,
}

/// A log that was read from a file.
pub(super) struct Log {
    /// Its events.
    pub(super) records: Vec<Record>,
    /// Whether a repository wrote it.
    pub(super) is_of_repository: bool,
}

/// Reads a file and verifies the chain.
///
/// # Errors
/// The file cannot be read, is no log, does not begin with the first event, or its chain is broken.
pub(super) fn read(path: &Path) -> Result<Log, Failure> {
    let name = sanitise(&path.display().to_string());
    let how = "write it with `jit audit list --all --json`";
    let bytes = files::read(path)
        .map_err(|error| Failure::usage(format!("{name} cannot be read")).cause(error.to_string()))?
        .ok_or_else(|| Failure::usage(format!("there is no file {name}")).hint(how))?;
    let events: Vec<Exported> = serde_json::from_slice(&bytes).map_err(|error| {
        Failure::usage(format!("{name} is no exported log")).cause(error.to_string()).hint(how)
    })?;
    let is_of_repository = events.first().is_some_and(|first| first.event.get("steps").is_some());
    let mut records: Vec<Record> = Vec::new();
    for (place, exported) in events.iter().enumerate() {
        let number = place as u64 + 1;
        if exported.sequence != number {
            if place == 0 {
                return Err(Failure::usage(format!("{name} does not begin with the first event"))
                    .hint(format!("a report needs the whole log: {how}")));
            }
            return Err(broken(exported.sequence, "an event before it is missing, or it was moved"));
        }
        let body = serde_json_canonicalizer::to_vec(&exported.event)
            .map_err(|error| broken(number, &error.to_string()))?;
        let previous = records.last().map(|record| record.hash.clone());
        let read = if is_of_repository { repository } else { broker };
        let record = read(exported, &body, previous).ok_or_else(|| broken(number, "it is damaged"))?;
        if record.sequence != number || record.hash != exported.hash {
            return Err(broken(number, "it was changed, or an event before it was"));
        }
        records.push(record);
    }
    Ok(Log { records, is_of_repository })
}

fn broker(exported: &Exported, body: &[u8], previous: Option<String>) -> Option<Record> {
    let before: [u8; 32] = match previous {
        Some(hash) => HEXLOWER.decode(hash.as_bytes()).ok()?.try_into().ok()?,
        None => [0; 32],
    };
    let event = Event::parse(body)?;
    let hash = HEXLOWER.encode(&chain::hash(&before, body));
    let times = vec![event.at];
    Some(record(exported, (event.sequence, event.at), hash, vec![event.subject], times))
}

fn repository(exported: &Exported, body: &[u8], previous: Option<String>) -> Option<Record> {
    let previous: Digest = match previous {
        Some(hash) => hash.parse().ok()?,
        None => crate::forge::log::entry::zeros(),
    };
    let body = std::str::from_utf8(body).ok()?.to_owned();
    let entry: JournalEntry = serde_json::from_str(&body).ok()?;
    let hash = JournalLink { previous, body, signature: String::new() }.hash().to_string();
    let times = entry.steps.iter().map(|step| step.at).collect();
    let subject = |change| Subject::Request { request: entry.request, change };
    let subjects = entry.steps.iter().map(|step| subject(step.change.clone())).collect();
    Some(record(exported, (entry.sequence, entry.at), hash, subjects, times))
}

fn record(
    exported: &Exported,
    (sequence, at): (u64, Timestamp),
    hash: String,
    subjects: Vec<Subject>,
    times: Vec<Timestamp>,
) -> Record {
    Record {
        sequence,
        at,
        request: subjects.iter().find_map(Subject::request).map(Digest::request_id),
        agent_of: None,
        happened: Vec::new(),
        subjects,
        times,
        source: None,
        event: exported.event.clone(),
        hash,
    }
}

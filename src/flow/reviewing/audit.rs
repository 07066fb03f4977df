//! The audit log, verified by its reader.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::audit::words::Whose;
use crate::authority::Listing;
use crate::authority::Record;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::reviewing::let_in;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::span::Span;

/// The filter for events.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only events of this request.
    pub request: Option<RequestId>,
    /// Only events that this person caused, or that concern this person's requests.
    pub person: Option<Name>,
    /// Only events of requests for this role.
    pub role: Option<Name>,
    /// Only events at or after this instant.
    pub since: Option<Timestamp>,
    /// Only events after this number; 0 for all.
    pub after: u64,
    /// Only this many of the newest events; `None` for all.
    pub last: Option<usize>,
}

/// An event, with the request that it concerns. Its JSON form is documented.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The event.
    #[serde(flatten)]
    pub record: Record,
    /// The requester.
    pub person: Option<Name>,
    /// The owner, if the requester is an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_of: Option<Name>,
    /// The role of the request.
    pub role: Option<Name>,
}

impl Line {
    /// The event in lines for people.
    pub fn lines(&self, zone: &TimeZone) -> Vec<String> {
        self.record.lines(whose(self.person.as_ref(), self.agent_of.as_ref()), Some(zone))
    }
}

/// The facts of a request that its events are shown with.
#[derive(Clone)]
struct Asked {
    person: Name,
    agent_of: Option<Name>,
    role: Name,
}

fn whose<'a>(person: Option<&'a Name>, owner: Option<&'a Name>) -> Option<Whose<'a>> {
    person.map(|person| Whose { person, owner })
}

/// Reads the log, verifies it from the wanted number on, and filters it.
///
/// # Errors
/// The authority does not answer, only auditors may read, the events are no chain, or the token that let a browser in on
/// the approval page does not verify.
pub async fn list(connected: &Connected, wanted: &Wanted) -> Result<Vec<Line>, Failure> {
    let records = connected.authority.records(wanted.after).await?;
    let_in::check(&records)?;
    let mut asked: BTreeMap<RequestId, Asked> = BTreeMap::new();
    for record in &records {
        if let (Some(id), Some(request)) = (&record.request, record.asked()) {
            let agent_of = record.agent_of.clone();
            asked.insert(id.clone(), Asked { person: request.header.who, agent_of, role: request.role });
        }
    }
    // A part of the log may lack the earlier events that made the requests.
    let is_known = |record: &Record| record.request.as_ref().is_none_or(|id| asked.contains_key(id));
    if !records.iter().all(is_known) {
        for view in connected.authority.requests(Listing::All).await? {
            let standing = Standing::read(view, connected.authority.as_ref())?;
            let request = &standing.asked;
            asked.entry(standing.view.id.clone()).or_insert_with(|| Asked {
                person: request.header.who.clone(),
                agent_of: standing.view.agent_of.clone(),
                role: request.role.clone(),
            });
        }
    }
    let mut lines: Vec<Line> = records
        .into_iter()
        .map(|mut record| {
            let found = record.request.as_ref().and_then(|id| asked.get(id)).cloned();
            let agent_of = found.as_ref().and_then(|asked| asked.agent_of.clone());
            let (person, role) = found.map(|asked| (asked.person, asked.role)).unzip();
            record.happened = record.lines(whose(person.as_ref(), agent_of.as_ref()), None);
            Line { record, person, agent_of, role }
        })
        .filter(|line| wanted.takes(line))
        .collect();
    if let Some(last) = wanted.last {
        lines.drain(..lines.len().saturating_sub(last));
    }
    Ok(lines)
}

impl Wanted {
    /// Whether the filter takes every event.
    pub fn is_everything(&self) -> bool {
        self.request.is_none()
            && self.person.is_none()
            && self.role.is_none()
            && self.since.is_none()
            && self.after == 0
    }

    fn takes(&self, line: &Line) -> bool {
        let is_about = |person: &Name| {
            line.person.as_ref() == Some(person)
                || line.agent_of.as_ref() == Some(person)
                || line.record.actors().iter().any(|actor| actor == person)
        };
        self.request.as_ref().is_none_or(|id| line.record.request.as_ref() == Some(id))
            && self.person.as_ref().is_none_or(is_about)
            && self.role.as_ref().is_none_or(|role| line.role.as_ref() == Some(role))
            && self.since.is_none_or(|since| line.record.at >= since)
    }
}

/// Parses `2d` (that long ago), `2026-11-24`, `2026-11-24 14:30` (both in the person's time zone) or an instant in RFC
/// 3339.
///
/// # Errors
/// It is none of these.
pub fn since(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, Failure> {
    if let Ok(span) = text.parse::<Span>() {
        let signed = jiff::SignedDuration::try_from(span.duration()).unwrap_or(jiff::SignedDuration::ZERO);
        return Ok(now.saturating_sub(signed).unwrap_or(Timestamp::UNIX_EPOCH));
    }
    let at = |moment: DateTime| zone.to_ambiguous_timestamp(moment).compatible().ok();
    let is_date = text.len() == "2026-11-24".len();
    let found = if is_date {
        text.parse::<Date>().ok().and_then(|date| at(date.to_datetime(jiff::civil::Time::midnight())))
    } else {
        text.parse::<Timestamp>().ok().or_else(|| text.parse::<DateTime>().ok().and_then(at))
    };
    found.ok_or_else(|| {
        Failure::usage(format!("{text:?} is not a time"))
            .hint("write how long ago, like 2d or 3h, or a day or a time: 2026-11-24, \"2026-11-24 14:30\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times of `jit audit list --since`.
    #[test]
    fn a_time_is_read_as_its_writer_means_it() {
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let read = |text: &str| since(text, now, &zone).map(|instant| instant.to_string()).ok();
        for (text, expected) in [
            ("2d", "2026-11-22T10:00:00Z"),
            ("1h30m", "2026-11-24T08:30:00Z"),
            ("2026-11-20", "2026-11-19T23:00:00Z"),
            ("2026-11-20 14:30", "2026-11-20T13:30:00Z"),
            ("2026-11-20T14:30", "2026-11-20T13:30:00Z"),
            ("2026-11-20T14:30:00Z", "2026-11-20T14:30:00Z"),
            ("2026-11-20T14:30:00+05:45", "2026-11-20T08:45:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for wrong in ["", "yesterday", "2026-13-01", "2026-02-30", "14:30", "2"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}

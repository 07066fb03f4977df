//! Describes events in words, one line each, safe to show.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::LetIn;
use super::Subject;
use crate::grant::Change;
use crate::grant::Name;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::change::Lapse;
use crate::grant::span::local;
use crate::grant::span::whole_seconds;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Verdict;
use crate::grant::text::prose;

/// The target of the log lines that say what an authority recorded. `jit serve` shows them at every level of `JIT_LOG`.
pub const EVENTS: &str = "jit::event";

/// How many characters of a policy revision or a commit are shown: enough for a person to tell it from others.
const SHORT: usize = 12;

/// The requester of a request, with the owner if it is an agent.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'a> {
    /// The requester.
    pub person: &'a Name,
    /// The owner of the agent. `None` for everybody else.
    pub owner: Option<&'a Name>,
}

impl fmt::Display for Whose<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.owner {
            Some(owner) => write!(formatter, "{} (agent of {owner})", self.person),
            None => write!(formatter, "{}", self.person),
        }
    }
}

impl Subject {
    /// The statement of the request that this event opened. `None` for every other event.
    pub fn asked(&self) -> Option<RequestStatement> {
        match self {
            Self::Request { change: Change::Requested { signed, .. }, .. } => read(signed),
            _ => None,
        }
    }

    /// Describes the event in one line, with times in UTC.
    pub fn describe(&self) -> String {
        describe(self, None, None)
    }

    /// The same of an event whose statement was read before: `asked` is the request that it begins.
    pub fn describe_read(&self, asked: Option<&RequestStatement>) -> String {
        match (self, asked) {
            (Self::Request { change: Change::Requested { .. }, .. }, Some(asked)) => {
                prose(&asking(asked, None))
            }
            _ => self.describe(),
        }
    }
}

/// Describes one event in a line that is safe to show. `whose` is the requester of the request that it is about, if known.
/// Times are local in `zone`, or RFC 3339 in UTC without a zone.
pub fn describe(subject: &Subject, whose: Option<Whose<'_>>, zone: Option<&TimeZone>) -> String {
    let short = |id: &str| id.chars().take(SHORT).collect::<String>();
    let line = match subject {
        Subject::Request { change, .. } => changed(change, whose, zone),
        Subject::Policy { revision, commit: None } => {
            format!("policy {} is in force", short(&revision.to_string()))
        }
        Subject::Policy { commit: Some(commit), .. } => {
            format!("the policy of commit {} is in force", short(commit))
        }
        Subject::PolicyRefused { commit, reason } => {
            format!("the policy of commit {} was refused: {reason}", short(commit))
        }
        Subject::LoggedIn { person, key, .. } => format!("{person} logged in with {key}"),
        Subject::LoggedOut { person, .. } => format!("{person} logged out"),
        Subject::Enrolled { person, key, until: None, evidence, .. } => {
            format!("{person} enrolled {key}, by {}", evidence.source())
        }
        Subject::Enrolled { person, key, until: Some(until), evidence, .. } => {
            let until = zone.map_or_else(|| whole_seconds(*until).to_string(), |zone| local(*until, zone));
            format!("{person} enrolled {key} until {until}, by {}", evidence.source())
        }
        Subject::Entered { workload, issuer, job, .. } => {
            format!("a job of {workload} came in with a token of {issuer}: {job}")
        }
        Subject::Proved { person, evidence } => {
            format!("{} proved {person} and their groups again", evidence.source())
        }
        Subject::Confirmed { person, key, by, .. } if by == person => {
            format!("{person} confirmed their key {key} with another key")
        }
        Subject::Confirmed { person, key, by, .. } => format!("{by} vouched for {person}'s key {key}"),
        Subject::KeyDropped { person, key, by } => format!("{by} dropped {person}'s key {key}"),
        Subject::Left { person, why, by: Some(by), .. } => {
            format!("{by} ended everything of {person}: {why}")
        }
        Subject::Left { person, why, by: None, .. } => format!("{person} left: {why}"),
        Subject::PageOpened { person, way: LetIn::Session { .. }, .. } => {
            format!("{person} signed a browser in on the approval page, with a code from a terminal")
        }
        Subject::PageOpened { person, way: LetIn::Login { evidence, .. }, .. } => {
            format!("{person} signed a browser in on the approval page, by {}", evidence.source())
        }
        Subject::GapAccepted { lost: Some(lost), .. } => {
            format!(
                "the broker's operator accepted that the events from here to the earlier event {lost} are lost"
            )
        }
        Subject::GapAccepted { lost: None, .. } => {
            "the broker's operator accepted that the events after this are lost".to_owned()
        }
    };
    prose(&line)
}

/// Describes one change of a request.
fn changed(change: &Change, whose: Option<Whose<'_>>, zone: Option<&TimeZone>) -> String {
    let time = |instant: &Timestamp| match zone {
        Some(zone) => local(*instant, zone),
        None => whole_seconds(*instant).to_string(),
    };
    match change {
        Change::Requested { signed, .. } => asked(signed, whose),
        Change::Reviewed { by, verdict: Verdict::Approve, .. } => format!("{by} approves"),
        Change::Reviewed { by, verdict: Verdict::Deny, .. } => format!("{by} denies"),
        Change::Approved { duration, by, .. } if by.is_empty() => {
            format!("approved for {duration} without a review")
        }
        Change::Approved { duration, by, .. } => {
            let names: Vec<&str> = by.iter().map(Name::as_str).collect();
            format!("approved for {duration} by {}", names.join(", "))
        }
        Change::GlassBroken { duration, .. } => {
            let taker = whose.map_or_else(String::new, |whose| format!(" by {whose}"));
            format!("taken in an emergency{taker}, for {duration}")
        }
        Change::Acknowledged { by, signed } => match Statement::parse(signed.statement.as_bytes()) {
            Ok(Statement::Review(review)) if review.verdict == Verdict::Deny => {
                format!("{by} finds it not justified")
            }
            _ => format!("{by} finds it justified"),
        },
        Change::Reminded => "reviewers were reminded".to_owned(),
        Change::Denied { by, on_page: None } => format!("denied by {by}"),
        Change::Denied { by, on_page: Some(said) } => {
            format!("denied by {by} on the approval page: {}", said.comment)
        }
        Change::Activated { until } => match whose {
            Some(whose) => format!("{whose}'s access is active until {}", time(until)),
            None => format!("active until {}", time(until)),
        },
        Change::Extended { until, .. } => format!("extended until {}", time(until)),
        Change::Minted { lease, expires, last_end, .. } => {
            let to = whose.map_or_else(String::new, |whose| format!(" to {whose}"));
            let last = last_end.as_ref().map_or_else(String::new, |end| {
                format!("; the last of their tokens works until {}", time(end))
            });
            format!("credentials {lease} handed out{to}, until {}{last}", time(expires))
        }
        Change::Cancelled { by } => format!("cancelled by {by}"),
        Change::Ended { by: Some(by) } => format!("ended by {by}"),
        Change::Ended { by: None } => "ended: its time was up".to_owned(),
        Change::Revoked { by: Some(by), reason, .. } => format!("revoked by {by}: {reason}"),
        Change::Revoked { by: None, reason, .. } => format!("revoked by the policy: {reason}"),
        Change::Expired { lapse: Lapse::NobodyDecided } => "expired: nobody decided".to_owned(),
        Change::Expired { lapse: Lapse::NeverUsed } => "expired: it was never used".to_owned(),
    }
}

/// Parses these bytes as a request statement.
pub fn read(signed: &Signed) -> Option<RequestStatement> {
    match Statement::parse(signed.statement.as_bytes()) {
        Ok(Statement::Request(asked)) => Some(*asked),
        _ => None,
    }
}

/// Describes what a request asks for, from its bytes.
fn asked(signed: &Signed, whose: Option<Whose<'_>>) -> String {
    let unread = || "a request that cannot be read".to_owned();
    read(signed).map_or_else(unread, |asked| asking(&asked, whose.and_then(|whose| whose.owner)))
}

fn asking(asked: &RequestStatement, owner: Option<&Name>) -> String {
    let scope = asked.scope.as_ref().map_or_else(String::new, |scope| format!(" (only {})", scope.name));
    let who = Whose { person: &asked.header.who, owner };
    let verb = if asked.extends().is_some() { "asks for more time of" } else { "asks for" };
    format!("{who} {verb} {}{scope} for {}: {}", asked.role, asked.duration, asked.reason)
}

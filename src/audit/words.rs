//! Events in words, one line each, safe to show.

use super::Subject;
use crate::grant::Change;
use crate::grant::Name;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::change::Lapse;
use crate::grant::statement::Verdict;
use crate::grant::text::prose;

/// The target of the log lines that say what an authority recorded. `jit serve` shows them whatever `JIT_LOG` says.
pub const EVENTS: &str = "jit::event";

impl Subject {
    /// What happened, in a line.
    pub fn describe(&self) -> String {
        let line = match self {
            Self::Request { change, .. } => return describe(change),
            Self::Policy { revision, commit: None } => format!("policy {revision} is in force"),
            Self::Policy { commit: Some(commit), .. } => format!("the policy of commit {commit} is in force"),
            Self::PolicyRefused { commit, reason } => {
                format!("the policy of commit {commit} was refused: {reason}")
            }
            Self::LoggedIn { person, key, .. } => format!("{person} logged in with {key}"),
            Self::LoggedOut { person, .. } => format!("{person} logged out"),
        };
        prose(&line)
    }
}

/// What happened to a request, in a line.
pub fn describe(change: &Change) -> String {
    let line = match change {
        Change::Requested { signed, .. } => asked(signed),
        Change::Reviewed { by, verdict: Verdict::Approve, .. } => format!("{by} approves"),
        Change::Reviewed { by, verdict: Verdict::Deny, .. } => format!("{by} denies"),
        Change::Approved { duration, by, .. } if by.is_empty() => {
            format!("approved for {duration} without a review")
        }
        Change::Approved { duration, by, .. } => {
            let names: Vec<&str> = by.iter().map(Name::as_str).collect();
            format!("approved for {duration} by {}", names.join(", "))
        }
        Change::GlassBroken { duration, .. } => format!("glass broken, for {duration}"),
        Change::Acknowledged { by, signed } => match Statement::parse(signed.statement.as_bytes()) {
            Ok(Statement::Review(review)) if review.verdict == Verdict::Deny => {
                format!("{by} finds it not justified")
            }
            _ => format!("{by} finds it justified"),
        },
        Change::Reminded => "people were reminded".to_owned(),
        Change::Denied { by } => format!("denied by {by}"),
        Change::Activated { until } => format!("active until {until}"),
        Change::Extended { until, .. } => format!("extended until {until}"),
        Change::Minted { lease, expires } => format!("credentials {lease} handed out, until {expires}"),
        Change::Cancelled { by } => format!("taken back by {by}"),
        Change::Ended { by: Some(by) } => format!("ended by {by}"),
        Change::Ended { by: None } => "ended: its time was up".to_owned(),
        Change::Revoked { by: Some(by), reason, .. } => format!("revoked by {by}: {reason}"),
        Change::Revoked { by: None, reason, .. } => format!("revoked by the policy: {reason}"),
        Change::Expired { lapse: Lapse::NobodyDecided } => "expired: nobody decided".to_owned(),
        Change::Expired { lapse: Lapse::NeverUsed } => "expired: it was never used".to_owned(),
    };
    prose(&line)
}

/// What a request asked for, by its bytes.
fn asked(signed: &Signed) -> String {
    let Ok(Statement::Request(asked)) = Statement::parse(signed.statement.as_bytes()) else {
        return "a request that cannot be read".to_owned();
    };
    let scope = asked.scope.as_ref().map_or_else(String::new, |scope| format!(" (only {})", scope.name));
    let who = &asked.header.who;
    let verb = if asked.extends().is_some() { "asks for more time of" } else { "asks for" };
    format!("{who} {verb} {}{scope} for {}: {}", asked.role, asked.duration, asked.reason)
}

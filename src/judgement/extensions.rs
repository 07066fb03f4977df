//! More time for a grant, as every authority weighs it: what an extension is worth now, when the grant ends by all of them,
//! and what the end of one request means for the others of its grant. Pure: what is judged was fetched and proved before.

use jiff::Timestamp;

use super::Judgement;
use super::Terms;
use crate::grant::Change;
use crate::grant::Extension;
use crate::grant::ExtensionError;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::State;
use crate::grant::Verdict;
use crate::grant::scope::Document;
use crate::grant::span::Span;
use crate::grant::statement::RequestStatement;

/// What one extension is worth now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worth {
    /// It moves the end by no more than this.
    Adds(Span),
    /// It moves nothing, and why.
    Nothing(String),
}

/// When a grant ends by its extensions, if it ends then without them; and why those that count for nothing do not.
pub fn add_up(first: &Request, without: Timestamp, worths: &[Worth]) -> (Timestamp, Vec<String>) {
    let mut until = without;
    let mut reasons = Vec::new();
    for (extension, worth) in first.extensions.iter().zip(worths) {
        match worth {
            Worth::Adds(duration) => {
                let end = duration.after(until).min(extension.statement.not_after).min(extension.until);
                until = until.max(end);
            }
            Worth::Nothing(why) => {
                reasons.push(format!("extension {} counts no more: {why}", extension.digest.request_id()));
            }
        }
    }
    (until, reasons)
}

/// Who limited the time of a grant by a review, and to how much. More time than that needs somebody's review: neither a
/// condition nor a rule that asks nobody gives it.
pub fn limited_by(first: &Request) -> Option<(&Name, Span)> {
    let approvals = first.reviews.iter().filter(|review| review.statement.verdict == Verdict::Approve);
    let limits = approvals.filter_map(|review| Some((&review.by, review.statement.duration?)));
    limits.min_by_key(|(_, duration)| *duration)
}

/// Why more time that nobody reviewed is not given; `None` if it may be.
pub fn past_a_limit(first: &Request) -> Option<String> {
    limited_by(first).map(|(by, limit)| {
        format!("{by} approved the access for at most {limit}, and more time than that needs a review")
    })
}

/// Whether the request behind an extension still says, by its own events, what the grant's events say of it.
///
/// # Errors
/// Why it is worth nothing.
pub fn check_standing(first: &Request, extension: &Extension, request: &Request) -> Result<(), String> {
    if let Some(why) = past_a_limit(first).filter(|_| request.approved_by.is_empty()) {
        return Err(why);
    }
    // Its own clock may have ended it while later ones move the grant on; nobody else may.
    let ran_out = request.closing.as_ref().is_some_and(|closing| closing.by.is_none());
    let stands = request.state == State::Active || (request.state == State::Ended && ran_out);
    if stands && request.digest == extension.digest && request.active_until == Some(extension.until) {
        Ok(())
    } else {
        Err(format!("it is {}", request.state.as_str()))
    }
}

/// What an extension is worth by what both policies say of it now. `explain` adds which facts were not to be had.
pub fn weigh(request: &Request, judgement: Judgement, explain: impl Fn(String) -> String) -> Worth {
    let why = match judgement {
        Judgement::Approved(terms) => {
            let asked = request.statement.scope.as_ref().map(|scope| scope.document);
            if terms.scope.as_ref().map(Document::digest) == asked {
                let approved = request.approved_duration.unwrap_or(terms.duration);
                return Worth::Adds(approved.min(terms.duration));
            }
            "it was approved for another piece of the role".to_owned()
        }
        Judgement::Refused(why) | Judgement::Changed(why) => explain(why),
        Judgement::Denied(by) => format!("{by} denied it"),
        Judgement::Waiting(_) => "the policy in force wants more reviews than it has".to_owned(),
    };
    Worth::Nothing(why)
}

/// How often a grant was extended before this request for more time.
pub fn count_before(first: &Request, extension: &RequestStatement, digest: &crate::grant::Digest) -> u32 {
    if extension.extends() != Some(first.digest) {
        // Without a grant to extend there is no place: more often than any policy allows.
        return u32::MAX;
    }
    let earlier = first.extensions.iter().take_while(|extension| extension.digest != *digest);
    u32::try_from(earlier.count()).unwrap_or(u32::MAX)
}

/// The change that approves more time, and when the grant ends by it.
///
/// # Errors
/// It does not fit the grant as it stands.
pub fn approval(
    first: &Request,
    request: &RequestStatement,
    terms: &Terms,
    now: Timestamp,
) -> Result<(Change, Timestamp), ExtensionError> {
    let duration = terms.duration;
    let end = first.check_extension(request, now)?;
    let until = duration.after(end).min(request.not_after);
    let (by, scope) = (terms.by.clone(), terms.named.clone());
    Ok((Change::Approved { duration, unused_until: until, by, scope }, until))
}

/// Whether a change that ends a request for more time ends the grant that it is part of: time that was added cannot be taken
/// out of the middle.
pub fn ends_first(request: &Request, change: &Change) -> bool {
    let by_clock = matches!(change, Change::Ended { by: None } | Change::Expired { .. });
    request.extends().is_some() && request.state == State::Active && !by_clock
}

/// What a change of one request means for another one of the same grant.
pub fn alike(change: &Change, member: &Request, at: Timestamp) -> Option<Change> {
    if let Some(due) = member.due(at) {
        return Some(due);
    }
    match (change, member.state) {
        (Change::Ended { by: Some(by) } | Change::Cancelled { by }, State::Active) => {
            Some(Change::Ended { by: Some(by.clone()) })
        }
        (Change::Ended { by: Some(by) } | Change::Cancelled { by }, _) => {
            Some(Change::Cancelled { by: by.clone() })
        }
        (Change::Revoked { .. }, _) => Some(change.clone()),
        _ => None,
    }
}

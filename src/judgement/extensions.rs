//! Extensions, by the rules of every authority: the value of an extension now, the end of a grant with all of them, and
//! what the end of one request means for the others of its grant. Pure: its inputs are fetched and proved before.

use jiff::Timestamp;

use super::Judgement;
use super::Terms;
use crate::grant::Change;
use crate::grant::Extension;
use crate::grant::ExtensionError;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::ScopeDocument;
use crate::grant::State;
use crate::grant::Verdict;
use crate::grant::span::Span;
use crate::grant::statement::RequestStatement;

/// The value of one extension now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worth {
    /// It moves the end by at most this.
    Adds(Span),
    /// It does not move the end, for this reason.
    Nothing(String),
}

/// The end of a grant with its extensions, if `without` is its end without them, and the reasons for extensions that do
/// not count.
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

/// The reviewer who limited the duration of a grant, and the limit. An extension beyond it needs a review: neither a
/// condition nor a rule without reviewers gives it.
pub fn limited_by(first: &Request) -> Option<(&Name, Span)> {
    let approvals = first.reviews.iter().filter(|review| review.statement.verdict == Verdict::Approve);
    let limits = approvals.filter_map(|review| Some((&review.by, review.statement.duration?)));
    limits.min_by_key(|(_, duration)| *duration)
}

/// Why an unreviewed extension is refused. `None` if it is allowed.
pub(super) fn past_a_limit(first: &Request) -> Option<String> {
    limited_by(first).map(|(by, limit)| {
        format!("{by} approved the access for at most {limit}, and more time than that needs a review")
    })
}

/// Checks that the request behind an extension still agrees, by its own events, with the grant's events.
///
/// # Errors
/// Why the extension is worth nothing.
pub fn check_standing(first: &Request, extension: &Extension, request: &Request) -> Result<(), String> {
    if let Some(why) = past_a_limit(first).filter(|_| request.approved_by.is_empty()) {
        return Err(why);
    }
    // The request may have expired by its own clock while later extensions move the grant. No person may have ended it.
    let ran_out = request.closing.as_ref().is_some_and(|closing| closing.by.is_none());
    let stands = request.state == State::Active || (request.state == State::Ended && ran_out);
    if stands && request.digest == extension.digest && request.active_until == Some(extension.until) {
        Ok(())
    } else {
        Err(format!("it is {}", request.state.as_str()))
    }
}

/// The value of an extension by the decision of both policies now. `explain` adds the unavailable facts.
pub fn weigh(request: &Request, judgement: Judgement, explain: impl Fn(String) -> String) -> Worth {
    let why = match judgement {
        Judgement::Approved(terms) => {
            let asked = request.statement.scope.as_ref().map(|scope| scope.document);
            if terms.scope.as_ref().map(ScopeDocument::digest) == asked {
                let approved = request.approved_duration.unwrap_or(terms.duration);
                return Worth::Adds(approved.min(terms.duration));
            }
            "it was approved for another piece of the role".to_owned()
        }
        Judgement::Refused(why) | Judgement::Changed(why) => explain(why),
        Judgement::Denied(by) => format!("{by} denied it"),
        Judgement::Waiting(_) => "the policy in force needs more reviews than it has".to_owned(),
    };
    Worth::Nothing(why)
}

/// How often a grant was extended before this extension request.
pub fn count_before(first: &Request, extension: &RequestStatement, digest: &crate::grant::Digest) -> u32 {
    if extension.extends() != Some(first.digest) {
        // Without a grant to extend there is no count, so the result exceeds every policy's limit.
        return u32::MAX;
    }
    let earlier = first.extensions.iter().take_while(|extension| extension.digest != *digest);
    u32::try_from(earlier.count()).unwrap_or(u32::MAX)
}

/// The change that approves an extension, and the grant's new end.
///
/// # Errors
/// It does not fit the grant's current state.
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

/// Whether a change that ends an extension request also ends its grant: added time cannot be cut out of the middle.
pub fn ends_first(request: &Request, change: &Change) -> bool {
    let by_clock = matches!(change, Change::Ended { by: None } | Change::Expired { .. });
    request.extends().is_some() && request.state == State::Active && !by_clock
}

/// The change of another request of the same grant that follows from a change of one.
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

/// The end of a pending extension request whose grant somebody ended, and when. `None` while the grant stands, and if
/// its clock ended it: the request has expired with it then.
pub fn ended_with(first: &Request, pending: &Request) -> Option<(Timestamp, Change)> {
    let closing = first.closing.as_ref()?;
    let by = closing.by.clone();
    let change = match first.state {
        State::Revoked => Change::Revoked { by, reason: closing.why.clone(), signed: None },
        _ => Change::Ended { by: Some(by?) },
    };
    let at = closing.at.max(pending.changed);
    Some((at, alike(&change, pending, at)?))
}

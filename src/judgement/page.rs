//! A denial on the broker's approval page, by a person who is signed in there and signs nothing.
//!
//! A denial is the safe side: it only takes away. The broker attests it, and the log says so. An approval always needs a
//! signature and is decided in `review.rs` alone.

use jiff::Timestamp;

use super::eligibility::may_stop;
use super::refusal::Refusal;
use super::review::check_prose;
use super::review::has_given;
use super::stop::check_deniable;
use crate::grant::Assurance;
use crate::grant::Change;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::Verdict;
use crate::grant::change::OnPage;
use crate::policy::Policy;

/// Derives the change from such a denial, by the rules of a signed one: the policy in force says who may deny, and the
/// access must not have begun.
///
/// # Errors
/// Why the denial is refused. A break-glass is reviewed by signature only, because its review stays on record.
pub fn deny(
    policy: &Policy,
    request: &Request,
    by: &Name,
    comment: &str,
    now: Timestamp,
) -> Result<Change, Refusal> {
    if by == request.requester() {
        return Err(Refusal::OwnRequest);
    }
    check_prose(comment)?;
    if !may_stop(policy, &request.statement, by) {
        return Err(Refusal::NotReviewer(by.clone()));
    }
    if request.is_emergency() {
        return Err(Refusal::TooWeak(Assurance::Key));
    }
    if has_given(request, by, Verdict::Deny) {
        return Err(Refusal::Final(by.clone()));
    }
    check_deniable(request, now)?;
    Ok(Change::Denied { by: by.clone(), on_page: Some(OnPage { comment: comment.to_owned() }) })
}

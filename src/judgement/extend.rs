//! Asks for an extension: decides whether it is accepted, and the grant's new end if no review is needed.

use jiff::Timestamp;

use super::Bench;
use super::Case;
use super::Terms;
use super::clocks;
use super::extensions::approval;
use super::extensions::past_a_limit;
use super::refusal::Refusal;
use crate::grant::Change;
use crate::grant::ExtensionError;
use crate::grant::Request;
use crate::grant::statement::RequestStatement;

/// Checks an extension request against its grant, and against both policies' longest duration and number of extensions.
///
/// # Errors
/// The requester has no such active grant, it asks for something else, or for more than the policies allow.
pub fn check(bench: &Bench, case: &Case<'_>, first: Option<&Request>) -> Result<(), Refusal> {
    first.ok_or(ExtensionError::Unknown)?.check_extension(case.request, case.now)?;
    clocks::check_length(bench, case)
}

/// How often a grant was extended before, counted in its own log and never taken from a client.
pub fn before(first: &Request) -> u32 {
    u32::try_from(first.extensions.len()).unwrap_or(u32::MAX)
}

/// Whether a condition may approve an extension: not beyond a reviewer's limit.
pub fn may_be_automatic(first: &Request) -> bool {
    past_a_limit(first).is_none()
}

/// Refuses an extension without a review if a reviewer limited the access.
///
/// # Errors
/// [`Refusal::Limited`].
pub fn check_limit(first: &Request, terms: &Terms) -> Result<(), Refusal> {
    let limit = past_a_limit(first).filter(|_| terms.by.is_empty());
    limit.map_or(Ok(()), |why| Err(Refusal::Limited(why)))
}

/// Refuses an extension for another scope than its grant has.
///
/// # Errors
/// [`Refusal::OtherScope`].
pub fn check_scope(asked: &RequestStatement, terms: &Terms) -> Result<(), Refusal> {
    let approved = terms.named.as_ref().map(|scope| scope.document);
    let wanted = asked.scope.as_ref().map(|scope| scope.document);
    if approved == wanted { Ok(()) } else { Err(Refusal::OtherScope) }
}

/// The change that approves an extension, and the grant's new end.
///
/// # Errors
/// A reviewer limited the access and nobody reviewed the extension, it is for another scope, or it does not fit the
/// grant.
pub fn approve(
    first: Option<&Request>,
    asked: &RequestStatement,
    terms: &Terms,
    now: Timestamp,
) -> Result<(Change, Timestamp), Refusal> {
    let first = first.ok_or(ExtensionError::Unknown)?;
    check_scope(asked, terms)?;
    check_limit(first, terms)?;
    Ok(approval(first, asked, terms, now)?)
}

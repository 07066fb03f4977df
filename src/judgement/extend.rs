//! Asking for more time: whether it is taken, and when the grant ends by it if nobody has to agree.

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

/// Holds a request for more time against the grant that it extends, and against both policies' longest time and number of
/// extensions.
///
/// # Errors
/// There is no such active grant of the person who asks, it asks for something else, or for more than the policies give.
pub fn check(bench: &Bench, case: &Case<'_>, first: Option<&Request>) -> Result<(), Refusal> {
    first.ok_or(ExtensionError::Unknown)?.check_extension(case.request, case.now)?;
    clocks::check_length(bench, case)
}

/// How often a grant was extended before, by its own log and never by anybody's word.
pub fn before(first: &Request) -> u32 {
    u32::try_from(first.extensions.len()).unwrap_or(u32::MAX)
}

/// Whether a condition may give more time: not past what a reviewer allowed.
pub fn may_be_automatic(first: &Request) -> bool {
    past_a_limit(first).is_none()
}

/// Refuses more time without a review where a reviewer limited the access.
///
/// # Errors
/// [`Refusal::Limited`].
pub fn check_limit(first: &Request, terms: &Terms) -> Result<(), Refusal> {
    let limit = past_a_limit(first).filter(|_| terms.by.is_empty());
    limit.map_or(Ok(()), |why| Err(Refusal::Limited(why)))
}

/// Refuses more time for another piece of the role than its grant is for.
///
/// # Errors
/// [`Refusal::OtherScope`].
pub fn check_scope(asked: &RequestStatement, terms: &Terms) -> Result<(), Refusal> {
    let approved = terms.named.as_ref().map(|scope| scope.document);
    let wanted = asked.scope.as_ref().map(|scope| scope.document);
    if approved == wanted { Ok(()) } else { Err(Refusal::OtherScope) }
}

/// The change that approves more time, and when the grant ends by it.
///
/// # Errors
/// A reviewer limited the access and nobody reviewed this, it is for another piece, or it does not fit the grant.
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

//! The reviews of a request as shown to people and programs.

use jiff::Timestamp;
use serde::Serialize;

use crate::flow::Standing;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::grant::Statement;
use crate::grant::span::Span;
use crate::grant::text::sanitise;
use crate::protocol::ReviewView;

/// A review, as its statement says.
#[derive(Debug, Serialize)]
pub(super) struct ReviewJson {
    pub(super) by: Name,
    pub(super) verdict: &'static str,
    pub(super) at: Timestamp,
    pub(super) comment: String,
    pub(super) duration: Option<Span>,
    pub(super) scope: Option<Name>,
}

/// The reviews as signed, or as GitHub vouches for them. Leaves out a review of another request.
pub(super) fn reviews(standing: &Standing) -> Vec<ReviewJson> {
    standing.view.reviews.iter().filter_map(|review| read(review, standing)).collect()
}

/// A review as its statement says. `None` if it is of another request.
pub(super) fn read(review: &ReviewView, standing: &Standing) -> Option<ReviewJson> {
    // If a repository decides, a review by account has no statement: the client derived it from the account's id.
    if review.signed.statement.is_empty()
        && AuthorityAddress::of(&standing.asked.header.authority).is_github()
    {
        return Some(ReviewJson {
            by: review.by.clone(),
            verdict: review.verdict.as_str(),
            at: review.at,
            comment: String::new(),
            duration: None,
            scope: None,
        });
    }
    match Statement::parse(review.signed.statement.as_bytes()) {
        Ok(Statement::Review(statement)) if statement.request == standing.digest => Some(ReviewJson {
            by: statement.header.who,
            verdict: statement.verdict.as_str(),
            at: review.at,
            comment: sanitise(&statement.comment),
            duration: statement.duration,
            scope: statement.scope,
        }),
        _ => None,
    }
}

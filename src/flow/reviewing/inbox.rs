//! Requests that wait for the person's review, the oldest first.

use jiff::Timestamp;

use crate::authority::Listing;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::grant::span::Span;
use crate::state::index;
use crate::state::index::IndexError;
use crate::state::index::Review;

/// The pending requests, each checked against its bytes. An invalid one is reported and left out, because nobody can
/// approve it.
pub async fn inbox(client: &Client<'_>, connected: &Connected) -> Result<Vec<Standing>, Failure> {
    let (waiting, warnings) = read(client, connected).await?;
    for warning in warnings {
        client.console().say(&format!("warning: {warning}"));
    }
    Ok(waiting)
}

/// The same. Returns the reports instead of showing them.
pub(in crate::flow) async fn read(
    client: &Client<'_>,
    connected: &Connected,
) -> Result<(Vec<Standing>, Vec<String>), Failure> {
    let authority = connected.authority.as_ref();
    let (mut waiting, mut warnings) = (Vec::new(), Vec::new());
    for view in authority.requests(Listing::Inbox).await? {
        let id = view.id.clone();
        match Standing::read(view, authority) {
            Ok(standing) => waiting.push(standing),
            Err(failure) => {
                let cause = failure.causes.first().cloned().unwrap_or_default();
                warnings.push(format!("{id} is left out: {cause}"));
            }
        }
    }
    // Those of the same second must not change places at a refresh.
    waiting.sort_by_key(|standing| (standing.asked.created, standing.view.id.clone()));
    remember(client, authority.url(), &waiting);
    Ok((waiting, warnings))
}

/// Writes them into the index for the prompt. A failure to write does not withhold the list.
fn remember(client: &Client<'_>, authority: &str, waiting: &[Standing]) {
    let reviews: Vec<Review> = waiting
        .iter()
        .filter(|standing| standing.view.may_review)
        .map(|standing| Review {
            id: standing.view.id.clone(),
            role: standing.asked.role.clone(),
            authority: authority.to_owned(),
            until: until(standing),
        })
        .collect();
    say_unwritten(client, index::put_reviews(&client.system.files, authority, &reviews));
}

/// How long the prompt shows a break-glass request without a review.
const AFTERWARDS: Span = Span::of_minutes(31 * 24 * 60);

/// When the request no longer waits. A break-glass request waits until a review.
fn until(standing: &Standing) -> Timestamp {
    if standing.is_emergency() {
        AFTERWARDS.after(standing.asked.created)
    } else {
        standing.view.pending_until
    }
}

/// Shows that the index was not written, if the command itself did not fail.
pub(in crate::flow) fn say_unwritten(client: &Client<'_>, written: Result<(), IndexError>) {
    if let Err(error) = written {
        client.console().say(&format!("warning: prompt and completion are out of date: {error}"));
    }
}

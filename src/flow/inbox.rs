//! Requests that wait for my review, the oldest first.

use super::Client;
use super::Connected;
use super::Failure;
use super::Standing;
use crate::authority::Listing;

/// What waits, each checked against its bytes. One that does not hold is said and left out: nobody can approve it.
pub async fn inbox(client: &Client<'_>, connected: &Connected) -> Result<Vec<Standing>, Failure> {
    let authority = connected.authority.as_ref();
    let mut waiting = Vec::new();
    for view in authority.requests(Listing::Inbox).await? {
        let id = view.id.clone();
        match Standing::read(view, authority) {
            Ok(standing) => waiting.push(standing),
            Err(failure) => {
                let cause = failure.causes.first().cloned().unwrap_or_default();
                client.console().say(&format!("warning: {id} is left out: {cause}"));
            }
        }
    }
    waiting.sort_by_key(|standing| standing.asked.created);
    Ok(waiting)
}

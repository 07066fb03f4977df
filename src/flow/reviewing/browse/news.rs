//! Fetches the inbox again while it is open: after a while, or as soon as the open request changes.

use std::time::Duration;

use crate::authority::AuthorityError;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::reviewing::inbox;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::protocol::RequestView;

/// How often a broker is asked.
const BROKER: Duration = Duration::from_secs(10);
/// How often GitHub is asked, which limits calls by the hour.
const GITHUB: Duration = Duration::from_secs(60);
/// The longest pause while the authority is unreachable.
const LONGEST: Duration = Duration::from_secs(120);
/// How long one long-polling read of the open request lasts.
const ROUND: Duration = Duration::from_secs(25);
/// Of how many requests that left the list the end is looked up at once.
const LOOKED_UP: usize = 5;

/// A fetched inbox.
pub(super) struct News {
    /// The requests that wait.
    pub(super) waiting: Vec<Standing>,
    /// The requests that were left out, and why.
    pub(super) warnings: Vec<String>,
    /// The requests that were known and no longer wait, and how each ended.
    pub(super) ended: Vec<(RequestId, String)>,
}

/// The pause before the next fetch, after so many failed ones in a row.
pub(super) fn pause(connected: &Connected, failures: u32) -> Duration {
    let is_github = AuthorityAddress::of(connected.authority.url()).is_github();
    let usual = if is_github { GITHUB } else { BROKER };
    usual.saturating_mul(1 << failures.min(5)).min(LONGEST.max(usual))
}

/// Waits for the pause, or until the open request is news, then fetches. `known` are the requests that are shown.
pub(super) async fn next(
    client: &Client<'_>,
    connected: &Connected,
    pause: Duration,
    opened: Option<RequestView>,
    known: Vec<RequestId>,
) -> Result<News, Failure> {
    let changed = async {
        if let Some(seen) = &opened
            && let Ok(Some(_)) = connected.authority.changed(&seen.id, seen, ROUND).await
        {
            return;
        }
        // Without news, the pause alone decides: an authority that answers at once is not asked in a circle.
        std::future::pending::<()>().await;
    };
    if !pause.is_zero() {
        tokio::select! {
            () = client.system.clock.sleep(pause) => {}
            () = changed => {}
        }
    }
    fetch(client, connected, &known).await
}

async fn fetch(client: &Client<'_>, connected: &Connected, known: &[RequestId]) -> Result<News, Failure> {
    let (waiting, warnings) = inbox::read(client, connected).await?;
    let mut ended = Vec::new();
    for id in known.iter().filter(|id| !waiting.iter().any(|one| one.view.id == **id)) {
        let how = if ended.len() < LOOKED_UP {
            look_up(connected, id).await
        } else {
            format!("{id} no longer waits for your review")
        };
        ended.push((id.clone(), how));
    }
    Ok(News { waiting, warnings, ended })
}

async fn look_up(connected: &Connected, id: &RequestId) -> String {
    let read = |view| Standing::read(view, connected.authority.as_ref());
    match connected.authority.request(id).await.map(read) {
        Ok(Ok(standing)) => how(&standing),
        Ok(Err(failure)) => failure.in_one_line(),
        Err(error) => unknown(id, &error),
    }
}

fn unknown(id: &RequestId, error: &AuthorityError) -> String {
    format!("{id} no longer waits for your review: {error}")
}

/// How a request ended, or why it no longer waits.
fn how(standing: &Standing) -> String {
    let view = &standing.view;
    let closing = view.closing.as_ref();
    let by = closing.and_then(|closing| closing.by.as_ref());
    let by = by.map_or_else(String::new, |by| format!(" by {by}"));
    let what = format!("{} ({} for {})", view.id, standing.what(), standing.asked.header.who);
    let happened = match (&view.acknowledged, view.state) {
        (Some(review), _) => format!("was reviewed by {}", review.by),
        (None, State::Pending) => "waits for others now".to_owned(),
        (None, State::Approved | State::Active) => {
            let people: Vec<&str> = view.approved_by.iter().map(Name::as_str).collect();
            match people.is_empty() {
                true => "was approved".to_owned(),
                false => format!("was approved by {}", people.join(" and ")),
            }
        }
        (None, State::Denied) => format!("was denied{by}"),
        (None, State::Cancelled) => format!("was taken back{by}"),
        (None, State::Expired) => "expired: nobody decided".to_owned(),
        (None, State::Revoked) => format!("was revoked{by}"),
        (None, State::Ended) => "has ended".to_owned(),
    };
    format!("{what} {happened}")
}

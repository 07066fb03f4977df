//! The tool `wait`.

use std::collections::BTreeMap;

use rmcp::model::CustomNotification;
use rmcp::model::ElicitRequest;
use rmcp::model::ElicitRequestParams;
use rmcp::model::InputRequest;
use rmcp::model::InputRequiredResult;
use rmcp::model::ServerNotification;
use rmcp::model::ServerRequest;
use serde::Deserialize;
use serde_json::json;

use super::answer::Answer;
use super::answer::Outcome;
use super::answer::Problem;
use super::server::Caller;
use super::session::Session;
use super::standing;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::Standing;
use crate::flow::asking::wait;
use crate::flow::joining::page;
use crate::flow::session::find;
use crate::grant::State;
use crate::grant::span::Span;
use crate::system::System;

/// The seconds that it waits if the call does not say. Many clients give a call a minute.
pub const DEFAULT: u64 = 50;
/// The longest wait, in seconds.
pub const MOST: u64 = 600;

/// The input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    #[serde(alias = "role")]
    request: String,
    timeout_seconds: Option<u64>,
}

pub async fn call(input: Input, session: &Session, caller: &Caller, system: &System) -> Answer {
    let seconds = input.timeout_seconds.unwrap_or(DEFAULT);
    if !(1..=MOST).contains(&seconds) {
        return Err(Problem::Input(format!("`timeout_seconds` is from 1 to {MOST}")));
    }
    let limit: Span = format!("{seconds}s").parse().map_err(|error| Problem::Input(format!("{error}")))?;
    let client = Client::open(system)?;
    client.account()?;
    let connected = client.connect().await?;
    let found = find::for_reading(&client, &connected, &input.request).await?;
    if found.asked.header.who != connected.person {
        let (id, who) = (&found.view.id, &found.asked.header.who);
        return Err(Failure::refused(format!("request {id} is {who}'s")).into());
    }
    let id = found.view.id.clone();
    let mut shown = None;
    if found.view.state == State::Pending {
        shown = page::address(&client, &connected, &id).await;
        if let Some(address) = shown.as_ref().filter(|_| caller.shows_pages && session.shows(&id)) {
            if caller.is_stateless {
                return Ok(Outcome::Ask(question(&found, address)));
            }
            ask(caller, &found, address);
        }
    }
    let standing = decided(&client, &connected, found, limit).await?;
    if shown.is_some() && caller.shows_pages && standing.view.state != State::Pending {
        tell_done(caller, id.as_str()).await;
    }
    Ok(Outcome::Done(standing::view(&client, &standing, None, shown)))
}

/// The request when it is decided, or as it is when the time is over.
async fn decided(
    client: &Client<'_>,
    connected: &Connected,
    found: Standing,
    limit: Span,
) -> Result<Standing, Failure> {
    let id = found.view.id.clone();
    match wait::decided(client, connected, found, Some(limit)).await {
        Ok(standing) => Ok(standing),
        // Still pending, or decided against it: both are an answer.
        Err(failure) if matches!(failure.kind, Kind::Waiting | Kind::Refused) => {
            standing::again(connected, &id).await
        }
        Err(failure) => Err(failure),
    }
}

/// The page on which the people who decide find the request. The client shows it to its person, who need not be one of them.
fn page_of(standing: &Standing, address: &str) -> ElicitRequestParams {
    let (id, what) = (&standing.view.id, standing.what());
    ElicitRequestParams::UrlElicitationParams {
        meta: None,
        message: format!(
            "Request {id} for {what} waits for approval. Open its page, or have a reviewer type: jit approve {id}"
        ),
        url: address.to_owned(),
        elicitation_id: id.to_string(),
    }
}

/// Protocol 2026-07-28: the call ends with a question, and the client calls again.
fn question(standing: &Standing, address: &str) -> InputRequiredResult {
    let request = InputRequest::Elicitation(ElicitRequest::new(page_of(standing, address)));
    let requests = BTreeMap::from([("approval".to_owned(), request)]);
    // The request's id is all there is to know, and the call's own input names it again.
    InputRequiredResult::new(Some(requests), Some(standing.view.id.to_string()))
}

/// Up to protocol 2025-11-25: a request to the client beside the call. Its answer changes nothing: the authority decides.
fn ask(caller: &Caller, standing: &Standing, address: &str) {
    let request = ServerRequest::ElicitRequest(ElicitRequest::new(page_of(standing, address)));
    let peer = caller.peer.clone();
    tokio::spawn(async move {
        if let Err(error) = peer.send_request(request).await {
            tracing::debug!(%error, "the client did not show the page");
        }
    });
}

/// Tells the client that the page needs nobody any more (2025-11-25, `notifications/elicitation/complete`).
async fn tell_done(caller: &Caller, id: &str) {
    if caller.is_stateless {
        return;
    }
    let done =
        CustomNotification::new("notifications/elicitation/complete", Some(json!({ "elicitationId": id })));
    let _ = caller.peer.send_notification(ServerNotification::CustomNotification(done)).await;
}

//! The tool `end`.

use serde::Deserialize;

use super::answer::Answer;
use super::answer::Outcome;
use super::standing;
use crate::flow::Client;
use crate::flow::using::end;
use crate::grant::Name;
use crate::system::System;

/// The input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    #[serde(alias = "role")]
    request: String,
}

pub async fn call(input: Input, system: &System) -> Answer {
    let client = Client::open(system)?;
    client.account()?;
    if let Ok(role) = input.request.parse::<Name>() {
        super::request::refuse_direct(&client, &role)?;
    }
    let connected = client.connect().await?;
    let ended = end::end(&client, &connected, &input.request, false).await?;
    let now = client.now();
    ended.given_back().into_iter().for_each(|said| client.console().say(said));
    ended.lasting(now, &system.zone).into_iter().for_each(|said| client.console().say(&said));
    Ok(Outcome::Done(standing::view(&client, &ended.standing, None, None)))
}

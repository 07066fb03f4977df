//! The tool `status`.

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::answer::Answer;
use super::answer::Outcome;
use super::answer::word;
use crate::flow::Client;
use crate::flow::using::status;
use crate::system::System;

/// The input, which has no members.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {}

pub async fn call(_: Input, system: &System) -> Answer {
    let client = Client::open(system)?;
    client.account()?;
    let found = status::status(&client).await?;
    if let Some(stale) = &found.stale {
        client.console().say(&format!("as this machine remembers it: {}", stale.in_one_line()));
    }
    let of_broker = found.entries.iter().filter_map(|entry| Some((entry.id.as_ref()?, entry)));
    let requests: Vec<Value> = of_broker
        .map(|(id, entry)| {
            json!({
                "id": id,
                "role": entry.role,
                "scope": entry.scope,
                "state": word(entry.state),
                "until": entry.until.to_string(),
                "opens": entry.place.name,
            })
        })
        .collect();
    Ok(Outcome::Done(json!({ "requests": requests, "stale": found.stale.is_some() })))
}

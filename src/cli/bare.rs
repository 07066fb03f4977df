//! `jit` alone: your access, what waits, and what to type next. Never fails because the broker is unreachable.

use super::begin;
use super::status;
use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::reviewing::inbox;
use crate::flow::using::status as statuses;
use crate::grant::State;

/// Shows the overview.
pub async fn run(client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
    let found = statuses::status(client).await?;
    let settings = &client.settings;
    if found.entries.is_empty() && settings.authority().is_none() && settings.roles.is_empty() {
        // Boxed, since its ways are large and seldom gone.
        return Box::pin(begin::guide(client, ui)).await;
    }
    status::say_stale(&found, ui);
    let now = client.now();
    status::overview(&found.entries, now, ui)?;
    let waiting = match (&found.stale, client.settings.authority()) {
        (None, Some(_)) => {
            let connected = client.connect().await?;
            inbox::inbox(client, &connected).await?.len()
        }
        _ => 0,
    };
    if waiting > 0 {
        let requests = if waiting == 1 { "1 request waits" } else { &format!("{waiting} requests wait") };
        ui.line(&format!("{requests} for your review"))?;
    }
    let next = match found.entries.first() {
        _ if found.stale.as_ref().is_some_and(|stale| stale.kind == Kind::NotLoggedIn) => {
            "jit login".to_owned()
        }
        _ if waiting > 0 => "jit inbox".to_owned(),
        Some(entry) if entry.state == State::Pending => {
            match entry.id.as_ref().filter(|_| entry.extends.is_some()) {
                Some(id) => format!("jit wait {id}"),
                None => format!("jit wait {}", entry.role),
            }
        }
        Some(entry) => format!("jit exec {} -- COMMAND", entry.role),
        None => "jit roles".to_owned(),
    };
    ui.say(&format!("next: {next}"));
    Ok(())
}

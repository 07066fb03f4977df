//! Shared by `request` and `wait`: reporting the state, waiting, and getting the credentials.

use super::ui::Ui;
use super::ui::request as shown;
use super::ui::request::RequestJson;
use crate::flow::Access;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::asking::extend;
use crate::flow::asking::wait;
use crate::flow::using::obtain;
use crate::grant::Name;
use crate::grant::Purpose;
use crate::grant::State;
use crate::grant::span::Span;
use crate::grant::text::prose;

/// The result for a request.
pub enum Reached {
    /// The credentials are in the keychain.
    Access(Box<Standing>, Box<Access>),
    /// It is approved. Its first use starts the time.
    Approved(Box<Standing>),
    /// An extension was approved: its request, and the grant that ends later.
    Extended(Box<Standing>, Box<Standing>),
}

/// Waits for the decision. Gets the credentials at once if the approval came soon enough.
pub async fn carry_through(
    client: &Client<'_>,
    connected: &Connected,
    standing: Standing,
    limit: Option<Span>,
) -> Result<Reached, Failure> {
    let waited = standing.view.state == State::Pending;
    let standing = wait::decided(client, connected, standing, limit).await?;
    if waited && !standing.view.approved_by.is_empty() {
        let people: Vec<&str> = standing.view.approved_by.iter().map(Name::as_str).collect();
        client.console().say(&format!("approved by {}", people.join(" and ")));
    }
    if standing.asked.extends().is_some() {
        let first = extend::settle(client, connected, &standing).await?;
        return Ok(Reached::Extended(Box::new(standing), Box::new(first)));
    }
    // Access for one command begins when that runs.
    if standing.asked.purpose.is_some() || !wait::starts_at_once(&standing, client.now()) {
        return Ok(Reached::Approved(Box::new(standing)));
    }
    let access = obtain::obtain(client, connected, &standing).await?;
    Ok(Reached::Access(Box::new(standing), Box::new(access)))
}

/// Waits for the decision and says what came of it: the last line, or the request as JSON.
pub async fn carry_to_the_end(
    client: &Client<'_>,
    connected: &Connected,
    standing: Standing,
    json: bool,
    ui: &Ui<'_>,
) -> Result<(), Failure> {
    let id = standing.view.id.clone();
    let reached = carry_through(client, connected, standing, None).await?;
    if !json {
        return conclude(&reached, client, ui);
    }
    let latest = match reached {
        // Getting the credentials changed the request.
        Reached::Access(..) => {
            Standing::read(connected.authority.request(&id).await?, connected.authority.as_ref())?
        }
        Reached::Approved(standing) | Reached::Extended(standing, _) => *standing,
    };
    ui.json(&RequestJson::of(&latest, client.now()))
}

/// Says who was notified of a new request, and who could agree although nobody was.
pub fn say_told(standing: &Standing, ui: &Ui<'_>) {
    for line in shown::told_of_new(standing) {
        ui.say(&line);
    }
}

/// Prints the last line: the result, and what to type next.
pub fn conclude(reached: &Reached, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
    let now = client.now();
    match reached {
        Reached::Access(standing, access) => {
            let place = standing.asked.target.place();
            let role = &access.role;
            ui.line(&format!("{role} in {place} is active until {}", ui.until(access.until, now)))?;
            ui.say(&format!("use it: jit exec {role} -- COMMAND"));
        }
        Reached::Extended(_, first) => {
            let role = &first.asked.role;
            let place = first.asked.target.place();
            ui.line(&format!("{role} in {place} is active until {}", ui.until(first.until(), now)))?;
            ui.say("running commands whose credentials jit renews continue until then");
        }
        Reached::Approved(standing) => {
            let role = &standing.asked.role;
            let lasts = standing.view.approved_duration.unwrap_or(standing.asked.duration);
            ui.line(&format!("{role} is approved for {lasts}; the time begins with its first use"))?;
            let command = standing.asked.purpose.as_ref().map_or_else(|| "COMMAND".to_owned(), Purpose::line);
            ui.say(&format!("use it: jit exec {role} -- {command}"));
        }
    }
    Ok(())
}

/// Says in one line that a request waits.
pub fn say_standing(standing: &Standing, reused: bool, ui: &Ui<'_>) {
    let id = &standing.view.id;
    let state = standing.view.state;
    let more = if standing.asked.extends().is_some() { "more time for " } else { "" };
    let role = format!("{more}{}", standing.what());
    let line = match (reused, state) {
        (true, State::Active) => format!("{role} is active already, by request {id}"),
        (true, state) => format!("request {id} for {role} exists already; it is {}", state.as_str()),
        (false, State::Pending) => format!("asked for {role}: request {id}"),
        (false, state) => format!("asked for {role}: request {id} is {}", state.as_str()),
    };
    ui.say(&line);
    // A reason that was typed now is not sent: the open request has its own, and the reviewers read that one.
    if reused && state == State::Pending {
        match standing.asked.reason.as_str() {
            "" => ui.say("it was asked without a reason"),
            reason => ui.say(&format!("it was asked with the reason: {}", prose(reason))),
        }
    }
}

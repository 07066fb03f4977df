use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::ui::Ui;
use super::ui::request::RequestJson;
use super::ui::table::Fit;
use super::ui::table::Table;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::reviewing::sweep;
use crate::flow::using::status;
use crate::flow::using::status::Status as Found;
use crate::grant::Cloud;
use crate::grant::Name;
use crate::grant::Place;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::span::time_left;
use crate::state::index::Entry;

/// Show your grants and requests
#[derive(Debug, Args)]
#[command(
    long_about = "Show your grants and requests.

jit asks the broker. If the broker is unreachable, jit shows what this machine remembers, and says so. With --all, jit shows \
everybody's access that you may revoke or audit: who, which role, which scope, until when.",
    after_long_help = "Examples:
  jit status
  jit status --verify
  jit status --json
  jit status --all"
)]
pub struct Status {
    /// Show everybody's access that you may revoke or audit
    #[arg(long, conflicts_with = "verify")]
    all: bool,
    /// Ask the cloud which identity the credentials have
    #[arg(long)]
    verify: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct StatusJson {
    role: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Name>,
    id: Option<RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extends: Option<RequestId>,
    state: &'static str,
    cloud: Cloud,
    place: Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    asked: Timestamp,
    until: Timestamp,
    direct: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    emergency: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<Verified>,
}

#[derive(Debug, Clone, Serialize)]
struct Verified {
    arn: Option<String>,
    problem: Option<String>,
    /// Whose word it is, where the place itself does not say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

impl Status {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        if self.all {
            return everybody(client, self.json, ui).await;
        }
        let found = status::status(client).await?;
        say_stale(&found, ui);
        let mut rows: Vec<StatusJson> = found.entries.iter().map(StatusJson::of).collect();
        let mut failed = None;
        if self.verify {
            for verdict in status::verify(client, &found.entries).await? {
                let verified = match verdict.identity {
                    Ok(identity) => {
                        Verified { arn: Some(identity.who), problem: None, note: verdict.hearsay }
                    }
                    Err(failure) => {
                        let verified =
                            Verified { arn: None, problem: Some(failure.message.clone()), note: None };
                        failed = Some(failure);
                        verified
                    }
                };
                let is_its = |row: &&mut StatusJson| {
                    row.role == verdict.role && row.id == verdict.request && row.extends.is_none()
                };
                for row in rows.iter_mut().filter(is_its) {
                    row.verified = Some(verified.clone());
                }
            }
        }
        if self.json {
            ui.json(&rows)?;
        } else {
            show(&rows, client.now(), ui)?;
            if rows.is_empty() {
                ui.say(
                    "you have no grants and no requests; `jit roles` lists the roles that you may ask for",
                );
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

/// Shows who has access now.
async fn everybody(client: &Client<'_>, json: bool, ui: &Ui<'_>) -> Result<(), Failure> {
    let connected = client.connect().await?;
    let mut open = sweep::everybody(client, &connected).await?;
    let now = client.now();
    open.retain(|standing| matches!(standing.state_at(now), State::Approved | State::Active));
    if json {
        let rows: Vec<RequestJson> = open.iter().map(|standing| RequestJson::of(standing, now)).collect();
        return ui.json(&rows);
    }
    if open.is_empty() {
        ui.say("there is no access that you may revoke or audit");
        return Ok(());
    }
    let mut table = Table::new(&[
        ("WHO", Fit::Whole),
        ("ROLE", Fit::Whole),
        ("SCOPE", Fit::Whole),
        ("STATE", Fit::Whole),
        ("UNTIL", Fit::Wrap),
        ("ID", Fit::Whole),
    ]);
    for standing in &open {
        let asked = &standing.asked;
        let until = standing.view.active_until.or(standing.view.unused_until);
        table.row(vec![
            asked.header.who.to_string(),
            ui.heading(asked.role.as_str()),
            standing.scope().map_or_else(|| "-".to_owned(), Name::to_string),
            ui.state(standing.state_at(now).as_str()),
            until.map_or_else(String::new, |until| ui.when(until, now)),
            standing.view.id.to_string(),
        ]);
    }
    ui.table(&table)?;
    ui.say("next: jit revoke ID --reason TEXT, or jit revoke --person WHO --reason TEXT");
    Ok(())
}

/// Says that the broker's answer is missing, and why.
pub fn say_stale(found: &Found, ui: &Ui<'_>) {
    if let Some(stale) = &found.stale {
        let hint = if stale.kind == Kind::NotLoggedIn { "; type `jit login`" } else { "" };
        ui.say(&format!("note: as this machine remembers it: {}{hint}", stale.message));
    }
}

impl StatusJson {
    fn of(entry: &Entry) -> Self {
        Self {
            role: entry.role.clone(),
            scope: entry.scope.clone(),
            id: entry.id.clone(),
            extends: entry.extends.clone(),
            state: entry.state.as_str(),
            cloud: entry.cloud,
            place: entry.place.clone(),
            account: entry.place.as_account().map(str::to_owned),
            asked: entry.asked,
            until: entry.until,
            direct: entry.is_direct(),
            emergency: entry.emergency,
            verified: None,
        }
    }
}

fn show(rows: &[StatusJson], now: Timestamp, ui: &Ui<'_>) -> Result<(), Failure> {
    let mut table = Table::new(&[
        ("ROLE", Fit::Whole),
        ("SCOPE", Fit::Whole),
        ("STATE", Fit::Whole),
        ("TIME", Fit::Wrap),
        ("ACCOUNT", Fit::Whole),
        ("REQUEST", Fit::Whole),
        ("NOTE", Fit::Wrap),
        ("IDENTITY", Fit::Wrap),
    ]);
    for row in rows {
        let note = match &row.extends {
            Some(first) => format!("more time for {first}"),
            None if row.emergency => "emergency".to_owned(),
            None => String::new(),
        };
        let identity = row.verified.as_ref().map(|verified| match &verified.arn {
            Some(arn) => {
                let note = verified.note.map_or_else(String::new, |note| format!(" ({note})"));
                format!("{}{note}", crate::grant::text::sanitise(arn))
            }
            None => verified.problem.clone().unwrap_or_default(),
        });
        table.row(vec![
            ui.heading(row.role.as_str()),
            row.scope.as_ref().map_or_else(String::new, Name::to_string),
            ui.state(row.state),
            remaining(row.state, row.until, now),
            row.place.name.clone(),
            row.id.as_ref().map_or_else(|| "direct".to_owned(), RequestId::to_string),
            note,
            identity.unwrap_or_default(),
        ]);
    }
    ui.table(&table)
}

/// How long the state lasts, with a word for what ends: the request, the right to begin, or the access.
pub fn remaining(state: &str, until: Timestamp, now: Timestamp) -> String {
    let left = time_left(now, until);
    match state {
        _ if until <= now => "over".to_owned(),
        "pending" => format!("expires in {left}"),
        "approved" => format!("usable for {left}"),
        _ => format!("{left} left"),
    }
}

/// The same table, for `jit` alone.
pub fn overview(entries: &[Entry], now: Timestamp, ui: &Ui<'_>) -> Result<(), Failure> {
    let rows: Vec<StatusJson> = entries.iter().map(StatusJson::of).collect();
    show(&rows, now, ui)
}

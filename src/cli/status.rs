use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::ui::Ui;
use super::ui::request::RequestJson;
use super::ui::table::table;
use super::ui::when;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::Standing;
use crate::flow::status;
use crate::flow::status::Status as Found;
use crate::flow::sweep;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::span::time_left;
use crate::prompt::index::Entry;

/// Show my grants and requests
#[derive(Debug, Args)]
#[command(
    long_about = "Show my grants and requests.

Asks the broker; when it cannot be reached, shows what this machine remembers and says so. With --all, shows everybody's \
access that you may revoke or audit, now: who, which role, which part of it, until when.",
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
    /// Ask the cloud who each set of credentials belongs to
    #[arg(long)]
    verify: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct StatusJson {
    role: Name,
    id: Option<RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extends: Option<RequestId>,
    state: &'static str,
    account: String,
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
                    Ok(identity) => Verified { arn: Some(identity.arn), problem: None },
                    Err(failure) => {
                        let verified = Verified { arn: None, problem: Some(failure.message.clone()) };
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
            ui.print(&text(&rows, client.now(), ui))?;
            if rows.is_empty() {
                ui.say("nothing is active and nothing waits; `jit roles` lists what you may ask for");
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

/// Who has access now.
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
        ui.say("nobody has access that you may revoke or audit");
        return Ok(());
    }
    let titles = ["WHO", "ROLE", "SCOPE", "STATE", "UNTIL", "ID"].map(|title| ui.heading(title));
    let rows = open.iter().map(|standing| {
        let asked = &standing.asked;
        let until = standing.view.active_until.or(standing.view.unused_until);
        vec![
            asked.header.who.to_string(),
            ui.heading(asked.role.as_str()),
            scope_of(standing),
            ui.state(standing.state_at(now).as_str()),
            until.map_or_else(String::new, |until| when(until, now)),
            standing.view.id.to_string(),
        ]
    });
    ui.print(&table(&std::iter::once(titles.to_vec()).chain(rows).collect::<Vec<_>>()))?;
    ui.say("next: jit revoke ID --reason TEXT, or jit revoke --person WHO --reason TEXT");
    Ok(())
}

/// The part of the role: as it was asked for, or as it was approved.
fn scope_of(standing: &Standing) -> String {
    let asked = standing.asked.scope.as_ref().map(|scope| scope.name.to_string());
    asked
        .or_else(|| standing.view.approved_scope.as_ref().map(Name::to_string))
        .unwrap_or_else(|| "-".to_owned())
}

/// Says that the broker's word is missing, and why.
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
            id: entry.id.clone(),
            extends: entry.extends.clone(),
            state: entry.state.as_str(),
            account: entry.account.clone(),
            asked: entry.asked,
            until: entry.until,
            direct: entry.is_direct(),
            emergency: entry.emergency,
            verified: None,
        }
    }
}

fn text(rows: &[StatusJson], now: Timestamp, ui: &Ui<'_>) -> String {
    let mut lines = Vec::new();
    for row in rows {
        let mut line = cells(&row.role, row.state, &row.account, row.until, row.id.as_ref(), now, ui);
        if row.emergency {
            line.push("emergency".to_owned());
        }
        if let Some(first) = &row.extends {
            line.push(format!("more time for {first}"));
        }
        if let Some(verified) = &row.verified {
            line.push(match (&verified.arn, &verified.problem) {
                (Some(arn), _) => crate::grant::text::sanitise(arn),
                (None, problem) => problem.clone().unwrap_or_default(),
            });
        }
        lines.push(line);
    }
    table(&lines)
}

fn cells(
    role: &Name,
    state: &str,
    account: &str,
    until: Timestamp,
    id: Option<&RequestId>,
    now: Timestamp,
    ui: &Ui<'_>,
) -> Vec<String> {
    vec![
        ui.heading(role.as_str()),
        ui.state(state),
        format!("{} left", time_left(now, until)),
        account.to_owned(),
        id.map_or_else(|| "direct".to_owned(), RequestId::to_string),
    ]
}

/// The same lines for bare `jit`.
pub fn overview(entries: &[Entry], now: Timestamp, ui: &Ui<'_>) -> String {
    let rows: Vec<StatusJson> = entries.iter().map(StatusJson::of).collect();
    text(&rows, now, ui)
}

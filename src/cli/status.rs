use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::ui::Ui;
use super::ui::table::table;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::status;
use crate::flow::status::Status as Found;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::span::time_left;
use crate::prompt::index::Entry;

/// Show my grants and requests
#[derive(Debug, Args)]
#[command(
    long_about = "Show my grants and requests.

Asks the broker; when it cannot be reached, shows what this machine remembers and says so.",
    after_long_help = "Examples:
  jit status
  jit status --verify
  jit status --json"
)]
pub struct Status {
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

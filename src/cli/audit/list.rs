//! `jit audit list`: events, the newest last.

use clap::Args;

use crate::cli::ui::Ui;
use crate::cli::ui::table::Fit;
use crate::cli::ui::table::Table;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::reviewing::audit;
use crate::flow::reviewing::audit::Wanted;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::span::local_seconds;

/// The default number of events shown.
const FEW: usize = 50;

/// List the events of the audit log, the newest last
#[derive(Debug, Args)]
#[command(
    after_long_help = "A broker shows its log to the auditors that access.toml names. On GitHub, everybody who may read the \
access repository may read the log.

Each event holds the hash of the one before, and jit checks this chain. Keep the last hash somewhere else: it proves later \
that no event up to there was changed or removed.

Examples:
  jit audit list
  jit audit list 3F7K2M9QXW
  jit audit list --person ana --role prod-admin --since 7d
  jit audit list --after 1200 --json"
)]
pub struct List {
    /// Only events of this request, by its whole id
    request: Option<RequestId>,
    /// Only events that this person caused, or that are about their requests or their agents'
    #[arg(long, value_name = "NAME")]
    person: Option<Name>,
    /// Only events about requests for this role
    #[arg(long, value_name = "ROLE")]
    role: Option<Name>,
    /// Only events since then: how long ago (2d, 3h), a day (2026-11-24) or a time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// How many of the newest events to show [default: 50]
    #[arg(long, value_name = "COUNT", conflicts_with = "all")]
    last: Option<usize>,
    /// Show all events
    #[arg(long)]
    all: bool,
    /// Only events after this number; the chain is checked from there on
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    after: u64,
    /// Write JSON, with each event as it is chained
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let since =
            self.since.as_deref().map(|text| audit::since(text, client.now(), ui.zone())).transpose()?;
        let connected = client.connect().await?;
        let wanted = Wanted {
            request: self.request,
            person: self.person,
            role: self.role,
            since,
            after: self.after,
            last: if self.all { None } else { Some(self.last.unwrap_or(FEW)) },
        };
        let working = client.console().working("reading and verifying the log");
        let lines = audit::list(&connected, &wanted).await?;
        drop(working);
        if self.json {
            return ui.json(&lines);
        }
        let mut table = Table::new(&[
            ("EVENT", Fit::Whole),
            ("TIME", Fit::Whole),
            ("REQUEST", Fit::Whole),
            ("WHAT", Fit::Wrap),
            ("FROM", Fit::Wrap),
        ]);
        for line in &lines {
            let record = &line.record;
            let id = record.request.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            for (place, happened) in line.lines(ui.zone()).into_iter().enumerate() {
                let first = |text: String| if place == 0 { text } else { String::new() };
                table.row(vec![
                    first(record.sequence.to_string()),
                    first(local_seconds(record.at, ui.zone())),
                    first(ui.heading(&id)),
                    happened,
                    first(record.source.clone().unwrap_or_default()),
                ]);
            }
        }
        ui.table(&table)?;
        match lines.last().map(|line| &line.record) {
            Some(last) => ui.say(&format!("event {} has the hash {}", last.sequence, last.hash)),
            None if wanted.is_everything() => ui.say("the log has no events yet"),
            None => ui.say("the log has no such event"),
        }
        Ok(())
    }
}

//! `jit report`: who had what when, as text, CSV and JSON.

mod csv;
mod text;

use std::path::PathBuf;

use clap::Args;

use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::reviewing::audit;
use crate::flow::reviewing::report;
use crate::flow::reviewing::report::Wanted;
use crate::flow::reviewing::report::form::Filter;
use crate::grant::Name;

/// Report who had what access when, and who agreed
#[derive(Debug, Args)]
#[command(
    long_about = "Report who had what access when, and who agreed.

jit reads the whole audit log and verifies it: that each event follows the one before, and every signature. If anything does \
not verify, it reports nothing. The report says what could not be verified. A broker shows its log to auditors only. With \
--log, jit reads a file that `jit audit list --all --json` wrote, and needs no login.",
    after_long_help = "A request is in the report if it was asked for, decided or active in the period. --csv writes one line a \
request, with times in UTC; a cell that a spreadsheet would take for a formula begins with an apostrophe.

Examples:
  jit report --since 30d
  jit report --since 2026-10-01 --until 2026-12-31 --csv > access.csv
  jit report --person ana --role prod-admin --json
  jit report --log log.json --policy access"
)]
pub struct Report {
    /// Only since then: how long ago (30d), a day (2026-11-24) or a time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only until then; a day is meant to its end
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only requests for this role
    #[arg(long, value_name = "ROLE")]
    role: Option<Name>,
    /// Only requests that this person made or reviewed
    #[arg(long, value_name = "NAME")]
    person: Option<Name>,
    /// Read an exported log instead of the authority's
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Compare with this policy: roles nobody used, people who left, and who could approve alone
    #[arg(long, value_name = "DIR")]
    policy: Option<PathBuf>,
    /// Refuse a log without this hash, which an earlier report named
    #[arg(long, value_name = "HASH")]
    kept: Option<String>,
    /// Write CSV, one line a request
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl Report {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let now = client.now();
        let since = self.since.as_deref().map(|text| audit::since(text, now, ui.zone())).transpose()?;
        let until = self.until.as_deref().map(|text| report::until(text, now, ui.zone())).transpose()?;
        if since.zip(until).is_some_and(|(since, until)| since >= until) {
            return Err(Failure::usage("the period ends before it begins").hint("swap --since and --until"));
        }
        let filter = Filter { since, until, role: self.role, person: self.person };
        let wanted = Wanted {
            filter,
            log: self.log.as_deref(),
            policy: self.policy.as_deref(),
            kept: self.kept.as_deref(),
        };
        let working = client.console().working("reading and verifying the log");
        let report = report::report(client, &wanted).await?;
        drop(working);
        if self.json {
            return ui.json(&report);
        }
        if self.csv {
            ui.print(&csv::lines(&report)?)?;
            for line in text::provenance(&report) {
                ui.say(&line);
            }
            return Ok(());
        }
        text::show(&report, ui)
    }
}

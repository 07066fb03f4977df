//! `jit audit list`: events, the newest last.

use clap::Args;

use crate::cli::ui::Ui;
use crate::cli::ui::table::table;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::audit;
use crate::flow::audit::Wanted;
use crate::grant::RequestId;

/// How many events are shown where nothing is said.
const FEW: usize = 50;

/// List events, the newest last, once each is found to follow the one before
#[derive(Debug, Args)]
#[command(
    after_long_help = "A broker lets its auditors read, whom access.toml names; on GitHub whoever may read the access
repository can. Each event holds the hash of the one before: keep the last line's hash elsewhere, and
nobody can later tell another story up to there.

Examples:
  jit audit list
  jit audit list 3F7K2M9QXW
  jit audit list --after 1200 --json"
)]
pub struct List {
    /// Only events of this request, by its whole id
    request: Option<RequestId>,
    /// How many of the newest ones
    #[arg(long, value_name = "COUNT", conflicts_with = "all")]
    last: Option<usize>,
    /// Everything
    #[arg(long)]
    all: bool,
    /// Only events after this number, and verified from there on
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    after: u64,
    /// Write JSON, with the events as they are chained
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let connected = client.connect().await?;
        let wanted = Wanted {
            request: self.request,
            after: self.after,
            last: if self.all { None } else { Some(self.last.unwrap_or(FEW)) },
        };
        let everything = wanted.request.is_none() && wanted.after == 0;
        let records = audit::list(&connected, &wanted).await?;
        if self.json {
            return ui.json(&records);
        }
        let mut rows = Vec::new();
        for record in &records {
            let id = record.request.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            for (place, happened) in record.happened.iter().enumerate() {
                let first = |text: String| if place == 0 { text } else { String::new() };
                rows.push(vec![
                    first(record.sequence.to_string()),
                    first(record.at.to_string()),
                    first(ui.heading(&id)),
                    happened.clone(),
                    first(record.source.clone().unwrap_or_default()),
                ]);
            }
        }
        ui.print(&table(&rows))?;
        match records.last() {
            Some(last) => ui.say(&format!("event {} has the hash {}", last.sequence, last.hash)),
            None if everything => ui.say("the log has no event yet"),
            None => ui.say("the log has no such event"),
        }
        Ok(())
    }
}

use clap::Args;

use super::ui::Ui;
use super::ui::request::RequestJson;
use super::ui::table::Fit;
use super::ui::table::Table;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::reviewing::browse;
use crate::flow::reviewing::inbox;
use crate::grant::span::time_since;
use crate::grant::text::prose;

/// List the requests that you may review, the oldest first
#[derive(Debug, Args)]
#[command(
    long_about = "List the requests that you may review, the oldest first.

On a terminal the list stays open and refreshes by itself. The arrows, or j and k, choose a request. Enter shows what its \
requester signed, beside the role as the policy defines it. `a` approves, `l` approves for a shorter time or a scope, `d` \
denies, `r` refreshes, and `q` goes back and leaves. Deciding asks the same questions as `jit approve` and `jit deny`. \
Into a pipe, or with --list, jit prints the list once.",
    after_long_help = "Examples:
  jit inbox
  jit inbox --list
  jit inbox --json"
)]
pub struct Inbox {
    /// Print the list once, also on a terminal
    #[arg(long)]
    list: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl Inbox {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let connected = client.connect().await?;
        let waiting = inbox::inbox(client, &connected).await?;
        let now = client.now();
        if self.json {
            let rows: Vec<RequestJson> = waiting.iter().map(|one| RequestJson::of(one, now)).collect();
            return ui.json(&rows);
        }
        if !self.list
            && let Some(screen) = ui.screen()
        {
            return browse::browse(client, &connected, screen, waiting).await;
        }
        let mut table = Table::new(&[
            ("REQUEST", Fit::Whole),
            ("WHO", Fit::Whole),
            ("ROLE", Fit::Whole),
            ("FOR", Fit::Whole),
            ("ASKED", Fit::Wrap),
            ("REASON", Fit::Wrap),
        ]);
        for one in &waiting {
            let more = if one.asked.extends().is_some() { " more" } else { "" };
            let since = time_since(one.asked.created, now);
            table.row(vec![
                ui.heading(one.view.id.as_str()),
                one.who(),
                role(one),
                format!("{}{more}", one.asked.duration),
                if one.is_emergency() { format!("taken {since}") } else { since },
                prose(&one.asked.reason),
            ]);
        }
        ui.table(&table)?;
        ui.say(match waiting.len() {
            0 => "no request is waiting for your review",
            _ => "next: jit approve ID, or jit deny ID --reason TEXT",
        });
        Ok(())
    }
}

/// The role with its scope, marked if the access is already active by break-glass.
fn role(one: &Standing) -> String {
    if one.is_emergency() { format!("{} (emergency)", one.what()) } else { one.what() }
}

use clap::Args;

use super::ui::Ui;
use super::ui::request::RequestJson;
use super::ui::table::table;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::inbox;
use crate::grant::span::time_since;
use crate::grant::text::prose;

/// List requests that wait for my review, the oldest first
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit inbox
  jit approve
  jit inbox --json")]
pub struct Inbox {
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
        let rows: Vec<Vec<String>> = waiting
            .iter()
            .map(|one| {
                vec![
                    ui.heading(one.view.id.as_str()),
                    one.asked.header.who.to_string(),
                    role(one),
                    if one.asked.extends().is_some() {
                        format!("{} more", one.asked.duration)
                    } else {
                        one.asked.duration.to_string()
                    },
                    format!("{} {}", verb(one), time_since(one.asked.created, now)),
                    prose(&one.asked.reason),
                ]
            })
            .collect();
        ui.print(&table(&rows))?;
        ui.say(match waiting.len() {
            0 => "nothing waits for your review",
            _ => "next: jit approve ID, or jit deny ID --reason TEXT",
        });
        Ok(())
    }
}

/// The role with its scope, and that it was taken already.
fn role(one: &Standing) -> String {
    if one.is_emergency() { format!("{} (emergency)", one.what()) } else { one.what() }
}

fn verb(one: &Standing) -> &'static str {
    if one.is_emergency() { "taken" } else { "asked" }
}

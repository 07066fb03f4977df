use clap::Args;

use super::ui::Ui;
use super::ui::request::RequestJson;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::end;
use crate::flow::pick::Typed;
use crate::flow::revoke;

/// End somebody's access
#[derive(Debug, Args)]
#[command(
    long_about = "End somebody's access.

Everybody who may approve a role may revoke it, by a signature. Says what it could not do: credentials that the cloud has \
handed out stay valid until they expire.",
    after_long_help = "Examples:
  jit revoke
  jit revoke 7F3KQ2M8ZD --reason \"laptop lost\"
  jit revoke 7F3KQ2M8ZD --reason \"wrong account\" -y"
)]
pub struct Revoke {
    /// The whole id, or the role where one person has it; chosen when not named
    #[arg(value_name = "ROLE|ID")]
    id: Option<String>,
    /// Why; the requester and the audit log read it. Asked on a terminal when not said
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Do not ask whether to go on
    #[arg(short, long)]
    yes: bool,
    /// Write the request as JSON
    #[arg(long)]
    json: bool,
}

impl Revoke {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let connected = client.connect().await?;
        let typed = Typed { command: "revoke", request: self.id.as_deref(), confirmed: self.yes };
        let standing = revoke::revoke(client, &connected, typed, self.reason).await?;
        let now = client.now();
        if self.json {
            return ui.json(&RequestJson::of(&standing, now));
        }
        let asked = &standing.asked;
        ui.line(&format!("{} of {} is {}", standing.what(), asked.header.who, standing.view.state.as_str()))?;
        if let Some(survives) = end::survives(&standing, now) {
            ui.say(&survives);
        }
        Ok(())
    }
}

use clap::Args;

use super::ui::Ui;
use super::ui::request::RequestJson;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::reviewing::review;
use crate::flow::session::pick::Typed;
use crate::grant::Verdict;

/// Deny a request; this is final
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit deny
  jit deny 7F3KQ2M8ZD --reason \"use stage-admin for this\"
  jit deny 7F3KQ2M8ZD --reason \"not during the freeze\" -y")]
pub struct Deny {
    /// The request's whole id, or the role if it has one request; default: choose
    #[arg(value_name = "ROLE|ID")]
    id: Option<String>,
    /// Why; the requester reads it. Without it, jit asks on a terminal
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Skip the question
    #[arg(short, long)]
    yes: bool,
    /// Write the request as JSON
    #[arg(long)]
    json: bool,
}

impl Deny {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let connected = client.connect().await?;
        let typed = Typed { command: "deny", request: self.id.as_deref(), confirmed: self.yes };
        let reviewing = review::open(client, &connected, typed).await?;
        let word = review::Word {
            verdict: Verdict::Deny,
            comment: self.reason,
            duration: None,
            scope: None,
            confirmed: self.yes,
        };
        let given = review::give(client, &connected, &reviewing, &word).await?;
        let standing = &given.standing;
        if self.json {
            return ui.json(&RequestJson::of(standing, client.now()));
        }
        ui.line(&given.denied(client.now()))?;
        if let Some(survives) = given.survives(client.now(), ui.zone()) {
            ui.say(&survives);
        }
        Ok(())
    }
}

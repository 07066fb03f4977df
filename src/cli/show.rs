use clap::Args;

use super::ui::Ui;
use super::ui::request as shown;
use super::ui::request::RequestJson;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::show;
use crate::flow::session::pick;

/// Show one request in full
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit show prod-admin
  jit show 7F3K
  jit show 7F3KQ2M8ZD --json")]
pub struct Show {
    /// The role, or the request's id or a prefix of it; default: JIT_ROLE, your only open request, or choose
    #[arg(value_name = "ROLE|ID")]
    request: Option<String>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let connected = client.connect().await?;
        let request = match self.request {
            Some(request) => request,
            None => pick::mine(client, "show", true).await?,
        };
        let standing = show::show(client, &connected, &request).await?;
        let now = client.now();
        if self.json {
            ui.json(&RequestJson::of(&standing, now))
        } else {
            ui.prose(&format!("{}\n", shown::describe(&standing, now, ui)))?;
            for line in show::allowed(&connected, &standing).await {
                ui.prose(&format!("  allows    {line}\n"))?;
            }
            Ok(())
        }
    }
}

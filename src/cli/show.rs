use clap::Args;
use serde::Serialize;

use super::ui::Ui;
use super::ui::request as shown;
use super::ui::request::RequestJson;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::planned;
use crate::flow::asking::show;
use crate::flow::session::pick;
use crate::grant::text::COLUMNS;
use crate::terraform::Summary;

/// Show one request in full
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit show prod-admin
  jit show 7F3K
  jit show 7F3KQ2M8ZD --plan plan.json
  jit show 7F3KQ2M8ZD --json")]
pub struct Show {
    /// The role, or the request's id or a prefix of it; default: JIT_ROLE, your only open request, or choose
    #[arg(value_name = "ROLE|ID")]
    request: Option<String>,
    /// The JSON of the plan that the command applies, to be shown; refused unless it is the one that was signed
    #[arg(long, value_name = "FILE")]
    plan: Option<String>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// The request as JSON, with its plan.
#[derive(Serialize)]
struct WithPlan {
    #[serde(flatten)]
    request: RequestJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Summary>,
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
        let plan = self.plan.map(|path| planned::signed(client, &standing, &path)).transpose()?;
        if self.json {
            ui.json(&WithPlan { request: RequestJson::of(&standing, now), plan })
        } else {
            ui.prose(&format!("{}\n", shown::describe(&standing, now, ui)))?;
            for line in show::allowed(&connected, &standing).await {
                ui.prose(&format!("  allows    {line}\n"))?;
            }
            let columns = ui.columns().unwrap_or(COLUMNS);
            for line in plan.iter().flat_map(|plan| planned::lines(plan, columns, usize::MAX)) {
                ui.prose(&format!("{line}\n"))?;
            }
            Ok(())
        }
    }
}

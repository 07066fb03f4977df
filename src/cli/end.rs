use clap::Args;

use super::ui::Ui;
use super::ui::request::RequestJson;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::wishing;
use crate::flow::session::pick;
use crate::flow::using::end;
use crate::grant::Name;

/// End your access, or cancel your request
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit end
  jit end prod-admin
  jit end 7F3KQ2M8ZD")]
pub struct End {
    /// The role, or the request's whole id; default: JIT_ROLE, or choose on a terminal
    #[arg(value_name = "ROLE|ID")]
    request: Option<String>,
    /// Write the request as JSON
    #[arg(long)]
    json: bool,
}

impl End {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let now = client.now();
        if let Some((role, id)) = wishing::end(client, self.request.as_deref().unwrap_or_default()).await? {
            return ui.line(&format!("{role} {id} is ended"));
        }
        let request = match self.request {
            Some(request) => request,
            None => pick::mine(client, "end", false).await?,
        };
        if let Ok(role) = request.parse::<Name>()
            && end::is_direct(client, &role)?
        {
            let until = end::end_direct(client, &role)?;
            ui.line(&format!("removed {role} from this machine"))?;
            let why = end::not_revoked(client, &role);
            ui.say(&format!("{why}; it stays valid until {}", ui.until(until, now)));
            return Ok(());
        }
        let connected = client.connect().await?;
        let standing = end::end(client, &connected, &request).await?;
        if self.json {
            return ui.json(&RequestJson::of(&standing, now));
        }
        ui.line(&format!(
            "{} {} is {}",
            standing.asked.role,
            standing.view.id,
            standing.view.state.as_str()
        ))?;
        if let Some(survives) = end::survives(&standing, now, ui.zone()) {
            ui.say(&survives);
        }
        Ok(())
    }
}

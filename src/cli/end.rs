use clap::Args;

use super::ui::Ui;
use super::ui::request::RequestJson;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::wishing;
use crate::flow::session::pick;
use crate::flow::using::end;
use crate::grant::Name;
use crate::grant::State;

/// The end was accepted, and is not recorded yet.
const ENDING: &str = "ending: GitHub has accepted it, and a run records it within minutes";

/// End your access, or cancel your request
#[derive(Debug, Args)]
#[command(
    long_about = "End your access, or cancel your request.

The credentials on this machine are removed at once. A broker records the end in its answer. On GitHub a run records it: the \
command returns as soon as GitHub has accepted the run, and with --wait when it is over.",
    after_long_help = "Examples:
  jit end
  jit end prod-admin
  jit end prod-admin --wait
  jit end 7F3KQ2M8ZD"
)]
pub struct End {
    /// The role, or the request's whole id; default: JIT_ROLE, or choose on a terminal
    #[arg(value_name = "ROLE|ID")]
    request: Option<String>,
    /// Wait until the end is recorded, and say how it ended
    #[arg(long)]
    wait: bool,
    /// Write the request as JSON
    #[arg(long)]
    json: bool,
}

impl End {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let now = client.now();
        let typed = self.request.as_deref().unwrap_or_default();
        if let Some((role, id, over)) = wishing::end(client, typed, self.wait).await? {
            return ui.line(&format!("{role} {id} is {}", if over { "ended" } else { ENDING }));
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
        let ended = end::end(client, &connected, &request, self.wait).await?;
        let standing = &ended.standing;
        if let Some(said) = ended.given_back() {
            ui.say(said);
        }
        if self.json {
            return ui.json(&RequestJson::of(standing, now));
        }
        if !standing.view.state.is_terminal() {
            let (role, id) = (&standing.asked.role, &standing.view.id);
            ui.line(&format!("{role} {id} is {ENDING}"))?;
            if let Some(lasting) = ended.lasting(now, ui.zone()) {
                ui.say(&lasting);
            }
            ui.say(&format!("`jit show {id}` says when the end is recorded"));
            return Ok(());
        }
        ui.line(&format!(
            "{} {} is {}",
            standing.asked.role,
            standing.view.id,
            standing.view.state.as_str()
        ))?;
        if matches!(standing.view.state, State::Ended | State::Revoked)
            && let Some(lasting) = ended.lasting(now, ui.zone())
        {
            ui.say(&lasting);
        }
        Ok(())
    }
}

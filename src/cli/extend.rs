use clap::Args;

use super::asking;
use super::ui::Ui;
use super::ui::request::RequestJson;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::choose;
use crate::flow::asking::extend;
use crate::flow::asking::namesakes;
use crate::grant::Name;
use crate::grant::span::Span;

/// Ask for more time; running commands continue
#[derive(Debug, Args)]
#[command(
    long_about = "Ask for more time; running commands continue.

The role defines how often its access may be extended and who must approve. Only the end of the access moves: a running \
`jit exec` or `jit shell` that renews its credentials continues. Extend while the access is active; afterwards use \
`jit request`. jit reuses an equal request that is pending.",
    after_long_help = "Examples:
  jit extend prod-admin --for 1h
  jit extend prod-admin --reason \"INC-42 still copying\"
  jit extend 7F3KQ2M8ZD -y --no-wait"
)]
pub struct Extend {
    /// The role, or the request's whole id; default: JIT_ROLE, or your only active role
    #[arg(value_name = "ROLE|ID")]
    request: Option<String>,
    /// How much longer, like 30m or 1h; default: the role's duration
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<Span>,
    /// Why; default: the reason of the access itself
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Do not wait for the approval
    #[arg(long)]
    no_wait: bool,
    /// Skip the question
    #[arg(short, long)]
    yes: bool,
    /// Write the request as JSON
    #[arg(long)]
    json: bool,
}

impl Extend {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let typed = match &self.request {
            Some(typed) => typed.clone(),
            None => choose::role(client, None)?.to_string(),
        };
        if let Ok(role) = typed.parse::<Name>()
            && client.settings.roles.contains_key(&role)
            && !namesakes::is_doubled(client, &role)
        {
            return Err(Failure::refused(format!(
                "{role} is a direct role, which needs no approval and no extension"
            ))
            .hint(format!("when it has ended, start it again: `jit request {role}`")));
        }
        let connected = client.connect().await?;
        let wish = extend::MoreTime { typed, duration: self.duration, reason: self.reason };
        let asked = extend::extend(client, &connected, wish, self.yes).await?;
        asking::say_standing(&asked.standing, asked.reused, ui);
        if !asked.reused {
            asking::say_told(&asked.standing, ui);
        }
        if self.request.is_none() {
            let no_wait = if self.no_wait { " --no-wait" } else { "" };
            ui.say(&format!("next time: {}{no_wait}", asked.command));
        }
        if self.no_wait {
            if self.json {
                return ui.json(&RequestJson::of(&asked.standing, client.now()));
            }
            if client.console().is_output_read() {
                return Ok(());
            }
            // For programs. People have read it above.
            return ui.line(asked.standing.view.id.as_str());
        }
        asking::carry_to_the_end(client, &connected, asked.standing, self.json, ui).await
    }
}

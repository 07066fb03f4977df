use clap::Args;

use super::asking;
use super::asking::Reached;
use super::ui::Ui;
use super::ui::request::RequestJson;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::choose;
use crate::flow::extend;
use crate::flow::naming;
use crate::grant::Name;
use crate::grant::span::Span;

/// Ask for more time, without a break in what runs
#[derive(Debug, Args)]
#[command(
    long_about = "Ask for more time, without a break in what runs.

The role says how often its access may be extended and who must agree. The access stays the same, only its end moves: a \
running `jit exec` or `jit shell` that renews its credentials carries on. More time is asked for while the access is active; \
afterwards ask again with `jit request`. An equal request that waits is used again.",
    after_long_help = "Examples:
  jit extend prod-admin --for 1h
  jit extend prod-admin --reason \"INC-42 still copying\"
  jit extend 7F3KQ2M8ZD -y --no-wait"
)]
pub struct Extend {
    /// The role, or the request's whole id; when not named: JIT_ROLE, or the one that is active
    #[arg(value_name = "ROLE|ID")]
    request: Option<String>,
    /// How much longer, like 30m or 1h; the role's own duration when not said
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<Span>,
    /// Why; what was said for the access itself when nothing is said here
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Do not wait for the approval
    #[arg(long)]
    no_wait: bool,
    /// Do not ask whether to go on
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
            && !naming::is_doubled(client, &role)
        {
            return Err(Failure::refused(format!(
                "{role} is a direct role: nobody is asked for it, or for more time"
            ))
            .hint(format!("when it has ended, start it again: `jit request {role}`")));
        }
        let connected = client.connect().await?;
        let wish = extend::Wish { typed, duration: self.duration, reason: self.reason };
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
            // For programs; people have read it above.
            return ui.line(asked.standing.view.id.as_str());
        }
        let reached = asking::carry_through(client, &connected, asked.standing, None).await?;
        match reached {
            Reached::Extended(standing, _) if self.json => ui.json(&RequestJson::of(&standing, client.now())),
            reached => asking::conclude(&reached, client, ui),
        }
    }
}

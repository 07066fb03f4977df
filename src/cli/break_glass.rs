use clap::Args;

use super::asking;
use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::break_glass;
use crate::flow::asking::break_glass::Emergency;
use crate::grant::Name;
use crate::grant::span::Span;

/// Take a role without approval in an emergency; everybody is told
#[derive(Debug, Args)]
#[command(
    long_about = "Take a role without approval in an emergency; everybody is told.

The policy must allow you emergency access to the role; `jit roles` shows this. jit notifies every place that the policy \
names, and the audit log records an emergency. The access stays in the inbox of everybody who could have approved it, until \
one of them reviews it with `jit approve` or `jit deny`. Until then you cannot take any other emergency access.",
    after_long_help = "Examples:
  jit break-glass prod-admin --reason \"orders-db is down, no answer\"
  jit break-glass prod-admin --for 15m --reason \"INC-42\" -y
  jit break-glass prod-admin"
)]
pub struct BreakGlass {
    /// The role
    #[arg(value_name = "ROLE")]
    role: Name,
    /// What happened; the notices, the reviewer and the audit log show it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// For how long, like 15m; default: the role's duration, within the limit for emergencies
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<Span>,
    /// Skip the question
    #[arg(short, long)]
    yes: bool,
    /// Write the request as JSON
    #[arg(long)]
    json: bool,
}

impl BreakGlass {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        client.account()?;
        if client.vault()?.forgets() {
            return Err(Failure::usage(
                "with the keychain `none`, credentials live only inside a running command",
            )
            .hint("you can take an emergency only once: choose a keychain first, with `jit login --keychain NAME`"));
        }
        let connected = client.connect().await?;
        let Self { role, reason, duration, yes: confirmed, json } = self;
        let taken =
            break_glass::take(client, &connected, Emergency { role, reason, duration, confirmed }).await?;
        let standing = taken.standing;
        if taken.reused {
            asking::say_standing(&standing, true, ui);
        } else {
            let (id, role) = (&standing.view.id, &standing.asked.role);
            ui.say(&format!("the glass is broken for {role}: request {id}"));
            asking::say_told(&standing, ui);
        }
        if let Some(command) = &taken.command {
            ui.say(&format!("next time: {command}"));
        }
        asking::carry_to_the_end(client, &connected, standing, json, ui).await
    }
}

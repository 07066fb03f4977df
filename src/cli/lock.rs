use clap::Args;

use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::lock;

/// End your session here and remove credentials until you log in
#[derive(Debug, Args)]
#[command(
    long_about = "End your session here and remove credentials until you log in.

The sessions and credentials of your agents on this machine go too. jit removes everything here first, and then tells the broker. \
Nothing logs in by itself afterwards, also not with a key in your ssh-agent. Access that you have goes on until it ends: what the \
cloud has handed out stays valid, and after `jit login` you use it again. `jit end ROLE` ends it.",
    after_long_help = "Examples:
  jit lock
  jit end prod-admin && jit lock"
)]
pub struct Lock {}

impl Lock {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let locked = lock::lock(client).await?;
        if let Some(untold) = &locked.untold {
            ui.say(&format!("warning: the session was removed from this machine, but {}", untold.message));
        }
        let now = client.now();
        for entry in &locked.lives {
            let role = &entry.role;
            let until = ui.until(entry.until, now);
            ui.say(&format!(
                "note: {role} goes on until {until}: programs that have its credentials keep them"
            ));
        }
        for agent in &locked.agents {
            ui.say(&format!("note: {agent} is logged out too"));
        }
        let session = if locked.had_login { "logged out; " } else { "" };
        let removed = locked.removed;
        let those = if removed == 1 { "credential" } else { "credentials" };
        ui.line(&format!("locked: {session}{removed} {those} removed from this machine"))
    }
}

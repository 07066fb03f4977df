use clap::Args;

use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::logout;
use crate::grant::AuthorityAddress;

/// End the session with the broker
#[derive(Debug, Args)]
#[command(
    long_about = "End the session with the broker.

Active access stays active; `jit end ROLE` ends it.",
    after_long_help = "Examples:
  jit logout
  jit end prod-admin && jit logout"
)]
pub struct Logout {}

impl Logout {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        if let Some(untold) = logout::logout(client).await? {
            ui.say(&format!("warning: the session was removed from this machine, but {}", untold.message));
        }
        if client.settings.address().is_some_and(AuthorityAddress::is_github) {
            ui.say("note: jit no longer uses the token; it stays valid until it is revoked on GitHub");
        }
        ui.line("logged out")
    }
}

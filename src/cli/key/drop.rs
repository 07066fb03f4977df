//! `jit key drop`: an enrolled key of one's own no longer counts.

use clap::Args;

use super::KeyJson;
use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::keys::drop;

/// Drop an enrolled key of yours, with its sessions
#[derive(Debug, Args)]
#[command(
    after_long_help = "Requests and reviews that it signed no longer count. To enrol a key again, sign in again: no token from \
before the drop enrols anything.

Examples:
  jit key drop SHA256:qHxwkVEW
  jit key drop SHA256:qHxwkVEW -y"
)]
pub struct Drop {
    /// The beginning of the key's fingerprint
    #[arg(value_name = "KEY")]
    key: String,
    /// Skip the question
    #[arg(short, long)]
    yes: bool,
    /// Write the key as JSON, as it was
    #[arg(long)]
    json: bool,
}

impl Drop {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let connected = client.connect().await?;
        let key = KeyJson::of(drop::drop(client, &connected, &self.key, self.yes).await?);
        if self.json {
            return ui.json(&key);
        }
        ui.line(&format!("{} no longer counts", key.key))
    }
}

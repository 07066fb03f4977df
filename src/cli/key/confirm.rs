//! `jit key confirm`: signs that an enrolled key is one's own.

use clap::Args;

use super::KeyJson;
use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::keys::confirm;

/// Confirm an enrolled key of yours, with the key of your login
#[derive(Debug, Args)]
#[command(
    after_long_help = "The key of your login signs, and the confirmed key is then worth as much as that one, and no more than \
its own kind.

Examples:
  jit key confirm
  jit key confirm SHA256:qHxwkVEW"
)]
pub struct Confirm {
    /// The beginning of the key's fingerprint; default: the only one that waits
    #[arg(value_name = "KEY")]
    key: Option<String>,
    /// Write the key as JSON
    #[arg(long)]
    json: bool,
}

impl Confirm {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let connected = client.connect().await?;
        let key = KeyJson::of(confirm::confirm(client, &connected, self.key.as_deref()).await?);
        if self.json {
            return ui.json(&key);
        }
        ui.line(&format!("{} is confirmed; its signatures are worth: {}", key.key, key.worth.as_str()))
    }
}

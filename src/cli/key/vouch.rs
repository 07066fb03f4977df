//! `jit key vouch`: signs that an enrolled key is another person's.

use clap::Args;

use super::KeyJson;
use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::keys::vouch;
use crate::grant::Name;

/// Vouch that an enrolled key is another person's
#[derive(Debug, Args)]
#[command(
    after_long_help = "The policy names who may: [identity.oidc] vouchers in access.toml. Compare the fingerprint with the \
person over another channel than the identity provider: by telephone, or beside them.

Examples:
  jit key vouch ana
  jit key vouch ana SHA256:qHxwkVEW -y"
)]
pub struct Vouch {
    /// The person, by their name in the policy
    #[arg(value_name = "PERSON")]
    person: Name,
    /// The beginning of the key's fingerprint; default: the person's only one that waits
    #[arg(value_name = "KEY")]
    key: Option<String>,
    /// Skip the question; the key must be named then
    #[arg(short, long)]
    yes: bool,
    /// Write the key as JSON
    #[arg(long)]
    json: bool,
}

impl Vouch {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let connected = client.connect().await?;
        let key = vouch::vouch(client, &connected, &self.person, self.key.as_deref(), self.yes).await?;
        let key = KeyJson::of(key);
        if self.json {
            return ui.json(&key);
        }
        ui.line(&format!("{} is {}'s; its signatures are worth: {}", key.key, key.person, key.worth.as_str()))
    }
}

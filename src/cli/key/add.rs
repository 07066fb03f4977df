//! `jit key add`: enrols a key that signs elsewhere, such as a passkey.

use clap::Args;

use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::keys::add;
use crate::flow::joining::login::Wanted;
use crate::grant::Assurance;
use crate::grant::text::sanitise;

/// Enrol a key that signs elsewhere, such as a passkey, by signing in with your account
#[derive(Debug, Args)]
#[command(
    after_long_help = "The sign-in proves that the key is yours, and the key stays enrolled. Its signatures are worth an account until \
somebody confirms it: `jit key confirm`, or a voucher's `jit key vouch`.

Examples:
  jit key add \"sk-ecdsa-sha2-nistp256@openssh.com AAAA…\"
  jit key add --device \"ssh-ed25519 AAAA…\""
)]
pub struct Add {
    /// The public key, as one line; the approval page shows that of a passkey
    #[arg(value_name = "LINE", required = true, num_args = 1..)]
    line: Vec<String>,
    /// Sign in with a code, on any machine
    #[arg(long, conflicts_with = "no_browser")]
    device: bool,
    /// Print the address of the sign-in only, and open no browser
    #[arg(long)]
    no_browser: bool,
    /// Write the key as JSON
    #[arg(long)]
    json: bool,
}

impl Add {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let wanted = Wanted { device: self.device, no_browser: self.no_browser, ..Wanted::default() };
        let enrolled = add::add(client, &self.line.join(" "), wanted).await?;
        let key = sanitise(&enrolled.key);
        if self.json {
            let (person, worth) = (enrolled.person, enrolled.worth);
            return ui.json(&serde_json::json!({ "person": person, "key": key, "worth": worth }));
        }
        ui.line(&format!("{key} is enrolled; its signatures are worth: {}", enrolled.worth.as_str()))?;
        if enrolled.worth == Assurance::Account {
            ui.say(
                "confirm it with a key that you have: `jit key confirm`; or ask a voucher: `jit key vouch`",
            );
        }
        Ok(())
    }
}

//! `jit agent init`: makes an agent's key and prints its block for `people.toml`.

use clap::Args;

use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::agent;
use crate::grant::Name;

/// Make an agent's key, keep it in the keychain, and print its block for people.toml
#[derive(Debug, Args)]
#[command(
    long_about = "Make an agent's key, keep it in the keychain, and print its block for people.toml.

The key is in no file and in no ssh-agent. Nothing changes until the policy's owners merge the block. Typed again, it prints the \
same key.",
    after_long_help = "Examples:
  jit agent init
  jit agent init ana-agent
  jit agent init ana-agent --of ana >> access/people.toml"
)]
pub struct Init {
    /// The agent's name in the policy; default: your name and `-agent`
    name: Option<Name>,
    /// Its owner's name in the policy; default: the name that you are logged in with
    #[arg(long, value_name = "PERSON")]
    of: Option<Name>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl Init {
    pub(super) fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let made = agent::init(client, self.name, self.of)?;
        if self.json {
            let (name, of, key, keychain) = (&made.name, &made.owner, &made.key, &made.keychain);
            return ui.json(&serde_json::json!({ "name": name, "of": of, "key": key, "keychain": keychain }));
        }
        let done = if made.is_old { "its key was kept before" } else { "its new key is kept" };
        ui.say(&format!("{done} in the keychain `{}`", made.keychain));
        ui.say("add this to people.toml in a pull request, and name it among a role's requesters:");
        ui.print(&made.block())?;
        let url = made.url.as_deref().unwrap_or("https://…");
        ui.say("once it is merged, run the agent with:");
        ui.say(&format!("  export JIT_AGENT={}", made.name));
        ui.say(&format!("  jit login {url}"));
        Ok(())
    }
}

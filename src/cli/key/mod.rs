//! `jit key`: the keys that sign-ins enrolled.

mod add;
mod confirm;
mod drop;
mod list;
mod vouch;

use clap::Args;
use clap::Subcommand;
use jiff::Timestamp;
use serde::Serialize;

use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::text::sanitise;
use crate::protocol::KeyView;

/// List, add, confirm and drop the keys that sign-ins enrolled
#[derive(Debug, Args)]
#[command(
    long_about = "List, add, confirm and drop the keys that sign-ins enrolled.

A sign-in at the identity provider enrols a key. Its signatures are worth an account until somebody confirms whose it is: you, \
with a key that you have already, or a colleague whom the policy names as a voucher. A session's key expires with its session and \
stays worth an account.",
    after_long_help = "Examples:
  jit key list
  jit key confirm
  jit key vouch ana SHA256:qHxwkVEW
  jit key drop SHA256:qHxwkVEW"
)]
pub struct Key {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Add(add::Add),
    Confirm(confirm::Confirm),
    Vouch(vouch::Vouch),
    Drop(drop::Drop),
}

impl Key {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        match self.command {
            Command::List(command) => command.run(client, ui).await,
            Command::Add(command) => command.run(client, ui).await,
            Command::Confirm(command) => command.run(client, ui).await,
            Command::Vouch(command) => command.run(client, ui).await,
            Command::Drop(command) => command.run(client, ui).await,
        }
    }
}

/// A key as JSON.
#[derive(Debug, Serialize)]
struct KeyJson {
    person: Name,
    label: String,
    key: String,
    line: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    worth: Assurance,
    may_confirm: bool,
}

impl KeyJson {
    fn of(view: KeyView) -> Self {
        let KeyView { person, label, key, line, until, worth, may_confirm } = view;
        let (label, key, line) = (sanitise(&label), sanitise(&key), sanitise(&line));
        Self { person, label, key, line, until, worth, may_confirm }
    }
}

use clap::Args;

use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::kubernetes::setup;
use crate::grant::Name;

/// Write contexts for kubectl that take their tokens from jit
#[derive(Debug, Args)]
#[command(
    long_about = "Write contexts for kubectl that take their tokens from jit.

jit writes one context `jit-ROLE` for each role of a cluster that you may use, into a kubeconfig of its own beside its settings. \
Each context calls `jit credentials`; the file holds no token. Your own kubeconfig is read and never written: add jit's file to \
KUBECONFIG, behind your own, with the line that this command prints. Without --write, jit only prints the change. If your own \
kubeconfig already uses the name of such a context, jit writes nothing, because programs would take yours.",
    after_long_help = "Examples:
  jit setup kubernetes
  jit setup kubernetes prod-k8s --write
  jit setup kubernetes --remove --write"
)]
pub struct Kubernetes {
    /// Only these roles; default: all roles of a cluster that you may use
    #[arg(value_name = "ROLE")]
    roles: Vec<Name>,
    /// Change the file
    #[arg(long)]
    write: bool,
    /// Remove the file
    #[arg(long, conflicts_with = "roles")]
    remove: bool,
}

impl Kubernetes {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let change = setup::plan(client, &self.roles, self.remove).await?;
        let path = change.path.display();
        change.notes.iter().for_each(|note| ui.say(&format!("note: {note}")));
        if change.is_empty() {
            ui.say(&format!("{path} needs no change"));
        } else if self.write {
            change.make()?;
            ui.say(&format!("{path} is {}", if self.remove { "removed" } else { "written" }));
        } else {
            change.lines().iter().try_for_each(|line| ui.line(line))?;
            ui.say(&format!("dry run: nothing was changed; add --write to update {path}"));
        }
        if let Some(line) = change.line.filter(|_| !self.remove) {
            ui.say("add this line to the start file of your shell, so that programs read the file:");
            ui.say(&format!("  {line}"));
        }
        Ok(())
    }
}

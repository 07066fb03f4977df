use clap::Args;

use super::error;
use super::exec;
use super::exec::Delivery;
use super::ui::Ui;
use crate::config::variables;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::choose;
use crate::grant::Name;
use crate::grant::text::sanitise;
use crate::system::System;

/// Open a shell with a role; requests it first if needed
#[derive(Debug, Args)]
#[command(
    long_about = "Open a shell with a role; requests it first if needed.

jit starts the shell that SHELL names. With the hook of `jit init`, its prompt shows the role in brackets. The shell gets its \
credentials as a command of `jit exec` does. Inside another such shell, the new role replaces the old one until you exit.",
    after_long_help = "Examples:
  jit shell prod-admin
  jit shell prod-admin --serve"
)]
pub struct Shell {
    /// The role; default: JIT_ROLE, or your only active role
    #[arg(value_name = "ROLE")]
    role: Option<Name>,
    #[command(flatten)]
    delivery: Delivery,
}

impl Shell {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> u8 {
        match self.try_run(system, ui).await {
            Ok(code) => code,
            Err(failure) => {
                error::show(&failure, ui);
                failure.kind.exit_code()
            }
        }
    }

    async fn try_run(self, system: &System, ui: &Ui<'_>) -> Result<u8, Failure> {
        let client = Client::open(system)?;
        let role = choose::role(&client, self.role)?;
        let accesses = crate::flow::using::exec::accesses(&client, vec![role], None).await?;
        let environment = &system.environment;
        if let Some(outer) = environment.get(variables::GRANT) {
            ui.say(&format!("jit: the access of the outer shell, {}, is not in this one", sanitise(outer)));
        }
        let (variable, usual) = if cfg!(windows) { ("COMSPEC", "cmd.exe") } else { ("SHELL", "/bin/sh") };
        let program = environment.get(variable).unwrap_or(usual).into();
        exec::run(&client, ui, &accesses, self.delivery.form(), program, Vec::new()).await
    }
}

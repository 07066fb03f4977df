use std::ffi::OsString;
use std::io;

use clap::Args;

use super::error;
use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::choose;
use crate::flow::exec;
use crate::grant::Name;
use crate::grant::span::Span;
use crate::grant::span::time_left;
use crate::system::System;

/// The exit code when `jit` itself failed, as `env` and `docker run` have it.
pub const FAILED: u8 = 125;
/// The exit code when the command was found but cannot run.
const CANNOT_RUN: u8 = 126;
/// The exit code when the command was not found.
const NOT_FOUND: u8 = 127;

/// Run one command with the access, asking for it first if need be
#[derive(Debug, Args)]
#[command(
    long_about = "Run one command with the access, asking for it first if need be.

The command replaces jit: same arguments, same terminal, same signals, its own exit code. Variables that would lead to \
other credentials are removed first. 125 means that jit itself failed, 126 that the command cannot run, 127 that it was \
not found. Without a terminal nothing is asked for: `state=pending`, `state=denied` or `state=login` on standard error \
says why.",
    after_long_help = "Examples:
  jit exec prod-admin -- terraform apply
  jit exec -- aws sts get-caller-identity
  jit exec prod-admin --needs 30m -- ./migrate.sh"
)]
pub struct Exec {
    /// The role; when not named: JIT_ROLE, or the one that is active
    #[arg(value_name = "ROLE")]
    role: Option<Name>,
    /// Refuse to start when the credentials end sooner
    #[arg(long, value_name = "DURATION")]
    needs: Option<Span>,
    /// The command and its arguments, untouched
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Exec {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> u8 {
        match self.try_run(system, ui).await {
            Ok(code) => code,
            Err(failure) => {
                error::show(&failure, ui);
                let tells = matches!(failure.kind, Kind::NotLoggedIn | Kind::Waiting | Kind::Refused);
                if tells && !system.console.is_interactive() {
                    ui.say(&format!("state={}", failure.kind.state()));
                }
                FAILED
            }
        }
    }

    async fn try_run(self, system: &System, ui: &Ui<'_>) -> Result<u8, Failure> {
        let client = Client::open(system)?;
        let role = choose::role(&client, self.role)?;
        let access = exec::access(&client, &role, true).await?;
        exec::lasts(&client, &access, self.needs)?;
        let direct = if access.is_direct() { ", directly" } else { "" };
        let left = time_left(client.now(), access.until);
        let account = &access.lease.credentials.account;
        ui.say(&format!("jit: {} in account {account}{direct}, {left} left", access.role));
        let mut words = self.command.into_iter();
        let program = words.next().unwrap_or_default();
        let shown = crate::grant::text::sanitise(&program.to_string_lossy());
        match exec::run(&client, &access, program, words.collect()) {
            Ok(code) => Ok(u8::try_from(code).unwrap_or(FAILED)),
            Err(problem) => {
                let (code, what) = match problem.kind() {
                    io::ErrorKind::NotFound => (NOT_FOUND, "was not found"),
                    _ => (CANNOT_RUN, "cannot run"),
                };
                let failure = Failure::failed(format!("{shown} {what}")).cause(problem.to_string());
                error::show(&failure, ui);
                Ok(code)
            }
        }
    }
}

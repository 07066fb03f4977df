use std::ffi::OsStr;
use std::ffi::OsString;
use std::io;

use clap::Args;

use super::error;
use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::asking::purpose::Typed;
use crate::flow::using::exec;
use crate::flow::using::exec::Errand;
use crate::flow::using::once;
use crate::flow::using::start::Form;
use crate::flow::using::start::NotStarted;
use crate::flow::using::start::Wanted;
use crate::grant::Name;
use crate::grant::span::Span;
use crate::grant::span::time_left;
use crate::grant::text::sanitise;
use crate::system::System;
use crate::system::fingerprint;

/// The exit code if `jit` itself failed, as in `env` and `docker run`.
pub const FAILED: u8 = 125;
/// The exit code if the command was found but cannot run.
const CANNOT_RUN: u8 = 126;
/// The exit code if the command was not found.
const NOT_FOUND: u8 = 127;

/// Run one command with a role; requests it first if needed
#[derive(Debug, Args)]
#[command(
    long_about = "Run one command with a role; requests it first if needed.

The command replaces jit: same arguments, terminal and signals, and its own exit code. When credentials must be renewed \
before the access ends, or with several roles, jit stays as the parent and serves the credentials. Each role is then also an \
AWS profile under its name and aliases. jit first removes variables that would lead to other credentials. Exit code 125 means \
that jit failed, 126 that the command cannot run, 127 that it was not found, which jit sees before it requests anything. Without a terminal jit requests nothing: \
`state=none` (nothing was requested), `state=pending`, `state=denied` or `state=login` on standard error gives the reason.",
    after_long_help = "Examples:
  jit exec prod-admin -- terraform apply
  jit exec -- aws sts get-caller-identity
  jit exec prod-admin --needs 3h -- ./migrate.sh
  jit exec prod-admin --bind --file plan.bin -- terraform apply plan.bin
  jit exec network billing -- terraform apply"
)]
pub struct Exec {
    /// The roles, the default one first; default: JIT_ROLE, or your only active role
    #[arg(value_name = "ROLE")]
    roles: Vec<Name>,
    #[command(flatten)]
    delivery: Delivery,
    /// Extend access that ends sooner, or do not start
    #[arg(long, value_name = "DURATION")]
    needs: Option<Span>,
    /// Ring the terminal's bell when a request is decided, even if the settings say no
    #[arg(long)]
    bell: bool,
    /// Run only with access that was approved for exactly this command; asks for it
    #[arg(long, conflicts_with = "env")]
    bind: bool,
    /// A file that belongs to the command of --bind: a plan, a script
    #[arg(long = "file", value_name = "FILE", requires = "bind")]
    files: Vec<String>,
    /// The JSON of the plan that the command of --bind applies; reviewers are shown it
    #[arg(long, value_name = "FILE", requires = "bind")]
    plan: Option<String>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Exec {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> u8 {
        match self.try_run(system, ui).await {
            Ok(code) => code,
            Err(failure) => {
                error::show(&failure, ui);
                let tells = matches!(
                    failure.kind,
                    Kind::NotLoggedIn | Kind::Waiting | Kind::Refused | Kind::NoAccess
                );
                if tells && !system.console.is_interactive() {
                    ui.say(&format!("state={}", failure.kind.state()));
                }
                FAILED
            }
        }
    }

    async fn try_run(self, system: &System, ui: &Ui<'_>) -> Result<u8, Failure> {
        let mut client = Client::open(system)?;
        if self.bell {
            client.settings.bell = Some(true);
        }
        let program = self.command.first().cloned().unwrap_or_default();
        let (environment, working) = (&system.environment, &system.files.working);
        // A bound command is read before it is asked for anyway. Nobody is asked for access for a mistyped name.
        if !self.bind && fingerprint::is_missing(&program, environment, working) {
            let problem = io::Error::new(io::ErrorKind::NotFound, "jit looked for it, and asked for nothing");
            return Ok(not_run(ui, &program, &problem));
        }
        let typed = Typed { words: &self.command, files: &self.files, plan: self.plan.as_deref() };
        let errand = Errand { typed, binds: self.bind };
        let ready = exec::ready(&client, self.roles, self.delivery.form(), self.needs, errand).await?;
        let arguments = self.command.into_iter().skip(1).collect();
        run(&client, ui, &ready.accesses, ready.form, program, arguments).await
    }
}

/// How to deliver the credentials to the command.
#[derive(Debug, Args)]
pub struct Delivery {
    /// Put the credentials into the environment, even if they expire before the access
    #[arg(long, conflicts_with = "serve")]
    env: bool,
    /// Stay as the parent and serve the credentials, even if that is not needed
    #[arg(long)]
    serve: bool,
    /// Serve the token of a Google Cloud role as a metadata server, too
    #[arg(long, conflicts_with = "env")]
    metadata: bool,
}

impl Delivery {
    /// The chosen form.
    pub(super) fn form(&self) -> Form {
        match (self.env, self.metadata, self.serve) {
            (true, ..) => Form::Environment,
            (_, true, _) => Form::Metadata,
            (.., true) => Form::Endpoint,
            _ => Form::Automatic,
        }
    }
}

/// Says which access the command gets, and runs it.
pub(super) async fn run(
    client: &Client<'_>,
    ui: &Ui<'_>,
    accesses: &[Wanted],
    form: Form,
    program: OsString,
    arguments: Vec<OsString>,
) -> Result<u8, Failure> {
    for Wanted { access, .. } in accesses {
        let direct = if access.is_direct() { ", directly" } else { "" };
        let left = time_left(client.now(), access.until);
        let place = access.lease.credentials.place();
        ui.say(&format!("jit: {} in {place}{direct}, {left} left", access.what()));
    }
    match once::run(client, accesses, form, program.clone(), arguments).await {
        Ok(code) => Ok(client.system.processes.end_as(code).unwrap_or(FAILED)),
        Err(NotStarted::Failed(failure)) => Err(failure),
        Err(NotStarted::Command(problem)) => Ok(not_run(ui, &program, &problem)),
    }
}

/// Says why a command did not run. Returns the exit code for it.
fn not_run(ui: &Ui<'_>, program: &OsStr, problem: &io::Error) -> u8 {
    let (code, what) = match problem.kind() {
        io::ErrorKind::NotFound => (NOT_FOUND, "was not found"),
        _ => (CANNOT_RUN, "cannot run"),
    };
    let shown = sanitise(&program.to_string_lossy());
    error::show(&Failure::failed(format!("{shown} {what}")).cause(problem.to_string()), ui);
    code
}

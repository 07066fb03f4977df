//! The command line's arguments.

use clap::CommandFactory;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;

use super::agent;
use super::approve;
use super::audit;
use super::break_glass;
use super::ci;
use super::completions;
use super::config;
use super::console;
use super::credentials;
#[cfg(feature = "demo")]
use super::demo;
use super::deny;
use super::doctor;
use super::end;
use super::env;
use super::exec;
use super::extend;
use super::groups;
use super::hook;
use super::inbox;
use super::init;
use super::key;
use super::learn;
use super::lock;
use super::login;
use super::logout;
use super::man;
#[cfg(feature = "mcp")]
use super::mcp;
use super::policy;
use super::prompt;
use super::report;
use super::request;
use super::revoke;
use super::roles;
#[cfg(feature = "broker")]
use super::serve;
use super::setup;
use super::shell;
use super::show;
use super::status;
use super::version;
use super::wait;
use super::web;
use super::whoami;

/// The version, with the commit if the build knows it.
const VERSION: &str = env!("JIT_VERSION");

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Also into a pipe
    Always,
    /// Nowhere
    Never,
}

/// Just-in-time cloud access: request a role, get approval, use it until it expires
#[derive(Debug, Parser)]
#[command(
    name = "jit",
    version = VERSION,
    disable_help_subcommand = false,
    after_long_help = "Examples:
  jit                                      what you have, and what to type next
  jit request prod-admin --reason INC-42   ask; a reviewer approves
  jit exec prod-admin -- aws s3 ls         run one command with the access"
)]
pub struct Arguments {
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", hide_default_value = true)]
    pub color: Colour,
    /// What to do
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Every command, by what it needs to run. A list's commands run in one `match` of `cli/dispatch.rs`, so one that needs
/// something else does not compile there.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Needs the settings, and mostly the keychain and the network.
    #[command(flatten)]
    Client(ClientCommand),
    /// Brings its own settings, or its own exit codes.
    #[command(flatten)]
    Own(OwnCommand),
    /// Needs neither network nor person.
    #[command(flatten)]
    Immediate(ImmediateCommand),
}

/// Runs after the settings were loaded.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    Login(login::Login),
    Logout(logout::Logout),
    Lock(lock::Lock),
    Whoami(whoami::Whoami),
    Key(key::Key),
    Agent(agent::Agent),
    Roles(roles::Roles),
    Request(request::Request),
    Wait(wait::Wait),
    Env(env::Env),
    Console(console::Console),
    Status(status::Status),
    Show(show::Show),
    Inbox(inbox::Inbox),
    Approve(approve::Approve),
    Deny(deny::Deny),
    Extend(extend::Extend),
    End(end::End),
    Revoke(revoke::Revoke),
    Web(web::Web),
    BreakGlass(break_glass::BreakGlass),
    Audit(audit::Audit),
    Report(report::Report),
    #[cfg(feature = "broker")]
    Serve(Box<serve::Serve>),
    Setup(setup::Setup),
}

/// Runs before any settings were loaded: it loads them itself, does without, or has exit codes of its own.
#[derive(Debug, Subcommand)]
pub enum OwnCommand {
    Exec(exec::Exec),
    Shell(shell::Shell),
    Credentials(credentials::Credentials),
    #[cfg(feature = "demo")]
    Demo(demo::Demo),
    Policy(policy::Policy),
    Ci(ci::Ci),
    Doctor(doctor::Doctor),
    Man(man::Man),
    #[cfg(feature = "mcp")]
    Mcp(mcp::Mcp),
    Version(version::Version),
}

/// Runs without a runtime.
#[derive(Debug, Subcommand)]
pub enum ImmediateCommand {
    Prompt(prompt::Prompt),
    Hook(hook::Hook),
    Init(init::Init),
    Config(config::Config),
    Learn(learn::Learn),
    Completions(completions::Completions),
}

/// The whole command line as a clap command, for completions, manual pages and the help's tests.
pub fn command() -> clap::Command {
    let command = Arguments::command();
    let template = groups::template(&command);
    command.help_template(template)
}

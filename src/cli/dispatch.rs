//! Parses the command line and runs the command.

use std::ffi::OsString;
use std::pin::Pin;

use clap::FromArgMatches;
use clap::error::ContextKind;
use clap::error::ContextValue;

use super::arguments;
use super::arguments::Arguments;
use super::arguments::ClientCommand;
use super::arguments::Colour;
use super::arguments::Command;
use super::arguments::ImmediateCommand;
use super::arguments::OwnCommand;
use super::bare;
use super::error;
use super::exec;
use super::marked;
use super::trace;
use super::trace::LogFormat;
use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::grant::text::sanitise;
use crate::system::System;

/// Parses the command line. Prints help, version and errors here.
///
/// # Errors
/// The exit code after such output.
pub fn parse(arguments: Vec<OsString>, system: &System) -> Result<Arguments, u8> {
    let is_exec = arguments.first().is_some_and(|first| first == "exec");
    let hint = if is_exec { without_dashes(&arguments) } else { None };
    let log = asks_for_json(&arguments).then_some(LogFormat::Json);
    let whole = std::iter::once(OsString::from("jit")).chain(arguments);
    let matched = arguments::command().try_get_matches_from(whole);
    matched.and_then(|matches| Arguments::from_arg_matches(&matches)).map_err(|problem| {
        let uses_stderr = problem.use_stderr();
        let text = without_trap(best_first(problem)).render().to_string();
        if uses_stderr {
            ui_of(log, Colour::Never, system).say_whole(text.trim_end());
            if let Some(hint) = hint {
                system.console.say(&format!("  hint: {hint}"));
            }
            // As in `env`, a script must be able to distinguish our errors from the command's own.
            if is_exec { exec::FAILED } else { 2 }
        } else {
            let _ = system.console.print(&text);
            0
        }
    })
}

/// Whether this is a broker's command line that asks for a log in JSON. Its own mistakes belong into that log too.
fn asks_for_json(arguments: &[OsString]) -> bool {
    let serves = cfg!(feature = "broker") && arguments.first().is_some_and(|first| first == "serve");
    let apart = |pair: &[OsString]| pair[0] == "--log-format" && pair[1] == "json";
    serves
        && (arguments.iter().any(|argument| argument == "--log-format=json")
            || arguments.windows(2).any(apart))
}

/// Names the most similar command first. clap names it last.
fn best_first(mut problem: clap::Error) -> clap::Error {
    if let Some(ContextValue::Strings(names)) = problem.get(ContextKind::SuggestedSubcommand) {
        let names = names.iter().rev().cloned().collect();
        problem.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(names));
    }
    problem
}

/// Leaves out clap's tip to write an unknown flag after `--`: what is there is a command that runs, or belongs to nothing.
fn without_trap(mut problem: clap::Error) -> clap::Error {
    if let Some(ContextValue::StyledStrs(tips)) = problem.get(ContextKind::Suggested) {
        let is_trap = |tip: &str| tip.starts_with("to pass '") && tip.contains("-- ");
        let tips = tips.iter().filter(|tip| !is_trap(&tip.to_string())).cloned().collect();
        problem.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    problem
}

/// A hint for `jit exec ROLE COMMAND` with the dashes before the command forgotten.
fn without_dashes(arguments: &[OsString]) -> Option<String> {
    if arguments.iter().any(|argument| argument == "--") {
        return None;
    }
    let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let mut role = 1;
    while let Some(word) = words.get(role).filter(|word| word.starts_with('-')) {
        role += if matches!(*word, "--needs" | "--color") { 2 } else { 1 };
    }
    let (before, command) = words.split_at_checked(role + 1)?;
    let command = if command.is_empty() { vec!["COMMAND"] } else { command.to_vec() };
    let text = format!("jit {} -- {}", shell_words::join(before), shell_words::join(command));
    Some(format!("did you forget `--` before the command? `{}`", sanitise(&text)))
}

/// Runs what was typed: at once what needs no runtime, on one of its own what does.
pub fn run(arguments: Arguments, system: &System) -> u8 {
    if let Some(failure) = marked::refusal(arguments.command.as_ref(), system) {
        return finish(Err(failure), &Ui::new(system, arguments.color));
    }
    match sort(arguments.command) {
        Sorted::Immediate(command) => immediate(command, &Ui::new(system, arguments.color), system),
        Sorted::Waiting(command) => {
            match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime.block_on(waiting(*command, arguments.color, system)),
                Err(problem) => {
                    let failure = Failure::failed("the runtime does not start").cause(problem.to_string());
                    finish(Err(failure), &ui_of(log_of(&command, system), arguments.color, system))
                }
            }
        }
    }
}

/// As [`run`], for callers that already have a runtime.
pub async fn run_async(arguments: Arguments, system: &System) -> u8 {
    if let Some(failure) = marked::refusal(arguments.command.as_ref(), system) {
        return finish(Err(failure), &Ui::new(system, arguments.color));
    }
    match sort(arguments.command) {
        Sorted::Immediate(command) => immediate(command, &Ui::new(system, arguments.color), system),
        Sorted::Waiting(command) => waiting(*command, arguments.color, system).await,
    }
}

/// A command by whether it waits for anything.
enum Sorted {
    Immediate(ImmediateCommand),
    Waiting(Box<Waiting>),
}

/// A command that may wait for the network or a person.
enum Waiting {
    /// `None` is `jit` alone.
    Client(Option<ClientCommand>),
    Own(OwnCommand),
}

fn sort(command: Option<Command>) -> Sorted {
    match command {
        None => Sorted::Waiting(Box::new(Waiting::Client(None))),
        Some(Command::Client(command)) => Sorted::Waiting(Box::new(Waiting::Client(Some(command)))),
        Some(Command::Own(command)) => Sorted::Waiting(Box::new(Waiting::Own(command))),
        Some(Command::Immediate(command)) => Sorted::Immediate(command),
    }
}

fn immediate(command: ImmediateCommand, ui: &Ui<'_>, system: &System) -> u8 {
    let result = match command {
        ImmediateCommand::Prompt(command) => command.run(system, ui),
        ImmediateCommand::Hook(command) => return command.run(system),
        ImmediateCommand::Init(command) => command.run(system, ui),
        ImmediateCommand::Config(command) => command.run(system, ui),
        ImmediateCommand::Learn(command) => command.run(system, ui),
        ImmediateCommand::Completions(command) => command.run(ui),
    };
    finish(result, ui)
}

async fn waiting(command: Waiting, colour: Colour, system: &System) -> u8 {
    let log = log_of(&command, system);
    trace::begin(system, log);
    system.processes.protect_memory();
    let ui = ui_of(log, colour, system);
    match command {
        Waiting::Client(command) => finish(with_client(command, system, &ui).await, &ui),
        Waiting::Own(command) => start_own(command, system, &ui).await,
    }
}

/// The form of a broker's log, which its operator reads. `None` for any other command.
#[cfg(feature = "broker")]
fn log_of(command: &Waiting, system: &System) -> Option<LogFormat> {
    let Waiting::Client(Some(ClientCommand::Serve(command))) = command else { return None };
    Some(command.log_format(system))
}

/// Without the feature `broker` no command serves.
#[cfg(not(feature = "broker"))]
fn log_of(_: &Waiting, _: &System) -> Option<LogFormat> {
    None
}

/// The output of a command.
fn ui_of(log: Option<LogFormat>, colour: Colour, system: &System) -> Ui<'_> {
    if log == Some(LogFormat::Json) { Ui::logging(system) } else { Ui::new(system, colour) }
}

/// A command that runs.
type Running<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// As [`start`], for a command that brings its own settings or exit codes.
fn start_own<'a>(command: OwnCommand, system: &'a System, ui: &'a Ui<'a>) -> Running<'a, u8> {
    match command {
        OwnCommand::Exec(command) => Box::pin(command.run(system, ui)),
        OwnCommand::Shell(command) => Box::pin(command.run(system, ui)),
        OwnCommand::Credentials(command) => Box::pin(command.run(system, ui)),
        OwnCommand::Policy(command) => Box::pin(async move {
            match command.run(system, ui).await {
                Ok(code) => code,
                Err(failure) => finish(Err(failure), ui),
            }
        }),
        // It also reports settings that do not load.
        OwnCommand::Doctor(command) => Box::pin(async move { finish(command.run(system, ui).await, ui) }),
        OwnCommand::Ci(command) => Box::pin(async move { finish(command.run(system, ui).await, ui) }),
        OwnCommand::Man(command) => Box::pin(async move { finish(command.run(system, ui).await, ui) }),
        #[cfg(feature = "mcp")]
        OwnCommand::Mcp(command) => Box::pin(async move { finish(command.run(system).await, ui) }),
        OwnCommand::Version(command) => Box::pin(async move { finish(command.run(system, ui).await, ui) }),
        #[cfg(feature = "demo")]
        OwnCommand::Demo(command) => Box::pin(async move { finish(command.run(system, ui).await, ui) }),
    }
}

async fn with_client(command: Option<ClientCommand>, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
    let mut client = Client::open(system)?;
    if matches!(&command, Some(ClientCommand::Request(command)) if command.rings())
        || matches!(&command, Some(ClientCommand::Wait(command)) if command.rings())
    {
        client.settings.bell = Some(true);
    }
    let client = &client;
    start(command, client, ui).await
}

/// Starts a command. In a function of its own, since the stack would otherwise have room for every command while one runs.
fn start<'a>(
    command: Option<ClientCommand>,
    client: &'a Client<'a>,
    ui: &'a Ui<'a>,
) -> Running<'a, Result<(), Failure>> {
    let Some(command) = command else { return Box::pin(bare::run(client, ui)) };
    match command {
        ClientCommand::Login(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Logout(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Lock(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Whoami(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Key(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Agent(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Roles(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Audit(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Report(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Request(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Wait(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Env(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Console(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Status(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Show(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Inbox(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Approve(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Deny(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Extend(command) => Box::pin(command.run(client, ui)),
        ClientCommand::End(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Revoke(command) => Box::pin(command.run(client, ui)),
        ClientCommand::Web(command) => Box::pin(command.run(client, ui)),
        ClientCommand::BreakGlass(command) => Box::pin(command.run(client, ui)),
        #[cfg(feature = "broker")]
        ClientCommand::Serve(command) => Box::pin(command.run(client.system, ui)),
        ClientCommand::Setup(command) => Box::pin(command.run(client, ui)),
    }
}

fn finish(result: Result<(), Failure>, ui: &Ui<'_>) -> u8 {
    match result {
        Ok(()) => 0,
        Err(failure) => {
            error::show(&failure, ui);
            failure.kind.exit_code()
        }
    }
}

//! From what was typed to the command's own file.

use std::ffi::OsString;

use clap::Parser;

use super::arguments::Arguments;
use super::arguments::Command;
use super::bare;
use super::error;
use super::exec;
use super::trace;
use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::grant::text::sanitise;
use crate::system::System;

/// Parses the command line. Help, version and mistakes are shown here; what is left is the exit code.
pub fn parse(arguments: Vec<OsString>, system: &System) -> Result<Arguments, u8> {
    let is_exec = arguments.first().is_some_and(|first| first == "exec");
    let hint = if is_exec { without_dashes(&arguments) } else { None };
    let whole = std::iter::once(OsString::from("jit")).chain(arguments);
    Arguments::try_parse_from(whole).map_err(|problem| {
        let text = problem.render().to_string();
        if problem.use_stderr() {
            system.console.say(text.trim_end());
            if let Some(hint) = hint {
                system.console.say(&format!("  hint: {hint}"));
            }
            // Like `env`: a script must be able to tell our mistakes from the command's own.
            if is_exec { exec::FAILED } else { 2 }
        } else {
            let _ = system.console.print(&text);
            0
        }
    })
}

/// For `jit exec ROLE COMMAND`, where the dashes before the command were forgotten: what was meant.
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

/// Runs a command that needs no runtime.
pub fn immediate(arguments: Arguments, system: &System) -> u8 {
    let ui = Ui::new(system, arguments.color);
    let result = match arguments.command {
        Some(Command::Prompt(command)) => command.run(system, &ui),
        Some(Command::Init(command)) => command.run(system, &ui),
        Some(Command::Completions(command)) => command.run(&ui),
        Some(Command::Man(command)) => command.run(&ui),
        _ => Ok(()),
    };
    finish(result, &ui)
}

/// Runs a command that may wait for the network or a person.
pub async fn waiting(arguments: Arguments, system: &System) -> u8 {
    trace::begin(system, serves(arguments.command.as_ref()));
    system.processes.protect_memory();
    let ui = Ui::new(system, arguments.color);
    match arguments.command {
        Some(Command::Exec(command)) => command.run(system, &ui).await,
        Some(Command::Policy(command)) => match command.run(system, &ui).await {
            Ok(code) => code,
            Err(failure) => finish(Err(failure), &ui),
        },
        // Settings that do not load are among what it finds.
        Some(Command::Doctor(command)) => finish(command.run(system, &ui).await, &ui),
        Some(Command::Shell(command)) => command.run(system, &ui).await,
        Some(Command::Credentials(command)) => command.run(system, &ui).await,
        Some(Command::Ci(command)) => finish(command.run(system, &ui).await, &ui),
        #[cfg(feature = "demo")]
        Some(Command::Demo(command)) => finish(command.run(system, &ui).await, &ui),
        command => finish(run(command, system, &ui).await, &ui),
    }
}

/// Whether this is a broker, whose operator reads its log.
#[cfg(feature = "broker")]
fn serves(command: Option<&Command>) -> bool {
    matches!(command, Some(Command::Serve(_)))
}

/// Without the broker nothing serves.
#[cfg(not(feature = "broker"))]
fn serves(_: Option<&Command>) -> bool {
    false
}

async fn run(command: Option<Command>, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
    let client = Client::open(system)?;
    let client = &client;
    match command {
        None => bare::run(client, ui).await,
        Some(Command::Login(command)) => command.run(client, ui).await,
        Some(Command::Logout(command)) => command.run(client, ui).await,
        Some(Command::Whoami(command)) => command.run(client, ui).await,
        Some(Command::Roles(command)) => command.run(client, ui).await,
        Some(Command::Audit(command)) => command.run(client, ui).await,
        Some(Command::Request(command)) => command.run(client, ui).await,
        Some(Command::Wait(command)) => command.run(client, ui).await,
        Some(Command::Env(command)) => command.run(client, ui).await,
        Some(Command::Console(command)) => command.run(client, ui).await,
        Some(Command::Status(command)) => command.run(client, ui).await,
        Some(Command::Show(command)) => command.run(client, ui).await,
        Some(Command::Inbox(command)) => command.run(client, ui).await,
        Some(Command::Approve(command)) => command.run(client, ui).await,
        Some(Command::Deny(command)) => command.run(client, ui).await,
        Some(Command::Extend(command)) => command.run(client, ui).await,
        Some(Command::End(command)) => command.run(client, ui).await,
        Some(Command::Revoke(command)) => command.run(client, ui).await,
        Some(Command::BreakGlass(command)) => command.run(client, ui).await,
        #[cfg(feature = "demo")]
        Some(Command::Demo(_)) => Ok(()),
        Some(Command::Policy(_)) => Ok(()),
        Some(Command::Ci(_)) => Ok(()),
        #[cfg(feature = "broker")]
        Some(Command::Serve(command)) => command.run(client.system, ui).await,
        Some(Command::Setup(command)) => command.run(client, ui).await,
        // These never get here: see `immediate` and `waiting`.
        Some(
            Command::Exec(_)
            | Command::Doctor(_)
            | Command::Shell(_)
            | Command::Credentials(_)
            | Command::Prompt(_)
            | Command::Init(_)
            | Command::Completions(_)
            | Command::Man(_),
        ) => Ok(()),
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

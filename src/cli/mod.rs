//! One file per command: its arguments, whose doc comment is the help, and one call of a function in `flow`.
//!
//! May use every folder. Invariant: standard output is data, standard error is for people; errors are shown in one
//! place.

mod agent;
mod approve;
mod arguments;
mod asking;
mod audit;
mod bare;
mod begin;
mod break_glass;
mod ci;
mod complete;
mod completions;
mod config;
mod console;
mod credentials;
#[cfg(feature = "demo")]
mod demo;
mod deny;
mod dispatch;
mod doctor;
mod end;
mod env;
mod error;
mod exec;
mod extend;
mod groups;
mod hidden;
mod hook;
mod inbox;
mod init;
mod key;
mod learn;
mod lock;
mod login;
mod logout;
mod man;
mod marked;
#[cfg(feature = "mcp")]
mod mcp;
mod naming;
mod policy;
mod prompt;
#[cfg(feature = "broker")]
mod receivers;
mod report;
mod request;
mod revoke;
mod roles;
#[cfg(feature = "broker")]
mod serve;
mod setup;
mod shell;
mod show;
mod status;
mod trace;
mod ui;
mod version;
mod wait;
mod web;
mod whoami;

use std::ffi::OsString;

use crate::config::variables;
use crate::grant::Name;
use crate::system::System;
pub use arguments::Arguments;
pub use arguments::command;
pub use completions::ShellName as CompletionShell;
pub use completions::script;
pub use hook::guard;
pub use man::pages;

/// Runs one command line (without the program's name) in this world. Returns the exit code. Builds its own runtime, so
/// call [`run_async`] instead from inside one.
pub fn run(arguments: Vec<OsString>, system: &System) -> u8 {
    if let Some(code) = hidden::run(&arguments, system) {
        return code;
    }
    let own = match as_agent(system) {
        Ok(own) => own,
        Err(code) => return code,
    };
    let system = own.as_ref().unwrap_or(system);
    // The prompt runs before every typed line, so it uses no parser and no runtime, only the index.
    if let Some(code) = fast(&arguments, system) {
        return code;
    }
    match dispatch::parse(arguments, system) {
        Err(code) => code,
        Ok(parsed) => dispatch::run(parsed, system),
    }
}

/// The world of the agent that `JIT_AGENT` names. `None` for a person.
///
/// # Errors
/// The exit code, if the variable holds no name. Then nothing runs, and not as a person either.
fn as_agent(system: &System) -> Result<Option<System>, u8> {
    let mut variables = system.environment.iter();
    let Some((_, value)) = variables.find(|(name, _)| *name == variables::AGENT) else { return Ok(None) };
    match value.to_str().and_then(|text| text.parse::<Name>().ok()) {
        Some(name) => Ok(Some(system.as_agent(name.as_str()))),
        None => {
            system.console.say(&format!("error: {} holds no agent's name", variables::AGENT));
            Err(2)
        }
    }
}

/// Answers what shells ask for while somebody types, and what a coding agent's client asks for before each call.
fn fast(arguments: &[OsString], system: &System) -> Option<u8> {
    let hook = || hook::fast(arguments, system);
    prompt::fast(arguments, system).or_else(hook).or_else(|| complete::fast(arguments, system))
}

/// As [`run`], for callers that already have a runtime.
pub async fn run_async(arguments: Vec<OsString>, system: &System) -> u8 {
    let own = match as_agent(system) {
        Ok(own) => own,
        Err(code) => return code,
    };
    let system = own.as_ref().unwrap_or(system);
    if let Some(code) = fast(&arguments, system) {
        return code;
    }
    match dispatch::parse(arguments, system) {
        Err(code) => code,
        Ok(parsed) => dispatch::run_async(parsed, system).await,
    }
}

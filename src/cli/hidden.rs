//! Commands with which `jit` calls itself. They run before everything else, because no thread may exist yet, and to
//! save time.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use crate::deliver::aws::fetch;
use crate::deliver::aws::profiles;
use crate::deliver::kubernetes::exec_credential;
use crate::system::System;
use crate::system::supervise;

/// The exit code of a hidden command. `None` for an ordinary command line.
pub fn run(arguments: &[OsString], system: &System) -> Option<u8> {
    let (first, rest) = arguments.split_first()?;
    if first == supervise::CHILD_COMMAND {
        return Some(child(rest, system));
    }
    match rest {
        [card] if first == profiles::FETCH_COMMAND => Some(credential(Path::new(card), system)),
        _ => None,
    }
}

fn child(arguments: &[OsString], system: &System) -> u8 {
    match supervise::internal_child(arguments, &system.environment) {
        Ok(code) => u8::try_from(code).unwrap_or(1),
        Err(problem) => {
            system.console.say(&format!("error: the command cannot be started: {problem}"));
            if problem.kind() == io::ErrorKind::NotFound { 127 } else { 126 }
        }
    }
}

fn credential(card: &Path, system: &System) -> u8 {
    system.processes.protect_memory();
    let fail = |line: &str| {
        system.console.say(&format!("error: {line}"));
        1
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(problem) => return fail(&format!("the runtime does not start: {problem}")),
    };
    match runtime.block_on(fetch::fetch_for(
        card,
        system.clock.as_ref(),
        system.environment.get(exec_credential::INFO),
    )) {
        Ok(document) => match system.console.print(&format!("{}\n", document.expose())) {
            Ok(()) => 0,
            Err(problem) if problem.kind() == io::ErrorKind::BrokenPipe => 0,
            Err(problem) => fail(&format!("standard output cannot be written: {problem}")),
        },
        // One line, because SDKs show it unchanged.
        Err(problem) => {
            let hint = problem.hint().map_or_else(String::new, |hint| format!("; {hint}"));
            fail(&format!("{problem}{hint}"))
        }
    }
}

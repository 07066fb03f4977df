//! Stands in for a parent of commands: it runs no command, and only writes each one down.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;

use async_trait::async_trait;

use super::Supervisor;
use super::private_folder;
use super::processes::Command;

/// Children that are only recorded.
#[derive(Default)]
pub struct FakeSupervisor {
    /// Every command that was started.
    pub started: Mutex<Vec<Command>>,
    /// The contents of the private files that the last command was told of, by the variable that names each file.
    pub told: Mutex<BTreeMap<String, String>>,
    /// The exit codes of the next commands; `0` if empty.
    pub codes: Mutex<VecDeque<i32>>,
}

#[async_trait]
impl Supervisor for FakeSupervisor {
    async fn supervise(&self, command: &Command) -> io::Result<i32> {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = told(command);
        self.started.lock().unwrap_or_else(PoisonError::into_inner).push(command.clone());
        Ok(self.codes.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or(0))
    }
}

/// The private files that a command could read.
fn told(command: &Command) -> BTreeMap<String, String> {
    let files = command.environment.iter().filter(|(_, value)| private_folder::holds(Path::new(value)));
    files
        .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), std::fs::read_to_string(value).ok()?)))
        .collect()
}

//! Stands in for a parent of commands: what was to run is only written down.

use std::collections::VecDeque;
use std::io;
use std::sync::Mutex;
use std::sync::PoisonError;

use async_trait::async_trait;

use super::Supervisor;
use super::processes::Command;

/// Children that are only recorded.
#[derive(Default)]
pub struct FakeSupervisor {
    /// Every command that was started.
    pub started: Mutex<Vec<Command>>,
    /// The exit codes of the next commands; `0` if empty.
    pub codes: Mutex<VecDeque<i32>>,
}

#[async_trait]
impl Supervisor for FakeSupervisor {
    async fn supervise(&self, command: &Command) -> io::Result<i32> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner).push(command.clone());
        Ok(self.codes.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or(0))
    }
}

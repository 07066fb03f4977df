//! The listener of a call: messages are collected for the answer, and progress goes to the client.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::sync::mpsc::UnboundedSender;

use crate::grant::text::sanitise;
use crate::system::console::Listener;

/// The most messages that one answer holds.
const MOST: usize = 50;

/// The messages of one call.
pub struct Notes {
    said: Mutex<Vec<String>>,
    progress: UnboundedSender<String>,
}

impl Notes {
    pub(super) fn new(progress: UnboundedSender<String>) -> Self {
        Self { said: Mutex::default(), progress }
    }

    /// Everything that was said so far.
    pub(super) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Listener for Arc<Notes> {
    fn print(&self, _text: &str) -> io::Result<()> {
        // Standard output belongs to the protocol.
        Ok(())
    }

    fn line(&self, line: &str) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() < MOST {
            said.push(sanitise(line));
        }
    }

    fn progress(&self, line: &str) {
        let _ = self.progress.send(sanitise(line));
    }
}

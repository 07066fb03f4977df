//! Standard input and output for tests.

use std::io;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::io::DuplexStream;

use super::stdio::Stdio;
use super::stdio::Streams;

/// Streams that a test holds the other end of. Without any, they are closed.
#[derive(Default)]
pub struct FakeStdio {
    near: Mutex<Option<DuplexStream>>,
}

impl FakeStdio {
    /// Connects the streams. Returns the test's end.
    pub fn connect(&self) -> DuplexStream {
        let (near, far) = tokio::io::duplex(64 << 10);
        *self.near.lock().unwrap_or_else(PoisonError::into_inner) = Some(near);
        far
    }
}

impl Stdio for FakeStdio {
    fn open(&self) -> io::Result<Streams> {
        let near = self.near.lock().unwrap_or_else(PoisonError::into_inner).take();
        let stream = near.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))?;
        Ok(Streams { stream, written: None })
    }
}

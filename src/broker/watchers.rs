//! Callers that wait for a request to change: one channel per request, created with the first waiter and dropped with
//! the last.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::sync::watch;

use crate::grant::Digest;

/// A channel for each request that a caller watches, by the digest of the request.
#[derive(Default)]
pub struct Watchers(Mutex<HashMap<Digest, watch::Sender<()>>>);

impl Watchers {
    /// Begins to watch. Subscribe first and then read, so that no change in between is missed.
    pub fn watch(&self, request: &Digest) -> watch::Receiver<()> {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if channels.len() > 1_024 {
            channels.retain(|_, sender| sender.receiver_count() > 0);
        }
        channels.entry(*request).or_insert_with(|| watch::channel(()).0).subscribe()
    }

    /// Wakes everybody who watches this request.
    pub fn wake(&self, request: &Digest) {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = channels.get(request)
            && sender.send(()).is_err()
        {
            channels.remove(request);
        }
    }
}

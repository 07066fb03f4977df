//! The broker's state in memory between notices. The database holds everything that must survive a restart.

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use super::digest::Lanes;
use super::due::Noted;
use crate::grant::Digest;

/// The state in memory between notices.
#[derive(Default)]
pub struct Outbox {
    queued: Mutex<Vec<(Digest, u64)>>,
    noted: Mutex<Noted>,
    lanes: Mutex<Lanes>,
}

impl Outbox {
    /// Queues the notices of this event of a request. The next round of the background work sends them.
    pub fn queue(&self, request: Digest, event: u64) {
        self.queued.lock().unwrap_or_else(PoisonError::into_inner).push((request, event));
    }

    /// Empties the queue. Returns each request with the number of its event.
    pub(super) fn take_queued(&self) -> Vec<(Digest, u64)> {
        std::mem::take(&mut *self.queued.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The due notices that the database stores already. Never hold it across an await.
    pub(super) fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The recent notices of each place. Never hold it across an await.
    pub(super) fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

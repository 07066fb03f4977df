//! What the broker remembers between notices. The database has all that must not be lost.

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use super::digest::Lanes;
use super::due::Noted;
use crate::grant::Digest;

/// The memory of notices.
#[derive(Default)]
pub struct Outbox {
    queued: Mutex<Vec<(Digest, u64)>>,
    noted: Mutex<Noted>,
    lanes: Mutex<Lanes>,
}

impl Outbox {
    /// Remembers that the notices of this event of a request are to be sent, by the next round of the background work.
    pub fn queue(&self, request: Digest, event: u64) {
        self.queued.lock().unwrap_or_else(PoisonError::into_inner).push((request, event));
    }

    /// Takes what was queued.
    pub(super) fn take_queued(&self) -> Vec<(Digest, u64)> {
        std::mem::take(&mut *self.queued.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What came due and is stored already. Never held across an await.
    pub(super) fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The recent notices of each place. Never held across an await.
    pub(super) fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

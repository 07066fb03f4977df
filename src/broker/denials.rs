//! The broker's knowledge of what became of credentials that were handed out for grants that have ended: denied in the cloud, taken back
//! at their place, or not yet.
//!
//! A restart loses it, and the next look at the places finds it again.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::OnceLock;
use std::sync::PoisonError;

use tokio::sync::Notify;
use tokio::sync::watch;

use crate::grant::Digest;
use crate::protocol::DenialState;
use crate::protocol::DenialView;

/// The outcome for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The place denies it, or has taken it back.
    Denied,
    /// It could not be done, and is tried again. Why, for people.
    Failed(String),
}

/// The outcomes of one kind of work, by the digests of the grants' requests.
#[derive(Default)]
pub struct Denials {
    outcomes: Mutex<HashMap<Digest, Outcome>>,
    /// Wakes the work.
    wanted: Notify,
    /// Counts the rounds of the work, for callers that wait for one.
    rounds: watch::Sender<u64>,
    /// Why there is no work. Empty if there is some.
    idle: OnceLock<String>,
}

impl Denials {
    /// The outcomes so far.
    pub fn outcomes(&self) -> MutexGuard<'_, HashMap<Digest, Outcome>> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who wait that a round of the work is over.
    pub fn round(&self) {
        self.rounds.send_modify(|rounds| *rounds += 1);
    }

    /// Says why nobody does this work.
    pub fn give_up(&self, why: &str) {
        // The work begins once, so it is given up once.
        self.idle.get_or_init(|| why.to_owned());
        self.round();
    }

    /// Waits until somebody wants the work done.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Wakes the work, and waits until a grant's outcome is known. Returns at once if nobody does this work.
    pub async fn settle(&self, digest: &Digest) {
        let mut rounds = self.rounds.subscribe();
        self.wanted.notify_one();
        while self.idle.get().is_none() && !self.outcomes().contains_key(digest) {
            if rounds.changed().await.is_err() {
                return;
            }
        }
    }

    /// How far the work for a grant is.
    pub fn view(&self, digest: &Digest) -> DenialView {
        let failed = |why: String| DenialView { state: DenialState::Failed, why: Some(why) };
        match self.outcomes().get(digest) {
            Some(Outcome::Denied) => DenialView { state: DenialState::Denied, why: None },
            Some(Outcome::Failed(why)) => failed(why.clone()),
            None => match self.idle.get() {
                Some(why) => failed(why.clone()),
                None => DenialView { state: DenialState::Waiting, why: None },
            },
        }
    }
}

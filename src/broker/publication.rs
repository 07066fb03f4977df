//! The host at which clouds find the issuer's keys. If that is another host than the broker, the broker keeps the files for it fresh, and
//! looks at what it serves.
//!
//! Invariant: nothing of the host's answer is ever used but the fact which of the broker's own keys it serves.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::shared::Shared;
use crate::issuer::Issuer;
use crate::issuer::Timetable;
use crate::issuer::published;
use crate::issuer::published::Comparison;
use crate::issuer::published::Difference;
use crate::issuer::published::LookError;
use crate::issuer::site;
use crate::system::System;

/// The pause between two looks at the folder.
const TICK: Duration = Duration::from_secs(2);
/// The time between two looks at a host that serves everything.
const CALM: SignedDuration = SignedDuration::from_secs(60);
/// The time between two looks at a host that does not.
const UNEASY: SignedDuration = SignedDuration::from_secs(10);
/// How long a host may be away before the broker calls itself unready.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// The publication of the issuer's documents.
pub struct Publication {
    issuer_url: String,
    folder: Option<PathBuf>,
    state: Mutex<State>,
    /// Held during a look, so that there is one at a time.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// When the broker last began to look at the host.
    tried: Option<Timestamp>,
    /// The last look that failed, and when the first of such a row was. `None` while the host answers.
    away: Option<(Timestamp, LookError)>,
    /// The last look that the host answered. `None` before the first one.
    found: Option<Comparison>,
    /// Why the files cannot be written.
    unwritten: Option<String>,
    /// The last lines in the log.
    said: Vec<String>,
}

/// The state of the publication, for operators.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Clouds cannot verify the broker's tokens, or soon cannot, or somebody else may sign.
    pub problems: Vec<String>,
    /// Notes that can wait.
    pub notes: Vec<String>,
}

impl Publication {
    pub fn new(issuer_url: &str, folder: Option<PathBuf>) -> Self {
        Self { issuer_url: issuer_url.to_owned(), folder, state: Mutex::default(), turn: Default::default() }
    }

    /// The URL that the tokens for clouds name as their issuer.
    pub fn issuer_url(&self) -> &str {
        &self.issuer_url
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the host if the last look is long enough ago. While no key may sign, waits for a look that is under way.
    pub async fn refresh(&self, issuer: &Issuer, system: &System) {
        if issuer.elsewhere().is_none() {
            return;
        }
        let now = system.clock.now();
        if self.is_due(now) {
            let _turn = self.turn.lock().await;
            if self.is_due(now) {
                self.look(issuer, system).await;
            }
        } else if issuer.signing(now).is_err() {
            let _ended = self.turn.lock().await;
        }
    }

    /// Lets the next look begin at once: the documents changed.
    pub fn look_again(&self) {
        self.state().tried = None;
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let state = self.state();
        let Some(tried) = state.tried else { return true };
        let serves_all = |found: &Comparison| found.differences.iter().all(Difference::is_mild);
        let is_calm = state.away.is_none() && state.found.as_ref().is_some_and(serves_all);
        let span = if is_calm { CALM } else { UNEASY };
        // A clock that was set back must not stop the looks.
        tried > now || now.duration_since(tried) >= span
    }

    /// Writes the files, and then sees what the host serves.
    async fn look(&self, issuer: &Issuer, system: &System) {
        let now = system.clock.now();
        self.state().tried = Some(now);
        self.write(issuer, now);
        let Ok(right) = issuer.documents(&self.issuer_url, now) else { return };
        match published::look(&*system.http, &self.issuer_url).await {
            Ok(served) => {
                let found = published::compare(&right, &served);
                if let Err(error) = issuer.saw(&found.usable, system.clock.now()) {
                    tracing::warn!(%error, "the keys that the issuer's host serves could not be recorded");
                }
                let mut state = self.state();
                state.away = None;
                state.found = Some(found);
            }
            Err(error) => {
                let mut state = self.state();
                let since = state.away.as_ref().map_or(now, |(since, _)| *since);
                state.away = Some((since, error));
            }
        }
        self.say(issuer, now);
    }

    /// Writes the files that are missing or were changed. Before that, no key may leave the set that must still sign.
    fn write(&self, issuer: &Issuer, now: Timestamp) {
        if let Err(error) = issuer.put_off(now) {
            tracing::warn!(%error, "the times of the issuer's keys could not be recorded");
        }
        let Some(folder) = &self.folder else { return };
        let Ok(documents) = issuer.documents(&self.issuer_url, now) else { return };
        let outcome = site::write(folder, &documents);
        if let Ok(written) = &outcome {
            for path in written {
                tracing::info!(path = %path.display(), "the issuer's document is written");
            }
        }
        self.state().unwritten = outcome.err().map(|error| error.to_string());
    }

    /// The problems, and the notes that can wait.
    pub fn standing(&self, issuer: &Issuer, now: Timestamp) -> Standing {
        let mut standing = Standing::default();
        if issuer.elsewhere().is_none() {
            return standing;
        }
        let state = self.state();
        standing.problems.extend(state.unwritten.clone());
        let unsigned = issuer.signing(now).err();
        if let Some(error) = &unsigned {
            standing.problems.push(error.to_string());
        }
        if let Some((since, error)) = &state.away {
            let told = format!("the issuer's host does not serve its documents since {since}: {error}");
            let is_long = unsigned.is_some() || now.duration_since(*since) >= PATIENCE;
            let list = if is_long { &mut standing.problems } else { &mut standing.notes };
            list.push(if unsigned.is_some() {
                told
            } else {
                format!("{told}; keys that were seen there before go on signing")
            });
            return standing;
        }
        for difference in state.found.iter().flat_map(|found| &found.differences) {
            let (can_wait, more) = self.judge(difference, issuer, now);
            let list = if can_wait { &mut standing.notes } else { &mut standing.problems };
            list.push(format!("{}: {difference}{more}", self.issuer_url));
        }
        standing
    }

    /// Whether a difference can wait, and what it means.
    fn judge(&self, difference: &Difference, issuer: &Issuer, now: Timestamp) -> (bool, &'static str) {
        match difference {
            Difference::Strange { kid, is_thumbprint: true } if issuer.knows(kid) => {
                (true, " any more: publish the newest key set")
            }
            Difference::Strange { .. } => {
                (false, ": whoever holds it can sign as the broker. Remove it, and see who can write there")
            }
            Difference::Missing(kid) => {
                let records = issuer.records();
                let record = records.iter().find(|record| record.kid == *kid);
                let grace = Timetable::default().publish_before_use;
                // A new key has a day to arrive, and an old one has done its work.
                let can_wait = record.is_some_and(|record| {
                    record.retired.is_some()
                        || records.len() > 1 && now.duration_since(record.created) < grace
                });
                (can_wait, if can_wait { " yet" } else { "" })
            }
            other => (other.is_mild(), ""),
        }
    }

    /// Writes to the log what is new.
    fn say(&self, issuer: &Issuer, now: Timestamp) {
        let Standing { problems, notes } = self.standing(issuer, now);
        let news: Vec<String> = problems.into_iter().chain(notes).collect();
        let before = std::mem::replace(&mut self.state().said, news.clone());
        for line in news.iter().filter(|line| !before.contains(line)) {
            tracing::warn!("{line}");
        }
        if news.is_empty() && !before.is_empty() {
            tracing::info!("{} serves the issuer's documents as it should", self.issuer_url);
        }
    }
}

/// Keeps the files fresh and looks at the host until the broker closes.
pub async fn follow(shared: Arc<Shared>) {
    if shared.issuer.elsewhere().is_none() {
        return;
    }
    let mut closing = shared.closing.subscribe();
    let work = async {
        loop {
            shared.publication.write(&shared.issuer, shared.system.clock.now());
            shared.publication.refresh(&shared.issuer, &shared.system).await;
            shared.system.clock.sleep(TICK).await;
        }
    };
    tokio::select! {
        () = work => {}
        _ = closing.wait_for(|closing| *closing) => {}
    }
}

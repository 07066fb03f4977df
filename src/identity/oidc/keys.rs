//! A provider's keys, fetched when they are needed and kept for a while.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::discovery;
use super::discovery::Provider;
use super::discovery::ProviderError;
use super::event;
use super::event::SecurityEvent;
use super::jwk::KeySet;
use super::token;
use super::token::Expected;
use super::token::IdTokenError;
use super::token::Proven;
use super::token::Typed;
use crate::system::Clock;
use crate::system::Http;
use crate::system::System;

/// The shortest and the longest time for which keys are fresh, whatever the provider says.
const FRESH: [SignedDuration; 2] = [SignedDuration::from_mins(5), SignedDuration::from_hours(24)];
/// For how long the last good keys serve after they stopped being fresh, while the provider does not answer.
const LAST_GOOD: SignedDuration = SignedDuration::from_hours(24);
/// How often an unknown key id causes a fetch at most, and how long after a failed fetch the last good keys are fetched
/// again.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);
/// How long the error of a failed fetch also answers further calls, if the cache has no keys. A thousand
/// sign-ins then wait for one time limit, not each for its own.
const FAILED: SignedDuration = SignedDuration::from_secs(5);

/// Why a token is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The provider's keys are not at hand.
    #[error("the ID token cannot be verified: {0}")]
    Provider(#[from] ProviderError),
    /// The token is refused.
    #[error("the ID token is refused: {0}")]
    Token(#[from] IdTokenError),
}

impl Failure {
    /// Advice on what to type next. `None` if nothing that a person does would help.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Provider(error) => Some(error.hint()),
            Self::Token(error) => error.hint(),
        }
    }
}

/// Keys with the time of their fetch.
#[derive(Clone)]
struct Held {
    keys: Arc<KeySet>,
    fetched: Timestamp,
    fresh_until: Timestamp,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    failed: Option<(Timestamp, ProviderError)>,
    /// When an unknown key id last caused a fetch.
    unknown: Option<Timestamp>,
}

/// The keys of one provider. Shared by everything that verifies its tokens.
pub struct KeyCache {
    issuer: String,
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Held while a fetch is under way, so that there is one at a time.
    turn: tokio::sync::Mutex<()>,
}

impl KeyCache {
    /// An empty cache. The first token fetches the keys.
    pub fn new(system: &System, issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            http: Arc::clone(&system.http),
            clock: Arc::clone(&system.clock),
            state: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// The issuer whose keys these are.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Verifies a token by the clock of this machine. Fetches the keys if they are not fresh, or if the token names a key
    /// that is not among them.
    ///
    /// # Errors
    /// The provider does not answer and no recent keys are at hand, or the token is refused.
    pub async fn verify(&self, token: &str, expected: &Expected<'_>) -> Result<Proven, Failure> {
        // A malformed token fetches nothing.
        let id = token::key_id(token, Typed::IdToken)?;
        let keys = self.keys(id.as_deref()).await?;
        Ok(token::verify(token, &keys, expected, self.clock.now())?)
    }

    /// Verifies a security event in the same way.
    ///
    /// # Errors
    /// The provider does not answer and no recent keys are at hand, or the event is refused.
    pub async fn verify_event(&self, token: &str, audiences: &[&str]) -> Result<SecurityEvent, Failure> {
        let id = token::key_id(token, Typed::Event)?;
        let keys = self.keys(id.as_deref()).await?;
        Ok(event::verify(token, &keys, &self.issuer, audiences, self.clock.now())?)
    }

    /// The keys, fetched if necessary.
    ///
    /// # Errors
    /// The provider does not answer and no recent keys are at hand.
    pub async fn keys(&self, id: Option<&str>) -> Result<Arc<KeySet>, ProviderError> {
        if let Some(keys) = self.at_hand(id) {
            return keys;
        }
        let _turn = self.turn.lock().await;
        // Somebody else may have fetched in the meantime.
        if let Some(keys) = self.at_hand(id) {
            return keys;
        }
        self.note_unknown(id);
        match self.fetch().await {
            Ok(held) => {
                let keys = Arc::clone(&held.keys);
                let mut state = self.state();
                *state = State { held: Some(held), failed: None, ..std::mem::take(&mut *state) };
                Ok(keys)
            }
            Err(error) => {
                let now = self.clock.now();
                let mut state = self.state();
                state.failed = Some((now, error.clone()));
                state
                    .held
                    .as_ref()
                    .filter(|held| serves(held, now))
                    .map(|held| Arc::clone(&held.keys))
                    .ok_or(error)
            }
        }
    }

    /// The answer that needs no fetch. `None` if there is none.
    fn at_hand(&self, id: Option<&str>) -> Option<Result<Arc<KeySet>, ProviderError>> {
        let now = self.clock.now();
        let state = self.state();
        let failed = state.failed.as_ref().filter(|(at, _)| is_within(*at, now, FAILED));
        match (&state.held, failed) {
            (Some(held), _) if serves(held, now) => {
                let is_fresh = is_within(held.fetched, now, held.fresh_until.duration_since(held.fetched));
                let is_known = !matches!(held.keys.find(id), Err(IdTokenError::UnknownKey));
                let was_asked = state.unknown.is_some_and(|at| is_within(at, now, AGAIN));
                let failed = state.failed.as_ref().is_some_and(|(at, _)| is_within(*at, now, AGAIN));
                let enough = failed || is_fresh && (is_known || was_asked);
                enough.then(|| Ok(Arc::clone(&held.keys)))
            }
            (_, Some((_, error))) => Some(Err(error.clone())),
            (_, None) => None,
        }
    }

    /// Notes that an unknown key id causes the next fetch, if it does.
    fn note_unknown(&self, id: Option<&str>) {
        let now = self.clock.now();
        let mut state = self.state();
        let is_unknown = |held: &Held| matches!(held.keys.find(id), Err(IdTokenError::UnknownKey));
        if state.held.as_ref().is_some_and(is_unknown) {
            state.unknown = Some(now);
        }
    }

    async fn fetch(&self) -> Result<Held, ProviderError> {
        let provider = Provider::discover(self.http.as_ref(), &self.issuer).await?;
        let answer = discovery::fetch(self.http.as_ref(), &provider.jwks, "key set").await?;
        let keys = KeySet::read(&answer.body).map_err(|_| ProviderError::Document("key set"))?;
        let said = answer.header("cache-control").and_then(max_age).unwrap_or(FRESH[0]);
        let fetched = self.clock.now();
        let fresh_until = fetched.saturating_add(said.clamp(FRESH[0], FRESH[1])).unwrap_or(fetched);
        Ok(Held { keys: Arc::new(keys), fetched, fresh_until })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether keys still serve if the provider does not answer.
fn serves(held: &Held, now: Timestamp) -> bool {
    now.duration_since(held.fresh_until) < LAST_GOOD
}

/// Whether less than `span` has passed since `start`. A clock that was set back makes everything old.
fn is_within(start: Timestamp, now: Timestamp, span: SignedDuration) -> bool {
    let passed = now.duration_since(start);
    !passed.is_negative() && passed < span
}

/// `max-age` in a `Cache-Control` header (RFC 9111, section 5.2.2.1). `None` if it has none.
fn max_age(header: &str) -> Option<SignedDuration> {
    let value = header.split(',').find_map(|part| {
        let (name, value) = part.trim().split_once('=')?;
        name.eq_ignore_ascii_case("max-age").then(|| value.trim_matches('"').to_owned())
    })?;
    value.parse::<u32>().ok().map(|seconds| SignedDuration::from_secs(i64::from(seconds)))
}

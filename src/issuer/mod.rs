//! The issuer: the RSA keys that clouds trust, their publication, and the signing of JWTs.
//!
//! Invariant: a key signs only after it has been published for the publishing span (the very first excepted), and stays
//! published until every token it signed has expired everywhere. If another host than the broker serves the documents, a key
//! that this host does not serve does not sign.

mod documents;
mod error;
mod keys;
pub mod published;
pub mod site;
mod timetable;

use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use zeroize::Zeroizing;

pub use documents::Documents;
pub use documents::DocumentsError;
pub use documents::discovery_json;
pub use error::IssuerError;
pub use timetable::KeyRecord;
pub use timetable::Sighting;
pub use timetable::Timetable;

use crate::secret::Secret;
use crate::system::files;
use crate::system::files::Lock;
use keys::SigningKey;
use timetable::Schedule;

/// The path of the discovery document under the issuer's URL (OpenID Connect Discovery 1.0 §4).
pub const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";

/// The path of the key set under the issuer's URL.
pub const KEY_SET_PATH: &str = "/.well-known/jwks.json";

/// How long clouds and proxies may cache both documents. The timetable allows for far more.
pub const CACHE_CONTROL: &str = "public, max-age=300";

/// The keys of one issuer, in one folder that only its owner can read.
pub struct Issuer {
    folder: PathBuf,
    timetable: Timetable,
    /// The issuer's URL, if another host than the broker serves its documents.
    elsewhere: Option<String>,
    state: Mutex<KeyRing>,
}

struct KeyRing {
    schedule: Schedule,
    keys: Vec<SigningKey>,
    /// Whether the schedule has changes that are not on disk.
    is_unsaved: bool,
}

impl Issuer {
    /// Opens the keys in this folder, and generates the first one if there is none.
    pub fn open(folder: &Path, now: Timestamp) -> Result<Self, IssuerError> {
        Self::open_with(folder, now, Timetable::default())
    }

    /// Opens the keys in this folder with other spans than the default ones.
    pub fn open_with(folder: &Path, now: Timestamp, timetable: Timetable) -> Result<Self, IssuerError> {
        Self::open_as(folder, now, timetable, None)
    }

    /// Opens the keys of an issuer whose documents another host serves at this URL. None of them signs before
    /// [`Issuer::saw`] says that the host serves it.
    pub fn open_elsewhere(folder: &Path, now: Timestamp, issuer_url: &str) -> Result<Self, IssuerError> {
        Self::open_as(folder, now, Timetable::default(), Some(issuer_url.to_owned()))
    }

    fn open_as(
        folder: &Path,
        now: Timestamp,
        timetable: Timetable,
        elsewhere: Option<String>,
    ) -> Result<Self, IssuerError> {
        files::make_private_folder(folder)
            .map_err(|cause| IssuerError::File { path: folder.to_owned(), cause })?;
        let lock = hold(folder)?;
        let mut issuer = Self {
            folder: folder.to_owned(),
            timetable,
            elsewhere,
            state: Mutex::new(KeyRing { schedule: Schedule::default(), keys: Vec::new(), is_unsaved: false }),
        };
        let state = match keys::read_private(&issuer.schedule_path())? {
            Some(bytes) => issuer.load(bytes.expose(), now)?,
            None => issuer.begin(now)?,
        };
        issuer.state = Mutex::new(state);
        drop(lock);
        Ok(issuer)
    }

    fn load(&self, bytes: &[u8], now: Timestamp) -> Result<KeyRing, IssuerError> {
        let damaged = |cause| IssuerError::Damaged { path: self.schedule_path(), cause };
        let mut schedule = Schedule::from_json(bytes).map_err(damaged)?;
        // A broker that did not run must not lose the key that the host still serves.
        let is_put_off =
            self.elsewhere.as_deref().is_some_and(|url| schedule.put_off(url, now, self.timetable));
        let gone = self.forget_retired(&mut schedule, now);
        let mut keys = Vec::new();
        for record in schedule.records() {
            keys.push(SigningKey::load(&self.key_path(&record.kid), &record.kid)?);
        }
        if is_put_off || !gone.is_empty() {
            self.save(&schedule)?;
            self.delete(&gone);
        }
        Ok(KeyRing { schedule, keys, is_unsaved: false })
    }

    fn begin(&self, now: Timestamp) -> Result<KeyRing, IssuerError> {
        let key = self.make_key()?;
        let schedule = Schedule::beginning(key.kid(), now);
        self.save(&schedule)?;
        Ok(KeyRing { schedule, keys: vec![key], is_unsaved: false })
    }

    /// Generates and publishes the next key, which signs after the publishing span. Returns its key id.
    ///
    /// Also deletes keys that are no longer needed.
    pub fn rotate(&self, now: Timestamp) -> Result<String, IssuerError> {
        let _lock = hold(&self.folder)?;
        let mut state = self.state();
        if let Some(waiting) = state.schedule.waiting(now) {
            return Err(IssuerError::AlreadyRotating(waiting));
        }
        let key = self.make_key()?;
        let kid = key.kid().to_owned();
        let mut schedule = state.schedule.clone();
        schedule.add(&kid, now, self.timetable);
        let gone = self.forget_retired(&mut schedule, now);
        self.save(&schedule)?;
        state.schedule = schedule;
        state.is_unsaved = false;
        state.keys.push(key);
        state.keys.retain(|key| !gone.iter().any(|retired| retired == key.kid()));
        self.delete(&gone);
        Ok(kid)
    }

    /// The keys and their times, oldest first.
    pub fn records(&self) -> Vec<KeyRecord> {
        self.state().schedule.records().to_vec()
    }

    /// The key set (RFC 7517 §5) in the form that clouds accept: RSA signing keys with `kty`, `use`, `alg`, `kid`, `n`
    /// and `e`, and no other member (AWS refuses `key_ops`, Google refuses `x5c`).
    pub fn key_set_json(&self, now: Timestamp) -> String {
        let state = self.state();
        let published: Vec<Value> = state
            .keys
            .iter()
            .filter(|key| state.schedule.is_published(key.kid(), now))
            .map(SigningKey::public_json)
            .collect();
        json!({ "keys": published }).to_string()
    }

    /// Both documents, as the host of this issuer must serve them now.
    ///
    /// # Errors
    /// There is no key to publish.
    pub fn documents(&self, issuer_url: &str, now: Timestamp) -> Result<Documents, DocumentsError> {
        Documents::of(issuer_url, &self.key_set_json(now))
    }

    /// Whether the key with this id is or was one of this issuer's.
    pub fn knows(&self, kid: &str) -> bool {
        let schedule = &self.state().schedule;
        let own = schedule.records().iter().map(|record| &record.kid);
        own.chain(schedule.removed()).any(|known| known == kid)
    }

    /// The URL of the issuer, if another host than the broker serves its documents.
    pub fn elsewhere(&self) -> Option<&str> {
        self.elsewhere.as_deref()
    }

    /// Records which of the published keys the other host serves now, and puts off a key that it began to serve late. The
    /// effect on signing does not depend on whether it can be written.
    ///
    /// # Errors
    /// The key folder cannot be written.
    pub fn saw(&self, served: &[String], now: Timestamp) -> Result<(), IssuerError> {
        self.keep_up(Some(served), now)
    }

    /// Puts off a key whose time has come and that the other host did not serve at the last look, before the documents lose
    /// the key before it.
    ///
    /// # Errors
    /// The key folder cannot be written.
    pub fn put_off(&self, now: Timestamp) -> Result<(), IssuerError> {
        self.keep_up(None, now)
    }

    fn keep_up(&self, served: Option<&[String]>, now: Timestamp) -> Result<(), IssuerError> {
        let Some(url) = self.elsewhere.as_deref() else { return Ok(()) };
        let mut state = self.state();
        let is_news = served.is_some_and(|served| state.schedule.saw(url, served, now));
        let is_put_off = state.schedule.put_off(url, now, self.timetable);
        state.is_unsaved |= is_news || is_put_off;
        if state.is_unsaved {
            let _lock = hold(&self.folder)?;
            self.save(&state.schedule)?;
            state.is_unsaved = false;
        }
        Ok(())
    }

    /// The id of the key that signs now.
    ///
    /// # Errors
    /// The other host serves no key that may sign.
    pub fn signing(&self, now: Timestamp) -> Result<String, IssuerError> {
        self.signing_of(&self.state().schedule, now)
    }

    fn signing_of(&self, schedule: &Schedule, now: Timestamp) -> Result<String, IssuerError> {
        let nobody = || IssuerError::Cryptography("sign without a key");
        if let Some(kid) = schedule.signing(now, self.elsewhere.as_deref()) {
            return Ok(kid.to_owned());
        }
        let issuer = self.elsewhere.clone().ok_or_else(nobody)?;
        let kid = schedule.due(now).ok_or_else(nobody)?.to_owned();
        Err(IssuerError::Unpublished { issuer, kid })
    }

    /// Signs claims as a JWT (RFC 7519) with RS256 and the current key. A map cannot contain a member twice. Times must
    /// be whole numbers, because AWS refuses fractions.
    pub fn sign(&self, claims: &Map<String, Value>, now: Timestamp) -> Result<Secret<String>, IssuerError> {
        for time in ["iat", "exp", "nbf"] {
            if claims.get(time).is_some_and(|value| !value.is_i64() && !value.is_u64()) {
                return Err(IssuerError::Claim(time));
            }
        }
        let state = self.state();
        let kid = self.signing_of(&state.schedule, now)?;
        let key = state
            .keys
            .iter()
            .find(|key| key.kid() == kid)
            .ok_or(IssuerError::Cryptography("sign without a key"))?;
        let header = json!({ "alg": "RS256", "kid": kid, "typ": "JWT" }).to_string();
        let payload = Zeroizing::new(Value::Object(claims.clone()).to_string());
        let mut token = Zeroizing::new(format!(
            "{}.{}",
            BASE64URL_NOPAD.encode(header.as_bytes()),
            BASE64URL_NOPAD.encode(payload.as_bytes())
        ));
        let signature = key.sign(token.as_bytes())?;
        token.push('.');
        token.push_str(&BASE64URL_NOPAD.encode(&signature));
        Ok(Secret::new(std::mem::take(&mut *token)))
    }

    /// Drops the keys that are no longer published, and returns their ids.
    fn forget_retired(&self, schedule: &mut Schedule, now: Timestamp) -> Vec<String> {
        let gone = schedule.forget_retired(now);
        if self.elsewhere.is_some() {
            schedule.remember(&gone);
        }
        gone
    }

    fn make_key(&self) -> Result<SigningKey, IssuerError> {
        let key = SigningKey::generate()?;
        key.save(&self.key_path(key.kid()))?;
        Ok(key)
    }

    /// Deletes the files of dropped keys. A file that remains is worthless, because no cloud finds its public key.
    fn delete(&self, kids: &[String]) {
        for kid in kids {
            let _ = std::fs::remove_file(self.key_path(kid));
        }
    }

    fn save(&self, schedule: &Schedule) -> Result<(), IssuerError> {
        let path = self.schedule_path();
        files::replace_private(&path, schedule.to_json().as_bytes())
            .map_err(|cause| IssuerError::File { path, cause })
    }

    fn schedule_path(&self) -> PathBuf {
        self.folder.join("keys.json")
    }

    fn key_path(&self, kid: &str) -> PathBuf {
        self.folder.join(format!("{kid}.pk8"))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, KeyRing> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key set of the keys in a folder, which is only read. `None` if there are no keys.
///
/// # Errors
/// A file cannot be read, is readable by others, or is damaged.
pub fn key_set_in(folder: &Path, now: Timestamp) -> Result<Option<String>, IssuerError> {
    let path = folder.join("keys.json");
    let Some(bytes) = keys::read_private(&path)? else { return Ok(None) };
    let schedule =
        Schedule::from_json(bytes.expose()).map_err(|cause| IssuerError::Damaged { path, cause })?;
    let mut published = Vec::new();
    for record in schedule.records().iter().filter(|record| schedule.is_published(&record.kid, now)) {
        let key = SigningKey::load(&folder.join(format!("{}.pk8", record.kid)), &record.kid)?;
        published.push(key.public_json());
    }
    Ok(Some(json!({ "keys": published }).to_string()))
}

fn hold(folder: &Path) -> Result<Lock, IssuerError> {
    let path = folder.join("keys.lock");
    match Lock::try_take(&path) {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => Err(IssuerError::Busy(folder.to_owned())),
        Err(cause) => Err(IssuerError::File { path, cause }),
    }
}

#[cfg(test)]
mod tests;

//! The issuer: the RSA keys that clouds trust, their publication, and the signing of JWTs.
//!
//! Invariant: a key signs only after it has been published for the publishing span (the very first excepted), and stays
//! published until every token it signed has expired everywhere.

mod keys;
mod timetable;

use std::io;
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

pub use timetable::KeyRecord;
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

/// Why the issuer's keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// A file or the folder cannot be read or written.
    #[error("cannot use the issuer's key file {path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        cause: io::Error,
    },
    /// A file is readable by others than its owner.
    #[error("the issuer's key file {path} can be read by others (mode {mode:03o})")]
    Readable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file's content is not valid.
    #[error("the issuer's key file {path} is damaged: {cause}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why it is invalid.
        cause: &'static str,
    },
    /// Another process is changing the keys of this folder.
    #[error("another process is using the issuer's keys in {0}")]
    Busy(PathBuf),
    /// A key is already waiting for its first use.
    #[error("a new key is already published and will be used from {0}")]
    AlreadyRotating(Timestamp),
    /// The claims contain a time that is not a whole number.
    #[error("the claim {0:?} must be a whole number of seconds")]
    Claim(&'static str),
    /// The cryptographic library refused.
    #[error("the cryptographic library refused to {0}")]
    Cryptography(&'static str),
}

impl IssuerError {
    /// How to fix it. `None` if there is no advice.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Readable { path, .. } => Some(format!(
                "run `chmod 600 {}`, and rotate the key if others could have read it",
                path.display()
            )),
            Self::Damaged { path, .. } => Some(format!(
                "restore {} from your backup, or move the key folder away: a new key is made, which clouds know only once they fetch the key set again",
                path.display()
            )),
            Self::Busy(_) => {
                Some("stop the other `jit serve`, or give this one a key folder of its own".to_owned())
            }
            Self::AlreadyRotating(_) => Some("wait until then before rotating again".to_owned()),
            Self::File { .. } | Self::Claim(_) | Self::Cryptography(_) => None,
        }
    }
}

/// The keys of one issuer, in one folder that only its owner can read.
pub struct Issuer {
    folder: PathBuf,
    timetable: Timetable,
    state: Mutex<KeyRing>,
}

struct KeyRing {
    schedule: Schedule,
    keys: Vec<SigningKey>,
}

impl Issuer {
    /// Opens the keys in this folder, and generates the first one if there is none.
    pub fn open(folder: &Path, now: Timestamp) -> Result<Self, IssuerError> {
        Self::open_with(folder, now, Timetable::default())
    }

    /// Opens the keys in this folder with other spans than the default ones.
    pub fn open_with(folder: &Path, now: Timestamp, timetable: Timetable) -> Result<Self, IssuerError> {
        files::make_private_folder(folder)
            .map_err(|cause| IssuerError::File { path: folder.to_owned(), cause })?;
        let lock = hold(folder)?;
        let mut issuer = Self {
            folder: folder.to_owned(),
            timetable,
            state: Mutex::new(KeyRing { schedule: Schedule::default(), keys: Vec::new() }),
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
        let gone = schedule.forget_retired(now);
        let mut keys = Vec::new();
        for record in schedule.records() {
            keys.push(SigningKey::load(&self.key_path(&record.kid), &record.kid)?);
        }
        if !gone.is_empty() {
            self.save(&schedule)?;
            self.delete(&gone);
        }
        Ok(KeyRing { schedule, keys })
    }

    fn begin(&self, now: Timestamp) -> Result<KeyRing, IssuerError> {
        let key = self.make_key()?;
        let schedule = Schedule::beginning(key.kid(), now);
        self.save(&schedule)?;
        Ok(KeyRing { schedule, keys: vec![key] })
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
        let gone = schedule.forget_retired(now);
        self.save(&schedule)?;
        state.schedule = schedule;
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

    /// The discovery document (OpenID Connect Discovery 1.0 §3), which names only what exists.
    pub fn discovery_json(&self, issuer_url: &str) -> String {
        json!({
            "issuer": issuer_url,
            "jwks_uri": format!("{issuer_url}{KEY_SET_PATH}"),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["iss", "sub", "aud", "iat", "exp", "jti"],
        })
        .to_string()
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
        let kid = state.schedule.signing(now).ok_or(IssuerError::Cryptography("sign without a key"))?;
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

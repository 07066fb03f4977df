//! Receives news of people from their identity provider: security events (RFC 8417, OpenID CAEP), and the end
//! of an account (SCIM 2.0). Each receiver is off without a token of its own.

pub mod discovery;
mod leavers;
pub mod scim;

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::http::HeaderMap;
use axum::http::header;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::grant::Digest;
use crate::secret::Secret;

pub use leavers::Known;
pub use leavers::find;
pub use leavers::retire;
pub use leavers::subject_of_event;

/// The shortest token, in bytes.
const SHORTEST: usize = 16;
/// How long the broker remembers the id of an event. It refuses an older event by its time.
const KEPT: SignedDuration = SignedDuration::from_hours(25);
/// The most event ids that the broker remembers.
const REMEMBERED: usize = 10_000;

/// The tokens of the receivers. `None` turns a receiver off.
#[derive(Clone, Default)]
pub struct ReceiverSettings {
    /// The token of a transmitter of security events.
    pub events: Option<Secret<String>>,
    /// The token of a SCIM client.
    pub scim: Option<Secret<String>>,
}

/// The SHA-256 of one receiver's token.
pub struct Gate(Digest);

impl Gate {
    fn read(token: &Secret<String>) -> Result<Self, &'static str> {
        let token = token.expose().trim();
        if token.len() < SHORTEST {
            return Err("it is shorter than 16 bytes");
        }
        Ok(Self(Digest::of(token.as_bytes())))
    }

    /// Whether the call's only bearer token is this one. Compares in constant time.
    pub fn opens(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next().and_then(|value| value.to_str().ok());
        let (Some((scheme, token)), None) = (value.and_then(|value| value.split_once(' ')), values.next())
        else {
            return false;
        };
        let given = Digest::of(token.trim().as_bytes());
        scheme.eq_ignore_ascii_case("bearer")
            && verify_slices_are_equal(given.bytes().as_slice(), self.0.bytes().as_slice()).is_ok()
    }
}

/// The receivers of a running broker.
#[derive(Default)]
pub struct Receivers {
    /// The gate of security events. `None` if this receiver is off.
    pub events: Option<Gate>,
    /// The gate of SCIM. `None` if this receiver is off.
    pub scim: Option<Gate>,
    heard: Mutex<HashMap<String, Timestamp>>,
}

impl Receivers {
    /// Reads the tokens.
    ///
    /// # Errors
    /// Why a token cannot be used.
    pub fn of(settings: &ReceiverSettings) -> Result<Self, &'static str> {
        let gate = |token: &Option<Secret<String>>| token.as_ref().map(Gate::read).transpose();
        let (events, scim) = (gate(&settings.events)?, gate(&settings.scim)?);
        Ok(Self { events, scim, heard: Mutex::default() })
    }

    /// Whether the broker acted on an event of this id before.
    pub fn has_heard(&self, id: &str) -> bool {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    /// Remembers that the broker acted on an event.
    pub fn remember(&self, id: &str, now: Timestamp) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.len() >= REMEMBERED {
            heard.retain(|_, at| now.duration_since(*at) < KEPT);
        }
        if heard.len() < REMEMBERED {
            heard.insert(id.to_owned(), now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bearer_token_opens_and_nothing_else() {
        let gate = Gate::read(&Secret::from(" 0123456789abcdef\n")).ok().unwrap();
        let headers = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().unwrap());
            }
            headers
        };
        for good in ["Bearer 0123456789abcdef", "bearer 0123456789abcdef"] {
            assert!(gate.opens(&headers(&[good])), "{good}");
        }
        for bad in
            ["", "Bearer", "Bearer ", "Bearer 0123456789abcdeF", "Basic 0123456789abcdef", "0123456789abcdef"]
        {
            assert!(!gate.opens(&headers(&[bad])), "{bad}");
        }
        assert!(!gate.opens(&headers(&[])));
        assert!(!gate.opens(&headers(&["Bearer 0123456789abcdef", "Bearer 0123456789abcdef"])));
        for short in ["", "   ", "0123456789abcde"] {
            assert!(Gate::read(&Secret::from(short)).is_err(), "{short}");
        }
    }
}

//! Login challenges: random, valid for two minutes, answered once.
//!
//! A challenge carries its own time and MAC, so issuing many of them costs the broker no memory. The broker remembers
//! only used challenges, until they would have expired anyway.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use jiff::SignedDuration;
use jiff::Timestamp;

/// How long a challenge is valid.
const VALID: SignedDuration = SignedDuration::from_secs(120);
const RANDOM: usize = 24;
const TIME: usize = 8;

/// The issuer of challenges. The key lives as long as the process.
pub struct Challenges {
    key: hmac::Key,
    answered: Mutex<HashMap<String, Timestamp>>,
}

impl Challenges {
    /// Makes challenges that this key authenticates.
    pub fn new(key: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key), answered: Mutex::default() }
    }

    /// Issues a challenge from 32 random bytes.
    pub fn issue(&self, random: &[u8; 32], now: Timestamp) -> String {
        let mut bytes = random[..RANDOM].to_vec();
        bytes.extend_from_slice(&now.as_second().to_be_bytes());
        let proof = hmac::sign(&self.key, &bytes);
        bytes.extend_from_slice(proof.as_ref());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Whether this broker issued the challenge within its validity. It may have been used already.
    pub fn is_fresh(&self, challenge: &str, now: Timestamp) -> bool {
        let Ok(bytes) = BASE64URL_NOPAD.decode(challenge.as_bytes()) else { return false };
        let Some((signed, proof)) = bytes.split_at_checked(RANDOM + TIME) else { return false };
        let Ok(seconds) = <[u8; TIME]>::try_from(&signed[RANDOM..]) else { return false };
        let Ok(issued) = Timestamp::from_second(i64::from_be_bytes(seconds)) else { return false };
        hmac::verify(&self.key, signed, proof).is_ok()
            && issued <= now
            && issued.saturating_add(VALID).is_ok_and(|end| now < end)
    }

    /// Uses up a challenge. Returns false if it was used before or is not fresh.
    pub fn use_up(&self, challenge: &str, now: Timestamp) -> bool {
        if !self.is_fresh(challenge, now) {
            return false;
        }
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.retain(|_, at| at.saturating_add(VALID).is_ok_and(|end| now < end));
        answered.insert(challenge.to_owned(), now).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_answered_once_and_soon() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let challenges = Challenges::new(&[1; 32]);
        let challenge = challenges.issue(&[5; 32], now);
        assert!(challenges.use_up(&challenge, now));
        assert!(!challenges.use_up(&challenge, now));
        let other = challenges.issue(&[6; 32], now);
        assert!(!challenges.use_up(&other, now + SignedDuration::from_secs(120)));
        assert!(!challenges.use_up(&other, now - SignedDuration::from_secs(1)));
        assert!(!Challenges::new(&[2; 32]).use_up(&other, now));
        assert!(!challenges.use_up("nonsense", now));
        assert!(!challenges.use_up("", now));
        let mut changed = other.clone().into_bytes();
        changed[0] = if changed[0] == b'A' { b'B' } else { b'A' };
        assert!(!challenges.use_up(&String::from_utf8(changed).unwrap(), now));
    }
}

//! Verifies that a call of the policy's webhook was signed with its secret.
//!
//! Two signature schemes are supported: GitHub's `X-Hub-Signature-256` (HMAC-SHA256 of the body, "Validating webhook
//! deliveries") and standard-webhooks 1.1.1 (HMAC-SHA256 of id, time and body). GitHub's has no time and can be
//! replayed. The only effect of a call is that the broker looks a little earlier.

use aws_lc_rs::hmac;
use axum::http::HeaderMap;
use data_encoding::BASE64;
use data_encoding::HEXLOWER_PERMISSIVE;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::secret::Secret;

/// The largest body, in bytes. GitHub's push event lists its commits and their files.
pub const MAX_BODY: usize = 1 << 20;
/// How far a call's time may differ from the broker's.
const SLACK: SignedDuration = SignedDuration::from_mins(5);
/// The shortest secret, in bytes.
const SHORTEST: usize = 16;

/// The key that verifies calls.
#[derive(Clone)]
pub struct HookKey(hmac::Key);

impl HookKey {
    /// Parses a secret: base64 after `whsec_`, or otherwise the raw bytes, without surrounding white space.
    ///
    /// # Errors
    /// Why it is not a usable secret.
    pub fn read(secret: &Secret<String>) -> Result<Self, &'static str> {
        let text = secret.expose().trim();
        let bytes = match text.strip_prefix("whsec_") {
            Some(encoded) => {
                BASE64.decode(encoded.as_bytes()).map_err(|_| "it is not base64 after whsec_")?
            }
            None => text.as_bytes().to_vec(),
        };
        let bytes = Secret::new(bytes);
        if bytes.expose().len() < SHORTEST {
            return Err("it is shorter than 16 bytes");
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, bytes.expose())))
    }

    /// Whether the body is signed with the secret. Compares in constant time.
    pub fn signed(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> bool {
        self.signed_as_github(headers, body) || self.signed_as_standard(headers, body, now)
    }

    fn signed_as_github(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let signature = one(headers, "x-hub-signature-256").and_then(|text| text.strip_prefix("sha256="));
        let tag = signature.and_then(|hex| HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok());
        tag.is_some_and(|tag| hmac::verify(&self.0, body, &tag).is_ok())
    }

    fn signed_as_standard(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> bool {
        let (Some(id), Some(time), Some(signatures)) = (
            one(headers, "webhook-id"),
            one(headers, "webhook-timestamp"),
            one(headers, "webhook-signature"),
        ) else {
            return false;
        };
        let at = time.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        if at.is_none_or(|at| now.duration_since(at).abs() > SLACK) {
            return false;
        }
        let mut signed = format!("{id}.{time}.").into_bytes();
        signed.extend_from_slice(body);
        // A sender that rotates its secret signs with both. Checking more than a few would only cost work.
        let mut tags = signatures
            .split(' ')
            .take(4)
            .filter_map(|text| BASE64.decode(text.strip_prefix("v1,")?.as_bytes()).ok());
        tags.any(|tag| hmac::verify(&self.0, &signed, &tag).is_ok())
    }
}

/// The header's value, if the header occurs exactly once.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: &str) -> Result<HookKey, &'static str> {
        HookKey::read(&Secret::from(secret))
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    /// GitHub's own example ("Validating webhook deliveries", "Testing the webhook payload validation").
    #[test]
    fn takes_githubs_published_example() {
        let key = key("It's a Secret to Everybody").unwrap();
        let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let now = Timestamp::UNIX_EPOCH;
        let good = headers(&[("x-hub-signature-256", signature)]);
        assert!(key.signed(&good, b"Hello, World!", now));
        assert!(!key.signed(&good, b"Hello, World?", now));
        for bad in [
            "",
            "sha256=",
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            &signature[..70],
        ] {
            assert!(!key.signed(&headers(&[("x-hub-signature-256", bad)]), b"Hello, World!", now), "{bad}");
        }
        let twice = headers(&[("x-hub-signature-256", signature), ("x-hub-signature-256", signature)]);
        assert!(!key.signed(&twice, b"Hello, World!", now));
        assert!(!key.signed(&HeaderMap::new(), b"Hello, World!", now));
    }

    /// The example of the standard-webhooks libraries' own tests.
    #[test]
    fn takes_the_published_example_of_standard_webhooks_near_its_time() {
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let given = |signature: &str| {
            headers(&[
                ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
                ("webhook-timestamp", "1614265330"),
                ("webhook-signature", signature),
            ])
        };
        let at = |offset: i64| Timestamp::from_second(1_614_265_330 + offset).unwrap();
        assert!(key.signed(&given(signature), body, at(0)));
        assert!(key.signed(&given(&format!("v1,AAAA {signature}")), body, at(-300)));
        assert!(!key.signed(&given(signature), body, at(301)), "played again later");
        assert!(!key.signed(&given(signature), body, at(-301)));
        assert!(!key.signed(&given(&signature.replace("v1", "v2")), body, at(0)));
        assert!(!key.signed(&given(signature), b"{}", at(0)));
        assert!(!key.signed(&given(&format!("{}{signature}", "v1,AAAA ".repeat(4))), body, at(0)));
    }

    #[test]
    fn a_short_or_broken_secret_is_refused() {
        for bad in ["", "   ", "short", "whsec_", "whsec_!!!", "whsec_AAAA"] {
            assert!(key(bad).is_err(), "{bad}");
        }
    }
}

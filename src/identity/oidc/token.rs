//! Verifies ID tokens (OpenID Connect Core 1.0, section 3.1.3.7). Pure: it reads no clock and fetches nothing.

use std::fmt;

use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use jsonwebtoken::Validation;
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::decode;
use jsonwebtoken::decode_header;
use jsonwebtoken::errors::ErrorKind;
use serde::Deserialize;
use serde::Deserializer;
use serde::de;
use serde_json::Map;
use serde_json::Value;

use super::jwk::KeySet;

/// The longest token, in bytes.
pub const MAX_TOKEN: usize = 16 * 1024;
/// The longest subject, in characters (OpenID Connect Core 1.0, section 2).
const MAX_SUBJECT: usize = 255;
/// The allowed clock difference to the provider, in seconds.
pub(super) const SKEW: i64 = 60;
/// The accepted algorithms. `none` and the HS family are never among them: with HS256 a provider's public key would serve
/// as the secret.
const ALGORITHMS: [Algorithm; 4] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

/// Why an ID token is refused. The text never repeats anything of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// Longer than [`MAX_TOKEN`].
    #[error("it is longer than {MAX_TOKEN} bytes")]
    TooLong,
    /// Not a JWS in compact form, or its claims are not a JSON object with distinct members.
    #[error("it is not a signed JWT")]
    Form,
    /// An algorithm that is not accepted, or that does not fit the key.
    #[error("it is not signed with an accepted algorithm (RS256, PS256, ES256, EdDSA)")]
    Algorithm,
    /// The header demands an extension (`crit`), or says that this is another kind of token (`typ`).
    #[error("its header says that it is not an ID token")]
    Header,
    /// The provider has no key of this id.
    #[error("the provider has no such key (any more)")]
    UnknownKey,
    /// The provider has several keys of this id.
    #[error("the provider has several keys of this id")]
    SeveralKeys,
    /// The token names no key, and the provider has several.
    #[error("it names no key, and the provider has several")]
    NamesNoKey,
    /// The signature is invalid.
    #[error("its signature is invalid")]
    Signature,
    /// A required claim is missing or has another type.
    #[error("its claim `{0}` is missing or of another type")]
    Claim(&'static str),
    /// Another issuer.
    #[error("it is from another issuer")]
    Issuer,
    /// Issued for another client.
    #[error("it is for another client")]
    Audience,
    /// It has expired.
    #[error("it has expired")]
    Expired,
    /// It was issued in the future, or is not valid yet.
    #[error("it is not valid yet; the clocks here and at the provider differ")]
    NotYet,
    /// It does not have the expected nonce.
    #[error("it belongs to another sign-in (its nonce differs)")]
    Nonce,
}

impl IdTokenError {
    /// Advice on what to type next. `None` if nothing that a person does would help.
    pub fn hint(self) -> Option<&'static str> {
        match self {
            Self::Expired | Self::Nonce | Self::UnknownKey => Some("run `jit login` again"),
            Self::NotYet => Some("set this machine's clock, then run `jit login` again"),
            Self::Audience => Some("check client_id under [identity.oidc]"),
            Self::Issuer => Some("check issuer under [identity.oidc]"),
            _ => None,
        }
    }
}

/// The nonce that a token must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nonce<'a> {
    /// This one. For the token of a sign-in.
    Is(&'a str),
    /// This one or none. For a token that a refresh brought (OpenID Connect Core 1.0, section 12.2).
    IsOrAbsent(&'a str),
    /// Any or none. For tokens that nobody asked for with a nonce, such as a workload's.
    Any,
}

/// The kind of token that the header must name in `typ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// An ID token: `JWT`, or nothing.
    IdToken,
    /// A security event: `secevent+jwt` (RFC 8417, section 2.3).
    Event,
}

/// The values that a token must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected<'a> {
    /// The issuer, compared exactly.
    pub issuer: &'a str,
    /// The client that the token must be for.
    pub client: &'a str,
    /// The nonce.
    pub nonce: Nonce<'a>,
}

/// A verified token.
#[derive(Debug, Clone, PartialEq)]
pub struct Proven {
    /// Every claim, as the provider wrote it.
    pub claims: Map<String, Value>,
    /// The issuer.
    pub issuer: String,
    /// The subject: at most 255 printable ASCII characters, unique and lasting within the issuer.
    pub subject: String,
    /// When the provider issued it.
    pub issued: Timestamp,
    /// When it expires.
    pub expires: Timestamp,
    /// The key that verified it, as canonical JSON (a JWK), for [`verify_again`].
    pub key: String,
}

impl Proven {
    /// One claim. `None` if the token has no such claim.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }
}

/// Verifies a token with a provider's keys at a time.
///
/// # Errors
/// The first check that the token fails.
pub fn verify(
    token: &str,
    keys: &KeySet,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<Proven, IdTokenError> {
    let (claims, key) = signed(token, keys, Typed::IdToken)?;
    let (issued, expires) = check_times(&claims, now)?;
    check_addressees(&claims, expected)?;
    let subject = subject(&claims)?;
    Ok(Proven { issuer: expected.issuer.to_owned(), subject, issued, expires, key, claims })
}

/// The claims of a token that one of these keys signed. The caller checks issuer, audience and times.
///
/// # Errors
/// The token is malformed, names no key of these, or has another signature.
pub fn signed_claims(token: &str, keys: &KeySet) -> Result<Map<String, Value>, IdTokenError> {
    signed(token, keys, Typed::IdToken).map(|(claims, _)| claims)
}

/// The claims of a token that one of these keys signed, and that key as canonical JSON. Nothing else is checked.
pub(super) fn signed(
    token: &str,
    keys: &KeySet,
    typed: Typed,
) -> Result<(Map<String, Value>, String), IdTokenError> {
    let (id, algorithm) = read_header(token, typed)?;
    let key = keys.find(id.as_deref())?;
    if !key.fits(algorithm) {
        return Err(IdTokenError::Algorithm);
    }
    let mut validation = Validation::new(algorithm);
    // The claims are checked below: the library would read the machine's clock and skip claims that are absent.
    validation.set_required_spec_claims::<&str>(&[]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let Distinct(claims) =
        decode(token, key.decoding(), &validation).map(|data| data.claims).map_err(|error| {
            match error.kind() {
                ErrorKind::InvalidSignature => IdTokenError::Signature,
                _ => IdTokenError::Form,
            }
        })?;
    Ok((claims, key.text().to_owned()))
}

/// Verifies a stored token offline, with the stored key that verified it the first time. `at` is the time at which it had
/// to be valid: that of its event in the log.
///
/// # Errors
/// The stored key is unusable, or the first check that the token fails.
pub fn verify_again(
    token: &str,
    key: &str,
    expected: &Expected<'_>,
    at: Timestamp,
) -> Result<Proven, IdTokenError> {
    let keys = KeySet::of_one(key).ok_or(IdTokenError::UnknownKey)?;
    verify(token, &keys, expected, at)
}

/// The id of the key that a token names, for looking it up. `None` if it names none. Nothing is verified.
///
/// # Errors
/// The token is malformed, or its header is refused.
pub fn key_id(token: &str, typed: Typed) -> Result<Option<String>, IdTokenError> {
    read_header(token, typed).map(|(id, _)| id)
}

/// The nonce of a token, for an early hint. Nothing is verified, so nothing may rest on it.
pub fn unverified_nonce(token: &str) -> Option<String> {
    read_header(token, Typed::IdToken).ok()?;
    let Distinct(claims) = insecure_decode_claims(token).ok()?;
    claims.get("nonce")?.as_str().map(str::to_owned)
}

/// The issuer that a token names, for finding its keys. Nothing is verified, so nothing may rest on it.
pub fn unverified_issuer(token: &str) -> Option<String> {
    read_header(token, Typed::IdToken).ok()?;
    let Distinct(claims) = insecure_decode_claims(token).ok()?;
    claims.get("iss")?.as_str().map(str::to_owned)
}

fn read_header(token: &str, typed: Typed) -> Result<(Option<String>, Algorithm), IdTokenError> {
    if token.len() > MAX_TOKEN {
        return Err(IdTokenError::TooLong);
    }
    if token.split('.').count() != 3 {
        return Err(IdTokenError::Form);
    }
    // The library reads only the names of signature algorithms that it knows, and `none` is not one.
    let header = decode_header(token).map_err(|error| match error.kind() {
        ErrorKind::Json(cause) if cause.is_data() => IdTokenError::Algorithm,
        _ => IdTokenError::Form,
    })?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(IdTokenError::Algorithm);
    }
    // A logout token or an event has the same issuer, audience and key, and says in `typ` what it is (RFC 8725, section
    // 3.11).
    let is_other = match typed {
        Typed::IdToken => header.typ.is_some_and(|kind| !kind.eq_ignore_ascii_case("JWT")),
        Typed::Event => !header.typ.is_some_and(|kind| kind.eq_ignore_ascii_case("secevent+jwt")),
    };
    if header.crit.is_some() || header.enc.is_some() || header.zip.is_some() || is_other {
        return Err(IdTokenError::Header);
    }
    Ok((header.kid, header.alg))
}

/// A time in whole seconds. `None` if the claim is absent.
pub(super) fn seconds(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, IdTokenError> {
    claims.get(name).map(|value| value.as_i64().ok_or(IdTokenError::Claim(name))).transpose()
}

fn check_times(claims: &Map<String, Value>, now: Timestamp) -> Result<(Timestamp, Timestamp), IdTokenError> {
    let instant = |name: &'static str| {
        let value = seconds(claims, name)?.ok_or(IdTokenError::Claim(name))?;
        Timestamp::from_second(value).map_err(|_| IdTokenError::Claim(name))
    };
    let (issued, expires) = (instant("iat")?, instant("exp")?);
    let not_before = seconds(claims, "nbf")?;
    let now = now.as_second();
    if expires.as_second() <= now - SKEW {
        return Err(IdTokenError::Expired);
    }
    let latest = now + SKEW;
    if issued.as_second() > latest || not_before.is_some_and(|start| start > latest) {
        return Err(IdTokenError::NotYet);
    }
    if expires <= issued {
        return Err(IdTokenError::Claim("exp"));
    }
    Ok((issued, expires))
}

fn check_addressees(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), IdTokenError> {
    let text =
        |name: &'static str| claims.get(name).map(|value| value.as_str().ok_or(IdTokenError::Claim(name)));
    if text("iss").ok_or(IdTokenError::Claim("iss"))?? != expected.issuer {
        return Err(IdTokenError::Issuer);
    }
    let audiences = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => {
            let texts: Option<Vec<&str>> = several.iter().map(Value::as_str).collect();
            texts.ok_or(IdTokenError::Claim("aud"))?
        }
        _ => return Err(IdTokenError::Claim("aud")),
    };
    let party = text("azp").transpose()?;
    // A token for several audiences was issued to one of them, which `azp` names.
    let is_ours = match party {
        Some(party) => party == expected.client,
        None => audiences.len() == 1,
    };
    if !audiences.contains(&expected.client) || !is_ours {
        return Err(IdTokenError::Audience);
    }
    let nonce = text("nonce").transpose()?;
    let fits = match expected.nonce {
        Nonce::Is(wanted) => nonce == Some(wanted),
        Nonce::IsOrAbsent(wanted) => nonce.is_none_or(|nonce| nonce == wanted),
        Nonce::Any => true,
    };
    if !fits {
        return Err(IdTokenError::Nonce);
    }
    // The mark of a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.4).
    if claims.contains_key("events") { Err(IdTokenError::Header) } else { Ok(()) }
}

fn subject(claims: &Map<String, Value>) -> Result<String, IdTokenError> {
    let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    let printable = subject.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if subject.is_empty() || subject.len() > MAX_SUBJECT || !printable {
        return Err(IdTokenError::Claim("sub"));
    }
    Ok(subject.to_owned())
}

/// A JSON object whose members are distinct. Two readers might each take another one of two equal members.
struct Distinct(Map<String, Value>);

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> de::Visitor<'de> for Reader {
            type Value = Distinct;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut access: A) -> Result<Distinct, A::Error> {
                let mut map = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if map.insert(name, value).is_some() {
                        return Err(de::Error::custom("a member is duplicated"));
                    }
                }
                Ok(Distinct(map))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

//! Authenticates a signed call: computes Signature Version 4 again and compares in constant time.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::http::HeaderMap;
use axum::http::Uri;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Sandbox;
use super::SandboxUser;
use super::answer::Fault;
use super::credentials::Session;
use crate::grant::Digest;
use crate::provider::aws::signing;
use crate::provider::aws::signing::Keys;
use crate::provider::aws::signing::Unsigned;
use crate::secret::Secret;

/// How far a signature's time may differ, either way, in seconds.
const TOLERANCE: i64 = 300;

/// The caller of a signed call.
pub enum Caller {
    /// A user with its own access key.
    User(SandboxUser),
    /// A session that the sandbox opened.
    Session(Session),
}

impl Caller {
    /// The ARN of the user or session.
    pub fn arn(&self) -> &str {
        match self {
            Self::User(user) => &user.arn,
            Self::Session(session) => &session.arn,
        }
    }
}

/// The parts of an `Authorization` header.
struct Claimed<'a> {
    access_key_id: &'a str,
    day: &'a str,
    region: &'a str,
    signed: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Claimed<'a> {
    fn read(header: &'a str) -> Option<Self> {
        let mut members = header.strip_prefix("AWS4-HMAC-SHA256 ")?.split(',').map(str::trim);
        let credential = members.next()?.strip_prefix("Credential=")?;
        let signed = members.next()?.strip_prefix("SignedHeaders=")?;
        let signature = members.next()?.strip_prefix("Signature=")?;
        let scope: Vec<&str> = credential.split('/').collect();
        let [access_key_id, day, region, signing::STS, "aws4_request"] = scope.as_slice() else {
            return None;
        };
        let whole = members.next().is_none();
        let signed = signed.split(';').collect();
        whole.then_some(Self { access_key_id, day, region, signed, signature })
    }
}

impl Sandbox {
    /// Authenticates a call. Refuses content that the signature does not cover and times outside the tolerance.
    pub(super) fn authenticate(&self, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Caller, Fault> {
        let mismatch = |cause: &str| Fault::new(403, "SignatureDoesNotMatch", cause);
        let header = text(headers, "authorization")
            .ok_or_else(|| Fault::new(403, "MissingAuthenticationToken", "the call is not signed"))?;
        let claimed = Claimed::read(header).ok_or_else(|| {
            Fault::new(400, "IncompleteSignature", "the Authorization header is not AWS4-HMAC-SHA256 for sts")
        })?;
        let (caller, keys) = self.keys_of(claimed.access_key_id, text(headers, "x-amz-security-token"))?;
        let stamp = text(headers, "x-amz-date").ok_or_else(|| mismatch("x-amz-date is missing"))?;
        let signed_at = read_stamp(stamp).ok_or_else(|| mismatch("x-amz-date cannot be read"))?;
        if !stamp.starts_with(claimed.day) || claimed.day.len() != 8 {
            return Err(mismatch("the credential scope is of another day than the call"));
        }
        if self.clock.now().duration_since(signed_at).abs().as_secs() > TOLERANCE {
            return Err(mismatch("Signature expired: the call's time is more than five minutes off"));
        }
        let must = |name: &str| claimed.signed.contains(&name);
        if !must("host")
            || !must("x-amz-date")
            || (keys.session_token.is_some() && !must("x-amz-security-token"))
        {
            return Err(mismatch("host, x-amz-date and x-amz-security-token must be signed"));
        }
        let expected = self.expected_signature(&claimed, &keys, uri, headers, body, signed_at);
        let expected = expected.ok_or_else(|| mismatch("the signed headers are not those of the call"))?;
        if verify_slices_are_equal(expected.as_bytes(), claimed.signature.as_bytes()).is_err() {
            return Err(mismatch("the signature is not that of this key over this call"));
        }
        if let Caller::Session(session) = &caller
            && session.expires <= self.clock.now()
        {
            return Err(Fault::new(
                403,
                "ExpiredToken",
                "The security token included in the request is expired",
            ));
        }
        Ok(caller)
    }

    fn keys_of(&self, access_key_id: &str, token: Option<&str>) -> Result<(Caller, Keys), Fault> {
        let unknown = || {
            Fault::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        };
        let access_key_id = access_key_id.to_owned();
        if let Some(session) = self.session(&access_key_id) {
            let token = token.ok_or_else(unknown)?;
            let digest = Digest::of(token.as_bytes());
            verify_slices_are_equal(digest.bytes(), session.token.bytes()).map_err(|_| unknown())?;
            let secret_access_key = session.secret_access_key.clone();
            let session_token = Some(Secret::from(token));
            return Ok((Caller::Session(session), Keys { access_key_id, secret_access_key, session_token }));
        }
        let user = self.settings.users.iter().find(|user| user.access_key_id == access_key_id);
        let user = user.filter(|_| token.is_none()).ok_or_else(unknown)?.clone();
        let secret_access_key = user.secret_access_key.clone();
        Ok((Caller::User(user), Keys { access_key_id, secret_access_key, session_token: None }))
    }

    fn expected_signature(
        &self,
        claimed: &Claimed<'_>,
        keys: &Keys,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
        signed_at: Timestamp,
    ) -> Option<String> {
        let host = text(headers, "host").or_else(|| uri.authority().map(|authority| authority.as_str()))?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let mut covered = Vec::new();
        for name in &claimed.signed {
            // The signer adds these three headers itself.
            if !["host", "x-amz-date", "x-amz-security-token"].contains(name) {
                covered.push(((*name).to_owned(), text(headers, name)?.to_owned()));
            }
        }
        let url = format!("http://{host}{path}");
        let request = Unsigned { service: signing::STS, method: "POST", url: &url, headers: &covered, body };
        let made = signing::signed_headers(&request, keys, claimed.region, signed_at).ok()?;
        let (_, authorization) = made.iter().find(|(name, _)| name == "authorization")?;
        let ours = Claimed::read(authorization)?;
        (ours.signed == claimed.signed).then(|| ours.signature.to_owned())
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// `YYYYMMDDTHHMMSSZ`
fn read_stamp(stamp: &str) -> Option<Timestamp> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", stamp).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

//! AWS: the web-identity exchange that mints, the identity behind credentials, the trust policy to install, and direct
//! roles.
//!
//! Invariant: the client contacts no address that does not fit the target, and follows no redirect.

mod answers;
pub mod console;
pub mod direct;
pub mod endpoint;
pub mod forbidden;
pub mod forge_trust;
pub mod hub_trust;
pub mod identify;
mod own;
mod refusal;
pub mod session_policy;
pub mod signing;
pub mod trust_policy;
mod vouching;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::MintOrder;
use super::MintedCredentials;
use super::Provider;
use super::ProviderError;
use super::no_time_left;
use super::scope_of_another_cloud;
pub use super::subject;
use super::whole_seconds;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::Target;
use crate::grant::cloud::aws::AwsCredentials;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::cloud::aws_scope::AwsScopeDocument;
use crate::issuer::Issuer;
use crate::provider::tokens::TOKEN_LIFE;
use crate::provider::tokens::Tokens;
use crate::secret::Secret;
use crate::system::Clock;
use crate::system::Entropy;
use crate::system::Http;
use crate::system::System;
use answers::Minted;
use endpoint::Place;
use identify::signed;
use signing::Keys;
use vouching::Voucher;
use wire::World;

/// The shortest STS session, in seconds.
pub const MIN_SESSION: i64 = 900;

/// The longest STS session, in seconds.
pub const MAX_SESSION: i64 = 43_200;

/// The longest session of a chained role, in seconds (IAM: role chaining).
pub const MAX_CHAINED: i64 = 3_600;

/// The longest session name, in characters.
const MAX_SESSION_NAME: usize = 64;

/// Mints sessions of AWS roles, and of the sandbox cloud, which speaks the same protocol.
pub struct AwsProvider {
    tokens: Tokens,
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl AwsProvider {
    /// A provider that signs with this issuer, whose keys clouds fetch from `issuer_url` (compared exactly, without
    /// adding or removing a slash).
    pub fn new(issuer: Arc<Issuer>, issuer_url: String, system: &System) -> Self {
        Self::of(Tokens::Issuer(issuer, issuer_url), system)
    }

    /// A provider for one mint with a token of another issuer, for the audience of [`endpoint::place_of`]. The trust
    /// policy pins the token's subject, which determines what it may open.
    pub fn with_token(token: Secret<String>, system: &System) -> Self {
        Self::of(Tokens::Given(token), system)
    }

    fn of(tokens: Tokens, system: &System) -> Self {
        Self {
            tokens,
            http: Arc::clone(&system.http),
            clock: Arc::clone(&system.clock),
            entropy: Arc::clone(&system.entropy),
        }
    }

    fn token(&self, order: &MintOrder, place: &Place) -> Result<Secret<String>, ProviderError> {
        let (issuer, url) = match &self.tokens {
            Tokens::Issuer(issuer, url) => (issuer, url),
            Tokens::Given(token) => return Ok(token.clone()),
        };
        let now = self.clock.now();
        let claims = claims(url, order, place, now, &self.entropy.token());
        issuer.sign(&claims, now).map_err(|error| ProviderError {
            message: error.to_string(),
            hint: error.hint(),
            passing: error.is_passing(),
        })
    }
}

#[async_trait]
impl Provider for AwsProvider {
    async fn mint(&self, order: &MintOrder) -> Result<MintedCredentials, ProviderError> {
        let place = endpoint::place_of(&order.target)?;
        let end = whole_seconds(order.until.min(order.grant_until));
        let seconds = session_seconds(self.clock.now(), end)?;
        let policy = session_policy::narrowed(end, scope_of(order)?, order.source);
        let minted = match &place.hub {
            None => self.assume(order, &place, &place.role, seconds, &policy).await?,
            Some(hub) => {
                // The hub's session is short, never leaves this machine, and may do one thing.
                let errand = session_policy::errand(&place.role);
                let minted = self.assume(order, &place, hub, MIN_SESSION, &errand).await?;
                check_session(&minted, hub, &format!("the hub {hub}"))?;
                self.assume_from(minted, order, &place, seconds.min(MAX_CHAINED), &policy).await?
            }
        };
        accept(minted, &order.target, &place, end, self.clock.now(), self.voucher())
    }
}

impl AwsProvider {
    fn voucher(&self) -> Voucher {
        self.tokens.voucher()
    }

    fn world(&self) -> World<'_> {
        let voucher = self.voucher();
        World { http: &*self.http, clock: &*self.clock, entropy: &*self.entropy, voucher }
    }

    /// Exchanges a JWT for a session of a role.
    async fn assume(
        &self,
        order: &MintOrder,
        place: &Place,
        role: &RoleArn,
        seconds: i64,
        policy: &str,
    ) -> Result<Minted, ProviderError> {
        let (session, seconds) = (session_name(&order.request, &order.person), seconds.to_string());
        let answer = wire::call(&self.world(), || {
            let token = self.token(order, place)?;
            let form = wire::form(
                "AssumeRoleWithWebIdentity",
                &[
                    ("RoleArn", role.as_str()),
                    ("RoleSessionName", &session),
                    ("DurationSeconds", &seconds),
                    ("Policy", policy),
                    ("WebIdentityToken", token.expose()),
                ],
            );
            Ok(wire::post(&place.url, &form))
        })
        .await?;
        answers::read_minted(&answer).ok_or_else(|| refusal::unreadable(answer.len()).error)
    }

    /// Assumes the target with a session of its hub. The first session's source identity applies to the second too.
    async fn assume_from(
        &self,
        hub: Minted,
        order: &MintOrder,
        place: &Place,
        seconds: i64,
        policy: &str,
    ) -> Result<Minted, ProviderError> {
        let keys = Keys {
            access_key_id: hub.access_key_id,
            secret_access_key: hub.secret_access_key,
            session_token: Some(hub.session_token),
        };
        let form = wire::form(
            "AssumeRole",
            &[
                ("RoleArn", place.role.as_str()),
                ("RoleSessionName", &session_name(&order.request, &order.person)),
                ("DurationSeconds", &seconds.to_string()),
                ("Policy", policy),
            ],
        );
        let answer =
            wire::call(&self.world(), || signed(&place.url, &form, &keys, &place.region, &*self.clock))
                .await?;
        answers::read_minted(&answer).ok_or_else(|| refusal::unreadable(answer.len()).error)
    }
}

/// The session policy that a grant for a scope is narrowed to.
fn scope_of(order: &MintOrder) -> Result<Option<&AwsScopeDocument>, ProviderError> {
    let Some(scope) = &order.scope else { return Ok(None) };
    scope.as_aws().map(Some).ok_or_else(scope_of_another_cloud)
}

/// The claims of a JWT for STS. The subject names only the role. The roles claim is a second check. The source identity
/// makes the cloud's audit trail name the person.
fn claims(
    issuer_url: &str,
    order: &MintOrder,
    place: &Place,
    now: Timestamp,
    nonce: &str,
) -> Map<String, Value> {
    let issued = now.as_second();
    // The role that the JWT itself opens: the hub, if there is one.
    let assumed = place.hub.as_ref().unwrap_or(&place.role);
    let members = [
        ("iss", json!(issuer_url)),
        ("sub", json!(subject(&order.role))),
        ("aud", json!(place.audience)),
        ("iat", json!(issued)),
        ("exp", json!(issued + TOKEN_LIFE)),
        ("jti", json!(nonce)),
        ("https://aws.amazon.com/roles", json!([assumed.as_str()])),
        ("https://aws.amazon.com/source_identity", json!(source_identity(&order.person))),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The person as source identity: 2 to 64 characters (API reference of `AssumeRole`). A name of one character gets a prefix
/// that no name can have.
pub fn source_identity(person: &Name) -> String {
    if person.as_str().len() < 2 { format!("person={person}") } else { person.to_string() }
}

/// The session's name: the request's id, then the person.
fn session_name(request: &RequestId, person: &Name) -> String {
    fit_session_name(&format!("{}-{person}", request.as_str()))
}

/// Converts any text to a session name: 2 to 64 of `[A-Za-z0-9_+=,.@-]` (API reference of `AssumeRole`). All other
/// characters become `-`.
fn fit_session_name(text: &str) -> String {
    let fits = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    let mut name: String = text
        .chars()
        .map(|character| if fits(character) { character } else { '-' })
        .take(MAX_SESSION_NAME)
        .collect();
    while name.len() < 2 {
        name.push('-');
    }
    name
}

/// The whole seconds to request: the remaining time, within the limits of STS. The session policy ends a longer
/// session.
fn session_seconds(now: Timestamp, end: Timestamp) -> Result<i64, ProviderError> {
    let remaining = end.duration_since(now);
    if remaining < SignedDuration::from_secs(1) {
        return Err(no_time_left());
    }
    Ok(remaining.as_secs().clamp(MIN_SESSION, MAX_SESSION))
}

/// Refuses a session of another role.
fn check_session(minted: &Minted, role: &RoleArn, described: &str) -> Result<(), ProviderError> {
    let Some(arn) = &minted.session_arn else { return Ok(()) };
    if identify::SessionArn::of(arn).is_some_and(|arn| arn.is_of(role)) {
        return Ok(());
    }
    Err(ProviderError {
        message: format!("the cloud answered with a session of another role than {described}"),
        hint: Some("check the endpoint: it does not behave like STS".to_owned()),
        passing: false,
    })
}

/// Accepts minted credentials, if they are the target's.
fn accept(
    minted: Minted,
    target: &Target,
    place: &Place,
    end: Timestamp,
    now: Timestamp,
    voucher: Voucher,
) -> Result<MintedCredentials, ProviderError> {
    check_session(&minted, &place.role, &target.describe())?;
    let expires = minted.expiration.min(end);
    if expires <= now {
        return Err(ProviderError {
            message: "the cloud answered with credentials that have already expired".to_owned(),
            hint: Some(format!("check {} clock", voucher.whose())),
            passing: false,
        });
    }
    let credentials = AwsCredentials {
        access_key_id: minted.access_key_id,
        secret_access_key: minted.secret_access_key,
        session_token: minted.session_token,
        account: place.role.account().to_owned(),
        session_arn: minted.session_arn,
        region: place.region.clone(),
        endpoint_url: place.endpoint_url.clone(),
    };
    Ok(MintedCredentials { credentials: credentials.into(), expires })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn claims_name_the_role_and_the_person_and_end_in_a_minute() {
        let order = MintOrder {
            target: "aws:arn:aws:iam::111122223333:role/db-admin?region=eu-west-1".parse().unwrap(),
            role: "prod-db".parse().unwrap(),
            request: "7F3KQ2M8ZD".parse().unwrap(),
            person: "ana@example.com".parse().unwrap(),
            until: at("2026-11-23T14:00:00Z"),
            grant_until: at("2026-11-23T15:00:00Z"),
            scope: None,
            source: None,
        };
        let place = endpoint::place_of(&order.target).unwrap();
        let claims = claims("https://jit.example.com", &order, &place, at("2026-11-23T13:00:00.9Z"), "nonce");
        insta::assert_snapshot!(serde_json::to_string(&claims).unwrap(), @r#"{"iss":"https://jit.example.com","sub":"jit:role:prod-db","aud":"sts.amazonaws.com","iat":1795438800,"exp":1795438860,"jti":"nonce","https://aws.amazon.com/roles":["arn:aws:iam::111122223333:role/db-admin"],"https://aws.amazon.com/source_identity":"ana@example.com"}"#);
    }

    #[test]
    fn sessions_are_named_by_request_and_person() {
        let request: RequestId = "7F3KQ2M8ZD".parse().unwrap();
        assert_eq!(session_name(&request, &"ana@example.com".parse().unwrap()), "7F3KQ2M8ZD-ana@example.com");
        let long = session_name(&request, &"a".repeat(63).parse().unwrap());
        assert!(long.len() == 64 && long.starts_with("7F3KQ2M8ZD-aaa"));
        assert_eq!(fit_session_name("ana maría/é"), "ana-mar-a--");
        assert_eq!(fit_session_name(""), "--");
        assert_eq!(source_identity(&"ana".parse().unwrap()), "ana");
        assert_eq!(source_identity(&"a".parse().unwrap()), "person=a");
    }

    #[test]
    fn durations_stay_within_what_sts_gives() {
        let now = at("2026-11-23T13:00:00Z");
        for (end, seconds) in [
            ("2026-11-23T13:00:01Z", 900),
            ("2026-11-23T13:15:00.9Z", 900),
            ("2026-11-23T14:00:00.9Z", 3600),
            ("2026-11-25T14:00:00Z", 43_200),
        ] {
            assert_eq!(session_seconds(now, at(end)).unwrap(), seconds);
        }
        assert!(session_seconds(now, at("2026-11-23T13:00:00.9Z")).is_err());
        assert!(session_seconds(now, at("2026-11-23T12:00:00Z")).is_err());
    }
}

//! AWS: the web-identity exchange that mints, the identity behind credentials, the trust policy to install, and direct
//! roles.
//!
//! Invariant: the client contacts no address that does not fit the target, and follows no redirect.

pub mod ambient;
mod answers;
mod by_broker;
pub mod console;
mod denials;
pub mod direct;
pub mod endpoint;
pub mod forbidden;
pub mod forge_trust;
pub mod hub_trust;
mod iam;
pub mod identify;
pub(crate) mod naming;
mod own;
pub mod own_trust;
mod refusal;
pub mod session_policy;
pub mod signing;
pub mod terraform;
pub mod trust_policy;
mod vouching;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use jiff::Timestamp;

use super::Deny;
use super::Denying;
use super::MintOrder;
use super::MintedCredentials;
use super::Provider;
use super::ProviderError;
use super::no_time_left;
use super::scope_of_another_cloud;
pub use super::subject;
use super::whole_seconds;
use crate::grant::Target;
use crate::grant::cloud::aws::AwsCredentials;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::cloud::aws_scope::AwsScopeDocument;
use crate::issuer::Issuer;
use crate::provider::tokens::Tokens;
use crate::secret::Secret;
use crate::system::Clock;
use crate::system::Entropy;
use crate::system::Http;
use crate::system::System;
use ambient::Ambient;
use answers::Minted;
use endpoint::Place;
use identify::signed;
use naming::claims;
use naming::fit_session_name;
use naming::session_name;
use signing::Keys;
use vouching::Voucher;
use wire::World;

/// The shortest STS session, in seconds.
pub const MIN_SESSION: i64 = 900;

/// The longest STS session, in seconds.
pub const MAX_SESSION: i64 = 43_200;

/// The longest session of a chained role, in seconds (IAM: role chaining).
pub const MAX_CHAINED: i64 = 3_600;

/// Mints sessions of AWS roles, and of the sandbox cloud, which speaks the same protocol.
pub struct AwsProvider {
    tokens: Tokens,
    /// The broker's own identity. `None` in a workflow's job, which has only its token.
    own: Option<Ambient>,
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl AwsProvider {
    /// A provider that signs with this issuer, whose keys clouds fetch from `issuer_url` (compared exactly, without
    /// adding or removing a slash).
    pub fn new(issuer: Arc<Issuer>, issuer_url: String, system: &System) -> Self {
        Self::of(Tokens::Issuer(issuer, issuer_url), Some(Ambient::new(system)), system)
    }

    /// A provider for one mint with a token of another issuer, for the audience of [`endpoint::place_of`]. The trust
    /// policy pins the token's subject, which determines what it may open.
    pub fn with_token(token: Secret<String>, system: &System) -> Self {
        Self::of(Tokens::Given(token), None, system)
    }

    fn of(tokens: Tokens, own: Option<Ambient>, system: &System) -> Self {
        Self {
            tokens,
            own,
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
            None if order.target.is_by_broker() => {
                self.assume_as_own(order, &place, seconds, &policy).await?
            }
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

    async fn deny(&self, order: &Deny) -> Result<Denying, ProviderError> {
        self.write_denials(order).await
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

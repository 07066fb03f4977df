//! The broker's own AWS identity, with which it opens the roles of `by = "broker"`.
//!
//! Found as AWS's SDKs find it: keys in the environment, a profile that `AWS_PROFILE` names, a web identity's token file,
//! a container's endpoint, the instance's metadata. Everything but `credential_process` goes over `System.http`.
//! Invariants: only the environment of this process is read, never a policy or a request. A source that is configured and
//! fails is an error: no other identity is taken instead. A person's sign-in is refused.

mod container;
mod document;
mod metadata;
mod profile;
mod web_identity;

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::answers;
use super::endpoint;
use super::identify::SessionArn;
use super::identify::signed;
use super::refusal;
use super::signing::Keys;
use super::vouching::Voucher;
use super::wire;
use super::wire::World;
use crate::grant::cloud::aws::AwsCredentials;
use crate::grant::text::sanitise;
use crate::provider::ProviderError;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::System;

/// How long before their end credentials are fetched anew. The metadata services have new ones at least five minutes
/// before (IAM: "Use IAM roles to grant permissions to applications running on EC2 instances").
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// The beginning of the names of roles that IAM Identity Center makes for people.
const PEOPLE: &str = "AWSReservedSSO_";

/// The source of the identity, in words: `the instance's metadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source(String);

impl Source {
    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Credentials as a source gave them.
struct Found {
    keys: Keys,
    /// When they expire. `None` if the source does not say.
    expires: Option<Timestamp>,
    /// Until when they may be used without asking the source again. `None` for ever.
    kept: Option<Timestamp>,
    source: Source,
}

/// The credentials that the endpoint of this process's environment serves, as a command finds them whose `jit exec` stays as the parent.
/// `None` if the environment names no endpoint.
///
/// # Errors
/// The endpoint may not be asked, does not answer, or the environment names no region.
pub async fn of_container(system: &System) -> Result<Option<AwsCredentials>, ProviderError> {
    let environment = &system.environment;
    let Some(endpoint) = container::address(environment)? else { return Ok(None) };
    let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| environment.get(name));
    let region = region.ok_or_else(|| {
        refuse(
            "the environment names no region (AWS_REGION is not set)".to_owned(),
            "with roles of several regions, each role's profile names its own: set AWS_REGION to one of them",
        )
    })?;
    let keys = container::fetch(system, &endpoint).await?.keys;
    Ok(Some(AwsCredentials {
        access_key_id: keys.access_key_id,
        secret_access_key: keys.secret_access_key,
        session_token: keys.session_token.unwrap_or_else(|| "".into()),
        account: String::new(),
        session_arn: None,
        region: region.to_owned(),
        endpoint_url: environment.get("AWS_ENDPOINT_URL_STS").map(str::to_owned),
    }))
}

/// The broker's identity, according to AWS.
#[derive(Debug, Clone)]
pub struct Own {
    /// Its keys.
    pub(super) keys: Keys,
    /// When they expire. `None` if nobody says.
    expires: Option<Timestamp>,
    kept: Option<Timestamp>,
    /// The source of the keys.
    pub source: Source,
    /// Its account: twelve digits.
    pub account: String,
    /// Its ARN: of a user, or of a role's session.
    pub arn: String,
}

impl Own {
    /// Whether it is itself the session of a role, so that what it opens lives for an hour at most (IAM: role chaining).
    pub fn is_session(&self) -> bool {
        SessionArn::of(&self.arn).is_some()
    }

    /// The ARN that a trust policy names. Of a role's session the role, whose path AWS does not tell.
    pub fn principal(&self) -> String {
        super::own_trust::principal_of(&self.arn)
    }
}

/// The place of the STS that the broker's identity itself uses: the operator's choice, never the policy's.
struct OwnPlace {
    url: String,
    region: String,
}

impl OwnPlace {
    /// The place that the environment names. Its region is the given one if the environment names none.
    fn of(environment: &Environment, region: &str) -> Result<Self, ProviderError> {
        let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| environment.get(name));
        let region = named.unwrap_or(region).to_owned();
        let url = endpoint::sts_url(&region, own_endpoint(environment, "AWS_ENDPOINT_URL_STS")).map_err(
            |error| ProviderError {
                hint: Some(
                    "check AWS_REGION and AWS_ENDPOINT_URL_STS in the broker's environment".to_owned(),
                ),
                ..error
            },
        )?;
        Ok(Self { url, region })
    }
}

/// The endpoint of a service that the environment names, as AWS's SDKs read it (SDK reference, "Service-specific
/// endpoints").
pub(super) fn own_endpoint<'a>(environment: &'a Environment, variable: &str) -> Option<&'a str> {
    let ignored = environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if ignored.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return None;
    }
    environment.get(variable).or_else(|| environment.get("AWS_ENDPOINT_URL"))
}

/// The broker's own identity: found when it is first needed, kept, and fetched anew before it expires.
pub struct Ambient {
    system: System,
    kept: Mutex<Option<Arc<Own>>>,
}

impl Ambient {
    /// The identity of this process.
    pub fn new(system: &System) -> Self {
        Self { system: system.unattended(), kept: Mutex::default() }
    }

    /// The identity. STS is asked whose it is in the environment's region, or else in this one.
    ///
    /// # Errors
    /// There is none, its source does not give it, AWS does not know it, or it is a person's.
    pub async fn get(&self, region: &str) -> Result<Arc<Own>, ProviderError> {
        let mut kept = self.kept.lock().await;
        let now = self.system.clock.now();
        if let Some(own) = kept.as_ref().filter(|own| own.kept.is_none_or(|until| now < until)) {
            return Ok(Arc::clone(own));
        }
        match self.fetch(region).await {
            Ok(own) => {
                let own = Arc::new(own);
                *kept = Some(Arc::clone(&own));
                Ok(own)
            }
            // The credentials that were fetched before work until they expire.
            Err(error) => match kept.as_ref().filter(|own| own.expires.is_some_and(|end| now < end)) {
                Some(own) => {
                    tracing::warn!(%error, "the broker's AWS credentials cannot be renewed yet");
                    Ok(Arc::clone(own))
                }
                None => {
                    *kept = None;
                    Err(error)
                }
            },
        }
    }

    /// The world of this process, without a person.
    pub(super) fn system(&self) -> &System {
        &self.system
    }

    /// Forgets an identity that AWS refused, so that the next call fetches another.
    pub(super) async fn forget(&self, own: &Own) {
        let mut kept = self.kept.lock().await;
        if kept.as_ref().is_some_and(|kept| kept.keys.access_key_id == own.keys.access_key_id) {
            *kept = None;
        }
    }

    async fn fetch(&self, region: &str) -> Result<Own, ProviderError> {
        let place = OwnPlace::of(&self.system.environment, region)?;
        let Found { keys, expires, kept, source } = self.find(&place).await?;
        if expires.is_some_and(|end| end <= self.system.clock.now()) {
            return Err(ProviderError {
                message: format!("the broker's own AWS credentials from {} have expired", source.as_str()),
                hint: Some(format!("look at {}; and check the broker's clock", source.as_str())),
                passing: true,
            });
        }
        let (account, arn) = self.whose(&place, &keys).await.map_err(|error| ProviderError {
            message: format!("the identity from {} cannot be used: {}", source.as_str(), error.message),
            ..error
        })?;
        let own = Own { keys, expires, kept, source, account, arn };
        if SessionArn::of(&own.arn).is_some_and(|session| session.role_name().starts_with(PEOPLE)) {
            return Err(persons(&format!(
                "{} is the session of a person ({})",
                own.source.as_str(),
                own.arn
            )));
        }
        tracing::info!(identity = %own.arn, source = own.source.as_str(), "the broker's own AWS identity");
        Ok(own)
    }

    /// The first source that is configured.
    async fn find(&self, place: &OwnPlace) -> Result<Found, ProviderError> {
        let environment = &self.system.environment;
        if environment.get("AWS_ACCESS_KEY_ID").is_some()
            || environment.get("AWS_SECRET_ACCESS_KEY").is_some()
        {
            return of_environment(environment);
        }
        let profile = ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"].iter().find_map(|name| environment.get(name));
        if let Some(profile) = profile {
            return profile::fetch(&self.system, place, profile).await;
        }
        if let Some(given) = web_identity::of_environment(environment)? {
            return web_identity::fetch(&self.system, place, &given).await;
        }
        if let Some(address) = container::address(environment)? {
            return container::fetch(&self.system, &address).await;
        }
        metadata::fetch(&self.system).await.map_err(|error| match error {
            metadata::Missing::Elsewhere(why) => nothing(&why),
            metadata::Missing::Failed(error) => error,
        })
    }

    /// Account and ARN of the keys, according to AWS (`GetCallerIdentity`, which no policy can deny).
    async fn whose(&self, place: &OwnPlace, keys: &Keys) -> Result<(String, String), ProviderError> {
        let form = wire::form("GetCallerIdentity", &[]);
        let answer = wire::call(&world(&self.system), || {
            signed(&place.url, &form, keys, &place.region, &*self.system.clock)
        })
        .await?;
        let (account, arn) =
            answers::read_identity(&answer).ok_or_else(|| refusal::unreadable(answer.len()).error)?;
        Ok((sanitise(&account), sanitise(&arn)))
    }
}

/// The world of a call that the broker makes with its own identity.
pub(super) fn world(system: &System) -> World<'_> {
    World { http: &*system.http, clock: &*system.clock, entropy: &*system.entropy, voucher: Voucher::Own }
}

/// The keys in the environment.
fn of_environment(environment: &Environment) -> Result<Found, ProviderError> {
    let of = |name: &str| environment.get(name).map(str::trim).filter(|text| !text.is_empty());
    let (Some(id), Some(secret)) = (of("AWS_ACCESS_KEY_ID"), of("AWS_SECRET_ACCESS_KEY")) else {
        return Err(refuse(
            "the broker's environment has only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned(),
            "set both, or neither: the broker then looks for a profile, a token file, a container's or an instance's role",
        ));
    };
    let keys = Keys {
        access_key_id: id.to_owned(),
        secret_access_key: Secret::from(secret),
        session_token: of("AWS_SESSION_TOKEN").map(Secret::from),
    };
    let source = Source("AWS_ACCESS_KEY_ID in the broker's environment".to_owned());
    Ok(Found { keys, expires: None, kept: None, source })
}

/// Until when credentials with this end are used without a look at their source.
fn kept_until(expires: Timestamp) -> Option<Timestamp> {
    Some(expires.checked_sub(AHEAD).unwrap_or(Timestamp::MIN))
}

fn refuse(message: String, hint: &str) -> ProviderError {
    ProviderError { message, hint: Some(hint.to_owned()), passing: false }
}

/// The refusal of an identity that is a person's.
fn persons(what: &str) -> ProviderError {
    refuse(
        format!("the broker needs an AWS identity of its own, and {what}"),
        "give the broker's process a role: of its instance, container or pod, or a profile that is no sign-in",
    )
}

/// The refusal if no source is configured.
fn nothing(metadata: &str) -> ProviderError {
    refuse(
        format!(
            "the broker has no AWS identity of its own. Its environment has no AWS_ACCESS_KEY_ID, no AWS_PROFILE, no \
             AWS_WEB_IDENTITY_TOKEN_FILE and no AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, and {metadata}"
        ),
        "run the broker where AWS gives it a role (an instance, a task, a pod), or name a profile: AWS_PROFILE",
    )
}

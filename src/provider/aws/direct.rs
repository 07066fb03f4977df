//! Direct roles: what the person's own cloud identity may already assume (architecture.md §3). Never shown as approved.
//!
//! The base credentials come from `aws-config`: profiles, SSO, the environment. It reads the environment and `~/.aws` by
//! itself and asks SSO over its own connection; handing it ours is not possible with its public interface. What is assumed
//! with them goes over `System.http` like everything else.

use async_trait::async_trait;
use aws_config::BehaviorVersion;
use aws_config::Region;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use jiff::Timestamp;

use super::MIN_SESSION;
use super::accept;
use super::answers;
use super::endpoint;
use super::fit_session_name;
use super::identify::signed;
use super::refusal;
use super::session_policy::session_policy;
use super::session_seconds;
use super::signing::Keys;
use super::vouching::Voucher;
use super::whole_seconds;
use super::wire;
use super::wire::World;
use crate::grant::Target;
use crate::provider::MintedCredentials;
use crate::provider::ProviderError;
use crate::secret::Secret;
use crate::system::System;
use crate::system::console::ConsoleError;

/// What to assume, and as whom it is written down.
#[derive(Debug, Clone)]
pub struct DirectOrder {
    /// The role.
    pub target: Target,
    /// The session's name, for the account's audit trail; characters that STS does not take become `-`.
    pub session_name: String,
    /// When the credentials are to end. Sooner than in 900 seconds is exact too: a session policy sees to it.
    pub until: Timestamp,
    /// The MFA device whose code is asked for, if the role wants one.
    pub mfa_serial: Option<String>,
}

/// Where the credentials come from that assume the role.
#[async_trait]
pub trait BaseCredentials: Send + Sync {
    /// The person's own credentials.
    async fn keys(&self) -> Result<Keys, ProviderError>;
}

/// The person's own credentials as AWS's tools find them.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The profile to use, and no other; without one, the environment and the default profile in AWS's own order.
    pub profile: Option<String>,
    /// The region in which SSO and profiles that assume a role are asked.
    pub region: String,
}

#[async_trait]
impl BaseCredentials for Chain {
    async fn keys(&self) -> Result<Keys, ProviderError> {
        let region = Region::new(self.region.clone());
        let found = match &self.profile {
            // A named profile is meant: variables in the environment, which the chain asks first, must not win over it.
            Some(profile) => {
                let configuration = ProviderConfig::without_region().with_region(Some(region));
                ProfileFileCredentialsProvider::builder()
                    .configure(&configuration)
                    .profile_name(profile)
                    .build()
                    .provide_credentials()
                    .await
            }
            None => {
                let configuration =
                    aws_config::defaults(BehaviorVersion::latest()).region(region).load().await;
                match configuration.credentials_provider() {
                    Some(provider) => provider.provide_credentials().await,
                    None => Err(CredentialsError::not_loaded_no_source()),
                }
            }
        };
        let credentials = found.map_err(|error| self.explain(&error))?;
        Ok(Keys {
            access_key_id: credentials.access_key_id().to_owned(),
            secret_access_key: Secret::from(credentials.secret_access_key()),
            session_token: credentials.session_token().map(Secret::from),
        })
    }
}

impl Chain {
    fn explain(&self, error: &CredentialsError) -> ProviderError {
        let mut causes = refusal::redact(&error.to_string());
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            causes.push_str(": ");
            causes.push_str(&refusal::redact(&inner.to_string()));
            cause = inner;
        }
        let named = self.profile.as_ref().map(|profile| refusal::redact(profile));
        let whose = named
            .as_ref()
            .map_or_else(|| "the AWS configuration".to_owned(), |profile| format!("the profile {profile}"));
        let flag = named.as_ref().map(|profile| format!(" --profile {profile}")).unwrap_or_default();
        let hint = if causes.to_ascii_lowercase().contains("sso") {
            format!("run `aws sso login{flag}`")
        } else {
            format!("see what AWS's own tools say: `aws sts get-caller-identity{flag}`")
        };
        ProviderError {
            message: format!("{whose} gives no credentials: {causes}"),
            hint: Some(hint),
            passing: matches!(error, CredentialsError::ProviderTimedOut(_)),
        }
    }
}

/// Assumes a role with the person's own credentials (`AssumeRole`), asking for the code of the MFA device where one is named.
///
/// # Errors
/// There are no base credentials, the code was not given, or the cloud refused.
pub async fn assume(
    order: &DirectOrder,
    base: &dyn BaseCredentials,
    system: &System,
) -> Result<MintedCredentials, ProviderError> {
    let place = endpoint::place_of(&order.target)?;
    let keys = base.keys().await?;
    let code = order.mfa_serial.as_deref().map(|serial| ask_for_code(serial, system)).transpose()?;
    // A person may take a minute to find the device.
    let now = system.clock.now();
    let end = whole_seconds(order.until);
    let seconds = session_seconds(now, end)?;
    let duration = seconds.to_string();
    let session = fit_session_name(&order.session_name);
    let policy = session_policy(end);
    let mut parameters = vec![
        ("RoleArn", order.target.role_arn().as_str()),
        ("RoleSessionName", &session),
        ("DurationSeconds", &duration),
    ];
    if end.duration_since(now).as_secs() < MIN_SESSION {
        parameters.push(("Policy", &policy));
    }
    if let (Some(serial), Some(code)) = (&order.mfa_serial, &code) {
        parameters.push(("SerialNumber", serial));
        parameters.push(("TokenCode", code.expose()));
    }
    let form = wire::form("AssumeRole", &parameters);
    let world = World {
        http: &*system.http,
        clock: &*system.clock,
        entropy: &*system.entropy,
        voucher: Voucher::Broker,
    };
    let answer =
        wire::call(&world, || signed(&place.url, &form, &keys, &place.region, &*system.clock)).await?;
    let minted = answers::read_minted(&answer).ok_or_else(|| refusal::unreadable(answer.len()).error)?;
    accept(minted, &order.target, &place, end, system.clock.now())
}

fn ask_for_code(serial: &str, system: &System) -> Result<Secret<String>, ProviderError> {
    let refuse =
        |message: String, hint: &str| ProviderError { message, hint: Some(hint.to_owned()), passing: false };
    let question = format!("Code of the MFA device {}", refusal::redact(serial));
    let answer = system.console.ask_secret(&question).map_err(|error| match error {
        ConsoleError::NotInteractive => refuse(
            "the role wants the code of an MFA device, and there is no terminal to ask on".to_owned(),
            "run the command on a terminal, once: the credentials are then kept until they expire",
        ),
        error => refuse(format!("the code of the MFA device was not given: {error}"), "try again"),
    })?;
    let code = Secret::from(answer.expose().trim());
    if code.expose().len() == 6 && code.expose().bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(code)
    } else {
        Err(refuse(
            "the code of an MFA device has six digits".to_owned(),
            "try again with the code that it shows now",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_profile_that_does_not_exist_is_named_with_what_to_type() {
        let chain =
            Chain { profile: Some("jit-test-no-such-profile".to_owned()), region: "eu-west-1".to_owned() };
        let refused = chain.keys().await.unwrap_err();
        assert!(refused.message.contains("jit-test-no-such-profile gives no credentials"), "{refused}");
        assert!(refused.hint.unwrap().contains("--profile jit-test-no-such-profile"));
    }
}

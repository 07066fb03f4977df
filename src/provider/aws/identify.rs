//! Asks the cloud for the identity behind credentials, and compares it with the target.

use zeroize::Zeroizing;

use super::answers;
use super::endpoint;
use super::refusal;
use super::signing;
use super::signing::Keys;
use super::signing::Unsigned;
use super::vouching::Voucher;
use super::wire;
use super::wire::World;
use crate::grant::Place;
use crate::grant::Target;
use crate::grant::cloud::aws::AwsCredentials;
use crate::grant::cloud::aws::RoleArn;
use crate::provider::CallerIdentity;
use crate::provider::ProviderError;
use crate::secret::Secret;
use crate::system::Clock;
use crate::system::Environment;
use crate::system::System;
use crate::system::http::Request;

/// Asks the cloud for the identity behind these credentials (`GetCallerIdentity`, which no policy can deny).
///
/// # Errors
/// The cloud refused, cannot be reached, or its clock differs from ours.
pub async fn identify(
    credentials: &AwsCredentials,
    system: &System,
) -> Result<CallerIdentity, ProviderError> {
    let answer = ask("GetCallerIdentity", credentials, system).await?;
    let (account, arn) =
        answers::read_identity(&answer).ok_or_else(|| refusal::unreadable(answer.len()).error)?;
    Ok(CallerIdentity { place: Place::account(&account), who: arn })
}

/// Makes a signed call without parameters and returns the XML answer.
///
/// # Errors
/// The cloud refused, cannot be reached, or its clock differs from ours.
pub async fn ask(
    action: &str,
    credentials: &AwsCredentials,
    system: &System,
) -> Result<Zeroizing<String>, ProviderError> {
    let url = endpoint::sts_url(&credentials.region, credentials.endpoint_url.as_deref())?;
    let keys = Keys {
        access_key_id: credentials.access_key_id.clone(),
        secret_access_key: credentials.secret_access_key.clone(),
        session_token: Some(credentials.session_token.clone()),
    };
    let form = wire::form(action, &[]);
    let world = World {
        http: &*system.http,
        clock: &*system.clock,
        entropy: &*system.entropy,
        voucher: Voucher::Person,
    };
    wire::call(&world, || signed(&url, &form, &keys, &credentials.region, &*system.clock)).await
}

/// Makes a `POST` of a form, signed for STS.
pub(super) fn signed(
    url: &str,
    form: &str,
    keys: &Keys,
    region: &str,
    clock: &dyn Clock,
) -> Result<Request, ProviderError> {
    signed_for(signing::STS, url, form, keys, region, clock)
}

/// Makes a `POST` of a form, signed for a service.
pub(super) fn signed_for(
    service: &'static str,
    url: &str,
    form: &str,
    keys: &Keys,
    region: &str,
    clock: &dyn Clock,
) -> Result<Request, ProviderError> {
    let request = wire::post(url, form);
    let unsigned = Unsigned { service, method: "POST", url, headers: &request.headers, body: &request.body };
    let headers =
        signing::signed_headers(&unsigned, keys, region, clock.now()).map_err(|error| ProviderError {
            message: error.to_string(),
            hint: Some("check the region and the endpoint of the role".to_owned()),
            passing: false,
        })?;
    Ok(headers.into_iter().fold(request, |request, (name, value)| request.header(&name, value)))
}

/// Whether this is a session of the target's role in the target's account.
///
/// The account is the answer's `Account`. An account in the ARN must agree with it, but may be missing: SeaweedFS
/// writes `arn:aws:sts::assumed-role/NAME/SESSION`. A session's ARN never contains the role's path.
pub fn belongs_to(identity: &CallerIdentity, target: &Target) -> bool {
    identity.place == target.place() && is_session_of(&identity.who, target)
}

/// Whether an ARN belongs to a session of the target's role.
pub fn is_session_of(arn: &str, target: &Target) -> bool {
    target.role_arn().zip(SessionArn::of(arn)).is_some_and(|(role, arn)| arn.is_of(role))
}

/// The difference between credentials and this target, according to the credentials themselves. Their account, role,
/// region and endpoint must be the requested ones. `None` if they match.
pub fn misfit(credentials: &AwsCredentials, target: &Target) -> Option<&'static str> {
    let endpoint = match (target.as_aws(), target.as_sandbox()) {
        (Some(target), _) => target.endpoint_url.as_deref(),
        (None, target) => target.map(|target| target.endpoint_url.as_str()),
    };
    let elsewhere = endpoint != credentials.endpoint_url.as_deref();
    let elsewhere = elsewhere.then_some("they are for another endpoint than the requested one");
    misfit_of_role(credentials, target).or(elsewhere)
}

/// The difference between credentials and a target's place, role and region. `None` if they match. The endpoint is not
/// compared: for a direct role the person's own AWS settings name it.
pub fn misfit_of_role(credentials: &AwsCredentials, target: &Target) -> Option<&'static str> {
    let region = match (target.as_aws(), target.is_sandbox()) {
        (Some(target), _) => target.region.as_str(),
        (None, true) => endpoint::SANDBOX_REGION,
        (None, false) => return Some("they are for another cloud than the requested one"),
    };
    if credentials.place() != target.place() {
        return Some("they are for another account than the requested one");
    }
    if credentials.session_arn.as_deref().is_some_and(|arn| !is_session_of(arn, target)) {
        return Some("they are for another role than the requested one");
    }
    if region != credentials.region {
        return Some("they are for another region than the requested one");
    }
    None
}

/// The credentials that a command under `jit exec` finds in its environment.
///
/// # Errors
/// A variable is missing.
pub fn of_environment(environment: &Environment) -> Result<AwsCredentials, ProviderError> {
    let variable = |name: &str| {
        environment.get(name).map(str::to_owned).ok_or_else(|| ProviderError {
            message: format!("there are no cloud credentials in the environment ({name} is not set)"),
            hint: Some("run it with access: `jit exec ROLE -- jit whoami --cloud`".to_owned()),
            passing: false,
        })
    };
    Ok(AwsCredentials {
        access_key_id: variable("AWS_ACCESS_KEY_ID")?,
        secret_access_key: Secret::new(variable("AWS_SECRET_ACCESS_KEY")?),
        session_token: Secret::new(variable("AWS_SESSION_TOKEN")?),
        account: String::new(),
        session_arn: None,
        region: variable("AWS_REGION")?,
        endpoint_url: environment.get("AWS_ENDPOINT_URL_STS").map(str::to_owned),
    })
}

/// The parts of a session's ARN that identify its role.
pub(super) struct SessionArn<'a> {
    account: Option<&'a str>,
    role_name: &'a str,
}

impl<'a> SessionArn<'a> {
    /// Parses `arn:P:sts::ACCOUNT:assumed-role/NAME/SESSION`, with or without the account.
    pub(super) fn of(arn: &'a str) -> Option<Self> {
        let fields: Vec<&str> = arn.split(':').collect();
        let (account, resource) = match fields.as_slice() {
            ["arn", _, "sts", "", account, resource] => (Some(*account), *resource),
            ["arn", _, "sts", "", resource] => (None, *resource),
            _ => return None,
        };
        let parts: Vec<&str> = resource.split('/').collect();
        match parts.as_slice() {
            ["assumed-role", role_name, session] if !role_name.is_empty() && !session.is_empty() => {
                Some(Self { account: account.filter(|account| !account.is_empty()), role_name })
            }
            _ => None,
        }
    }

    /// The role's name, without its path.
    pub(super) fn role_name(&self) -> &'a str {
        self.role_name
    }

    /// Whether the session is one of this role.
    pub(super) fn is_of(&self, role: &RoleArn) -> bool {
        self.role_name == role.role_name() && self.account.is_none_or(|account| account == role.account())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_targets_role_in_the_targets_account_belongs() {
        let target: Target =
            "aws:arn:aws:iam::111122223333:role/team/db-admin?region=eu-west-1".parse().unwrap();
        let identity =
            |account: &str, arn: &str| CallerIdentity { place: Place::account(account), who: arn.to_owned() };
        for good in [
            "arn:aws:sts::111122223333:assumed-role/db-admin/7F3KQ2M8ZD-ana",
            "arn:aws:sts::assumed-role/db-admin/7F3KQ2M8ZD-ana",
            "arn:aws:sts:::assumed-role/db-admin/7F3KQ2M8ZD-ana",
        ] {
            assert!(belongs_to(&identity("111122223333", good), &target), "{good}");
            assert!(!belongs_to(&identity("111122223334", good), &target), "{good}");
            assert!(!belongs_to(&identity("", good), &target), "{good}");
        }
        for bad in [
            "arn:aws:sts::111122223334:assumed-role/db-admin/s",
            "arn:aws:sts::111122223333:assumed-role/db-admin2/s",
            "arn:aws:sts::111122223333:assumed-role/team/db-admin/s",
            "arn:aws:sts::111122223333:assumed-role/db-admin/",
            "arn:aws:sts::111122223333:federated-user/db-admin",
            "arn:aws:iam::111122223333:user/db-admin",
            "arn:aws:iam::111122223333:root",
            "assumed-role/db-admin/s",
            "",
        ] {
            assert!(!belongs_to(&identity("111122223333", bad), &target), "{bad}");
        }
    }
}

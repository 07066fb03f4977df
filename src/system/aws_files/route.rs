//! How a profile gets credentials, by the rules of AWS's CLI (botocore, `AssumeRoleProvider` and
//! `ProfileProviderBuilder`). No I/O.

use super::AwsFiles;
use super::Profile;
use crate::secret::Secret;

/// The way to a profile's credentials.
#[derive(Debug, Clone)]
pub struct Route {
    /// The source of the first credentials.
    pub base: Base,
    /// The roles to assume with them, in order. Empty if the base's own credentials are used.
    pub hops: Vec<Hop>,
}

/// A role that a profile assumes, with the parameters that AWS's CLI sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hop {
    /// The profile that names it.
    pub profile: String,
    /// The role's ARN, not validated.
    pub role_arn: String,
    /// `role_session_name`.
    pub session_name: Option<String>,
    /// `external_id`.
    pub external_id: Option<String>,
    /// `mfa_serial`.
    pub mfa_serial: Option<String>,
    /// `duration_seconds`, if it is a number. The CLI ignores anything else.
    pub seconds: Option<i64>,
}

/// A source of credentials that needs no other credentials.
#[derive(Debug, Clone)]
pub enum Base {
    /// Keys in a file.
    Keys {
        /// `aws_access_key_id`.
        access_key_id: String,
        /// `aws_secret_access_key`.
        secret_access_key: Secret<String>,
        /// `aws_session_token`.
        session_token: Option<Secret<String>>,
    },
    /// A program that prints them.
    Process {
        /// The command as written.
        command: String,
        /// The program and its arguments. The CLI starts it without a shell.
        words: Vec<String>,
    },
    /// A sign-in with IAM Identity Center.
    Sso {
        /// The `sso-session`, which names the cached token.
        session: Option<String>,
        /// The address to sign in at.
        start_url: String,
        /// The region of the Identity Center.
        region: String,
        /// The account.
        account: String,
        /// The permission set.
        role: String,
    },
    /// A role opened by a token in a file.
    WebIdentity {
        /// The token's file.
        token_file: String,
        /// The role.
        role_arn: String,
        /// `role_session_name`.
        session_name: Option<String>,
    },
    /// `credential_source`.
    Source(CredentialSource),
}

/// The values of `credential_source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialSource {
    /// The variables that hold keys.
    Environment,
    /// The role of the instance.
    Ec2InstanceMetadata,
    /// The role of the container.
    EcsContainer,
}

impl CredentialSource {
    /// All values.
    pub const ALL: [Self; 3] = [Self::Environment, Self::Ec2InstanceMetadata, Self::EcsContainer];

    /// The name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Environment => "Environment",
            Self::Ec2InstanceMetadata => "Ec2InstanceMetadata",
            Self::EcsContainer => "EcsContainer",
        }
    }

    /// The source of this name. Case must match, as in AWS's CLI.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// Why a profile gets no credentials, in AWS's CLI as well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// Neither file has the profile.
    #[error("there is no profile {0}")]
    Unknown(String),
    /// Its sources lead back to it.
    #[error("the source profiles lead back to {0}")]
    Loop(String),
    /// It has both `source_profile` and `credential_source`.
    #[error("the profile {0} has both source_profile and credential_source, and may have one")]
    TwoSources(String),
    /// It has a role, but nothing to assume it with.
    #[error("the profile {0} assumes a role and has neither source_profile nor credential_source")]
    NoSource(String),
    /// An unknown `credential_source`.
    #[error(
        "the profile {0} has a credential_source other than Environment, Ec2InstanceMetadata and EcsContainer"
    )]
    OtherSource(String),
    /// It has nothing that gives credentials.
    #[error("the profile {0} has no credentials in AWS's files")]
    NoCredentials(String),
    /// A part is missing or wrong.
    #[error("the profile {profile} {what}")]
    Incomplete {
        /// The profile.
        profile: String,
        /// The missing or wrong part.
        what: &'static str,
    },
}

impl AwsFiles {
    /// The way to the credentials of a profile that is the source of a role.
    ///
    /// # Errors
    /// AWS's CLI would find no credentials either.
    pub fn route(&self, profile: &str) -> Result<Route, RouteError> {
        let mut hops = Vec::new();
        let mut name = profile;
        let mut seen: Vec<&str> = Vec::new();
        loop {
            let settings = self.profiles.get(name).ok_or_else(|| RouteError::Unknown(name.to_owned()))?;
            let repeated = seen.contains(&name);
            seen.push(name);
            // Keys take precedence over a role, so that a profile may be its own source.
            if has_keys(settings) || !assumes_a_role(settings) {
                hops.reverse();
                return Ok(Route { base: self.base(name, settings)?, hops });
            }
            if repeated {
                return Err(RouteError::Loop(name.to_owned()));
            }
            hops.push(hop(name, settings));
            match source(name, settings)? {
                Source::Named(source) => {
                    hops.reverse();
                    return Ok(Route { base: Base::Source(source), hops });
                }
                Source::Profile(next) => name = next,
            }
        }
    }

    /// A profile and the profiles from which it gets credentials, as far as the files name them. The last one may be in
    /// neither file.
    pub fn sources<'a>(&'a self, profile: &'a str) -> Vec<&'a str> {
        let mut names = Vec::new();
        let mut next = Some(profile);
        while let Some(name) = next.filter(|name| !names.contains(name)) {
            names.push(name);
            next = self.profiles.get(name).and_then(|settings| settings.plain("source_profile"));
        }
        names
    }

    fn base(&self, name: &str, settings: &Profile) -> Result<Base, RouteError> {
        let incomplete = |what| RouteError::Incomplete { profile: name.to_owned(), what };
        let owned = |key: &str| settings.plain(key).map(str::to_owned);
        if let Some(token_file) = settings.whole("web_identity_token_file") {
            let role_arn =
                owned("role_arn").ok_or(incomplete("has a web_identity_token_file and no role_arn"))?;
            let session_name = owned("role_session_name");
            return Ok(Base::WebIdentity { token_file: token_file.to_owned(), role_arn, session_name });
        }
        let (account, role) = (owned("sso_account_id"), owned("sso_role_name"));
        if account.is_some() || role.is_some() {
            return self.sign_in(name, settings, account, role);
        }
        // The credentials file takes precedence over a process, and a process over the config file.
        let in_credentials = self.credentials.profiles.get(name).is_some_and(|own| own.contains_key(KEYS[0]));
        if in_credentials {
            return keys(settings).ok_or(incomplete(HALF));
        }
        if settings.value("login_session").is_some() {
            return Err(incomplete(
                "signs in with `aws login`, which jit does not read: give it a credential_process of `aws configure export-credentials --format process`",
            ));
        }
        if let Some(command) = settings.whole("credential_process") {
            let words = super::words::split(command).filter(|words| !words.is_empty());
            let words = words.ok_or(incomplete("has a credential_process whose quotes do not close"))?;
            return Ok(Base::Process { command: command.to_owned(), words });
        }
        if has_keys(settings) {
            return keys(settings).ok_or(incomplete(HALF));
        }
        Err(RouteError::NoCredentials(name.to_owned()))
    }

    /// Account, permission set, and the settings of a session. The profile may repeat those but not contradict them.
    fn sign_in(
        &self,
        name: &str,
        settings: &Profile,
        account: Option<String>,
        role: Option<String>,
    ) -> Result<Base, RouteError> {
        let incomplete = |what| RouteError::Incomplete { profile: name.to_owned(), what };
        let session = settings.plain("sso_session").map(str::to_owned);
        let of_session = match &session {
            None => None,
            Some(session) => {
                let there = self.config.sso_sessions.get(session);
                Some(there.ok_or(incomplete("names an sso-session that is not there"))?)
            }
        };
        let part = |key: &str, missing| {
            let theirs = of_session
                .and_then(|session| session.get(key))
                .map(super::Value::plain)
                .filter(|text| !text.is_empty());
            match (settings.plain(key), theirs) {
                (Some(own), Some(theirs)) if own != theirs => {
                    Err(incomplete("says something else than its sso-session"))
                }
                (own, theirs) => theirs.or(own).map(str::to_owned).ok_or(incomplete(missing)),
            }
        };
        Ok(Base::Sso {
            start_url: part("sso_start_url", "signs in and has no sso_start_url")?,
            region: part("sso_region", "signs in and has no sso_region")?,
            account: account.ok_or(incomplete("signs in and has no sso_account_id"))?,
            role: role.ok_or(incomplete("signs in and has no sso_role_name"))?,
            session,
        })
    }
}

const KEYS: [&str; 2] = ["aws_access_key_id", "aws_secret_access_key"];
const HALF: &str = "has one half of a key: it needs aws_access_key_id and aws_secret_access_key";

fn has_keys(settings: &Profile) -> bool {
    KEYS.iter().any(|name| settings.value(name).is_some())
}

fn keys(settings: &Profile) -> Option<Base> {
    let token = ["aws_security_token", "aws_session_token"].iter().find_map(|name| settings.whole(name));
    Some(Base::Keys {
        access_key_id: settings.plain(KEYS[0])?.to_owned(),
        secret_access_key: Secret::from(settings.plain(KEYS[1])?),
        session_token: token.map(Secret::from),
    })
}

/// Whether a profile assumes a role with other credentials. A profile with a token file does not need any.
pub fn assumes_a_role(settings: &Profile) -> bool {
    settings.plain("role_arn").is_some() && settings.value("web_identity_token_file").is_none()
}

/// The source of a profile's credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// Another profile, or itself.
    Profile(&'a str),
    /// `credential_source`.
    Named(CredentialSource),
}

/// The source of the credentials with which a profile assumes its role.
///
/// # Errors
/// It names two sources, none, or an unknown one.
pub fn source<'a>(name: &str, settings: &'a Profile) -> Result<Source<'a>, RouteError> {
    match (settings.plain("source_profile"), settings.plain("credential_source")) {
        (Some(_), Some(_)) => Err(RouteError::TwoSources(name.to_owned())),
        (None, None) => Err(RouteError::NoSource(name.to_owned())),
        (Some(profile), None) => Ok(Source::Profile(profile)),
        (None, Some(source)) => CredentialSource::of(source)
            .map(Source::Named)
            .ok_or_else(|| RouteError::OtherSource(name.to_owned())),
    }
}

/// The parameters that a profile sends when its role is assumed.
pub fn hop(name: &str, settings: &Profile) -> Hop {
    let owned = |key: &str| settings.plain(key).map(str::to_owned);
    Hop {
        profile: name.to_owned(),
        role_arn: owned("role_arn").unwrap_or_default(),
        session_name: owned("role_session_name"),
        external_id: owned("external_id"),
        mfa_serial: owned("mfa_serial"),
        seconds: settings.plain("duration_seconds").and_then(whole_number),
    }
}

/// A number as parsed by Python's `int`.
pub fn whole_number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let fits = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    digits.replace('_', "").parse().ok().filter(|_| fits)
}

/// Whether STS accepts it as `RoleSessionName`.
pub fn is_session_name(text: &str) -> bool {
    (2..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

/// Whether STS accepts it as `ExternalId`.
pub fn is_external_id(text: &str) -> bool {
    (2..=1224).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte))
}

/// Whether STS accepts it as `SerialNumber`: an ARN, or the number of a hardware device.
pub fn is_mfa_serial(text: &str) -> bool {
    (9..=256).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=/:,.@-".contains(&byte))
}

#[cfg(test)]
mod tests;

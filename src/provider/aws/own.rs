//! The person's own cloud identity, found as AWS's CLI finds it: profiles, sign-ins, the environment.
//!
//! Only `system::aws_files` reads the files, and roles are assumed over `System.http` like everything else.
//! `aws-config` does only what nothing else can: sign-ins, programs, metadata services. It reaches those by itself.

use std::path::PathBuf;

use async_trait::async_trait;
use aws_config::Region;
use aws_config::credential_process::CredentialProcessProvider;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::provider_config::ProviderConfig;
use aws_config::sso::SsoCredentialsProvider;
use aws_config::web_identity_token::StaticConfiguration;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;

use super::direct;
use super::direct::Call;
use super::endpoint;
use super::fit_session_name;
use super::refusal;
use super::signing::Keys;
use super::vouching::Voucher;
use crate::grant::Target;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::text::sanitise;
use crate::provider::ProviderError;
use crate::secret::Secret;
use crate::system::System;
use crate::system::aws_files::AwsFiles;
use crate::system::aws_files::route::Base;
use crate::system::aws_files::route::CredentialSource;
use crate::system::aws_files::route::Hop;
use crate::system::aws_files::route::Route;
use crate::system::aws_files::route::RouteError;

/// A source of the credentials that assume the role.
#[async_trait]
pub trait BaseCredentials: Send + Sync {
    /// The person's own credentials.
    async fn keys(&self) -> Result<Keys, ProviderError>;
}

/// The choice among the person's own credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Those of this profile only. Environment variables do not override it.
    Profile(String),
    /// Those of a `credential_source`.
    Source(CredentialSource),
    /// The first that AWS's CLI would find: keys in the environment, the active profile, a token file, a metadata
    /// service.
    First,
}

/// The person's own credentials as AWS's CLI finds them.
pub struct Chain<'a> {
    /// The outside world.
    pub system: &'a System,
    /// The chosen credentials.
    pub whose: Whose,
    /// The role that they are for. Intermediate roles are assumed at the same STS.
    pub target: &'a Target,
    /// The name of intermediate sessions whose profiles name none.
    pub session_name: String,
    /// Whether to prompt for MFA codes of intermediate roles. If not, such a chain fails.
    pub may_ask: bool,
}

#[async_trait]
impl BaseCredentials for Chain<'_> {
    async fn keys(&self) -> Result<Keys, ProviderError> {
        match &self.whose {
            Whose::Source(source) => self.source(*source).await,
            Whose::Profile(profile) => self.profile(&self.files()?, profile).await,
            Whose::First => self.first().await,
        }
    }
}

impl Chain<'_> {
    fn files(&self) -> Result<AwsFiles, ProviderError> {
        let read = AwsFiles::read(&self.system.environment, &self.system.files);
        read.map_err(|unreadable| ProviderError {
            message: sanitise(&format!("AWS's CLI does not read {unreadable}")),
            hint: Some(
                "mend that line; `aws configure list-profiles` says whether it reads the file".to_owned(),
            ),
            passing: false,
        })
    }

    async fn first(&self) -> Result<Keys, ProviderError> {
        let environment = &self.system.environment;
        if environment.get("AWS_ACCESS_KEY_ID").is_some() {
            return self.source(CredentialSource::Environment).await;
        }
        let files = self.files()?;
        let named = ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"].iter().find_map(|name| environment.get(name));
        match (named, files.route(named.unwrap_or("default"))) {
            // Nothing is configured, but the machine itself may have a role.
            (None, Err(RouteError::Unknown(_) | RouteError::NoCredentials(_))) => {
                let configuration = self.configuration();
                let machine = CredentialsProviderChain::first_try(
                    "WebIdentityToken",
                    WebIdentityTokenCredentialsProvider::builder().configure(&configuration).build(),
                )
                .or_else("EcsContainer", EcsCredentialsProvider::builder().configure(&configuration).build())
                .or_else(
                    "Ec2InstanceMetadata",
                    ImdsCredentialsProvider::builder().configure(&configuration).build(),
                );
                self.fetch("the AWS configuration", machine).await
            }
            (_, _) => self.profile(&files, named.unwrap_or("default")).await,
        }
    }

    async fn profile(&self, files: &AwsFiles, profile: &str) -> Result<Keys, ProviderError> {
        let whose = format!("the profile {}", refusal::redact(profile));
        let Route { base, hops } =
            files.route(profile).map_err(|error| self.explain(&whose, &error.to_string(), false))?;
        let mut keys = self.base(&whose, base).await?;
        for hop in &hops {
            keys = self.assume(hop, &keys).await?;
        }
        Ok(keys)
    }

    pub(super) async fn base(&self, whose: &str, base: Base) -> Result<Keys, ProviderError> {
        let configuration = self.configuration();
        match base {
            Base::Keys { access_key_id, secret_access_key, session_token } => {
                Ok(Keys { access_key_id, secret_access_key, session_token })
            }
            Base::Source(source) => self.source(source).await,
            // The CLI starts no shell in between. The words are quoted, so that a shell takes them unchanged.
            Base::Process { command, words } => {
                let command = if cfg!(windows) { command } else { shell_words::join(words) };
                self.fetch(whose, CredentialProcessProvider::new(command)).await
            }
            Base::Sso { session, start_url, region, account, role } => {
                let mut provider = SsoCredentialsProvider::builder()
                    .configure(&configuration)
                    .start_url(start_url)
                    .region(Region::new(region))
                    .account_id(account)
                    .role_name(role);
                provider.set_session_name(session);
                self.fetch(whose, provider.build()).await
            }
            Base::WebIdentity { token_file, role_arn, session_name } => {
                let session_name = session_name.unwrap_or_else(|| fit_session_name(&self.session_name));
                let given = StaticConfiguration {
                    web_identity_token_file: PathBuf::from(token_file),
                    role_arn,
                    session_name,
                };
                let provider = WebIdentityTokenCredentialsProvider::builder();
                self.fetch(whose, provider.configure(&configuration).static_configuration(given).build())
                    .await
            }
        }
    }

    async fn source(&self, source: CredentialSource) -> Result<Keys, ProviderError> {
        let whose = format!("the credential_source {}", source.name());
        let environment = &self.system.environment;
        let configuration = self.configuration();
        match source {
            CredentialSource::Environment => {
                let of = |name: &str| environment.get(name).map(str::trim).filter(|text| !text.is_empty());
                match (of("AWS_ACCESS_KEY_ID"), of("AWS_SECRET_ACCESS_KEY")) {
                    (Some(id), Some(secret)) => Ok(Keys {
                        access_key_id: id.to_owned(),
                        secret_access_key: Secret::from(secret),
                        session_token: ["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"]
                            .into_iter()
                            .find_map(of)
                            .map(Secret::from),
                    }),
                    _ => Err(self.explain(
                        &whose,
                        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set",
                        false,
                    )),
                }
            }
            CredentialSource::EcsContainer => {
                self.fetch(&whose, EcsCredentialsProvider::builder().configure(&configuration).build()).await
            }
            CredentialSource::Ec2InstanceMetadata => {
                self.fetch(&whose, ImdsCredentialsProvider::builder().configure(&configuration).build()).await
            }
        }
    }

    /// Assumes an intermediate role with all settings of its profile.
    async fn assume(&self, hop: &Hop, keys: &Keys) -> Result<Keys, ProviderError> {
        let whose = format!("the profile {}", refusal::redact(&hop.profile));
        let role: RoleArn =
            hop.role_arn.parse().map_err(|error| self.explain(&whose, &format!("{error}"), false))?;
        let place = endpoint::place_of(self.target)?;
        let code = match &hop.mfa_serial {
            Some(_) if !self.may_ask => {
                return Err(self.explain(&whose, "its role needs the code of an MFA device", false));
            }
            Some(serial) => Some(direct::ask_for_code(serial, self.system)?),
            None => None,
        };
        let session = match &hop.session_name {
            Some(name) => name.clone(),
            None => fit_session_name(&self.session_name),
        };
        let call = Call {
            role: &role,
            session: &session,
            seconds: hop.seconds,
            policy: None,
            external_id: hop.external_id.as_deref(),
            mfa: hop.mfa_serial.as_deref().zip(code.as_ref()),
        };
        let minted =
            direct::exchange(&call, &place, keys, self.system, Voucher::Person).await.map_err(|error| {
                ProviderError {
                    message: format!("the role of {whose} was not assumed: {}", error.message),
                    ..error
                }
            })?;
        super::check_session(&minted, &role, &format!("the role {role} of {whose}"))?;
        Ok(Keys {
            access_key_id: minted.access_key_id,
            secret_access_key: minted.secret_access_key,
            session_token: Some(minted.session_token),
        })
    }

    fn configuration(&self) -> ProviderConfig {
        let region = self.target.as_aws().map(|target| Region::new(target.region.clone()));
        ProviderConfig::without_region().with_region(region)
    }

    async fn fetch(&self, whose: &str, provider: impl ProvideCredentials) -> Result<Keys, ProviderError> {
        let credentials = provider.provide_credentials().await.map_err(|error| {
            let mut causes = refusal::redact(&error.to_string());
            let mut cause: &dyn std::error::Error = &error;
            while let Some(inner) = cause.source() {
                causes.push_str(": ");
                causes.push_str(&refusal::redact(&inner.to_string()));
                cause = inner;
            }
            self.explain(whose, &causes, matches!(error, CredentialsError::ProviderTimedOut(_)))
        })?;
        Ok(Keys {
            access_key_id: credentials.access_key_id().to_owned(),
            secret_access_key: Secret::from(credentials.secret_access_key()),
            session_token: credentials.session_token().map(Secret::from),
        })
    }

    fn explain(&self, whose: &str, cause: &str, passing: bool) -> ProviderError {
        let flag = match &self.whose {
            Whose::Profile(profile) => {
                format!(" --profile {}", shell_words::quote(&refusal::redact(profile)))
            }
            Whose::Source(_) | Whose::First => String::new(),
        };
        let hint = if cause.to_ascii_lowercase().contains("sso") {
            format!("run `aws sso login{flag}`")
        } else {
            format!("see what AWS's own tools say: `aws sts get-caller-identity{flag}`")
        };
        ProviderError {
            message: format!("{whose} gives no credentials: {}", refusal::redact(cause)),
            hint: Some(hint),
            passing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::fake::FakeClock;
    use crate::system::fake::FakeHttp;
    use crate::system::fake::FakeWorld;

    async fn keys(config: &str, whose: Whose, variables: &[(&str, &str)]) -> Result<Keys, ProviderError> {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at("2026-11-23T12:00:00Z");
        let mut world = FakeWorld::new(folder.path(), &clock, &FakeHttp::default(), 1);
        for (name, value) in variables {
            world.system.environment.set(*name, *value);
        }
        let files = &world.system.files;
        std::fs::create_dir_all(files.home.join(".aws")).unwrap();
        std::fs::write(files.home.join(".aws/config"), config).unwrap();
        let target = "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1".parse().unwrap();
        let session_name = "ana".to_owned();
        Chain { system: &world.system, whose, target: &target, session_name, may_ask: false }.keys().await
    }

    #[tokio::test]
    async fn a_profile_that_does_not_exist_is_named_with_what_to_type() {
        let whose = Whose::Profile("no such profile".to_owned());
        let refused = keys("", whose, &[]).await.unwrap_err();
        assert!(refused.message.contains("no such profile gives no credentials"), "{refused}");
        assert!(refused.hint.unwrap().contains("--profile 'no such profile'"));
        let whose = Whose::Profile("a".to_owned());
        let refused = keys("[profile a]\nnonsense\n", whose, &[]).await.unwrap_err();
        assert!(refused.message.contains("config:2: "), "{refused}");
    }

    /// A name with spaces and indented settings, which the SDK's own parser skips.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_profile_is_used_as_the_cli_reads_it() {
        let config = "[profile 'Kim Dev']\n  credential_process = sh -c 'echo \"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"AKIAKIM\\\",\
                      \\\"SecretAccessKey\\\":\\\"$0\\\"}\"' a#b\n";
        let found = keys(config, Whose::Profile("Kim Dev".to_owned()), &[]).await.unwrap();
        assert_eq!(
            (found.access_key_id.as_str(), found.secret_access_key.expose().as_str()),
            ("AKIAKIM", "a#b")
        );
    }

    #[tokio::test]
    async fn the_first_credentials_are_those_of_the_cli() {
        let own = |name: &str| {
            format!("[{name}]\naws_access_key_id = {name}\naws_secret_access_key = s\n")
                .replace("= profile ", "= ")
        };
        let config = format!("{}{}", own("default"), own("profile mine"));
        let of = |variables: &'static [(&'static str, &'static str)]| {
            let config = config.clone();
            async move { keys(&config, Whose::First, variables).await.unwrap().access_key_id }
        };
        assert_eq!(of(&[]).await, "default");
        assert_eq!(of(&[("AWS_PROFILE", "mine")]).await, "mine");
        let named: &[(&str, &str)] =
            &[("AWS_PROFILE", "mine"), ("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "s")];
        assert_eq!(of(named).await, "AKIA");
        let half = keys(&config, Whose::Source(CredentialSource::Environment), &[("AWS_ACCESS_KEY_ID", "A")]);
        assert!(half.await.unwrap_err().message.contains("not both set"));
    }
}

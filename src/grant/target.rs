//! The target that a role opens: the sum over the clouds.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use super::cloud;
use super::cloud::Cloud;
use super::cloud::Place;
use super::cloud::aws::AssumedBy;
use super::cloud::aws::AwsTarget;
use super::cloud::aws::RoleArn;
use super::cloud::azure::AzureTarget;
use super::cloud::error::TargetError;
use super::cloud::gcp::GcpTarget;
use super::cloud::kubernetes::KubernetesTarget;
use super::cloud::sandbox::SandboxTarget;
use super::cloud::token::TokenTarget;
use super::cloud::vault::VaultTarget;
use super::span::Span;
use crate::address;

/// The target that a role opens. Its text form begins with its cloud's word and stands in statements. Targets are
/// compared by their text forms, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// A role in an AWS account.
    Aws(AwsTarget),
    /// A role in the sandbox cloud.
    Sandbox(SandboxTarget),
    /// A token of the authority's issuer.
    Token(TokenTarget),
    /// A role of OpenBao or Vault.
    Vault(VaultTarget),
    /// A service account of Google Cloud.
    Gcp(GcpTarget),
    /// Groups or a service account of a Kubernetes cluster.
    Kubernetes(KubernetesTarget),
    /// An application of Microsoft Entra.
    Azure(AzureTarget),
}

impl Target {
    /// Builds an AWS target and checks that its parts are consistent.
    pub fn aws(role_arn: RoleArn, region: String, endpoint_url: Option<String>) -> Result<Self, TargetError> {
        AwsTarget::new(role_arn, region, endpoint_url).map(Self::Aws)
    }

    /// Builds a sandbox target. Its endpoint must be http on loopback.
    pub fn sandbox(role_arn: RoleArn, endpoint_url: String) -> Result<Self, TargetError> {
        SandboxTarget::new(role_arn, endpoint_url).map(Self::Sandbox)
    }

    /// The cloud.
    pub fn cloud(&self) -> Cloud {
        match self {
            Self::Aws(_) => Cloud::Aws,
            Self::Sandbox(_) => Cloud::Sandbox,
            Self::Token(_) => Cloud::Token,
            Self::Vault(_) => Cloud::Vault,
            Self::Gcp(_) => Cloud::Gcp,
            Self::Kubernetes(_) => Cloud::Kubernetes,
            Self::Azure(_) => Cloud::Azure,
        }
    }

    /// The place of the target, as people read it.
    pub fn place(&self) -> Place {
        match self {
            Self::Aws(target) => Place::account(target.role_arn.account()),
            Self::Sandbox(target) => Place::account(target.role_arn.account()),
            Self::Token(target) => target.place(),
            Self::Vault(target) => target.place(),
            Self::Gcp(target) => target.place(),
            Self::Kubernetes(target) => target.place(),
            Self::Azure(target) => target.place(),
        }
    }

    /// The cloud's name for the role within its place.
    pub fn name(&self) -> &str {
        match self {
            Self::Aws(target) => target.role_arn.role_name(),
            Self::Sandbox(target) => target.role_arn.role_name(),
            Self::Token(target) => &target.audience,
            Self::Vault(target) => &target.role,
            Self::Gcp(target) => &target.service_account,
            Self::Kubernetes(target) => target.role_name(),
            Self::Azure(target) => target.name(),
        }
    }

    /// Every name by which people tell what it is: the cloud's name for the role, and what it is in.
    pub fn names(&self) -> Vec<&str> {
        let mut names = vec![self.name()];
        match self {
            Self::Aws(_) | Self::Sandbox(_) | Self::Token(_) => {}
            Self::Azure(target) => names.extend(target.audiences.names().iter().map(String::as_str)),
            Self::Vault(target) => {
                names.push(&target.address);
                names.extend(target.namespace.as_deref());
            }
            Self::Gcp(target) => names.push(&target.project),
            Self::Kubernetes(target) => {
                names.push(&target.server);
                names.extend(target.namespace());
            }
        }
        names
    }

    /// Whether credentials for it do at least what credentials for another target do, as far as the two texts tell. Settings that only
    /// say how to get there, or how credentials end, make no difference. Each place's target says what it compares.
    pub fn opens_at_least(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Aws(one), Self::Aws(other)) => one.opens_at_least(other),
            (Self::Sandbox(one), Self::Sandbox(other)) => one.opens_at_least(other),
            (Self::Token(one), Self::Token(other)) => one.opens_at_least(other),
            (Self::Vault(one), Self::Vault(other)) => one.opens_at_least(other),
            (Self::Gcp(one), Self::Gcp(other)) => one.opens_at_least(other),
            (Self::Kubernetes(one), Self::Kubernetes(other)) => one.opens_at_least(other),
            (Self::Azure(one), Self::Azure(other)) => one.opens_at_least(other),
            _ => false,
        }
    }

    /// A text that two targets share if one of them opens at least what the other does. Sorting by it finds those worth comparing.
    pub fn neighbourhood(&self) -> String {
        match self {
            Self::Kubernetes(target) => address::evened(&target.server),
            _ => self.name().to_owned(),
        }
    }

    /// Whether it is on this machine and nothing real: nobody needs to trust an issuer for it.
    pub fn is_sandbox(&self) -> bool {
        self.as_sandbox().is_some()
    }

    /// Whether credentials for it are got by way of other ones, so that the cloud limits their life to an hour.
    pub fn is_chained(&self) -> bool {
        self.via().is_some() || self.is_by_broker()
    }

    /// Whether the broker opens it with its own identity in the cloud, and not with a token of its issuer.
    pub fn is_by_broker(&self) -> bool {
        self.as_aws().is_some_and(|target| target.by == AssumedBy::Broker)
    }

    /// The target of AWS, where it is one. `None` for other clouds.
    pub fn as_aws(&self) -> Option<&AwsTarget> {
        match self {
            Self::Aws(target) => Some(target),
            Self::Sandbox(_)
            | Self::Token(_)
            | Self::Vault(_)
            | Self::Gcp(_)
            | Self::Kubernetes(_)
            | Self::Azure(_) => None,
        }
    }

    /// The target of the sandbox cloud, where it is one. `None` for other clouds.
    pub fn as_sandbox(&self) -> Option<&SandboxTarget> {
        match self {
            Self::Sandbox(target) => Some(target),
            Self::Aws(_)
            | Self::Token(_)
            | Self::Vault(_)
            | Self::Gcp(_)
            | Self::Kubernetes(_)
            | Self::Azure(_) => None,
        }
    }

    /// The audience and claims of a token, where it is one. `None` for other places.
    pub fn as_token(&self) -> Option<&TokenTarget> {
        match self {
            Self::Token(target) => Some(target),
            Self::Aws(_)
            | Self::Sandbox(_)
            | Self::Vault(_)
            | Self::Gcp(_)
            | Self::Kubernetes(_)
            | Self::Azure(_) => None,
        }
    }

    /// The certificates of a Kubernetes cluster in PEM. `None` where it pins none, or only their digest is known.
    pub fn certificates(&self) -> Option<&str> {
        self.as_kubernetes()?.ca.as_ref()?.pem()
    }

    /// The role of OpenBao or Vault, where it is one. `None` for other places.
    pub fn as_vault(&self) -> Option<&VaultTarget> {
        match self {
            Self::Vault(target) => Some(target),
            Self::Aws(_)
            | Self::Sandbox(_)
            | Self::Token(_)
            | Self::Gcp(_)
            | Self::Kubernetes(_)
            | Self::Azure(_) => None,
        }
    }

    /// The service account of Google Cloud, where it is one. `None` for other places.
    pub fn as_gcp(&self) -> Option<&GcpTarget> {
        match self {
            Self::Gcp(target) => Some(target),
            Self::Aws(_)
            | Self::Sandbox(_)
            | Self::Token(_)
            | Self::Vault(_)
            | Self::Kubernetes(_)
            | Self::Azure(_) => None,
        }
    }

    /// The cluster and what a role is there, where it is Kubernetes. `None` for other places.
    pub fn as_kubernetes(&self) -> Option<&KubernetesTarget> {
        match self {
            Self::Kubernetes(target) => Some(target),
            Self::Gcp(_) | Self::Azure(_) => None,
            Self::Aws(_) | Self::Sandbox(_) | Self::Token(_) | Self::Vault(_) => None,
        }
    }

    /// The application of Microsoft Entra, where it is one. `None` for other places.
    pub fn as_azure(&self) -> Option<&AzureTarget> {
        match self {
            Self::Azure(target) => Some(target),
            Self::Gcp(_) | Self::Kubernetes(_) => None,
            Self::Aws(_) | Self::Sandbox(_) | Self::Token(_) | Self::Vault(_) => None,
        }
    }

    /// How long a grant is at least, so that no credentials outlive it. `None` where the place itself ends them in time, and where
    /// the role accepts that it does not.
    pub fn shortest_grant(&self) -> Option<Span> {
        self.as_azure()?.shortest_grant()
    }

    /// How long credentials can outlive their grant at most, by the role's own word. `None` where they cannot.
    pub fn overrun(&self) -> Option<Span> {
        self.as_azure()?.overrun()
    }

    /// The IAM role, where it is one: AWS's, or the sandbox cloud's. `None` for other clouds.
    pub fn role_arn(&self) -> Option<&RoleArn> {
        match self {
            Self::Aws(target) => Some(&target.role_arn),
            Self::Sandbox(target) => Some(&target.role_arn),
            Self::Token(_) | Self::Vault(_) | Self::Gcp(_) | Self::Kubernetes(_) | Self::Azure(_) => None,
        }
    }

    /// The hub role through which an AWS role is reached. `None` where it is assumed directly, and for other clouds.
    pub fn via(&self) -> Option<&RoleArn> {
        self.as_aws()?.via.as_ref()
    }

    /// The role and its place for people: `role prod-admin in account 111122223333 (aws)`. It also shows every setting that decides where
    /// the authority's token and the credentials go, or what they may do.
    pub fn describe(&self) -> String {
        match self {
            Self::Aws(_) | Self::Sandbox(_) => self.describe_role(),
            Self::Token(target) => match &target.claims {
                Some(claims) => format!("a token for {} with {claims} (token)", target.audience),
                None => format!("a token for {} (token)", target.audience),
            },
            Self::Vault(target) => {
                let policies = target.policies.as_ref();
                let limit = policies.map_or_else(String::new, |policies| format!(", policies {policies}"));
                format!("role {} in {} (vault, by auth/{}{limit})", target.role, target.place(), target.mount)
            }
            Self::Gcp(target) => target.describe(),
            Self::Kubernetes(target) => target.describe(),
            Self::Azure(target) => target.describe(),
        }
    }

    /// The same for tables, where the way to it is too long. Nobody signs or approves by a table.
    pub fn brief(&self) -> String {
        match self {
            Self::Gcp(target) => target.brief(),
            _ => self.describe(),
        }
    }

    fn describe_role(&self) -> String {
        let mut way = self.via().map_or_else(String::new, |hub| format!(", through {}", hub.role_name()));
        if self.is_by_broker() {
            way.push_str(", by the broker's own identity");
        }
        if let Some(AwsTarget { endpoint_url: Some(endpoint), region, .. }) = self.as_aws() {
            way.push_str(&format!(", region {region} at {endpoint}"));
        }
        format!("role {} in {} ({}{way})", self.name(), self.place(), self.cloud())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.cloud())?;
        match self {
            Self::Aws(target) => target.fmt(formatter),
            Self::Sandbox(target) => target.fmt(formatter),
            Self::Token(target) => target.fmt(formatter),
            Self::Vault(target) => target.fmt(formatter),
            Self::Gcp(target) => target.fmt(formatter),
            Self::Kubernetes(target) => target.fmt(formatter),
            Self::Azure(target) => target.fmt(formatter),
        }
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let refuse = || TargetError::Unknown(cloud::error::shown(text, 128));
        let (word, rest) = text.split_once(':').ok_or_else(refuse)?;
        let target = match Cloud::of(word) {
            Some(Cloud::Aws) => AwsTarget::parse(rest)?.map(Self::Aws),
            Some(Cloud::Sandbox) => SandboxTarget::parse(rest)?.map(Self::Sandbox),
            Some(Cloud::Token) => TokenTarget::parse(rest)?.map(Self::Token),
            Some(Cloud::Vault) => VaultTarget::parse(rest)?.map(Self::Vault),
            Some(Cloud::Gcp) => GcpTarget::parse(rest)?.map(Self::Gcp),
            Some(Cloud::Kubernetes) => KubernetesTarget::parse(rest)?.map(Self::Kubernetes),
            Some(Cloud::Azure) => AzureTarget::parse(rest)?.map(Self::Azure),
            None if cloud::is_word(word) => return Err(TargetError::Newer(word.to_owned())),
            None => None,
        };
        target.filter(|target| target.to_string() == text).ok_or_else(refuse)
    }
}

impl TryFrom<String> for Target {
    type Error = TargetError;

    fn try_from(text: String) -> Result<Self, TargetError> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

#[cfg(test)]
#[path = "target_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "target_opening_tests.rs"]
mod opening_tests;

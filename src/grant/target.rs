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
use super::cloud::error::TargetError;
use super::cloud::sandbox::SandboxTarget;

/// The target that a role opens. Its text form begins with its cloud's word and stands in statements. Targets are
/// compared by their text forms, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// A role in an AWS account.
    Aws(AwsTarget),
    /// A role in the sandbox cloud.
    Sandbox(SandboxTarget),
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
        }
    }

    /// The place of the target, as people read it.
    pub fn place(&self) -> Place {
        match self {
            Self::Aws(target) => Place::account(target.role_arn.account()),
            Self::Sandbox(target) => Place::account(target.role_arn.account()),
        }
    }

    /// The cloud's name for the role within its place.
    pub fn name(&self) -> &str {
        match self {
            Self::Aws(target) => target.role_arn.role_name(),
            Self::Sandbox(target) => target.role_arn.role_name(),
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
            Self::Sandbox(_) => None,
        }
    }

    /// The target of the sandbox cloud, where it is one. `None` for other clouds.
    pub fn as_sandbox(&self) -> Option<&SandboxTarget> {
        match self {
            Self::Sandbox(target) => Some(target),
            Self::Aws(_) => None,
        }
    }

    /// The IAM role, where it is one: AWS's, or the sandbox cloud's. `None` for other clouds.
    pub fn role_arn(&self) -> Option<&RoleArn> {
        match self {
            Self::Aws(target) => Some(&target.role_arn),
            Self::Sandbox(target) => Some(&target.role_arn),
        }
    }

    /// The hub role through which an AWS role is reached. `None` where it is assumed directly, and for other clouds.
    pub fn via(&self) -> Option<&RoleArn> {
        self.as_aws()?.via.as_ref()
    }

    /// The role and its place for people: `role prod-admin in account 111122223333 (aws)`. An endpoint that the policy names is
    /// shown with the region: the broker's token and the credentials go there. So is a role that the broker opens with its
    /// own identity.
    pub fn describe(&self) -> String {
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
mod tests {
    use super::Target;

    #[test]
    fn the_text_form_reads_back() {
        for text in [
            "aws:arn:aws:iam::111122223333:role/prod-admin?region=eu-west-1",
            "aws:arn:aws-cn:iam::111122223333:role/path/to/admin?region=cn-north-1",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&endpoint_url=https://vpce-1.example.com",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&via=arn:aws:iam::111122223333:role/hub=a",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&endpoint_url=https://vpce-1.example.com&via=arn:aws:iam::111122224444:role/hub",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&by=broker",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&endpoint_url=https://vpce-1.example.com&by=broker",
            "sandbox:arn:aws:iam::000000000001:role/x?endpoint_url=http://127.0.0.1:4000",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        for bad in [
            "aws:arn:aws:iam::1:role/x?region=eu-west-1",
            "aws:arn:aws:iam::111122223333:user/x?region=eu-west-1",
            "aws:arn:aws:iam::111122223333:role/x?region=cn-north-1",
            "aws:arn:aws:iam::111122223333:role/x?region=EU",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&endpoint_url=http://sts.example.com",
            "sandbox:arn:aws:iam::000000000001:role/x?endpoint_url=https://sts.amazonaws.com",
            "sandbox:arn:aws:iam::000000000001:role/x?endpoint_url=http://localhost.example.com",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&via=arn:aws:iam::111122223333:role/x",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&via=arn:aws-cn:iam::111122223333:role/hub",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&via=",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&by=token",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&by=",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&by=broker&by=broker",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&via=arn:aws:iam::111122224444:role/hub&by=broker",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&by=broker&via=arn:aws:iam::111122224444:role/hub",
            "aws:arn:aws:iam::111122223333:role/x?by=broker&region=eu-west-1",
            "aws:arn:aws:iam::111122223333:role/x?region=eu-west-1&by=broker&endpoint_url=https://vpce-1.example.com",
            "sandbox:arn:aws:iam::000000000001:role/x?endpoint_url=http://127.0.0.1:4000&by=broker",
            "gcp:arn:aws:iam::000000000001:role/x?region=eu-west-1",
        ] {
            assert!(bad.parse::<Target>().is_err(), "{bad:?}");
        }
    }
}

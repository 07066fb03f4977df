//! What a role opens.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::address;

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not `arn:<partition>:iam::<12 digits>:role/<path and name>`.
    #[error("{0:?} is not the ARN of an IAM role, like arn:aws:iam::111122223333:role/admin")]
    RoleArn(String),
    /// A region with other characters than a-z, 0-9 and `-`.
    #[error("{0:?} is not an AWS region, like eu-west-1")]
    Region(String),
    /// A region of another partition than the role's.
    #[error("the region {region} is not in the partition {partition} of the role")]
    Partition {
        /// The region given.
        region: String,
        /// The partition of the role's ARN.
        partition: String,
    },
    /// A hub that is the role itself, or in another partition.
    #[error("{0} cannot be the way to this role: a hub is another role of the same partition")]
    Hub(String),
    /// An endpoint that is neither https nor http on loopback.
    #[error("{0:?} is not an https address, nor http on this machine")]
    Endpoint(String),
    /// The text form is of no known cloud, or damaged.
    #[error("{0:?} is not a target")]
    Unknown(String),
}

/// The ARN of an IAM role, checked. 20 to 2048 characters in AWS's own model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleArn(String);

impl RoleArn {
    fn field(&self, index: usize) -> &str {
        self.0.splitn(6, ':').nth(index).unwrap_or_default()
    }

    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition: `aws`, `aws-cn`, `aws-us-gov` …
    pub fn partition(&self) -> &str {
        self.field(1)
    }

    /// The twelve digits of the account.
    pub fn account(&self) -> &str {
        self.field(4)
    }

    /// The role's name without its path, as it stands in the ARN of a session.
    pub fn role_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl FromStr for RoleArn {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let refuse = || TargetError::RoleArn(text.chars().filter(|c| !c.is_control()).take(128).collect());
        let fields: Vec<&str> = text.splitn(6, ':').collect();
        let [arn, partition, service, region, account, resource] = fields.as_slice() else {
            return Err(refuse());
        };
        let partition_fits = partition.starts_with("aws")
            && partition
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let account_fits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let path = resource.strip_prefix("role/").ok_or_else(refuse)?;
        let path_fits = !path.is_empty()
            && !path.ends_with('/')
            && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&byte));
        let fits = *arn == "arn" && partition_fits && *service == "iam" && region.is_empty();
        if fits && account_fits && path_fits && text.len() <= 2048 {
            Ok(Self(text.to_owned()))
        } else {
            Err(refuse())
        }
    }
}

impl TryFrom<String> for RoleArn {
    type Error = TargetError;

    fn try_from(text: String) -> Result<Self, TargetError> {
        text.parse()
    }
}

impl From<RoleArn> for String {
    fn from(arn: RoleArn) -> Self {
        arn.0
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// An AWS role, the region whose STS mints for it and in which it is used, and the endpoint where it is not AWS's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AwsTarget {
    /// The role.
    pub role_arn: RoleArn,
    /// The region, of the role's partition.
    pub region: String,
    /// Another STS endpoint than the region's: a VPC endpoint, or a stand-in for tests. https, or http on loopback.
    pub endpoint_url: Option<String>,
    /// The hub role through which this one is assumed, where it is not assumed directly.
    pub via: Option<RoleArn>,
}

/// A role in the sandbox cloud, which is always on this machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SandboxTarget {
    /// The role, shaped like an AWS role.
    pub role_arn: RoleArn,
    /// Where the sandbox cloud listens: http on loopback.
    pub endpoint_url: String,
}

/// What a role opens. Its text form stands in statements and compares targets byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// A role in an AWS account.
    Aws(AwsTarget),
    /// A role in the sandbox cloud.
    Sandbox(SandboxTarget),
}

impl Target {
    /// An AWS target, its parts checked against each other.
    pub fn aws(role_arn: RoleArn, region: String, endpoint_url: Option<String>) -> Result<Self, TargetError> {
        let fits = !region.is_empty()
            && region.len() <= 32
            && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !fits {
            return Err(TargetError::Region(region.chars().filter(|c| !c.is_control()).take(64).collect()));
        }
        if partition_of(&region) != role_arn.partition() {
            return Err(TargetError::Partition { region, partition: role_arn.partition().to_owned() });
        }
        if let Some(endpoint) = &endpoint_url {
            check_endpoint(endpoint, false)?;
        }
        Ok(Self::Aws(AwsTarget { role_arn, region, endpoint_url, via: None }))
    }

    /// The same AWS role, reached through a hub role of its partition.
    pub fn through(self, hub: RoleArn) -> Result<Self, TargetError> {
        match self {
            Self::Aws(target) if hub != target.role_arn && hub.partition() == target.role_arn.partition() => {
                Ok(Self::Aws(AwsTarget { via: Some(hub), ..target }))
            }
            _ => Err(TargetError::Hub(hub.to_string())),
        }
    }

    /// The hub role through which the target is reached, if there is one.
    pub fn via(&self) -> Option<&RoleArn> {
        match self {
            Self::Aws(target) => target.via.as_ref(),
            Self::Sandbox(_) => None,
        }
    }

    /// A sandbox target; its endpoint must be http on loopback.
    pub fn sandbox(role_arn: RoleArn, endpoint_url: String) -> Result<Self, TargetError> {
        check_endpoint(&endpoint_url, true)?;
        Ok(Self::Sandbox(SandboxTarget { role_arn, endpoint_url }))
    }

    /// The role that is opened.
    pub fn role_arn(&self) -> &RoleArn {
        match self {
            Self::Aws(target) => &target.role_arn,
            Self::Sandbox(target) => &target.role_arn,
        }
    }

    /// The cloud as people call it: `aws` or `sandbox`.
    pub fn cloud(&self) -> &'static str {
        match self {
            Self::Aws(_) => "aws",
            Self::Sandbox(_) => "sandbox",
        }
    }

    /// The account and role for people: `role prod-admin in account 111122223333 (aws)`. An endpoint that the policy names is
    /// shown with the region: the broker's token and the credentials go there.
    pub fn describe(&self) -> String {
        let arn = self.role_arn();
        let mut way = self.via().map_or_else(String::new, |hub| format!(", through {}", hub.role_name()));
        if let Self::Aws(AwsTarget { endpoint_url: Some(endpoint), region, .. }) = self {
            way.push_str(&format!(", region {region} at {endpoint}"));
        }
        format!("role {} in account {} ({}{way})", arn.role_name(), arn.account(), self.cloud())
    }
}

/// The partition that a region belongs to, by its prefix (botocore's partition table).
pub fn partition_of(region: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-iso-", "aws-iso"),
        ("eusc-", "aws-eusc"),
    ];
    PREFIXES.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

fn check_endpoint(endpoint: &str, loopback_only: bool) -> Result<(), TargetError> {
    let refuse = || TargetError::Endpoint(endpoint.chars().filter(|c| !c.is_control()).take(128).collect());
    let url = url::Url::parse(endpoint).map_err(|_| refuse())?;
    let scheme_fits = address::is_private(&url) && !(loopback_only && url.scheme() == "https");
    // `&` and `?` would end the endpoint within the target's text form.
    let fits = scheme_fits
        && address::is_bare(&url)
        && address::is_own_form(&url, endpoint)
        && endpoint.is_ascii()
        && !endpoint.contains(['&', '?', ' ']);
    if fits { Ok(()) } else { Err(refuse()) }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aws(target) => {
                write!(formatter, "aws:{}?region={}", target.role_arn, target.region)?;
                if let Some(endpoint) = &target.endpoint_url {
                    write!(formatter, "&endpoint_url={endpoint}")?;
                }
                target.via.as_ref().map_or(Ok(()), |hub| write!(formatter, "&via={hub}"))
            }
            Self::Sandbox(target) => {
                write!(formatter, "sandbox:{}?endpoint_url={}", target.role_arn, target.endpoint_url)
            }
        }
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let refuse = || TargetError::Unknown(text.chars().filter(|c| !c.is_control()).take(128).collect());
        let (cloud, rest) = text.split_once(':').ok_or_else(refuse)?;
        let (arn, settings) = rest.split_once('?').ok_or_else(refuse)?;
        let role_arn = arn.parse()?;
        let target = match cloud {
            "aws" => {
                let (settings, hub) = match settings.split_once("&via=") {
                    Some((settings, hub)) => (settings, Some(hub.parse()?)),
                    None => (settings, None),
                };
                let (region, endpoint) = match settings.split_once('&') {
                    Some((region, endpoint)) => {
                        (region, Some(endpoint.strip_prefix("endpoint_url=").ok_or_else(refuse)?.to_owned()))
                    }
                    None => (settings, None),
                };
                let region = region.strip_prefix("region=").ok_or_else(refuse)?.to_owned();
                let target = Self::aws(role_arn, region, endpoint)?;
                match hub {
                    Some(hub) => target.through(hub)?,
                    None => target,
                }
            }
            "sandbox" => {
                let endpoint = settings.strip_prefix("endpoint_url=").ok_or_else(refuse)?;
                Self::sandbox(role_arn, endpoint.to_owned())?
            }
            _ => return Err(refuse()),
        };
        if target.to_string() == text { Ok(target) } else { Err(refuse()) }
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
            "gcp:arn:aws:iam::000000000001:role/x?region=eu-west-1",
        ] {
            assert!(bad.parse::<Target>().is_err(), "{bad:?}");
        }
    }
}

//! AWS: the role that a target opens, and the credentials of its sessions.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use super::Place;
use super::endpoint;
use super::error::TargetError;
use super::error::shown;
use crate::address;
use crate::secret::Secret;

/// A validated ARN of an IAM role. 20 to 2048 characters in AWS's own model.
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

    /// The account's twelve digits.
    pub fn account(&self) -> &str {
        self.field(4)
    }

    /// The role's path, from `/` to `/`.
    pub fn path(&self) -> &str {
        let resource = self.field(5);
        let begin = "role".len();
        let end = resource.rfind('/').map_or(begin, |slash| slash + 1);
        resource.get(begin..end).unwrap_or("/")
    }

    /// The role's name without its path, as in the ARN of a session.
    pub fn role_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl FromStr for RoleArn {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let refuse = || TargetError::RoleArn(shown(text, 128));
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

/// An AWS role, the region whose STS mints for it and in which it is used, and the endpoint if it is not AWS's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AwsTarget {
    /// The role.
    pub role_arn: RoleArn,
    /// The region, of the role's partition.
    pub region: String,
    /// An STS endpoint other than the region's: a VPC endpoint, or a fake for tests. https, or http on loopback.
    pub endpoint_url: Option<String>,
    /// The hub role through which this role is assumed. `None` if it is assumed directly.
    pub via: Option<RoleArn>,
    /// The identity that assumes the role.
    pub by: AssumedBy,
}

/// The identity with which the authority opens a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum AssumedBy {
    /// A token of the authority's issuer (`AssumeRoleWithWebIdentity`).
    #[default]
    Token,
    /// The broker's own AWS identity (`AssumeRole`). The account need not know the issuer.
    Broker,
}

impl AssumedBy {
    /// The word in the policy and in a target's text form. `None` for [`AssumedBy::Token`], which is not written.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Token => None,
            Self::Broker => Some("broker"),
        }
    }
}

impl AwsTarget {
    /// A target that is assumed directly, its parts checked against each other.
    pub fn new(role_arn: RoleArn, region: String, endpoint_url: Option<String>) -> Result<Self, TargetError> {
        let fits = !region.is_empty()
            && region.len() <= 32
            && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !fits {
            return Err(TargetError::Region(shown(&region, 64)));
        }
        if partition_of(&region) != role_arn.partition() {
            return Err(TargetError::Partition { region, partition: role_arn.partition().to_owned() });
        }
        if let Some(endpoint) = &endpoint_url {
            endpoint::check(endpoint, false)?;
        }
        Ok(Self { role_arn, region, endpoint_url, via: None, by: AssumedBy::Token })
    }

    /// The same role, reached through a hub role of its partition.
    pub fn through(self, hub: RoleArn) -> Result<Self, TargetError> {
        if self.by == AssumedBy::Broker {
            Err(TargetError::HubByBroker)
        } else if hub != self.role_arn && hub.partition() == self.role_arn.partition() {
            Ok(Self { via: Some(hub), ..self })
        } else {
            Err(TargetError::Hub(hub.to_string()))
        }
    }

    /// The same role, assumed by the broker's own identity.
    pub fn by_broker(self) -> Result<Self, TargetError> {
        if self.via.is_some() {
            Err(TargetError::HubByBroker)
        } else {
            Ok(Self { by: AssumedBy::Broker, ..self })
        }
    }

    /// Whether its credentials do at least what those of another target do: both are sessions of one role. The region, the endpoint and
    /// the identity that assumes the role are ways to it. An endpoint on this machine stands for a cloud of its own.
    pub(in crate::grant) fn opens_at_least(&self, other: &Self) -> bool {
        let own_cloud = |target: &Self| {
            target.endpoint_url.as_deref().filter(|url| url.starts_with("http://")).map(address::evened)
        };
        self.role_arn == other.role_arn && own_cloud(self) == own_cloud(other)
    }

    /// Reads what stands after `aws:` in a target's text form. `None` where that is not its shape.
    pub(in crate::grant) fn parse(rest: &str) -> Result<Option<Self>, TargetError> {
        let Some((arn, settings)) = rest.split_once('?') else { return Ok(None) };
        let (settings, by) = match settings.strip_suffix("&by=broker") {
            Some(settings) => (settings, AssumedBy::Broker),
            None => (settings, AssumedBy::Token),
        };
        let (settings, hub) = match settings.split_once("&via=") {
            Some((settings, hub)) => (settings, Some(hub)),
            None => (settings, None),
        };
        let (region, endpoint) = match settings.split_once('&') {
            Some((region, endpoint)) => (region, Some(endpoint)),
            None => (settings, None),
        };
        let endpoint = match endpoint.map(|endpoint| endpoint.strip_prefix("endpoint_url=")) {
            Some(None) => return Ok(None),
            Some(Some(endpoint)) => Some(endpoint.to_owned()),
            None => None,
        };
        let Some(region) = region.strip_prefix("region=") else { return Ok(None) };
        let target = Self::new(arn.parse()?, region.to_owned(), endpoint)?;
        let target = match hub {
            Some(hub) => target.through(hub.parse()?)?,
            None => target,
        };
        match by {
            AssumedBy::Token => Ok(Some(target)),
            AssumedBy::Broker => target.by_broker().map(Some),
        }
    }
}

/// Writes the part after `aws:` of a target's text form.
impl fmt::Display for AwsTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}?region={}", self.role_arn, self.region)?;
        if let Some(endpoint) = &self.endpoint_url {
            write!(formatter, "&endpoint_url={endpoint}")?;
        }
        if let Some(hub) = &self.via {
            write!(formatter, "&via={hub}")?;
        }
        self.by.word().map_or(Ok(()), |word| write!(formatter, "&by={word}"))
    }
}

/// Credentials of an AWS session.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AwsCredentials {
    /// `ASIA…`
    pub access_key_id: String,
    /// The secret key.
    pub secret_access_key: Secret<String>,
    /// The session token, of any length.
    pub session_token: Secret<String>,
    /// The account's twelve digits.
    pub account: String,
    /// The session's ARN, if the STS named it.
    pub session_arn: Option<String>,
    /// The region in which the role is used.
    pub region: String,
    /// The STS endpoint. `None` for AWS's own.
    pub endpoint_url: Option<String>,
}

impl AwsCredentials {
    /// The account that they are for.
    pub fn place(&self) -> Place {
        Place::account(&self.account)
    }

    /// The members of the stored form, the secrets among them.
    pub(in crate::grant) fn secret_members(&self) -> Value {
        serde_json::json!({
            "access_key_id": self.access_key_id,
            "secret_access_key": self.secret_access_key.expose(),
            "session_token": self.session_token.expose(),
            "account": self.account,
            "session_arn": self.session_arn,
            "region": self.region,
            "endpoint_url": self.endpoint_url,
        })
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

//! The sandbox cloud: shaped like AWS, and always on this machine.

use std::fmt;

use super::aws::RoleArn;
use super::endpoint;
use super::error::TargetError;
use crate::address;

/// A role in the sandbox cloud, which is always on this machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SandboxTarget {
    /// The role, shaped like an AWS role.
    pub role_arn: RoleArn,
    /// The address at which the sandbox cloud listens: http on loopback.
    pub endpoint_url: String,
}

impl SandboxTarget {
    /// A target; its endpoint must be http on loopback.
    pub fn new(role_arn: RoleArn, endpoint_url: String) -> Result<Self, TargetError> {
        endpoint::check(&endpoint_url, true)?;
        Ok(Self { role_arn, endpoint_url })
    }

    /// Whether it is the same role of the same sandbox cloud.
    pub(in crate::grant) fn opens_at_least(&self, other: &Self) -> bool {
        self.role_arn == other.role_arn && address::is_same(&self.endpoint_url, &other.endpoint_url)
    }

    /// Reads what stands after `sandbox:` in a target's text form. `None` where that is not its shape.
    pub(in crate::grant) fn parse(rest: &str) -> Result<Option<Self>, TargetError> {
        let Some((arn, settings)) = rest.split_once('?') else { return Ok(None) };
        let Some(endpoint) = settings.strip_prefix("endpoint_url=") else { return Ok(None) };
        Self::new(arn.parse()?, endpoint.to_owned()).map(Some)
    }
}

/// Writes the part after `sandbox:` of a target's text form.
impl fmt::Display for SandboxTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}?endpoint_url={}", self.role_arn, self.endpoint_url)
    }
}

//! The STS address of a target. An address that does not fit its target is refused before anything is sent.

use crate::address;
use crate::grant::Target;
use crate::grant::cloud::aws::RoleArn;
use crate::provider::ProviderError;

/// Region prefix, partition and DNS suffix (botocore's partition table). The first matching prefix wins.
const PARTITIONS: [(&str, &str, &str); 8] = [
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("", "aws", "amazonaws.com"),
];

/// The region of sandbox credentials. It is not an AWS region, so a program that ignores the endpoint finds no host.
pub const SANDBOX_REGION: &str = "sandbox";

/// The audience of AWS's STS.
pub const AWS_AUDIENCE: &str = "sts.amazonaws.com";

/// The audience of the sandbox cloud. It differs from AWS's, so that a JWT for one is useless at the other.
pub const SANDBOX_AUDIENCE: &str = "sandbox.jit";

/// The place where a target's credentials are minted and used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The role that the target opens.
    pub role: RoleArn,
    /// The hub role through which it is reached. `None` where it is assumed directly.
    pub hub: Option<RoleArn>,
    /// The URL of the STS, including its path.
    pub url: String,
    /// The region in signatures.
    pub region: String,
    /// The endpoint, if it is not AWS's own.
    pub endpoint_url: Option<String>,
    /// The audience of JWTs for this cloud.
    pub audience: &'static str,
}

/// The place of a target.
///
/// # Errors
/// The endpoint or the region does not fit the target.
pub fn place_of(target: &Target) -> Result<Place, ProviderError> {
    match (target.as_aws(), target.as_sandbox()) {
        (Some(aws), _) => {
            let partition = partition_row(&aws.region).1;
            if partition != aws.role_arn.partition() {
                return Err(refuse(format!("the region {} is not in the role's partition", aws.region)));
            }
            Ok(Place {
                role: aws.role_arn.clone(),
                hub: aws.via.clone(),
                url: sts_url(&aws.region, aws.endpoint_url.as_deref())?,
                region: aws.region.clone(),
                endpoint_url: aws.endpoint_url.clone(),
                audience: AWS_AUDIENCE,
            })
        }
        (None, Some(sandbox)) => {
            let url = endpoint(&sandbox.endpoint_url)?;
            if !address::is_this_machine(&url) || url.scheme() != "http" {
                return Err(refuse("the sandbox cloud is only ever on this machine".to_owned()));
            }
            Ok(Place {
                role: sandbox.role_arn.clone(),
                hub: None,
                url: url.to_string(),
                region: SANDBOX_REGION.to_owned(),
                endpoint_url: Some(sandbox.endpoint_url.clone()),
                audience: SANDBOX_AUDIENCE,
            })
        }
        (None, None) => Err(refuse("it is not an AWS role".to_owned())),
    }
}

/// The URL of a region's STS, or of the given endpoint. Never the global endpoint, whose tokens opt-in regions may
/// refuse.
///
/// # Errors
/// The endpoint is neither https nor http on loopback, or the region is invalid.
pub fn sts_url(region: &str, endpoint_url: Option<&str>) -> Result<String, ProviderError> {
    if let Some(given) = endpoint_url {
        return endpoint(given).map(String::from);
    }
    let fits = !region.is_empty()
        && region.len() <= 32
        && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !fits || region == SANDBOX_REGION {
        return Err(refuse("this is not an AWS region".to_owned()));
    }
    Ok(format!("https://sts.{region}.{}/", partition_row(region).2))
}

/// The partition of a region.
pub(super) fn partition_of(region: &str) -> &'static str {
    partition_row(region).1
}

fn partition_row(region: &str) -> (&'static str, &'static str, &'static str) {
    PARTITIONS.into_iter().find(|(prefix, _, _)| region.starts_with(prefix)).unwrap_or((
        "",
        "aws",
        "amazonaws.com",
    ))
}

fn endpoint(text: &str) -> Result<url::Url, ProviderError> {
    let url = url::Url::parse(text).map_err(|_| refuse("the endpoint is not an address".to_owned()))?;
    let fits = address::is_bare(&url) && address::is_private(&url);
    if fits { Ok(url) } else { Err(refuse("the endpoint must be https, or http on this machine".to_owned())) }
}

fn refuse(message: String) -> ProviderError {
    ProviderError {
        message,
        hint: Some("check the role's target in the policy with `jit policy check`".to_owned()),
        passing: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::cloud::aws::AwsTarget;
    use crate::grant::cloud::sandbox::SandboxTarget;

    #[test]
    fn every_partition_has_its_host() {
        for (partition, region, host) in [
            ("aws", "eu-west-1", "https://sts.eu-west-1.amazonaws.com/"),
            ("aws", "us-east-1", "https://sts.us-east-1.amazonaws.com/"),
            ("aws-cn", "cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/"),
            ("aws-us-gov", "us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com/"),
            ("aws-eusc", "eusc-de-east-1", "https://sts.eusc-de-east-1.amazonaws.eu/"),
            ("aws-iso", "us-iso-east-1", "https://sts.us-iso-east-1.c2s.ic.gov/"),
            ("aws-iso-b", "us-isob-east-1", "https://sts.us-isob-east-1.sc2s.sgov.gov/"),
            ("aws-iso-e", "eu-isoe-west-1", "https://sts.eu-isoe-west-1.cloud.adc-e.uk/"),
            ("aws-iso-f", "us-isof-south-1", "https://sts.us-isof-south-1.csp.hci.ic.gov/"),
        ] {
            let arn = format!("arn:{partition}:iam::111122223333:role/x").parse().unwrap();
            let target = Target::aws(arn, region.to_owned(), None).unwrap();
            let place = place_of(&target).unwrap();
            assert_eq!(place.url, host);
            assert_eq!((place.region.as_str(), place.audience), (region, "sts.amazonaws.com"));
        }
    }

    #[test]
    fn a_target_built_past_its_checks_still_reaches_nothing() {
        let role_arn: RoleArn = "arn:aws:iam::111122223333:role/x".parse().unwrap();
        for endpoint_url in [
            "https://sts.amazonaws.com",
            "http://10.0.0.1:1",
            "http://localhost:1",
            "https://127.0.0.1",
            "http://127.0.0.1@sts.example.com",
            "http://a:b@127.0.0.1/",
            "sts",
        ] {
            let endpoint_url = endpoint_url.to_owned();
            let target = Target::Sandbox(SandboxTarget { role_arn: role_arn.clone(), endpoint_url });
            assert!(place_of(&target).is_err(), "{target:?}");
        }
        for (region, endpoint) in [
            ("eu-west-1", Some("http://sts.example.com")),
            ("cn-north-1", None),
            ("evil.example/", None),
            ("", None),
            ("sandbox", None),
        ] {
            let target = Target::Aws(AwsTarget {
                role_arn: role_arn.clone(),
                region: region.to_owned(),
                endpoint_url: endpoint.map(str::to_owned),
                via: None,
                by: crate::grant::cloud::aws::AssumedBy::Token,
            });
            assert!(place_of(&target).is_err(), "{target:?}");
        }
    }
}

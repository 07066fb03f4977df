//! Direct roles: roles that the user's own cloud identity may already assume. They add no power and are never shown as
//! approved.

use std::path::Path;

use serde::Deserialize;
use serde_spanned::Spanned;

use super::ConfigError;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::span::Span;
use crate::system::aws_files::route::CredentialSource;
use crate::system::aws_files::route::is_external_id;
use crate::system::aws_files::route::is_session_name;

/// A role that the user's own cloud identity may assume without an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectRole {
    /// Its name on this machine.
    pub name: Name,
    /// The description from the settings. May be empty.
    pub description: String,
    /// The target that it opens.
    pub target: Target,
    /// The profile of `~/.aws/config` to start from.
    pub profile: Option<String>,
    /// The credential source to start from, instead of a profile. With neither, the first credentials that AWS's CLI
    /// would find.
    pub source: Option<CredentialSource>,
    /// The session name, if the role demands a certain one. With `None`, the person's name.
    pub session_name: Option<String>,
    /// The external ID that another company's role demands.
    pub external_id: Option<String>,
    /// The ARN or serial number of the MFA device that the role demands.
    pub mfa_serial: Option<String>,
    /// How long a session lasts, from 15 minutes to 12 hours (AWS STS, AssumeRole).
    pub duration: Span,
    /// Whether its name means this role even if an authority has a role of the same name.
    pub shadows: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleTable {
    approval: Spanned<String>,
    description: Option<String>,
    #[serde(default)]
    shadows: bool,
    aws: Spanned<AwsTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AwsTable {
    role_arn: Spanned<String>,
    region: Spanned<String>,
    endpoint_url: Option<String>,
    profile: Option<String>,
    credential_source: Option<Spanned<String>>,
    role_session_name: Option<Spanned<String>>,
    external_id: Option<Spanned<String>>,
    mfa_serial: Option<String>,
    duration: Option<Spanned<Span>>,
}

impl RoleTable {
    pub(super) fn check(self, path: &Path, source: &str, name: Name) -> Result<DirectRole, ConfigError> {
        let wrong = |offset: usize, message: &str| ConfigError::at(path, source, offset, message);
        if self.approval.get_ref() != "none" {
            return Err(wrong(
                self.approval.span().start,
                "only a broker can enforce an approval: a role here can only say approval = \"none\"",
            )
            .hint("a role that needs approval belongs in a broker's policy; see `jit policy init`"));
        }
        let start = self.aws.span().start;
        let aws = self.aws.into_inner();
        let arn: RoleArn = aws
            .role_arn
            .get_ref()
            .parse()
            .map_err(|error| wrong(aws.role_arn.span().start, &format!("{error}")))?;
        let region_start = aws.region.span().start;
        let target = Target::aws(arn, aws.region.into_inner(), aws.endpoint_url)
            .map_err(|error| wrong(region_start.max(start), &error.to_string()))?;
        let source = match aws.credential_source {
            None => None,
            Some(source) => {
                let start = source.span().start;
                if aws.profile.is_some() {
                    return Err(wrong(
                        start,
                        "a role starts from a profile or from a credential_source, not both",
                    ));
                }
                let known = CredentialSource::of(source.get_ref());
                let unknown = "credential_source is Environment, Ec2InstanceMetadata or EcsContainer";
                Some(known.ok_or_else(|| wrong(start, unknown))?)
            }
        };
        let fitting = |value: Option<Spanned<String>>, fits: fn(&str) -> bool, message: &str| match value {
            Some(value) if !fits(value.get_ref()) => Err(wrong(value.span().start, message)),
            value => Ok(value.map(Spanned::into_inner)),
        };
        let session_name = fitting(
            aws.role_session_name,
            is_session_name,
            "AWS takes session names of 2 to 64 letters, digits and `_+=,.@-`",
        )?;
        let external_id = fitting(
            aws.external_id,
            is_external_id,
            "AWS takes external ids of 2 to 1224 letters, digits and `_+=,.@:/-`",
        )?;
        let duration = match aws.duration {
            None => Span::of_minutes(60),
            Some(duration) => {
                if !(900..=43_200).contains(&duration.get_ref().seconds()) {
                    let message = "AWS gives sessions of 15m to 12h";
                    return Err(wrong(duration.span().start, message));
                }
                duration.into_inner()
            }
        };
        Ok(DirectRole {
            name,
            description: self.description.unwrap_or_default(),
            target,
            profile: aws.profile,
            source,
            session_name,
            external_id,
            mfa_serial: aws.mfa_serial,
            duration,
            shadows: self.shadows,
        })
    }
}

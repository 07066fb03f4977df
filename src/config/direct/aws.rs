//! `[roles.NAME.aws]`: a role that is assumed by `AssumeRole`.

use serde::Deserialize;
use serde_spanned::Spanned;

use super::Around;
use super::ConfigError;
use super::Opened;
use super::OwnAws;
use super::OwnIdentity;
use crate::grant::Target;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::span::Span;
use crate::system::aws_files::route::CredentialSource;
use crate::system::aws_files::route::is_external_id;
use crate::system::aws_files::route::is_session_name;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AwsTable {
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

pub(super) fn check(table: Spanned<AwsTable>, around: Around<'_>) -> Result<Opened, ConfigError> {
    let wrong = |offset: usize, message: &str| around.wrong(offset, message);
    let start = table.span().start;
    let aws = table.into_inner();
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
    let limits = (900..=43_200, "AWS gives sessions of 15m to 12h");
    let duration = around.duration(aws.duration, Span::of_minutes(60), limits)?;
    let (profile, mfa_serial) = (aws.profile, aws.mfa_serial);
    let own = OwnAws { profile, source, session_name, external_id, mfa_serial };
    Ok(Opened { target, own: OwnIdentity::Aws(Box::new(own)), duration })
}

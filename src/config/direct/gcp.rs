//! `[roles.NAME.gcp]`: a service account that the user's own Google identity impersonates.

use serde::Deserialize;
use serde_spanned::Spanned;

use super::Around;
use super::ConfigError;
use super::Opened;
use super::OwnGcp;
use super::OwnIdentity;
use crate::grant::Target;
use crate::grant::cloud::gcp::GcpTarget;
use crate::grant::cloud::gcp_scope::OauthScopes;
use crate::grant::span::Span;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GcpTable {
    service_account: String,
    project: String,
    oauth_scopes: Option<Vec<String>>,
    credentials: Option<Spanned<String>>,
    endpoint: Option<String>,
    duration: Option<Spanned<Span>>,
}

pub(super) fn check(table: Spanned<GcpTable>, around: Around<'_>) -> Result<Opened, ConfigError> {
    let start = table.span().start;
    let gcp = table.into_inner();
    let scopes = gcp.oauth_scopes.map(OauthScopes::new).transpose();
    let target = scopes.and_then(|scopes| {
        GcpTarget::direct(gcp.service_account, gcp.project, scopes.unwrap_or_default(), gcp.endpoint)
    });
    let target = target.map_err(|error| around.wrong(start, &error.to_string()))?;
    let own = match gcp.credentials {
        None => OwnGcp::Gcloud,
        Some(named) => match named.get_ref().as_str() {
            "gcloud" => OwnGcp::Gcloud,
            "application-default" => OwnGcp::ApplicationDefault,
            _ => return Err(around.wrong(named.span().start, "credentials is gcloud or application-default")),
        },
    };
    let limits = (60..=3_600, "Google gives access tokens of 1m to 1h");
    let duration = around.duration(gcp.duration, Span::of_minutes(60), limits)?;
    Ok(Opened { target: Target::Gcp(target), own: OwnIdentity::Gcp(own), duration })
}

//! `[roles.NAME.azure]`: the user's own identity in a tenant of Microsoft Entra, for some audiences.
//!
//! Entra has no impersonation, so such a role elevates nothing: it narrows.

use serde::Deserialize;
use serde_spanned::Spanned;

use super::Around;
use super::ConfigError;
use super::Opened;
use super::OwnIdentity;
use crate::grant::Target;
use crate::grant::cloud::azure::Audiences;
use crate::grant::cloud::azure::Authority;
use crate::grant::cloud::azure::AzureTarget;
use crate::grant::span::Span;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AzureTable {
    tenant: String,
    audiences: Spanned<Vec<String>>,
    authority: Option<Spanned<String>>,
    duration: Option<Spanned<Span>>,
}

pub(super) fn check(table: Spanned<AzureTable>, around: Around<'_>) -> Result<Opened, ConfigError> {
    let start = table.span().start;
    let azure = table.into_inner();
    let audiences_start = azure.audiences.span().start;
    let audiences = Audiences::new(azure.audiences.into_inner())
        .map_err(|error| around.wrong(audiences_start, &error.to_string()))?;
    let authority = match azure.authority {
        None => Authority::default(),
        Some(named) => {
            named.get_ref().parse().map_err(|error| around.wrong(named.span().start, &format!("{error}")))?
        }
    };
    let target = AzureTarget::direct(azure.tenant, audiences, authority)
        .map_err(|error| around.wrong(start, &error.to_string()))?;
    let limits = (300..=43_200, "jit keeps a token for 5m to 12h");
    let duration = around.duration(azure.duration, Span::of_minutes(60), limits)?;
    Ok(Opened { target: Target::Azure(target), own: OwnIdentity::Azure, duration })
}

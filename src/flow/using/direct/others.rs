//! Direct roles of Azure, Google Cloud and Kubernetes, whose own command lines have the person's identity.

use crate::config::DirectRole;
use crate::config::OwnGcp;
use crate::config::OwnKubernetes;
use crate::flow::Client;
use crate::provider::MintedCredentials;
use crate::provider::ProviderError;
use crate::provider::azure;
use crate::provider::gcp;
use crate::provider::kubernetes;

pub(super) async fn assume_azure(
    client: &Client<'_>,
    role: &DirectRole,
) -> Result<MintedCredentials, ProviderError> {
    let target = role.target.as_azure().ok_or_else(|| other(role))?;
    azure::direct::assume(target, role.duration.after(client.now()), client.system).await
}

pub(super) async fn assume_google(
    client: &Client<'_>,
    role: &DirectRole,
    own: OwnGcp,
) -> Result<MintedCredentials, ProviderError> {
    let target = role.target.as_gcp().ok_or_else(|| other(role))?;
    let application_default = own == OwnGcp::ApplicationDefault;
    gcp::direct::assume(target, application_default, role.duration.after(client.now()), client.system).await
}

pub(super) async fn assume_kubernetes(
    client: &Client<'_>,
    role: &DirectRole,
    own: &OwnKubernetes,
) -> Result<MintedCredentials, ProviderError> {
    let target = role.target.as_kubernetes().ok_or_else(|| other(role))?;
    let until = role.duration.after(client.now());
    kubernetes::direct::assume(
        &role.name,
        target,
        own.context.as_deref(),
        own.ca.as_deref(),
        until,
        client.system,
    )
    .await
}

fn other(role: &DirectRole) -> ProviderError {
    let message = format!("{} opens another place than its table says", role.name);
    ProviderError { message, hint: None, passing: false }
}

//! Direct roles of AWS, which `AssumeRole` opens.

use crate::config::DirectRole;
use crate::config::OwnAws;
use crate::flow::Client;
use crate::provider::MintedCredentials;
use crate::provider::ProviderError;
use crate::provider::aws;
use crate::provider::aws::direct::Chain;
use crate::provider::aws::direct::DirectOrder;
use crate::provider::aws::direct::Whose;

pub(super) async fn assume(
    client: &Client<'_>,
    role: &DirectRole,
    own: &OwnAws,
) -> Result<MintedCredentials, ProviderError> {
    // The session name puts the person into the account's own audit trail, as far as this machine knows the name.
    let person = client.settings.login().map(|account| account.person.to_string());
    let user = || client.system.environment.get("USER").map(str::to_owned);
    let name = || person.or_else(user).unwrap_or_else(|| "jit".to_owned());
    let session_name = own.session_name.clone().unwrap_or_else(name);
    let order = DirectOrder {
        target: role.target.clone(),
        session_name: session_name.clone(),
        until: role.duration.after(client.now()),
        mfa_serial: own.mfa_serial.clone(),
        external_id: own.external_id.clone(),
    };
    let whose = match (&own.profile, own.source) {
        (Some(profile), _) => Whose::Profile(profile.clone()),
        (None, Some(source)) => Whose::Source(source),
        (None, None) => Whose::First,
    };
    let base = Chain { system: client.system, whose, target: &role.target, session_name, may_ask: true };
    aws::direct::assume(&order, &base, client.system).await
}

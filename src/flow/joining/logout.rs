//! Ends the session, here and at the authority.

use crate::authority::StatementAuthority;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::reviewing::inbox;
use crate::grant::AuthorityAddress;
use crate::state::index;

/// Ends the session. It is removed from this machine even if the authority cannot be told; the returned failure says
/// so.
pub async fn logout(client: &Client<'_>) -> Result<Option<Failure>, Failure> {
    let (address, _) = client.account()?;
    // A repository has no session to end.
    let session = match AuthorityAddress::of(address) {
        AuthorityAddress::GitHub(_) => None,
        AuthorityAddress::Broker(_) => client.connect_as_is()?,
    };
    let told = match session {
        Some(broker) => broker.logout().await,
        None => Ok(()),
    };
    client.vault()?.drop_session(address)?;
    client.vault()?.drop_sign_in(address)?;
    let mut record = client.settings.login.clone();
    if let Some(account) = record.account.as_mut() {
        // The key stays in the agent, and a token from gh may stay too. Only their use by `jit` ends.
        account.repository = None;
        account.ended = true;
        record.save(&client.system.files)?;
    }
    client.sweep()?;
    inbox::say_unwritten(client, index::put_roles(&client.system.files, None, &[], &[]));
    Ok(told.err().filter(|error| error.status() != Some(401)).map(Failure::from))
}

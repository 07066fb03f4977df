//! Ending the session, here and at the authority.

use super::Client;
use super::Failure;
use super::inbox;
use crate::prompt::index;

/// Ends the session. It is gone from this machine even when the authority cannot be told; that is the answer then.
pub async fn logout(client: &Client<'_>) -> Result<Option<Failure>, Failure> {
    let connected = client.connect().await?;
    let told = connected.authority.logout().await;
    let address = client.settings.authority().unwrap_or_default();
    client.vault()?.drop_session(address)?;
    let mut record = client.settings.login.clone();
    if let Some(account) = record.account.as_mut().filter(|account| account.repository.is_some()) {
        // The token may be gh's and there for ever: what ends is that `jit` uses it.
        account.repository = None;
        record.save(&client.system.files)?;
    }
    client.sweep()?;
    inbox::say_unwritten(client, index::put_roles(&client.system.files, None, &[]));
    Ok(told.err().filter(|error| error.status() != Some(401)).map(Failure::from))
}

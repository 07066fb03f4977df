//! Ending the session, here and at the authority.

use super::Client;
use super::Failure;

/// Ends the session. It is gone from this machine even when the authority cannot be told; that is the answer then.
pub async fn logout(client: &Client<'_>) -> Result<Option<Failure>, Failure> {
    let connected = client.connect().await?;
    let told = connected.authority.logout().await;
    client.vault()?.drop_session(connected.authority.url())?;
    client.sweep()?;
    Ok(told.err().filter(|error| error.status() != Some(401)).map(Failure::from))
}

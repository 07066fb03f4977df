//! Dropping an enrolled key of one's own.

use super::the_one;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::session::sure;
use crate::flow::session::sure::Proof;
use crate::protocol::KeyView;

/// Drops a key of one's own, with its sessions. Returns the key as it was.
///
/// # Errors
/// There is no such key of one's own, or the answer was no.
pub async fn drop(
    client: &Client<'_>,
    connected: &Connected,
    typed: &str,
    confirmed: bool,
) -> Result<KeyView, Failure> {
    let mut keys = connected.authority.people()?.keys().await?;
    keys.retain(|key| key.person == connected.person);
    let key = the_one(keys, Some(typed), "you have no enrolled keys")?;
    if !confirmed && client.console().is_interactive() {
        let question = format!("Drop {}? What it signed no longer counts.", key.key);
        if !sure::ask(client, &question, false, Proof::Yes)? {
            return Err(Failure::failed("nothing was dropped"));
        }
    }
    connected.authority.people()?.drop_key(&key.key).await?;
    Ok(key)
}

//! Confirming a key of one's own with the key of the login.

use super::the_one;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::grant::Statement;
use crate::grant::statement::EnrolStatement;
use crate::protocol::KeyView;

/// Signs that an enrolled key is the person's own, with the key of the login. `typed` is the beginning of its
/// fingerprint; `None` means the only one that waits. Returns the key as it is now.
///
/// # Errors
/// No key of one's own waits for it, or the authority refuses the signature.
pub async fn confirm(
    client: &Client<'_>,
    connected: &Connected,
    typed: Option<&str>,
) -> Result<KeyView, Failure> {
    let mut keys = connected.authority.people()?.keys().await?;
    keys.retain(|key| key.person == connected.person && (key.may_confirm || typed.is_some()));
    let key = the_one(keys, typed, "none of your keys waits to be confirmed")?;
    let statement = EnrolStatement { header: client.header(connected), key: key.key.clone() };
    let signed = client.sign(connected, &Statement::Enrol(statement))?;
    let now = connected.authority.people()?.confirm_key(&signed).await?;
    Ok(now.into_iter().find(|view| view.key == key.key).unwrap_or(key))
}

//! Vouching for the key of another person.

use super::the_one;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::session::sure;
use crate::flow::session::sure::Proof;
use crate::grant::Name;
use crate::grant::Statement;
use crate::grant::statement::VouchStatement;
use crate::grant::text::sanitise;
use crate::protocol::KeyView;

/// Signs that an enrolled key is this person's, after the fingerprint was shown and compared. `typed` is the beginning
/// of the fingerprint; `None` means the person's only key that waits. Returns the key as it is now.
///
/// # Errors
/// The person has no such key, the answer was no, or the authority refuses the signature.
pub async fn vouch(
    client: &Client<'_>,
    connected: &Connected,
    person: &Name,
    typed: Option<&str>,
    confirmed: bool,
) -> Result<KeyView, Failure> {
    if *person == connected.person {
        return Err(Failure::refused("nobody vouches for themselves")
            .hint("confirm a key of your own with another one: `jit key confirm`"));
    }
    if confirmed && typed.is_none() {
        return Err(Failure::usage("without the question, say which key you have compared")
            .hint(format!("jit key vouch {person} SHA256:… -y")));
    }
    let mut keys = connected.authority.people()?.keys().await?;
    keys.retain(|key| key.person == *person && key.may_confirm);
    let key = the_one(keys, typed, &format!("no key of {person} waits for you to vouch"))?;
    if !confirmed {
        let console = client.console();
        console.say(&format!("  person       {person} ({})", sanitise(&key.label)));
        console.say(&format!("  key          {}", key.key));
        console.say(&format!("  kind         {}", key.line.split(' ').next().unwrap_or_default()));
        console.say("Anybody who administers the identity provider could have enrolled it. Call the person, or stand beside");
        console.say(&format!(
            "them, and compare the fingerprint with the one that `jit key list` shows on {person}'s own machine."
        ));
        let question = format!("Is this {person}'s key, by their own word?");
        if !sure::ask(client, &question, false, Proof::Yes)? {
            return Err(Failure::failed("nothing was signed"));
        }
    }
    let statement =
        VouchStatement { header: client.header(connected), person: person.clone(), key: key.key.clone() };
    let signed = client.sign(connected, &Statement::Vouch(statement))?;
    let now = connected.authority.people()?.confirm_key(&signed).await?;
    Ok(now.into_iter().find(|view| view.key == key.key).unwrap_or(key))
}

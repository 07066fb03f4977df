//! Ends the session, here and at the authority.

use crate::authority::BrokerClient;
use crate::authority::StatementAuthority;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::reviewing::inbox;
use crate::grant::AuthorityAddress;
use crate::state::index;

/// A session that is no longer on this machine, and may still be open at the broker.
pub(in crate::flow) struct Left {
    /// `None` if there is none.
    session: Result<Option<BrokerClient>, Failure>,
}

/// Ends the session. It is removed from this machine first, and then the authority is told: a broker that does not answer delays
/// nothing. The returned failure says why the authority was not told.
pub async fn logout(client: &Client<'_>) -> Result<Option<Failure>, Failure> {
    Ok(forget(client)?.tell().await)
}

/// Removes the session from this machine.
///
/// # Errors
/// There is no login, or a secret could not be removed.
pub(in crate::flow) fn forget(client: &Client<'_>) -> Result<Left, Failure> {
    let (address, _) = client.account()?;
    // A repository has no session to end.
    let session = match AuthorityAddress::of(address) {
        AuthorityAddress::GitHub(_) => Ok(None),
        AuthorityAddress::Broker(_) => client.connect_as_is(),
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
    inbox::say_unwritten(client, index::forget_reviews(&client.system.files));
    Ok(Left { session })
}

impl Left {
    /// Tells the broker. Returns why it was not told.
    pub(in crate::flow) async fn tell(self) -> Option<Failure> {
        let broker = match self.session {
            Ok(broker) => broker?,
            Err(failure) => return Some(failure),
        };
        let told = broker.logout().await;
        told.err().filter(|error| error.status() != Some(401)).map(Failure::from)
    }
}

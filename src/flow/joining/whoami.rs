//! The person's identity at the authority.

use crate::flow::Client;
use crate::flow::Failure;
use crate::protocol::Session;

/// Asks the authority for the owner of this session.
pub async fn whoami(client: &Client<'_>) -> Result<Session, Failure> {
    let connected = client.connect().await?;
    Ok(connected.authority.session().await?)
}

//! One request in full.

use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::asking::scopes::Piece;
use crate::flow::session::find;

/// Finds a request by a role of the person's own or the beginning of its id.
pub async fn show(client: &Client<'_>, connected: &Connected, typed: &str) -> Result<Standing, Failure> {
    find::for_reading(client, connected, typed).await
}

/// The permissions of a request's scope, in lines: the document in the policy in force, if its digest is the signed
/// one.
pub async fn allowed(connected: &Connected, standing: &Standing) -> Vec<String> {
    let Some(asked) = &standing.asked.scope else { return Vec::new() };
    let piece = match connected.authority.role(&standing.asked.role).await {
        Ok(role) => Piece::signed(&role, asked),
        Err(error) => Err(Failure::from(error)),
    };
    piece.map_or_else(|failure| vec![failure.to_string()], |piece| piece.lines())
}

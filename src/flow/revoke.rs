//! Ending somebody's access, by a signed statement.

use super::Client;
use super::Connected;
use super::Failure;
use super::Standing;
use super::find;
use crate::grant::State;
use crate::grant::Statement;
use crate::grant::statement::RevokeStatement;
use crate::grant::text;

/// Finds the request, asks once, signs and sends.
pub async fn revoke(
    client: &Client<'_>,
    connected: &Connected,
    id: &str,
    reason: &str,
    confirmed: bool,
) -> Result<Standing, Failure> {
    let reason = text::normalize(reason);
    text::check(&reason).map_err(|error| Failure::usage(error.to_string()).hint("give another --reason"))?;
    if reason.is_empty() {
        return Err(Failure::usage("revoking wants a reason").hint("say why: --reason \"…\""));
    }
    let standing = find::for_acting(connected, id).await?;
    let asked = &standing.asked;
    if standing.view.state.is_terminal() {
        return Err(Failure::refused(format!("request {id} is {} already", standing.view.state.as_str())));
    }
    if asked.header.who == connected.person && !standing.view.may_revoke {
        return Err(Failure::refused(format!("request {id} is your own"))
            .hint(format!("end it, or take it back: `jit end {id}`")));
    }
    if !confirmed && client.console().is_interactive() {
        if asked.extends().is_some() && standing.view.state == State::Active {
            client.console().say("note: this time is part of the access by now, so the whole access ends");
        }
        let question = format!("Revoke {} of {}?", asked.role, asked.header.who);
        if !client.console().confirm(&question, true)? {
            return Err(Failure::failed("nothing was revoked"));
        }
    }
    let statement = Statement::Revoke(RevokeStatement {
        header: client.header(connected),
        request: standing.digest,
        reason,
    });
    let signed = client.sign(connected, &statement)?;
    let view = connected.authority.revoke(&standing.view.id, &signed).await?;
    Standing::read(view, connected.authority.as_ref())
}

//! Revoking a person's access with a signed statement.

use jiff::Timestamp;

use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::asking::reasons;
use crate::flow::session::pick;
use crate::flow::session::pick::Typed;
use crate::flow::session::sure;
use crate::flow::session::sure::Proof;
use crate::grant::State;
use crate::grant::Statement;
use crate::grant::span::time_left;
use crate::grant::statement::RevokeStatement;

/// Finds the request, asks once, signs and sends the revocation.
pub async fn revoke(
    client: &Client<'_>,
    connected: &Connected,
    typed: Typed<'_>,
    reason: Option<String>,
) -> Result<Standing, Failure> {
    let wanted = "a revocation needs a reason";
    let reason = match reason {
        Some(reason) => Some(reasons::said(client, Some(reason), "", wanted)?),
        None => None,
    };
    let standing = pick::to_revoke(client, connected, typed).await?;
    let id = &standing.view.id;
    let asked = &standing.asked;
    if standing.view.state.is_terminal() {
        return Err(Failure::refused(format!("request {id} is {} already", standing.view.state.as_str())));
    }
    if asked.header.who == connected.person && !standing.view.may_revoke {
        return Err(Failure::refused(format!("request {id} is your own"))
            .hint(format!("end it, or take it back: `jit end {id}`")));
    }
    let reason = reasons::said(client, reason, "Reason, which the requester reads", wanted)?;
    if !typed.confirmed && client.console().is_interactive() {
        if asked.extends().is_some() && standing.view.state == State::Active {
            client.console().say("note: this time is part of the access by now, so the whole access ends");
        }
        let question = question(&standing, client.now());
        let proof = if is_production(connected, &standing).await { Proof::Id(id) } else { Proof::Yes };
        if !sure::ask(client, &question, false, proof)? {
            return Err(Failure::failed("nothing was revoked"));
        }
    }
    send(client, connected, &standing, reason).await
}

/// Signs and sends one revocation.
pub(in crate::flow) async fn send(
    client: &Client<'_>,
    connected: &Connected,
    standing: &Standing,
    reason: String,
) -> Result<Standing, Failure> {
    let statement = Statement::Revoke(RevokeStatement {
        header: client.header(connected),
        request: standing.digest,
        reason,
    });
    let signed = client.sign(connected, &statement)?;
    let view = connected.authority.revoke(&standing.view.id, &signed).await?;
    Standing::read(view, connected.authority.as_ref())
}

/// The question, which says what access is about to be revoked.
fn question(standing: &Standing, now: Timestamp) -> String {
    let view = &standing.view;
    let left = match (standing.state_at(now), view.active_until, view.unused_until) {
        (State::Active, Some(until), _) => format!(", {} left", time_left(now, until)),
        (State::Approved, _, _) => ", approved and not used yet".to_owned(),
        (State::Pending, _, _) => ", which still waits".to_owned(),
        _ => String::new(),
    };
    format!("Revoke {} of {}{left}?", standing.what(), standing.asked.header.who)
}

/// Whether the signed names or the policy in force indicate production.
async fn is_production(connected: &Connected, standing: &Standing) -> bool {
    standing.looks_like_production()
        || connected.authority.role(&standing.asked.role).await.is_ok_and(|role| role.production)
}

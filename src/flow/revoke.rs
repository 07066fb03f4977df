//! Ending somebody's access, by a signed statement.

use super::Client;
use super::Connected;
use super::Failure;
use super::Standing;
use super::find;
use super::status;
use crate::grant::Name;
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
    let reason = read_reason(reason)?;
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
    send(client, connected, &standing, reason).await
}

/// Signs and sends one revocation.
async fn send(
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

fn read_reason(given: &str) -> Result<String, Failure> {
    let reason = text::normalize(given);
    text::check(&reason).map_err(|error| Failure::usage(error.to_string()).hint("give another --reason"))?;
    if reason.is_empty() {
        return Err(Failure::usage("revoking wants a reason").hint("say why: --reason \"…\""));
    }
    Ok(reason)
}

/// What became of everything that one person holds.
#[derive(Debug)]
pub struct Swept {
    /// What was revoked.
    pub revoked: Vec<Standing>,
    /// What is open and not the viewer's to revoke.
    pub kept: Vec<Standing>,
    /// What could not be revoked, and why.
    pub failed: Vec<(Standing, Failure)>,
}

/// Revokes all that a person holds or waits for, as far as the viewer may: asks once, then signs one statement for each
/// request. One that fails keeps nothing from the others.
///
/// # Errors
/// Nothing of that person is the viewer's to revoke, or the question was answered with no.
pub async fn revoke_person(
    client: &Client<'_>,
    connected: &Connected,
    person: &Name,
    reason: &str,
    confirmed: bool,
) -> Result<Swept, Failure> {
    let reason = read_reason(reason)?;
    if *person == connected.person {
        return Err(Failure::refused("that is you").hint("end your own access with `jit end ROLE`"));
    }
    let mut open = status::everybody(client, connected).await?;
    open.retain(|standing| standing.asked.header.who == *person);
    let (own, kept): (Vec<Standing>, Vec<Standing>) =
        open.into_iter().partition(|standing| standing.view.may_revoke);
    if own.is_empty() {
        return Err(Failure::refused(format!("{person} has nothing open that you may revoke"))
            .hint("`jit status --all` lists the access that you may revoke or audit"));
    }
    if !confirmed && client.console().is_interactive() {
        for standing in &own {
            let scope = standing.asked.scope.as_ref();
            let scope = scope.map_or_else(String::new, |scope| format!(" (only {})", scope.name));
            let state = standing.state_at(client.now()).as_str();
            client.console().say(&format!("  {} {}{scope}: {state}", standing.view.id, standing.asked.role));
        }
        let question = match own.len() {
            1 => format!("Revoke this of {person}?"),
            count => format!("Revoke these {count} of {person}?"),
        };
        if !client.console().confirm(&question, false)? {
            return Err(Failure::failed("nothing was revoked"));
        }
    }
    let mut swept = Swept { revoked: Vec::new(), kept, failed: Vec::new() };
    for standing in own {
        match send(client, connected, &standing, reason.clone()).await {
            Ok(revoked) => swept.revoked.push(revoked),
            Err(failure) => swept.failed.push((standing, failure)),
        }
    }
    Ok(swept)
}

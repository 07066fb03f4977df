//! Everybody's current access, and revoking all access of one person.

use crate::authority::Listing;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::Standing;
use crate::flow::asking::reasons;
use crate::flow::reviewing::revoke;
use crate::flow::session::sure;
use crate::flow::session::sure::Proof;
use crate::grant::Name;
use crate::grant::Statement;
use crate::grant::statement::RemoveStatement;
use crate::protocol::Removal;

/// Everybody's open requests that the viewer may revoke or audit, by person, then role. An extension shows as the end
/// of its grant. An invalid request is reported and left out.
///
/// # Errors
/// The authority does not answer.
pub async fn everybody(client: &Client<'_>, connected: &Connected) -> Result<Vec<Standing>, Failure> {
    let authority = connected.authority.as_ref();
    let mut open = Vec::new();
    for view in authority.requests(Listing::Open).await? {
        let id = view.id.clone();
        match Standing::read(view, authority) {
            Ok(standing) if standing.asked.extends().is_none() => open.push(standing),
            Ok(_) => {}
            Err(failure) => {
                let cause = failure.causes.first().cloned().unwrap_or_default();
                client.console().say(&format!("warning: {id} is left out: {cause}"));
            }
        }
    }
    let now = client.now();
    open.retain(|standing| !standing.state_at(now).is_terminal());
    open.sort_by(|one, other| {
        let key = |standing: &Standing| (standing.asked.header.who.clone(), standing.asked.role.clone());
        key(one).cmp(&key(other))
    });
    Ok(open)
}

/// The result of revoking all access of one person.
#[derive(Debug)]
pub struct Swept {
    /// The revoked requests.
    pub revoked: Vec<Standing>,
    /// Open requests that the viewer may not revoke.
    pub kept: Vec<Standing>,
    /// Requests that could not be revoked, with the reason.
    pub failed: Vec<(Standing, Failure)>,
    /// The end of everything of the person.
    pub removal: Removed,
}

/// The outcome of ending everything of a person: sessions, enrolled keys, requests and access.
#[derive(Debug)]
pub enum Removed {
    /// All of it has ended.
    All(Removal),
    /// The authority has no such way, or refuses it to the viewer. The reason.
    Not(Failure),
}

impl Removed {
    /// Whether it has ended this request.
    fn ended(&self, standing: &Standing) -> bool {
        matches!(self, Self::All(removal) if removal.requests.contains(&standing.view.id))
    }
}

/// Revokes all grants and pending requests of a person that the viewer may revoke, and ends everything else of the person where
/// the viewer may. Asks once, then signs one statement per request and one for the rest. A failure of one does not stop the others.
///
/// # Errors
/// The viewer may end nothing of the person, or answered no.
pub async fn revoke_person(
    client: &Client<'_>,
    connected: &Connected,
    person: &Name,
    reason: Option<String>,
    confirmed: bool,
) -> Result<Swept, Failure> {
    if *person == connected.person {
        return Err(Failure::refused("that is you").hint("end your own access with `jit end ROLE`"));
    }
    let mut open = everybody(client, connected).await?;
    open.retain(|standing| standing.asked.header.who == *person);
    let (own, kept): (Vec<Standing>, Vec<Standing>) =
        open.into_iter().partition(|standing| standing.view.may_revoke);
    // Whether the viewer may end the rest, only the authority knows.
    let may_remove = connected.authority.people().is_ok();
    if own.is_empty() && !may_remove {
        return Err(nothing(person));
    }
    let reason =
        reasons::said(client, reason, "Reason, which the requester reads", "a revocation needs a reason")?;
    if !confirmed && client.console().is_interactive() {
        for standing in &own {
            let state = standing.state_at(client.now()).as_str();
            client.console().say(&format!("  {} {}: {state}", standing.view.id, standing.what()));
        }
        let question = match own.len() {
            0 => format!("End the sessions and enrolled keys of {person}?"),
            1 => format!("Revoke this of {person}?"),
            count => format!("Revoke these {count} of {person}?"),
        };
        let production = own.iter().any(Standing::looks_like_production);
        let proof = if production { Proof::Person(person) } else { Proof::Yes };
        if !sure::ask(client, &question, false, proof)? {
            return Err(Failure::failed("nothing was revoked"));
        }
    }
    // First what could begin anything new.
    let removal = remove(client, connected, person, reason.clone()).await;
    if own.is_empty()
        && let Removed::Not(failure) = removal
    {
        return Err(if failure.kind == Kind::Refused { nothing(person) } else { failure });
    }
    let (ended, kept): (Vec<Standing>, Vec<Standing>) =
        kept.into_iter().partition(|standing| removal.ended(standing));
    let mut swept = Swept { revoked: Vec::new(), kept, failed: Vec::new(), removal };
    for standing in own.into_iter().chain(ended) {
        if swept.removal.ended(&standing) {
            let id = &standing.view.id;
            match connected.authority.request(id).await.map_err(Failure::from) {
                Ok(view) => swept.revoked.push(Standing::read(view, connected.authority.as_ref())?),
                Err(failure) => swept.failed.push((standing, failure)),
            }
            continue;
        }
        match revoke::send(client, connected, &standing, reason.clone()).await {
            Ok(revoked) => swept.revoked.push(revoked),
            Err(failure) => swept.failed.push((standing, failure)),
        }
    }
    Ok(swept)
}

fn nothing(person: &Name) -> Failure {
    Failure::refused(format!("{person} has nothing open that you may revoke"))
        .hint("`jit status --all` lists the access that you may revoke or audit")
}

/// Ends everything of a person by one statement.
async fn remove(client: &Client<'_>, connected: &Connected, person: &Name, reason: String) -> Removed {
    let statement = Statement::Remove(RemoveStatement {
        header: client.header(connected),
        person: person.clone(),
        reason,
    });
    let sent = async {
        let people = connected.authority.people()?;
        let signed = client.sign(connected, &statement)?;
        Ok::<Removal, Failure>(people.remove_person(&signed).await?)
    };
    match sent.await {
        Ok(removal) => Removed::All(removal),
        Err(failure) => Removed::Not(failure),
    }
}

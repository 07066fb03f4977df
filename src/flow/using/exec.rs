//! Runs one command with access. Requests the access first if there is a person to ask.

use crate::flow::Access;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::Standing;
use crate::flow::asking::choose;
use crate::flow::asking::extend;
use crate::flow::asking::lookup;
use crate::flow::asking::namesakes;
use crate::flow::asking::namesakes::Meant;
use crate::flow::asking::plan::Wish;
use crate::flow::asking::request;
use crate::flow::asking::wait;
use crate::flow::asking::wishing;
use crate::flow::session::find;
use crate::flow::using::direct;
use crate::flow::using::obtain;
use crate::flow::using::start::Form;
use crate::flow::using::start::Wanted;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::span::Span;
use crate::grant::span::time_left;
use crate::state::index;
use crate::state::index::Entry;

/// The accesses that a command runs with, and the way in which they reach it.
pub struct Ready {
    /// The accesses, each once; the first one is the default.
    pub accesses: Vec<Wanted>,
    /// How they reach the command.
    pub form: Form,
}

/// The access that a command runs with: to the roles that were named, else to the one that is meant, for as long as the command
/// needs.
pub async fn ready(
    client: &Client<'_>,
    roles: Vec<Name>,
    form: Form,
    needs: Option<Span>,
) -> Result<Ready, Failure> {
    if let Some(ready) = wishing::access(client, &roles, form, needs).await? {
        return Ok(ready);
    }
    let roles = if roles.is_empty() { vec![choose::role(client, None)?] } else { roles };
    let mut accesses = accesses(client, roles).await?;
    for wanted in &mut accesses {
        wanted.access = lasting(client, wanted.access.clone(), form, needs).await?;
    }
    Ok(Ready { accesses, form })
}

/// Gets access to each role once.
pub async fn accesses(client: &Client<'_>, roles: Vec<Name>) -> Result<Vec<Wanted>, Failure> {
    let mut accesses: Vec<Wanted> = Vec::new();
    for typed in roles {
        let access = access(client, &typed, true).await?;
        if accesses.iter().all(|other| other.access.role != access.role) {
            accesses.push(Wanted { typed, access });
        }
    }
    Ok(accesses)
}

/// Access to a role: from the keychain, else from the authority, else, on a terminal, through a new request.
pub async fn access(client: &Client<'_>, role: &Name, may_ask: bool) -> Result<Access, Failure> {
    match namesakes::meant(client, role, may_ask)? {
        Meant::Direct(direct) => direct::obtain(client, direct).await,
        Meant::Asked => asked(client, role, may_ask).await,
    }
}

/// The same for a role of the authority.
async fn asked(client: &Client<'_>, role: &Name, may_ask: bool) -> Result<Access, Failure> {
    if let Some(access) = at_hand(client, role)? {
        return Ok(access);
    }
    let now = client.now();
    let connected = client.connect().await?;
    let standing = match find::own_by_any_name(client, &connected, role).await? {
        Some(standing) if !standing.state_at(now).is_terminal() => standing,
        found if may_ask && client.console().is_interactive() => {
            // The end of the previous request is worth a line before the next request.
            let refused = |found: &Standing| matches!(found.view.state, State::Denied | State::Revoked);
            if let Some(ended) = found.filter(refused) {
                let note = wait::closed(&ended, ended.view.state).message;
                client.console().say(&format!("note: {note}"));
            }
            let wish = Wish { role: Some(role.clone()), ..Wish::default() };
            request::request(client, &connected, wish, false).await?.standing
        }
        Some(ended) => return Err(wait::closed(&ended, ended.state_at(now))),
        None => {
            let failure = lookup::unless_unknown(&connected, role, nothing_granted(role, may_ask)).await;
            return Err(Failure { kind: Kind::NoAccess, ..failure });
        }
    };
    let standing = match standing.view.state {
        State::Pending if may_ask && client.console().is_interactive() => {
            wait::decided(client, &connected, standing, None).await?
        }
        State::Pending => return Err(still_pending(&standing)),
        _ => standing,
    };
    obtain::obtain(client, &connected, &standing).await
}

/// The stored credentials of the grant that the role's name stands for: the newest that this machine can open. `None`
/// if they are missing or due for renewal. The authority is then asked, and no older grant is used instead.
fn at_hand(client: &Client<'_>, role: &Name) -> Result<Option<Access>, Failure> {
    let stated = client.settings.stated_authority();
    let person = client.settings.login().map(|account| &account.person);
    // Entries of other authorities than the current one, and of other persons, do not count.
    let of_role = |entry: &&Entry| entry.role == *role && entry.is_of(stated.as_deref(), person);
    let entries = client.index();
    for entry in index::by_preference(entries.iter().filter(of_role), client.now()) {
        if entry.who.is_none() {
            return Ok(None);
        }
        match obtain::cached(client, entry)? {
            Some(access) => return Ok(Some(access)),
            None if entry.elsewhere => {}
            None => return Ok(None),
        }
    }
    Ok(None)
}

fn nothing_granted(role: &Name, may_ask: bool) -> Failure {
    let cause = if may_ask {
        "you have not asked for it, and there is no terminal to ask on"
    } else {
        "you have not asked for it, and this command never asks"
    };
    Failure::new(Kind::NoAccess, format!("you have no access to {role}"))
        .cause(cause)
        .hint(format!("ask for it: `jit request {role}`"))
}

fn still_pending(standing: &Standing) -> Failure {
    Failure::new(Kind::Waiting, format!("{} still waits for approval", standing.asked.role))
        .cause(format!("request {} has not been decided", standing.view.id))
        .hint(format!("type `jit wait {}`", standing.view.id))
}

/// Access that lasts as long as the command needs, in the form in which the command gets it. If it is too short and its
/// role allows extensions, this requests one on a terminal.
pub async fn lasting(
    client: &Client<'_>,
    access: Access,
    form: Form,
    needs: Option<Span>,
) -> Result<Access, Failure> {
    let (Err(refusal), Some(needs)) = (lasts(client, &access, form, needs), needs) else { return Ok(access) };
    // Credentials in an environment are not renewed, so an extension would not help the command.
    let more = extend::lacking(client.now(), access.until, needs).filter(|_| form != Form::Environment);
    let (Some(more), Some(id)) = (more, &access.request) else { return Err(refusal) };
    let connected = client.connect().await?;
    if !extend::is_offered(&connected, &access.role).await {
        return Err(refusal);
    }
    if !client.console().is_interactive() {
        let hint = format!("ask for more time first: `jit extend {} --for {more}`", access.role);
        return Err(Failure { hints: Vec::new(), ..refusal }.hint(hint));
    }
    let causes = refusal.causes.join("; ");
    client.console().say(&format!("note: {}: {causes}", refusal.message));
    let wish = extend::MoreTime { typed: id.to_string(), duration: Some(more), reason: None };
    let more = extend::extend(client, &connected, wish, false).await?;
    wait::decided(client, &connected, more.standing, None).await?;
    let longer = asked(client, &access.role, false).await?;
    lasts(client, &longer, form, Some(needs))?;
    Ok(longer)
}

/// Checks that the access lasts as long as the command needs, in the form in which the command gets it.
pub fn lasts(client: &Client<'_>, access: &Access, form: Form, needs: Option<Span>) -> Result<(), Failure> {
    let Some(needs) = needs else { return Ok(()) };
    let wanted = needs.after(client.now());
    let end = if form.renews(access) { access.until } else { access.lease.expires };
    if wanted <= end {
        return Ok(());
    }
    let failure = Failure::failed(format!("{} does not last {needs}", access.role))
        .cause(format!("its credentials end in {}", time_left(client.now(), end)));
    Err(if wanted <= access.until {
        failure.hint("leave `--env` out: credentials are then renewed until the access ends")
    } else {
        failure
            .hint(format!("when it has ended, ask for longer: `jit request {} --for {needs}`", access.role))
    })
}

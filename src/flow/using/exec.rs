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
use crate::flow::asking::purpose::Typed;
use crate::flow::asking::request;
use crate::flow::asking::wait;
use crate::flow::asking::wishing;
use crate::flow::session::find;
use crate::flow::using::direct;
use crate::flow::using::obtain;
use crate::flow::using::once;
use crate::flow::using::start::Form;
use crate::flow::using::start::Wanted;
use crate::flow::using::within;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::span::Span;
use crate::grant::span::time_left;
use crate::grant::text;
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
    errand: Errand<'_>,
) -> Result<Ready, Failure> {
    roles.iter().try_for_each(|role| within::check(client, role))?;
    if let Some(ready) = wishing::access(client, &roles, form, needs).await? {
        return if errand.binds { Err(unsigned()) } else { Ok(ready) };
    }
    let roles = if roles.is_empty() { vec![choose::role(client, None)?] } else { roles };
    if errand.binds && roles.len() > 1 {
        return Err(Failure::usage("a request for one command is for one role").hint("name one role"));
    }
    let mut accesses = accesses(client, roles, Some(errand)).await?;
    for wanted in &mut accesses {
        wanted.access = lasting(client, wanted.access.clone(), form, needs, errand).await?;
    }
    Ok(Ready { accesses, form })
}

/// The command for which access is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Errand<'a> {
    /// The command as typed.
    pub typed: Typed<'a>,
    /// Whether only access for exactly this command will do.
    pub binds: bool,
}

/// Gets access to each role once, for a command or for whatever follows.
pub async fn accesses(
    client: &Client<'_>,
    roles: Vec<Name>,
    errand: Option<Errand<'_>>,
) -> Result<Vec<Wanted>, Failure> {
    let mut accesses: Vec<Wanted> = Vec::new();
    for typed in roles {
        let access = wanted(client, &typed, true, errand).await?;
        if accesses.iter().all(|other| other.access.role != access.role) {
            accesses.push(Wanted { typed, access });
        }
    }
    Ok(accesses)
}

/// Access to a role: from the keychain, else from the authority, else, on a terminal, through a new request.
pub async fn access(client: &Client<'_>, role: &Name, may_ask: bool) -> Result<Access, Failure> {
    wanted(client, role, may_ask, None).await
}

async fn wanted(
    client: &Client<'_>,
    role: &Name,
    may_ask: bool,
    errand: Option<Errand<'_>>,
) -> Result<Access, Failure> {
    within::check(client, role)?;
    match namesakes::meant(client, role, may_ask)? {
        Meant::Direct(_) if errand.is_some_and(|errand| errand.binds) => Err(unsigned()),
        Meant::Direct(direct) => direct::obtain(client, direct).await,
        Meant::Asked => asked(client, role, may_ask, errand).await,
    }
}

/// The failure where nobody signs a request, so none can be for one command.
pub fn unsigned() -> Failure {
    Failure::usage("only a signed request can be for one command")
        .cause("this access comes from your own cloud identity, or from a pipeline's token")
}

/// The same for a role of the authority.
async fn asked(
    client: &Client<'_>,
    role: &Name,
    may_ask: bool,
    errand: Option<Errand<'_>>,
) -> Result<Access, Failure> {
    let binds = errand.is_some_and(|errand| errand.binds);
    if !binds && let Some(access) = at_hand(client, role)? {
        return Ok(access);
    }
    let purpose = match errand.filter(|errand| errand.binds) {
        Some(errand) => Some(errand.typed.purpose(client).await?),
        None => None,
    };
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
            let wish = Wish { role: Some(role.clone()), purpose, ..Wish::default() };
            request::request(client, &connected, wish, false).await?.standing
        }
        Some(ended) => {
            let failure = wait::closed(&ended, ended.state_at(now));
            // The request that this would need is another one than the last.
            return Err(match errand.filter(|_| binds) {
                Some(errand) => Failure { hints: Vec::new(), ..failure }.hint(to_ask(role, Some(errand))),
                None => failure,
            });
        }
        None => {
            let nothing = nothing_granted(role, may_ask, errand.filter(|_| binds));
            let failure = lookup::unless_unknown(&connected, role, nothing).await;
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
    if binds && standing.asked.purpose.is_none() {
        let id = &standing.view.id;
        return Err(Failure::refused(format!("request {id} for {role} is for any command"))
            .hint(format!("end it, and ask for this one: `jit end {id}`, then the same command again")));
    }
    match errand {
        Some(errand) => once::obtain(client, &connected, &standing, errand.typed).await,
        None => obtain::obtain(client, &connected, &standing).await,
    }
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

fn nothing_granted(role: &Name, may_ask: bool, bound: Option<Errand<'_>>) -> Failure {
    let cause = if may_ask {
        "you have not asked for it, and there is no terminal to ask on"
    } else {
        "you have not asked for it, and this command never asks"
    };
    Failure::new(Kind::NoAccess, format!("you have no access to {role}"))
        .cause(cause)
        .hint(to_ask(role, bound))
}

/// The request to type, with the command if it is for one.
fn to_ask(role: &Name, bound: Option<Errand<'_>>) -> String {
    let command = bound.map_or_else(String::new, |errand| {
        let words: Vec<_> = errand.typed.words.iter().map(|word| word.to_string_lossy()).collect();
        let files: String =
            errand.typed.files.iter().map(|file| format!(" --file {}", shell_words::quote(file))).collect();
        let plan = errand.typed.plan.map(|file| format!(" --plan {}", shell_words::quote(file)));
        format!(" --command{files}{} -- {}", plan.unwrap_or_default(), shell_words::join(words))
    });
    format!("ask for it: `jit request {role}{}`", text::sanitise(&command))
}

fn still_pending(standing: &Standing) -> Failure {
    Failure::new(Kind::Waiting, format!("{} still waits for approval", standing.asked.role))
        .cause(format!("request {} has not been decided", standing.view.id))
        .hint(format!("type `jit wait {}`", standing.view.id))
}

/// Access that lasts as long as the command needs, in the form in which the command gets it. If it is too short and its
/// role allows extensions, this requests one on a terminal.
async fn lasting(
    client: &Client<'_>,
    access: Access,
    form: Form,
    needs: Option<Span>,
    errand: Errand<'_>,
) -> Result<Access, Failure> {
    let (Err(refusal), Some(needs)) = (lasts(client, &access, form, needs), needs) else { return Ok(access) };
    // Credentials in an environment are not renewed, so an extension would not help the command.
    let more = extend::lacking(client.now(), access.until, needs).filter(|_| form != Form::Environment);
    let (Some(more), Some(id)) = (more, &access.request) else { return Err(refusal) };
    let connected = client.connect().await?;
    if access.is_emergency(client) || !extend::is_offered(&connected, &access.role).await {
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
    let longer = asked(client, &access.role, false, Some(errand)).await?;
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

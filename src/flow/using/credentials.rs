//! Credentials for programs that ask without a person: no question, no new grant, no waiting for approval.

use crate::flow::Access;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::Standing;
use crate::flow::asking::lookup;
use crate::flow::asking::namesakes;
use crate::flow::asking::namesakes::Meant;
use crate::flow::using::direct;
use crate::flow::using::end;
use crate::flow::using::obtain;
use crate::flow::using::within;
use crate::grant::Name;
use crate::grant::State;
use crate::state::index;
use crate::state::index::Entry;

/// The credentials of an access that is active on this machine: from the keychain while they last, else renewed. The
/// client's console must be one that answers no question.
pub async fn credentials(client: &Client<'_>, role: &Name) -> Result<Access, Failure> {
    within::check(client, role)?;
    if let Meant::Direct(found) = namesakes::meant(client, role, false)? {
        if let Some(own) = found.own_aws() {
            leads_back(client, role, own.profile.as_ref())?;
        }
        return direct::obtain(client, found).await;
    }
    let now = client.now();
    let role = &own_name(client, role);
    let stated = client.settings.stated_authority();
    let person = client.settings.login().map(|account| &account.person);
    let mut entries = client.index();
    entries
        .retain(|entry| entry.role == *role && entry.is_of(stated.as_deref(), person) && entry.is_open(now));
    let active = index::by_preference(&entries, now);
    if active.is_empty() {
        client.account()?;
        return Err(entries.first().map_or_else(|| unknown_or_inactive(client, role), not_begun));
    }
    if client.vault()?.forgets() {
        return Err(Failure::refused(format!("no credentials for {role} are kept on this machine"))
            .cause("the keychain of your login is `none`, so credentials exist only inside one command")
            .hint("choose one that keeps them, then ask again: `jit login --keychain os` (or keyutils, or file)"));
    }
    let mut over = None;
    for entry in active {
        match of_grant(client, entry).await? {
            Found::Access(access) => return Ok(*access),
            // A grant that was ended elsewhere does not block another one that is active.
            Found::Over(failure) => over = over.or(Some(failure)),
        }
    }
    Err(over.unwrap_or_else(|| nothing_active(role)))
}

/// The result for one grant.
enum Found {
    Access(Box<Access>),
    /// It has ended, or cannot be opened here.
    Over(Failure),
}

async fn of_grant(client: &Client<'_>, entry: &Entry) -> Result<Found, Failure> {
    let now = client.now();
    let role = &entry.role;
    // An entry without a name may belong to another person; the authority then tells whose it is.
    if entry.who.is_some()
        && let Some(access) = obtain::cached(client, entry)?
    {
        return Ok(Found::Access(Box::new(access)));
    }
    let Some(id) = &entry.id else { return Ok(Found::Over(nothing_active(role))) };
    let connected = client.connect().await?;
    let view = connected.authority.request(id).await;
    let standing = match view {
        Ok(view) => Standing::read(view, connected.authority.as_ref())?,
        // Unexpired credentials still work when the broker is unreachable.
        Err(error) if error.is_passing() => {
            let at_hand = client.vault()?.lease(id)?.filter(|lease| lease.expires > now);
            let access = |lease| Access {
                role: role.clone(),
                scope: entry.scope.clone(),
                request: entry.id.clone(),
                lease,
                until: entry.until,
                purpose: None,
            };
            let access = at_hand.filter(|_| entry.who.is_some() && entry.run.is_none()).map(access);
            return access.map(|access| Found::Access(Box::new(access))).ok_or_else(|| error.into());
        }
        Err(error) => return Ok(Found::Over(error.into())),
    };
    if standing.asked.header.who != connected.person {
        end::forget(client, &standing)?;
        return Ok(Found::Over(nothing_active(role)));
    }
    let state = standing.state_at(now);
    if state == State::Active {
        return match obtain::obtain(client, &connected, &standing).await {
            Ok(access) => Ok(Found::Access(Box::new(access))),
            Err(failure) if entry.elsewhere || failure.kind == Kind::Refused => Ok(Found::Over(failure)),
            Err(failure) => Err(failure),
        };
    }
    if state.is_terminal() {
        end::forget(client, &standing)?;
    }
    Ok(Found::Over(
        Failure::refused(format!("the access to {role} is {}", state.as_str()))
            .hint(format!("type `jit request {role}`")),
    ))
}

/// The failure for a role without active access. It suggests another name if this one may be a typing error.
fn unknown_or_inactive(client: &Client<'_>, role: &Name) -> Failure {
    let known = lookup::remembered(client);
    match lookup::meant(role.as_str(), &known).filter(|_| !known.contains(role)) {
        Some(meant) => Failure::refused(format!("no access to {role} is active here")).hint(meant),
        None => nothing_active(role),
    }
}

fn nothing_active(role: &Name) -> Failure {
    Failure::refused(format!("no access to {role} is active here")).hint(format!("type `jit request {role}`"))
}

/// The role's own name for an alias, from the names that `jit login` and `jit roles` saw last. Asks no authority. A
/// role's own name is never taken for an alias.
fn own_name(client: &Client<'_>, given: &Name) -> Name {
    namesakes::of_authority(client, given).unwrap_or_else(|| given.clone())
}

fn not_begun(entry: &Entry) -> Failure {
    let role = &entry.role;
    if entry.run.is_some() {
        return obtain::for_one_command(role)
            .hint(format!("run that command: `jit exec {role} -- COMMAND`; `jit status` shows it"));
    }
    let what = if entry.state == State::Approved { "has not begun" } else { "still waits for approval" };
    Failure::new(Kind::Waiting, format!("the access to {role} {what}"))
        .hint(format!("type `jit wait {role}`"))
}

/// Refuses a direct role whose base credentials come from the profile that asks here: it would call itself without end.
fn leads_back(client: &Client<'_>, role: &Name, profile: Option<&String>) -> Result<(), Failure> {
    let environment = &client.system.environment;
    let inherited = || environment.get("AWS_PROFILE").or_else(|| environment.get("AWS_DEFAULT_PROFILE"));
    match profile.map(String::as_str).or_else(inherited) {
        Some(base) if base == role.as_str() => {
            Err(Failure::usage(format!("the role {role} starts from the profile {base}, which is itself"))
                .hint(format!("name the profile of your own keys in `[roles.{role}.aws]` of config.toml")))
        }
        _ => Ok(()),
    }
}

//! Credentials for programs that ask on their own: never a question, never a new grant, never a person's patience.

use super::Access;
use super::Client;
use super::Failure;
use super::Kind;
use super::Standing;
use super::direct;
use super::end;
use super::obtain;
use crate::grant::Name;
use crate::grant::State;
use crate::prompt::index;
use crate::prompt::index::Entry;

/// The credentials of an access that is active on this machine: from the keychain while they last, else renewed. The
/// client's terminal must be one that answers nothing.
pub async fn credentials(client: &Client<'_>, role: &Name) -> Result<Access, Failure> {
    if let Some(found) = client.settings.roles.get(role) {
        leads_back(client, role, found.profile.as_ref())?;
        return direct::obtain(client, found).await;
    }
    let now = client.now();
    let role = &own_name(client, role);
    let entries = client.index();
    let stated = client.settings.stated_authority();
    let own = |entry: &&Entry| entry.role == *role && entry.authority == stated && entry.is_open(now);
    let Some(entry) = entries.iter().find(|entry| own(entry) && entry.is_active(now)) else {
        client.account()?;
        return Err(match entries.iter().find(own) {
            Some(entry) => not_begun(entry),
            None => Failure::refused(format!("no access to {role} is active here"))
                .hint(format!("type `jit request {role}`")),
        });
    };
    if client.vault()?.forgets() {
        return Err(Failure::refused(format!("no credentials for {role} are kept on this machine"))
            .cause("the keychain of your login is `none`: what one command gets is gone with it")
            .hint("choose one that keeps them, then ask again: `jit login --keychain os` (or keyutils, or file)"));
    }
    if let Some(access) = obtain::cached(client, entry)? {
        return Ok(access);
    }
    let Some(id) = &entry.id else {
        return Err(Failure::refused(format!("{role} is no role of your settings any more")));
    };
    let connected = client.connect().await?;
    let view = connected.authority.request(id).await;
    let standing = match view {
        Ok(view) => Standing::read(view, connected.authority.as_ref())?,
        // What is at hand works until it expires, whether or not the broker answers now.
        Err(error) if error.is_passing() => {
            let at_hand = client.vault()?.lease(id)?.filter(|lease| lease.expires > now);
            let access =
                |lease| Access { role: role.clone(), request: entry.id.clone(), lease, until: entry.until };
            return at_hand.map(access).ok_or_else(|| error.into());
        }
        Err(error) => return Err(error.into()),
    };
    match standing.state_at(now) {
        State::Active => obtain::obtain(client, &connected, &standing).await,
        state => {
            if state.is_terminal() {
                end::forget(client, &standing)?;
            }
            Err(Failure::refused(format!("the access to {role} is {}", state.as_str()))
                .hint(format!("type `jit request {role}`")))
        }
    }
}

/// The role's own name where an alias was given, as `jit login` and `jit roles` last saw them. Nobody is asked: a name that
/// is some role's own is never taken for an alias.
fn own_name(client: &Client<'_>, given: &Name) -> Name {
    let roles = index::read(&client.system.files).roles;
    let stated = client.settings.stated_authority();
    let here: Vec<_> = roles.iter().filter(|known| known.authority == stated).collect();
    if here.iter().any(|known| known.name == *given) {
        return given.clone();
    }
    let known = here.iter().find(|known| known.aliases.contains(given));
    known.map_or_else(|| given.clone(), |known| known.name.clone())
}

fn not_begun(entry: &Entry) -> Failure {
    let role = &entry.role;
    let what = if entry.state == State::Approved { "has not begun" } else { "still waits for approval" };
    Failure::new(Kind::Waiting, format!("the access to {role} {what}"))
        .hint(format!("type `jit wait {role}`"))
}

/// A direct role whose base credentials are the profile that asks here would ask itself without end.
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

//! Finds a role by the typed text, and names that may have been meant.

use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::grant::Name;
use crate::policy::did_you_mean;
use crate::protocol::RoleView;
use crate::state::index;

/// One role, by its name or an alias.
///
/// # Errors
/// The authority cannot be asked, or has no such role for the viewer. A role of other people gives the same text as one
/// that does not exist.
pub async fn role(connected: &Connected, name: &Name) -> Result<RoleView, Failure> {
    match connected.authority.role(name).await {
        Err(error) if error.status() == Some(404) => Err(unknown(name, &names(connected).await)),
        found => Ok(found?),
    }
}

/// The given failure. If the authority has no such role for the viewer, a failure that says so.
pub async fn unless_unknown(connected: &Connected, name: &Name, failure: Failure) -> Failure {
    match connected.authority.role(name).await {
        Err(error) if error.status() == Some(404) => unknown(name, &names(connected).await),
        _ => failure,
    }
}

/// The names under which the viewer may request a role here.
pub(in crate::flow) async fn names(connected: &Connected) -> Vec<Name> {
    let listed = connected.authority.roles().await.unwrap_or_default();
    let own = listed.roles.into_iter().filter(|role| role.may_request || role.break_glass.is_some());
    own.flat_map(|role| std::iter::once(role.name).chain(role.aliases)).collect()
}

/// The names that this machine remembers. Asks no authority.
pub(in crate::flow) fn remembered(client: &Client<'_>) -> Vec<Name> {
    let known = index::read(&client.system.files).roles;
    let known = known.into_iter().flat_map(|role| std::iter::once(role.name).chain(role.aliases));
    known.chain(client.settings.roles.keys().cloned()).collect()
}

fn unknown(name: &Name, known: &[Name]) -> Failure {
    let failure = Failure::refused(format!("there is no role {name} that you may ask for"));
    failure.hint(
        meant(name.as_str(), known).unwrap_or_else(|| "`jit roles` lists those that you may".to_owned()),
    )
}

/// `did you mean shop-prod.admin?`, where some known name may be meant by the one that was typed.
pub(in crate::flow) fn meant(typed: &str, known: &[Name]) -> Option<String> {
    did_you_mean(typed, known.iter().map(Name::as_str))
}

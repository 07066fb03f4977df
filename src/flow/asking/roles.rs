//! The roles that the person may request, their approvers and durations.

use crate::config::DirectRole;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::namesakes;
use crate::flow::reviewing::inbox;
use crate::protocol::RoleList;
use crate::protocol::RoleView;
use crate::state::index;
use crate::state::index::KnownRole;

/// The authority's roles and the direct roles of the settings.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    /// The authority's roles, in order of names.
    pub asked: Vec<RoleView>,
    /// The direct roles of the settings.
    pub direct: Vec<DirectRole>,
}

/// Lists the roles whose name, alias or description contains the filter.
pub async fn roles(client: &Client<'_>, filter: Option<&str>) -> Result<Roles, Failure> {
    let filter = filter.unwrap_or_default().to_lowercase();
    let fits = |texts: &[&str]| texts.iter().any(|text| text.to_lowercase().contains(&filter));
    let mut direct: Vec<DirectRole> = client.settings.roles.values().cloned().collect();
    direct.retain(|role| fits(&[role.name.as_str(), &role.description]));
    let mut authority = None;
    let listed = match client.connect().await {
        Ok(connected) => {
            authority = Some(connected.authority.url().to_owned());
            connected.authority.roles().await?
        }
        // Direct roles work without a broker.
        Err(_) if !client.settings.roles.is_empty() && client.settings.authority().is_none() => {
            RoleList::default()
        }
        Err(failure) => return Err(failure),
    };
    remember(client, authority.as_deref(), &listed);
    let mut asked = listed.roles;
    namesakes::warn(client);
    asked.retain(|role| {
        fits(&[role.name.as_str(), &role.description])
            || role.aliases.iter().any(|alias| fits(&[alias.as_str()]))
    });
    Ok(Roles { asked, direct })
}

/// Stores the roles that may be requested, for completion, and the commands that need one, for `jit hook`. `authority` is the
/// authority's name in statements.
pub(in crate::flow) fn remember(client: &Client<'_>, authority: Option<&str>, listed: &RoleList) {
    let asked =
        listed.roles.iter().filter(|role| role.may_request || role.break_glass.is_some()).map(|role| {
            KnownRole {
                name: role.name.clone(),
                aliases: role.aliases.clone(),
                scopes: role.scopes.iter().map(|scope| scope.name.clone()).collect(),
                authority: authority.map(str::to_owned),
                gate: role.gate.clone(),
                place: Some(role.target.place().name),
            }
        });
    let direct = client.settings.roles.values().map(|role| KnownRole {
        name: role.name.clone(),
        aliases: Vec::new(),
        scopes: Vec::new(),
        authority: None,
        gate: Vec::new(),
        place: Some(role.target.place().name),
    });
    let roles: Vec<KnownRole> = asked.chain(direct).collect();
    inbox::say_unwritten(client, index::put_roles(&client.system.files, authority, &roles, &listed.gate));
}

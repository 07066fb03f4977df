//! Two roles with one name: a direct role in the settings may have the name, or an alias, of an authority's role. They
//! open different accounts, so neither is ever used silently.

use crate::config::DirectRole;
use crate::flow::Client;
use crate::flow::Failure;
use crate::grant::Name;
use crate::state::index;
use crate::state::index::KnownRole;

/// The role that a name stands for.
#[derive(Debug, Clone, Copy)]
pub enum Meant<'a> {
    /// A direct role of the settings.
    Direct(&'a DirectRole),
    /// A role of the authority, if it has one of this name.
    Asked,
}

/// The names of the authority's roles, as this machine's index has them.
struct AuthorityRoles {
    roles: Vec<KnownRole>,
    held: Vec<Name>,
}

impl AuthorityRoles {
    fn read(client: &Client<'_>) -> Self {
        let Some(stated) = client.settings.stated_authority() else {
            return Self { roles: Vec::new(), held: Vec::new() };
        };
        let now = client.now();
        let mut index = index::read(&client.system.files);
        index.roles.retain(|known| known.authority.as_ref() == Some(&stated));
        index.entries.retain(|entry| entry.authority.as_ref() == Some(&stated) && entry.is_open(now));
        Self { roles: index.roles, held: index.entries.into_iter().map(|entry| entry.role).collect() }
    }

    fn find(&self, name: &Name) -> Option<&Name> {
        let own = self.roles.iter().find(|known| known.name == *name);
        let alias = || self.roles.iter().find(|known| known.aliases.contains(name));
        let held = || self.held.iter().find(|held| *held == name);
        own.or_else(alias).map(|known| &known.name).or_else(held)
    }
}

/// The authority's own name for a role that is known by this name, as `jit login` and `jit roles` saw it last. `None`
/// if this machine knows of no such role.
pub fn of_authority(client: &Client<'_>, name: &Name) -> Option<Name> {
    AuthorityRoles::read(client).find(name).cloned()
}

/// Whether a direct role has the name of a role of the authority.
pub fn is_doubled(client: &Client<'_>, name: &Name) -> bool {
    client.settings.roles.contains_key(name) && of_authority(client, name).is_some()
}

/// The role that a name stands for. If there are two and the settings do not decide, a terminal asks. Without a
/// terminal neither is used.
///
/// # Errors
/// There are two, and there is no answer to the question.
pub fn meant<'a>(client: &'a Client<'_>, name: &Name, may_ask: bool) -> Result<Meant<'a>, Failure> {
    let Some(direct) = client.settings.roles.get(name) else { return Ok(Meant::Asked) };
    let Some(other) = of_authority(client, name) else { return Ok(Meant::Direct(direct)) };
    let asked = || {
        let alias = if other == *name { String::new() } else { format!(", which is {other}") };
        format!("the role of {}{alias}", client.settings.authority().unwrap_or_default())
    };
    let own = || format!("the direct role of your settings: {}", direct.target.describe());
    let is_direct = if direct.shadows {
        true
    } else if may_ask && client.console().is_interactive() {
        let choices = [format!("asked   {}", asked()), format!("direct  {}", own())];
        client.console().choose(&format!("Two roles are called {name}: which one?"), &choices)? == 1
    } else {
        return Err(Failure::usage(format!("{name} is the name of two roles"))
            .cause(asked())
            .cause(own())
            .hint(settle(client, name)));
    };
    if is_direct {
        client.console().say(&format!("note: {name} is {}; not {}", own(), asked()));
        Ok(Meant::Direct(direct))
    } else {
        client.console().say(&format!("note: {name} is {}; not {}", asked(), own()));
        Ok(Meant::Asked)
    }
}

/// How to settle which of the two roles a name stands for.
pub fn settle(client: &Client<'_>, name: &Name) -> String {
    let path = client.system.files.config.join("config.toml");
    format!(
        "rename [roles.{name}] in {}, or write `shadows = true` into it: the name then means the direct role",
        path.display()
    )
}

/// Warns of direct roles with the name of an authority's role, unless the settings say that this is intended.
pub fn warn(client: &Client<'_>) {
    if client.settings.roles.is_empty() {
        return;
    }
    let known = AuthorityRoles::read(client);
    for (name, role) in &client.settings.roles {
        if !role.shadows && known.find(name).is_some() {
            client.console().say(&format!(
                "warning: {name} is the name of two roles, your direct role and one of the policy"
            ));
            client.console().say(&format!("  hint: {}", settle(client, name)));
        }
    }
}

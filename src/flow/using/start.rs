//! Starts a command with access, either in place of this process or as its parent, which renews the credentials.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::sync::Arc;

use crate::config::inputs;
use crate::deliver::aws::environment;
use crate::deliver::aws::profiles;
use crate::deliver::aws::profiles::RoleProfiles;
use crate::deliver::aws::variables;
use crate::deliver::aws::variables::First;
use crate::deliver::endpoint::Endpoint;
use crate::deliver::endpoint::LeaseSource;
use crate::deliver::endpoint::Offer;
use crate::flow::Access;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::using::announce::Watched;
use crate::flow::using::announce::announce;
use crate::flow::using::obtain;
use crate::flow::using::renewal::Renewal;
use crate::grant::Name;
use crate::state::index;
use crate::system::Environment;
use crate::system::private_folder::PrivateFolder;
use crate::system::processes::Command;

/// How to deliver the credentials to the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By the endpoint if they must be renewed or are for several roles, else in the environment.
    Automatic,
    /// In the environment. They are not renewed.
    Environment,
    /// By this process's endpoint, renewed until the access ends.
    Endpoint,
}

impl Form {
    /// Whether credentials of this access will be renewed while the command runs.
    pub fn renews(self, access: &Access) -> bool {
        self != Self::Environment && obtain::falls_short(&access.lease, access.until)
    }

    fn serves(self, accesses: &[Wanted]) -> bool {
        match self {
            Self::Environment => false,
            Self::Endpoint => true,
            Self::Automatic => {
                accesses.len() > 1 || accesses.iter().any(|wanted| self.renews(&wanted.access))
            }
        }
    }
}

/// An access, with the name under which it was requested, which may be an alias.
pub struct Wanted {
    /// The typed name.
    pub typed: Name,
    /// The access.
    pub access: Access,
}

/// Why a command did not start.
pub enum NotStarted {
    /// `jit` itself failed.
    Failed(Failure),
    /// The operating system refuses the command.
    Command(io::Error),
}

impl From<Failure> for NotStarted {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Runs the command, as the last act of the process. Returns its exit code, unless the command replaces this process.
/// The command uses the first access if it names no profile.
pub async fn start(
    client: &Client<'_>,
    accesses: &[Wanted],
    form: Form,
    program: OsString,
    arguments: Vec<OsString>,
) -> Result<i32, NotStarted> {
    let inherited = &client.system.environment;
    for name in environment::redirecting(inherited) {
        client.console().say(&format!("warning: {name} is set and may send the cloud's traffic elsewhere"));
    }
    let Some(Wanted { access: first, .. }) = accesses.first() else {
        return Err(Failure::usage("no role is named").into());
    };
    say_regions(client, first);
    if form.serves(accesses) {
        return serve(client, first, accesses, program, arguments).await;
    }
    if accesses.len() > 1 {
        return Err(Failure::usage("an environment holds the credentials of one role")
            .hint("leave `--env` out: each role is then a profile of its name")
            .into());
    }
    let environment = environment::child(&passed_on(inherited), &first.role, &first.lease, first.until);
    client.console().settle();
    let command = Command { program, arguments, environment };
    client.system.processes.become_command(&command).map_err(NotStarted::Command)
}

/// Shows a note if the command gets another region than the one that the user set.
pub fn say_regions(client: &Client<'_>, access: &Access) {
    let Some(region) = access.lease.credentials.region() else { return };
    let replaced = environment::replaced_regions(&client.system.environment, region);
    if !replaced.is_empty() {
        client.console().say(&format!(
            "note: {} is not passed on: {} is used in {region}; name another region inside, as with `aws --region`",
            replaced.join(" and "),
            access.role
        ));
    }
}

/// The variables around `jit` that a command may see: all except those with which a job proves itself and asks.
fn passed_on(inherited: &Environment) -> Environment {
    let mut environment = inherited.clone();
    environment.remove(inputs::ACCESS_APP_KEY.name);
    environment.remove(inputs::ID_TOKEN.name);
    environment
}

async fn serve(
    client: &Client<'_>,
    first: &Access,
    accesses: &[Wanted],
    program: OsString,
    arguments: Vec<OsString>,
) -> Result<i32, NotStarted> {
    let system = client.system;
    let mut watched = Vec::new();
    let mut offers = Vec::new();
    for Wanted { access, .. } in accesses {
        let source: Arc<dyn LeaseSource> = Arc::new(Renewal::of(client, access)?);
        let (role, source_of) = (access.role.clone(), Arc::clone(&source));
        watched.push(Watched { role, source: source_of, direct: access.is_direct() });
        offers.push(Offer { role: access.role.clone(), lease: access.lease.clone(), source });
    }
    let roles = named(client, accesses);
    let in_the_way = |what: &str, error: &io::Error| {
        Failure::failed(format!("{what} cannot be made")).cause(error.to_string())
    };
    let endpoint = Endpoint::open(offers, &system.clock, system.entropy.as_ref())
        .await
        .map_err(|error| in_the_way("an endpoint on this machine", &error))?;
    let folder =
        PrivateFolder::make(&system.environment).map_err(|error| in_the_way("a private folder", &error))?;
    let files = &system.files;
    let files =
        profiles::write(&folder, &system.program(), &system.environment, &files.home, &roles, &endpoint)
            .map_err(|error| {
                let failure = Failure::failed(error.to_string());
                error.hint().into_iter().fold(failure, Failure::hint)
            })?;
    for notice in &files.notices {
        client.console().say(&format!("note: {notice}"));
    }
    let region = first.lease.credentials.region();
    let one_region = accesses.iter().all(|wanted| wanted.access.lease.credentials.region() == region);
    let told = First { role: &first.role, lease: &first.lease, until: first.until, one_region };
    let environment = variables::child(&passed_on(&system.environment), told, &endpoint, &files);
    client.console().settle();
    let command = Command { program, arguments, environment };
    tokio::select! {
        biased;
        code = system.supervisor.supervise(&command) => code.map_err(NotStarted::Command),
        never = announce(system, watched) => match never {},
    }
}

/// The names of each role's profiles: its own name, the typed one, and the aliases that `jit login` and `jit roles` saw
/// last. Does not ask the broker again. A role's own name is never another role's alias here.
fn named(client: &Client<'_>, accesses: &[Wanted]) -> Vec<RoleProfiles> {
    let mut taken: BTreeSet<Name> = accesses.iter().map(|wanted| wanted.access.role.clone()).collect();
    let known = index::read(&client.system.files).roles;
    let authority = client.settings.stated_authority();
    let mut roles = Vec::new();
    for Wanted { typed, access } in accesses {
        let seen = known
            .iter()
            .filter(|role| !access.is_direct() && role.name == access.role && role.authority == authority);
        let others = std::iter::once(typed).chain(seen.flat_map(|role| &role.aliases));
        let others = others.filter(|name| taken.insert((*name).clone())).cloned();
        let names = std::iter::once(access.role.clone()).chain(others).collect();
        let region = access.lease.credentials.region().unwrap_or_default().to_owned();
        roles.push(RoleProfiles { names, region });
    }
    roles
}

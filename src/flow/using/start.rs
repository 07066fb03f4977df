//! Starts a command with access, either in place of this process or as its parent, which renews the credentials.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::sync::Arc;

use crate::config::inputs;
use crate::deliver::endpoint::LeaseSource;
use crate::deliver::environment;
use crate::deliver::environment::Held;
use crate::deliver::injected;
use crate::deliver::serving::Served;
use crate::deliver::serving::Serving;
use crate::deliver::serving::ServingError;
use crate::flow::Access;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::using::announce::Watched;
use crate::flow::using::announce::announce;
use crate::flow::using::obtain;
use crate::flow::using::renewal::Renewal;
use crate::grant::Cloud;
use crate::grant::Name;
use crate::grant::text::sanitise;
use crate::state::index;
use crate::system::Environment;
use crate::system::processes::Command;

/// The ways to deliver the credentials to the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By the endpoint if they must be renewed or are for several roles, else in the environment.
    Automatic,
    /// In the environment. They are not renewed.
    Environment,
    /// By this process's endpoint, renewed until the access ends.
    Endpoint,
    /// The same, and as Google's metadata server too.
    Metadata,
}

impl Form {
    /// Whether credentials of this access will be renewed while the command runs.
    pub fn renews(self, access: &Access) -> bool {
        let is_fixed = self == Self::Environment && !reads_a_file(access);
        !is_fixed && obtain::falls_short(&access.lease, access.until)
    }

    /// Whether this process was told to stay and serve.
    pub fn stays(self) -> bool {
        matches!(self, Self::Endpoint | Self::Metadata)
    }

    fn serves(self, accesses: &[Wanted]) -> bool {
        // Somebody must stay to remove the file afterwards.
        if accesses.iter().any(|wanted| reads_a_file(&wanted.access)) {
            return true;
        }
        match self {
            Self::Environment => false,
            Self::Endpoint | Self::Metadata => true,
            Self::Automatic => {
                has_two_of_one_place(accesses)
                    || accesses.iter().any(|wanted| self.renews(&wanted.access))
                    || clouds(accesses).into_iter().any(environment::needs_serving)
            }
        }
    }
}

/// Whether the place's programs find their credentials only by a file: an environment has no room for those.
fn reads_a_file(access: &Access) -> bool {
    access.lease.credentials.cloud() == Cloud::Kubernetes
}

/// Whether two accesses are of the same cloud: an environment has room for one.
fn has_two_of_one_place(accesses: &[Wanted]) -> bool {
    let clouds = clouds(accesses);
    clouds.len() < accesses.len()
}

/// The clouds of these accesses, each once.
fn clouds(accesses: &[Wanted]) -> Vec<Cloud> {
    let clouds: BTreeSet<Cloud> =
        accesses.iter().map(|wanted| wanted.access.lease.credentials.cloud()).collect();
    clouds.into_iter().collect()
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
    let prepared = prepare(client, accesses, form, &|source| source).await?;
    client.console().settle();
    let Prepared { environment, served } = prepared;
    let command = Command { program, arguments, environment };
    let system = client.system;
    let Some((_serving, watched)) = served else {
        return system.processes.become_command(&command).map_err(NotStarted::Command);
    };
    tokio::select! {
        biased;
        code = system.supervisor.supervise(&command) => code.map_err(NotStarted::Command),
        never = announce(system, watched) => match never {},
    }
}

/// Everything that a command needs to find its access.
pub(in crate::flow) struct Prepared {
    /// Its environment.
    pub environment: Environment,
    /// The server of its access, which must live as long as the command, with the grants behind it. `None` if it needs none.
    pub served: Option<(Serving, Vec<Watched>)>,
}

/// Prepares the accesses for a command. `around` sees the source of every access that is served.
///
/// # Errors
/// The accesses exclude each other, or something cannot be made on this machine.
pub(in crate::flow) async fn prepare(
    client: &Client<'_>,
    accesses: &[Wanted],
    form: Form,
    around: &(dyn Fn(Arc<dyn LeaseSource>) -> Arc<dyn LeaseSource> + Sync),
) -> Result<Prepared, Failure> {
    let inherited = &client.system.environment;
    for name in environment::redirecting(inherited, &clouds(accesses)) {
        client.console().say(&format!("warning: {name} is set and may send the cloud's traffic elsewhere"));
    }
    if accesses.is_empty() {
        return Err(Failure::usage("no role is named"));
    }
    say_regions(client, accesses);
    if form.serves(accesses) {
        return serve(client, accesses, form, around).await;
    }
    if has_two_of_one_place(accesses) {
        return Err(Failure::usage("an environment holds the credentials of one role of each cloud")
            .hint("leave `--env` out: each role is then a profile of its name"));
    }
    let held: Vec<Held<'_>> = accesses.iter().map(|wanted| held(&wanted.access)).collect();
    Ok(Prepared { environment: environment::child(&passed_on(client, accesses), &held), served: None })
}

fn held(access: &Access) -> Held<'_> {
    Held { role: &access.role, lease: &access.lease, until: access.until }
}

/// Shows a note if the command gets another region than the one that the user set. The first access with a region counts.
fn say_regions(client: &Client<'_>, accesses: &[Wanted]) {
    if let Some(wanted) = accesses.iter().find(|wanted| wanted.access.lease.credentials.region().is_some()) {
        say_region(client, &wanted.access);
    }
}

/// Shows a note if an access is used in another region than the one that the user set.
pub fn say_region(client: &Client<'_>, access: &Access) {
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

/// The variables around `jit` that a command may see: all except those with which a job proves itself and asks. A command that
/// was agreed to word by word gets none that would change it, and the person reads which.
fn passed_on(client: &Client<'_>, accesses: &[Wanted]) -> Environment {
    let mut environment = client.system.environment.clone();
    environment.remove(inputs::ACCESS_APP_KEY.name);
    environment.remove(inputs::ID_TOKEN.name);
    if accesses.iter().any(|wanted| wanted.access.purpose.is_some()) {
        let removed = injected::remove(&mut environment);
        if !removed.is_empty() {
            let names = sanitise(&removed.join(", "));
            client.console().say(&format!(
                "note: not passed on, as it would change the command that reviewers agreed to: {names}"
            ));
        }
    }
    environment
}

async fn serve(
    client: &Client<'_>,
    accesses: &[Wanted],
    form: Form,
    around: &(dyn Fn(Arc<dyn LeaseSource>) -> Arc<dyn LeaseSource> + Sync),
) -> Result<Prepared, Failure> {
    let system = client.system;
    let mut watched = Vec::new();
    let mut served = Vec::new();
    for (Wanted { access, .. }, others) in accesses.iter().zip(named(client, accesses)) {
        let source = around(Arc::new(Renewal::of(client, access)?));
        let (role, source_of) = (access.role.clone(), Arc::clone(&source));
        let (direct, emergency) = (access.is_direct(), access.is_emergency(client));
        watched.push(Watched { role: role.clone(), source: source_of, direct, emergency });
        let (lease, until, renews) = (access.lease.clone(), access.until, form.renews(access));
        served.push(Served { role, others, lease, until, source, renews });
    }
    let mut serving =
        Serving::open(system, &passed_on(client, accesses), served).await.map_err(not_served)?;
    if form == Form::Metadata {
        serving.answer_as_metadata(system).await.map_err(not_served)?;
    }
    for notice in &serving.notices {
        client.console().say(&format!("note: {notice}"));
    }
    Ok(Prepared { environment: std::mem::take(&mut serving.environment), served: Some((serving, watched)) })
}

#[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` takes")]
fn not_served(error: ServingError) -> Failure {
    let hint = error.hint();
    let failure = match &error {
        ServingError::Make(what, cause) => {
            Failure::failed(format!("{what} cannot be made")).cause(cause.to_string())
        }
        ServingError::Two(..) | ServingError::NoGoogle | ServingError::Anybody => {
            Failure::usage(error.to_string())
        }
        ServingError::Profiles(_) | ServingError::Kubeconfig(_) => Failure::failed(error.to_string()),
    };
    hint.into_iter().fold(failure, Failure::hint)
}

/// The other names of each role: the typed one, and the aliases that `jit login` and `jit roles` saw last. Does not ask the broker
/// again. A role's own name is never another role's alias here.
fn named(client: &Client<'_>, accesses: &[Wanted]) -> Vec<Vec<Name>> {
    let mut taken: BTreeSet<Name> = accesses.iter().map(|wanted| wanted.access.role.clone()).collect();
    let known = index::read(&client.system.files).roles;
    let authority = client.settings.stated_authority();
    let mut all = Vec::new();
    for Wanted { typed, access } in accesses {
        let seen = known
            .iter()
            .filter(|role| !access.is_direct() && role.name == access.role && role.authority == authority);
        let others = std::iter::once(typed).chain(seen.flat_map(|role| &role.aliases));
        all.push(others.filter(|name| taken.insert((*name).clone())).cloned().collect());
    }
    all
}

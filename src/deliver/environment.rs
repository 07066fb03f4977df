//! The environment of a command that runs with access: for each place its variables, and those that would lead its programs
//! elsewhere.

use jiff::Timestamp;

use crate::deliver::aws;
pub use crate::deliver::aws::environment::replaced_regions;
use crate::deliver::azure;
use crate::deliver::gcp;
use crate::deliver::kubernetes;
use crate::deliver::token;
use crate::deliver::vault;
use crate::grant::Cloud;
use crate::grant::Credentials;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::span::whole_seconds;
use crate::secret::Secret;
use crate::system::Environment;

/// The variables that `jit` sets for every place: the role, and when its access ends.
pub const OWN: [&str; 2] = ["JIT_GRANT", "JIT_GRANT_UNTIL"];

/// The variables of one place's programs. A trailing `*` stands for every name with that beginning.
#[derive(Debug, Clone, Copy)]
pub struct Variables {
    /// Every name that [`variables`] may set for the place.
    pub names: &'static [&'static str],
    /// Names that are set instead where the credentials are renewed while the command runs.
    pub served: &'static [&'static str],
    /// Variables that lead to other credentials. A command does not see them.
    pub scrubbed: &'static [&'static str],
    /// Variables that can send the place's traffic, and so the credentials, elsewhere. The command is warned of them.
    pub redirecting: &'static [&'static str],
    /// Those among them that `jit` itself sets.
    pub own_redirections: &'static [&'static str],
}

/// Every place's variables.
pub const PLACES: [Variables; 6] =
    [AWS, token::VARIABLES, vault::VARIABLES, gcp::VARIABLES, kubernetes::VARIABLES, azure::VARIABLES];

const AWS: Variables = Variables {
    names: aws::environment::NAMES,
    served: aws::variables::SERVED,
    scrubbed: aws::environment::SCRUBBED,
    redirecting: aws::environment::REDIRECTING,
    own_redirections: &[aws::environment::OWN_REDIRECTION],
};

/// The variables of a cloud's programs.
pub fn of(cloud: Cloud) -> &'static Variables {
    match cloud {
        Cloud::Aws | Cloud::Sandbox => &PLACES[0],
        Cloud::Token => &PLACES[1],
        Cloud::Vault => &PLACES[2],
        Cloud::Gcp => &PLACES[3],
        Cloud::Kubernetes => &PLACES[4],
        Cloud::Azure => &PLACES[5],
    }
}

/// Whether some programs of a cloud read credentials from a file only, so that variables alone do not serve them.
pub fn needs_serving(cloud: Cloud) -> bool {
    matches!(cloud, Cloud::Gcp | Cloud::Azure)
}

/// Every name that `jit` may set for a lease of any place, for unsetting.
pub fn names() -> impl Iterator<Item = &'static str> {
    let of_places = PLACES.iter().flat_map(|place| place.names);
    of_places.copied().chain(OWN)
}

/// One access as a command gets it.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The role.
    pub role: &'a Name,
    /// Its credentials.
    pub lease: &'a Lease,
    /// When the access ends.
    pub until: Timestamp,
}

/// Every variable that `jit` sets for one lease.
pub fn variables(held: Held<'_>) -> Vec<(&'static str, Secret<String>)> {
    let mut variables = of_place(held.lease);
    variables.extend(own(held.role, held.until));
    variables
}

/// The variables of the lease's place.
fn of_place(lease: &Lease) -> Vec<(&'static str, Secret<String>)> {
    let expires = whole_seconds(lease.expires).to_string();
    match &lease.credentials {
        Credentials::Aws(credentials) => aws::environment::variables(credentials, &expires),
        Credentials::Token(credentials) => token::variables(credentials),
        Credentials::Vault(credentials) => vault::variables(credentials),
        Credentials::Gcp(credentials) => gcp::variables(credentials),
        Credentials::Azure(credentials) => azure::variables(credentials),
        // Its programs read a file, not a variable.
        Credentials::Kubernetes(_) => Vec::new(),
    }
}

fn own(role: &Name, until: Timestamp) -> [(&'static str, Secret<String>); 2] {
    let [grant, ends] = OWN;
    [(grant, role.as_str().into()), (ends, Secret::new(whole_seconds(until).to_string()))]
}

/// The environment of a child: this process's own, without the variables that would lead to other credentials, and with the
/// leases, each of another place.
pub fn child(inherited: &Environment, accesses: &[Held<'_>]) -> Environment {
    let mut environment = inherited.clone();
    for held in accesses {
        clear(&mut environment, held.lease.credentials.cloud());
        set(&mut environment, of_place(held.lease));
    }
    if let Some(first) = accesses.first() {
        set(&mut environment, own(first.role, first.until));
    }
    environment
}

/// Names the first role, and when its access ends.
pub(in crate::deliver) fn name_first(environment: &mut Environment, role: &Name, until: Timestamp) {
    set(environment, own(role, until));
}

pub(in crate::deliver) fn set(
    environment: &mut Environment,
    variables: impl IntoIterator<Item = (&'static str, Secret<String>)>,
) {
    for (name, value) in variables {
        environment.set(name, value.expose());
    }
}

/// Removes what would lead a cloud's programs to other credentials, and the credentials that are there.
pub(in crate::deliver) fn clear(environment: &mut Environment, cloud: Cloud) {
    let place = of(cloud);
    let is_cleared = |name: &str| {
        is_among(name, place.scrubbed, cfg!(windows)) || is_among(name, place.names, cfg!(windows))
    };
    let names: Vec<String> = environment
        .iter()
        .filter_map(|(name, _)| name.to_str().filter(|name| is_cleared(name)).map(str::to_owned))
        .collect();
    for name in names {
        environment.remove(name.as_str());
    }
}

/// The names of inherited variables that can send these clouds' traffic elsewhere, in order. The command warns about them. A
/// variable that a surrounding `jit exec` set does not count.
pub fn redirecting(inherited: &Environment, clouds: &[Cloud]) -> Vec<String> {
    let is_nested = inherited.get("JIT_GRANT").is_some();
    let is_redirecting = |name: &str| {
        clouds.iter().map(|cloud| of(*cloud)).any(|place| {
            is_among(name, place.redirecting, cfg!(windows))
                && !(is_nested && place.own_redirections.contains(&name))
        })
    };
    inherited
        .iter()
        .filter_map(|(name, value)| name.to_str().filter(|_| !value.is_empty()))
        .filter(|name| is_redirecting(name))
        .map(crate::grant::text::sanitise)
        .collect()
}

/// Keeps client libraries from sending what is meant for this machine to a proxy.
pub(in crate::deliver) fn spare_this_machine(environment: &mut Environment) {
    const PROXIES: [&str; 4] = ["ALL_PROXY", "HTTP_PROXY", "all_proxy", "http_proxy"];
    if PROXIES.iter().all(|name| environment.get(name).is_none_or(str::is_empty)) {
        return;
    }
    for name in ["NO_PROXY", "no_proxy"] {
        let hosts = environment.get(name).unwrap_or_default().to_owned();
        let spared = hosts.trim() == "*" || hosts.split(',').any(|host| host.trim() == "127.0.0.1");
        if !spared {
            let hosts = if hosts.is_empty() { "127.0.0.1".to_owned() } else { format!("{hosts},127.0.0.1") };
            environment.set(name, hosts);
        }
    }
}

/// Whether a name is one of these. A trailing `*` stands for every name with that beginning.
pub(in crate::deliver) fn is_among(name: &str, patterns: &[&str], ignore_case: bool) -> bool {
    // On Windows `aws_profile` and `AWS_PROFILE` are one variable.
    let upper = if ignore_case { name.to_ascii_uppercase() } else { name.to_owned() };
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(beginning) => upper.starts_with(beginning),
        None => upper == *pattern,
    })
}

#[cfg(test)]
#[path = "environment_tests.rs"]
mod tests;

/// A lease of an example role for tests.
#[cfg(test)]
pub(in crate::deliver) use tests::example;

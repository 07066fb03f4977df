//! The environment of a command that fetches its credentials from an endpoint.

use jiff::Timestamp;

use crate::deliver::aws::environment;
use crate::deliver::aws::profiles::PrivateFiles;
use crate::deliver::endpoint::Endpoint;
use crate::grant::Lease;
use crate::grant::Name;
use crate::system::Environment;

/// Variables that hold credentials, which every SDK would prefer to the endpoint.
const HELD: [&str; 4] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"];
/// Variables that would take precedence over the region of a named profile.
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// Every name that [`child`] sets for the endpoint.
pub const SERVED: &[&str] = &[
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SDK_LOAD_CONFIG",
    "AWS_SHARED_CREDENTIALS_FILE",
];

/// The data for a command on the first grant that its endpoint serves.
#[derive(Debug, Clone, Copy)]
pub struct First<'a> {
    /// The role.
    pub role: &'a Name,
    /// Its first credentials, for account and region.
    pub lease: &'a Lease,
    /// When the grant ends. It is given as the expiry of the credentials, because they are renewed until then.
    pub until: Timestamp,
    /// Whether the command uses all its roles in one region. If not, only the profiles name the region.
    pub one_region: bool,
}

/// The environment of a child: this process's own, without the variables that would lead to other credentials, and with
/// the endpoint.
pub fn child(
    inherited: &Environment,
    first: First<'_>,
    endpoint: &Endpoint,
    files: &PrivateFiles,
) -> Environment {
    let lease = Lease { expires: first.until, ..first.lease.clone() };
    let mut environment = environment::child(inherited, first.role, &lease, first.until);
    for name in HELD {
        environment.remove(name);
    }
    if !first.one_region {
        for name in REGIONS {
            environment.remove(name);
        }
    }
    if let Some(url) = endpoint.url(0) {
        environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.expose());
    }
    // Sets both. Newer tools prefer the file and read it again at every fetch; older tools know only the variable.
    environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", endpoint.token().expose());
    environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", files.token.as_os_str());
    environment.set("AWS_CONFIG_FILE", files.config.as_os_str());
    environment.set("AWS_SHARED_CREDENTIALS_FILE", files.credentials.as_os_str());
    // The first Go SDK, in older Terraform backends, reads the config file only with this setting.
    environment.set("AWS_SDK_LOAD_CONFIG", "1");
    environment
}

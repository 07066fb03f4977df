//! The environment of a command that takes its credentials from an endpoint.

use jiff::Timestamp;

use crate::deliver::aws::environment;
use crate::deliver::aws::profiles::PrivateFiles;
use crate::deliver::endpoint::Endpoint;
use crate::grant::Lease;
use crate::grant::Name;
use crate::system::Environment;

/// Variables that hold credentials, which would beat the endpoint in every SDK's search order.
const HELD: [&str; 4] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"];
/// Variables that would beat the region of a named profile.
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

/// What a command is told about the grant that its endpoint serves first.
#[derive(Debug, Clone, Copy)]
pub struct First<'a> {
    /// The role.
    pub role: &'a Name,
    /// Its credentials at the start, for account and region.
    pub lease: &'a Lease,
    /// When the grant ends. It stands as the expiry of the credentials, for they are renewed until then.
    pub until: Timestamp,
    /// Whether all roles of the command are used in one region. If not, only the profiles say which.
    pub one_region: bool,
}

/// The environment of a child: what this process has, without what would lead elsewhere, with the endpoint.
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
    // Both: the file is read again at every fetch and wins where it is known; older tools know only the variable.
    environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", endpoint.token().expose());
    environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", files.token.as_os_str());
    environment.set("AWS_CONFIG_FILE", files.config.as_os_str());
    environment.set("AWS_SHARED_CREDENTIALS_FILE", files.credentials.as_os_str());
    // The first Go SDK, in older Terraform backends, reads the config file only when told to.
    environment.set("AWS_SDK_LOAD_CONFIG", "1");
    environment
}

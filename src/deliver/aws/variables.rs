//! The environment of a command that fetches its credentials from an endpoint.

use jiff::Timestamp;

use crate::deliver::aws::environment::variables;
use crate::deliver::aws::profiles::PrivateFiles;
use crate::deliver::endpoint::Endpoint;
use crate::deliver::environment::clear;
use crate::deliver::environment::set;
use crate::grant::Cloud;
use crate::grant::cloud::aws::AwsCredentials;
use crate::grant::span::whole_seconds;
use crate::system::Environment;

/// Variables that hold credentials, which every SDK would prefer to the endpoint.
const HELD: [&str; 4] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"];
/// Variables that would take precedence over the region of a named profile.
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// Every name that [`serve`] sets for the endpoint.
pub const SERVED: &[&str] = &[
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SDK_LOAD_CONFIG",
    "AWS_SHARED_CREDENTIALS_FILE",
];

/// The first grant that an endpoint serves, as its tools are told of it.
#[derive(Debug, Clone, Copy)]
pub struct First<'a> {
    /// Its first credentials, for account and region.
    pub credentials: &'a AwsCredentials,
    /// When the grant ends. It is given as the expiry of the credentials, because they are renewed until then.
    pub until: Timestamp,
    /// Whether the command uses all its roles in one region. If not, only the profiles name the region.
    pub one_region: bool,
}

/// Removes what would lead to other credentials, and puts the endpoint in its place.
pub fn serve(environment: &mut Environment, first: First<'_>, endpoint: &Endpoint, files: &PrivateFiles) {
    clear(environment, Cloud::Aws);
    let expires = whole_seconds(first.until).to_string();
    let variables = variables(first.credentials, &expires);
    let left_out = |name: &str| HELD.contains(&name) || (!first.one_region && REGIONS.contains(&name));
    set(environment, variables.into_iter().filter(|(name, _)| !left_out(name)));
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
}

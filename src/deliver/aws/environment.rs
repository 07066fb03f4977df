//! The variables of AWS's tools.

use crate::grant::cloud::aws::AwsCredentials;
use crate::secret::Secret;
use crate::system::Environment;

/// Variables that lead AWS's tools to other credentials (the search orders of botocore and of the JavaScript and Rust
/// SDKs). A trailing `*` stands for every name with that beginning.
pub const SCRUBBED: &[&str] = &[
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CREDENTIAL_SCOPE",
    "AWS_CREDENTIAL_FILE",
    "BOTO_CONFIG",
    "AWS_SSO_*",
];

/// Variables that can send the cloud's traffic, and so the credentials, elsewhere.
pub const REDIRECTING: &[&str] = &["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_*", "AWS_DATA_PATH"];

/// The one among them that `jit` itself sets, for a lease of another endpoint.
pub const OWN_REDIRECTION: &str = "AWS_ENDPOINT_URL_STS";

/// Every variable that `jit` sets for a session, in order of names. `expires` is its expiry as a text.
pub fn variables(credentials: &AwsCredentials, expires: &str) -> Vec<(&'static str, Secret<String>)> {
    let mut variables: Vec<(&'static str, Secret<String>)> = vec![
        ("AWS_ACCESS_KEY_ID", credentials.access_key_id.as_str().into()),
        ("AWS_ACCOUNT_ID", credentials.account.as_str().into()),
        ("AWS_CREDENTIAL_EXPIRATION", expires.into()),
        ("AWS_DEFAULT_REGION", credentials.region.as_str().into()),
        ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ("AWS_REGION", credentials.region.as_str().into()),
        ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.clone()),
        // The older name of the session token. boto 2 and software built on it know no other.
        ("AWS_SECURITY_TOKEN", credentials.session_token.clone()),
        ("AWS_SESSION_EXPIRATION", expires.into()),
        ("AWS_SESSION_TOKEN", credentials.session_token.clone()),
    ];
    if let Some(endpoint) = &credentials.endpoint_url {
        variables.push((OWN_REDIRECTION, endpoint.as_str().into()));
    }
    variables
}

/// Every name that [`variables`] may set, for unsetting.
pub const NAMES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCOUNT_ID",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_ENDPOINT_URL_STS",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_EXPIRATION",
    "AWS_SESSION_TOKEN",
];

/// The regions that the caller has set and that a command will not see, because the role's region replaces them. Each
/// is `NAME=VALUE`. Variables that `jit` itself set in the surrounding shell do not count.
pub fn replaced_regions(inherited: &Environment, region: &str) -> Vec<String> {
    let names = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let values = names.map(|name| inherited.get(name));
    let is_ours = inherited.get("JIT_GRANT").is_some() && values[0] == values[1];
    let set = names.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?)));
    set.filter(|(_, value)| !is_ours && *value != region)
        .map(|(name, value)| format!("{name}={}", crate::grant::text::sanitise(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_that_somebody_set_is_not_replaced_without_a_word() {
        let replaced = |environment: &Environment| replaced_regions(environment, "eu-west-1");
        let mut environment =
            Environment::of([("AWS_REGION", "us-east-1"), ("AWS_DEFAULT_REGION", "eu-west-1")]);
        assert_eq!(replaced(&environment), ["AWS_REGION=us-east-1"]);
        environment.set("JIT_GRANT", "prod");
        assert_eq!(replaced(&environment), ["AWS_REGION=us-east-1"], "set inside a shell of jit's");
        environment.set("AWS_DEFAULT_REGION", "us-east-1");
        assert!(replaced(&environment).is_empty(), "jit set both");
        environment.remove("JIT_GRANT");
        assert_eq!(replaced(&environment), ["AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1"]);
        assert!(replaced(&Environment::of([("AWS_REGION", "eu-west-1")])).is_empty());
    }
}

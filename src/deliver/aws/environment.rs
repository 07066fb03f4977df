//! The environment of a command that runs with access.

use jiff::Timestamp;

use crate::grant::Credentials;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::cloud::aws::AwsCredentials;
use crate::grant::span::whole_seconds;
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
const REDIRECTING: &[&str] = &["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_*", "AWS_DATA_PATH"];

/// The one among them that `jit` itself sets, for a lease of another endpoint.
const OWN_REDIRECTION: &str = "AWS_ENDPOINT_URL_STS";

/// Every variable that `jit` sets for one lease, in order of names.
pub fn variables(role: &Name, lease: &Lease, until: Timestamp) -> Vec<(&'static str, Secret<String>)> {
    let expires = whole_seconds(lease.expires).to_string();
    let own = [
        ("JIT_GRANT", role.as_str().into()),
        ("JIT_GRANT_UNTIL", Secret::new(whole_seconds(until).to_string())),
    ];
    match &lease.credentials {
        Credentials::Aws(credentials) => of_aws(credentials, &expires, own),
    }
}

fn of_aws(
    credentials: &AwsCredentials,
    expires: &str,
    own: [(&'static str, Secret<String>); 2],
) -> Vec<(&'static str, Secret<String>)> {
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
    variables.extend(own);
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
    "JIT_GRANT",
    "JIT_GRANT_UNTIL",
];

/// The environment of a child: this process's own, without the variables that would lead to other credentials, and with
/// the lease.
pub fn child(inherited: &Environment, role: &Name, lease: &Lease, until: Timestamp) -> Environment {
    let mut environment = Environment::default();
    for (name, value) in inherited.iter() {
        let scrubbed = name.to_str().is_some_and(|name| {
            is_among(name, SCRUBBED, cfg!(windows)) || is_among(name, NAMES, cfg!(windows))
        });
        if !scrubbed {
            environment.set(name, value);
        }
    }
    for (name, value) in variables(role, lease, until) {
        environment.set(name, value.expose());
    }
    environment
}

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

/// The names of inherited variables that can send the cloud's traffic elsewhere. The command warns about them. A
/// variable that a surrounding `jit exec` set does not count.
pub fn redirecting(inherited: &Environment) -> Vec<String> {
    let is_nested = inherited.get("JIT_GRANT").is_some();
    inherited
        .iter()
        .filter_map(|(name, value)| name.to_str().filter(|_| !value.is_empty()))
        .filter(|name| is_among(name, REDIRECTING, cfg!(windows)) && !(is_nested && *name == OWN_REDIRECTION))
        .map(crate::grant::text::sanitise)
        .collect()
}

fn is_among(name: &str, patterns: &[&str], ignore_case: bool) -> bool {
    // On Windows `aws_profile` and `AWS_PROFILE` are one variable.
    let upper = if ignore_case { name.to_ascii_uppercase() } else { name.to_owned() };
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(beginning) => upper.starts_with(beginning),
        None => upper == *pattern,
    })
}

/// A lease of an example role for tests.
#[cfg(test)]
pub(in crate::deliver) fn example() -> Lease {
    Lease {
        number: 1,
        expires: "2026-11-23T11:00:00.5Z".parse().unwrap(),
        credentials: Credentials::Aws(AwsCredentials {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: "hush".into(),
            session_token: "it's \\ `quiet` $here".into(),
            account: "111122223333".to_owned(),
            session_arn: None,
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_elsewhere_is_removed_and_the_rest_is_kept() {
        let mut inherited = Environment::of([
            ("PATH", "/bin"),
            ("AWS_PROFILE", "personal"),
            ("AWS_SSO_ACCOUNT_ID", "1"),
            ("AWS_ACCESS_KEY_ID", "AKIAOLD"),
            ("AWS_SECURITY_TOKEN", "old"),
            ("AWS_ENDPOINT_URL_S3", "http://evil"),
            ("AWS_ENDPOINT_URL_STS", "http://evil"),
            ("AWS_RETRY_MODE", "standard"),
        ]);
        inherited.set("JIT_GRANT_UNTIL", "old");
        let until = "2026-11-23T12:00:00Z".parse().unwrap();
        let child = child(&inherited, &"prod".parse().unwrap(), &example(), until);
        assert_eq!(child.get("PATH"), Some("/bin"));
        assert_eq!(child.get("AWS_RETRY_MODE"), Some("standard"));
        assert_eq!(child.get("AWS_ACCESS_KEY_ID"), Some("ASIAEXAMPLE"));
        assert_eq!(child.get("AWS_SECURITY_TOKEN"), child.get("AWS_SESSION_TOKEN"));
        assert_eq!(child.get("AWS_CREDENTIAL_EXPIRATION"), Some("2026-11-23T11:00:00Z"));
        assert_eq!(child.get("AWS_SESSION_EXPIRATION"), Some("2026-11-23T11:00:00Z"));
        assert_eq!(child.get("JIT_GRANT_UNTIL"), Some("2026-11-23T12:00:00Z"));
        for gone in ["AWS_PROFILE", "AWS_SSO_ACCOUNT_ID", "AWS_ENDPOINT_URL_STS"] {
            assert_eq!(child.get(gone), None, "{gone}");
        }
        assert_eq!(redirecting(&inherited), ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS"]);
        // A company's own certificates redirect no traffic, and a surrounding `jit exec` set the STS itself.
        inherited.set("AWS_CA_BUNDLE", "/etc/ssl/company.pem");
        inherited.set("JIT_GRANT", "prod");
        assert_eq!(redirecting(&inherited), ["AWS_ENDPOINT_URL_S3"]);
        assert!(is_among("aws_profile", SCRUBBED, true) && !is_among("aws_profile", SCRUBBED, false));
    }

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

    #[test]
    fn every_variable_that_is_set_can_be_unset() {
        let mut lease = example();
        let Credentials::Aws(credentials) = &mut lease.credentials;
        credentials.endpoint_url = Some("http://127.0.0.1:1".to_owned());
        let until = "2026-11-23T12:00:00Z".parse().unwrap();
        let mut names: Vec<&str> =
            variables(&"prod".parse().unwrap(), &lease, until).into_iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        assert_eq!(names, NAMES);
    }
}

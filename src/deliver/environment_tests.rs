//! Tests of a command's environment, and an example lease.

use super::*;
use crate::grant::cloud::aws::AwsCredentials;
use crate::grant::cloud::azure::Authority;
use crate::grant::cloud::azure::AzureCredentials;
use crate::grant::cloud::azure::AzureToken;
use crate::grant::cloud::gcp::GcpCredentials;
use crate::grant::cloud::token::TokenCredentials;
use crate::grant::cloud::vault::VaultCredentials;

/// A lease of an example role of AWS.
pub(in crate::deliver) fn example() -> Lease {
    of(Credentials::Aws(AwsCredentials {
        access_key_id: "ASIAEXAMPLE".to_owned(),
        secret_access_key: "hush".into(),
        session_token: "it's \\ `quiet` $here".into(),
        account: "111122223333".to_owned(),
        session_arn: None,
        region: "eu-west-1".to_owned(),
        endpoint_url: Some("http://127.0.0.1:1".to_owned()),
    }))
}

fn of(credentials: Credentials) -> Lease {
    Lease { number: 1, expires: "2026-11-23T11:00:00.5Z".parse().unwrap(), credentials }
}

fn token() -> Lease {
    of(Credentials::Token(TokenCredentials { token: "jwt".into(), audience: "registry".to_owned() }))
}

fn vault() -> Lease {
    of(Credentials::Vault(VaultCredentials {
        token: "s.own".into(),
        accessor: "a".to_owned(),
        address: "https://vault.example.com".to_owned(),
        namespace: Some("team".to_owned()),
        mount: "jwt".to_owned(),
        role: "prod".to_owned(),
    }))
}

fn gcp() -> Lease {
    of(Credentials::Gcp(GcpCredentials {
        token: "ya29.own".into(),
        service_account: "db-admin@prod-123456.iam.gserviceaccount.com".to_owned(),
        project: "prod-123456".to_owned(),
        provider: "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1".to_owned(),
        endpoint: Some("http://127.0.0.1:4000".to_owned()),
        bounded: true,
    }))
}

fn azure() -> Lease {
    let token = |audience: &str, token: &str| AzureToken {
        audience: audience.to_owned(),
        token: token.into(),
        expires: until(),
    };
    of(Credentials::Azure(AzureCredentials {
        tokens: vec![
            token("https://management.azure.com", "first"),
            token("https://vault.azure.net", "second"),
        ],
        tenant: "0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90".to_owned(),
        client_id: "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc".to_owned(),
        authority: Authority::Public,
        overrun: false,
    }))
}

fn until() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn child_of(inherited: &Environment, leases: &[Lease]) -> Environment {
    let role = "prod".parse().unwrap();
    let held: Vec<Held<'_>> =
        leases.iter().map(|lease| Held { role: &role, lease, until: until() }).collect();
    child(inherited, &held)
}

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
        ("VAULT_TOKEN", "s.mine"),
    ]);
    inherited.set("JIT_GRANT_UNTIL", "old");
    let mut lease = example();
    let Credentials::Aws(credentials) = &mut lease.credentials else { panic!() };
    credentials.endpoint_url = None;
    let child = child_of(&inherited, &[lease]);
    assert_eq!(child.get("PATH"), Some("/bin"));
    assert_eq!(child.get("AWS_RETRY_MODE"), Some("standard"));
    assert_eq!(child.get("AWS_ACCESS_KEY_ID"), Some("ASIAEXAMPLE"));
    assert_eq!(child.get("AWS_SECURITY_TOKEN"), child.get("AWS_SESSION_TOKEN"));
    assert_eq!(child.get("AWS_CREDENTIAL_EXPIRATION"), Some("2026-11-23T11:00:00Z"));
    assert_eq!(child.get("AWS_SESSION_EXPIRATION"), Some("2026-11-23T11:00:00Z"));
    assert_eq!(child.get("JIT_GRANT_UNTIL"), Some("2026-11-23T12:00:00Z"));
    assert_eq!(child.get("VAULT_TOKEN"), Some("s.mine"), "another place's credentials are the caller's own");
    for gone in ["AWS_PROFILE", "AWS_SSO_ACCOUNT_ID", "AWS_ENDPOINT_URL_STS"] {
        assert_eq!(child.get(gone), None, "{gone}");
    }
    let redirecting = |environment: &Environment| redirecting(environment, &[Cloud::Aws]);
    assert_eq!(redirecting(&inherited), ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS"]);
    // A company's own certificates redirect no traffic, and a surrounding `jit exec` set the STS itself.
    inherited.set("AWS_CA_BUNDLE", "/etc/ssl/company.pem");
    inherited.set("JIT_GRANT", "prod");
    assert_eq!(redirecting(&inherited), ["AWS_ENDPOINT_URL_S3"]);
    let scrubbed = super::of(Cloud::Aws).scrubbed;
    assert!(is_among("aws_profile", scrubbed, true) && !is_among("aws_profile", scrubbed, false));
}

#[test]
fn several_places_share_one_environment() {
    let inherited = Environment::of([
        ("BAO_TOKEN", "s.mine"),
        ("VAULT_AGENT_ADDR", "http://127.0.0.1:1"),
        ("VAULT_SKIP_VERIFY", "1"),
        ("JIT_TOKEN_FILE", "/tmp/old"),
    ]);
    let child = child_of(&inherited, &[token(), vault(), example()]);
    assert_eq!(child.get("JIT_TOKEN"), Some("jwt"));
    assert_eq!((child.get("VAULT_TOKEN"), child.get("BAO_TOKEN")), (Some("s.own"), Some("s.own")));
    assert_eq!(child.get("VAULT_ADDR"), Some("https://vault.example.com"));
    assert_eq!(child.get("BAO_NAMESPACE"), Some("team"));
    assert_eq!(child.get("AWS_ACCESS_KEY_ID"), Some("ASIAEXAMPLE"));
    for gone in ["VAULT_AGENT_ADDR", "JIT_TOKEN_FILE"] {
        assert_eq!(child.get(gone), None, "{gone}");
    }
    assert_eq!(redirecting(&inherited, &[Cloud::Aws]), [""; 0]);
    assert_eq!(redirecting(&inherited, &[Cloud::Vault]), ["VAULT_SKIP_VERIFY"]);
}

#[test]
fn what_leads_googles_programs_elsewhere_is_removed() {
    let mut inherited = Environment::of([
        ("GOOGLE_APPLICATION_CREDENTIALS", "/home/ana/key.json"),
        ("GOOGLE_CREDENTIALS", "{}"),
        ("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", "other@prod-123456.iam.gserviceaccount.com"),
        ("CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE", "/home/ana/key.json"),
        ("CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT", "other@prod-123456.iam.gserviceaccount.com"),
        ("CLOUDSDK_CONFIG", "/home/ana/.config/gcloud"),
        ("GCE_METADATA_HOST", "10.0.0.1"),
        ("GCLOUD_PROJECT", "elsewhere-1"),
        ("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", "http://evil"),
        ("AWS_PROFILE", "personal"),
    ]);
    let child = child_of(&inherited, &[gcp()]);
    assert_eq!(child.get("CLOUDSDK_AUTH_ACCESS_TOKEN"), Some("ya29.own"));
    assert_eq!(child.get("GOOGLE_OAUTH_ACCESS_TOKEN"), Some("ya29.own"));
    assert_eq!(child.get("CLOUDSDK_CORE_PROJECT"), Some("prod-123456"));
    assert_eq!(child.get("GOOGLE_CLOUD_PROJECT"), Some("prod-123456"));
    // Client libraries read no variable: they must not find the person's own credentials instead.
    assert_eq!(child.get("GOOGLE_APPLICATION_CREDENTIALS"), Some(gcp::NO_FILE));
    assert!(!std::path::Path::new(gcp::NO_FILE).exists());
    let overruled = child.iter().find(|(name, _)| *name == "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT");
    assert!(overruled.is_some_and(|(_, value)| value.is_empty()), "it stands there, empty");
    assert_eq!(child.get("CLOUDSDK_CONFIG"), Some("/home/ana/.config/gcloud"), "the settings stay");
    assert_eq!(child.get("AWS_PROFILE"), Some("personal"), "another place's settings are the caller's own");
    for gone in [
        "GOOGLE_CREDENTIALS",
        "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
        "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
        "GCE_METADATA_HOST",
        "GCLOUD_PROJECT",
    ] {
        assert_eq!(child.get(gone), None, "{gone}");
    }
    assert_eq!(redirecting(&inherited, &[Cloud::Gcp]), ["CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"]);
    inherited.set("JIT_GRANT", "prod");
    assert_eq!(redirecting(&inherited, &[Cloud::Gcp]), ["CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"]);
    assert!(needs_serving(Cloud::Gcp) && !needs_serving(Cloud::Vault));
}

#[test]
fn what_leads_azures_programs_elsewhere_is_removed() {
    let inherited = Environment::of([
        ("AZURE_CLIENT_ID", "mine"),
        ("AZURE_CLIENT_SECRET", "mine"),
        ("AZURE_CLIENT_CERTIFICATE_PATH", "/home/ana/cert.pem"),
        ("AZURE_TENANT_ID", "mine"),
        ("AZURE_USERNAME", "ana"),
        ("AZURE_PASSWORD", "mine"),
        ("AZURE_FEDERATED_TOKEN_FILE", "/home/ana/jwt"),
        ("IDENTITY_ENDPOINT", "http://127.0.0.1:1"),
        ("IDENTITY_HEADER", "mine"),
        ("MSI_ENDPOINT", "http://127.0.0.1:1"),
        ("MSI_SECRET", "mine"),
        ("ARM_CLIENT_SECRET", "mine"),
        ("ARM_USE_OIDC", "true"),
        ("ARM_OIDC_TOKEN_FILE_PATH", "/home/ana/jwt"),
        ("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential"),
        ("AZURE_CONFIG_DIR", "/home/ana/.azure"),
        ("AZURE_SUBSCRIPTION_ID", "kept"),
        ("ARM_SUBSCRIPTION_ID", "kept"),
        ("AZURE_AUTHORITY_HOST", "https://evil.example"),
        ("AWS_PROFILE", "personal"),
    ]);
    let child = child_of(&inherited, &[azure()]);
    assert_eq!(child.get("AZURE_ACCESS_TOKEN"), Some("first"), "the first audience's");
    // Client libraries read no token in a variable: they must not find the person's own credentials instead.
    assert_eq!(child.get("AZURE_TOKEN_CREDENTIALS"), Some("EnvironmentCredential"));
    let kept = ["AZURE_CONFIG_DIR", "AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID", "AWS_PROFILE"];
    for name in kept {
        assert_eq!(child.get(name), inherited.get(name), "{name}");
    }
    for (name, _) in inherited.iter().filter_map(|(name, value)| Some((name.to_str()?, value))) {
        let stays =
            kept.contains(&name) || ["AZURE_TOKEN_CREDENTIALS", "AZURE_AUTHORITY_HOST"].contains(&name);
        assert!(stays || child.get(name).is_none(), "{name}");
    }
    assert!(!child.iter().any(|(_, value)| value == "mine" || value == "second"));
    assert_eq!(redirecting(&inherited, &[Cloud::Azure]), ["AZURE_AUTHORITY_HOST"]);
    assert!(needs_serving(Cloud::Azure));
}

#[test]
fn every_variable_that_is_set_can_be_unset() {
    let role = "prod".parse().unwrap();
    let mut set: Vec<&str> = [example(), token(), vault(), gcp(), azure()]
        .iter()
        .flat_map(|lease| variables(Held { role: &role, lease, until: until() }))
        .map(|(name, _)| name)
        .collect();
    set.sort_unstable();
    set.dedup();
    let mut known: Vec<&str> = names().collect();
    known.sort_unstable();
    assert_eq!(set, known);
}

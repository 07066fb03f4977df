//! Delivery to programs of Google Cloud: variables, or a file that leads client libraries to an endpoint on this machine.
//!
//! gcloud and Terraform read a token from a variable. Google's client libraries read a file only, so the served form is the usual one.

pub mod endpoint;
pub mod metadata;

use std::io;
use std::path::Path;

use serde::Serialize;

use crate::deliver::environment::Variables;
use crate::grant::cloud::gcp::GcpCredentials;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::private_folder::PrivateFolder;
use endpoint::GcpEndpoint;

/// The file that client libraries are led to where there is none for them. It does not exist, so that they fail and tell its name,
/// instead of taking the credentials of the person's own `gcloud auth application-default login`.
pub const NO_FILE: &str = "/client-libraries-need-the-served-form/leave-out-env";

/// The variable that leads gcloud to another IAM Credentials than Google's own: gcloud's property `api_endpoint_overrides/iamcredentials`.
/// Set where the role's policy names an endpoint on this machine.
const OWN_REDIRECTION: &str = "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS";

/// The service account of a token that an access boundary limits, for `jit whoami --cloud`: Google says nothing of such a token.
const BOUNDED_ACCOUNT: &str = "JIT_BOUNDED_ACCOUNT";

/// Names of gcloud's properties (`CLOUDSDK_SECTION_NAME`, gcloud 528), of Terraform's provider, and of client libraries.
pub const VARIABLES: Variables = Variables {
    names: &[
        OWN_REDIRECTION,
        "CLOUDSDK_AUTH_ACCESS_TOKEN",
        "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
        "CLOUDSDK_CORE_PROJECT",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_CLOUD_PROJECT",
        "GOOGLE_OAUTH_ACCESS_TOKEN",
        BOUNDED_ACCOUNT,
    ],
    served: &[
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
        "GCE_METADATA_HOST",
        "GCE_METADATA_IP",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "NO_PROXY",
    ],
    scrubbed: &[
        "CLOUDSDK_AUTH_*",
        "CLOUDSDK_BILLING_QUOTA_PROJECT",
        "CLOUDSDK_CORE_ACCOUNT",
        "CLOUDSDK_PROJECT",
        "GCE_METADATA_HOST",
        "GCE_METADATA_IP",
        "GCE_METADATA_ROOT",
        "GCLOUD_KEYFILE_JSON",
        "GCLOUD_PROJECT",
        "GOOGLE_BACKEND_CREDENTIALS",
        "GOOGLE_BACKEND_IMPERSONATE_SERVICE_ACCOUNT",
        "GOOGLE_CLOUD_KEYFILE_JSON",
        "GOOGLE_CLOUD_QUOTA_PROJECT",
        "GOOGLE_CREDENTIALS",
        "GOOGLE_EXTERNAL_ACCOUNT_*",
        "GOOGLE_GHA_CREDS_PATH",
        "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
        "GOOGLE_PROJECT",
        "METADATA_SERVER_DETECTION",
        "NO_GCE_CHECK",
    ],
    redirecting: &[
        "BIGTABLE_EMULATOR_HOST",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_*",
        "CLOUDSDK_CORE_UNIVERSE_DOMAIN",
        "CLOUDSDK_PROXY_*",
        "DATASTORE_EMULATOR_HOST",
        "FIRESTORE_EMULATOR_HOST",
        "GOOGLE_CLOUD_UNIVERSE_DOMAIN",
        "PUBSUB_EMULATOR_HOST",
        "SPANNER_EMULATOR_HOST",
        "STORAGE_EMULATOR_HOST",
    ],
    own_redirections: &[OWN_REDIRECTION],
};

/// Every variable that is set for a token, in order of names.
pub fn variables(credentials: &GcpCredentials) -> Vec<(&'static str, Secret<String>)> {
    let mut variables = around(credentials);
    for name in ["CLOUDSDK_AUTH_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"] {
        variables.push((name, credentials.token.clone()));
    }
    variables.push(("GOOGLE_APPLICATION_CREDENTIALS", NO_FILE.into()));
    variables
}

/// The variables that stand around a token. The empty one overrules a configuration of gcloud in which another service account is
/// impersonated (`auth/impersonate_service_account`).
fn around(credentials: &GcpCredentials) -> Vec<(&'static str, Secret<String>)> {
    let mut variables = vec![
        ("CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT", "".into()),
        ("CLOUDSDK_CORE_PROJECT", credentials.project.as_str().into()),
        ("GOOGLE_CLOUD_PROJECT", credentials.project.as_str().into()),
    ];
    if credentials.bounded {
        variables.push((BOUNDED_ACCOUNT, credentials.service_account.as_str().into()));
    }
    if let Some(endpoint) = &credentials.endpoint {
        variables.push((OWN_REDIRECTION, Secret::new(format!("{}/", endpoint.trim_end_matches('/')))));
    }
    variables
}

/// The configuration of a client library (AIP-4117).
#[derive(Serialize)]
struct ExternalAccount<'a> {
    r#type: &'static str,
    audience: String,
    subject_token_type: &'static str,
    token_url: &'a str,
    credential_source: Source<'a>,
}

#[derive(Serialize)]
struct Source<'a> {
    url: &'a str,
    headers: Headers<'a>,
}

#[derive(Serialize)]
struct Headers<'a> {
    #[serde(rename = "Authorization")]
    authorization: &'a str,
}

/// Leads the programs to the endpoint and, for gcloud, to a file in which the token is kept fresh.
///
/// # Errors
/// The private folder cannot be written.
pub fn serve(
    environment: &mut Environment,
    credentials: &GcpCredentials,
    folder: &PrivateFolder,
    (endpoint, token_file): (&GcpEndpoint, &Path),
) -> io::Result<()> {
    let account = ExternalAccount {
        r#type: "external_account",
        audience: format!("//iam.googleapis.com/{}", credentials.provider),
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        token_url: endpoint.token_url().expose(),
        credential_source: Source {
            url: endpoint.subject_url().expose(),
            headers: Headers { authorization: endpoint.secret().expose() },
        },
    };
    let text = zeroize::Zeroizing::new(serde_json::to_vec(&account).map_err(io::Error::other)?);
    let file = folder.write("gcp.json", &text)?;
    crate::deliver::environment::set(environment, around(credentials));
    environment.set("GOOGLE_APPLICATION_CREDENTIALS", file.as_os_str());
    environment.set("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", token_file.as_os_str());
    crate::deliver::environment::spare_this_machine(environment);
    Ok(())
}

/// Leads programs to an endpoint in the form of the metadata server. google-auth for Python looks for its presence at the second one.
pub fn lead_to_metadata(environment: &mut Environment, host: &str) {
    environment.set("GCE_METADATA_HOST", host);
    environment.set("GCE_METADATA_IP", host);
    crate::deliver::environment::spare_this_machine(environment);
}

//! Delivery to programs of Azure: a variable for scripts, and for client libraries an endpoint on this machine in the
//! form of App Service's managed identities.
//!
//! No variable holds a token that Azure's libraries read, so the served form is the usual one. The names are those of
//! azure-identity 1.27 (Python) and 4.14 (JavaScript), of MSAL, and of Terraform's provider `azurerm`.

pub mod endpoint;

use std::path::Path;

use crate::deliver::environment::Variables;
use crate::grant::cloud::azure::AzureCredentials;
use crate::secret::Secret;
use crate::system::Environment;
use endpoint::AzureEndpoint;

/// The only credential that `DefaultAzureCredential` tries where there is no endpoint. It needs variables that are not
/// there, so it fails, instead of taking the person's own sign-in or the machine's identity.
const NONE: &str = "EnvironmentCredential";

/// The only credential that it tries where there is one.
const SERVED: &str = "ManagedIdentityCredential";

/// The variables of Azure's programs.
pub const VARIABLES: Variables = Variables {
    names: &["AZURE_ACCESS_TOKEN", "AZURE_TOKEN_CREDENTIALS"],
    served: &[
        "AZURE_ACCESS_TOKEN_FILE",
        "AZURE_TOKEN_CREDENTIALS",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
        "NO_PROXY",
    ],
    scrubbed: &[
        "ARM_ACCESS_KEY",
        "ARM_CLIENT_*",
        "ARM_MSI_*",
        "ARM_OIDC_*",
        "ARM_SAS_TOKEN",
        "ARM_TENANT_ID",
        "ARM_USE_*",
        "AZCOPY_AUTO_LOGIN_TYPE",
        "AZCOPY_SPA_*",
        "AZURE_ACCESS_TOKEN_FILE",
        "AZURE_CLIENT_*",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_PASSWORD",
        "AZURE_POD_IDENTITY_AUTHORITY_HOST",
        "AZURE_STORAGE_CONNECTION_STRING",
        "AZURE_STORAGE_KEY",
        "AZURE_STORAGE_SAS_TOKEN",
        "AZURE_TENANT_ID",
        "AZURE_USERNAME",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
        "IDENTITY_SERVER_THUMBPRINT",
        "IMDS_ENDPOINT",
        "MSI_ENDPOINT",
        "MSI_SECRET",
    ],
    redirecting: &[
        "ARM_ENVIRONMENT",
        "ARM_METADATA_HOST*",
        "AZURE_AUTHORITY_HOST",
        "AZURE_CLOUD",
        "AZURE_KUBERNETES_TOKEN_PROXY",
    ],
    own_redirections: &[],
};

/// Every variable that is set for tokens: the first one, for scripts.
pub fn variables(credentials: &AzureCredentials) -> Vec<(&'static str, Secret<String>)> {
    let first = credentials.tokens.first().map(|first| ("AZURE_ACCESS_TOKEN", first.token.clone()));
    first.into_iter().chain([("AZURE_TOKEN_CREDENTIALS", NONE.into())]).collect()
}

/// Leads client libraries to the endpoint, and scripts to a file in which the first token is kept fresh.
pub fn serve(environment: &mut Environment, (endpoint, token_file): (&AzureEndpoint, &Path)) {
    environment.set("AZURE_ACCESS_TOKEN_FILE", token_file.as_os_str());
    environment.set("AZURE_TOKEN_CREDENTIALS", SERVED);
    environment.set("IDENTITY_ENDPOINT", endpoint.url().expose());
    environment.set("IDENTITY_HEADER", endpoint.secret().expose());
    crate::deliver::environment::spare_this_machine(environment);
}

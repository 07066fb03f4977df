//! Credentials as documents on standard output, for programs that start `jit` to get them.

use jiff::Timestamp;
use serde::Serialize;

use crate::deliver::aws::credential_process;
use crate::deliver::aws::credential_process::Described;
use crate::deliver::kubernetes::exec_credential;
use crate::grant::Cloud;
use crate::grant::Credentials;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::Place;
use crate::grant::cloud::azure::AzureToken;
use crate::grant::span::whole_seconds;
use crate::secret::Secret;

/// Why credentials have no document of a form.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The form is another cloud's.
    #[error("{0} credentials have no document of this form")]
    Form(Cloud),
    /// They cannot be written.
    #[error("the credentials cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// The output of `credential_process` for a lease whose access ends at `until`.
///
/// # Errors
/// The credentials are not AWS's.
pub fn of_aws(lease: &Lease, until: Timestamp) -> Result<Secret<String>, DocumentError> {
    let credentials =
        lease.credentials.as_aws().ok_or_else(|| DocumentError::Form(lease.credentials.cloud()))?;
    Ok(credential_process::document(credentials, lease.expires.min(until))?)
}

/// The output of an exec plugin of Kubernetes for a lease whose access ends at `until`. `info` is what its client expects.
///
/// # Errors
/// The credentials are not for a cluster.
pub fn of_kubernetes(
    lease: &Lease,
    (until, now): (Timestamp, Timestamp),
    info: Option<&str>,
) -> Result<Secret<String>, DocumentError> {
    let Credentials::Kubernetes(credentials) = &lease.credentials else {
        return Err(DocumentError::Form(lease.credentials.cloud()));
    };
    Ok(exec_credential::document(credentials, (lease.expires.min(until), now), info)?)
}

/// The token alone, where the credentials are one.
///
/// # Errors
/// They are no token: AWS's sign each call.
pub fn token(lease: &Lease) -> Result<&Secret<String>, DocumentError> {
    lease.credentials.bearer().ok_or_else(|| DocumentError::Form(lease.credentials.cloud()))
}

/// The members that every place's document has, around those of its own.
#[derive(Serialize)]
struct Whole<'a> {
    role: &'a str,
    cloud: Cloud,
    place: Place,
    #[serde(flatten)]
    own: Own<'a>,
    expires: Timestamp,
    until: Timestamp,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Own<'a> {
    Aws(Described<'a>),
    Token {
        audience: &'a str,
        token: &'a str,
    },
    Vault {
        address: &'a str,
        namespace: Option<&'a str>,
        token: &'a str,
        accessor: &'a str,
    },
    Gcp {
        service_account: &'a str,
        project: &'a str,
        token: &'a str,
    },
    Kubernetes {
        server: &'a str,
        namespace: Option<&'a str>,
        token: &'a str,
    },
    Azure {
        tenant: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        client_id: &'a str,
        tokens: Vec<OfAzure<'a>>,
    },
}

/// One of several tokens. It expires when Entra says, which may be after the access.
#[derive(Serialize)]
struct OfAzure<'a> {
    audience: &'a str,
    token: &'a str,
    expires: Timestamp,
}

fn of_azure(token: &AzureToken) -> OfAzure<'_> {
    OfAzure { audience: &token.audience, token: token.token.expose(), expires: token.expires }
}

/// The credentials under `jit`'s own names, with the role and the end of its access.
///
/// # Errors
/// They cannot be written.
pub fn described(role: &Name, lease: &Lease, until: Timestamp) -> Result<Secret<String>, DocumentError> {
    let own = match &lease.credentials {
        Credentials::Aws(credentials) => Own::Aws(Described::of(credentials)),
        Credentials::Token(credentials) => {
            Own::Token { audience: &credentials.audience, token: credentials.token.expose() }
        }
        Credentials::Vault(credentials) => Own::Vault {
            address: &credentials.address,
            namespace: credentials.namespace.as_deref(),
            token: credentials.token.expose(),
            accessor: &credentials.accessor,
        },
        Credentials::Gcp(credentials) => Own::Gcp {
            service_account: &credentials.service_account,
            project: &credentials.project,
            token: credentials.token.expose(),
        },
        Credentials::Kubernetes(credentials) => Own::Kubernetes {
            server: &credentials.server,
            namespace: credentials.namespace.as_deref(),
            token: credentials.token.expose(),
        },
        Credentials::Azure(credentials) => Own::Azure {
            tenant: &credentials.tenant,
            client_id: &credentials.client_id,
            tokens: credentials.tokens.iter().map(of_azure).collect(),
        },
    };
    let whole = Whole {
        role: role.as_str(),
        cloud: lease.credentials.cloud(),
        place: lease.credentials.place(),
        own,
        expires: whole_seconds(lease.expires.min(until)),
        until: whole_seconds(until),
    };
    Ok(Secret::new(serde_json::to_string(&whole)?))
}

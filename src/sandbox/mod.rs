//! The cloud for `jit demo` and tests: it listens on loopback and really verifies, in the words of AWS, of Google Cloud, of
//! Microsoft Entra and of a Kubernetes API server.
//!
//! May use `provider`, `issuer`, `grant`, `system`, `secret`. Invariant: only the demonstration, `jit serve --sandbox`
//! and tests start it, its audience is its own, and no code path for a real cloud leads here.

mod actions;
mod answer;
mod credentials;
mod entra;
mod google;
mod kubernetes;
mod parameters;
pub(crate) mod session_policy;
mod signature;
mod token;
mod wildcard;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;

use axum::Extension;
use axum::Router;
use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::extract::DefaultBodyLimit;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::Uri;
use axum::response::Response;

use crate::grant::Credentials;
use crate::grant::Digest;
use crate::grant::cloud::aws::RoleArn;
use crate::provider::ProviderError;
use crate::provider::aws::endpoint::SANDBOX_AUDIENCE;
use crate::provider::aws::identify;
use crate::secret::Secret;
use crate::system::Clock;
use crate::system::Entropy;
use crate::system::Http;
use crate::system::System;
use answer::Fault;
use credentials::Session;
pub use entra::SandboxApp;
use google::GoogleToken;
pub use google::SandboxAccount;
pub use kubernetes::API_AUDIENCE;
pub use kubernetes::SandboxCluster;

/// The largest call that is read, in bytes. A token has at most 20 000.
const MAX_CALL: usize = 64 * 1024;

/// A sandbox-only action that reads a note, so that a session policy has something to deny. `GetCallerIdentity` cannot
/// be denied, as in AWS.
pub const READ_NOTE: &str = "SandboxReadNote";

/// A second sandbox-only action, so that a scope can allow one and not the other.
pub const WRITE_NOTE: &str = "SandboxWriteNote";

/// A role of the sandbox.
#[derive(Debug, Clone)]
pub struct SandboxRole {
    /// Its ARN.
    pub arn: RoleArn,
    /// The subject that the issuer's tokens must have. `None` for a role that no token opens.
    pub trusted_subject: Option<String>,
    /// The ARNs of users and roles that may call `AssumeRole` for it.
    pub trusted_callers: Vec<String>,
    /// Whether those callers must send a code of their MFA device.
    pub needs_mfa: bool,
    /// The longest session, in seconds. AWS allows 3600 to 43200.
    pub max_session: i64,
}

impl SandboxRole {
    fn is(&self, arn: &str) -> bool {
        self.arn.as_str() == arn
    }

    /// A role that the issuer's tokens for this subject open, for at most twelve hours.
    pub fn for_subject(arn: RoleArn, subject: impl Into<String>) -> Self {
        Self {
            arn,
            trusted_subject: Some(subject.into()),
            trusted_callers: Vec::new(),
            needs_mfa: false,
            max_session: 43_200,
        }
    }
}

/// A user with its own access key, as the base of direct roles.
#[derive(Debug, Clone)]
pub struct SandboxUser {
    /// `arn:aws:iam::ACCOUNT:user/NAME`
    pub arn: String,
    /// The id of its access key.
    pub access_key_id: String,
    /// Its secret key.
    pub secret_access_key: Secret<String>,
    /// The serial number of its MFA device, and the device's current code.
    pub mfa: Option<(String, Secret<String>)>,
}

/// The configuration of the sandbox.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The only trusted issuer, and the only address that the sandbox fetches from.
    pub issuer_url: String,
    /// The audience that tokens must have.
    pub audience: String,
    /// The roles.
    pub roles: Vec<SandboxRole>,
    /// The users.
    pub users: Vec<SandboxUser>,
}

impl Settings {
    /// A sandbox that trusts this issuer, with these roles and no users.
    pub fn new(issuer_url: impl Into<String>, roles: Vec<SandboxRole>) -> Self {
        Self {
            issuer_url: issuer_url.into(),
            audience: SANDBOX_AUDIENCE.to_owned(),
            roles,
            users: Vec::new(),
        }
    }
}

/// Roles that may change while the sandbox runs.
pub type ChangingRoles = Arc<dyn Fn() -> Vec<SandboxRole> + Send + Sync>;

/// Service accounts of Google Cloud that may change while the sandbox runs.
pub type ChangingAccounts = Arc<dyn Fn() -> Vec<SandboxAccount> + Send + Sync>;

/// Roles that the sandbox's Kubernetes API server trusts, which may change while it runs.
pub type ChangingClusters = Arc<dyn Fn() -> Vec<SandboxCluster> + Send + Sync>;

/// Applications of Microsoft Entra that may change while the sandbox runs.
pub type ChangingApps = Arc<dyn Fn() -> Vec<SandboxApp> + Send + Sync>;

/// The sandbox cloud. Serve its [`Sandbox::router`] to make it listen.
pub struct Sandbox {
    settings: Settings,
    changing: Option<ChangingRoles>,
    accounts: Option<ChangingAccounts>,
    clusters: Option<ChangingClusters>,
    apps: Option<ChangingApps>,
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    sessions: Mutex<BTreeMap<String, Session>>,
    google_tokens: Mutex<BTreeMap<Digest, GoogleToken>>,
}

impl Sandbox {
    /// Makes a sandbox that fetches the issuer's keys over `http`.
    pub fn new(
        settings: Settings,
        http: Arc<dyn Http>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            settings,
            changing: None,
            accounts: None,
            clusters: None,
            apps: None,
            http,
            clock,
            entropy,
            sessions: Mutex::default(),
            google_tokens: Mutex::default(),
        }
    }

    /// Adds roles that are read again at each call: those of a policy that changes.
    #[must_use]
    pub fn following(self, roles: ChangingRoles) -> Self {
        Self { changing: Some(roles), ..self }
    }

    /// Adds service accounts of Google Cloud. They are read again at each call.
    #[must_use]
    pub fn with_accounts(self, accounts: ChangingAccounts) -> Self {
        Self { accounts: Some(accounts), ..self }
    }

    /// Adds roles of a Kubernetes cluster. They are read again at each call.
    #[must_use]
    pub fn with_clusters(self, clusters: ChangingClusters) -> Self {
        Self { clusters: Some(clusters), ..self }
    }

    /// Adds applications of Microsoft Entra. They are read again at each call.
    #[must_use]
    pub fn with_apps(self, apps: ChangingApps) -> Self {
        Self { apps: Some(apps), ..self }
    }

    /// The routes. The caller serves them on loopback and supplies the caller's address (`ConnectInfo`). An unknown
    /// address satisfies no condition on an address.
    pub fn router(self) -> Router {
        Router::new().fallback(receive).layer(DefaultBodyLimit::max(MAX_CALL)).with_state(Arc::new(self))
    }
}

/// Handles one call, whatever its path: AWS's STS has only `/`, and the other services have their own.
async fn receive(
    State(sandbox): State<Arc<Sandbox>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    body: Bytes,
) -> Response {
    let source = peer.map(|Extension(ConnectInfo(address))| address.ip());
    if method == Method::POST
        && let Some(answer) = sandbox.act_as_google(uri.path(), &headers, &body).await
    {
        return answer;
    }
    if let Some(answer) = sandbox.act_as_cluster(&method, uri.path(), &headers, &body).await {
        return answer;
    }
    if method == Method::POST
        && let Some(answer) = sandbox.act_as_entra(uri.path(), &headers, &body).await
    {
        return answer;
    }
    let outcome = if method == Method::POST && uri.path() == "/" {
        sandbox.act(&uri, &headers, source, &body).await
    } else {
        Err(Fault::new(404, "InvalidAction", "STS is asked by POST to /"))
    };
    let mut id = [0; 8];
    sandbox.entropy.fill(&mut id);
    answer::respond(&outcome, &data_encoding::HEXLOWER.encode(&id), sandbox.clock.now())
}

/// Reads the sandbox's note: the only action that its roles allow and that a session policy can deny.
///
/// # Errors
/// The credentials are not the sandbox's, have expired, or their session policy denies it.
pub async fn read_note(credentials: &Credentials, system: &System) -> Result<(), ProviderError> {
    call(READ_NOTE, credentials, system).await
}

/// Changes the sandbox's note, which a read-only scope does not allow.
///
/// # Errors
/// The credentials are not the sandbox's, have expired, or their session policy does not allow it.
pub async fn write_note(credentials: &Credentials, system: &System) -> Result<(), ProviderError> {
    call(WRITE_NOTE, credentials, system).await
}

async fn call(action: &str, credentials: &Credentials, system: &System) -> Result<(), ProviderError> {
    let credentials = credentials.as_aws().ok_or_else(|| ProviderError {
        message: "these are not credentials of the sandbox cloud".to_owned(),
        hint: None,
        passing: false,
    })?;
    identify::ask(action, credentials, system).await.map(|_| ())
}

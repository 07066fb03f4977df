//! Sign-in at the policy's identity provider for a browser on the approval page: the broker is the client, and no key is
//! enrolled.
//!
//! The answer of the provider counts once, with the `state` that the broker chose, in the browser that has the secret name
//! of the sign-in. So nobody can sign another person's browser in, nor use an answer that belongs to another browser.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::OnceLock;

use url::Url;

use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::signing_in::Proved;
use crate::broker::signing_in::discovered::Discovered;
use crate::broker::signing_in::in_progress::Full;
use crate::broker::signing_in::in_progress::InProgress;
use crate::broker::signing_in::prove;
use crate::grant::span::Span;
use crate::grant::text::sanitise;
use crate::identity::oidc::Nonce;
use crate::identity::oidc::Provider;
use crate::identity::oidc::ProviderError;
use crate::identity::oidc::Registration;
use crate::identity::oidc::SignInError;
use crate::identity::oidc::authorise::Attempt;
use crate::identity::oidc::authorise::Callback;
use crate::policy::Oidc;
use crate::policy::Policy;
use crate::secret::Secret;

/// How long a sign-in may take.
pub const LIMIT: Span = Span::of_minutes(10);
/// The most sign-ins in progress of one address. Several people of one office sign in at once.
const MAX_OF_ADDRESS: usize = 32;
/// The scope that asks for a refresh token. The page keeps none: the browser signs in again after 30 minutes.
const OFFLINE: &str = "offline_access";

/// A sign-in in progress.
struct Flow {
    provider: Provider,
    attempt: Attempt,
    oidc: Oidc,
    nonce: String,
    next: String,
}

/// The sign-ins of browsers in progress, by their secret names. One that is not set yet waits for the provider's
/// discovery document. It has its place already, so a flood of calls makes no flood of callers who wait.
pub struct BrowserFlows {
    flows: InProgress<Arc<OnceLock<Flow>>>,
    discovered: Discovered,
}

impl Default for BrowserFlows {
    fn default() -> Self {
        Self { flows: InProgress::new(MAX_OF_ADDRESS), discovered: Discovered::default() }
    }
}

/// A sign-in that began.
pub struct Begun {
    /// The secret name, for a cookie of the browser.
    pub handle: String,
    /// The provider's address to which the browser goes.
    pub address: String,
    /// The host of that address, safe to show.
    pub host: String,
}

/// The provider's answer to a sign-in, which is used up.
pub struct Landed {
    flow: Arc<OnceLock<Flow>>,
    answer: Result<Secret<String>, SignInError>,
}

/// Why a browser is not signed in.
#[derive(Debug, thiserror::Error)]
enum BrowserError {
    #[error("this page offers no sign-in at an identity provider")]
    NoProvider,
    #[error("too many sign-ins are in progress")]
    Full,
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    SignIn(#[from] SignInError),
    #[error("the policy names another identity provider now")]
    Changed,
}

impl From<Full> for BrowserError {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

impl From<BrowserError> for Fault {
    fn from(error: BrowserError) -> Self {
        let text = error.to_string();
        match error {
            BrowserError::NoProvider => Self::new(Code::NotFound, text).hint("choose another way to sign in"),
            BrowserError::Full => {
                Self::new(Code::TooMany, text).hint("sign in again in a minute").retry_after(60)
            }
            BrowserError::Provider(cause) => {
                Self::new(Code::Unready, text).hint(cause.hint()).retry_after(10)
            }
            BrowserError::Changed => Self::new(Code::Conflict, text).hint("sign in again"),
            BrowserError::SignIn(cause) => told(&cause, text),
        }
    }
}

/// The problem with a hint for the person in the browser.
fn told(cause: &SignInError, text: String) -> Fault {
    match (cause, cause.code()) {
        (SignInError::Network(_), _) | (_, Some("server_error" | "temporarily_unavailable")) => {
            Fault::new(Code::Unready, text).hint("try again in a minute").retry_after(10)
        }
        (SignInError::Lacks(_), _) => Fault::new(Code::Policy, text).hint("choose another way to sign in"),
        (_, Some("access_denied")) => {
            Fault::new(Code::Statement, text).hint("sign in again and agree on the provider's page")
        }
        (_, Some("invalid_client" | "unauthorized_client")) => Fault::new(Code::Policy, text)
            .hint("the provider's administrator registers this page for jit's client: see docs/sign-in.md"),
        (_, Some("invalid_scope")) => Fault::new(Code::Policy, text)
            .hint("the policy's owner compares scopes under [identity.oidc] with the provider's"),
        _ => Fault::new(Code::Statement, text)
            .hint("sign in again; if that fails too, tell the administrator of the identity provider"),
    }
}

impl BrowserFlows {
    /// Begins a sign-in. The provider sends the browser back to `redirect`; `next` is the page to show afterwards.
    ///
    /// # Errors
    /// The policy names no provider, too many sign-ins are in progress, or the provider cannot be used.
    pub async fn begin(
        &self,
        shared: &Shared,
        policy: &Policy,
        (redirect, next): (&str, String),
        by: Option<IpAddr>,
    ) -> Result<Begun, Fault> {
        let oidc = policy.oidc_on_page().cloned().ok_or(BrowserError::NoProvider)?;
        let now = shared.clock();
        let handle = shared.system.entropy.token();
        let place = Arc::new(OnceLock::new());
        self.flows
            .add(&handle, (by, LIMIT.after(now)), Arc::clone(&place), now)
            .map_err(BrowserError::from)?;
        match self.prepare(shared, oidc, redirect, next).await {
            Ok(flow) => {
                let address = flow.attempt.address.clone();
                let host = Url::parse(&address).ok().and_then(|url| url.host_str().map(sanitise));
                // The place is new, so nobody has set it.
                let _ = place.set(flow);
                Ok(Begun { handle, address, host: host.unwrap_or_default() })
            }
            Err(error) => {
                self.flows.forget(&handle);
                Err(error.into())
            }
        }
    }

    async fn prepare(
        &self,
        shared: &Shared,
        oidc: Oidc,
        redirect: &str,
        next: String,
    ) -> Result<Flow, BrowserError> {
        let provider = self.discovered.of(shared, &oidc.issuer).await?;
        let entropy = shared.system.entropy.as_ref();
        let nonce = entropy.token();
        let scopes: Vec<String> = oidc.scopes.iter().filter(|scope| *scope != OFFLINE).cloned().collect();
        let attempt = Attempt::new(entropy, &provider, &oidc.client_id, &scopes, &nonce, redirect)?;
        Ok(Flow { provider, attempt, oidc, nonce, next })
    }

    /// Takes the provider's answer to the sign-in of this browser. `None` if it answers none: then nothing changes.
    pub fn land(&self, shared: &Shared, handle: &str, query: &str) -> Option<Landed> {
        self.flows.take(handle, shared.clock(), |place| {
            let flow = place.get()?;
            match flow.attempt.judge(&flow.provider, query) {
                Callback::Stranger => None,
                Callback::Answer(answer) => Some(Landed { flow: Arc::clone(place), answer }),
            }
        })
    }

    /// Forgets a sign-in, since the same browser begins another one.
    pub fn forget(&self, handle: &str) {
        self.flows.forget(handle);
    }
}

impl Landed {
    /// The page to show afterwards.
    pub fn next(&self) -> &str {
        self.flow.get().map_or("", |flow| flow.next.as_str())
    }

    /// Exchanges the code and verifies the token. Returns the person and the client of the token.
    ///
    /// # Errors
    /// The provider refused or does not answer, the token is refused, or the policy takes nobody by it.
    pub async fn prove(self, shared: &Shared, policy: &Policy) -> Result<(Proved, String), Fault> {
        let flow = self.flow.get().ok_or(BrowserError::Changed)?;
        let code = self.answer.map_err(BrowserError::from)?;
        let (began, now) = (&flow.oidc, policy.oidc_on_page().ok_or(BrowserError::NoProvider)?);
        if (&began.issuer, &began.client_id) != (&now.issuer, &now.client_id) {
            return Err(BrowserError::Changed.into());
        }
        let registration =
            Registration { client: &now.client_id, public_secret: now.public_secret.as_deref() };
        let http = shared.system.http.as_ref();
        let tokens = flow.attempt.redeem(http, &flow.provider, registration, &code).await;
        let lacks = SignInError::Answer("it has no ID token");
        let id = tokens.map_err(BrowserError::from)?.id.ok_or(BrowserError::SignIn(lacks))?;
        // The nonce is this sign-in's own, so the token of any other one is refused. It names no key.
        let nonce = flow.nonce.as_str();
        let proved = prove(shared, policy, id.expose(), Nonce::Is(nonce), Some(nonce)).await?;
        Ok((proved, now.client_id.clone()))
    }
}

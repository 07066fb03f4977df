//! The client for a broker: version 1 of its HTTP API over `System.http`.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Asked;
use super::Authority;
use super::AuthorityError;
use super::Listing;
use super::PeopleAuthority;
use super::Record;
use super::StatementAuthority;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::grant::statement::RequestStatement;
use crate::grant::text;
use crate::identity;
use crate::identity::IdentityError;
use crate::identity::Verified;
use crate::protocol::NewerRole;
use crate::protocol::Problem;
use crate::protocol::RequestList;
use crate::protocol::RequestView;
use crate::protocol::RoleList;
use crate::protocol::RoleView;
use crate::protocol::SealedLease;
use crate::protocol::Session;
use crate::secret::Secret;
use crate::system::Clock;
use crate::system::Console;
use crate::system::Http;
use crate::system::System;
use crate::system::http::Request;
use crate::system::http::Response;

/// The pauses before a read is retried, in milliseconds.
const PAUSES: [u64; 2] = [200, 800];
/// The time limit of a read with all its retries. It bounds the wait for a broker that accepts connections and does not
/// answer.
const READ_LIMIT: SignedDuration = SignedDuration::from_secs(20);
/// The time limit of one try, which leaves time for a retry after a lost answer.
pub(super) const TRY_LIMIT: Duration = Duration::from_secs(12);
/// The run that a broker names in the associated data of sealed messages.
const RUN: &str = "broker";
/// How much longer than the wait itself a long poll may take.
const WAIT_MARGIN: Duration = Duration::from_secs(10);

/// Opens a new session when the current one has ended.
#[async_trait]
pub trait Renew: Send + Sync {
    /// The token of a new session that replaces this one. `None` if only a person can get one.
    async fn renew(&self, over: &Secret<String>) -> Option<Secret<String>>;

    /// Proves the person's groups to the broker again, with a new token of the identity provider. Returns whether the
    /// broker took it.
    async fn prove(&self, _session: &Secret<String>) -> bool {
        false
    }
}

/// A broker, as one person's client sees it.
pub struct BrokerClient {
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    console: Arc<dyn Console>,
    url: String,
    token: Mutex<Option<Secret<String>>>,
    renew: Option<Arc<dyn Renew>>,
}

/// Whether the broker wants the person's groups proved again.
fn is_about_groups(error: &AuthorityError) -> bool {
    error.status() == Some(403) && error.code() == Some("groups")
}

/// Why a role of a newer broker cannot be shown, and what to do.
fn newer(role: &NewerRole) -> String {
    format!("it opens a place of {}, a cloud that only a newer jit knows: update jit", role.cloud)
}

impl BrokerClient {
    /// Makes a client of the broker at this address (see `config::authority_address`), with the session's token if
    /// there is one.
    pub fn new(system: &System, url: &str, token: Option<Secret<String>>) -> Self {
        Self {
            http: Arc::clone(&system.http),
            clock: Arc::clone(&system.clock),
            console: Arc::clone(&system.console),
            url: url.to_owned(),
            token: Mutex::new(token),
            renew: None,
        }
    }

    /// Lets this client renew its session when the broker says that it has ended.
    #[must_use]
    pub fn renewing(self, renew: Arc<dyn Renew>) -> Self {
        Self { renew: Some(renew), ..self }
    }

    /// The broker's address in the person's configuration.
    pub(super) fn address(&self) -> &str {
        &self.url
    }

    /// Checks that the broker can decide and mint now. The error says why not.
    pub async fn ready(&self) -> Result<(), AuthorityError> {
        let mut request = self.request(Method::GET, "");
        request.url = format!("{}/readyz", self.url);
        self.send(request).await.map(|_| ())
    }

    pub(super) fn request(&self, method: Method, path: &str) -> Request {
        Request::new(method, format!("{}/v1/{path}", self.url))
            .header("accept", "application/json")
            .header("user-agent", concat!("jit/", env!("CARGO_PKG_VERSION")))
    }

    fn token(&self) -> Option<Secret<String>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a request. If the broker rejects the session, or the person's groups were proved too long ago, renews that
    /// and sends the request once more: the broker did nothing the first time.
    pub(super) async fn send(&self, request: Request) -> Result<Response, AuthorityError> {
        let token = self.token();
        let error = match self.send_as(request.clone(), token.as_ref()).await {
            Err(error) if error.status() == Some(401) || is_about_groups(&error) => error,
            other => return other,
        };
        let (Some(over), Some(renew)) = (token, &self.renew) else { return Err(error) };
        if is_about_groups(&error) {
            return if renew.prove(&over).await {
                self.send_as(request, Some(&over)).await
            } else {
                Err(error)
            };
        }
        let Some(token) = renew.renew(&over).await else { return Err(error) };
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        self.send_as(request, Some(&token)).await
    }

    pub(super) async fn send_as(
        &self,
        request: Request,
        token: Option<&Secret<String>>,
    ) -> Result<Response, AuthorityError> {
        let method = request.method.clone();
        let request = match token {
            Some(token) => request.header("authorization", format!("Bearer {}", token.expose())),
            None => request,
        };
        let unreachable = |error| AuthorityError::Unreachable { url: self.url.clone(), error };
        let answer = self.http.send(request).await.map_err(unreachable)?;
        tracing::debug!(%method, authority = %self.url, status = answer.status, "the broker answered");
        match answer.status {
            200..=299 => Ok(answer),
            300..=399 => {
                let to = answer.header("location").map_or_else(|| "nowhere".to_owned(), text::sanitise);
                Err(AuthorityError::Redirected { url: self.url.clone(), to })
            }
            status => Err(self.problem(status, &answer)),
        }
    }

    fn problem(&self, status: u16, answer: &Response) -> AuthorityError {
        let is_problem =
            answer.header("content-type").is_some_and(|kind| kind.starts_with("application/problem+json"));
        let parsed: Option<Problem> = is_problem.then(|| serde_json::from_slice(&answer.body).ok()).flatten();
        match parsed {
            Some(problem) => AuthorityError::Problem(Box::new(Problem {
                kind: text::sanitise(&problem.kind),
                title: text::sanitise(&problem.title),
                // The broker acted on the status of the answer itself.
                status,
                detail: text::sanitise(&problem.detail),
                code: text::sanitise(&problem.code),
                hint: problem.hint.as_deref().map(text::sanitise),
            })),
            None if matches!(status, 502..=504) => AuthorityError::Problem(Box::new(Problem {
                kind: "about:blank".to_owned(),
                title: "a proxy answered for the broker".to_owned(),
                status,
                detail: format!("something in front of the broker answered {status}"),
                code: "unavailable".to_owned(),
                hint: Some("the broker may be restarting: try again".to_owned()),
            })),
            None => self.garbage(format!("status {status} without a problem document")),
        }
    }

    pub(super) fn garbage(&self, cause: String) -> AuthorityError {
        AuthorityError::Garbage { url: self.url.clone(), cause }
    }

    pub(super) fn read<T: DeserializeOwned>(&self, answer: &Response) -> Result<T, AuthorityError> {
        // serde's message may quote arbitrary input, so only its position is shown.
        serde_json::from_slice(&answer.body).map_err(|error| {
            self.garbage(format!(
                "the answer does not have the expected form (line {}, column {})",
                error.line(),
                error.column()
            ))
        })
    }

    /// Reads with retries when the connection fails, within the time that a person can be kept waiting.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, AuthorityError> {
        let until = self.clock.now() + READ_LIMIT;
        let mut pauses = PAUSES.iter().map(|pause| Duration::from_millis(*pause));
        loop {
            let request = self.request(Method::GET, path).time_limit(TRY_LIMIT.min(self.left(until)));
            let error = match self.send(request).await {
                Ok(answer) => return self.read(&answer),
                Err(error) => error,
            };
            match pauses.next() {
                Some(pause) if error.is_passing() && pause < self.left(until) => {
                    self.clock.sleep(pause).await;
                }
                _ if self.left(until).is_zero() => return Err(error.silent_for(READ_LIMIT)),
                _ => return Err(error),
            }
        }
    }

    /// The time left until then. Zero if it is past.
    fn left(&self, until: Timestamp) -> Duration {
        until.duration_since(self.clock.now()).try_into().unwrap_or_default()
    }

    /// Sends a change, once and without retries.
    pub(super) async fn post(&self, path: &str, signed: Option<&Signed>) -> Result<Response, AuthorityError> {
        let request = self.request(Method::POST, path);
        let request = match signed {
            Some(signed) => request.body("application/json", serde_json::to_vec(signed).unwrap_or_default()),
            None => request.body("application/json", *b"{}"),
        };
        self.send(request).await
    }

    /// Reads a lease. It must be sealed by a broker.
    pub(super) fn lease(&self, answer: &Response) -> Result<SealedLease, AuthorityError> {
        let sealed: SealedLease = self.read(answer)?;
        if sealed.run == RUN {
            Ok(sealed)
        } else {
            Err(self.garbage("its credentials were sealed by another kind of run".to_owned()))
        }
    }

    /// Rejects a view whose id does not match its bytes, whoever sent it.
    fn view(&self, view: RequestView, id: Option<&RequestId>) -> Result<RequestView, AuthorityError> {
        let digest = crate::grant::Digest::of(view.signed.statement.as_bytes());
        let honest =
            digest == view.digest && digest.request_id() == view.id && id.is_none_or(|id| *id == view.id);
        if honest {
            Ok(view)
        } else {
            Err(self.garbage("a request does not match its own digest".to_owned()))
        }
    }
}

#[async_trait]
impl Authority for BrokerClient {
    type Asking = Signed;
    type View = RequestView;
    type Credentials = SealedLease;

    fn url(&self) -> &str {
        &self.url
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(25)
    }

    async fn ask(&self, signed: &Signed) -> Result<Asked<RequestView>, AuthorityError> {
        let answer = self.post("requests", Some(signed)).await?;
        let view = self.view(self.read(&answer)?, None)?;
        Ok(Asked { view, reused: answer.status != 201 })
    }

    async fn request(&self, id: &RequestId) -> Result<RequestView, AuthorityError> {
        let view = self.get(&format!("requests/{id}")).await?;
        self.view(view, Some(id))
    }

    async fn changed(
        &self,
        id: &RequestId,
        seen: &RequestView,
        limit: Duration,
    ) -> Result<Option<RequestView>, AuthorityError> {
        let path = format!("requests/{id}?after={}&wait={}", seen.version, limit.as_secs());
        let request = self.request(Method::GET, &path).time_limit(limit + WAIT_MARGIN);
        let answer = self.send(request).await?;
        let view = self.view(self.read(&answer)?, Some(id))?;
        // An old answer that was held up on the way is no news.
        Ok((view.version > seen.version).then_some(view))
    }

    async fn obtain(&self, id: &RequestId, _held: Option<u32>) -> Result<SealedLease, AuthorityError> {
        self.lease(&self.post(&format!("requests/{id}/leases"), None).await?)
    }

    async fn end(&self, id: &RequestId, _waits: bool) -> Result<RequestView, AuthorityError> {
        let answer = self.post(&format!("requests/{id}/end"), None).await?;
        self.view(self.read(&answer)?, Some(id))
    }
}

#[async_trait]
impl StatementAuthority for BrokerClient {
    fn open_asking(&self, signed: &Signed) -> Result<(RequestStatement, Option<Verified>), IdentityError> {
        let (asked, signer) = identity::statement::open_asking(signed, &self.url)?;
        Ok((asked, Some(signer)))
    }

    fn check_break_glass(&self, _role: &Name) -> Result<(), AuthorityError> {
        // The role's own view says whether there is one.
        Ok(())
    }

    async fn session(&self) -> Result<Session, AuthorityError> {
        self.get("session").await
    }

    async fn logout(&self) -> Result<(), AuthorityError> {
        self.send(self.request(Method::DELETE, "session")).await.map(|_| ())
    }

    async fn roles(&self) -> Result<RoleList, AuthorityError> {
        let list: RoleList = self.get("roles").await?;
        for role in &list.newer {
            self.console.say(&format!("note: {} is left out: {}", role.name, newer(role)));
        }
        Ok(list)
    }

    async fn role(&self, name: &Name) -> Result<RoleView, AuthorityError> {
        // A name is safe in a path, where `@` needs no escape.
        let view: Value = self.get(&format!("roles/{name}")).await?;
        if let Some(role) = NewerRole::of(&view) {
            return Err(self.garbage(newer(&role)));
        }
        serde_json::from_value(view)
            .map_err(|_| self.garbage("the answer does not have the expected form".to_owned()))
    }

    async fn requests(&self, listing: Listing) -> Result<Vec<RequestView>, AuthorityError> {
        let list: RequestList = self.get(&format!("requests?list={}", listing.as_str())).await?;
        list.requests.into_iter().map(|view| self.view(view, None)).collect()
    }

    async fn review(&self, id: &RequestId, signed: &Signed) -> Result<RequestView, AuthorityError> {
        let answer = self.post(&format!("requests/{id}/reviews"), Some(signed)).await?;
        self.view(self.read(&answer)?, Some(id))
    }

    async fn take_effect(&self, _id: &RequestId) -> Result<(), AuthorityError> {
        // A broker has done so when it approved the extension.
        Ok(())
    }

    async fn received(&self, _id: &RequestId, _sealed: &SealedLease) -> Result<(), AuthorityError> {
        // The lease came in the answer: nothing is left at the broker.
        Ok(())
    }

    async fn revoke(&self, id: &RequestId, signed: &Signed) -> Result<RequestView, AuthorityError> {
        let answer = self.post(&format!("requests/{id}/revoke"), Some(signed)).await?;
        self.view(self.read(&answer)?, Some(id))
    }

    fn people(&self) -> Result<&dyn PeopleAuthority, AuthorityError> {
        Ok(self)
    }

    async fn records(&self, after: u64) -> Result<Vec<Record>, AuthorityError> {
        self.read_log(after).await
    }
}

#[cfg(test)]
#[path = "broker_tests.rs"]
mod tests;

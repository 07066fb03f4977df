//! The calls of a login: with an SSH key, and with a token of an identity provider.

use http::Method;
use serde::Serialize;

use super::AuthorityError;
use super::BrokerClient;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::grant::text::sanitise;
use crate::protocol::Challenge;
use crate::protocol::EnrolAnswer;
use crate::protocol::EnrolCall;
use crate::protocol::GitHubCall;
use crate::protocol::GitHubPoll;
use crate::protocol::GitHubProgress;
use crate::protocol::GitHubStart;
use crate::protocol::GroupsCall;
use crate::protocol::LeaseCall;
use crate::protocol::LoginWays;
use crate::protocol::SealedLease;
use crate::protocol::Session;
use crate::protocol::WorkloadCall;
use crate::protocol::WorkloadSession;
use crate::secret::Secret;
use crate::system::http::Request;

impl BrokerClient {
    /// Fetches a challenge to sign. Fails if the broker's own address differs from the configured one.
    pub async fn challenge(&self) -> Result<Challenge, AuthorityError> {
        let challenge: Challenge = self.read(&self.post("login/challenge", None).await?)?;
        if challenge.authority != self.address() {
            return Err(AuthorityError::Impostor {
                configured: self.address().to_owned(),
                claimed: sanitise(&challenge.authority),
            });
        }
        Ok(challenge)
    }

    /// Exchanges a signed login for a session.
    pub async fn login(&self, signed: &Signed) -> Result<Session, AuthorityError> {
        self.read(&self.post("login", Some(signed)).await?)
    }

    /// How people can log in to this broker. `None` if the broker is older than this question: then they log in with an
    /// SSH key.
    ///
    /// # Errors
    /// The broker does not answer, or its own address differs from the configured one.
    pub async fn login_ways(&self) -> Result<Option<LoginWays>, AuthorityError> {
        let request = self.request(Method::GET, "login/ways");
        let answer = match self.send_as(request, None).await {
            Ok(answer) => answer,
            // An older broker or a proxy has its own words for a path that it does not know.
            Err(AuthorityError::Problem(problem)) if matches!(problem.status, 401 | 403..=405) => {
                return Ok(None);
            }
            Err(AuthorityError::Garbage { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let ways: LoginWays = self.read(&answer)?;
        let own = self.address();
        if ways.authority != own {
            return Err(AuthorityError::Impostor {
                configured: own.to_owned(),
                claimed: sanitise(&ways.authority),
            });
        }
        Ok(Some(ways))
    }

    /// Enrols a key by the token of an identity provider.
    ///
    /// # Errors
    /// The broker does not answer, or refuses the token or its person.
    pub async fn enrol(&self, call: &EnrolCall) -> Result<EnrolAnswer, AuthorityError> {
        self.read(&self.send_as(self.with(Method::POST, "login/enrol", call), None).await?)
    }

    /// Starts a sign-in with the account on GitHub, for this key.
    ///
    /// # Errors
    /// The broker does not answer, or refuses the key.
    pub async fn start_on_github(&self, call: &GitHubCall) -> Result<GitHubStart, AuthorityError> {
        self.read(&self.send_as(self.with(Method::POST, "login/github", call), None).await?)
    }

    /// Asks whether the person has typed the code.
    ///
    /// # Errors
    /// The broker does not answer, or the sign-in is over.
    pub async fn poll_github(&self, call: &GitHubPoll) -> Result<GitHubProgress, AuthorityError> {
        self.read(&self.send_as(self.with(Method::POST, "login/github/poll", call), None).await?)
    }

    /// Hands a newer token of the identity provider to the broker, which reads the person's groups from it.
    ///
    /// # Errors
    /// The broker does not answer, or refuses the token.
    pub async fn prove_groups(
        &self,
        session: &Secret<String>,
        call: &GroupsCall,
    ) -> Result<Session, AuthorityError> {
        self.read(&self.send_as(self.with(Method::POST, "session/groups", call), Some(session)).await?)
    }

    /// Opens a session for a job of a workload.
    ///
    /// # Errors
    /// The broker does not answer, or refuses the token.
    pub(super) async fn enter(&self, call: &WorkloadCall) -> Result<WorkloadSession, AuthorityError> {
        self.read(&self.send_as(self.with(Method::POST, "login/workload", call), None).await?)
    }

    /// Has credentials of a workload's request minted, sealed to the key that a signed statement names.
    ///
    /// # Errors
    /// The broker does not answer, or refuses.
    pub(super) async fn take(&self, id: &RequestId, call: &LeaseCall) -> Result<SealedLease, AuthorityError> {
        let path = format!("requests/{id}/leases");
        self.lease(&self.send(self.with(Method::POST, &path, call)).await?)
    }

    fn with(&self, method: Method, path: &str, call: &impl Serialize) -> Request {
        self.request(method, path).body("application/json", serde_json::to_vec(call).unwrap_or_default())
    }
}

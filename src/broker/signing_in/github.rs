//! Sign-in with the account on GitHub: the broker runs the device flow itself, so that no token of another app counts.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::audit::Evidence;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::signing_in::Proved;
use crate::broker::signing_in::in_progress::Full;
use crate::broker::signing_in::in_progress::InProgress;
use crate::github::api::GitHubError;
use crate::github::api::device::Answer;
use crate::github::api::device::Device;
use crate::github::api::device::TokenUse;
use crate::github::api::token;
use crate::grant::text::sanitise;
use crate::identity::key::PublicLine;
use crate::policy::GitHubApp;
use crate::policy::Policy;
use crate::protocol::GitHubStart;
use crate::secret::Secret;

/// The most sign-ins in progress of one address.
const MAX_OF_ADDRESS: usize = 8;

/// The purpose of a sign-in. A sign-in serves only the purpose that it was started for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aim {
    /// It enrols a key of `jit login`, which may stay.
    Key(PublicLine, bool),
    /// It lets a browser in on the approval page. Holds the page to show afterwards.
    Page(String),
}

impl Aim {
    fn is_page(&self) -> bool {
        matches!(self, Self::Page(_))
    }
}

/// A sign-in in progress.
struct Flow {
    device: Device,
    app: GitHubApp,
    aim: Aim,
    ends: Timestamp,
    next: Timestamp,
}

/// The sign-ins in progress, by their secret names.
pub struct Flows {
    flows: InProgress<Arc<tokio::sync::Mutex<Flow>>>,
}

impl Default for Flows {
    fn default() -> Self {
        Self { flows: InProgress::new(MAX_OF_ADDRESS) }
    }
}

/// The outcome of a poll.
pub enum Progress {
    /// The person has not decided.
    Pending(Waiting),
    /// GitHub named the account.
    Proved(Box<Finished>),
}

/// A sign-in that waits for its person.
pub struct Waiting {
    /// The code that the person types on GitHub.
    pub user_code: String,
    /// The address of the page where they type it.
    pub address: String,
    /// The seconds before the next poll.
    pub interval: u64,
}

/// A sign-in that GitHub finished.
pub struct Finished {
    /// The person.
    pub proved: Proved,
    /// The app that they signed in to.
    pub client: String,
    /// The purpose.
    pub aim: Aim,
}

/// Why a sign-in fails.
#[derive(Debug, thiserror::Error)]
enum FlowError {
    #[error("this broker takes no sign-in from GitHub")]
    NoApp,
    #[error("too many sign-ins are in progress")]
    Full,
    #[error("this sign-in is not known, or is over")]
    Unknown,
    #[error("the sign-in ended: {0}")]
    Over(String),
    #[error("the account {0} on GitHub is not a person's")]
    Bot(String),
    #[error("the policy does not know the account {login} on GitHub (its number is {id})")]
    Stranger { login: String, id: u64 },
    #[error("GitHub did not answer as expected: {0}")]
    GitHub(#[from] GitHubError),
}

impl From<FlowError> for Fault {
    fn from(error: FlowError) -> Self {
        let text = error.to_string();
        match error {
            FlowError::NoApp => Self::new(Code::NotFound, text)
                .hint("log in another way: `jit login`, or have [identity.github] added to access.toml"),
            FlowError::Full => {
                Self::new(Code::TooMany, text).hint("sign in again in a minute").retry_after(60)
            }
            FlowError::Unknown | FlowError::Over(_) => {
                Self::new(Code::Statement, text).hint("run `jit login` again")
            }
            FlowError::Bot(_) => {
                Self::new(Code::Policy, text).hint("sign in again, on GitHub with your own account")
            }
            FlowError::Stranger { id, .. } => Self::new(Code::Policy, text)
                .hint(format!("ask the policy's owner to add `github = {id}` to your entry in people.toml")),
            FlowError::GitHub(_) => Self::new(Code::Unready, text)
                .hint("sign in again in a minute; the broker must reach github.com and api.github.com")
                .retry_after(10),
        }
    }
}

impl From<Full> for FlowError {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

impl Flows {
    /// Starts a sign-in for a purpose.
    ///
    /// # Errors
    /// The policy names no app, too many sign-ins are in progress, or GitHub does not answer.
    pub async fn start(
        &self,
        shared: &Shared,
        policy: &Policy,
        aim: Aim,
        by: Option<IpAddr>,
    ) -> Result<GitHubStart, Fault> {
        let app = policy.github_app().cloned().ok_or(FlowError::NoApp)?;
        let now = shared.clock();
        self.flows.check_room(by, now).map_err(FlowError::from)?;
        let device = Device::begin(&shared.system.http, &app.api, &app.client_id, TokenUse::Account)
            .await
            .map_err(FlowError::from)?;
        let handle = shared.system.entropy.token();
        let start = GitHubStart {
            handle: Secret::new(handle.clone()),
            user_code: device.user_code.clone(),
            address: device.address.clone(),
            valid: device.limit.as_secs(),
            interval: device.interval.as_secs(),
        };
        let ends = later(now, device.limit);
        let next = later(now, device.interval);
        let flow = Arc::new(tokio::sync::Mutex::new(Flow { device, app, aim, ends, next }));
        // Others may have started while GitHub answered.
        self.flows.add(&handle, (by, ends), flow, now).map_err(FlowError::from)?;
        Ok(start)
    }

    /// Asks GitHub whether the person has decided, no more often than GitHub allows. A sign-in that ended is forgotten.
    ///
    /// # Errors
    /// The sign-in is over or has the other purpose, GitHub does not answer, or the policy does not know the account.
    pub async fn poll(
        &self,
        shared: &Shared,
        policy: &Policy,
        handle: &str,
        on_page: bool,
    ) -> Result<Progress, Fault> {
        let known = self.flows.find(handle).ok_or(FlowError::Unknown)?;
        let mut flow = known.lock().await;
        // Two calls at once: the first one may have ended it.
        if flow.aim.is_page() != on_page || self.flows.find(handle).is_none() {
            return Err(FlowError::Unknown.into());
        }
        let now = shared.clock();
        if flow.ends <= now {
            self.flows.forget(handle);
            return Err(FlowError::Over("nobody typed the code in time".to_owned()).into());
        }
        if now < flow.next {
            return Ok(flow.pending(seconds(flow.next.duration_since(now))));
        }
        flow.next = later(now, flow.device.interval);
        let answer = flow.device.ask().await.map_err(FlowError::from)?;
        flow.next = later(now, flow.device.interval);
        let token = match answer {
            Answer::Pending => return Ok(flow.pending(flow.device.interval.as_secs())),
            Answer::Over(why) => {
                self.flows.forget(handle);
                return Err(FlowError::Over(why).into());
            }
            Answer::Token(token) => token,
        };
        self.flows.forget(handle);
        // The app that the code was made for must still be the policy's.
        if policy.github_app() != Some(&flow.app) {
            return Err(FlowError::NoApp.into());
        }
        let account =
            token::account_of(&flow.app.api, token, &shared.system).await.map_err(FlowError::from)?;
        let login = sanitise(&account.login);
        if !account.is_user() {
            return Err(FlowError::Bot(login).into());
        }
        let person = policy.person_of_github(account.id).cloned();
        let person = person.ok_or(FlowError::Stranger { login: login.clone(), id: account.id })?;
        let evidence = Evidence::GitHub { id: account.id, login };
        let proved = Proved { person, evidence };
        let finished = Finished { proved, client: flow.app.client_id.clone(), aim: flow.aim.clone() };
        Ok(Progress::Proved(Box::new(finished)))
    }

    /// The sign-in that a browser has begun already, now for the page `next`. A browser that begins again and again gets one
    /// code, so that it cannot use up what GitHub gives an app. `None` if its sign-in is over, or is a terminal's.
    pub async fn again(
        &self,
        shared: &Shared,
        policy: &Policy,
        handle: &str,
        next: &str,
    ) -> Option<GitHubStart> {
        let known = self.flows.find(handle)?;
        let mut flow = known.lock().await;
        let left = flow.ends.duration_since(shared.clock());
        let is_known = flow.aim.is_page() && self.flows.find(handle).is_some();
        if !is_known || left <= SignedDuration::ZERO || policy.github_app() != Some(&flow.app) {
            return None;
        }
        flow.aim = Aim::Page(next.to_owned());
        Some(GitHubStart {
            handle: Secret::from(handle),
            user_code: flow.device.user_code.clone(),
            address: flow.device.address.clone(),
            valid: seconds(left),
            interval: flow.device.interval.as_secs(),
        })
    }
}

impl Flow {
    fn pending(&self, interval: u64) -> Progress {
        Progress::Pending(Waiting {
            user_code: self.device.user_code.clone(),
            address: self.device.address.clone(),
            interval,
        })
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| now.saturating_add(by).ok()).unwrap_or(Timestamp::MAX)
}

fn seconds(left: SignedDuration) -> u64 {
    u64::try_from(left.as_secs()).unwrap_or_default().max(1)
}

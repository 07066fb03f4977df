//! Sign-in with the account on GitHub: the broker runs the device flow itself, so that no token of another app counts.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::audit::Evidence;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::signing_in::Proved;
use crate::github::api::GitHubError;
use crate::github::api::device::Answer;
use crate::github::api::device::Device;
use crate::github::api::device::Purpose;
use crate::github::api::token;
use crate::grant::text::sanitise;
use crate::identity::key::PublicLine;
use crate::policy::GitHubApp;
use crate::policy::Policy;
use crate::protocol::GitHubStart;
use crate::secret::Secret;

/// The most sign-ins in progress.
const MAX_FLOWS: usize = 1_024;
/// The most of one address, so that nobody fills the place of all.
const MAX_OF_ADDRESS: usize = 8;

/// A sign-in in progress.
struct Flow {
    device: Device,
    app: GitHubApp,
    line: PublicLine,
    lasting: bool,
    ends: Timestamp,
    next: Timestamp,
}

/// A sign-in with the address that started it. `None` for an unknown address.
struct Started {
    by: Option<IpAddr>,
    ends: Timestamp,
    flow: Arc<tokio::sync::Mutex<Flow>>,
}

/// The sign-ins in progress, by their secret names.
#[derive(Default)]
pub struct Flows {
    flows: Mutex<HashMap<String, Started>>,
}

/// The outcome of a poll.
pub enum Progress {
    /// The person has not decided. The seconds before the next poll.
    Pending(u64),
    /// GitHub named the account.
    Proved(Box<Finished>),
}

/// A sign-in that GitHub finished.
pub struct Finished {
    /// The person.
    pub proved: Proved,
    /// The key to enrol.
    pub line: PublicLine,
    /// Whether it stays.
    pub lasting: bool,
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
            FlowError::Full => Self::new(Code::TooMany, text).retry_after(60),
            FlowError::Unknown | FlowError::Over(_) => {
                Self::new(Code::Statement, text).hint("run `jit login` again")
            }
            FlowError::Bot(_) => Self::new(Code::Policy, text),
            FlowError::Stranger { id, .. } => Self::new(Code::Policy, text)
                .hint(format!("ask the policy's owner to add `github = {id}` to your entry in people.toml")),
            FlowError::GitHub(_) => Self::new(Code::Unready, text).retry_after(10),
        }
    }
}

impl Flows {
    /// Starts a sign-in that enrols a key.
    ///
    /// # Errors
    /// The policy names no app, too many sign-ins are in progress, or GitHub does not answer.
    pub async fn start(
        &self,
        shared: &Shared,
        policy: &Policy,
        (line, lasting): (PublicLine, bool),
        by: Option<IpAddr>,
    ) -> Result<GitHubStart, Fault> {
        let app = policy.github_app().cloned().ok_or(FlowError::NoApp)?;
        let now = shared.clock();
        self.check_room(by, now)?;
        let device = Device::begin(&shared.system.http, &app.api, &app.client_id, Purpose::Account)
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
        let flow = Arc::new(tokio::sync::Mutex::new(Flow { device, app, line, lasting, ends, next }));
        // Others may have started while GitHub answered.
        self.check_room(by, now)?;
        let mut flows = self.flows.lock().unwrap_or_else(PoisonError::into_inner);
        flows.insert(handle, Started { by, ends, flow });
        Ok(start)
    }

    /// Forgets what is over, and checks that there is room for one more.
    fn check_room(&self, by: Option<IpAddr>, now: Timestamp) -> Result<(), FlowError> {
        let mut flows = self.flows.lock().unwrap_or_else(PoisonError::into_inner);
        flows.retain(|_, started| started.ends > now);
        let own = flows.values().filter(|started| by.is_some() && started.by == by).count();
        if flows.len() >= MAX_FLOWS || own >= MAX_OF_ADDRESS { Err(FlowError::Full) } else { Ok(()) }
    }

    /// Asks GitHub whether the person has decided, no more often than GitHub allows. A sign-in that ended is forgotten.
    ///
    /// # Errors
    /// The sign-in is over, GitHub does not answer, or the policy does not know the account.
    pub async fn poll(
        &self,
        shared: &Shared,
        policy: &Policy,
        handle: &Secret<String>,
    ) -> Result<Progress, Fault> {
        let known = {
            let flows = self.flows.lock().unwrap_or_else(PoisonError::into_inner);
            flows.get(handle.expose()).map(|started| Arc::clone(&started.flow))
        };
        let known = known.ok_or(FlowError::Unknown)?;
        let mut flow = known.lock().await;
        let now = shared.clock();
        if flow.ends <= now {
            self.forget(handle);
            return Err(FlowError::Over("nobody typed the code in time".to_owned()).into());
        }
        if now < flow.next {
            return Ok(Progress::Pending(seconds(flow.next.duration_since(now))));
        }
        flow.next = later(now, flow.device.interval);
        let answer = flow.device.ask().await.map_err(FlowError::from)?;
        flow.next = later(now, flow.device.interval);
        let token = match answer {
            Answer::Pending => return Ok(Progress::Pending(flow.device.interval.as_secs())),
            Answer::Over(why) => {
                self.forget(handle);
                return Err(FlowError::Over(why).into());
            }
            Answer::Token(token) => token,
        };
        self.forget(handle);
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
        let finished = Finished { proved, line: flow.line.clone(), lasting: flow.lasting };
        Ok(Progress::Proved(Box::new(finished)))
    }

    fn forget(&self, handle: &Secret<String>) {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner).remove(handle.expose());
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| now.saturating_add(by).ok()).unwrap_or(Timestamp::MAX)
}

fn seconds(left: SignedDuration) -> u64 {
    u64::try_from(left.as_secs()).unwrap_or_default().max(1)
}

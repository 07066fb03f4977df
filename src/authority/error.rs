//! Errors of authorities.

use jiff::SignedDuration;

use super::github::run_error::RunError;
use super::github::workload::WorkloadError;
use super::job::JobError;
use super::opening::OpeningError;
use crate::forge::log::JournalError;
use crate::github::GitHubError;
use crate::github::Refusal;
use crate::github::gather::GatherError;
use crate::github::log_store::LogError;
use crate::github::tree::TreeError;
use crate::grant::AuthorityAddress;
use crate::protocol::Problem;
use crate::system::http::HttpError;

/// Why an authority did not do as asked. Every text that came from it is sanitised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// The authority did not answer.
    #[error("the broker cannot be reached: {error}")]
    Unreachable {
        /// The address that was asked.
        url: String,
        /// The cause.
        error: HttpError,
    },
    /// The authority accepted connections and did not answer, on every try.
    #[error("the broker at {host} did not answer within {seconds} seconds")]
    Silent {
        /// The host and port.
        host: String,
        /// How long the client has tried, in seconds.
        seconds: i64,
    },
    /// The authority's answer does not follow the protocol.
    #[error("{url} did not answer like a broker: {cause}")]
    Garbage {
        /// The address that was asked.
        url: String,
        /// The problem with the answer.
        cause: String,
    },
    /// The authority answered with a redirect.
    #[error("{url} redirects to {to}; jit follows no redirects")]
    Redirected {
        /// The address that was asked.
        url: String,
        /// The redirect's target.
        to: String,
    },
    /// The authority's own address differs from the configured one, or its id differs from the one at login.
    #[error("{} {configured} says it is {claimed}", whom(.configured))]
    Impostor {
        /// The configured value.
        configured: String,
        /// The broker's own value.
        claimed: String,
    },
    /// The authority answered with a problem.
    #[error("{}", said(.0))]
    Problem(Box<Problem>),
    /// A call to GitHub failed.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// The facts for a decision cannot be read from GitHub.
    #[error(transparent)]
    Gather(#[from] GatherError),
    /// The authority's policy cannot be read.
    #[error(transparent)]
    Policy(#[from] TreeError),
    /// The authority's log cannot be trusted.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A run of the authority did not do its work.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The rules for requests on GitHub refuse it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The client refuses the credentials that the authority handed out.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// A job does not get what it asks for as a workload.
    #[error(transparent)]
    Workload(#[from] WorkloadError),
    /// A job does not get what it asks a broker for.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The request, pull request or role does not exist.
    #[error("{0}")]
    Nothing(String),
    /// The token belongs to another account than expected.
    #[error("{0}")]
    Stranger(String),
    /// The repository is not fit to be an authority.
    #[error("{0}")]
    Unfit(String),
    /// This kind of authority cannot do it.
    #[error("{what} is not available from GitHub: {cause}")]
    NotHere {
        /// The function that is not available.
        what: String,
        /// Why it is not available.
        cause: String,
        /// Advice on what to do instead.
        hint: String,
    },
}

/// The hint if no answer came. It never asks the same broker again through this program.
fn unreachable(url: &str, error: &HttpError) -> String {
    let plain = url.strip_prefix("https://").map(|rest| format!("http://{rest}"));
    match (error, plain) {
        // rustls received something that is not TLS.
        (HttpError::Connect { cause, .. }, Some(plain)) if cause.contains("InvalidContentType") => {
            if crate::config::broker_address(&plain).is_ok() {
                format!("it speaks plain http there: `jit login {plain}`")
            } else {
                "it speaks plain http there, which is only for this machine: ask for its https address"
                    .to_owned()
            }
        }
        _ => format!(
            "see whether it runs and whether this machine reaches it: `curl {url}/healthz`; if it has moved: `jit login URL`"
        ),
    }
}

fn whom(address: &str) -> &'static str {
    if AuthorityAddress::of(address).is_github() { "the repository" } else { "the broker at" }
}

fn said(problem: &Problem) -> &str {
    if problem.detail.is_empty() { &problem.title } else { &problem.detail }
}

impl AuthorityError {
    /// Whether a retry of the same read may succeed.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { error: HttpError::TooLarge { .. }, .. }
            | Self::Redirected { .. }
            | Self::Refused(_)
            | Self::Opening(_)
            | Self::Workload(_)
            | Self::Job(_)
            | Self::Nothing(_)
            | Self::Stranger(_)
            | Self::Unfit(_)
            | Self::NotHere { .. }
            | Self::Impostor { .. } => false,
            Self::GitHub(error)
            | Self::Gather(GatherError::GitHub(error) | GatherError::Policy(TreeError::GitHub(error)))
            | Self::Policy(TreeError::GitHub(error))
            | Self::Log(LogError::GitHub(error)) => error.is_passing(),
            Self::Log(LogError::Journal(JournalError::Clock) | LogError::Journal(JournalError::Moved)) => {
                true
            }
            Self::Run(error) => error.is_passing(),
            Self::Gather(_) | Self::Policy(_) | Self::Log(_) => false,
            Self::Unreachable { .. } | Self::Silent { .. } => true,
            Self::Garbage { .. } => false,
            // A proxy in front of a restarting broker answers 502 to 504 with its own page.
            Self::Problem(problem) => matches!(problem.status, 429 | 502..=504),
        }
    }

    /// The error of an authority where no sign-in enrols keys.
    pub(super) fn no_sign_in() -> Self {
        Self::NotHere {
            what: "enrolling keys".to_owned(),
            cause: "people.toml of the access repository lists everybody's keys".to_owned(),
            hint: "have a key added to people.toml, by a pull request".to_owned(),
        }
    }

    /// The error to report instead after `limit` has passed without an answer.
    pub(super) fn silent_for(self, limit: SignedDuration) -> Self {
        match self {
            Self::Unreachable { error: HttpError::TimeOut { host }, .. } => {
                Self::Silent { host, seconds: limit.as_secs() }
            }
            other => other,
        }
    }

    /// The problem's code for programs, if the authority named one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(&problem.code),
            Self::Refused(refusal) => Some(refusal.code().map_or("policy", |code| code.as_str())),
            Self::NotHere { .. } => Some("policy"),
            Self::Run(RunError::Refused { rule: Some(rule), code: Some(5), .. }) => Some(rule),
            Self::Run(error) if error.is_refusal() => Some("policy"),
            Self::Nothing(_) => Some("not_found"),
            _ => None,
        }
    }

    /// The problem's HTTP status, or the one that a broker would have given. With `None`, the call may have taken
    /// effect.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem) => Some(problem.status),
            Self::Refused(Refusal::Rule(refusal)) => Some(refusal.code().status()),
            Self::Refused(_) => Some(409),
            Self::Run(error) if error.is_refusal() => Some(409),
            Self::Nothing(_) => Some(404),
            Self::Stranger(_) | Self::Unfit(_) => Some(403),
            Self::NotHere { .. } => Some(501),
            _ => match self.github().and_then(GitHubError::status) {
                Some(401) => Some(401),
                _ => None,
            },
        }
    }

    /// The error from GitHub, if that is the cause.
    fn github(&self) -> Option<&GitHubError> {
        match self {
            Self::GitHub(error)
            | Self::Gather(GatherError::GitHub(error) | GatherError::Policy(TreeError::GitHub(error)))
            | Self::Policy(TreeError::GitHub(error))
            | Self::Log(LogError::GitHub(error)) => Some(error),
            _ => None,
        }
    }

    /// The command to try next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { url, error } => Some(unreachable(url, error)),
            Self::Silent { .. } => Some(
                "it accepts connections but does not answer: check whether it, or a proxy before it, hangs; then try again"
                    .to_owned(),
            ),
            Self::Garbage { .. } => Some(
                "check the address: is it a jit broker, or a page of a proxy or login portal?".to_owned(),
            ),
            Self::Redirected { .. } => {
                Some("if the new address is right, type `jit login` with it".to_owned())
            }
            Self::Impostor { configured, .. } if AuthorityAddress::of(configured).is_github() => Some(
                "another repository has taken its name: ask an administrator of it, then `jit login` again".to_owned(),
            ),
            Self::Impostor { .. } => {
                Some("ask the broker's administrator for its address, and `jit login` with that".to_owned())
            }
            Self::GitHub(error) | Self::Policy(TreeError::GitHub(error)) => error.hint(),
            Self::Gather(error) => error.hint(),
            Self::Policy(_) => Some("in a checkout of the policy, `jit policy check` says what is wrong".to_owned()),
            Self::Log(error) => error.hint(),
            Self::Refused(refusal) => refusal.hint(),
            Self::Run(error) => error.hint(),
            Self::Opening(error) => error.hint(),
            Self::Workload(error) => error.hints().into_iter().next(),
            Self::Job(error) => error.hint(),
            Self::Nothing(_) => {
                Some("`jit status` shows your requests, `jit roles` what you may ask for".to_owned())
            }
            Self::Stranger(_) => Some(
                "use another token (GITHUB_TOKEN, or `gh auth switch`), or log in as its owner: `jit login`"
                    .to_owned(),
            ),
            Self::Unfit(_) => Some("tell an administrator of the repository; `jit doctor` shows more".to_owned()),
            Self::NotHere { hint, .. } => Some(hint.clone()),
            Self::Problem(problem) => problem
                .hint
                .clone()
                .or_else(|| (problem.status == 401).then(|| "type `jit login`".to_owned())),
        }
    }
}

//! Why an authority did not do as asked.

use jiff::SignedDuration;

use super::github::run_error::RunError;
use crate::forge::GitHubError;
use crate::forge::Refusal;
use crate::forge::gather::GatherError;
use crate::forge::log::LogError;
use crate::forge::tree::TreeError;
use crate::protocol::Problem;
use crate::system::http::HttpError;

/// Why an authority did not do as asked. Everything it said of itself is sanitised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// No answer came.
    #[error("the broker cannot be reached: {error}")]
    Unreachable {
        /// The address that was asked.
        url: String,
        /// What happened.
        error: HttpError,
    },
    /// Connections were taken, and nothing was said, try after try.
    #[error("the broker at {host} said nothing for {seconds} seconds")]
    Silent {
        /// Whom we asked.
        host: String,
        /// How long.
        seconds: i64,
    },
    /// An answer came that is none of this protocol.
    #[error("{url} did not answer like a broker: {cause}")]
    Garbage {
        /// Who was asked.
        url: String,
        /// What is wrong with the answer.
        cause: String,
    },
    /// It answered with a redirect.
    #[error("{url} sent us elsewhere, to {to}; redirects are not followed")]
    Redirected {
        /// Who was asked.
        url: String,
        /// Where it points.
        to: String,
    },
    /// It calls itself by another address than the one that is configured, or has another id than at the login.
    #[error("{} {configured} says it is {claimed}", whom(.configured))]
    Impostor {
        /// What the configuration says.
        configured: String,
        /// What the broker says.
        claimed: String,
    },
    /// It answered with a problem.
    #[error("{}", said(.0))]
    Problem(Box<Problem>),
    /// GitHub did not do as asked.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// What a decision hangs on cannot be read from GitHub.
    #[error(transparent)]
    Gather(#[from] GatherError),
    /// The policy there cannot be read.
    #[error(transparent)]
    Policy(#[from] TreeError),
    /// The log there cannot be relied on.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A run there did not do what it was started for.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The rules for requests on GitHub say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such request, pull request or role.
    #[error("{0}")]
    Nothing(String),
    /// The token's account is not who it should be.
    #[error("{0}")]
    Stranger(String),
    /// The repository may not be an authority.
    #[error("{0}")]
    Unfit(String),
    /// This authority cannot do it.
    #[error("{what} cannot be had from GitHub: {cause}")]
    NotHere {
        /// What was wanted.
        what: String,
        /// Why not.
        cause: String,
        /// What to do instead.
        hint: String,
    },
}

/// What to try where no answer came. Nothing of it asks the broker through this program again.
fn unreachable(url: &str, error: &HttpError) -> String {
    let plain = url.strip_prefix("https://").map(|rest| format!("http://{rest}"));
    match (error, plain) {
        // rustls met something that is no TLS at all.
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
    if address.starts_with("github:") { "the repository" } else { "the broker at" }
}

fn said(problem: &Problem) -> &str {
    if problem.detail.is_empty() { &problem.title } else { &problem.detail }
}

impl AuthorityError {
    /// Whether the same read may work a moment later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { error: HttpError::TooLarge { .. }, .. }
            | Self::Redirected { .. }
            | Self::Refused(_)
            | Self::Nothing(_)
            | Self::Stranger(_)
            | Self::Unfit(_)
            | Self::NotHere { .. }
            | Self::Impostor { .. } => false,
            Self::GitHub(error)
            | Self::Gather(GatherError::GitHub(error) | GatherError::Policy(TreeError::GitHub(error)))
            | Self::Policy(TreeError::GitHub(error))
            | Self::Log(LogError::GitHub(error)) => error.is_passing(),
            Self::Log(LogError::Clock | LogError::Moved) => true,
            Self::Run(error) => error.is_passing(),
            Self::Gather(_) | Self::Policy(_) | Self::Log(_) => false,
            Self::Unreachable { .. } | Self::Silent { .. } => true,
            // A proxy in front of a restarting broker answers 502 to 504 with a page of its own.
            Self::Garbage { .. } => false,
            Self::Problem(problem) => matches!(problem.status, 429 | 502..=504),
        }
    }

    /// The same, where all the time that there was went by without a word.
    pub(super) fn silent_for(self, limit: SignedDuration) -> Self {
        match self {
            Self::Unreachable { error: HttpError::TimeOut { host }, .. } => {
                Self::Silent { host, seconds: limit.as_secs() }
            }
            other => other,
        }
    }

    /// The problem's word for programs, if the authority named one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(&problem.code),
            Self::Refused(Refusal::Rule(refusal)) => Some(refusal.code().as_str()),
            Self::Refused(_) | Self::NotHere { .. } => Some("policy"),
            Self::Run(RunError::Refused { rule: Some(rule), code: Some(5), .. }) => Some(rule),
            Self::Run(error) if error.is_refusal() => Some("policy"),
            Self::Nothing(_) => Some("not_found"),
            _ => None,
        }
    }

    /// The problem's HTTP status, or the one that a broker would have given. Where there is none, what was asked may have
    /// happened all the same.
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

    /// GitHub's own word, where it is why.
    fn github(&self) -> Option<&GitHubError> {
        match self {
            Self::GitHub(error)
            | Self::Gather(GatherError::GitHub(error) | GatherError::Policy(TreeError::GitHub(error)))
            | Self::Policy(TreeError::GitHub(error))
            | Self::Log(LogError::GitHub(error)) => Some(error),
            _ => None,
        }
    }

    /// What to type next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { url, error } => Some(unreachable(url, error)),
            Self::Silent { .. } => Some(
                "it takes connections and does not answer: see whether it, or a proxy on the way, hangs; then try again"
                    .to_owned(),
            ),
            Self::Garbage { .. } => Some(
                "check the address: is it a jit broker, or a page of a proxy or login portal?".to_owned(),
            ),
            Self::Redirected { .. } => {
                Some("if the new address is right, type `jit login` with it".to_owned())
            }
            Self::Impostor { configured, .. } if configured.starts_with("github:") => Some(
                "another repository has taken its name: ask whoever administers it, then `jit login` again".to_owned(),
            ),
            Self::Impostor { .. } => {
                Some("ask whoever runs the broker for its address, and `jit login` with that".to_owned())
            }
            Self::GitHub(error) | Self::Policy(TreeError::GitHub(error)) => error.hint(),
            Self::Gather(error) => error.hint(),
            Self::Policy(_) => Some("`jit policy check` says what is wrong, in a checkout of it".to_owned()),
            Self::Log(error) => error.hint(),
            Self::Refused(refusal) => refusal.hint(),
            Self::Run(error) => error.hint(),
            Self::Nothing(_) => {
                Some("`jit status` shows your requests, `jit roles` what you may ask for".to_owned())
            }
            Self::Stranger(_) => Some(
                "show another token (GITHUB_TOKEN, or `gh auth switch`), or `jit login` as whom it belongs to"
                    .to_owned(),
            ),
            Self::Unfit(_) => Some("tell whoever administers the repository; `jit doctor` looks closer".to_owned()),
            Self::NotHere { hint, .. } => Some(hint.clone()),
            Self::Problem(problem) => problem
                .hint
                .clone()
                .or_else(|| (problem.status == 401).then(|| "type `jit login`".to_owned())),
        }
    }
}

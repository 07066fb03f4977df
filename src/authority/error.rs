//! Why an authority did not do as asked.

use jiff::SignedDuration;

use crate::protocol::Problem;
use crate::system::http::HttpError;

/// Why an authority did not do as asked. Everything it said of itself is sanitised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// No answer came.
    #[error("the broker cannot be reached: {0}")]
    Unreachable(HttpError),
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
    /// It calls itself by another address than the one that is configured.
    #[error("the broker at {configured} says it is {claimed}")]
    Impostor {
        /// What the configuration says.
        configured: String,
        /// What the broker says.
        claimed: String,
    },
    /// It answered with a problem.
    #[error("{}", said(.0))]
    Problem(Box<Problem>),
}

fn said(problem: &Problem) -> &str {
    if problem.detail.is_empty() { &problem.title } else { &problem.detail }
}

impl AuthorityError {
    /// Whether the same read may work a moment later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(HttpError::TooLarge { .. })
            | Self::Redirected { .. }
            | Self::Impostor { .. } => false,
            Self::Unreachable(_) | Self::Silent { .. } => true,
            // A proxy in front of a restarting broker answers 502 to 504 with a page of its own.
            Self::Garbage { .. } => false,
            Self::Problem(problem) => matches!(problem.status, 429 | 502..=504),
        }
    }

    /// The same, where all the time that there was went by without a word.
    pub(super) fn silent_for(self, limit: SignedDuration) -> Self {
        match self {
            Self::Unreachable(HttpError::TimeOut { host }) => Self::Silent { host, seconds: limit.as_secs() },
            other => other,
        }
    }

    /// The problem's word for programs, if the authority named one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(&problem.code),
            _ => None,
        }
    }

    /// The problem's HTTP status.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem) => Some(problem.status),
            _ => None,
        }
    }

    /// What to type next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable(_) => {
                Some("check the address with `jit whoami`, and that the broker is running".to_owned())
            }
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
            Self::Impostor { .. } => {
                Some("ask whoever runs the broker for its address, and `jit login` with that".to_owned())
            }
            Self::Problem(problem) => problem
                .hint
                .clone()
                .or_else(|| (problem.status == 401).then(|| "type `jit login`".to_owned())),
        }
    }
}

//! Errors of GitHub's API, with hints.

use jiff::Timestamp;

use crate::grant::span::whole_seconds;
use crate::system::http::HttpError;

/// Why a call to GitHub failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitHubError {
    /// GitHub cannot be reached, or its answer was cut off.
    #[error("GitHub was not reached: {0}")]
    Network(#[from] HttpError),
    /// The API's address is not allowed.
    #[error("{0:?} is not the address of a GitHub API")]
    Address(String),
    /// The API's address is a GitHub Enterprise Server's, whose path is `/api/v3`. Its jobs run on self-hosted machines alone.
    #[error(
        "{0} is a GitHub Enterprise Server, which has no runners of GitHub's: no cloud could trust its jobs"
    )]
    Server(String),
    /// GitHub refused.
    #[error("GitHub answered {status} to {asked}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Method and path, without the query.
        asked: String,
        /// GitHub's message, sanitised.
        message: String,
    },
    /// The rate limit is exhausted, and the wait would be too long.
    #[error("GitHub takes no more requests with this token until {until}")]
    Limited {
        /// When GitHub accepts calls again.
        until: Timestamp,
    },
    /// The answer does not match GitHub's API description.
    #[error("GitHub's answer to {asked} cannot be read: {cause}")]
    Unreadable {
        /// Method and path.
        asked: String,
        /// Why the answer cannot be read.
        cause: String,
    },
    /// The answer exceeds the size limit.
    #[error("GitHub's answer to {0} cannot be read: it is too long")]
    TooLarge(String),
    /// A list has more pages than a decision may depend on.
    #[error("GitHub's list for {0} does not end")]
    TooLong(String),
}

impl GitHubError {
    /// The HTTP status of GitHub's answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the object does not exist, or the token may not see it.
    pub fn is_missing(&self) -> bool {
        matches!(self.status(), Some(404 | 410))
    }

    /// Whether a retry of the same read may succeed.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Network(HttpError::TooLarge { .. }) => false,
            Self::Network(_) | Self::Limited { .. } => true,
            Self::Refused { status, .. } => matches!(status, 429 | 500..),
            _ => false,
        }
    }

    /// Whether another writer was faster: a ref moved, or the object exists already (409, 422).
    pub fn is_conflict(&self) -> bool {
        matches!(self.status(), Some(409 | 422))
    }

    /// How to fix it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Server(_) => Some(
                "keep the access repository on github.com or GHE.com (api = \"https://api.NAME.ghe.com\"), or run a broker: jit serve"
                    .to_owned(),
            ),
            Self::Network(_) => Some("see https://www.githubstatus.com, then try again".to_owned()),
            Self::Refused { status: 401, .. } => {
                Some("the token is no longer valid: `gh auth login`, or set GITHUB_TOKEN".to_owned())
            }
            Self::Refused { status: 403 | 404, .. } => {
                Some("check the repository's name, and what the token may do there".to_owned())
            }
            Self::Refused { status: 410, .. } => {
                Some("GitHub no longer speaks this version of its API: use a newer jit".to_owned())
            }
            Self::Refused { status: 500.., .. } => Some("try again in a minute".to_owned()),
            Self::Limited { until } => Some(format!("try again after {}", whole_seconds(*until))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_succeed_by_itself_is_passing() {
        let refused =
            |status| GitHubError::Refused { status, asked: "GET /x".to_owned(), message: String::new() };
        for status in [429, 500, 502, 503] {
            assert!(refused(status).is_passing(), "{status}");
        }
        for status in [401, 403, 404, 409, 422] {
            assert!(!refused(status).is_passing(), "{status}");
        }
        // A longer answer than is read stays too long: a wait that asks again for it would last a day.
        assert!(
            !GitHubError::Network(HttpError::TooLarge { host: "api.github.com".to_owned() }).is_passing()
        );
        assert!(!GitHubError::TooLarge("/x".to_owned()).is_passing());
    }
}

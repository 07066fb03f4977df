//! What can go wrong with GitHub's API, and what to do about it.

use jiff::Timestamp;

use crate::grant::span::whole_seconds;
use crate::system::http::HttpError;

/// Why GitHub did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitHubError {
    /// GitHub cannot be reached, or its answer broke off.
    #[error("GitHub was not reached: {0}")]
    Network(#[from] HttpError),
    /// The address of the API is none that may be asked.
    #[error("{0:?} is not the address of a GitHub API")]
    Address(String),
    /// GitHub refused.
    #[error("GitHub answered {status} to {asked}: {message}")]
    Refused {
        /// The status.
        status: u16,
        /// Method and path, without the query.
        asked: String,
        /// GitHub's own words, made harmless.
        message: String,
    },
    /// Too many requests, and the wait is longer than anybody should sit through.
    #[error("GitHub takes no more requests with this token until {until}")]
    Limited {
        /// When it takes the next one.
        until: Timestamp,
    },
    /// The answer is not what GitHub's API describes.
    #[error("GitHub's answer to {asked} cannot be read: {cause}")]
    Unreadable {
        /// Method and path.
        asked: String,
        /// Why.
        cause: String,
    },
    /// The answer is longer than any that is read.
    #[error("GitHub's answer to {0} cannot be read: it is too long")]
    TooLarge(String),
    /// A list is longer than anything that a request may hang on.
    #[error("GitHub's list for {0} does not end")]
    TooLong(String),
}

impl GitHubError {
    /// The status that GitHub answered with, if it did.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether what was asked for does not exist, or the token may not see it.
    pub fn is_missing(&self) -> bool {
        matches!(self.status(), Some(404 | 410))
    }

    /// Whether the same read may work a moment later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Network(HttpError::TooLarge { .. }) => false,
            Self::Network(_) | Self::Limited { .. } => true,
            Self::Refused { status, .. } => *status >= 500,
            _ => false,
        }
    }

    /// Whether somebody else was faster: a ref moved, or the thing exists already (409, 422).
    pub fn is_conflict(&self) -> bool {
        matches!(self.status(), Some(409 | 422))
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Network(_) => Some("see https://www.githubstatus.com, then try again".to_owned()),
            Self::Refused { status: 401, .. } => {
                Some("the token is no longer good: `gh auth login`, or set GITHUB_TOKEN".to_owned())
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

//! GitHub's REST API, as far as requests need it: typed, by numeric ids, within GitHub's rate limits.
//!
//! One call at a time, a second between writes after the first ten of a minute, redirects never followed (GitHub, "Best practices for using
//! the REST API"). Conditional reads that GitHub answers with "not modified" cost nothing.

mod actions;
pub mod app;
mod branches;
pub mod comments;
pub mod device;
mod error;
mod graphql;
mod issuer;
pub mod jobs;
pub mod manifest;
pub mod models;
pub mod oversight;
pub mod owners;
mod pulls;
pub mod repositories;
pub mod requests;
pub mod runners;
pub mod secrets;
mod settings;
mod setup;
pub mod token;
mod transport;

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Mutex;

pub use error::GitHubError;

use crate::address;
use crate::grant::text::sanitise;
use crate::secret::Secret;
use crate::system::Clock;
use crate::system::Http;
use crate::system::System;
use transport::Remembered;

/// The address of github.com's API.
pub const API: &str = "https://api.github.com";

/// A repository's owner and name, safe in a URL path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slug {
    /// The organisation or person.
    pub owner: String,
    /// The repository's name.
    pub name: String,
}

impl Slug {
    /// Parses `OWNER/NAME`: letters, digits, `-`, `_` and `.`, nothing that could break out of a URL path.
    pub fn parse(text: &str) -> Option<Self> {
        let (owner, name) = text.split_once('/')?;
        let fits = |part: &str| {
            !part.is_empty()
                && part.len() <= 100
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
                && !matches!(part, "." | "..")
        };
        (fits(owner) && fits(name)).then(|| Self { owner: owner.to_owned(), name: name.to_owned() })
    }
}

impl std::fmt::Display for Slug {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.owner, self.name)
    }
}

/// A client for one repository with one token.
pub struct GitHub {
    api: String,
    /// The repository.
    pub slug: Slug,
    token: Secret<String>,
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

/// The state that is kept between calls.
#[derive(Default)]
struct State {
    /// The writes of the last minute, oldest first.
    wrote: VecDeque<jiff::Timestamp>,
    remembered: HashMap<String, Remembered>,
    asked: u64,
    /// When GitHub accepts the next call, after a rate limit.
    limited: Option<jiff::Timestamp>,
    /// The pause that GitHub asks for between two polls, in seconds (`x-poll-interval`).
    poll: u64,
}

impl GitHub {
    /// Makes a client for one repository. The API's address must be https, or http on this machine.
    ///
    /// # Errors
    /// The address is not allowed, or a GitHub Enterprise Server's.
    pub fn new(api: &str, slug: Slug, token: Secret<String>, system: &System) -> Result<Self, GitHubError> {
        let fits = url::Url::parse(api).is_ok_and(|url| address::is_private(&url) && address::is_bare(&url));
        if !fits {
            return Err(GitHubError::Address(sanitise(api)));
        }
        if api.trim_end_matches('/').ends_with("/api/v3") {
            return Err(GitHubError::Server(sanitise(api)));
        }
        Ok(Self {
            api: api.trim_end_matches('/').to_owned(),
            slug,
            token,
            http: Arc::clone(&system.http),
            clock: Arc::clone(&system.clock),
            state: Mutex::default(),
        })
    }

    /// The address of the repository for git, and the token that opens it. `None` if the API's address names no place for
    /// it. GitHub has git beside the API: `github.com` for `api.github.com`, `NAME.ghe.com` for `api.NAME.ghe.com`.
    pub fn git_access(&self) -> Option<(String, Secret<String>)> {
        let mut url = url::Url::parse(&self.api).ok()?;
        let host = url.host_str()?.to_owned();
        if let Some(beside) = host.strip_prefix("api.") {
            url.set_host(Some(beside)).ok()?;
        }
        url.set_path(&format!("{}.git", self.slug));
        Some((url.to_string(), self.token.clone()))
    }

    /// Whether this is github.com, whose own apps have numbers that are known.
    pub fn is_github_com(&self) -> bool {
        self.api == API
    }

    /// How many calls were sent to GitHub, including those answered "not modified".
    pub async fn asked(&self) -> u64 {
        self.state.lock().await.asked
    }

    /// The pause that GitHub asks for between two polls of the same object.
    pub async fn poll_interval(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.state.lock().await.poll)
    }

    /// The address of a path of the API.
    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.api)
    }

    /// The URL path of an endpoint in the repository.
    fn path(&self, rest: &str) -> String {
        format!("/repos/{}{rest}", self.slug)
    }
}

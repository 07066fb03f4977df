//! GitHub as the authority: the API's data about one request, the decision whether it suffices, and the log on
//! `jit-log`.
//!
//! May use levels 0 to 2 and `judgement`. Invariant: decisions use only numeric ids, commit ids and bytes that were
//! fetched here. Text written on GitHub decides nothing.

pub mod api;
pub mod between;
mod denying;
pub(crate) mod docket;
pub mod evidence;
pub mod extending;
pub mod fitness;
pub mod gather;
pub mod id_token;
pub mod job_log;
pub mod known;
pub mod lease;
pub mod log_store;
pub mod objects;
pub mod outputs;
pub mod plan;
pub mod refusal;
pub mod reviews;
pub mod tree;
pub mod verified;
pub mod verify;
pub mod workload;

pub use api::GitHub;
pub use api::GitHubError;
pub use evidence::Evidence;
pub use evidence::RequestEvidence;
pub use refusal::Refusal;
pub use verified::Verified;

/// The name of this authority in statements: the repository's numeric id, which is never reassigned.
pub fn authority(repository_id: u64) -> String {
    crate::grant::AuthorityAddress::GitHub(&repository_id.to_string()).to_string()
}

/// The only branch that decisions use.
pub const MAIN: &str = "main";

/// The branch that holds the log.
pub const LOG_BRANCH: &str = "jit-log";

/// The environment that holds the log's keys.
pub const LOG_ENVIRONMENT: &str = "jit-log";

/// The workflow that decides and mints.
pub const WORKFLOW: &str = ".github/workflows/jit.yml";

/// The environment in which a role's credentials are minted.
pub fn environment_of(role: &crate::grant::Name) -> String {
    format!("jit-role-{role}")
}

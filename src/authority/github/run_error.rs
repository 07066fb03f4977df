//! Errors of runs of the access repository's workflow, with the command to try next.

use crate::forge::log::Action;
use crate::forge::log::JournalError;
use crate::github::GitHubError;
use crate::github::log_store::LogError;

/// Why a run did not succeed. Texts from GitHub or the run are sanitised, and never trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// A call to GitHub failed.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// The log cannot be trusted.
    #[error(transparent)]
    Log(#[from] LogError),
    /// GitHub refuses to dispatch the workflow.
    #[error("GitHub does not start the workflow jit.yml: {0}")]
    NotTaken(String),
    /// The workflow was dispatched, and its run did not appear.
    #[error("the workflow was started, and its run did not appear within {0} seconds")]
    Unseen(i64),
    /// GitHub shows another run under the run's id than the dispatched one.
    #[error("run {0} is not the one that was started here")]
    Foreign(u64),
    /// The run waits for a runner.
    #[error("the run has waited {minutes} minutes for a runner: {url}")]
    Queued {
        /// How long the client has waited, in minutes.
        minutes: i64,
        /// Its page on GitHub.
        url: String,
    },
    /// The environment is configured so that a person must approve each run.
    #[error("the run waits for the approval that its environment requires: {url}")]
    Held {
        /// Its page on GitHub.
        url: String,
    },
    /// The run takes longer than its jobs are allowed to.
    #[error("the run has not ended after {minutes} minutes: {url}")]
    Slow {
        /// How long the client has waited, in minutes.
        minutes: i64,
        /// Its page on GitHub.
        url: String,
    },
    /// The person stopped waiting.
    #[error("stopped waiting; the run goes on: {url}")]
    Interrupted {
        /// Its page on GitHub.
        url: String,
    },
    /// The run no longer exists.
    #[error("the run {0} was deleted")]
    Gone(u64),
    /// Somebody cancelled the run.
    #[error("the run was cancelled: {0}")]
    Cancelled(String),
    /// A job of the run timed out.
    #[error("the run took too long and was stopped: {0}")]
    TimedOut(String),
    /// Somebody re-ran it. A re-run never counts.
    #[error("the run was run again, and a run counts once: {0}")]
    Again(String),
    /// `jit ci` refused.
    #[error("{said}")]
    Refused {
        /// Its error, sanitised.
        said: String,
        /// Its hint, sanitised.
        hint: Option<String>,
        /// The rule's code for programs, if the log shows it.
        rule: Option<String>,
        /// The exit code of `jit ci`, if the log shows it.
        code: Option<u8>,
        /// Its page on GitHub.
        url: String,
    },
    /// A job failed without an error of `jit ci`.
    #[error("the job {job} of the run failed{}: {url}", place(.step.as_deref()))]
    Failed {
        /// The job's name.
        job: String,
        /// The failed step, sanitised, if GitHub names it.
        step: Option<String>,
        /// Its page on GitHub.
        url: String,
    },
    /// The run ended with an unknown conclusion.
    #[error("the run ended with {conclusion}: {url}")]
    Odd {
        /// GitHub's conclusion, sanitised.
        conclusion: String,
        /// Its page on GitHub.
        url: String,
    },
    /// The repository's workflow is of an older version, which hands credentials over in another way.
    #[error("the repository's workflow jit.yml was written by an older jit than this one")]
    OlderWorkflow,
    /// The run succeeded, and its log has no credentials.
    #[error("the run left no credentials behind: {0}")]
    Empty(String),
    /// The origin of the credentials cannot be verified now.
    #[error("jit cannot check now who sealed the credentials: {0}")]
    Unproved(String),
    /// The log holds something else than a run of this repository writes.
    #[error("the run's credentials are refused: {0}")]
    Unfit(String),
    /// The private file of this machine cannot be used.
    #[error("{path} cannot be used: {cause}")]
    Memory {
        /// The file.
        path: String,
        /// Why it cannot be used.
        cause: String,
    },
}

fn place(step: Option<&str>) -> String {
    step.map_or_else(String::new, |step| format!(" at its step `{step}`"))
}

impl RunError {
    /// Whether a retry may succeed without any action by a person.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::GitHub(error) | Self::Log(LogError::GitHub(error)) => error.is_passing(),
            Self::Log(LogError::Journal(JournalError::Moved) | LogError::Journal(JournalError::Clock))
            | Self::Unseen(_)
            | Self::Unproved(_)
            | Self::Queued { .. }
            | Self::Slow { .. }
            | Self::Gone(_)
            | Self::Cancelled(_)
            | Self::TimedOut(_) => true,
            Self::Refused { code, .. } => *code == Some(1),
            _ => false,
        }
    }

    /// Whether the authority refused, as opposed to a failure.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { code: Some(5), .. })
    }

    /// The command to try next.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::GitHub(error) => return error.hint(),
            Self::Log(error) => return error.hint(),
            Self::Refused { hint, .. } => return hint.clone(),
            Self::NotTaken(_) => {
                "the token must be allowed to start workflows (Actions: write), and `jit ci init` must have been run with this version"
            }
            Self::Unseen(_) | Self::Gone(_) | Self::Cancelled(_) | Self::TimedOut(_) | Self::Again(_) => {
                "`jit wait` starts it again"
            }
            Self::Unproved(_) | Self::Queued { .. } | Self::Slow { .. } | Self::Interrupted { .. } => {
                "`jit wait` goes on waiting for the same run"
            }
            Self::Held { .. } => {
                "an administrator must take the required reviewers off that environment: `jit doctor` shows it"
            }
            Self::Failed { .. } | Self::Odd { .. } => "open the run to see why, then `jit wait` to try again",
            Self::Empty(_) => "`jit wait` gets fresh credentials",
            Self::OlderWorkflow => {
                "an administrator of the access repository runs `jit ci init …` with this version and brings jit.yml to main; your request stays open, and `jit wait` goes on with it"
            }
            Self::Foreign(_) | Self::Unfit(_) => {
                "nothing was stored; tell an administrator of the access repository"
            }
            Self::Memory { .. } => {
                "make it readable and writable for you alone, or remove it when you know why it changed"
            }
        };
        Some(text.to_owned())
    }
}

/// The status line that the person sees during a run.
pub(super) fn activity(action: Action) -> &'static str {
    match action {
        Action::Mint => "GitHub mints the credentials",
        Action::Deny => "GitHub records the denial",
        Action::End => "GitHub records the end",
        Action::Revoke => "GitHub records the revocation",
        Action::Extend => "GitHub records more time",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::http::HttpError;

    /// A log that is too long is too long at every try.
    #[test]
    fn a_run_fails_for_good_where_githubs_answer_does() {
        let long = || GitHubError::Network(HttpError::TooLarge { host: "api.github.com".to_owned() });
        assert!(!RunError::GitHub(long()).is_passing());
        assert!(!RunError::Log(LogError::GitHub(long())).is_passing());
        let busy = GitHubError::Refused { status: 429, asked: "GET /x".to_owned(), message: String::new() };
        assert!(RunError::GitHub(busy).is_passing());
    }
}

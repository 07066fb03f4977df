//! Why a run of the access repository's workflow did not do what it was dispatched for, and what to type next.

use crate::forge::GitHubError;
use crate::forge::log::Action;
use crate::forge::log::LogError;

/// Why a run did not come to a good end. What GitHub or the run said is made harmless, and believed in nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// GitHub did not answer as it should.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// The log is not one that may be built on.
    #[error(transparent)]
    Log(#[from] LogError),
    /// GitHub takes no dispatch of the workflow.
    #[error("GitHub does not start the workflow jit.yml: {0}")]
    NotTaken(String),
    /// It was dispatched, and no run of ours appeared.
    #[error("the workflow was started, and its run did not appear within {0} seconds")]
    Unseen(i64),
    /// What GitHub shows under the run's id is not the run that was dispatched.
    #[error("run {0} is not the one that was started here")]
    Foreign(u64),
    /// It waits for a runner.
    #[error("the run has waited {minutes} minutes for a runner: {url}")]
    Queued {
        /// How long.
        minutes: i64,
        /// Where people see it.
        url: String,
    },
    /// Somebody set its environment up so that a person lets each run in.
    #[error("the run waits for somebody to let it into its environment: {url}")]
    Held {
        /// Where people see it.
        url: String,
    },
    /// It runs longer than any of its jobs may.
    #[error("the run has not ended after {minutes} minutes: {url}")]
    Slow {
        /// How long.
        minutes: i64,
        /// Where people see it.
        url: String,
    },
    /// The person stopped waiting.
    #[error("stopped waiting; the run goes on: {url}")]
    Interrupted {
        /// Where people see it.
        url: String,
    },
    /// It is gone.
    #[error("the run {0} was deleted")]
    Gone(u64),
    /// Somebody cancelled it.
    #[error("the run was cancelled: {0}")]
    Cancelled(String),
    /// A job of it took too long.
    #[error("the run took too long and was stopped: {0}")]
    TimedOut(String),
    /// It was run again, which nothing counts of.
    #[error("the run was run again, and a run counts once: {0}")]
    Again(String),
    /// `jit ci` said no, in these words.
    #[error("{said}")]
    Refused {
        /// What it said, made harmless.
        said: String,
        /// What it hinted at, made harmless.
        hint: Option<String>,
        /// The rule's word for programs, where the log has it.
        rule: Option<String>,
        /// The exit code of `jit ci`, where the log has it.
        code: Option<u8>,
        /// Where people see it.
        url: String,
    },
    /// A job failed without words of ours.
    #[error("the job {job} of the run failed{}: {url}", place(.step.as_deref()))]
    Failed {
        /// Which job.
        job: String,
        /// At which step, where GitHub tells, made harmless.
        step: Option<String>,
        /// Where people see it.
        url: String,
    },
    /// It ended in a way that nobody foresaw.
    #[error("the run ended with {conclusion}: {url}")]
    Odd {
        /// GitHub's word, made harmless.
        conclusion: String,
        /// Where people see it.
        url: String,
    },
    /// It ended well and left nothing.
    #[error("the run left no credentials behind: {0}")]
    Empty(String),
    /// Who sealed what it left cannot be learned now.
    #[error("who sealed the credentials cannot be checked now: {0}")]
    Unproved(String),
    /// What it left is not what it should be.
    #[error("what the run left behind is refused: {0}")]
    Artifact(String),
    /// The private file of this machine cannot be used.
    #[error("{path} cannot be used: {cause}")]
    Memory {
        /// The file.
        path: String,
        /// Why.
        cause: String,
    },
}

fn place(step: Option<&str>) -> String {
    step.map_or_else(String::new, |step| format!(" at its step `{step}`"))
}

impl RunError {
    /// Whether the same may work later without anybody doing anything.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::GitHub(error) | Self::Log(LogError::GitHub(error)) => match error {
                GitHubError::Network(_) | GitHubError::Limited { .. } => true,
                error => matches!(error.status(), Some(429 | 500..)),
            },
            Self::Log(LogError::Moved | LogError::Clock)
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

    /// Whether the authority said no, as opposed to something going wrong.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { code: Some(5), .. })
    }

    /// What to type next.
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
            Self::Empty(_) => "`jit wait` has fresh credentials minted",
            Self::Foreign(_) | Self::Artifact(_) => {
                "nothing was stored; tell whoever administers the access repository"
            }
            Self::Memory { .. } => {
                "make it readable and writable for you alone, or remove it when you know why it changed"
            }
        };
        Some(text.to_owned())
    }
}

/// What the person reads while a run goes on.
pub(super) fn activity(action: Action) -> &'static str {
    match action {
        Action::Mint => "GitHub mints the credentials",
        Action::Deny => "GitHub records the denial",
        Action::End => "GitHub records the end",
        Action::Revoke => "GitHub records the revocation",
        Action::Extend => "GitHub records more time",
    }
}

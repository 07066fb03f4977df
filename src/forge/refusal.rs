//! Why a request on GitHub is not decided, or not minted for.

use crate::grant::Digest;
use crate::grant::Name;

use super::request_file::FileError;
use crate::judgement;

/// Why nothing happens. Each is a rule of trust.md §6 or §1 to §3.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The run is not the protected workflow on `main`, started by hand, for the first time.
    #[error("this run may not decide: {0}")]
    Run(String),
    /// The run says something else of itself than GitHub does.
    #[error("what the run says of its {0} is not what GitHub says")]
    Claimed(&'static str),
    /// `main` moved since the run was dispatched.
    #[error("main moved since this was dispatched, and with it perhaps the policy")]
    Moved,
    /// The pull request is not one that a request can be.
    #[error("pull request {number} is no request: {cause}")]
    Pull {
        /// Which.
        number: u64,
        /// Why.
        cause: String,
    },
    /// The file is not what it should be.
    #[error(transparent)]
    File(#[from] FileError),
    /// What was dispatched is not what the pull request holds.
    #[error(
        "the request has the digest {found}, and {wanted} was asked for: it was changed, or it is another"
    )]
    Digest {
        /// What the file at the head has.
        found: Digest,
        /// What was dispatched.
        wanted: Digest,
    },
    /// The signature does not hold, or is somebody else's.
    #[error("the request's signature does not count: {0}")]
    Signature(String),
    /// Author, dispatching actor and requester are not one person.
    #[error("the request is {who}'s, and {cause}")]
    Who {
        /// Whose request it says to be.
        who: Name,
        /// What is wrong.
        cause: String,
    },
    /// The token that proves a workload does not hold, or is another's.
    #[error("the workload's token does not count: {0}")]
    Workload(String),
    /// The job that wants the credentials is not of the run that was approved.
    #[error("this job is not of the run that was approved: its {0} is another one")]
    OtherRun(&'static str),
    /// The policy that the statement names is not the one at its base.
    #[error("the request was made under another policy than the one it branched off from")]
    Revision,
    /// A clock has run out, or has not begun.
    #[error("{0}")]
    Clock(String),
    /// The policies say no.
    #[error("{0}")]
    Policy(String),
    /// Somebody said no.
    #[error("{0} denied it")]
    Denied(Name),
    /// Reviews are missing.
    #[error("reviews are missing: {0}")]
    Waiting(String),
    /// A rule that every authority has says no.
    #[error(transparent)]
    Rule(#[from] judgement::refusal::Refusal),
    /// The log says that this cannot happen any more.
    #[error("{0}")]
    Log(String),
}

impl Refusal {
    /// What kind of no it is, by the words that a broker has for it. `None` for what only a repository refuses.
    pub fn code(&self) -> Option<judgement::refusal::Code> {
        match self {
            Self::Rule(refusal) => Some(refusal.code()),
            Self::Policy(_) | Self::Denied(_) => Some(judgement::refusal::Code::Policy),
            Self::Waiting(_) => Some(judgement::refusal::Code::State),
            _ => None,
        }
    }

    /// What to type next, where there is something.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Rule(refusal) => return refusal.hint(),
            Self::Run(_) | Self::Claimed(_) => "let `jit` dispatch the workflow: runs are never run again",
            Self::Moved => "`jit wait` dispatches it again",
            Self::Digest { .. } | Self::File(_) | Self::Pull { .. } | Self::Revision | Self::Signature(_) => {
                "ask again with `jit request`"
            }
            Self::Who { .. } => "`jit whoami` says who you are to this repository",
            Self::Clock(_) | Self::Denied(_) => "ask again with `jit request`",
            Self::Workload(_) | Self::OtherRun(_) => {
                "ask again in a run of its own: approval of one run at one commit is good for no other"
            }
            Self::Waiting(_) => "`jit wait` waits for them",
            Self::Policy(_) => "`jit policy explain` says why",
            Self::Log(_) => return None,
        };
        Some(text.to_owned())
    }
}

//! Why a repository authority does not decide or mint for a request.

use crate::forge::request_file::FileError;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::State;
use crate::identity::IdentityError;
use crate::judgement::refusal::Code;
use crate::judgement::refusal::Refusal as Rule;

/// Why a run refuses. Each variant is one rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The run is not the first attempt of the protected workflow on `main`, started by hand.
    #[error("this run may not decide: {0}")]
    Run(String),
    /// The run's claims about itself differ from GitHub's answer.
    #[error("what the run says of its {0} is not what GitHub says")]
    Claimed(&'static str),
    /// `main` moved since the run was dispatched.
    #[error("main moved since this was dispatched, and with it perhaps the policy")]
    Moved,
    /// The pull request cannot be a request.
    #[error("pull request {number} is no request: {cause}")]
    Pull {
        /// Its number.
        number: u64,
        /// Why it cannot be a request.
        cause: String,
    },
    /// The request file is invalid.
    #[error(transparent)]
    File(FileError),
    /// The pull request's digest differs from the dispatched one.
    #[error(
        "the request has the digest {found}, and {wanted} was asked for: it was changed, or it is another"
    )]
    Digest {
        /// The digest of the file at the head.
        found: Digest,
        /// The dispatched digest.
        wanted: Digest,
    },
    /// The signature does not verify, or is another person's.
    #[error("the request's signature does not count: {0}")]
    Signature(String),
    /// Author, dispatching actor and requester are not one person.
    #[error("the request is {who}'s, and {cause}")]
    Who {
        /// The requester that the statement names.
        who: Name,
        /// Why the author or the actor is not the requester, in words.
        cause: String,
    },
    /// The workload's ID token is invalid, or belongs to another workload.
    #[error("the workload's token does not count: {0}")]
    Workload(String),
    /// The job that takes the credentials belongs to another run than the approved one.
    #[error("this job is not of the run that was approved: its {0} is another one")]
    OtherRun(&'static str),
    /// It has expired, or has not begun.
    #[error("{0}")]
    Clock(String),
    /// The policies refuse it.
    #[error("{0}")]
    Policy(String),
    /// A reviewer denied it.
    #[error("{}", Rule::NotMintable(State::Denied))]
    Denied(Name),
    /// Reviews are missing: these.
    #[error("{}", Rule::NotMintable(State::Pending))]
    Waiting(String),
    /// A rule that all authorities share refuses it.
    #[error(transparent)]
    Rule(#[from] Rule),
    /// The log rules it out.
    #[error("{0}")]
    Log(String),
}

impl Refusal {
    /// The refusal's code, as a broker calls it. `None` if only a repository refuses for this reason.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Policy(_) => Some(Code::Policy),
            _ => self.shared().map(|rule| rule.code()),
        }
    }

    /// The refusal of the rules that all authorities share. `None` for what only a repository refuses.
    fn shared(&self) -> Option<Rule> {
        match self {
            Self::Rule(rule) => Some(rule.clone()),
            Self::Denied(_) => Some(Rule::NotMintable(State::Denied)),
            Self::Waiting(_) => Some(Rule::NotMintable(State::Pending)),
            _ => None,
        }
    }

    /// The details that a repository adds: the person who denied it, or the reviews that are missing. `None` if it adds
    /// none.
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Denied(by) => Some(format!("{by} denied it")),
            Self::Waiting(missing) => Some(format!("reviews are missing: {missing}")),
            _ => None,
        }
    }

    /// Advice on what to type next. `None` if there is none.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Rule(_) | Self::Denied(_) | Self::Waiting(_) => return self.shared()?.hint(),
            Self::Run(_) | Self::Claimed(_) => "let `jit` dispatch the workflow: runs are never run again",
            Self::Moved => "`jit wait` dispatches it again",
            Self::Digest { .. } | Self::File(_) | Self::Pull { .. } | Self::Signature(_) => {
                "ask again with `jit request`"
            }
            Self::Who { .. } => "`jit whoami` says who you are to this repository",
            Self::Clock(_) => "ask again with `jit request`",
            Self::Workload(_) | Self::OtherRun(_) => {
                "ask again in a run of its own: approval of one run at one commit is good for no other"
            }
            Self::Policy(_) => "`jit policy explain` says why",
            Self::Log(_) => return None,
        };
        Some(text.to_owned())
    }
}

/// A statement that cannot be read is refused in the same words wherever it comes from.
impl From<FileError> for Refusal {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Statement(why) => Rule::Unproved(IdentityError::Statement(why)).into(),
            other => Self::File(other),
        }
    }
}

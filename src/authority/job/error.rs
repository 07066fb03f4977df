//! Why a job does not get what it asks a broker for, and what to do about it.

use crate::config::inputs;
use crate::config::inputs::InputError;
use crate::github::id_token::TokenError;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::name::NameError;
use crate::identity::IdentityError;
use crate::secret::seal::SealError;

/// Why a job does not get what it asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// A variable has a value that cannot be used.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The broker's address cannot be used.
    #[error("{} is not a broker's address: {cause}", inputs::BROKER.name)]
    Address {
        /// The value.
        written: String,
        /// Why not.
        cause: String,
    },
    /// The job has no ID token for the broker.
    #[error("this job has no ID token for the broker")]
    NoToken,
    /// The file of the token cannot be read.
    #[error("the file of the job's ID token cannot be read: {0}")]
    File(String),
    /// GitHub's runner gives no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The broker states the job's facts in a form that this version does not know.
    #[error("the broker states this job in a form that this jit does not know")]
    Facts,
    /// The key of the job cannot be used.
    #[error(transparent)]
    Key(#[from] IdentityError),
    /// The credentials cannot be sealed to the job's key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A job is about one role at a time.
    #[error("a job {0} one role at a time")]
    One(&'static str),
    /// The credentials of a job are not served.
    #[error("the credentials of a job go into the environment and are not renewed")]
    Serves,
    /// The typed text is no name.
    #[error(transparent)]
    NoName(NameError),
    /// The role has no such scope.
    #[error("{role} has no scope {scope}")]
    NoScope {
        /// The role.
        role: Name,
        /// The scope.
        scope: Name,
    },
    /// No step of this run has asked, and the broker refuses a request without a reason or a scope.
    #[error("no step of this run has asked for {role}, and the broker refuses a plain request: {cause}")]
    NotAsked {
        /// The role.
        role: Name,
        /// Why the broker refuses. Sanitised.
        cause: String,
    },
    /// Another run of the workload holds the role.
    #[error("another run of this workload holds {role}: {cause}")]
    Held {
        /// The role.
        role: Name,
        /// The broker's words. Sanitised.
        cause: String,
    },
    /// The run has no open request to end.
    #[error("this run has no open request for {0}")]
    NothingOpen(Name),
    /// The request cannot be read.
    #[error("request {0} cannot be read by this jit")]
    Unreadable(RequestId),
    /// The request has ended.
    #[error("request {id} is {}", state.as_str())]
    Closed {
        /// The request.
        id: RequestId,
        /// Its state.
        state: State,
    },
}

impl JobError {
    /// The way to solve it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoToken => format!(
                "on GitHub the job needs `permissions: id-token: write`; on GitLab `id_tokens: {{ {}: {{ aud: … }} }}`; elsewhere {} names the token's file",
                inputs::ID_TOKEN.name,
                inputs::ID_TOKEN_FILE.name
            ),
            Self::Address { .. } => format!("write it like {}=https://jit.example.com", inputs::BROKER.name),
            Self::Token(error) => return error.hint(),
            Self::Facts | Self::Unreadable(_) => "update jit in the job's image".to_owned(),
            Self::Serves => "leave the switch out".to_owned(),
            Self::NotAsked { role, .. } => {
                format!("ask first, in the same step or an earlier one: `jit request {role} --reason …`")
            }
            Self::Held { role, .. } => format!(
                "that run ends it with `jit end {role}`; on GitHub a `concurrency` group makes runs wait for each other"
            ),
            Self::Closed { .. } => "start the job again, so that it asks anew".to_owned(),
            _ => return None,
        })
    }
}

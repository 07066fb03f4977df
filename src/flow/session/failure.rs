//! The failure of a verb: a kind that decides the exit code, a message, causes, and what to type next.

use crate::authority::AuthorityError;
use crate::authority::opening::OpeningError;
use crate::config::ConfigError;
use crate::grant::text::sanitise;
use crate::identity::IdentityError;
use crate::keychain::lock::LockError;
use crate::provider::ProviderError;
use crate::provider::whose::WhoseError;
use crate::state::index::IndexError;
use crate::system::console::ConsoleError;
use crate::system::keychain::KeychainError;

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something went wrong.
    Failed,
    /// The command was mistyped, or lacks an input that nobody can be asked for.
    Usage,
    /// There is no session, or it has expired.
    NotLoggedIn,
    /// Another person has to decide first.
    Waiting,
    /// Refused, denied, ended or revoked.
    Refused,
    /// No access was requested.
    NoAccess,
}

impl Kind {
    /// The exit code of every command but `exec`.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotLoggedIn => 3,
            Self::Waiting => 4,
            Self::Refused | Self::NoAccess => 5,
        }
    }

    /// The word that `exec` prints as `state=…` for scripts.
    pub fn state(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::NotLoggedIn => "login",
            Self::Waiting => "pending",
            Self::Refused => "denied",
            Self::NoAccess => "none",
        }
    }
}

/// A failure as it is shown. Texts are sanitised when they are added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Its kind.
    pub kind: Kind,
    /// The message, which says what happened.
    pub message: String,
    /// The causes, the nearest one first.
    pub causes: Vec<String>,
    /// Advice on what to do or type next.
    pub hints: Vec<String>,
    /// The word for programs of the rule that refuses, inside a run of a repository. `None` elsewhere.
    pub code: Option<&'static str>,
}

impl Failure {
    /// A failure of this kind.
    pub fn new(kind: Kind, message: impl AsRef<str>) -> Self {
        Self { kind, message: sanitise(message.as_ref()), causes: Vec::new(), hints: Vec::new(), code: None }
    }

    /// Something went wrong.
    pub fn failed(message: impl AsRef<str>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// The command lacks an input, or has a wrong one.
    pub fn usage(message: impl AsRef<str>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Refused, denied, ended or revoked.
    pub fn refused(message: impl AsRef<str>) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// There is no session.
    pub fn not_logged_in(message: impl AsRef<str>) -> Self {
        Self::new(Kind::NotLoggedIn, message)
    }

    /// The person pressed Ctrl-C.
    pub fn interrupted() -> Self {
        Self::failed("stopped")
    }

    /// Adds a cause. Each line becomes a cause of its own.
    #[must_use]
    pub fn cause(mut self, cause: impl AsRef<str>) -> Self {
        self.causes.extend(cause.as_ref().lines().map(|line| sanitise(line.trim_end())));
        self
    }

    /// Adds what to type next.
    #[must_use]
    pub fn hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hints.push(sanitise(hint.as_ref()));
        self
    }

    /// Adds what to type next, if there is advice.
    #[must_use]
    pub(in crate::flow) fn maybe_hint(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// The same failure with another message.
    #[must_use]
    pub fn renamed(mut self, message: impl AsRef<str>) -> Self {
        self.message = sanitise(message.as_ref());
        self
    }

    /// The whole failure in one line, for readers that show only one.
    pub fn in_one_line(&self) -> String {
        let causes = self.causes.iter().map(|cause| format!(": {cause}"));
        let hints = self.hints.iter().map(|hint| format!("; {hint}"));
        std::iter::once(self.message.clone()).chain(causes).chain(hints).collect()
    }

    /// Replaces the message and makes the old one the first cause. Kind, causes and hints stay.
    #[must_use]
    pub fn because(mut self, message: impl AsRef<str>) -> Self {
        let cause = std::mem::replace(&mut self.message, sanitise(message.as_ref()));
        self.causes.insert(0, cause);
        self
    }
}

impl From<AuthorityError> for Failure {
    fn from(error: AuthorityError) -> Self {
        let error = match error {
            AuthorityError::Workload(error) => return error.into(),
            AuthorityError::Opening(error) => return error.into(),
            other => other,
        };
        let kind = match (error.status(), error.code()) {
            (Some(401), _) => Kind::NotLoggedIn,
            _ if matches!(&error, AuthorityError::Run(run) if run.is_refusal()) => Kind::Refused,
            // The person has too many pending requests. A repeated call does not help.
            (_, Some("too_many")) if matches!(&error, AuthorityError::Refused(_)) => Kind::Refused,
            (Some(403 | 404 | 410), _) | (_, Some("state" | "policy")) => Kind::Refused,
            _ => Kind::Failed,
        };
        let failure = Self::new(kind, error.to_string()).maybe_hint(error.hint());
        match &error {
            AuthorityError::Refused(refusal) => refusal.cause().into_iter().fold(failure, Self::cause),
            _ => failure,
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::failed("the settings do not load").cause(error.to_string()).maybe_hint(error.hint)
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        Self::failed(error.to_string()).maybe_hint(error.hint())
    }
}

impl From<ConsoleError> for Failure {
    fn from(error: ConsoleError) -> Self {
        match error {
            ConsoleError::Interrupted => Self::failed("stopped; nothing was sent"),
            other => Self::usage(other.to_string()),
        }
    }
}

impl From<KeychainError> for Failure {
    fn from(error: KeychainError) -> Self {
        let hint = match &error {
            KeychainError::Locked => "unlock it by logging in to your desktop, then try again",
            KeychainError::Absent(_) => {
                "choose another one by name: `jit login --keychain file`, or without a login `jit config set keychain file`"
            }
            KeychainError::Busy(_) => "try again; `pgrep -a jit` shows the commands that run",
            KeychainError::Full(_) => "remove what is not needed any more, then try again",
            KeychainError::TimeOut(_) | KeychainError::Damaged(_) | KeychainError::Failed(_) => {
                "try again; `jit login --keychain NAME` chooses another one: os, keyutils, file or none"
            }
        };
        Self::failed(error.to_string()).hint(hint)
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        Self::failed("another command is working on the credentials")
            .cause(error.to_string())
            .maybe_hint(error.hint())
    }
}

impl From<IndexError> for Failure {
    fn from(error: IndexError) -> Self {
        Self::failed("the list of grants cannot be written").cause(error.to_string())
    }
}

impl From<WhoseError> for Failure {
    fn from(error: WhoseError) -> Self {
        let failure = Self::failed(error.to_string()).maybe_hint(error.hint());
        error.cause().into_iter().fold(failure, Self::cause)
    }
}

impl From<OpeningError> for Failure {
    fn from(error: OpeningError) -> Self {
        let failure = Self::failed(error.to_string()).maybe_hint(error.hint());
        error.causes().into_iter().fold(failure, Self::cause)
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self::failed(error.message).maybe_hint(error.hint)
    }
}

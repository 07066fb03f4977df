//! Turns errors from GitHub into failures for people.

use crate::authority::github::workload::WorkloadError;
use crate::config::inputs::InputError;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::github::GitHubError;
use crate::github::Refusal;
use crate::github::extending::WorthError;
use crate::github::gather::GatherError;
use crate::github::id_token::TokenError;
use crate::github::log_store::LogError;
use crate::github::outputs::OutputError;

impl From<GitHubError> for Failure {
    fn from(error: GitHubError) -> Self {
        Self::failed(error.to_string()).maybe_hint(error.hint())
    }
}

impl From<GatherError> for Failure {
    fn from(error: GatherError) -> Self {
        Self::failed(error.to_string()).maybe_hint(error.hint())
    }
}

impl From<WorthError> for Failure {
    fn from(error: WorthError) -> Self {
        match error {
            WorthError::Gather(error) => error.into(),
            WorthError::Log(error) => error.into(),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(error: Refusal) -> Self {
        let code = error.code().map(|code| code.as_str());
        let failure = Self { code, ..Self::refused(error.to_string()) };
        let failure = error.cause().into_iter().fold(failure, Self::cause);
        failure.maybe_hint(error.hint())
    }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        Self::failed(error.to_string()).maybe_hint(error.hint())
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Self::failed(error.to_string()).maybe_hint(error.hint())
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        match error {
            OutputError::Input(error) => error.into(),
            OutputError::File(ref cause) => Self::failed(error.to_string()).cause(cause),
            OutputError::Lines(_) => Self::failed(error.to_string()),
        }
    }
}

impl From<WorkloadError> for Failure {
    fn from(error: WorkloadError) -> Self {
        let failure = Self::new(kind_of(&error), error.to_string());
        let failure = error.causes().into_iter().fold(failure, Self::cause);
        error.hints().into_iter().fold(failure, Self::hint)
    }
}

fn kind_of(error: &WorkloadError) -> Kind {
    match error {
        WorkloadError::Input(_)
        | WorkloadError::NotHandedOn(_)
        | WorkloadError::Output(OutputError::Input(_))
        | WorkloadError::TooLarge(_)
        | WorkloadError::NoRepository
        | WorkloadError::Contradiction
        | WorkloadError::Statement(_)
        | WorkloadError::OtherRole { .. }
        | WorkloadError::AsksForOne
        | WorkloadError::Waits(_)
        | WorkloadError::RunsWithOne
        | WorkloadError::Serves
        | WorkloadError::NoName(_) => Kind::Usage,
        WorkloadError::Refused(_)
        | WorkloadError::NoWorkloads
        | WorkloadError::CannotAsk(_)
        | WorkloadError::Unknown { .. }
        | WorkloadError::NoRole(_)
        | WorkloadError::Policy(_)
        | WorkloadError::Person => Kind::Refused,
        WorkloadError::Waiting(_) => Kind::Waiting,
        WorkloadError::GitHub(_)
        | WorkloadError::Gather(_)
        | WorkloadError::Token(_)
        | WorkloadError::Output(_)
        | WorkloadError::Key(_)
        | WorkloadError::Opening(_) => Kind::Failed,
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        Self::usage(error.to_string()).hint("this command runs inside the workflow that `jit ci init` writes")
    }
}

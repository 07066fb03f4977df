//! How what goes wrong on GitHub becomes a failure that people read.

use crate::config::inputs::InputError;
use crate::flow::Failure;
use crate::forge::GitHubError;
use crate::forge::Refusal;
use crate::forge::extending::WorthError;
use crate::forge::gather::GatherError;
use crate::forge::id_token::TokenError;
use crate::forge::log::LogError;

impl From<GitHubError> for Failure {
    fn from(error: GitHubError) -> Self {
        with(Self::failed(error.to_string()), error.hint())
    }
}

impl From<GatherError> for Failure {
    fn from(error: GatherError) -> Self {
        with(Self::failed(error.to_string()), error.hint())
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
        with(Self { code, ..Self::refused(error.to_string()) }, error.hint())
    }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        with(Self::failed(error.to_string()), error.hint())
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        with(Self::failed(error.to_string()), error.hint())
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        Self::usage(error.to_string()).hint("this command runs inside the workflow that `jit ci init` writes")
    }
}

fn with(failure: Failure, hint: Option<String>) -> Failure {
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

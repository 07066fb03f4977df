//! The inputs that a workflow gives to `jit ci`: environment variables, each of which must match its pattern as a
//! whole.
//!
//! The person who dispatches a workflow chooses its inputs. The patterns therefore allow no text that a path, a shell
//! or a log could interpret.

use regex::Regex;

use crate::grant::text::sanitise;
use crate::system::Environment;

/// One variable and its pattern.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    /// Its name.
    pub name: &'static str,
    /// The pattern that the whole value must match.
    pub pattern: &'static str,
    /// Its meaning, in one sentence.
    pub meaning: &'static str,
}

const NUMBER: &str = "[1-9][0-9]{0,18}";
const COMMIT: &str = "[0-9a-f]{40}|[0-9a-f]{64}";

const PRIVATE_KEY: &str =
    r"-----BEGIN (?:RSA )?PRIVATE KEY-----\r?\n[A-Za-z0-9+/=\r\n]+-----END (?:RSA )?PRIVATE KEY-----\s*";

const fn input(name: &'static str, pattern: &'static str, meaning: &'static str) -> Input {
    Input { name, pattern, meaning }
}

/// The purpose of the run.
pub const ACTION: Input =
    input("JIT_ACTION", "mint|deny|end|revoke|extend", "What a run of `jit ci` is for.");
/// The pull request.
pub const PULL: Input = input("JIT_PULL", "[1-9][0-9]{0,9}", "The number of the request's pull request.");
/// The request's id.
pub const REQUEST: Input = input("JIT_REQUEST", "[0-9A-HJKMNP-TV-Z]{10}", "The id of the request.");
/// The request's digest.
pub const DIGEST: Input = input("JIT_DIGEST", "[0-9a-f]{64}", "The digest of the request.");
/// The newest event of the log that the client has seen.
pub const HEAD: Input =
    input("JIT_HEAD", "[0-9]{1,15}\\.[0-9a-f]{64}", "The newest event of the log that the client has seen.");
/// A signed statement.
pub const STATEMENT: Input =
    input("JIT_STATEMENT", "[A-Za-z0-9_-]+", "A signed statement, for a run that revokes.");
/// The token of a workload's job.
pub const PROOF: Input = input(
    "JIT_PROOF",
    r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
    "The ID token with which a workload's job takes the credentials; it has no other use.",
);
/// The form in which a client takes credentials from a run.
pub const FORM: Input =
    input("JIT_FORM", "2", "The form in which the client takes credentials: 2 for the job's log.");
/// The log's private key.
pub const LOG_KEY: Input = input("JIT_LOG_KEY", "[A-Za-z0-9_-]{43}", "The private key of the log; a secret.");
/// The token that may write to the log.
pub const LOG_TOKEN: Input =
    input("JIT_LOG_TOKEN", "[\\x21-\\x7e]+", "The token that may write the branch jit-log; a secret.");
/// The GitHub App that may write to the log.
pub const LOG_APP: Input = input("JIT_LOG_APP", NUMBER, "The id of the GitHub App that may write the log.");
/// The app's private key, which has several lines.
pub const LOG_APP_KEY: Input =
    input("JIT_LOG_APP_KEY", PRIVATE_KEY, "The private key of that app; a secret.");
/// The job's own token.
pub const TOKEN: Input = input(
    "GITHUB_TOKEN",
    "[\\x21-\\x7e]+",
    "Shown to GitHub, where it is the authority, by `jit ci` and `jit policy import github`; a secret.",
);
/// The address of GitHub's API.
pub const API: Input = input("GITHUB_API_URL", "https?://[A-Za-z0-9.:/_-]{1,200}", "Where GitHub's API is.");
/// The repository's name.
pub const REPOSITORY: Input =
    input("GITHUB_REPOSITORY", "[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}", "The repository of a run.");
/// The repository's id.
pub const REPOSITORY_ID: Input = input("GITHUB_REPOSITORY_ID", NUMBER, "The repository's numeric id.");
/// The id of the run.
pub const RUN: Input = input("GITHUB_RUN_ID", NUMBER, "The run.");
/// The attempt.
pub const ATTEMPT: Input = input("GITHUB_RUN_ATTEMPT", "[1-9][0-9]{0,5}", "The attempt of the run, from 1.");
/// The account that started the run.
pub const ACTOR: Input = input("GITHUB_ACTOR_ID", NUMBER, "The numeric id of who started the run.");
/// The event that started the run.
pub const EVENT: Input = input("GITHUB_EVENT_NAME", "[a-z_]{1,64}", "What started the run.");
/// The branch.
pub const REFERENCE: Input = input("GITHUB_REF", "refs/[A-Za-z0-9_./-]{1,250}", "The branch of the run.");
/// The commit.
pub const SHA: Input = input("GITHUB_SHA", COMMIT, "The commit of the run.");
/// The workflow.
pub const WORKFLOW: Input =
    input("GITHUB_WORKFLOW_REF", "[A-Za-z0-9_./@-]{1,500}", "The workflow of the run, with its branch.");
/// The file for outputs.
pub const OUTPUT: Input = input("GITHUB_OUTPUT", "[^\\x00-\\x1f]+", "The file that a step's outputs go to.");

/// The access repository that a job of another repository asks.
pub const ACCESS: Input = input(
    "JIT_ACCESS_REPOSITORY",
    "[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}",
    "The access repository that a job of another repository asks; `jit request` and `jit exec` then ask as a workload.",
);
/// The app that opens pull requests there.
pub const ACCESS_APP: Input = input(
    "JIT_ACCESS_APP",
    NUMBER,
    "The id of the GitHub App that opens the pull requests of workloads there.",
);
/// That app's private key.
pub const ACCESS_APP_KEY: Input =
    input("JIT_ACCESS_APP_KEY", PRIVATE_KEY, "The private key of that app; a secret.");

/// The broker that a job asks.
pub const BROKER: Input = input(
    "JIT_BROKER",
    r"https?://[A-Za-z0-9.:\[\]/_-]{1,200}",
    "The broker that a job asks as a workload, by its own ID token; `jit request` and `jit exec` then need nothing stored.",
);
/// The token of a job, where the pipeline puts it into a variable.
pub const ID_TOKEN: Input = input(
    "JIT_ID_TOKEN",
    r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
    "The job's ID token for the broker, as GitLab sets it by `id_tokens`; a secret.",
);
/// The file of a job's token, where the platform keeps it there.
pub const ID_TOKEN_FILE: Input = input(
    "JIT_ID_TOKEN_FILE",
    "/[^\\x00-\\x1f]{1,1000}",
    "The file with the job's ID token for the broker, as Kubernetes projects a service account's.",
);

/// The whole table.
pub const INPUTS: &[Input] = &[
    ACTION,
    PULL,
    REQUEST,
    DIGEST,
    HEAD,
    STATEMENT,
    PROOF,
    FORM,
    LOG_KEY,
    LOG_TOKEN,
    LOG_APP,
    LOG_APP_KEY,
    TOKEN,
    API,
    REPOSITORY,
    REPOSITORY_ID,
    RUN,
    ATTEMPT,
    ACTOR,
    EVENT,
    REFERENCE,
    SHA,
    WORKFLOW,
    OUTPUT,
    ACCESS,
    ACCESS_APP,
    ACCESS_APP_KEY,
    BROKER,
    ID_TOKEN,
    ID_TOKEN_FILE,
];

/// Why an input cannot be used. The error never shows the value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// It is not set.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// It does not match its pattern.
    #[error("{name} has an invalid value: it must match ^({pattern})$", pattern = sanitise(.pattern))]
    Pattern {
        /// The name of the variable.
        name: &'static str,
        /// Its pattern.
        pattern: &'static str,
    },
}

impl Input {
    /// Its value. `None` if it is not set.
    ///
    /// # Errors
    /// It is set to a value that does not match.
    pub fn find(&self, environment: &Environment) -> Result<Option<String>, InputError> {
        let Some(value) = environment.get(self.name) else { return Ok(None) };
        let fits =
            Regex::new(&format!("\\A(?:{})\\z", self.pattern)).is_ok_and(|pattern| pattern.is_match(value));
        if fits {
            Ok(Some(value.to_owned()))
        } else {
            Err(InputError::Pattern { name: self.name, pattern: self.pattern })
        }
    }

    /// Its value.
    ///
    /// # Errors
    /// It is not set, or does not match.
    pub fn read(&self, environment: &Environment) -> Result<String, InputError> {
        self.find(environment)?.ok_or(InputError::Missing(self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_holds_the_whole_value() {
        for input in INPUTS {
            let mut environment = Environment::default();
            environment.set(input.name, "x\n::set-output name=a::b");
            assert!(input.find(&environment).is_err(), "{}", input.name);
            assert!(Regex::new(input.pattern).is_ok() && input.meaning.ends_with('.'), "{}", input.name);
        }
        for (input, bad) in [
            (DIGEST, "a".repeat(65)),
            (PULL, "1;id".to_owned()),
            (PULL, "0".to_owned()),
            (REQUEST, "../../../x".to_owned()),
            (ACTION, "mint2".to_owned()),
            (ACTION, "a|mint".to_owned()),
            (API, "http://x/?a".to_owned()),
            (HEAD, "1.".to_owned() + &"g".repeat(64)),
        ] {
            let mut environment = Environment::default();
            environment.set(input.name, bad.clone());
            assert!(input.find(&environment).is_err(), "{} {bad}", input.name);
        }
    }
}

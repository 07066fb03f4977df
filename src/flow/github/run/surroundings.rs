//! The run around a command: its claims about itself, and its inputs.

use data_encoding::BASE64URL_NOPAD;

use crate::config::inputs;
use crate::config::inputs::Input;
use crate::flow::Failure;
use crate::forge::log::Action;
use crate::forge::log::JournalHead;
use crate::github::GitHub;
use crate::github::Refusal;
use crate::github::api::Slug;
use crate::github::api::app;
use crate::github::evidence::Claimed;
use crate::github::evidence::Dispatch;
use crate::grant::Digest;
use crate::secret::Secret;
use crate::system::System;

/// The run around a command.
pub struct Surroundings {
    /// The run's action.
    pub action: Action,
    /// The inputs of its dispatch: the pull request, and the request's digest.
    pub dispatch: Dispatch,
    /// The run's claims about itself.
    pub claimed: Claimed,
    /// The newest event of the log that the client has seen.
    pub seen: Option<JournalHead>,
}

impl Surroundings {
    /// Reads the environment of a run of `jit.yml`.
    ///
    /// # Errors
    /// Something is missing, does not match its pattern, or contradicts something else.
    pub fn read(system: &System) -> Result<Self, Failure> {
        let read = |input: Input| input.read(&system.environment);
        let action = read(inputs::ACTION)?;
        let action = Action::ALL.into_iter().find(|known| known.as_str() == action);
        let action = action.ok_or_else(|| Failure::usage("JIT_ACTION names nothing that a run can do"))?;
        let digest = read(inputs::DIGEST)?;
        let digest: Digest = digest.parse().map_err(|_| Failure::usage("JIT_DIGEST is no digest"))?;
        if digest.request_id().as_str() != read(inputs::REQUEST)? {
            return Err(Refusal::Run("its request and its digest are not the same one's".to_owned()).into());
        }
        // A client from before this form would wait for an artifact. What only stops access is never refused for that.
        if action == Action::Mint && inputs::FORM.find(&system.environment)?.is_none() {
            return Err(Failure::refused("your jit is older than the workflow of this access repository")
                .cause("it does not look for the credentials where the workflow leaves them")
                .hint("update jit on your machine, then run `jit wait`: the request stays open"));
        }
        let claimed = Claimed {
            repository_id: number(system, inputs::REPOSITORY_ID)?,
            run_id: number(system, inputs::RUN)?,
            run_attempt: number(system, inputs::ATTEMPT)?,
            actor_id: number(system, inputs::ACTOR)?,
            event: read(inputs::EVENT)?,
            reference: read(inputs::REFERENCE)?,
            sha: read(inputs::SHA)?,
            workflow_ref: read(inputs::WORKFLOW)?,
        };
        let seen = inputs::HEAD.find(&system.environment)?.and_then(|text| {
            let (sequence, hash) = text.split_once('.')?;
            Some(JournalHead { sequence: sequence.parse().ok()?, hash: hash.parse().ok()? })
        });
        Ok(Self { action, dispatch: Dispatch { pull: number(system, inputs::PULL)?, digest }, claimed, seen })
    }
}

/// A client with the job's own token.
pub(in crate::flow::github) fn client(system: &System) -> Result<GitHub, Failure> {
    with_token(system, Secret::new(inputs::TOKEN.read(&system.environment)?))
}

/// The permissions in the repository that the log's writer needs, an app or an account.
const NEEDED: &str = "the app that writes the log needs the permissions contents: write, actions: read and pull requests: \
     read, and an owner of the organisation accepts them";

/// A client whose token may write the log: a GitHub App's, or a configured one. It also reads what a run decides on.
pub(in crate::flow::github) async fn writer(system: &System) -> Result<GitHub, Failure> {
    let environment = &system.environment;
    let Some(key) = inputs::LOG_APP_KEY.find(environment)?.map(Secret::new) else {
        return with_token(system, Secret::new(inputs::LOG_TOKEN.read(environment)?));
    };
    let app = number(system, inputs::LOG_APP)?;
    let token = app::writer(&inputs::API.read(environment)?, &slug(system)?, app, &key, system).await;
    let token = token.map_err(|error| match error.status() {
        Some(422) => Failure::from(error).hint(NEEDED),
        _ => error.into(),
    })?;
    with_token(system, token)
}

fn slug(system: &System) -> Result<Slug, Failure> {
    let repository = inputs::REPOSITORY.read(&system.environment)?;
    Slug::parse(&repository).ok_or_else(|| Failure::usage("GITHUB_REPOSITORY is no repository"))
}

/// A client with this token.
fn with_token(system: &System, token: Secret<String>) -> Result<GitHub, Failure> {
    Ok(GitHub::new(&inputs::API.read(&system.environment)?, slug(system)?, token, system)?)
}

/// Reads an input that is a number.
pub(in crate::flow::github) fn number(system: &System, input: Input) -> Result<u64, Failure> {
    let text = input.read(&system.environment)?;
    text.parse().map_err(|_| Failure::usage(format!("{} is too large", input.name)))
}

/// Bytes in base64url. `None` if the input is not set.
pub(in crate::flow::github) fn bytes(system: &System, input: Input) -> Result<Option<Vec<u8>>, Failure> {
    let Some(text) = input.find(&system.environment)? else { return Ok(None) };
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes());
    bytes.map(Some).map_err(|_| Failure::usage(format!("{} is not base64url", input.name)))
}

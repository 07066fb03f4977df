//! Why a job does not get what it asks for as a workload, and what to do about it.

use crate::authority::opening::OpeningError;
use crate::config::inputs;
use crate::config::inputs::InputError;
use crate::github::GitHubError;
use crate::github::Refusal;
use crate::github::gather::GatherError;
use crate::github::id_token::TokenError;
use crate::github::outputs::OutputError;
use crate::grant::Name;
use crate::grant::name::NameError;
use crate::grant::statement::StatementError;
use crate::secret::seal::SealError;

/// Why a job does not get what it asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkloadError {
    /// The workflow does not say what it must.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The workflow does not hand on which request is meant.
    #[error(transparent)]
    NotHandedOn(InputError),
    /// A number is beyond what any id can be.
    #[error("{0} is too large")]
    TooLarge(&'static str),
    /// The access repository's name is none.
    #[error("{} is not a repository", inputs::ACCESS.name)]
    NoRepository,
    /// The request's id and its digest contradict each other.
    #[error("JIT_REQUEST and JIT_DIGEST belong to different requests")]
    Contradiction,
    /// GitHub does not do as asked.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// The client cannot read the evidence for a decision.
    #[error(transparent)]
    Gather(#[from] GatherError),
    /// The job's ID token is not to be had, or does not hold.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The policy there has no place for workloads.
    #[error("the access repository takes no requests of workloads")]
    NoWorkloads,
    /// Not in a run like this one.
    #[error("this job cannot ask")]
    CannotAsk(String),
    /// The policy there does not know this workload.
    #[error("no workload of the policy matches this job")]
    Unknown {
        /// The repository's numeric id, by the job's token.
        repository: String,
        /// Its workflow.
        workflow: String,
        /// Its environment.
        environment: Option<String>,
    },
    /// The policy there has no such role.
    #[error("there is no role {0}")]
    NoRole(Name),
    /// The policy there refuses.
    #[error("{0}")]
    Policy(String),
    /// The request would make a statement that does not parse.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The next job cannot be told.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The request that the workflow hands on is for another role.
    #[error("the request is for {asked}, and not for {wanted}")]
    OtherRole {
        /// The role of the request.
        asked: Name,
        /// The role that the job named.
        wanted: Name,
    },
    /// The request that the workflow hands on is a person's.
    #[error("a person asked, and no workload")]
    Person,
    /// People have not agreed yet.
    #[error("{0}")]
    Waiting(Refusal),
    /// No key can be made to which credentials could be sealed.
    #[error(transparent)]
    Key(#[from] SealError),
    /// The job refuses the credentials that it got.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// A job that names several roles, or none, to ask for.
    #[error("a job can request only one role")]
    AsksForOne,
    /// A job that would wait for the decision.
    #[error("a job does not wait for reviews: its runner would wait too")]
    Waits(Name),
    /// A job that names several roles, or none, to run with.
    #[error("a job can use only one role")]
    RunsWithOne,
    /// A job that would serve its credentials.
    #[error("jit does not renew a job's credentials, so it serves none")]
    Serves,
    /// The job named something to end that is not a role's name.
    #[error(transparent)]
    NoName(NameError),
}

/// For a command without the workflow's variables.
const IN_WORKFLOW: &str = "this command runs inside the workflow that `jit ci init` writes";
/// For a workflow that does not hand on which request is meant.
const HAND_ON: &str = "pass on the outputs of the requesting job, as JIT_REQUEST, JIT_PULL and JIT_DIGEST";

impl WorkloadError {
    /// Why, where the message leaves it open.
    pub fn causes(&self) -> Vec<String> {
        match self {
            Self::NoWorkloads => {
                vec!["its access.toml names no workload_app under [authority.github]".to_owned()]
            }
            Self::CannotAsk(cause) => vec![cause.clone()],
            Self::Refused(refusal) | Self::Waiting(refusal) => refusal.cause().into_iter().collect(),
            Self::Unknown { repository, workflow, environment } => vec![format!(
                "repository_id {repository}, job_workflow_ref {workflow}, environment {}",
                environment.as_deref().unwrap_or("none")
            )],
            Self::Output(OutputError::File(cause)) => vec![cause.clone()],
            Self::Opening(error) => error.causes(),
            _ => Vec::new(),
        }
    }

    /// How to fix it.
    pub fn hints(&self) -> Vec<String> {
        let one = |text: &str| vec![text.to_owned()];
        match self {
            Self::Input(_) | Self::Output(OutputError::Input(_)) => one(IN_WORKFLOW),
            Self::NotHandedOn(_) => vec![IN_WORKFLOW.to_owned(), HAND_ON.to_owned()],
            Self::Contradiction => one(HAND_ON),
            Self::GitHub(error) => error.hint().into_iter().collect(),
            Self::Gather(error) => error.hint().into_iter().collect(),
            Self::Token(error) => error.hint().into_iter().collect(),
            Self::Refused(error) => error.hint().into_iter().collect(),
            Self::Opening(error) => error.hint().into_iter().collect(),
            Self::Unknown { .. } => one("name it under [workloads] in people.toml of the access repository"),
            Self::Waiting(_) => vec![
                "start this job after the approval: an environment with required reviewers holds it"
                    .to_owned(),
                "do not re-run a run: start a new one, which makes a new request".to_owned(),
            ],
            Self::AsksForOne => one("jit request ROLE --no-wait"),
            Self::Waits(role) => {
                vec![format!("jit request {role} --no-wait, and `jit exec` in a job that begins later")]
            }
            Self::RunsWithOne => one("jit exec ROLE -- COMMAND"),
            Self::Serves => one("leave `--serve` out, and request enough time for the command"),
            Self::NoName(_) => one("a job ends its own access by role: jit end ROLE"),
            _ => Vec::new(),
        }
    }
}

//! Checks every setting of a repository on which trust in it depends (docs/trust.md, "A repository on GitHub that
//! decides"). Each finding is one line: in order; a hole, with its danger and its fix; or unknown, if GitHub does not
//! show it to this token.
//!
//! Invariant: a setting that was not seen is never reported as in order.

mod actions;
mod environments;
mod files;
mod gate;
mod log;
mod owners;
mod repository;
mod required_check;
mod rulesets;
mod runners;
mod secrets;

use crate::flow::Failure;
use crate::flow::doctor::Finding;
use crate::github::GitHub;
use crate::github::GitHubError;
use crate::github::MAIN;
use crate::github::tree::Reader;
use crate::policy::Policy;
use crate::system::System;

pub(super) use environments::environments;

/// The fix if a token sees too little.
const ADMINISTRATOR: &str = "use an administrator's token: GITHUB_TOKEN=$(gh auth token) jit doctor";

/// Reads the policy from `main` and checks everything.
pub async fn examine(system: &System, github: &GitHub) -> Vec<Finding> {
    const PART: &str = "policy";
    let policy = async {
        let main = github.branch(MAIN).await?;
        let main = main.ok_or_else(|| Failure::failed(format!("there is no branch {MAIN}")))?;
        let read = Reader::new(github).policy(&main).await;
        Ok::<_, Failure>(read.map_err(crate::github::gather::GatherError::from)?)
    };
    match policy.await {
        Ok(policy) => {
            let roles = match policy.roles().count() {
                1 => "1 role".to_owned(),
                count => format!("{count} roles"),
            };
            let mut findings = vec![Finding::ok(PART, format!("{MAIN} holds a policy of {roles}"))];
            findings.extend(inspect(system, github, &policy).await);
            findings.extend(unfit(&policy));
            findings
        }
        Err(failure) => vec![Finding::of(PART, &failure.because("the policy on main cannot be used"))],
    }
}

/// Checks everything, for a policy that is or will be on `main`.
pub async fn inspect(system: &System, github: &GitHub, policy: &Policy) -> Vec<Finding> {
    let mut findings = repository::look(github).await;
    findings.extend(actions::look(github).await);
    findings.extend(runners::look(github).await);
    findings.extend(environments::look(github, policy).await);
    findings.extend(rulesets::look(github, policy).await);
    findings.extend(secrets::look(github, policy).await);
    findings.extend(files::look(github).await);
    findings.push(log::look(system, github, policy).await);
    findings
}

/// The roles that GitHub cannot grant, whatever its settings.
fn unfit(policy: &Policy) -> Vec<Finding> {
    let notes = policy.roles().flat_map(|role| {
        let note =
            |obstacle: crate::policy::Obstacle| Finding::note("roles", format!("{}: {obstacle}", role.name));
        policy.obstacles(role).into_iter().map(note).collect::<Vec<_>>()
    });
    notes.collect()
}

/// Returns the content of a response. If GitHub does not give it, returns the finding that replaces it.
fn seen<T>(answer: Result<T, GitHubError>, part: &'static str, what: &str) -> Result<T, Finding> {
    let error = match answer {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    match &error {
        GitHubError::Refused { status: 403, message, .. } if message.contains("Upgrade to") => {
            Err(Finding::problem(part, format!("the owner's plan has no {what} in private repositories"))
                .mend("a paid plan has them: GitHub Team is enough"))
        }
        GitHubError::Refused { status: 401 | 403 | 404, .. } => Err(Finding::unknown(
            part,
            format!("{what}: not known, as GitHub does not show it to this token"),
        )
        .mend(ADMINISTRATOR)),
        _ => Err(Finding::of(part, &Failure::from(error).because(format!("{what} could not be looked at")))),
    }
}

//! Taking the credentials that were approved for this run: the job shows its own token again, made for this request and for a
//! key that it has just made, and has the access repository's workflow mint. Nothing is kept: they live in the command.

use super::job::WorkloadJob;
use super::surroundings::number;
use crate::authority::AuthorityError;
use crate::authority::github::memory::Memory;
use crate::authority::github::pickup::clear;
use crate::authority::github::pickup::pick_up;
use crate::authority::github::runs::Order;
use crate::authority::github::runs::Runs;
use crate::config::inputs;
use crate::flow::Access;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::opening;
use crate::flow::opening::Sealed;
use crate::flow::opening::Signed;
use crate::forge::Refusal;
use crate::forge::Verified;
use crate::forge::environment_of;
use crate::forge::evidence::Dispatch;
use crate::forge::gather::Ground;
use crate::forge::gather::gather_request;
use crate::forge::id_token;
use crate::forge::id_token::Expected;
use crate::forge::log::Action;
use crate::forge::tree::Reader;
use crate::forge::verify::verify_request;
use crate::forge::workload::taking_audience;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::statement::RequestStatement;
use crate::secret::seal::RecipientKey;
use crate::system::System;

/// Takes the credentials for a role, by the request that this run made.
///
/// # Errors
/// It is not approved, or was asked by another run or at another commit, or something stands in the way.
pub async fn take(system: &System, role: &Name) -> Result<Access, Failure> {
    let job = WorkloadJob::open(system).await?;
    let dispatch = dispatch(system)?;
    let statement = look(system, &job, role, &dispatch).await?;
    let key = RecipientKey::generate(&system.entropy.seed());
    let public = key.public().map_err(|error| Failure::failed(error.to_string()))?;
    let proof = id_token::fetch(system, &taking_audience(&dispatch.digest, &public)).await?;
    let memory = Memory::new(&system.files, &job.authority());
    let order = Order {
        action: Action::Mint,
        digest: dispatch.digest,
        pull: dispatch.pull,
        statement: None,
        proof: Some(proof.expose().clone()),
    };
    // A run that was started before sealed to a key that is gone.
    memory.finish(order.action, &order.id()).map_err(AuthorityError::from)?;
    let runs = Runs { github: &job.github, system, account: job.app, memory: &memory };
    let run = runs.carry_out(&order).await.map_err(AuthorityError::from)?;
    let expected = Expected {
        repository_id: job.repository.id,
        full_name: job.repository.full_name.clone(),
        run_id: run.id,
        actor_id: job.app,
        environment: environment_of(&statement.role),
    };
    let delivered =
        pick_up(&job.github, system, &job.issuer, &expected).await.map_err(AuthorityError::from)?;
    let sealed = Sealed { run: &delivered.run, number: delivered.number, sealed: &delivered.sealed };
    let authority = job.authority();
    let signed = Signed {
        authority: &authority,
        digest: &dispatch.digest,
        asked: &statement,
        latest: statement.not_after,
        before: None,
        advice: "nothing was run; tell whoever administers the access repository",
    };
    let lease = opening::open(system, &key, &sealed, &signed).await?;
    memory.finish(order.action, &order.id()).map_err(AuthorityError::from)?;
    if let Err(error) = clear(&job.github, run.id).await {
        system.console.say(&format!("note: the sealed credentials stay for a day: {error}"));
    }
    let until = delivered.active_until.min(statement.not_after);
    Ok(Access { role: statement.role, request: Some(dispatch.digest.request_id()), lease, until })
}

/// The request that the job is told to use.
fn dispatch(system: &System) -> Result<Dispatch, Failure> {
    let missing = |failure: Failure| {
        failure.hint("hand on the outputs of the job that asked, as JIT_REQUEST, JIT_PULL and JIT_DIGEST")
    };
    let read = |input: inputs::Input| input.read(&system.environment).map_err(|error| missing(error.into()));
    let digest: Digest =
        read(inputs::DIGEST)?.parse().map_err(|_| Failure::usage("JIT_DIGEST is no digest"))?;
    if digest.request_id().as_str() != read(inputs::REQUEST)? {
        return Err(missing(Failure::usage("JIT_REQUEST and JIT_DIGEST are not the same request's")));
    }
    Ok(Dispatch { pull: number(system, inputs::PULL).map_err(missing)?, digest })
}

/// Says that this run is done with what it was given, so that the next one need not wait for the end.
///
/// # Errors
/// It was never given, or GitHub does not take it.
pub async fn end(system: &System, role: &Name) -> Result<RequestId, Failure> {
    let job = WorkloadJob::open(system).await?;
    let dispatch = dispatch(system)?;
    read(system, &job, role, &dispatch).await?;
    let memory = Memory::new(&system.files, &job.authority());
    let order = Order {
        action: Action::End,
        digest: dispatch.digest,
        pull: dispatch.pull,
        statement: None,
        proof: None,
    };
    let runs = Runs { github: &job.github, system, account: job.app, memory: &memory };
    runs.carry_out(&order).await.map_err(AuthorityError::from)?;
    memory.finish(order.action, &order.id()).map_err(AuthorityError::from)?;
    Ok(order.id())
}

/// Looks at the request as the run will, so that what cannot be had costs no run, and its words are clear.
async fn look(
    system: &System,
    job: &WorkloadJob,
    role: &Name,
    dispatch: &Dispatch,
) -> Result<RequestStatement, Failure> {
    let verified = read(system, job, role, dispatch).await?;
    match verified.terms(system.clock.now()) {
        Ok(_) => Ok(verified.file.statement),
        Err(waiting @ Refusal::Waiting(_)) => Err(Failure::new(Kind::Waiting, waiting.to_string())
            .hint(
                "let this job begin when people have agreed: an environment with required reviewers holds it",
            )
            .hint("a run is not run again: start a new one, which asks anew")),
        Err(refusal) => Err(refusal.into()),
    }
}

/// The request, if it is this run's and for the role that is meant.
async fn read(
    system: &System,
    job: &WorkloadJob,
    role: &Name,
    dispatch: &Dispatch,
) -> Result<Verified, Failure> {
    let mut reader = Reader::new(&job.github);
    let ground = Ground::survey(&mut reader).await?;
    let pull = job.github.pull(dispatch.pull).await?;
    let evidence = gather_request(&mut reader, &ground, pull).await?;
    let now = system.clock.now();
    let mut verified = verify_request(&evidence, dispatch, job.app, now)?;
    verified.learn(system, now).await;
    let statement = &verified.file.statement;
    let named = evidence.force.role(role).is_some_and(|role| role.name == statement.role);
    if !named {
        return Err(Failure::usage(format!("the request is for {}, and not for {role}", statement.role)));
    }
    let asked = statement.workload.as_ref();
    let asked = asked.ok_or_else(|| Failure::refused("a person asked, and no workload"))?;
    if let Some(member) = asked.difference(&job.run) {
        return Err(Refusal::OtherRun(member).into());
    }
    Ok(verified)
}

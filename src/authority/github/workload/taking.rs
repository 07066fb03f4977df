//! Fetches the credentials that were approved for this run. The job shows its own token again, made for this request
//! and for a new key, and starts the mint in the access repository's workflow. The credentials stay in the command and
//! are not stored.

use jiff::Timestamp;

use super::WorkloadAuthority;
use super::WorkloadError;
use super::job::Job;
use crate::authority::AuthorityError;
use crate::authority::github::memory::Memory;
use crate::authority::github::pickup::clear;
use crate::authority::github::pickup::pick_up;
use crate::authority::github::runs::Order;
use crate::authority::opening;
use crate::authority::opening::Signed;
use crate::authority::wishes::Handed;
use crate::authority::wishes::WishView;
use crate::config::inputs;
use crate::config::inputs::Input;
use crate::forge::log::Action;
use crate::forge::request_file::branch_of;
use crate::github::Refusal;
use crate::github::Verified;
use crate::github::api::requests::Which;
use crate::github::environment_of;
use crate::github::evidence::Dispatch;
use crate::github::gather::Found;
use crate::github::gather::GatherError;
use crate::github::gather::Ground;
use crate::github::gather::gather_request;
use crate::github::id_token;
use crate::github::id_token::Expected;
use crate::github::tree::Reader;
use crate::github::verify::verify_request;
use crate::github::workload::taking_audience;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::State;
use crate::judgement::refusal::Refusal as Rule;
use crate::secret::seal::RecipientKey;
use crate::system::System;

/// A request of this run, as it was read.
pub(super) struct Read {
    /// Its pull request and its digest.
    pub(super) dispatch: Dispatch,
    /// The request, verified as the access repository's workflow verifies it.
    pub(super) verified: Verified,
    /// Its page on GitHub.
    pub(super) address: String,
}

impl Read {
    /// The request's view in this state, with these missing reviews.
    pub(super) fn view(&self, state: State, missing: Vec<String>) -> WishView {
        let statement = &self.verified.file.statement;
        WishView {
            who: statement.header.who.clone(),
            role: statement.role.clone(),
            id: self.dispatch.digest.request_id(),
            digest: self.dispatch.digest,
            pull: Some(self.dispatch.pull),
            address: self.address.clone(),
            state,
            missing,
        }
    }

    /// The same, as it stands at a time.
    ///
    /// # Errors
    /// Nothing can come of it any more, for a reason that is no denial and no clock.
    pub(super) fn view_at(&self, now: Timestamp) -> Result<WishView, WorkloadError> {
        match self.verified.terms(now) {
            Ok(_) => Ok(self.view(State::Approved, Vec::new())),
            Err(Refusal::Waiting(missing)) => Ok(self.view(State::Pending, vec![missing])),
            Err(Refusal::Denied(_)) => Ok(self.view(State::Denied, Vec::new())),
            Err(Refusal::Clock(_) | Refusal::Rule(Rule::NotMintable(State::Expired))) => {
                Ok(self.view(State::Expired, Vec::new()))
            }
            Err(refusal) => Err(refusal.into()),
        }
    }
}

impl WorkloadAuthority {
    /// Takes the credentials of a request that this run made.
    ///
    /// # Errors
    /// It is not approved, or something stands in the way.
    pub(super) async fn take(&self, job: &Job, read: &Read) -> Result<Handed, AuthorityError> {
        let system = &self.system;
        let Read { dispatch, verified, .. } = read;
        let statement = &verified.file.statement;
        // Looked at as the run will, so that what cannot be had costs no run, and its words are clear.
        let terms = verified.terms(system.clock.now()).map_err(|refusal| match refusal {
            waiting @ Refusal::Waiting(_) => WorkloadError::Waiting(waiting),
            refusal => refusal.into(),
        })?;
        let key = RecipientKey::generate(&system.entropy.seed());
        let public = key.public().map_err(WorkloadError::from)?;
        let audience = taking_audience(&dispatch.digest, &public);
        let proof = id_token::fetch(system, &audience).await.map_err(WorkloadError::from)?;
        let authority = job.authority();
        let memory = Memory::new(&system.files, &authority);
        let order = order(Action::Mint, dispatch, Some(proof.expose().clone()));
        // An earlier run sealed to a key that no longer exists.
        memory.finish(order.action, &order.id())?;
        let run = self.carry_out(job, &memory, &order).await?;
        let expected = Expected {
            repository_id: job.repository.id,
            full_name: job.repository.full_name.clone(),
            run_id: run,
            actor_id: job.app,
            environment: environment_of(&statement.role),
        };
        let sealed = pick_up(&job.github, system, &job.issuer, &expected).await?;
        let signed = Signed {
            authority: &authority,
            digest: &dispatch.digest,
            asked: statement,
            narrowed: None,
            latest: statement.not_after,
            before: None,
            advice: "nothing was run; tell an administrator of the access repository",
        };
        let lease = opening::open(system, &key, &sealed, &signed).await.map_err(WorkloadError::from)?;
        memory.finish(order.action, &order.id())?;
        if let Err(error) = clear(&job.github, run).await {
            system
                .console
                .say(&format!("note: the sealed credentials stay in the log of run {run}: {error}"));
        }
        let until = sealed.active_until.min(statement.not_after);
        let scope = terms.named.map(|scope| scope.name);
        Ok(Handed { role: statement.role.clone(), scope, lease, until })
    }
}

/// The order that tells a run of the access repository's workflow what to do about a request.
pub(super) fn order(action: Action, dispatch: &Dispatch, proof: Option<String>) -> Order {
    Order { action, digest: dispatch.digest, pull: dispatch.pull, statement: None, proof }
}

/// The request that the workflow hands on.
///
/// # Errors
/// It hands on none, or contradicts itself.
pub(super) fn dispatch(system: &System) -> Result<Dispatch, WorkloadError> {
    let read = |input: Input| input.read(&system.environment).map_err(WorkloadError::NotHandedOn);
    // The variable's pattern accepts digests only, so parsing does not fail.
    let digest: Digest = read(inputs::DIGEST)?.parse().map_err(|_| WorkloadError::Contradiction)?;
    if digest.request_id().as_str() != read(inputs::REQUEST)? {
        return Err(WorkloadError::Contradiction);
    }
    let pull = read(inputs::PULL)?.parse().map_err(|_| WorkloadError::TooLarge(inputs::PULL.name))?;
    Ok(Dispatch { pull, digest })
}

/// A number that the workflow must give.
///
/// # Errors
/// It is missing, or none.
pub(super) fn number(system: &System, input: Input) -> Result<u64, WorkloadError> {
    let text = input.read(&system.environment)?;
    text.parse().map_err(|_| WorkloadError::TooLarge(input.name))
}

/// The request, if it is this run's, and for the role that is meant.
///
/// # Errors
/// It is another's, or GitHub does not answer.
pub(super) async fn read(
    system: &System,
    job: &Job,
    role: Option<&Name>,
    dispatch: Dispatch,
) -> Result<Read, WorkloadError> {
    let mut reader = Reader::new(&job.github);
    let branch = branch_of(&dispatch.digest.request_id());
    let (survey, all) = job.github.requests(Which::Request(dispatch.pull, &branch)).await?;
    let ground = Ground::of(&mut reader, survey).await?;
    let found = Found::among(&all, ground.repository.id, dispatch.pull);
    let found = found.ok_or(GatherError::NoPull(dispatch.pull))?;
    let address = found.reviewed.pull.html_url.clone();
    let evidence = gather_request(&mut reader, &ground, found).await?;
    let now = system.clock.now();
    let mut verified = verify_request(&evidence, &dispatch, job.app, now)?;
    verified.learn(system, now).await;
    let statement = &verified.file.statement;
    let named = |role: &Name| evidence.force.role(role).is_some_and(|role| role.name == statement.role);
    if let Some(wanted) = role.filter(|role| !named(role)) {
        return Err(WorkloadError::OtherRole { asked: statement.role.clone(), wanted: wanted.clone() });
    }
    let asked = statement.workload.as_ref().ok_or(WorkloadError::Person)?;
    if let Some(member) = asked.difference(&job.run) {
        return Err(Refusal::OtherRun(member).into());
    }
    Ok(Read { dispatch, verified, address })
}

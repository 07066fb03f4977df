//! `jit ci mint`: verifies everything again together with the job's own token, exchanges that token and seals the lease.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::flow::Failure;
use crate::flow::github::Surroundings;
use crate::flow::github::run::decide::check_mint;
use crate::flow::github::run::decide::check_standing;
use crate::flow::github::run::recipient::recipient;
use crate::flow::github::run::starter;
use crate::flow::github::run::surroundings::client;
use crate::forge::log::Action;
use crate::forge::log::History;
use crate::forge::log::JournalError;
use crate::github::Evidence;
use crate::github::Refusal;
use crate::github::Verified;
use crate::github::authority;
use crate::github::environment_of;
use crate::github::extending::worths;
use crate::github::gather::gather_with;
use crate::github::id_token;
use crate::github::id_token::Expected;
use crate::github::lease::Delivered;
use crate::github::lease::audience;
use crate::github::log_store::Log;
use crate::github::log_store::LogError;
use crate::github::objects::Objects;
use crate::github::tree::Reader;
use crate::github::verify::verify;
use crate::grant::Change;
use crate::grant::Lease;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::lease::associated_data;
use crate::judgement::mint::window;
use crate::judgement::refusal::Refusal as Rule;
use crate::provider::MintOrder;
use crate::provider::Provider;
use crate::provider::clouds;
use crate::provider::clouds::Clouds;
use crate::secret::Secret;
use crate::secret::seal::seal;
use crate::system::System;

/// The result of a mint.
#[derive(Debug, Clone)]
pub struct Minted {
    /// The request's id.
    pub id: RequestId,
    /// The number of the lease.
    pub number: u32,
    /// When the lease expires.
    pub expires: Timestamp,
    /// The sealed lease and the proof who sealed it, for the job's log.
    pub delivered: Delivered,
}

/// Mints and seals.
///
/// # Errors
/// Any refusal or failure; no readable credentials then leave the job.
pub async fn mint(system: &System) -> Result<Minted, Failure> {
    let surroundings = Surroundings::read(system)?;
    if surroundings.action != Action::Mint {
        return Err(Refusal::Run("it is not for minting".to_owned()).into());
    }
    let github = client(system)?;
    let mut reader = Reader::new(&github).through(Objects::passing(system, &github));
    let started = starter::check(system, &mut reader, &surroundings).await?;
    let (evidence, ground) = gather_with(&mut reader, started).await?;
    let now = system.clock.now();
    let mut verified = verify(&evidence, &surroundings.dispatch, &surroundings.claimed, now)?;
    let log = Log::of(&reader, &ground, now).await?;
    verified.heed(&log.index, now);
    let history = log.history(&verified.file.digest).await?;
    verified.recall(history.as_ref());
    check_standing(history.as_ref(), now)?;
    check_mint(&evidence, &verified)?;
    verified.learn(system, now).await;
    let terms = verified.terms(now)?;
    let statement = &verified.file.statement;
    let recipient = recipient(system, &evidence, &verified, now)?;
    let audience_there = clouds::audience(&statement.target)?;
    let token = own_token(system, &evidence, &verified, &audience_there).await?;
    let history = history.ok_or_else(|| Refusal::Log("the log does not know this request".to_owned()))?;
    let recorded = recorded(&history, surroundings.claimed.run_id)?;
    let state = history.request.state_at(now);
    if state != State::Active {
        return Err(Refusal::from(Rule::NotMintable(state)).into());
    }
    let worths = worths(&mut reader, &ground, &log, &history.request, system, now).await?;
    let window = window(&history.request, &terms, history.began, &worths, now).map_err(Refusal::from)?;
    let (end, until) = (window.grant_until, recorded.1.min(window.expires));
    let order = MintOrder {
        target: statement.target.clone(),
        role: statement.role.clone(),
        request: history.request.id(),
        person: statement.header.who.clone(),
        until,
        grant_until: end,
        scope: terms.scope.clone(),
        source: None,
    };
    let minted = Clouds::with_token(token, system).mint(&order).await?;
    let expires = minted.expires.min(until);
    let lease = Lease { number: recorded.0, expires, credentials: minted.credentials };
    let run = surroundings.claimed.run_id.to_string();
    let associated =
        associated_data(&authority(evidence.repository.id), &verified.file.digest, &run, recorded.0);
    let sealed = seal(&recipient, lease.to_secret_json().expose(), &associated, system.entropy.seed())
        .map_err(|error| Failure::failed("the credentials cannot be sealed").cause(error.to_string()))?;
    let proof = id_token::fetch(system, &audience(&sealed)).await?;
    let delivered = Delivered { run, number: recorded.0, sealed, expires, active_until: end, token: proof };
    Ok(Minted { id: history.request.id(), number: recorded.0, expires, delivered })
}

/// The job's token for the cloud, after a check that this job runs in the role's environment.
async fn own_token(
    system: &System,
    evidence: &Evidence,
    verified: &Verified,
    audience: &str,
) -> Result<Secret<String>, Failure> {
    let issuer = evidence
        .force
        .forge()
        .map(|forge| forge.issuer.clone())
        .ok_or(LogError::Journal(JournalError::NoKey))?;
    let token = id_token::fetch(system, audience).await?;
    let claims = id_token::verify(system, &issuer, &token, audience, SignedDuration::ZERO).await?;
    claims.check(&Expected {
        repository_id: evidence.repository.id,
        full_name: evidence.repository.full_name.clone(),
        run_id: evidence.run.id,
        actor_id: verified.actor,
        environment: environment_of(&verified.file.statement.role),
    })?;
    if claims.sha != evidence.main {
        return Err(Refusal::Moved.into());
    }
    Ok(token)
}

/// The lease that `decide` recorded for this run: its number and its expiry.
fn recorded(history: &History, run: u64) -> Result<(u32, Timestamp), Refusal> {
    let missing = || Refusal::Log("the log has no credentials for this run".to_owned());
    let mut own = history.entries.iter().filter(|entry| entry.run == run && entry.action == Action::Mint);
    let (Some(entry), None) = (own.next(), own.next()) else { return Err(missing()) };
    let minted = entry.steps.iter().find_map(|step| match step.change {
        Change::Minted { lease, expires, .. } => Some((lease, expires)),
        _ => None,
    });
    minted.ok_or_else(missing)
}

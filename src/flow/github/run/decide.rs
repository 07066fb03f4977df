//! `jit ci decide`: fetches, verifies and records on `jit-log`. It starts again if another run writes there first.

use crate::config::inputs;
use crate::flow::Failure;
use crate::flow::github::Surroundings;
use crate::flow::github::run::denials;
use crate::flow::github::run::pending;
use crate::flow::github::run::recipient::recipient;
use crate::flow::github::run::starter;
use crate::flow::github::run::surroundings::writer;
use crate::forge::log::Action;
use crate::forge::log::History;
use crate::forge::log::JournalEntry;
use crate::forge::log::JournalError;
use crate::forge::log::JournalHead;
use crate::forge::log::JournalKey;
use crate::github::Evidence;
use crate::github::GitHub;
use crate::github::Refusal;
use crate::github::Verified;
use crate::github::authority;
use crate::github::environment_of;
use crate::github::extending::worths;
use crate::github::gather::Started;
use crate::github::gather::gather_with;
use crate::github::log_store::Log;
use crate::github::log_store::LogError;
use crate::github::objects::Objects;
use crate::github::outputs;
use crate::github::plan;
use crate::github::plan::Planned;
use crate::github::plan::Relative;
use crate::github::tree::Reader;
use crate::github::verify::verify;
use crate::grant::Digest;
use crate::grant::ExtensionError;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::span::whole_seconds;
use crate::judgement::Judgement;
use crate::judgement::mint::check_way;
use crate::judgement::refusal::Refusal as Rule;
use crate::secret::Secret;
use crate::system::System;

/// How many times a run tries again because another one wrote to the log first.
const PATIENCE: u32 = 8;

/// The decision of a run.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The run's action.
    pub action: Action,
    /// The request's id.
    pub id: RequestId,
    /// The request's state now.
    pub state: State,
    /// The log's head now.
    pub head: JournalHead,
    /// How many requests were sent to GitHub.
    pub asked: u64,
}

/// Decides and records. Sets the outputs `environment` and `mint` for the next job.
///
/// # Errors
/// Any refusal or failure; the run then recorded nothing.
pub async fn decide(system: &System) -> Result<Decided, Failure> {
    let surroundings = Surroundings::read(system)?;
    let key = Secret::new(inputs::LOG_KEY.read(&system.environment)?);
    let key = JournalKey::read(&key).ok_or(LogError::Journal(JournalError::Key))?;
    // The limit of the repository's own jobs is small and everybody's, so nothing here uses it.
    let writer = writer(system).await?;
    let objects = Objects::passing(system, &writer);
    let reader = || Reader::new(&writer).through(objects.clone());
    let mut started = Some(starter::check(system, &mut reader(), &surroundings).await?);
    for _ in 0..PATIENCE {
        let started = match started.take() {
            Some(started) => started,
            None => starter::check(system, &mut reader(), &surroundings).await?,
        };
        match decide_once(system, &surroundings, started, reader(), &writer, &key).await {
            Err(Attempt::Again) => {}
            Err(Attempt::Failed(failure)) => return Err(*failure),
            Ok((_, _, Some(refusal))) => return Err(refusal.into()),
            Ok((planned, head, None)) => {
                if surroundings.action == Action::Mint {
                    let environment = environment_of(&planned.request.statement.role);
                    outputs::set(system, "environment", &environment)?;
                }
                outputs::set(
                    system,
                    "mint",
                    if surroundings.action == Action::Mint { "true" } else { "false" },
                )?;
                return Ok(Decided {
                    action: surroundings.action,
                    id: planned.request.id(),
                    state: planned.request.state,
                    head,
                    asked: writer.asked().await,
                });
            }
        }
    }
    Err(LogError::Journal(JournalError::Moved).into())
}

enum Attempt {
    Again,
    Failed(Box<Failure>),
}

impl<T: Into<Failure>> From<T> for Attempt {
    fn from(error: T) -> Self {
        Self::Failed(Box::new(error.into()))
    }
}

/// Decides once and records. A refusal beside what was recorded says why a run that wanted credentials ended the request
/// instead.
async fn decide_once(
    system: &System,
    surroundings: &Surroundings,
    started: Started,
    mut reader: Reader<'_>,
    writer: &GitHub,
    key: &JournalKey,
) -> Result<(Planned, JournalHead, Option<Refusal>), Attempt> {
    let (evidence, ground) = gather_with(&mut reader, started).await?;
    let now = whole_seconds(system.clock.now());
    let mut verified = verify(&evidence, &surroundings.dispatch, &surroundings.claimed, now)?;
    // An action that only takes access away ignores the clock: a fast runner clock may have put the log's time into the
    // future.
    let as_of = if surroundings.action.only_stops() { jiff::Timestamp::MAX } else { now };
    let log = Log::of(&reader, &ground, as_of).await?;
    if let Some(seen) = &surroundings.seen {
        log.contains(seen)?;
    }
    verified.heed(&log.index, now);
    verified.learn(system, now).await;
    let history = log.history(&verified.file.digest).await?;
    if let Some(history) = &history
        && history.entries.iter().any(|entry| entry.run == surroundings.claimed.run_id)
    {
        return Err(
            LogError::Journal(JournalError::Impossible("this run has decided already".to_owned())).into()
        );
    }
    // The clocks of two runners may differ by seconds, but the log's time never runs backwards.
    let (clock, now) = (now, now.max(log.index.at));
    let history = history.as_ref();
    verified.recall(history);
    let first = first_of(&log, &verified).await?;
    if let Some(first) = &first {
        verified.extending(&first.request);
    }
    if matches!(surroundings.action, Action::Mint | Action::Extend) {
        check_mint(&evidence, &verified)?;
    }
    let ended = match surroundings.action {
        Action::Mint => ended(&log, &verified, history, now).await?,
        _ => None,
    };
    let refused = ended.as_ref().map(|(_, refusal)| refusal.clone());
    let planned = match (surroundings.action, ended) {
        (_, Some((planned, _))) => planned,
        (Action::Mint, None) => {
            check_way(&verified.file.statement).map_err(Refusal::from)?;
            recipient(system, &evidence, &verified, now)?;
            if history.is_none() {
                pending::check(&mut reader, &evidence, &verified, &log.index, None, now).await?;
            }
            let worths = match history {
                Some(history) => worths(&mut reader, &ground, &log, &history.request, system, now).await?,
                None => Vec::new(),
            };
            let planned = plan::mint(&verified, history, &log.index, &worths, now)?;
            if history.is_none() && planned.request.approved_by.is_empty() {
                denials::check(&mut reader, &evidence, &verified, now).await?;
            }
            planned
        }
        (Action::Extend, None) => {
            let unknown = || Refusal::from(Rule::Extension(ExtensionError::Unknown));
            let first = first.ok_or_else(unknown)?;
            if history.is_none() {
                pending::check(&mut reader, &evidence, &verified, &log.index, Some(&first.request), now)
                    .await?;
            }
            let planned = plan::extend(&verified, history, &first, &log.index, now)?;
            if planned.request.approved_by.is_empty() {
                denials::check(&mut reader, &evidence, &verified, now).await?;
            }
            planned
        }
        (Action::Deny, None) => plan::deny(&verified, history, now)?,
        (Action::End, None) => {
            if history.is_none() && verified.denied_by().is_none() {
                pending::check_ended(&log.index, &verified.file.statement, now)?;
            }
            plan::end(&verified, history, &family(&log, &verified).await?, now)?
        }
        (Action::Revoke, None) => {
            let signed = starter::revocation(system)?;
            plan::revoke(&verified, history, &signed, &family(&log, &verified).await?, (clock, now))?
        }
    };
    let records: Vec<(JournalEntry, &Request)> = (1_u64..)
        .zip(std::iter::once(&planned).chain(&planned.beside))
        .map(|(after, planned)| {
            let entry = JournalEntry {
                sequence: log.index.sequence + after,
                at: now,
                authority: authority(evidence.repository.id),
                policy: evidence.force.revision,
                run: surroundings.claimed.run_id,
                pull: planned.pull,
                actor: verified.actor,
                action: surroundings.action,
                request: planned.request.digest,
                steps: planned.steps.clone(),
                reviews: if after == 1 { verified.heard.notes.clone() } else { Vec::new() },
            };
            (entry, &planned.request)
        })
        .collect();
    match log.append(writer, key, &records).await {
        Ok(head) => Ok((planned, head, refused)),
        Err(LogError::Journal(JournalError::Moved)) => Err(Attempt::Again),
        Err(error) => Err(error.into()),
    }
}

/// The end of a request whose role opens something else now, and why; `None` if its role does not.
async fn ended(
    log: &Log<'_>,
    verified: &Verified,
    history: Option<&History>,
    now: jiff::Timestamp,
) -> Result<Option<(Planned, Refusal)>, Attempt> {
    let Judgement::Changed(_) = verified.judge(now) else { return Ok(None) };
    Ok(plan::changed(verified, history, &family(log, verified).await?, now)?)
}

/// The grant that an extension request extends. `None` if it is no extension or if the log does not know the grant.
async fn first_of(log: &Log<'_>, verified: &Verified) -> Result<Option<Relative>, LogError> {
    let Some(first) = verified.file.statement.extends() else { return Ok(None) };
    relative(log, &first).await
}

/// The other requests of the same grant that have not ended: the first one and its extensions.
async fn family(log: &Log<'_>, verified: &Verified) -> Result<Vec<Relative>, LogError> {
    let own = verified.file.digest;
    let first = verified.file.statement.extends().unwrap_or(own);
    let extensions = log.index.extensions_of(&first).map(|known| known.digest);
    let mut family = Vec::new();
    for digest in std::iter::once(first).chain(extensions).filter(|digest| *digest != own) {
        let relative = relative(log, &digest).await?;
        family.extend(relative.filter(|relative| !relative.request.state.is_terminal()));
    }
    Ok(family)
}

async fn relative(log: &Log<'_>, digest: &Digest) -> Result<Option<Relative>, LogError> {
    let (Some(known), Some(history)) = (log.index.known(digest), log.history(digest).await?) else {
        return Ok(None);
    };
    Ok(Some(Relative { pull: known.pull, request: history.request }))
}

/// The additional conditions of a mint: the pull request is open, and the requester started the run.
pub(in crate::flow::github) fn check_mint(evidence: &Evidence, verified: &Verified) -> Result<(), Refusal> {
    evidence.check_open()?;
    verified.check_actor()
}

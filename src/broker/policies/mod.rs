//! The policy in force, and the revisions that requests were made under.
//!
//! Each revision is kept in a folder named by its digest, which proves it when it is read back. If the policy's source
//! cannot be read or does not load, the last good policy stays in force for fifteen minutes, in memory, without
//! automatic approvals.

mod folder;
mod kept;
mod repository;
mod source;

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::sync::Notify;

pub use source::Branch;
pub use source::PolicySource;
pub use source::SourceError;
pub use source::is_commit;

use crate::audit::EVENTS;
use crate::audit::Subject;
use crate::grant::Digest;
use crate::policy::Policy;
use crate::system::System;
use crate::system::files;

use folder::FolderSource;
use kept::keep;
use kept::load;
use repository::RepositorySource;

/// How often a folder is read.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(2);
/// How often a repository is fetched.
const FETCH_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// How soon a failed fetch is retried.
const FETCH_AGAIN: SignedDuration = SignedDuration::from_secs(10);
/// How often a webhook can make the broker fetch.
const FETCH_WHEN_TOLD: SignedDuration = SignedDuration::from_secs(5);
/// How long the last good policy stays in force without a successful look.
const SERVES_FOR: SignedDuration = SignedDuration::from_mins(15);
/// How many older revisions are cached.
const REMEMBERED: usize = 16;
/// How many characters of a refused commit's error are recorded in the log.
const REASON: usize = 600;

/// Why there is no policy to start with, or no such revision.
#[derive(Debug, thiserror::Error)]
pub enum PoliciesError {
    /// The policy cannot be read or does not load.
    #[error("the policy does not load:\n{0}")]
    Load(String),
    /// A kept revision does not match its digest.
    #[error("the kept revision {0} was changed")]
    Changed(Digest),
    /// A revision cannot be stored or read.
    #[error("the policy's revision cannot be kept: {0}")]
    Keep(#[from] io::Error),
}

/// The result of a look.
struct Found {
    /// The policy, if its revision differs from the known one.
    policy: Option<Policy>,
    /// The commit that it was read from.
    commit: Option<String>,
}

/// Why a look failed.
struct Trouble {
    why: String,
    /// The refused commit, if the look got that far.
    commit: Option<String>,
}

impl Trouble {
    fn of(why: impl Into<String>) -> Self {
        Self { why: why.into(), commit: None }
    }
}

enum Source {
    Folder(FolderSource),
    Repository(Box<RepositorySource>),
}

impl Source {
    async fn look(&self, current: Option<&Digest>, known: Option<&str>) -> Result<Found, Trouble> {
        match self {
            Self::Folder(folder) => folder.look(current).await,
            Self::Repository(repository) => repository.look(current, known).await,
        }
    }
}

/// The policy in force and its health.
#[derive(Clone)]
pub struct Standing {
    /// The policy in force.
    pub policy: Arc<Policy>,
    /// The commit that it was last read from. `None` if it does not come from a repository.
    pub commit: Option<String>,
    /// When a look last confirmed this policy.
    pub good_at: Timestamp,
    /// When the last look was.
    pub looked_at: Timestamp,
    /// Why the last look failed.
    pub problem: Option<String>,
    /// A revision that was seen once. It takes effect if the next look finds it again, because a folder during a
    /// checkout holds a mixture that nobody reviewed. A commit is complete and needs no second look.
    candidate: Option<Digest>,
    /// The newest commit that the log records as refused.
    refused: Option<String>,
}

impl Standing {
    /// Whether the last look succeeded, so that requests may be approved without a person.
    pub fn is_healthy(&self) -> bool {
        self.problem.is_none()
    }

    /// The same standing of the policy with other people.
    pub fn of(self, policy: Arc<Policy>) -> Self {
        Self { policy, ..self }
    }

    /// Whether the policy may grant anything: a look succeeded within the last fifteen minutes.
    pub fn serves(&self, now: Timestamp) -> bool {
        now <= self.serves_until()
    }

    /// Until when the policy may grant if no further look succeeds.
    pub fn serves_until(&self) -> Timestamp {
        self.good_at.saturating_add(SERVES_FOR).unwrap_or(Timestamp::MIN)
    }
}

/// The policy in force, its source, and the older revisions.
pub struct Policies {
    source: Source,
    kept: PathBuf,
    standing: RwLock<Standing>,
    older: RwLock<HashMap<Digest, Arc<Policy>>>,
    looking: tokio::sync::Mutex<()>,
    /// Whether a webhook reported a change.
    told: AtomicBool,
    /// Wakes the background look.
    pub news: Notify,
}

impl Policies {
    /// Loads the policy. The broker does not start without one. `data` holds revisions and copies, and `known` is the
    /// newest commit in force according to the log.
    pub async fn open(
        source: PolicySource,
        data: &Path,
        known: Option<&str>,
        system: &System,
        now: Timestamp,
    ) -> Result<Self, PoliciesError> {
        let kept = data.join("policies");
        files::make_private_folder(&kept)?;
        let source = match source {
            PolicySource::Folder(folder) => Source::Folder(FolderSource::new(folder)),
            PolicySource::Repository(branch) => {
                Source::Repository(Box::new(RepositorySource::new(system, branch, data)))
            }
        };
        let found = source.look(None, known).await.map_err(|trouble| PoliciesError::Load(trouble.why))?;
        let policy = found.policy.ok_or_else(|| PoliciesError::Load("nothing was found".to_owned()))?;
        keep(&kept, &policy)?;
        let standing = Standing {
            policy: Arc::new(policy),
            commit: found.commit,
            good_at: now,
            looked_at: now,
            problem: None,
            candidate: None,
            refused: None,
        };
        Ok(Self {
            source,
            kept,
            standing: RwLock::new(standing),
            older: RwLock::default(),
            looking: tokio::sync::Mutex::new(()),
            told: AtomicBool::new(false),
            news: Notify::new(),
        })
    }

    /// The policy as of the last look.
    pub fn standing(&self) -> Standing {
        self.standing.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a look is fast enough for a caller to wait for it.
    pub fn looks_are_quick(&self) -> bool {
        matches!(self.source, Source::Folder(_))
    }

    /// Notes that the policy may have changed. Only a look finds out how.
    pub fn tell(&self) {
        self.told.store(true, Ordering::Release);
        self.news.notify_one();
    }

    /// Looks if the last look is long enough ago. Hands its result to `record` as an event under a revision. A new
    /// revision takes effect only if `record` succeeds.
    pub async fn look<F, R>(&self, now: Timestamp, record: F)
    where
        F: Fn(Digest, Subject) -> R,
        R: Future<Output = Result<(), String>>,
    {
        if !self.is_due(now) {
            return;
        }
        let _looking = self.looking.lock().await;
        if !self.is_due(now) {
            return;
        }
        self.told.store(false, Ordering::Release);
        let current = self.standing();
        let found = self.source.look(Some(&current.policy.revision), current.commit.as_deref()).await;
        let mut candidate = None;
        let outcome = match found {
            Ok(Found { policy: Some(policy), commit }) => {
                let revision = policy.revision;
                if self.looks_are_quick() && current.candidate != Some(revision) {
                    candidate = Some(revision);
                    Ok((None, commit))
                } else {
                    let entered = self.enter(policy, commit, &record).await;
                    candidate = entered.is_err().then_some(revision);
                    entered
                }
            }
            Ok(Found { policy: None, commit }) => Ok((None, commit)),
            Err(trouble) => Err(trouble),
        };
        let mut refused = current.refused.clone();
        if let Err(Trouble { why, commit: Some(commit) }) = &outcome
            && current.refused.as_ref() != Some(commit)
        {
            let reason = why.chars().take(REASON).collect();
            let subject = Subject::PolicyRefused { commit: commit.clone(), reason };
            match record(current.policy.revision, subject).await {
                Ok(()) => refused = Some(commit.clone()),
                Err(error) => tracing::warn!(%error, %commit, "a refused commit could not be recorded"),
            }
        }
        let mut standing = self.standing.write().unwrap_or_else(PoisonError::into_inner);
        standing.looked_at = now;
        standing.candidate = candidate;
        standing.refused = refused;
        match outcome {
            Ok((changed, commit)) => {
                standing.good_at = now;
                if standing.problem.take().is_some() {
                    tracing::info!(target: EVENTS, "the policy loads again");
                }
                standing.commit = commit;
                if let Some(policy) = changed {
                    let commit = standing.commit.as_deref().unwrap_or("none");
                    tracing::info!(revision = %policy.revision, %commit, "another policy is in force");
                    standing.policy = policy;
                }
            }
            Err(Trouble { why, .. }) => {
                if standing.problem.as_ref() != Some(&why) {
                    tracing::error!(problem = %why, "the policy does not load; the last good one serves for 15 minutes");
                }
                standing.problem = Some(why);
                // A look that succeeded while the clock ran ahead does not extend the policy's time in force.
                standing.good_at = standing.good_at.min(now);
            }
        }
    }

    /// Stores and records a new revision.
    async fn enter<F, R>(
        &self,
        policy: Policy,
        commit: Option<String>,
        record: F,
    ) -> Result<(Option<Arc<Policy>>, Option<String>), Trouble>
    where
        F: Fn(Digest, Subject) -> R,
        R: Future<Output = Result<(), String>>,
    {
        keep(&self.kept, &policy)
            .map_err(|error| Trouble::of(format!("the new revision cannot be kept: {error}")))?;
        let revision = policy.revision;
        record(revision, Subject::Policy { revision, commit: commit.clone() }).await.map_err(Trouble::of)?;
        Ok((Some(Arc::new(policy)), commit))
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let standing = self.standing.read().unwrap_or_else(PoisonError::into_inner);
        let pause = match self.source {
            Source::Folder(_) => LOOK_EVERY,
            Source::Repository(_) if self.told.load(Ordering::Acquire) => FETCH_WHEN_TOLD,
            Source::Repository(_) if standing.problem.is_some() => FETCH_AGAIN,
            Source::Repository(_) => FETCH_EVERY,
        };
        now < standing.looked_at || now.duration_since(standing.looked_at) >= pause
    }

    /// A revision that this broker has had in force. `None` for any other.
    pub async fn revision(&self, revision: &Digest) -> Result<Option<Arc<Policy>>, PoliciesError> {
        let current = self.standing().policy;
        if current.revision == *revision {
            return Ok(Some(current));
        }
        let remembered =
            self.older.read().unwrap_or_else(PoisonError::into_inner).get(revision).map(Arc::clone);
        if let Some(policy) = remembered {
            return Ok(Some(policy));
        }
        let folder = self.kept.join(revision.to_string());
        if !folder.is_dir() {
            return Ok(None);
        }
        let policy = load(&folder).await.map_err(PoliciesError::Load)?;
        if policy.revision != *revision {
            return Err(PoliciesError::Changed(*revision));
        }
        let policy = Arc::new(policy);
        let mut older = self.older.write().unwrap_or_else(PoisonError::into_inner);
        if older.len() >= REMEMBERED {
            older.clear();
        }
        older.insert(*revision, Arc::clone(&policy));
        Ok(Some(policy))
    }
}

//! The policy in force and the revisions that requests were made under.
//!
//! A revision is kept as a folder named by its digest and proved by it when it is read back. When the policy's folder
//! stops to load, the last good one serves on for fifteen minutes, in memory, and approves nothing by itself.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::grant::Digest;
use crate::policy::Policy;
use crate::system::files;

/// How often the folder is looked at.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(2);
/// How long the last good policy serves.
const SERVES_FOR: SignedDuration = SignedDuration::from_mins(15);
/// How long reading the folder may take: it may lie on a network disk.
const LOOK_FOR: Duration = Duration::from_secs(10);
/// How many older revisions stay in memory.
const REMEMBERED: usize = 16;

/// Why there is no policy to start with, or no such revision.
#[derive(Debug, thiserror::Error)]
pub enum PoliciesError {
    /// The folder does not load.
    #[error("the policy does not load:\n{0}")]
    Load(String),
    /// A kept revision is not what its name says.
    #[error("the kept revision {0} was changed")]
    Changed(Digest),
    /// A revision could not be kept or read.
    #[error("the policy's revision cannot be kept: {0}")]
    Keep(#[from] io::Error),
}

/// The policy as it stands now.
#[derive(Clone)]
pub struct Standing {
    /// The policy in force.
    pub policy: Arc<Policy>,
    /// When its folder last loaded.
    pub good_at: Timestamp,
    /// When the folder was last looked at.
    pub looked_at: Timestamp,
    /// Why the folder does not load now.
    pub problem: Option<String>,
    /// A revision that was seen once. It is in force when the next look finds it again: a folder in the middle of a
    /// checkout holds a mixture that nobody reviewed.
    candidate: Option<Digest>,
}

impl Standing {
    /// Whether the folder loads, so that requests may be approved without a person.
    pub fn is_healthy(&self) -> bool {
        self.problem.is_none()
    }

    /// Whether anything may be granted on its word: the folder loaded within the last fifteen minutes.
    pub fn serves(&self, now: Timestamp) -> bool {
        self.good_at.saturating_add(SERVES_FOR).is_ok_and(|end| now <= end)
    }
}

/// See the module's documentation.
pub struct Policies {
    folder: PathBuf,
    kept: PathBuf,
    standing: RwLock<Standing>,
    older: RwLock<HashMap<Digest, Arc<Policy>>>,
    looking: tokio::sync::Mutex<()>,
    /// A reader that has not come back yet; a second one would hang beside it.
    reading: Arc<AtomicBool>,
}

impl Policies {
    /// Loads the policy; a broker does not start without one.
    pub async fn open(folder: PathBuf, kept: PathBuf, now: Timestamp) -> Result<Self, PoliciesError> {
        files::make_private_folder(&kept)?;
        let policy = load(&folder).await.map_err(PoliciesError::Load)?;
        keep(&kept, &policy)?;
        let standing = Standing {
            policy: Arc::new(policy),
            good_at: now,
            looked_at: now,
            problem: None,
            candidate: None,
        };
        Ok(Self {
            folder,
            kept,
            standing: RwLock::new(standing),
            older: RwLock::default(),
            looking: tokio::sync::Mutex::new(()),
            reading: Arc::default(),
        })
    }

    /// The policy as of the last look.
    pub fn standing(&self) -> Standing {
        self.standing.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at the folder if the last look is a while ago. A new revision is kept, handed to `record`, and in force only
    /// when that went well.
    pub async fn look<F, R>(&self, now: Timestamp, record: F)
    where
        F: FnOnce(Digest) -> R,
        R: Future<Output = Result<(), String>>,
    {
        if !self.is_due(now) {
            return;
        }
        let _looking = self.looking.lock().await;
        if !self.is_due(now) {
            return;
        }
        let current = self.standing();
        let found = self.read_anew(&current.policy.revision).await;
        let (outcome, candidate) = match found {
            Ok(None) => (Ok(None), None),
            Ok(Some(policy)) if current.candidate != Some(policy.revision) => {
                (Ok(None), Some(policy.revision))
            }
            Ok(Some(policy)) => match keep(&self.kept, &policy) {
                Ok(()) => (record(policy.revision).await.map(|()| Some(Arc::new(policy))), None),
                Err(error) => {
                    (Err(format!("the new revision cannot be kept: {error}")), Some(policy.revision))
                }
            },
            Err(problem) => (Err(problem), None),
        };
        let mut standing = self.standing.write().unwrap_or_else(PoisonError::into_inner);
        standing.looked_at = now;
        standing.candidate = candidate;
        match outcome {
            Ok(changed) => {
                standing.good_at = now;
                standing.problem = None;
                if let Some(policy) = changed {
                    tracing::info!(revision = %policy.revision, "another policy is in force");
                    standing.policy = policy;
                }
            }
            Err(problem) => {
                if standing.problem.is_none() {
                    tracing::error!(%problem, "the policy does not load; the last good one serves for 15 minutes");
                }
                standing.problem = Some(problem);
            }
        }
    }

    /// The folder's policy if it is another revision.
    async fn read_anew(&self, current: &Digest) -> Result<Option<Policy>, String> {
        if self.reading.swap(true, Ordering::AcqRel) {
            return Err("the policy's folder has not been read to its end yet".to_owned());
        }
        let (folder, current, reading) = (self.folder.clone(), *current, Arc::clone(&self.reading));
        let read = tokio::task::spawn_blocking(move || {
            let found = Policy::load_unless(&folder, &current).map_err(|problems| problems.to_string());
            reading.store(false, Ordering::Release);
            found
        });
        match tokio::time::timeout(LOOK_FOR, read).await {
            Ok(found) => found.unwrap_or_else(|error| Err(error.to_string())),
            Err(_) => Err("the policy's folder cannot be read in time".to_owned()),
        }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let looked = self.standing.read().unwrap_or_else(PoisonError::into_inner).looked_at;
        now < looked || now.duration_since(looked) >= LOOK_EVERY
    }

    /// A revision that this broker has had in force; nothing for any other.
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

async fn load(folder: &Path) -> Result<Policy, String> {
    let folder = folder.to_path_buf();
    // Compiling a large policy takes a while, and reading may hang on a network disk.
    tokio::task::spawn_blocking(move || Policy::load(&folder).map_err(|problems| problems.to_string()))
        .await
        .unwrap_or_else(|error| Err(error.to_string()))
}

/// Keeps a revision as a folder, whole or not at all.
fn keep(kept: &Path, policy: &Policy) -> io::Result<()> {
    let folder = kept.join(policy.revision.to_string());
    if folder.is_dir() {
        return Ok(());
    }
    let beside = kept.join(format!(".{}", policy.revision));
    if beside.exists() {
        fs::remove_dir_all(&beside)?;
    }
    files::make_private_folder(&beside)?;
    for (path, content) in &policy.files {
        let file = beside.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        files::replace_private(&file, content)?;
    }
    fs::rename(&beside, &folder)?;
    files::sync_folder(kept)
}

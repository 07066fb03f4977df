//! Starts and stops a broker.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::challenges::Challenges;
use super::denials::Denials;
use super::denying;
use super::housekeeping;
use super::judged::Judgements;
use super::keys;
use super::ledger::Ledger;
use super::ledger::LedgerError;
use super::ledger::Opening;
use super::limits::Limits;
use super::metrics;
use super::metrics::Metrics;
use super::notify;
use super::policies::Policies;
use super::policies::PoliciesError;
use super::publication;
use super::publication::Publication;
use super::roster::Roster;
use super::routes;
use super::settings::BrokerSettings;
use super::settings::SettingsError;
use super::shared::Limiters;
use super::shared::Shared;
use super::signing_in::Flows;
use super::signing_in::Providers;
use super::store::SqliteStore;
use super::store::Store;
use super::store::StoreError;
use super::unbinding;
use super::web::Web;
use crate::audit::Head;
use crate::audit::LogKey;
use crate::audit::Subject;
use crate::issuer::Issuer;
use crate::issuer::IssuerError;
use crate::policy::Policy;
use crate::provider::Provider;
use crate::provider::clouds::Clouds;
use crate::system::System;
use crate::system::files;
use crate::system::files::Lock;

/// How many notices are sent at once.
const COURIERS: usize = 16;

/// Why a broker does not start.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The settings are unsafe or contradictory.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The policy does not load.
    #[error("{0}")]
    Policy(String),
    /// A folder or a key file cannot be used.
    #[error("cannot use {path}: {cause}")]
    Files {
        /// The path of the folder or file.
        path: PathBuf,
        /// The cause.
        cause: io::Error,
    },
    /// Another broker uses the same keys.
    #[error("another broker{} runs on the key folder {path}", holder.map(|id| format!(" (process {id})")).unwrap_or_default())]
    Running {
        /// The key folder.
        path: PathBuf,
        /// Its process id, if it is known.
        holder: Option<u32>,
    },
    /// The issuer's keys cannot be used.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// The database cannot be opened.
    #[error("{0}")]
    Database(String),
    /// The log does not verify.
    #[error("the log is refused: {0}")]
    Log(String),
    /// The database lacks acknowledged events.
    #[error("the log is refused: {why}")]
    Gap {
        /// The events that the database lacks, in words.
        why: String,
        /// The end of the database.
        ends: Head,
    },
    /// The operator accepted a gap, and there is none.
    #[error("there is no gap to accept: {0}")]
    NoGap(String),
}

impl BrokerError {
    /// How to fix it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Settings(error) => Some(error.hint()),
            Self::Policy(_) => Some("run `jit policy check` to see every problem".to_owned()),
            Self::Running { .. } => Some("stop the other one, or give this one folders of its own".to_owned()),
            Self::Issuer(error) => error.hint(),
            Self::Log(_) => Some(
                "keep both folders as evidence; then restore the newest database that goes with these keys, or start with a new data folder and new keys: open requests are then asked again"
                    .to_owned(),
            ),
            Self::Gap { ends, .. } => Some(format!(
                "keep both folders as evidence, and restore the newest database that goes with these keys. If the rest is lost for good, start once with `--accept-gap {ends}`: that ends every open request and every session"
            )),
            Self::NoGap(_) => Some("leave `--accept-gap` out".to_owned()),
            Self::Files { path, .. } => Some(format!(
                "see `ls -ld {}`: the broker's user must own it, and nobody else may write it",
                path.display()
            )),
            Self::Database(_) => Some(
                "check the disk (`df -h`), the data folder's owner, and that no newer jit wrote it: docs/runbook.md"
                    .to_owned(),
            ),
        }
    }
}

impl From<StoreError> for BrokerError {
    fn from(error: StoreError) -> Self {
        Self::Database(error.to_string())
    }
}

impl From<LedgerError> for BrokerError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Gap { ends, .. } => Self::Gap { why: error.to_string(), ends },
            LedgerError::NoGap => Self::NoGap(error.to_string()),
            LedgerError::Chain(_) | LedgerError::Index(_) | LedgerError::Store(StoreError::Damaged) => {
                Self::Log(error.to_string())
            }
            error => Self::Database(error.to_string()),
        }
    }
}

impl From<PoliciesError> for BrokerError {
    fn from(error: PoliciesError) -> Self {
        Self::Policy(error.to_string())
    }
}

/// A handle to the policy in force of a running broker.
#[derive(Clone)]
pub struct InForce(Arc<Shared>);

impl InForce {
    /// The policy as of the last look.
    pub fn policy(&self) -> Arc<Policy> {
        self.0.in_force().policy
    }

    /// The commit of the policy, if it comes from a repository.
    pub fn commit(&self) -> Option<String> {
        self.0.in_force().commit
    }
}

/// A running broker. Close it with [`Broker::close`]. Dropping it only stops its background work.
pub struct Broker {
    shared: Arc<Shared>,
    limits: Limits,
    background: Mutex<Option<JoinHandle<()>>>,
    /// The listener of the metrics. `None` without metrics, and after [`super::serve()`] took it.
    metrics: Mutex<Option<TcpListener>>,
    lock: Mutex<Option<Lock>>,
}

impl Broker {
    /// Checks the settings, loads the policy, verifies the log, and catches up on what is due.
    pub async fn open(settings: BrokerSettings, system: &System) -> Result<Self, BrokerError> {
        settings.check()?;
        let keys = settings.key_folder();
        let at = |path: &PathBuf| {
            let path = path.clone();
            move |cause| BrokerError::Files { path, cause }
        };
        files::make_private_folder(&settings.data).map_err(at(&settings.data))?;
        files::make_private_folder(&keys).map_err(at(&keys))?;
        let lock_path = keys.join("broker.lock");
        let lock = Lock::try_take(&lock_path)
            .map_err(at(&lock_path))?
            .ok_or_else(|| BrokerError::Running { path: keys.clone(), holder: Lock::holder(&lock_path) })?;
        let store = SqliteStore::open(&settings.data.join("broker.db")).await?;
        let head = keys.join("head");
        let log_key = keys.join("log.key");
        // A database with events needs the keys that existed before: a lost head must not pass for a first start.
        let first = store.events_after(0, 1).await?.is_empty();
        if !first && files::read(&log_key).map_err(at(&log_key))?.is_none() {
            return Err(BrokerError::Log(format!(
                "{} is missing, but the database has events",
                log_key.display()
            )));
        }
        let key = keys::read_or_make(&log_key, &*system.entropy).map_err(at(&log_key))?;
        let metrics = Arc::new(Metrics::default());
        let opening = Opening {
            head: &head,
            expected: !first,
            accepted: settings.accepted_gap,
            clock: Arc::clone(&system.clock),
            metrics: Arc::clone(&metrics),
        };
        let ledger = Ledger::open(Arc::new(store), LogKey::new(key.expose()), opening).await?;
        let clock = system.clock.now();
        let issuer_keys = keys.join("issuer");
        let issuer = Arc::new(match settings.issuer_elsewhere() {
            Some(url) => Issuer::open_elsewhere(&issuer_keys, clock, url)?,
            None => Issuer::open(&issuer_keys, clock)?,
        });
        let publication = Publication::new(settings.issuer_url(), settings.issuer_folder.clone());
        let provider: Arc<dyn Provider> = settings.provider.clone().unwrap_or_else(|| {
            let issuer_url = settings.issuer_url().to_owned();
            let clusters = Arc::clone(&settings.clusters);
            Arc::new(Clouds::new(Arc::clone(&issuer), issuer_url, clusters, system))
        });
        let hook = settings.hook_key()?;
        let receivers = settings.open_receivers()?;
        let one_address_for_all = settings.has_one_address_for_all();
        let known = ledger.index().commit().map(str::to_owned);
        let policies =
            Policies::open(settings.policy, &settings.data, known.as_deref(), system, clock).await?;
        let web = settings.web.then(|| Web::open(&settings.url, &*system.entropy)).flatten();
        let shared = Arc::new(Shared {
            system: system.clone(),
            authority: settings.url,
            ledger,
            policies,
            flows: Flows::default(),
            providers: Providers::default(),
            roster: Roster::default(),
            sources: Arc::default(),
            judgements: Judgements::default(),
            hook,
            receivers,
            challenges: Challenges::new(&system.entropy.seed()),
            issuer,
            publication,
            provider,
            limiters: Limiters::new(&settings.limits),
            metrics,
            trusted_proxies: settings.trusted_proxies.iter().map(IpAddr::to_canonical).collect(),
            one_address_for_all,
            mints: Mutex::new(HashMap::new()),
            web,
            couriers: Arc::new(Semaphore::new(COURIERS)),
            outbox: notify::Outbox::default(),
            denials: Denials::default(),
            unbindings: Denials::default(),
            closing: watch::channel(false).0,
        });
        reconcile(&shared).await?;
        let own = || Arc::clone(&shared);
        let work = (
            housekeeping::run(own()),
            housekeeping::follow(own()),
            publication::follow(own()),
            denying::run(own()),
            unbinding::run(own(), Arc::clone(&settings.clusters)),
        );
        let background = tokio::spawn(async move {
            tokio::join!(work.0, work.1, work.2, work.3, work.4);
        });
        let limits = settings.limits;
        Ok(Self {
            shared,
            limits,
            background: Mutex::new(Some(background)),
            metrics: Mutex::default(),
            lock: Mutex::new(Some(lock)),
        })
    }

    /// The routes, for a listener or a fake network.
    pub fn router(&self) -> Router {
        routes::router(Arc::clone(&self.shared))
    }

    /// The route of the metrics, for a listener of their own.
    pub fn metrics_router(&self) -> Router {
        metrics::router(Arc::clone(&self.shared))
    }

    /// Serves the metrics on this listener too, once the broker is served.
    pub fn show_metrics(&self, listener: TcpListener) {
        *self.metrics.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
    }

    /// The listener of the metrics, which the caller serves from here on.
    pub(super) fn metrics_listener(&self) -> Option<TcpListener> {
        self.metrics.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A handle to the policy in force, which works after the broker is moved into `serve`.
    pub fn in_force(&self) -> InForce {
        InForce(Arc::clone(&self.shared))
    }

    /// Reads the policy's folder if the last look is more than two seconds ago, or fetches its repository if more than
    /// a minute. Returns whether the policy loads.
    #[cfg(any(test, feature = "testing"))]
    pub async fn reload(&self) -> bool {
        self.shared.look().await;
        self.shared.policies.standing().is_healthy()
    }

    /// Tells all waiting callers that the broker is stopping.
    pub fn begin_closing(&self) {
        self.shared.closing.send_replace(true);
    }

    /// Becomes true once the broker is stopping.
    pub fn closing(&self) -> watch::Receiver<bool> {
        self.shared.closing.subscribe()
    }

    /// The limits for callers.
    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether many callers may share this address: a trusted proxy, or any address if an untrusted proxy stands in
    /// front.
    pub(super) fn is_proxy(&self, address: IpAddr) -> bool {
        self.shared.one_address_for_all || self.shared.trusted_proxies.contains(&address)
    }

    /// Waits on the broker's clock.
    pub(super) async fn pause(&self, span: Duration) {
        self.shared.system.clock.sleep(span).await;
    }

    /// Stops the background work, and closes the database and the keys.
    pub async fn close(&self) {
        self.begin_closing();
        let background = self.background.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(background) = background {
            let _ = background.await;
        }
        self.shared.ledger.store().close().await;
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.begin_closing();
    }
}

/// Catches up on what happened while the broker was stopped: a changed address or policy, expiries, and unsent notices.
async fn reconcile(shared: &Arc<Shared>) -> Result<(), BrokerError> {
    let standing = shared.in_force();
    let (revision, commit) = (standing.policy.revision, standing.commit);
    let is_known = {
        let index = shared.ledger.index();
        index.revision() == Some(revision) && index.commit() == commit.as_deref()
    };
    if !is_known {
        let append = shared.nothing_expected(shared.now(), revision, Subject::Policy { revision, commit });
        shared.ledger.append(append).await?;
    }
    housekeeping::end_what_another_address_signed(shared).await;
    housekeeping::end_what_changed(shared).await;
    housekeeping::expire(shared).await;
    notify::resend(shared).await;
    Ok(())
}

//! One client's session: the world that its calls see, and the access that they began.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::sync::watch;

use super::notes::Notes;
use crate::config::variables::Use;
use crate::config::variables::VARIABLES;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::attendance::Attendance;
use crate::flow::using::end;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::state::index;
use crate::system::System;
use crate::system::console::Unattended;

/// The most commands that run at a time.
pub const COMMANDS: usize = 8;
/// The longest time that ending the access may take when the client is gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// The state that the calls of one client share.
pub struct Session {
    /// The world of the calls. Requests made in it say that an agent asks.
    pub system: System,
    /// One permit for each command that may run.
    pub running: Semaphore,
    /// Held while something is requested, so that equal requests find each other.
    pub asking: tokio::sync::Mutex<()>,
    /// Held while a command gets its access, so that it is known who began a grant.
    pub preparing: tokio::sync::Mutex<()>,
    grants: Mutex<Grants>,
    shown: Mutex<BTreeSet<RequestId>>,
    gone: watch::Sender<bool>,
}

/// The grants on this machine, by who began them.
#[derive(Default)]
struct Grants {
    /// The roles that commands of this session were started with.
    used: BTreeSet<Name>,
    /// Grants that were active before.
    others: BTreeSet<RequestId>,
    /// Grants that this session's commands began.
    own: BTreeSet<RequestId>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    pub(super) fn new(system: &System) -> Self {
        let mut system = system.unattended();
        if !Attendance::of(&system).agent
            && let Some(mark) = VARIABLES.iter().find(|variable| variable.usage == Use::Agent)
        {
            // Only an agent calls tools, whether or not its client says so.
            system.environment.set(mark.name, "jit-mcp");
        }
        Self {
            system,
            running: Semaphore::new(COMMANDS),
            asking: tokio::sync::Mutex::default(),
            preparing: tokio::sync::Mutex::default(),
            grants: Mutex::default(),
            shown: Mutex::default(),
            gone: watch::channel(false).0,
        }
    }

    /// The world of one call, whose messages are collected.
    pub(super) fn world(&self, notes: &Arc<Notes>) -> System {
        System { console: Arc::new(Unattended(Arc::clone(notes))), ..self.system.clone() }
    }

    /// The client is gone, or has to go.
    pub(super) fn leave(&self) {
        self.gone.send_replace(true);
    }

    /// Returns when the client is gone.
    pub(super) async fn left(&self) {
        let _ = self.gone.subscribe().wait_for(|gone| *gone).await;
    }

    /// Whether the page of this request is shown for the first time.
    pub(super) fn shows(&self, id: &RequestId) -> bool {
        locked(&self.shown).insert(id.clone())
    }

    /// Notes which grants are active before a command gets access to a role.
    pub(super) fn before(&self, role: &Name) {
        let active = self.active();
        let mut grants = locked(&self.grants);
        grants.used.insert(role.clone());
        let others: Vec<RequestId> =
            active.into_iter().map(|(id, _)| id).filter(|id| !grants.own.contains(id)).collect();
        grants.others.extend(others);
    }

    /// Notes the access that a command got.
    pub(super) fn after(&self, role: &Name, id: Option<&RequestId>) {
        let mut grants = locked(&self.grants);
        grants.used.insert(role.clone());
        if let Some(id) = id.filter(|id| !grants.others.contains(*id)) {
            grants.own.insert(id.clone());
        }
    }

    fn active(&self) -> Vec<(RequestId, Name)> {
        let now = self.system.clock.now();
        let entries = index::read(&self.system.files).entries.into_iter();
        entries
            .filter(|entry| entry.is_active(now))
            .filter_map(|entry| Some((entry.id?, entry.role)))
            .collect()
    }

    /// Ends every grant that this session's commands began. A grant that was active before stays, and so does a request
    /// that waits.
    pub(super) async fn end_all(&self) {
        let began: Vec<RequestId> = {
            let active = self.active();
            let grants = locked(&self.grants);
            let is_own = |id: &RequestId, role: &Name| {
                grants.own.contains(id) || (grants.used.contains(role) && !grants.others.contains(id))
            };
            active.into_iter().filter(|(id, role)| is_own(id, role)).map(|(id, _)| id).collect()
        };
        if began.is_empty() {
            return;
        }
        tokio::select! {
            biased;
            () = self.end_each(&began) => {}
            () = self.system.clock.sleep(PATIENCE) => {
                tracing::warn!("the access that the client began was not ended in time; it expires by itself");
            }
        }
    }

    async fn end_each(&self, began: &[RequestId]) {
        for id in began {
            let ended: Result<(), Failure> = async {
                let client = Client::open(&self.system)?;
                let connected = client.connect().await?;
                end::end(&client, &connected, id.as_str(), false).await.map(|_| ())
            }
            .await;
            if let Err(failure) = ended {
                tracing::warn!(%id, %failure, "the access was not ended");
            }
        }
    }
}

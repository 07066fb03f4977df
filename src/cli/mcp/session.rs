//! One client's session: the world that its calls see, and the access that they began.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use tokio::sync::Semaphore;
use tokio::sync::watch;

use super::notes::Notes;
use crate::config::variables::Use;
use crate::config::variables::VARIABLES;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::asking::attendance::Attendance;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::state::index;
use crate::system::System;
use crate::system::console::Unattended;

/// The most commands that run at a time.
pub const COMMANDS: usize = 8;

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
    /// Grants that were active before.
    others: BTreeSet<RequestId>,
    /// Grants that this session's commands began.
    own: BTreeSet<RequestId>,
    /// The roles whose access was on its way, and whether the call ended before there was an answer.
    unsure: BTreeMap<Name, bool>,
}

/// The access that a session's commands began.
pub struct Begun {
    /// By its request.
    pub grants: Vec<RequestId>,
    /// Roles whose access may have begun, and whether the call ended before there was an answer.
    pub unsure: Vec<(Name, bool)>,
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

    /// Whether the client is gone.
    pub(super) fn is_gone(&self) -> bool {
        *self.gone.borrow()
    }

    /// Notes that a command is about to get access to a role, and which grants are active before.
    pub(super) fn before(&self, role: &Name) {
        let active = self.active();
        let mut grants = locked(&self.grants);
        // One that a call of this session began before it was cut off is not another's.
        let is_other =
            |(id, role): &(RequestId, Name)| !grants.own.contains(id) && !grants.unsure.contains_key(role);
        let others: Vec<RequestId> = active.into_iter().filter(is_other).map(|(id, _)| id).collect();
        grants.others.extend(others);
        // Until the outcome is known, the authority may have begun it.
        grants.unsure.insert(role.clone(), true);
    }

    /// Notes the outcome: the grant that a command uses, or why it got none.
    pub(super) fn after(&self, role: &Name, outcome: Result<Option<&RequestId>, &Failure>) {
        let mut grants = locked(&self.grants);
        match outcome {
            // An answer may have been lost on its way.
            Err(failure) if failure.kind == Kind::Failed => {
                grants.unsure.insert(role.clone(), false);
            }
            Err(_) | Ok(None) => {
                grants.unsure.remove(role);
            }
            Ok(Some(id)) => {
                grants.unsure.remove(role);
                if !grants.others.contains(id) {
                    grants.own.insert(id.clone());
                }
            }
        }
    }

    /// Notes access for one command that begins: whoever asked for it, it ends with the command.
    pub(super) fn spend(&self, ids: &[RequestId]) {
        let mut grants = locked(&self.grants);
        ids.iter().for_each(|id| {
            grants.others.remove(id);
            grants.own.insert(id.clone());
        });
    }

    /// Whether a grant was active before this session's commands used it.
    pub(super) fn is_older(&self, id: &RequestId) -> bool {
        locked(&self.grants).others.contains(id)
    }

    /// The grants that this session's commands began and that this machine still has, and the roles of which only the authority
    /// knows whether their access began.
    pub(super) fn begun(&self) -> Begun {
        let entries = index::read(&self.system.files).entries;
        let grants = locked(&self.grants);
        let is_there = |id: &&RequestId| entries.iter().any(|entry| entry.id.as_ref() == Some(*id));
        Begun {
            grants: grants.own.iter().filter(is_there).cloned().collect(),
            unsure: grants.unsure.iter().map(|(role, was_cut_off)| (role.clone(), *was_cut_off)).collect(),
        }
    }

    fn active(&self) -> Vec<(RequestId, Name)> {
        let now = self.system.clock.now();
        let entries = index::read(&self.system.files).entries.into_iter();
        let active = entries.filter(|entry| entry.is_active(now));
        active.filter_map(|entry| Some((entry.id?, entry.role))).collect()
    }
}

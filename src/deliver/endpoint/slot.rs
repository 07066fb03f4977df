//! One role's credentials in memory, and the task that renews them before they expire.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::sync::watch;

use super::source::Answer;
use super::source::LeaseSource;
use super::source::RenewError;
use super::timetable;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::span::whole_seconds;
use crate::grant::text::sanitise;
use crate::system::Clock;

/// How long a program waits for a renewal if no valid credentials are left. The JavaScript SDK gives up after one
/// second.
const PATIENCE: Duration = Duration::from_millis(800);

/// One role's place in the endpoint.
pub struct Slot {
    role: Name,
    source: Arc<dyn LeaseSource>,
    clock: Arc<dyn Clock>,
    held: Mutex<Held>,
    /// Notified by a program that found no valid credentials.
    wanted: Notify,
    /// Counts attempted renewals.
    tried: watch::Sender<u64>,
}

struct Held {
    lease: Lease,
    obtained: Timestamp,
    failures: u32,
    /// The source is not asked before this time.
    not_before: Option<Timestamp>,
    trouble: Option<String>,
    ended: Option<String>,
}

impl Slot {
    /// A slot with the first credentials of a role.
    pub fn new(role: Name, lease: Lease, source: Arc<dyn LeaseSource>, clock: Arc<dyn Clock>) -> Self {
        let obtained = clock.now();
        let held = Held { lease, obtained, failures: 0, not_before: None, trouble: None, ended: None };
        Self {
            role,
            source,
            clock,
            held: Mutex::new(held),
            wanted: Notify::new(),
            tried: watch::channel(0).0,
        }
    }

    /// The answer for a program that asks now. It comes from memory. Only if no valid credentials are left does it wait
    /// a moment for a renewal that is under way.
    pub async fn answer(&self) -> Answer {
        let mut tried = self.tried.subscribe();
        let first = self.look();
        if !matches!(first, Answer::Unavailable(_)) || self.is_pausing() {
            return first;
        }
        self.wanted.notify_one();
        tokio::select! {
            _ = tried.changed() => {}
            () = self.clock.sleep(PATIENCE) => {}
        }
        self.look()
    }

    /// Counts attempted renewals: a change says that [`Slot::look`] may answer something else.
    pub fn attempts(&self) -> watch::Receiver<u64> {
        self.tried.subscribe()
    }

    /// The answer from memory. Old credentials are served until they expire, even if their renewal failed: clients
    /// refresh long before that (botocore from ten minutes, and an error then breaks working calls).
    pub fn look(&self) -> Answer {
        let now = self.clock.now();
        let held = self.held();
        if let Some(ended) = &held.ended {
            return Answer::Ended(ended.clone());
        }
        let Some(until) = self.source.until().filter(|until| *until > now) else {
            return Answer::Ended(format!(
                "the access to {role} has ended; ask for it again with `jit request {role}`",
                role = self.role
            ));
        };
        // In whole seconds, as in the document, so that no program gets credentials that their own document calls
        // expired.
        let expires = whole_seconds(held.lease.expires.min(until));
        if expires > now {
            return Answer::Lease(Box::new(held.lease.clone()), expires);
        }
        let cause = held.trouble.as_deref().unwrap_or("new ones are on their way");
        Answer::Unavailable(format!("the credentials of {} have expired: {cause}", self.role))
    }

    /// Whether the slot waits after a recent failure of the source.
    fn is_pausing(&self) -> bool {
        let held = self.held();
        held.failures > 0
            && held.not_before.is_some_and(|not_before| {
                let since = not_before - timetable::pause(held.failures);
                self.clock.now() < since + timetable::FIRST_PAUSE
            })
    }

    /// Renews the credentials before they expire, for as long as the grant lasts. One task per slot runs this.
    pub async fn keep_fresh(&self) {
        loop {
            let now = self.clock.now();
            let Some(due) = self.due() else { return };
            if due.is_none_or(|due| due > now) {
                tokio::select! {
                    () = self.clock.sleep(timetable::sleep_until(now, due)) => {}
                    () = self.wanted.notified() => self.hurry(),
                }
                continue;
            }
            let renewal = tokio::select! {
                renewal = self.source.renew() => renewal,
                () = self.clock.sleep(self.source.patience()) => Err(RenewError::Passing("no answer in time".to_owned())),
            };
            self.take(renewal);
            self.tried.send_modify(|count| *count += 1);
        }
    }

    /// When to ask the source next. `Some(None)` if no renewal is due as things stand, `None` once the source said that
    /// the grant is over.
    fn due(&self) -> Option<Option<Timestamp>> {
        let held = self.held();
        if held.ended.is_some() {
            return None;
        }
        let (obtained, expires, patience) = (held.obtained, held.lease.expires, self.source.patience());
        let due = self.source.until().and_then(|until| timetable::due(obtained, expires, until, patience));
        Some(due.map(|due| held.not_before.map_or(due, |not_before| due.max(not_before))))
    }

    /// A program waits for credentials, so the pause after a failure becomes as short as allowed.
    fn hurry(&self) {
        let mut held = self.held();
        if let Some(not_before) = held.not_before {
            let since = not_before - timetable::pause(held.failures);
            held.not_before = Some(not_before.min(since + timetable::FIRST_PAUSE));
        }
    }

    fn take(&self, renewal: Result<Lease, RenewError>) {
        let now = self.clock.now();
        let mut held = self.held();
        let trouble = match renewal {
            Ok(lease) if lease.expires > held.lease.expires => {
                held.lease = lease;
                held.obtained = now;
                held.failures = 0;
                held.not_before = None;
                held.trouble = None;
                return;
            }
            Ok(_) => "the new credentials do not last longer than the old ones".to_owned(),
            Err(RenewError::Passing(cause)) => sanitise(&cause),
            Err(RenewError::Ended(cause)) => {
                held.ended = Some(sanitise(&cause));
                return;
            }
        };
        held.failures = held.failures.saturating_add(1);
        held.not_before = Some(now + timetable::pause(held.failures));
        held.trouble = Some(trouble);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

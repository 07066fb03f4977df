//! The end of service accounts' tokens in Kubernetes: when a grant ends, however it ends, the Secret of its request is deleted, and
//! every token that is bound to it is worth nothing.
//!
//! Invariants: the grant ends first, and never waits for the cluster. The broker learns from the log which Secrets to delete, so a restart
//! forgets nothing of the newest requests. A cluster's failure is told and retried.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::denials::Outcome;
use super::shared::Shared;
use crate::grant::Digest;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::Target;
use crate::grant::text::sanitise;
use crate::provider::kubernetes::OwnTokens;
use crate::provider::kubernetes::service_account;

/// The pause between two looks.
const TICK: Duration = Duration::from_secs(2);

/// The pause after the first failure. It doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(4);

/// The longest pause between two tries.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// How many of the newest requests are looked at, after a start too. An older one ended long ago, and its tokens with it.
const LOOKED_BACK: usize = 500;

/// A Secret that is to be deleted.
struct Due {
    digest: Digest,
    target: Target,
    not_before: Timestamp,
    pause: SignedDuration,
}

impl Due {
    fn of(digest: Digest, target: Target) -> Self {
        Self { digest, target, not_before: Timestamp::MIN, pause: FIRST_PAUSE }
    }
}

/// The grants of service accounts, as far as they were looked at.
#[derive(Default)]
struct Watch {
    /// The requests that were looked at, and the digests of those of service accounts.
    seen: BTreeMap<RequestId, Option<Digest>>,
    /// Those of service accounts that have not ended, with their targets as the policy had them: a statement only pins certificates.
    open: BTreeMap<RequestId, (Digest, Target)>,
    /// The Secrets that are to be deleted.
    due: BTreeMap<RequestId, Due>,
}

/// Deletes what must be until the broker closes. Without tokens of its own for a cluster, the broker can delete nothing there.
pub async fn run(shared: Arc<Shared>, own: Arc<OwnTokens>) {
    if own.is_empty() {
        shared.unbindings.give_up("the broker has no token of its own for any cluster");
        return;
    }
    let mut closing = shared.closing.subscribe();
    let work = async {
        let mut watch = Watch::default();
        loop {
            watch.look(&shared).await;
            delete(&shared, &own, &mut watch.due).await;
            shared.unbindings.round();
            tokio::select! {
                () = shared.system.clock.sleep(TICK) => {}
                () = shared.unbindings.wanted() => {}
            }
        }
    };
    tokio::select! {
        () = work => {}
        _ = closing.wait_for(|closing| *closing) => {}
    }
}

impl Watch {
    /// Takes up what is new in the log, after a start what ended before it, and finds what has ended since.
    async fn look(&mut self, shared: &Shared) {
        let newest: BTreeSet<RequestId> =
            shared.ledger.index().newest_requests(LOOKED_BACK).into_iter().collect();
        let new: Vec<RequestId> = newest.iter().filter(|id| !self.seen.contains_key(*id)).cloned().collect();
        for id in new {
            // The next look reads it again.
            let Ok(found) = shared.find(&id).await else { continue };
            let account = found.filter(|request| is_account(request));
            if let Some(request) = &account {
                self.open.insert(id.clone(), (request.digest, known(shared, request)));
            }
            self.seen.insert(id, account.map(|request| request.digest));
        }
        self.seen.retain(|id, _| newest.contains(id) || self.due.contains_key(id));
        let is_seen = |digest: &Digest| self.seen.values().flatten().any(|seen| seen == digest);
        shared.unbindings.outcomes().retain(|digest, _| is_seen(digest));
        let ended: Vec<RequestId> = {
            let index = shared.ledger.index();
            let is_open = |digest: &Digest| index.open(digest).is_some();
            self.open.iter().filter(|(_, (digest, _))| !is_open(digest)).map(|(id, _)| id.clone()).collect()
        };
        for id in ended {
            let Ok(found) = shared.find(&id).await else { continue };
            // Only a lease makes a Secret.
            let has_leases = found.is_some_and(|request| !request.leases.is_empty());
            if let Some((digest, target)) = self.open.remove(&id).filter(|_| has_leases) {
                self.due.insert(id, Due::of(digest, target));
            }
        }
    }
}

/// Whether a request is for a service account in a cluster.
pub fn is_account(request: &Request) -> bool {
    request.statement.target.as_kubernetes().is_some_and(|cluster| cluster.groups().is_none())
}

fn known(shared: &Shared, request: &Request) -> Target {
    let target = &request.statement.target;
    let policy = shared.in_force().policy;
    let same = policy.roles().find(|role| role.target == *target).map(|role| role.target.clone());
    same.unwrap_or_else(|| target.clone())
}

async fn delete(shared: &Shared, own: &OwnTokens, due: &mut BTreeMap<RequestId, Due>) {
    let mut done = Vec::new();
    for (id, due) in due.iter_mut() {
        let now = shared.clock();
        let Some(cluster) = due.target.as_kubernetes().filter(|_| due.not_before <= now) else { continue };
        match service_account::end(id, cluster, own, &shared.system).await {
            Ok(()) => {
                tracing::info!(request = %id, cluster = %cluster.server, "the tokens of an ended access were revoked");
                shared.unbindings.outcomes().insert(due.digest, Outcome::Denied);
                done.push(id.clone());
            }
            Err(error) => {
                let error = sanitise(&error.to_string());
                tracing::warn!(request = %id, %error, "the tokens of an ended access could not be revoked; it is tried again");
                shared.unbindings.outcomes().insert(due.digest, Outcome::Failed(error));
                due.not_before = now + due.pause;
                due.pause = (due.pause + due.pause).min(LONGEST_PAUSE);
            }
        }
    }
    for id in done {
        due.remove(&id);
    }
}

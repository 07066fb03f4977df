//! Background work: records expiries, reads the policy, acts on its changes, sends reminders, and rotates the issuer's
//! key before it gets old.
//!
//! No decision depends on it, because every view and decision checks the clocks itself. It only makes the log complete.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::extensions::record_end;
use super::ledger::LedgerError;
use super::notify;
use super::shared::Shared;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::statement::RequestStatement;
use crate::issuer::IssuerError;
use crate::judgement::stop;
use crate::policy::Policy;

/// The pause between two rounds of the background work.
const TICK: Duration = Duration::from_secs(2);

/// The age of the issuer's newest key at which the next one is published. The new key signs a day later, when every
/// cloud has had time to fetch the key set.
const KEY_AGE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long the policy must be without a role before its access ends: a file may be gone for a moment while somebody replaces it.
const MISSING: SignedDuration = SignedDuration::from_secs(60);

/// Ticks until the broker closes.
pub async fn run(shared: Arc<Shared>) {
    let mut closing = shared.closing.subscribe();
    let stand = |policy: &Policy| (policy.revision, policy.edition());
    let mut seen = stand(&shared.in_force().policy);
    let mut missing = BTreeMap::new();
    loop {
        tokio::select! {
            () = shared.system.clock.sleep(TICK) => {}
            _ = closing.wait_for(|closing| *closing) => return,
        }
        let now = stand(&shared.standing().await.policy);
        // A request that changed at the same moment is tried again at the next tick.
        if now != seen && end_what_changed(&shared).await {
            seen = now;
        }
        end_what_is_missing(&shared, &mut missing).await;
        // Regular reads make the broker trust a changed clock after a minute, even if nothing is recorded.
        let _ = shared.ledger.latest();
        expire(&shared).await;
        notify::remind(&shared).await;
        notify::tell_due(&shared).await;
        notify::tell_queued(&shared).await;
        renew_key(&shared);
    }
}

/// Follows the policy's repository until the broker closes. A fetch is slow, and nothing else waits for it.
pub async fn follow(shared: Arc<Shared>) {
    if shared.policies.looks_are_quick() {
        return;
    }
    let mut closing = shared.closing.subscribe();
    let work = async {
        loop {
            tokio::select! {
                () = shared.system.clock.sleep(TICK) => {}
                () = shared.policies.news.notified() => {}
            }
            shared.look().await;
        }
    };
    tokio::select! {
        () = work => {}
        _ = closing.wait_for(|closing| *closing) => {}
    }
}

/// Publishes the issuer's next key if the newest one is old.
fn renew_key(shared: &Shared) {
    let now = shared.now();
    let newest = shared.issuer.records().iter().map(|record| record.created).max();
    if newest.is_none_or(|created| now.duration_since(created) < KEY_AGE) {
        return;
    }
    match shared.issuer.rotate(now) {
        Ok(kid) if shared.issuer.elsewhere().is_some() => {
            shared.publication.look_again();
            tracing::warn!(%kid, issuer = shared.publication.issuer_url(), "the issuer's next key waits until its host serves it");
        }
        Ok(kid) => tracing::info!(%kid, "the issuer's next key is published"),
        // No host has served the last one yet.
        Err(IssuerError::AlreadyRotating(_)) => {}
        Err(error) => tracing::warn!(%error, "the issuer's next key cannot be made"),
    }
}

/// Records every expiry that is due.
pub async fn expire(shared: &Shared) {
    let now = shared.now();
    let due: Vec<_> = {
        let index = shared.ledger.index();
        index.all_open().filter_map(|open| Some((Arc::clone(open), open.due(now)?))).collect()
    };
    for (request, change) in due {
        settle(record_end(shared, &request, &change, now).await, &request.digest);
    }
}

/// Ends every open request that was signed for another address of this broker, because its signatures no longer count.
/// The requester sees the reason and can ask again.
pub async fn end_what_another_address_signed(shared: &Shared) {
    let reason = |request: &RequestStatement| {
        let before = &request.header.authority;
        let now = &shared.authority;
        (before != now).then(|| format!("the broker's address changed from {before} to {now}: ask again"))
    };
    end(shared, reason).await;
}

/// Ends every open request whose requester left, or whose role opens something else now. Returns whether none of them is left.
pub async fn end_what_changed(shared: &Shared) -> bool {
    let policy = shared.in_force().policy;
    let gone: Vec<(Name, Timestamp)> = {
        let index = shared.ledger.index();
        let asked = index.all_open().map(|open| open.requester());
        asked.filter_map(|who| Some((who.clone(), index.gone(who)?))).collect()
    };
    // A broker that was stopped while somebody left has not ended everything of theirs.
    let left = |request: &RequestStatement| {
        let who = &request.header.who;
        let is_over = gone.iter().any(|(name, at)| name == who && request.created <= *at);
        is_over.then(|| format!("{who} left"))
    };
    end(shared, |request| stop::changed(&policy, request).or_else(|| left(request))).await
}

/// Ends every open request whose role the policy has been without for [`MISSING`]. `since` says from when on, by the role: a restart takes
/// it from the log, which says since when this revision has been in force.
async fn end_what_is_missing(shared: &Shared, since: &mut BTreeMap<Name, Timestamp>) {
    let policy = shared.in_force().policy;
    let now = shared.clock();
    let (gone, revised): (BTreeSet<Name>, _) = {
        let index = shared.ledger.index();
        let revised = index.revised().filter(|_| index.revision() == Some(policy.revision));
        let missing = index.all_open().filter(|open| stop::is_missing(&policy, &open.statement).is_some());
        (missing.map(|open| open.statement.role.clone()).collect(), revised)
    };
    since.retain(|role, _| gone.contains(role));
    for role in gone {
        since.entry(role).or_insert(revised.map_or(now, |revised| revised.min(now)));
    }
    let is_due = |role: &Name| since.get(role).is_some_and(|since| now.duration_since(*since) >= MISSING);
    if since.keys().any(is_due) {
        end(shared, |request| stop::is_missing(&policy, request).filter(|_| is_due(&request.role))).await;
    }
}

/// Ends every open request for which `why` gives a reason. Returns whether none of them is left.
async fn end(shared: &Shared, why: impl Fn(&RequestStatement) -> Option<String>) -> bool {
    let now = shared.now();
    let ended: Vec<_> = {
        let index = shared.ledger.index();
        index.all_open().filter_map(|open| Some((Arc::clone(open), why(&open.statement)?))).collect()
    };
    let mut all = true;
    for (request, reason) in ended {
        let outcome = record_end(shared, &request, &stop::by_policy(reason), now).await;
        all &= matches!(outcome, Ok(()) | Err(LedgerError::State(_)));
        settle(outcome, &request.digest);
    }
    all
}

fn settle(outcome: Result<(), LedgerError>, request: &Digest) {
    match outcome {
        Ok(()) | Err(LedgerError::Conflict | LedgerError::State(_)) => {}
        Err(error) => {
            tracing::warn!(%error, request = %request.request_id(), "the end of a request, by a clock or the policy, could not be recorded");
        }
    }
}

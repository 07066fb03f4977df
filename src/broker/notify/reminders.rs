//! Reminders: one for each request that stays pending. Each has its own event, so that restarts send no second one.

use std::sync::Arc;

use super::About;
use super::notices;
use super::tell;
use crate::broker::ledger::LedgerError;
use crate::broker::shared::Shared;
use crate::grant::Change;
use crate::grant::Request;
use crate::grant::State;

/// Sends a reminder for every request that waits longer than the policy allows.
pub async fn remind(shared: &Arc<Shared>) {
    let standing = shared.in_force();
    let now = shared.now();
    let waits_long = |open: &&Arc<Request>| {
        open.reminded.is_none() && open.state_at(now) == State::Pending && {
            let role = standing.policy.role(&open.statement.role);
            let after = role.and_then(|role| standing.policy.remind_after(role));
            after.is_some_and(|after| after.after(open.taken) <= now)
        }
    };
    let due: Vec<Arc<Request>> =
        shared.ledger.index().all_open().filter(waits_long).map(Arc::clone).collect();
    for request in due {
        let (role, who) = (&request.statement.role, request.requester());
        let told = notices(&standing.policy, role, who, About::Reminder);
        // Without a place to notify, no event is recorded either.
        if told.is_empty() {
            continue;
        }
        let mut append = shared.changes(&request, now, standing.policy.revision, vec![Change::Reminded]);
        append.notices = told;
        match shared.ledger.append(append).await {
            Ok(event) => {
                let request = shared.find(&request.id()).await.ok().flatten().unwrap_or(request);
                tell(shared, &request, event);
            }
            // The request was decided or changed just now. The next tick looks again.
            Err(LedgerError::Conflict | LedgerError::State(_)) => {}
            Err(error) => {
                tracing::warn!(%error, request = %request.id(), "a reminder could not be recorded");
            }
        }
    }
}

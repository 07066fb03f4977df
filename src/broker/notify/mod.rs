//! Notices to the places and people that the policy names. A notice never carries a credential or a signature.
//!
//! A notice is stored before it is sent: in the transaction of its event, or once for what comes due. Its recipients and
//! its text come from the policy and the proved request when it is sent, so a forged row reaches nobody.

mod about;
mod command;
mod courier;
mod digest;
mod due;
mod keys;
mod mail;
mod outbox;
mod places;
mod post;
mod reminders;
mod secrets;
mod slack;
mod teams;
mod webhook;
mod words;
mod yours;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::shared::Shared;
use super::store::Outcome;
use crate::grant::Digest;
use crate::grant::Request;
pub use about::About;
use courier::deliver;
use digest::Held;
use digest::Matter;
pub use due::tell_due;
pub use keys::KeyNews;
pub use keys::notices_of_key;
pub use keys::tell_of_key;
pub use outbox::Outbox;
pub use places::notices;
pub use places::notices_of_decision;
pub use places::notices_of_end;
pub use places::notices_of_request;
pub use places::places;
pub use reminders::remind;

/// How long one try may take.
const TRY: Duration = Duration::from_secs(5);
/// How long an answer waits in order to say who was notified.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most notices that a start sends again.
const RESENT: u32 = 4_096;

/// Sends the notices of this event, in the background.
pub fn tell(shared: &Arc<Shared>, request: &Arc<Request>, event: u64) {
    let (shared, request) = (Arc::clone(shared), Arc::clone(request));
    tokio::spawn(async move {
        begin(&shared, &request, event, None).await;
    });
}

/// Sends the notices of one kind that are stored with this event, in the background. Others of the event may be on
/// their way already.
fn tell_only(shared: &Arc<Shared>, request: &Arc<Request>, event: u64, about: About) {
    let (shared, request) = (Arc::clone(shared), Arc::clone(request));
    tokio::spawn(async move {
        begin(&shared, &request, event, Some(about)).await;
    });
}

/// Sends the notices of this event, and waits a moment for the first tries.
pub async fn tell_and_wait(shared: &Arc<Shared>, request: &Arc<Request>, event: u64) {
    let tries = async {
        for first in begin(shared, request, event, None).await {
            let _ = first.await;
        }
    };
    tokio::select! {
        () = tries => {}
        () = shared.system.clock.sleep(PATIENCE) => {}
    }
}

/// Sends the notices that the outbox has queued.
pub async fn tell_queued(shared: &Arc<Shared>) {
    for (digest, event) in shared.outbox.take_queued() {
        if let Some(request) = find(shared, &digest).await {
            begin(shared, &request, event, None).await;
        }
    }
}

/// Sends the notices that a stopped broker has not sent.
pub async fn resend(shared: &Arc<Shared>) {
    // The database has the queued ones too.
    shared.outbox.take_queued();
    let waiting = match shared.ledger.store().waiting_notices(RESENT).await {
        Ok(waiting) => waiting,
        Err(error) => {
            tracing::warn!(%error, "the notices that wait cannot be read");
            return;
        }
    };
    for notice in waiting {
        // The row says only that a notice is due. Its text comes from the log.
        if KeyNews::of(&notice.about).is_some() {
            keys::resume(shared, notice, None).await;
        } else if let Some(request) = find(shared, &notice.matter).await {
            let held = Held { matter: Matter::Request(request), notice };
            tokio::spawn(deliver(Arc::clone(shared), held, None));
        }
    }
}

async fn find(shared: &Shared, digest: &Digest) -> Option<Arc<Request>> {
    let found = shared.find(&digest.request_id()).await.ok().flatten();
    found.filter(|request| request.digest == *digest)
}

/// Starts a task for each notice. Each receiver completes when the first try is over.
async fn begin(
    shared: &Arc<Shared>,
    request: &Arc<Request>,
    event: u64,
    only: Option<About>,
) -> Vec<oneshot::Receiver<()>> {
    let notices = shared.ledger.store().notices_of(&request.digest).await.unwrap_or_default();
    notices
        .into_iter()
        .filter(|notice| notice.event == event && notice.outcome == Outcome::Waiting)
        .filter(|notice| only.is_none_or(|about| about.word() == notice.about))
        .map(|notice| {
            let (tried, first) = oneshot::channel();
            let held = Held { matter: Matter::Request(Arc::clone(request)), notice };
            tokio::spawn(deliver(Arc::clone(shared), held, Some(tried)));
            first
        })
        .collect()
}

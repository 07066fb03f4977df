//! Notices to the Slack channels, webhooks, mail addresses and commands that the policy names. A notice never carries a
//! credential or a signature.
//!
//! A notice is stored in the transaction of its event. Its recipients and its text come from the policy and the proved
//! request when it is sent, so a forged row reaches nobody.

mod command;
mod mail;
mod places;
mod reminders;
mod secrets;
mod slack;
mod webhook;
mod words;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::shared::Shared;
use super::store::Notice;
use super::store::Outcome;
use crate::grant::Request;
pub use places::notices;
pub use places::places;
pub use reminders::remind;

/// How long one try may take.
const TRY: Duration = Duration::from_secs(5);
/// The pauses before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(15)];
/// How long an answer waits in order to say who was notified.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most notices that a start sends again.
const RESENT: u32 = 256;

/// The kind of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A new request.
    Request,
    /// A request is still pending.
    Reminder,
    /// A request was decided.
    Decision,
    /// A person used break-glass.
    BreakGlass,
}

impl About {
    /// The word in the store and the notice.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Reminder => "reminder",
            Self::Decision => "decision",
            Self::BreakGlass => "break_glass",
        }
    }

    /// Parses the word, if it fits the request: a database row must not be able to present an ordinary request as
    /// break-glass.
    fn of(word: &str, request: &Request) -> Option<Self> {
        let every = [Self::Request, Self::Reminder, Self::Decision, Self::BreakGlass];
        let about = every.into_iter().find(|about| about.word() == word)?;
        let fits = match about {
            Self::BreakGlass => request.is_emergency(),
            Self::Request => !request.is_emergency(),
            Self::Reminder => request.reminded.is_some(),
            Self::Decision => true,
        };
        fits.then_some(about)
    }
}

/// Sends the notices of this event, in the background.
pub fn tell(shared: &Arc<Shared>, request: &Arc<Request>, event: u64) {
    let (shared, request) = (Arc::clone(shared), Arc::clone(request));
    tokio::spawn(async move {
        begin(&shared, &request, event).await;
    });
}

/// Sends the notices of this event, and waits a moment for the first tries.
pub async fn tell_and_wait(shared: &Arc<Shared>, request: &Arc<Request>, event: u64) {
    let tries = async {
        for first in begin(shared, request, event).await {
            let _ = first.await;
        }
    };
    tokio::select! {
        () = tries => {}
        () = shared.system.clock.sleep(PATIENCE) => {}
    }
}

/// Sends the notices that a stopped broker has not sent.
pub async fn resend(shared: &Arc<Shared>) {
    let waiting = match shared.ledger.store().waiting_notices(RESENT).await {
        Ok(waiting) => waiting,
        Err(error) => {
            tracing::warn!(%error, "the notices that wait cannot be read");
            return;
        }
    };
    for notice in waiting {
        // The row says only that a notice is due. Its text comes from the proved request.
        if let Ok(Some(request)) = shared.find(&notice.request.request_id()).await
            && request.digest == notice.request
        {
            tokio::spawn(deliver(Arc::clone(shared), request, notice, None));
        }
    }
}

/// Starts a task for each notice. Each receiver completes when the first try is over.
async fn begin(shared: &Arc<Shared>, request: &Arc<Request>, event: u64) -> Vec<oneshot::Receiver<()>> {
    let notices = shared.ledger.store().notices_of(&request.digest).await.unwrap_or_default();
    notices
        .into_iter()
        .filter(|notice| notice.event == event && notice.outcome == Outcome::Waiting)
        .map(|notice| {
            let (tried, first) = oneshot::channel();
            tokio::spawn(deliver(Arc::clone(shared), Arc::clone(request), notice, Some(tried)));
            first
        })
        .collect()
}

async fn deliver(
    shared: Arc<Shared>,
    request: Arc<Request>,
    mut notice: Notice,
    mut tried: Option<oneshot::Sender<()>>,
) {
    let mut closing = shared.closing.subscribe();
    for pause in PAUSES.into_iter().map(Some).chain([None]) {
        let outcome = {
            let Ok(_permit) = shared.couriers.acquire().await else { return };
            try_once(&shared, &request, &notice).await
        };
        notice.problem = outcome.err();
        notice.outcome = match (&notice.problem, pause) {
            (None, _) => Outcome::Delivered,
            (Some(_), Some(_)) => Outcome::Waiting,
            (Some(_), None) => Outcome::Failed,
        };
        shared.metrics.noticed(match notice.outcome {
            Outcome::Delivered => "delivered",
            Outcome::Waiting => "retried",
            Outcome::Failed => "failed",
        });
        if let Some(problem) = &notice.problem {
            tracing::warn!(place = %notice.place, request = %request.id(), %problem, "a notice failed");
        }
        if let Err(error) = shared.ledger.store().settle(&notice).await {
            tracing::warn!(%error, "the outcome of a notice could not be written");
        }
        if let Some(tried) = tried.take() {
            let _ = tried.send(());
        }
        let Some(pause) = pause.filter(|_| notice.outcome == Outcome::Waiting) else { return };
        tokio::select! {
            () = shared.system.clock.sleep(pause) => {}
            _ = closing.wait_for(|closing| *closing) => return,
        }
    }
}

async fn try_once(shared: &Shared, request: &Request, notice: &Notice) -> Result<(), String> {
    let policy = shared.policies.standing().policy;
    let place =
        places(&policy, &request.statement.role).into_iter().find(|place| place.label == notice.place);
    let place = place.ok_or("the policy no longer names this place")?;
    let about = About::of(&notice.about, request).ok_or("the request has no such event")?;
    let words = words::of(shared, request, about);
    match place.way {
        places::Way::Slack(source) => slack::post(shared, &source, &words).await,
        places::Way::Webhook(webhook) => webhook::post(shared, &webhook, notice, words.json()).await,
        places::Way::Command(command) => command::run(shared, &command, &words.json()).await,
        places::Way::Mail(mail) => mail::send(shared, &mail, notice, &words).await,
    }
}

//! The end of what a client's commands began.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::session::Session;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::session::find;
use crate::flow::using::end;
use crate::flow::using::once;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;

/// The longest time that ending the access may take when the client is gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ends every grant that this session's commands began, all at once. A grant that was active before stays, and so does a request
/// that waits.
pub async fn end_all(session: &Arc<Session>) {
    let work = async {
        // A call that gets its access just now is dropped, and lets this go.
        let _alone = session.preparing.lock().await;
        let begun = session.begun();
        let mut work = JoinSet::new();
        for id in begun.grants {
            work.spawn(end_one(Arc::clone(session), id));
        }
        for (role, was_cut_off) in begun.unsure {
            work.spawn(end_unsure(Arc::clone(session), role, was_cut_off));
        }
        while work.join_next().await.is_some() {}
    };
    tokio::select! {
        biased;
        () = work => {}
        () = session.system.clock.sleep(PATIENCE) => {
            tracing::warn!("the access that the client began was not ended in time; it expires by itself");
        }
    }
}

async fn end_one(session: Arc<Session>, id: RequestId) {
    let ended: Result<(), Failure> = async {
        let client = Client::open(&session.system)?;
        let connected = client.connect().await?;
        end::end(&client, &connected, id.as_str(), false).await.map(drop)
    }
    .await;
    if let Err(failure) = ended {
        tracing::warn!(%id, %failure, "the access was not ended");
    }
}

/// Asks the authority what became of a role whose access was on its way, and ends it. A request whose start was cut off is ended
/// even if it has not begun: it may begin in the next moment.
async fn end_unsure(session: Arc<Session>, role: Name, was_cut_off: bool) {
    let ended: Result<(), Failure> = async {
        let client = Client::open(&session.system)?;
        let connected = client.connect().await?;
        let found = find::own_by_any_name(&client, &connected, &role).await?;
        let began = |state: State| state == State::Active || (was_cut_off && state == State::Approved);
        match found.filter(|found| began(found.state_at(client.now())) && !session.is_older(&found.view.id)) {
            Some(found) => end::end(&client, &connected, found.view.id.as_str(), false).await.map(drop),
            None => Ok(()),
        }
    }
    .await;
    if let Err(failure) = ended {
        tracing::warn!(%role, %failure, "the access was not ended");
    }
}

/// Access for one command that has begun. It ends with the command, also when the call is cancelled.
pub struct Once {
    session: Arc<Session>,
    ids: Vec<RequestId>,
}

impl Once {
    /// Takes the requests that [`once::begin`] returned.
    pub(super) fn begun(session: &Arc<Session>, ids: Vec<RequestId>) -> Self {
        session.spend(&ids);
        Self { session: Arc::clone(session), ids }
    }

    /// The command has ended.
    pub(super) async fn finish(mut self, client: &Client<'_>) {
        once::finish(client, &self.ids).await;
        self.ids.clear();
    }
}

impl Drop for Once {
    fn drop(&mut self) {
        // The end of the session ends them otherwise.
        if !self.session.is_gone() {
            for id in self.ids.drain(..) {
                tokio::spawn(end_one(Arc::clone(&self.session), id));
            }
        }
    }
}

//! Waits for changes of one request within GitHub's rate limits. Conditional reads with the last answer's ETag cost
//! nothing while nothing changes. The request is read again only after a change.

use std::time::Duration;

use jiff::Timestamp;

use super::GitHubAuthority;
use super::Reading;
use crate::authority::AuthorityError;
use crate::github::LOG_BRANCH;
use crate::github::MAIN;
use crate::github::api::models::Pull;
use crate::github::api::models::ReviewRecord;
use crate::grant::RequestId;
use crate::protocol::RequestView;

/// The pause between two reads during the first ten minutes, and the longest one later, in seconds.
const PACE: (i64, i64) = (5, 30);
/// The age of a request from which the pause grows, in seconds.
const FRESH: i64 = 600;

/// The request that the person waits for.
pub(super) struct Watched {
    id: RequestId,
    reading: Reading,
}

impl GitHubAuthority {
    /// Returns the request as soon as its mark differs, or as it is when the limit is reached.
    pub(super) async fn watch(
        &self,
        id: &RequestId,
        after: u64,
        limit: Duration,
    ) -> Result<RequestView, AuthorityError> {
        let until = self.now().saturating_add(jiff::SignedDuration::try_from(limit).unwrap_or_default());
        let until = until.unwrap_or(Timestamp::MAX);
        let mut watched = self.watched.lock().await;
        let before = watched.take().filter(|watched| watched.id == *id);
        let mut reading = match before {
            Some(before) if !self.has_moved(&before.reading).await? => before.reading.again(self).await?,
            _ => self.read(id).await?,
        };
        loop {
            let view = self.view(&reading);
            let left: Duration = until.duration_since(self.now()).try_into().unwrap_or_default();
            if view.version != after || left.is_zero() {
                *watched = Some(Watched { id: id.clone(), reading });
                return Ok(view);
            }
            let pause = self.pace(&reading).max(self.github.poll_interval().await).min(left);
            self.system.clock.sleep(pause).await;
            reading = if self.has_moved(&reading).await? {
                self.read(id).await?
            } else {
                reading.again(self).await?
            };
        }
    }

    /// Whether any fact that the decision depends on has changed since it was read.
    async fn has_moved(&self, reading: &Reading) -> Result<bool, AuthorityError> {
        let evidence = &reading.evidence;
        let number = evidence.pull.number;
        // REST, because an answer that has not changed is free there. Every edit changes the text.
        let told = |reviews: &[ReviewRecord]| -> Vec<(u64, String, String)> {
            let body = |review: &ReviewRecord| review.body.clone().unwrap_or_default();
            reviews.iter().map(|review| (review.id, review.state.clone(), body(review))).collect()
        };
        if told(&self.github.reviews(number).await?) != told(&evidence.reviews) {
            return Ok(true);
        }
        let pull = self.github.pull(number).await?;
        let stands = |pull: &Pull| (pull.state.clone(), pull.base.branch.clone(), pull.head.sha.clone());
        if stands(&pull) != stands(&evidence.pull) {
            return Ok(true);
        }
        Ok(self.github.branch(MAIN).await?.as_deref() != Some(&evidence.main)
            || self.github.branch(LOG_BRANCH).await?.as_deref() != Some(&reading.log))
    }

    /// The pause before the next read. Most requests are reviewed within minutes; later it grows with the request's age.
    fn pace(&self, reading: &Reading) -> Duration {
        let waited = self.now().duration_since(reading.verified.asked).as_secs();
        let seconds = if waited < FRESH { PACE.0 } else { (waited / 30).clamp(PACE.0, PACE.1) };
        Duration::from_secs(seconds.unsigned_abs())
    }
}

//! The provider's discovery document for sign-ins on the page. The broker fetches it once a minute at most, however many
//! browsers begin sign-ins.

use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::broker::shared::Shared;
use crate::identity::oidc::Provider;
use crate::identity::oidc::ProviderError;

/// How long the broker keeps a document.
const KEPT: SignedDuration = SignedDuration::from_mins(1);
/// How long the broker keeps a failure. A provider that is away is asked again after that.
const FAILED: SignedDuration = SignedDuration::from_secs(5);

/// The newest answer of one issuer.
struct Newest {
    issuer: String,
    at: Timestamp,
    answer: Result<Provider, ProviderError>,
}

impl Newest {
    fn is_fresh(&self, issuer: &str, now: Timestamp) -> bool {
        let kept = if self.answer.is_ok() { KEPT } else { FAILED };
        let age = now.duration_since(self.at);
        // A clock that was set back makes the answer old.
        self.issuer == issuer && SignedDuration::ZERO <= age && age < kept
    }
}

/// The newest discovery document.
#[derive(Default)]
pub struct Discovered {
    newest: Mutex<Option<Newest>>,
}

impl Discovered {
    /// The endpoints of this issuer. Callers who come while the document is fetched wait for the same answer.
    ///
    /// # Errors
    /// The provider cannot be used, or could not be a moment ago.
    pub async fn of(&self, shared: &Shared, issuer: &str) -> Result<Provider, ProviderError> {
        let mut newest = self.newest.lock().await;
        if let Some(known) = newest.as_ref().filter(|known| known.is_fresh(issuer, shared.clock())) {
            return known.answer.clone();
        }
        let answer = Provider::discover(shared.system.http.as_ref(), issuer).await;
        *newest = Some(Newest { issuer: issuer.to_owned(), at: shared.clock(), answer: answer.clone() });
        answer
    }
}

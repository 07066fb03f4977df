//! The source of the endpoint's credentials.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::grant::Lease;

/// One grant whose credentials the endpoint serves.
#[async_trait]
pub trait LeaseSource: Send + Sync {
    /// When the grant ends, as far as this machine knows. `None` once it has ended, been revoked or been given back.
    /// Called for every answer, so it must read from memory or from one small file.
    fn until(&self) -> Option<Timestamp>;

    /// Fetches credentials that last longer than the ones before. One task at a time calls it, and never while a
    /// program waits for an answer that memory can give.
    async fn renew(&self) -> Result<Lease, RenewError>;

    /// How long fetching may take. The endpoint starts that much earlier, so that programs never wait for it.
    fn patience(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// Checks whether the end of the grant has changed. [`LeaseSource::until`] shows the result. Called a few times
    /// near the end.
    async fn look(&self) {}
}

/// Why there are no newer credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenewError {
    /// A failure that may pass: a network, a broker or a cloud that does not answer.
    #[error("{0}")]
    Passing(String),
    /// The grant is over, so retrying is of no use.
    #[error("{0}")]
    Ended(String),
}

/// The endpoint's answer for one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These credentials, valid until that time.
    Lease(Box<Lease>, Timestamp),
    /// No credentials any more: the grant is over.
    Ended(String),
    /// No credentials right now.
    Unavailable(String),
}

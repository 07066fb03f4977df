//! Where the endpoint's credentials come from.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::grant::Lease;

/// One grant that the endpoint serves credentials of.
#[async_trait]
pub trait LeaseSource: Send + Sync {
    /// When the grant ends, as far as this machine knows; nothing once it has ended, been revoked or been given back.
    /// Asked at every answer: it must come from memory, or from one small file.
    fn until(&self) -> Option<Timestamp>;

    /// Fetches credentials that last longer than the ones before. Asked by one task at a time, never while a program
    /// waits for an answer that memory can give.
    async fn renew(&self) -> Result<Lease, RenewError>;

    /// How long fetching may take. It is begun that much earlier, so that programs never wait for it.
    fn patience(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// Asks whether the grant ends at another time by now; what is learned shows in [`LeaseSource::until`]. Asked a few times
    /// near the end.
    async fn look(&self) {}
}

/// Why there are no newer credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenewError {
    /// Something that may pass: a network, a broker or a cloud that does not answer.
    #[error("{0}")]
    Passing(String),
    /// The grant is over; asking again is of no use.
    #[error("{0}")]
    Ended(String),
}

/// What the endpoint hands out for one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These credentials, good until that time.
    Lease(Box<Lease>, Timestamp),
    /// None ever again: the grant is over.
    Ended(String),
    /// None right now.
    Unavailable(String),
}

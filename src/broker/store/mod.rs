//! Where the log rests. Nothing in here is believed: the chain in `audit` proves or refuses what is read back.
//!
//! May use what `broker` uses. A store is a trait by noun (events, notices); to add a method, add it here with its
//! promise in words, then to every engine, then to the story in `tests`. Invariant: `append` is all or nothing, and durable.

mod sqlite;

use async_trait::async_trait;

use crate::audit::Link;
use crate::grant::Digest;
pub use sqlite::SqliteStore;

/// Why the store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be opened or read.
    #[error("the database cannot be read: {0}")]
    Read(#[source] sqlx::Error),
    /// The database could not be written; nothing of the batch is in it, unless the commit itself was cut off.
    #[error("the database cannot be written: {0}")]
    Write(#[source] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database's schema cannot be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A row is not shaped like anything that was written.
    #[error("the database holds a row that nobody wrote")]
    Damaged,
}

/// One event to be appended, with the request that it is about.
#[derive(Debug, Clone)]
pub struct Row {
    /// The event, linked.
    pub link: Link,
    /// The request that it is about, so that it can be found.
    pub request: Option<Digest>,
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Not sent yet.
    Waiting,
    /// It arrived.
    Delivered,
    /// It did not arrive, and nobody tries any more.
    Failed,
}

/// One place that is to be told about one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The request's digest.
    pub request: Digest,
    /// The number of the event that it is about.
    pub event: u64,
    /// What it is about: `request`, `reminder`, `decision` or `break_glass`.
    pub about: String,
    /// The place, as the policy names it.
    pub place: String,
    /// What became of it.
    pub outcome: Outcome,
    /// What went wrong.
    pub problem: Option<String>,
}

/// A place for the log and the notices.
#[async_trait]
pub trait Store: Send + Sync {
    /// Appends events and notices in one durable transaction.
    async fn append(&self, rows: &[Row], notices: &[Notice]) -> Result<(), StoreError>;

    /// The events after this number, the oldest first, at most `limit`.
    async fn events_after(&self, sequence: u64, limit: u32) -> Result<Vec<Link>, StoreError>;

    /// The event of this number, if there is one.
    async fn event(&self, sequence: u64) -> Result<Option<Link>, StoreError>;

    /// All events of one request, the oldest first.
    async fn events_of(&self, request: &Digest) -> Result<Vec<Link>, StoreError>;

    /// The notices of one request, the oldest first.
    async fn notices_of(&self, request: &Digest) -> Result<Vec<Notice>, StoreError>;

    /// The notices that wait to be sent, the oldest first, at most `limit`.
    async fn waiting_notices(&self, limit: u32) -> Result<Vec<Notice>, StoreError>;

    /// Records what became of a notice.
    async fn settle(&self, notice: &Notice) -> Result<(), StoreError>;

    /// Lets go of the database.
    async fn close(&self);
}

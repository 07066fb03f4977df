//! The log's storage. The broker trusts nothing from it: the chain in `audit` verifies or refuses what is read back.
//!
//! May use what `broker` uses. To add a method, add it to the trait here with its guarantee in words, then to every
//! engine, then to the store in `ledger/tests.rs`. Invariant: `append` is all or nothing, and durable.

mod sqlite;

use async_trait::async_trait;

use crate::audit::Link;
use crate::grant::Digest;
pub use sqlite::SqliteStore;

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened or read.
    #[error("the database cannot be read: {0}")]
    Read(#[source] sqlx::Error),
    /// The database cannot be written. Nothing of the batch is stored, unless the commit itself was interrupted.
    #[error("the database cannot be written: {0}")]
    Write(#[source] sqlx::Error),
    /// The schema cannot be migrated.
    #[error("the database's schema cannot be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A row has an invalid format.
    #[error("the database holds a row that the broker did not write")]
    Damaged,
}

/// One event to append, with the request that it is about.
#[derive(Debug, Clone)]
pub struct Row {
    /// The event, linked.
    pub link: Link,
    /// The request that it is about, by which the event can be looked up.
    pub request: Option<Digest>,
}

/// The outcome of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Not sent yet.
    Waiting,
    /// It was delivered.
    Delivered,
    /// It was not delivered, and there will be no retry.
    Failed,
}

/// A notice of one event to one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The digest of its request, or of the key that it is about.
    pub matter: Digest,
    /// The number of the event that it is about.
    pub event: u64,
    /// The kind of notice, as a word.
    pub about: String,
    /// The place, as the policy names it.
    pub place: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The error.
    pub problem: Option<String>,
}

/// A store for the log and the notices.
#[async_trait]
pub trait Store: Send + Sync {
    /// Appends events and notices in one durable transaction.
    async fn append(&self, rows: &[Row], notices: &[Notice]) -> Result<(), StoreError>;

    /// Adds notices of one kind, event and request in one durable transaction, unless the request has notices of this
    /// kind with this or a later event. Returns whether it added them.
    async fn note(&self, notices: &[Notice]) -> Result<bool, StoreError>;

    /// The events after this number, oldest first, at most `limit`.
    async fn events_after(&self, sequence: u64, limit: u32) -> Result<Vec<Link>, StoreError>;

    /// The event with this number, if there is one.
    async fn event(&self, sequence: u64) -> Result<Option<Link>, StoreError>;

    /// All events of one request, oldest first.
    async fn events_of(&self, request: &Digest) -> Result<Vec<Link>, StoreError>;

    /// The notices of one request, oldest first.
    async fn notices_of(&self, request: &Digest) -> Result<Vec<Notice>, StoreError>;

    /// The unsent notices, oldest first, at most `limit`.
    async fn waiting_notices(&self, limit: u32) -> Result<Vec<Notice>, StoreError>;

    /// Records the outcomes of notices in one durable transaction.
    async fn settle(&self, notices: &[Notice]) -> Result<(), StoreError>;

    /// Closes the database.
    async fn close(&self);
}

//! The audit log: events, the chain over them, the head that is kept outside the database, and the index.
//!
//! May use `secret`, `system`, `grant`. Invariant: an event that the chain does not prove does not count. An attacker
//! who writes to the database can only make the authority refuse.

pub mod chain;
pub mod event;
mod evidence;
pub mod head;
pub mod index;
pub mod words;

pub use chain::ChainError;
pub use chain::Link;
pub use chain::LogKey;
pub use event::Event;
pub use event::Subject;
pub use event::matter_of_key;
pub use evidence::Evidence;
pub use evidence::LetIn;
pub use evidence::TokenEvidence;
pub use head::Head;
pub use head::HeadFile;
pub use index::Index;
pub use words::EVENTS;

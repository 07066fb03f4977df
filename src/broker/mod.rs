//! The server.

pub mod ledger;
pub mod store;
mod watchers;

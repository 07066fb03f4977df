//! The server.

mod challenges;
pub mod ledger;
mod limits;
mod problem;
pub mod store;
mod watchers;

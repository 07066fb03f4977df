//! Deciding about the requests of others: inbox, review, revocation, and the audit log.

pub mod audit;
pub mod browse;
pub mod inbox;
mod let_in;
pub mod report;
pub mod review;
pub mod revoke;
pub mod sweep;

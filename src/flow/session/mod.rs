//! The parts with which every verb starts: client, keychain, tokens, and finding the request that a command means.

pub mod access;
pub(in crate::flow) mod browser;
pub mod client;
pub mod failure;
pub mod find;
pub mod github_token;
pub(in crate::flow) mod keychains;
pub mod pick;
pub mod reconcile;
pub mod standing;
pub(in crate::flow) mod sure;
pub mod vault;

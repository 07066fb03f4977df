//! The code that both test programs and the figures share.

pub mod authenticator;
pub mod forms;
pub mod github;
pub mod mutation;
pub mod provider;
pub mod watched_log;

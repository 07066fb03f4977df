//! The code that both test programs and the figures share.

pub mod authenticator;
pub mod forms;
pub mod github;
pub mod mutation;
pub mod ports;
pub mod provider;
pub mod quiet;
pub mod watched_log;

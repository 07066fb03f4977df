//! How credentials reach a program: in its environment, or as text for a shell to read.
//!
//! May use `secret`, `system`, `grant`. Invariant: settings that would lead the cloud's tools to other credentials are
//! removed first.

pub mod aws;
pub mod azure;
mod difference;
pub mod documents;
pub mod endpoint;
pub mod environment;
pub mod exports;
pub mod gcp;
pub mod handover;
pub mod injected;
mod kept_file;
pub mod kubernetes;
pub mod serving;
pub mod token;
pub mod vault;

pub use difference::difference;

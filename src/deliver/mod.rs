//! How credentials reach a program: in its environment, or as text for a shell to read.
//!
//! May use `secret`, `system`, `grant`. Invariant: what would lead the cloud's tools to other credentials is removed first.

pub mod aws;
pub mod endpoint;
pub mod exports;
pub mod handover;

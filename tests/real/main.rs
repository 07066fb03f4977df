//! The suites against real software, in one program. `tests/run` installs what they need and runs them; `tests/run aws` runs one.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]
#![expect(clippy::disallowed_methods, reason = "the suites talk to real software, on real clocks")]

#[expect(dead_code, reason = "the other program uses the rest")]
#[path = "../support/mod.rs"]
mod support;

mod peers;

#[cfg(target_os = "linux")]
mod agents;
#[cfg(target_os = "linux")]
mod api;
mod aws;
#[cfg(unix)]
mod azure;
#[cfg(target_os = "linux")]
mod crash;
#[cfg(unix)]
mod endpoint;
#[cfg(target_os = "linux")]
mod flow;
#[cfg(unix)]
mod gcp;
#[cfg(target_os = "linux")]
mod github;
mod jwt;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(target_os = "linux")]
mod keychain;
#[cfg(target_os = "linux")]
mod kubernetes;
#[cfg(all(target_os = "linux", feature = "mcp"))]
mod mcp;
#[cfg(target_os = "linux")]
mod oidc;
mod operations;
#[cfg(target_os = "linux")]
mod packages;
mod policy;
mod shells;
mod ssh;
mod terraform;
mod vault;
#[cfg(target_os = "linux")]
mod web;

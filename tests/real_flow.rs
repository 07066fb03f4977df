//! The round trip with real parts: the built `jit` on both sides, OpenSSH's agent and keys, gnome-keyring, SeaweedFS as the
//! cloud, and the programs that people run under `jit exec`.
//!
//! Where a test is not about the cloud, the sandbox stands in for it, over a socket like any other.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]
#![expect(clippy::panic, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the suites talk to real software, on real clocks")]

#[expect(dead_code, reason = "each suite uses a part of the support")]
mod support;

#[path = "real_flow/canary.rs"]
mod canary;
#[path = "real_flow/children.rs"]
mod children;
#[path = "real_flow/clients.rs"]
mod clients;
#[path = "real_flow/extending.rs"]
mod extending;
#[path = "real_flow/keychains.rs"]
mod keychains;
#[path = "real_flow/notices.rs"]
mod notices;
#[path = "real_flow/questions.rs"]
mod questions;
#[path = "real_flow/refresh.rs"]
mod refresh;
#[path = "real_flow/round_trip.rs"]
mod round_trip;
#[path = "real_flow/statements.rs"]
mod statements;
#[path = "real_flow/time.rs"]
mod time;

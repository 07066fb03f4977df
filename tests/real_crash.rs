//! What breaks in the middle: the broker killed at every step, a full disk, an authority that is away, slow or not one.
//!
//! A kill is SIGKILL to the whole process; the broker then starts again on the same folders and the same address.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]
#![expect(clippy::panic, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the suites talk to real software, on real clocks")]

#[expect(dead_code, reason = "each suite uses a part of the support")]
mod support;

#[path = "real_crash/disk.rs"]
mod disk;
#[path = "real_crash/killed.rs"]
mod killed;
#[path = "real_crash/stub.rs"]
mod stub;

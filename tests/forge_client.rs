//! A repository on GitHub as people use it from their terminals: logging in, asking, reading, reviewing, in process, on a GitHub
//! of our own.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the double's runner can start bash")]

#[path = "forge_client/asking.rs"]
mod asking;
#[expect(dead_code, reason = "other suites use the rest")]
#[path = "forge/case.rs"]
mod case;
#[expect(dead_code, reason = "other suites use the rest")]
#[path = "support/github/mod.rs"]
mod github;
#[expect(dead_code, reason = "other suites use the rest")]
#[path = "forge/hub.rs"]
mod hub;
#[path = "forge_client/login.rs"]
mod login;
#[path = "forge_client/meddling.rs"]
mod meddling;
#[path = "forge_client/reviewing.rs"]
mod reviewing;
#[path = "forge_client/stage.rs"]
mod stage;
#[path = "forge_client/waiting.rs"]
mod waiting;
#[expect(dead_code, reason = "other suites use the rest")]
#[path = "support/watched_log.rs"]
mod watched_log;

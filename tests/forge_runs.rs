//! The client's side of runs on a GitHub of our own, which executes the workflows as `jit ci init` writes them: credentials,
//! more time, the end, and what somebody in between can do to them.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the double's runner can start bash")]

#[path = "forge_runs/canary.rs"]
mod canary;
#[path = "forge/case.rs"]
#[expect(dead_code, reason = "other suites use the rest")]
mod case;
#[path = "forge_runs/counting.rs"]
mod counting;
#[path = "forge_runs/extending.rs"]
mod extending;
#[path = "forge_runs/facts.rs"]
mod facts;
#[expect(dead_code, reason = "other suites use the rest")]
#[path = "support/github/mod.rs"]
mod github;
#[path = "forge_runs/grants.rs"]
mod grants;
#[path = "forge/hub.rs"]
#[expect(dead_code, reason = "other suites use the rest")]
mod hub;
#[path = "forge_runs/laptop.rs"]
mod laptop;
#[path = "forge_runs/leasing.rs"]
mod leasing;
#[path = "forge_runs/records.rs"]
mod records;
#[expect(dead_code, reason = "other suites use the rest")]
#[path = "forge_client/stage.rs"]
mod stage;
#[path = "forge_runs/stopping.rs"]
mod stopping;
#[path = "forge_runs/tampering.rs"]
mod tampering;
#[path = "forge_runs/trouble.rs"]
mod trouble;
#[path = "forge_runs/walk.rs"]
mod walk;
#[path = "forge_runs/walk_whole.rs"]
mod walk_whole;
#[expect(dead_code, reason = "other suites use the rest")]
#[path = "support/watched_log.rs"]
mod watched_log;
#[path = "forge_runs/whole.rs"]
mod whole;

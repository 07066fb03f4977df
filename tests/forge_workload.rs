//! Workloads on GitHub: a deploy that asks, ends, and goes on when people have agreed, by `docs/examples/deploy.yml` as it is
//! committed; and what somebody could try with it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the double's runner can start bash")]

#[path = "forge_workload/asking.rs"]
mod asking;
#[path = "forge_workload/authority.rs"]
mod authority;
#[path = "forge/case.rs"]
#[expect(dead_code, reason = "other suites use the rest")]
mod case;
#[path = "forge_workload/example.rs"]
mod example;
#[path = "forge_workload/flow.rs"]
mod flow;
#[expect(dead_code, reason = "other suites use the rest")]
#[path = "support/github/mod.rs"]
mod github;
#[path = "forge/hub.rs"]
#[expect(dead_code, reason = "other suites use the rest")]
mod hub;
#[path = "forge_workload/sealing.rs"]
mod sealing;
#[path = "forge_workload/shop.rs"]
mod shop;
#[path = "forge_workload/taking.rs"]
mod taking;
#[path = "forge_workload/tokens.rs"]
mod tokens;

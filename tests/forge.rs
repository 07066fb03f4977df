//! GitHub as the authority: what counts and what does not, on evidence built by hand; and the whole flow on a GitHub of our
//! own, by the workflows as `jit ci init` writes them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the double's runner can start bash")]

#[path = "forge/attacks.rs"]
mod attacks;
#[path = "forge/case.rs"]
mod case;
#[path = "forge/checking.rs"]
mod checking;
#[path = "forge/claims.rs"]
mod claims;
#[path = "forge/cloud.rs"]
mod cloud;
#[path = "forge/denials.rs"]
mod denials;
#[path = "forge/flow.rs"]
mod flow;
#[expect(dead_code, reason = "other suites use the rest")]
#[path = "support/github/mod.rs"]
mod github;
#[path = "forge/hostile.rs"]
mod hostile;
#[path = "forge/hub.rs"]
mod hub;
#[path = "forge/inspecting.rs"]
mod inspecting;
#[path = "forge/lasting.rs"]
mod lasting;
#[path = "forge/limits.rs"]
mod limits;
#[path = "forge/log.rs"]
mod log;
#[path = "forge/meddling.rs"]
mod meddling;
#[path = "forge/narrowing.rs"]
mod narrowing;
#[path = "forge/one_rule.rs"]
mod one_rule;
#[path = "forge/reviews.rs"]
mod reviews;
#[path = "forge/runners.rs"]
mod runners;
#[path = "forge/signed.rs"]
mod signed;
#[path = "forge/starters.rs"]
mod starters;
#[path = "forge/transport.rs"]
mod transport;
#[path = "forge/workflows.rs"]
mod workflows;

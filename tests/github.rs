//! A GitHub of our own, tested by itself: what it answers, what it refuses, and what its Actions do.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the runner starts bash")]

#[expect(dead_code, reason = "other suites use the rest")]
#[path = "support/github/mod.rs"]
mod github;

#[path = "github/access.rs"]
mod access;
#[path = "github/actions.rs"]
mod actions;
#[path = "github/edges.rs"]
mod edges;
#[path = "github/environments.rs"]
mod environments;
#[path = "github/git.rs"]
mod git;
#[path = "github/people.rs"]
mod people;
#[path = "github/pulls.rs"]
mod pulls;
#[path = "github/rules.rs"]
mod rules;
#[path = "github/tokens.rs"]
mod tokens;
#[path = "github/workflows.rs"]
mod workflows;

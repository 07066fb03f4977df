//! `jit policy`: what checks, tests, explains, shows and compares a policy, from the command line down.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "policy_tools/cases.rs"]
mod cases;
#[path = "policy_tools/differences.rs"]
mod differences;
#[path = "policy_tools/documents.rs"]
mod documents;
#[path = "policy_tools/imports.rs"]
mod imports;
#[path = "policy_tools/lints.rs"]
mod lints;
#[path = "policy_tools/matrices.rs"]
mod matrices;
#[path = "policy_tools/newcomers.rs"]
mod newcomers;
#[path = "policy_tools/oracle.rs"]
mod oracle;
#[path = "policy_tools/revisions.rs"]
mod revisions;
#[path = "policy_tools/stage.rs"]
mod stage;

//! The broker, whole and in one process: a story, and every attack that must gain nothing.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "broker/agents.rs"]
mod agents;
#[path = "broker/break_glass.rs"]
mod break_glass;
#[path = "broker/clocks.rs"]
mod clocks;
#[path = "broker/conditions.rs"]
mod conditions;
#[path = "broker/database.rs"]
mod database;
#[path = "broker/document.rs"]
mod document;
#[path = "broker/edges.rs"]
mod edges;
#[path = "broker/extending.rs"]
mod extending;
#[path = "broker/extension_attacks.rs"]
mod extension_attacks;
#[path = "broker/facts.rs"]
mod facts;
#[path = "broker/forwarded.rs"]
mod forwarded;
#[path = "broker/judging_once.rs"]
mod judging_once;
#[path = "broker/minting.rs"]
mod minting;
#[path = "broker/narrowing.rs"]
mod narrowing;
#[path = "broker/notices.rs"]
mod notices;
#[path = "broker/one_rule.rs"]
mod one_rule;
#[path = "broker/policy_changes.rs"]
mod policy_changes;
#[path = "broker/policy_hook.rs"]
mod policy_hook;
#[path = "broker/policy_repository.rs"]
mod policy_repository;
#[path = "broker/repository.rs"]
mod repository;
#[path = "broker/reviewing.rs"]
mod reviewing;
#[path = "broker/scopes.rs"]
mod scopes;
#[path = "broker/sockets.rs"]
mod sockets;
#[path = "broker/statements.rs"]
mod statements;
#[path = "broker/story.rs"]
mod story;
#[path = "broker/telling.rs"]
mod telling;
#[path = "broker/world.rs"]
mod world;

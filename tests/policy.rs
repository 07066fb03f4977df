//! Access as code from the outside: what loads, what is said of what does not, and who is let in.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "policy/accounts.rs"]
mod accounts;
#[path = "policy/bad_input.rs"]
mod bad_input;
#[path = "policy/conditions.rs"]
mod conditions;
#[path = "policy/conditions_messages.rs"]
mod conditions_messages;
#[path = "policy/decisions.rs"]
mod decisions;
#[path = "policy/documentation.rs"]
mod documentation;
#[path = "policy/folder.rs"]
mod folder;
#[path = "policy/loader.rs"]
mod loader;
#[path = "policy/matching.rs"]
mod matching;
#[path = "policy/messages.rs"]
mod messages;
#[path = "support/mutation.rs"]
mod mutation;
#[path = "policy/mutations.rs"]
mod mutations;
#[path = "policy/naive.rs"]
mod naive;
#[cfg(feature = "broker")]
#[path = "policy/naive_bench.rs"]
mod naive_bench;
#[path = "policy/scale.rs"]
mod scale;
#[path = "policy/tokens.rs"]
mod tokens;
#[path = "policy/ways.rs"]
mod ways;
#[path = "policy/world.rs"]
mod world;

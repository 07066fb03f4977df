//! Access as code from the outside: what loads, the messages for what does not, and who is let in.

mod accounts;
mod agents;
mod azure;
mod bad_input;
mod blamed_keys;
mod conditions;
mod conditions_messages;
mod decisions;
mod documentation;
mod enrolled;
mod folder;
mod gcp;
mod loader;
mod matching;
mod messages;
mod mutations;
mod naive;
#[cfg(feature = "broker")]
mod naive_bench;
mod scale;
mod telling;
mod tokens;
mod ways;
pub mod world;

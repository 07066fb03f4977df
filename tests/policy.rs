//! Access as code from the outside: what loads, what is said of what does not, and who is let in.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "policy/decisions.rs"]
mod decisions;
#[path = "policy/folder.rs"]
mod folder;
#[path = "policy/matching.rs"]
mod matching;
#[path = "policy/messages.rs"]
mod messages;
#[path = "policy/scale.rs"]
mod scale;
#[path = "policy/world.rs"]
mod world;

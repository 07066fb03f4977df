//! The broker, whole and in one process: a story, and every attack that must gain nothing.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "broker/attacks.rs"]
mod attacks;
#[path = "broker/document.rs"]
mod document;
#[path = "broker/story.rs"]
mod story;
#[path = "broker/world.rs"]
mod world;

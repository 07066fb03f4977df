//! Hooks and exports in real shells, in a real terminal: bash, zsh, fish and nu; starship. Run by `tests/run`.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the tests drive real programs in real time")]

#[path = "real_shells/completing.rs"]
mod completing;
#[cfg(feature = "demo")]
#[path = "real_shells/demo_shell.rs"]
mod demo_shell;
#[path = "real_shells/exports.rs"]
mod exports;
#[path = "real_shells/library.rs"]
mod library;
#[path = "real_shells/prompt.rs"]
mod prompt;
#[path = "real_shells/robust.rs"]
mod robust;
#[path = "real_shells/starship.rs"]
mod starship;
#[path = "real_shells/terminal.rs"]
mod terminal;
#[path = "real_shells/world.rs"]
mod world;

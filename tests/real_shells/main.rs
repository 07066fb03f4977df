//! Hooks and exports in real shells, in a real terminal: bash, zsh, fish and nu; starship. Run by `tests/run`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the tests drive real programs in real time")]

mod exports;
mod library;
mod prompt;
mod robust;
mod starship;
mod terminal;
mod world;

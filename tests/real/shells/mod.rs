//! Hooks and exports in real shells, in a real terminal: bash, zsh, fish and nu; starship. Run by `tests/run`.

mod completing;
#[cfg(feature = "demo")]
mod demo_shell;
mod exports;
mod library;
mod prompt;
mod robust;
mod starship;
pub mod terminal;
mod world;

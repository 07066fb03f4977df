//! Verbs for coding agents.

mod in_json;
mod in_toml;
pub mod settings;

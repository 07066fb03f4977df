//! Verbs for coding agents.

pub mod settings;

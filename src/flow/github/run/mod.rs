//! The runs of `jit.yml` and `jit-check.yml`: check, decide, mint.

pub mod check;
pub mod decide;
pub mod denials;
pub mod describing;
pub(in crate::flow::github) mod failures;
pub mod mint;
pub(in crate::flow::github) mod pending;
pub(in crate::flow::github) mod recipient;
pub(in crate::flow::github) mod starter;
pub(in crate::flow::github) mod surroundings;

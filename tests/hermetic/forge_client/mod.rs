//! A repository on GitHub as people use it from their terminals: logging in, asking, reading, reviewing, in process, on a GitHub
//! of our own.

mod asking;
mod login;
mod meddling;
mod reviewing;
pub mod stage;
mod waiting;

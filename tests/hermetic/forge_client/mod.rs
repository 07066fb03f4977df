//! A GitHub repository as people use it from their terminals: logging in, asking, reading, reviewing, in process, on a
//! fake GitHub.

mod asking;
mod login;
mod meddling;
mod reviewing;
pub mod stage;
mod waiting;

//! The commands that run inside GitHub Actions: check, decide, mint. Also the setup of a repository for them.
//!
//! May use what `flow` may. Invariant: a run decides by data that it fetched itself; its inputs only say which.

pub mod doctor;
pub mod inspect;
pub mod run;
pub mod setup;

pub use run::surroundings::Surroundings;
pub use setup::templates::Download;

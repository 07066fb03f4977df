//! What runs inside GitHub Actions: check, decide, mint, deliver; and setting a repository up for it.
//!
//! May use what `flow` may. Invariant: a run decides by what it fetched itself; its inputs only say what to look at.

pub mod check;
pub mod decide;
pub mod deliver;
pub mod denials;
mod failures;
pub mod init;
pub mod inspect;
pub mod mint;
mod pending;
mod recipient;
mod settings;
mod starter;
mod surroundings;
mod templates;
mod workflow_file;

pub use settings::Writer;
pub use surroundings::Surroundings;
pub use templates::Download;

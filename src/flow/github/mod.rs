//! What runs inside GitHub Actions: check, decide, mint, deliver; and setting a repository up for it.
//!
//! May use what `flow` may. Invariant: a run decides by what it fetched itself; its inputs only say what to look at.

pub mod doctor;
pub mod inspect;
pub mod run;
pub mod setup;

pub use run::surroundings::Surroundings;
pub use setup::settings::Writer;
pub use setup::templates::Download;

//! Sign-in at the identity provider of the policy or on GitHub: the proof of a person, and the same proof again at each
//! mint.
//!
//! A token says who a person is, and a key signs. The log keeps both, with the provider's key that verified the token.

mod again;
pub mod enrolling;
mod github;
pub mod jobs;
mod proof;
mod providers;

pub use again::check_evidence;
pub use github::Flows;
pub use github::Progress;
pub use proof::Proved;
pub use proof::prove;
pub use providers::Providers;

//! Sign-in at the identity provider of the policy or on GitHub: the proof of a person, and the same proof again at each
//! mint.
//!
//! A token says who a person is, and a key signs. The log keeps both, with the provider's key that verified the token.
//! A sign-in enrols a key, or lets a browser in on the approval page, where it reads and denies.

mod again;
mod by_browser;
mod discovered;
pub mod enrolling;
mod github;
mod in_progress;
pub mod jobs;
mod proof;
mod providers;

pub use again::check_evidence;
pub use by_browser::BrowserFlows;
pub use by_browser::LIMIT;
pub use by_browser::Landed;
pub use github::Aim;
pub use github::Finished;
pub use github::Flows;
pub use github::Progress;
pub use proof::Proved;
pub use proof::UNVERIFIED;
pub use proof::prove;
pub use providers::Providers;

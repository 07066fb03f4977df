//! Sign-in at the identity provider of the policy: the proof of a token, and the same proof again at each mint.
//!
//! A token says who a person is, and a key signs. The log keeps both, with the provider's key that verified the token.

mod again;
mod proof;
mod providers;

pub use again::check_evidence;
pub use proof::Proved;
pub use proof::prove;
pub use providers::Providers;

//! A first policy from what is there: AWS permission sets, profiles on this laptop, members of a GitHub organisation.
//!
//! Invariant: what is proposed loads, grants nothing without somebody's approval, and changes nothing that exists.

mod aws;
mod github;
mod profiles;
mod proposal;

pub use aws::of_answers;
pub use github::of_organisation;
pub use profiles::of_profiles;
pub use proposal::Proposal;

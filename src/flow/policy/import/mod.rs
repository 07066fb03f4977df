//! A first policy from existing data: AWS permission sets, profiles on this laptop, members of a GitHub organisation.
//!
//! Invariant: a proposal loads, grants nothing without an approval, and changes nothing that exists.

mod aws;
mod github;
mod profiles;
mod proposal;

pub use aws::of_answers;
pub use github::of_organisation;
pub use profiles::of_profiles;
pub use proposal::Proposal;

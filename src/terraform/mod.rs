//! A plan of Terraform or OpenTofu, read from the JSON of `terraform show -json`, in lines for its reviewer.
//!
//! May use `grant`. No I/O. Invariant: no value of the plan is kept, sensitive or not: only addresses, names, actions and counts are.

mod action;
mod format;
mod lines;
mod summary;

pub use action::Action;
pub use summary::Change;
pub use summary::Checks;
pub use summary::MAX_PLAN;
pub use summary::Summary;
pub use summary::Unreadable;

#[cfg(test)]
mod tests;

//! From the bytes of all files to a policy.

pub(in crate::policy) mod compile;
pub(in crate::policy) mod expand;
mod kept;
pub mod starter;

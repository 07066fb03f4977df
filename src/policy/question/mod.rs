//! What is put to a policy, and what it answers.

pub(in crate::policy) mod asking;
pub(in crate::policy) mod decision;

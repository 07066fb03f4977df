//! The question that is put to a policy, and its answer.

pub(in crate::policy) mod asking;
pub(in crate::policy) mod decision;

//! The decision: conditions, and whether the reviews satisfy the rule.

pub(in crate::policy) mod decide;
pub(in crate::policy) mod hearing;
pub(in crate::policy) mod matching;

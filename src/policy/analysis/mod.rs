//! Questions to a whole policy: explain, matrix, difference, lints and test cases.

pub(in crate::policy) mod alone;
pub(in crate::policy) mod cases;
pub(in crate::policy) mod difference;
pub(in crate::policy) mod explain;
pub(in crate::policy) mod lint;
pub(in crate::policy) mod matrix;
pub(in crate::policy) mod obstacle;
pub(in crate::policy) mod question;
pub(in crate::policy) mod situations;
pub(in crate::policy) mod ways;

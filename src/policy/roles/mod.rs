//! Roles, their targets, scopes, terms and rules.

pub(in crate::policy) mod allowance;
pub(in crate::policy) mod azure;
pub(in crate::policy) mod blame;
pub(in crate::policy) mod catalogue;
pub(in crate::policy) mod kubernetes;
pub(in crate::policy) mod narrowing;
pub(in crate::policy) mod opening;
pub(in crate::policy) mod reason;
pub(in crate::policy) mod region;
pub(in crate::policy) mod role;
pub(in crate::policy) mod rule;
pub(in crate::policy) mod scopes;
pub(in crate::policy) mod terms;
pub(in crate::policy) mod when;

//! People, groups, keys and workloads.

pub(in crate::policy) mod agent;
pub(in crate::policy) mod claims;
pub(in crate::policy) mod enrolled;
pub(in crate::policy) mod github_app;
pub(in crate::policy) mod glance;
pub(in crate::policy) mod groups;
pub(in crate::policy) mod key;
pub(in crate::policy) mod principal;
pub(in crate::policy) mod roster;
pub(in crate::policy) mod workload;

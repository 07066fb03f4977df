//! The files of a policy: reading, listing, positions, problems and the revision.

pub(in crate::policy) mod committed;
pub(in crate::policy) mod document;
pub(in crate::policy) mod listing;
pub(in crate::policy) mod load;
pub(in crate::policy) mod place;
pub(in crate::policy) mod problem;
pub(in crate::policy) mod revision;
pub(in crate::policy) mod source;
pub(in crate::policy) mod unquoted;

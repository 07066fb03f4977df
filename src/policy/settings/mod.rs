//! `access.toml` and `accounts.toml`.

pub(in crate::policy) mod access;
pub(in crate::policy) mod accounts;
pub(in crate::policy) mod facts;
pub(in crate::policy) mod forge;
pub(in crate::policy) mod gate;
pub(in crate::policy) mod notify;

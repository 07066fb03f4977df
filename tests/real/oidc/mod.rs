//! Sign-in at two real OpenID providers, the library and the built `jit` with a real broker: npm's `oidc-provider`, which is
//! certified, and Canaille, which keeps people and groups and tells others of them by SCIM.

pub mod browser;
mod canaille;
mod journey;
mod leaving;
mod library;
mod pipeline;
pub mod provider;
mod scim;
mod second;

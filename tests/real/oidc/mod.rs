//! Sign-in at a real OpenID provider (npm `oidc-provider`, certified): the library, and the built `jit` with a real broker.

mod journey;
mod library;
pub mod provider;

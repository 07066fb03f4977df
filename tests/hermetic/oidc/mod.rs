//! Sign-in at an identity provider: tokens, keys, discovery.

mod discovery;
mod keys;
mod tokens;

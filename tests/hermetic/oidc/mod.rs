//! Sign-in at an identity provider: tokens, keys, discovery, and the client's flows.

mod desk;
mod discovery;
mod keys;
mod loopback;
mod sign_in;
mod tokens;

//! The round trip with real parts: the built `jit` on both sides, OpenSSH's agent and keys, gnome-keyring, SeaweedFS as
//! the cloud, and the programs that people run under `jit exec`.
//!
//! In tests that are not about the cloud, the sandbox replaces it, over a socket like any other.

mod canary;
mod children;
mod clients;
mod extending;
mod inbox;
mod keychains;
mod notices;
mod one_command;
mod questions;
mod refresh;
mod round_trip;
mod statements;
mod time;

//! What this machine remembers between commands: the index of grants. No secret is ever in it.
//!
//! May use levels 0 and 1. Invariant: what is read back is checked like anything that came from outside.

pub mod index;

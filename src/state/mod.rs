//! The memory of this machine between commands: the index of grants. It never contains a secret.
//!
//! May use levels 0 and 1. Invariant: everything that is read back is checked like data from outside.

pub mod index;

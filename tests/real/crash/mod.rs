//! Failures in the middle: the broker killed at every step, a full disk, an authority that is away, slow or an
//! impostor.
//!
//! A kill is SIGKILL to the whole process. The broker then starts again on the same folders and the same address.

mod disk;
mod killed;
mod stub;
mod told;

//! What breaks in the middle: the broker killed at every step, a full disk, an authority that is away, slow or not one.
//!
//! A kill is SIGKILL to the whole process; the broker then starts again on the same folders and the same address.

mod disk;
mod killed;
mod stub;

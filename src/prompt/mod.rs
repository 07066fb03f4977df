//! The prompt segment and the hooks of shells.
//!
//! May use `secret`, `system`, `grant`, `state`. Invariant: showing the segment starts no runtime, opens no socket and
//! no keychain, and reads no file but the index.

pub mod hook;
pub mod overruled;
pub mod report;
pub mod segment;
pub mod turning;

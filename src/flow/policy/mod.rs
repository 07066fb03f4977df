//! Access as code, on this machine, without a broker or a network.
//!
//! May use what `flow` may. Invariant: it reads a policy's folder and a repository, and never changes them.

mod begin;
mod folder;
pub mod import;
mod revision;

pub use begin::Beginning;
pub use begin::Begun;
pub use begin::does_not_load;
pub use begin::init;
pub use folder::Folder;
pub use folder::locate;
pub use revision::read as read_revision;

//! The stores for credentials: one file per store, and the choice between them.
//!
//! May use `secret`, `system`, `grant`. Invariant: a store is chosen once, by name; nothing falls back silently,
//! nothing is opened before it is needed, and every call has a time limit.

mod bounded;
pub mod choice;
mod file;
pub mod item;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(target_os = "linux")]
mod keyutils;
pub mod lease_store;
pub mod lock;
mod os;
pub mod split;

pub use choice::Choice;
pub use item::Item;
pub use lease_store::LeaseStore;

/// The service name of this program's items in every store.
const SERVICE: &str = "jit";

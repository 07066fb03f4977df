//! One file a verb: the steps, in order, over the traits below.
//!
//! May use every folder but `cli`. Invariant: nothing here prints; what people are told and asked goes through
//! `system::Console`, and what a verb found goes back to its caller as a value.

pub mod asking;
pub mod aws;
pub mod doctor;
pub mod github;
pub mod joining;
pub mod operating;
pub mod policy;
pub mod reviewing;
pub mod session;
pub mod using;

pub use session::access::Access;
pub use session::client::Client;
pub use session::client::Connected;
pub use session::failure::Failure;
pub use session::failure::Kind;
pub use session::standing::Standing;

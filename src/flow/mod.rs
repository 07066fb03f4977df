//! One file per verb: the steps, in order, over the traits below.
//!
//! May use every folder but `cli`. Invariant: nothing here prints. Messages and questions go through `system::Console`,
//! and results return to the caller as values.

pub mod agents;
pub mod asking;
pub mod aws;
pub mod doctor;
pub mod github;
pub mod joining;
pub mod kubernetes;
pub mod operating;
pub mod policy;
pub mod program;
pub mod reviewing;
pub mod session;
pub mod using;

pub use session::access::Access;
pub use session::client::Client;
pub use session::client::Connected;
pub use session::failure::Failure;
pub use session::failure::Kind;
pub use session::standing::Standing;

//! The domain's types and the state machine of a request.
//!
//! May use level 0. No I/O, no clock: time and bytes are arguments. Invariant: terminal states never change, and
//! credentials are minted only under an active grant.

pub mod assurance;
pub mod authority;
pub mod change;
pub mod cloud;
pub mod digest;
pub mod extension;
pub mod job;
pub mod lease;
pub mod name;
pub mod production;
pub mod purpose;
pub mod request;
pub mod span;
pub mod statement;
pub mod target;
pub mod text;
pub mod workload;

pub use assurance::Assurance;
pub use authority::AuthorityAddress;
pub use change::Change;
pub use cloud::Cloud;
pub use cloud::Place;
pub use cloud::ScopeDocument;
pub use digest::Digest;
pub use digest::RequestId;
pub use extension::Extension;
pub use extension::ExtensionError;
pub use job::JobRun;
pub use lease::Credentials;
pub use lease::Lease;
pub use name::Name;
pub use purpose::Difference;
pub use purpose::Purpose;
pub use request::Request;
pub use request::State;
pub use statement::Signed;
pub use statement::Statement;
pub use statement::Verdict;
pub use target::Target;
pub use workload::WorkloadRun;

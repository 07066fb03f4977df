//! The authority that a team runs itself: takes statements, decides by the policy, mints, and records.
//!
//! May use everything up to level 2; never the keychain. Invariant: nothing happens that is not in the log, and nothing
//! leaves before it is durably there.

mod caller;
mod challenges;
mod docket;
mod extensions;
mod forwarded;
mod hook;
mod housekeeping;
mod intake;
mod judged;
mod keys;
mod ledger;
mod limits;
mod notify;
mod places;
mod policies;
mod problem;
mod routes;
mod serve;
mod settings;
mod shared;
mod start;
mod store;
mod views;
mod watchers;

pub use limits::Limits;
pub use limits::Rate;
pub use policies::Branch;
pub use policies::PolicySource;
pub use policies::SourceError;
pub use routes::openapi;
pub use serve::serve;
pub use settings::BrokerSettings;
pub use settings::SettingsError;
pub use start::Broker;
pub use start::BrokerError;
pub use start::InForce;

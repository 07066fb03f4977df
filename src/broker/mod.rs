//! The authority that a team runs itself: it accepts statements, decides by the policy, mints, and records.
//!
//! May use levels 0 to 2 and `judgement`, never the keychain. Invariant: every action is in the log, and no answer
//! leaves before its events are durable.

mod caller;
mod challenges;
mod denials;
mod denying;
mod docket;
mod extensions;
mod forwarded;
mod hook;
mod housekeeping;
mod intake;
mod judged;
mod keys;
mod leaving;
mod ledger;
mod limits;
mod metrics;
mod notify;
mod places;
mod policies;
mod problem;
mod publication;
mod receivers;
mod roster;
mod routes;
mod serve;
mod settings;
pub mod settings_file;
mod shared;
mod signing_in;
mod start;
mod store;
mod unbinding;
mod views;
mod watchers;
mod web;

pub use limits::Limits;
pub use limits::Rate;
pub use policies::Branch;
pub use policies::PolicySource;
pub use policies::SourceError;
pub use receivers::ReceiverSettings;
pub use routes::openapi;
pub use serve::serve;
pub use settings::BrokerSettings;
pub use settings::ClusterToken;
pub use settings::SettingsError;
pub use start::Broker;
pub use start::BrokerError;
pub use start::InForce;

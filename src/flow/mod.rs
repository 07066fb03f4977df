//! One file a verb: the steps, in order, over the traits below.
//!
//! May use every folder but `cli`. Invariant: nothing here prints; what people are told and asked goes through
//! `system::Console`, and what a verb found goes back to its caller as a value.

pub mod access;
pub mod announce;
pub mod attendance;
pub mod audit;
pub mod aws_files;
pub mod aws_profiles;
pub mod break_glass;
pub mod choose;
pub mod ci;
pub mod client;
pub mod cloud;
pub mod configuration;
pub mod console;
pub mod credentials;
pub mod direct;
pub mod doctor;
pub mod end;
pub mod env;
pub mod exec;
pub mod extend;
pub mod failure;
pub mod find;
mod github_login;
pub mod github_token;
pub mod import;
pub mod import_names;
pub mod inbox;
mod key_choice;
mod keychains;
pub mod login;
pub mod logout;
pub mod lookup;
pub mod namesakes;
pub mod obtain;
pub mod pick;
pub mod plan;
pub mod policy;
pub mod reasons;
pub mod reconcile;
mod relogin;
pub mod renewal;
pub mod request;
pub mod review;
pub mod revoke;
pub mod roles;
#[cfg(feature = "demo")]
pub mod sandboxed;
pub mod scopes;
#[cfg(feature = "broker")]
pub mod serve;
pub mod setup;
pub mod show;
pub mod standing;
pub mod start;
pub mod status;
mod sure;
pub mod sweep;
pub mod vault;
pub mod wait;
pub mod whoami;
pub mod wishing;

pub use access::Access;
pub use client::Client;
pub use client::Connected;
pub use failure::Failure;
pub use failure::Kind;
pub use standing::Standing;

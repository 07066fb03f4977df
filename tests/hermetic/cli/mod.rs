//! The command line as people see it: in process, over a broker that can be told to lie.

#[cfg(feature = "demo")]
mod agents;
#[cfg(feature = "demo")]
mod audit;
mod aws_profiles;
mod break_glass;
mod console;
mod doctor;
mod economy;
mod edges;
#[cfg(feature = "demo")]
mod enrolled_keys;
#[cfg(feature = "demo")]
mod extending;
mod fake_broker;
#[cfg(feature = "demo")]
pub mod first_broker;
mod first_cause;
mod forms;
#[cfg(feature = "demo")]
mod grants;
mod hook;
mod hostile;
mod hub;
mod import;
#[cfg(feature = "demo")]
mod inbox;
mod index;
#[cfg(feature = "demo")]
mod jobs;
mod kernel;
mod keys;
mod locking;
#[cfg(unix)]
mod plans;
mod programs;
mod project_file;
#[cfg(unix)]
mod purpose;
#[cfg(unix)]
mod purpose_attacks;
#[cfg(feature = "demo")]
mod questions;
#[cfg(feature = "demo")]
pub mod real;
#[cfg(feature = "demo")]
mod report;
mod round_trip;
#[cfg(feature = "demo")]
mod scopes;
#[cfg(feature = "demo")]
mod serving;
mod settings;
pub mod stage;
#[cfg(feature = "demo")]
mod sweeping;
mod tables;
mod two_roles;
mod version;
mod words;

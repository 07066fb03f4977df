//! Running a broker, and the settings of this machine.

pub mod configuration;
#[cfg(feature = "demo")]
pub mod sandboxed;
#[cfg(feature = "broker")]
pub mod serve;

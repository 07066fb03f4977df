//! Running a broker, and the settings of this machine.

#[cfg(feature = "broker")]
pub mod check;
pub mod configuration;
pub mod issuer;
#[cfg(feature = "demo")]
pub mod sandboxed;
#[cfg(feature = "broker")]
pub mod serve;

//! Running a broker, and the settings of this machine.

#[cfg(feature = "broker")]
pub mod check;
#[cfg(feature = "broker")]
mod clusters;
pub mod configuration;
pub mod issuer;
#[cfg(feature = "demo")]
pub mod sandboxed;
#[cfg(feature = "broker")]
pub mod serve;
pub mod trust;

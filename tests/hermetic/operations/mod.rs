//! The operation of a broker: its settings file, its log, its metrics, and the promises on which its clients may rely.

#[cfg(feature = "demo")]
mod logs;
mod metrics;
#[cfg(feature = "demo")]
mod protocol;
#[cfg(feature = "demo")]
mod settings_file;

//! What the operator of a broker has: its settings file, its log, its metrics, and what its clients may rely on.

#[cfg(feature = "demo")]
mod logs;
mod metrics;
#[cfg(feature = "demo")]
mod protocol;
#[cfg(feature = "demo")]
mod settings_file;

//! Setting up an access repository: workflows, rulesets, environments and the log.

mod access_file;
mod app;
mod commit;
pub mod download;
mod files;
pub(in crate::flow::github) mod gate;
pub mod init;
mod intent;
mod log_key;
mod places;
mod rules;
pub(in crate::flow::github) mod settings;
mod standing;
pub(in crate::flow::github) mod templates;
mod trust;
pub(in crate::flow::github) mod workflow_file;

pub use trust::trust;

//! Setting up an access repository: workflows, rulesets, environments and the log.

pub(in crate::flow::github) mod gate;
pub mod init;
mod places;
pub(in crate::flow::github) mod settings;
pub(in crate::flow::github) mod templates;
pub(in crate::flow::github) mod workflow_file;

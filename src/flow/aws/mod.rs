//! AWS on the person's machine: profiles, the import of what other tools wrote, and the setup of a role's trust.

pub mod aws_files;
pub mod aws_profiles;
pub mod import;
pub mod import_names;
pub mod learn;
mod own;
pub mod setup;
pub mod terraform;

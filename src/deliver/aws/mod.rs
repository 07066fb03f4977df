//! Delivery to AWS's tools: environment, served documents, profiles and `credential_process`.

pub mod aws_block;
pub mod credential_process;
pub mod document;
pub mod environment;
pub mod fetch;
pub mod profiles;
pub mod variables;

//! Git as the API shows it: objects, references, contents, comparisons.

pub mod commits;
pub mod contents;
pub mod database;
pub mod difference;
pub mod objects;
pub mod push;
pub mod references;
pub mod rules;
pub mod rulesets;

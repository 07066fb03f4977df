//! `jit policy`: checks, tests, explains, shows and compares a policy, from the command line down.

mod cases;
mod differences;
mod documents;
mod imports;
mod learning;
mod lints;
mod matrices;
mod newcomers;
mod oracle;
mod owners;
mod revisions;
mod stage;
mod twins;

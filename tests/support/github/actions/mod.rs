//! Actions: workflows, runs and their jobs, environments, logs, the token issuer, and the runner.

pub mod approvals;
pub mod background;
pub mod checkout;
pub mod contexts;
pub mod customisation;
pub mod dispatches;
pub mod environments;
pub mod expressions;
pub mod hosts;
pub mod issuer;
pub mod jobs;
pub mod logs;
pub mod run;
pub mod runner;
pub mod runs;
pub mod scheduling;
pub mod secrets;
pub mod settings;
pub mod shell;
pub mod steps;
pub mod subject;
pub mod triggers;
pub mod values;
pub mod workflow;

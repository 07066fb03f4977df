//! The command line as people see it: in process, over a broker that can be told to lie.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[cfg(feature = "demo")]
#[path = "cli/audit.rs"]
mod audit;
#[path = "cli/aws_profiles.rs"]
mod aws_profiles;
#[path = "cli/break_glass.rs"]
mod break_glass;
#[path = "cli/console.rs"]
mod console;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/economy.rs"]
mod economy;
#[path = "cli/edges.rs"]
mod edges;
#[cfg(feature = "demo")]
#[path = "cli/extending.rs"]
mod extending;
#[path = "cli/fake_broker.rs"]
mod fake_broker;
#[cfg(feature = "demo")]
#[path = "cli/first_broker.rs"]
mod first_broker;
#[path = "cli/first_cause.rs"]
mod first_cause;
#[path = "support/forms.rs"]
mod fixtures;
#[path = "cli/forms.rs"]
mod forms;
#[cfg(feature = "demo")]
#[path = "cli/grants.rs"]
mod grants;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/hub.rs"]
mod hub;
#[path = "cli/import.rs"]
mod import;
#[path = "cli/index.rs"]
mod index;
#[path = "cli/keys.rs"]
mod keys;
#[path = "cli/programs.rs"]
mod programs;
#[path = "cli/project_file.rs"]
mod project_file;
#[cfg(feature = "demo")]
#[path = "cli/questions.rs"]
mod questions;
#[cfg(feature = "demo")]
#[path = "cli/real.rs"]
mod real;
#[path = "cli/round_trip.rs"]
mod round_trip;
#[cfg(feature = "demo")]
#[path = "cli/scopes.rs"]
mod scopes;
#[cfg(feature = "demo")]
#[path = "cli/serving.rs"]
mod serving;
#[path = "cli/settings.rs"]
mod settings;
#[path = "cli/stage.rs"]
mod stage;
#[cfg(feature = "demo")]
#[path = "cli/sweeping.rs"]
mod sweeping;
#[path = "cli/tables.rs"]
mod tables;
#[path = "cli/two_roles.rs"]
mod two_roles;
#[path = "support/watched_log.rs"]
mod watched_log;
#[path = "cli/words.rs"]
mod words;

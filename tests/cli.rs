//! The command line as people see it: in process, over a broker that can be told to lie.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "cli/edges.rs"]
mod edges;
#[path = "cli/fake_broker.rs"]
mod fake_broker;
#[path = "cli/hostile.rs"]
mod hostile;
#[cfg(feature = "demo")]
#[path = "cli/real.rs"]
mod real;
#[path = "cli/round_trip.rs"]
mod round_trip;
#[path = "cli/stage.rs"]
mod stage;

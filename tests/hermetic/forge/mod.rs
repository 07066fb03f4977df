//! GitHub as the authority: what counts and what does not, with hand-made evidence, and the whole flow on a fake GitHub
//! with the workflows that `jit ci init` writes.

mod attacks;
pub mod case;
mod checking;
mod claims;
mod cloud;
mod denials;
mod flow;
mod gate;
mod hostile;
pub mod hub;
pub mod inspecting;
mod lasting;
mod limits;
mod log;
mod meddling;
mod narrowing;
mod one_rule;
mod reviews;
mod runners;
mod setting_up;
mod setup_stage;
mod signed;
mod starters;
mod transport;
mod workflows;

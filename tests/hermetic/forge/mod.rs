//! GitHub as the authority: what counts and what does not, on evidence built by hand; and the whole flow on a GitHub of our
//! own, by the workflows as `jit ci init` writes them.

mod attacks;
pub mod case;
mod checking;
mod claims;
mod cloud;
mod denials;
mod flow;
mod hostile;
pub mod hub;
mod inspecting;
mod lasting;
mod limits;
mod log;
mod meddling;
mod narrowing;
mod one_rule;
mod reviews;
mod runners;
mod signed;
mod starters;
mod transport;
mod workflows;

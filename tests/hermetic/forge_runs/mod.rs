//! The client's side of runs on a GitHub of our own, which executes the workflows as `jit ci init` writes them: credentials,
//! more time, the end, and what somebody in between can do to them.

mod canary;
mod counting;
mod extending;
mod facts;
mod grants;
mod laptop;
mod leasing;
mod records;
mod stopping;
mod tampering;
mod trouble;
mod walk;
mod walk_whole;
mod whole;

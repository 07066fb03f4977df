//! The client's side of runs on a fake GitHub, which executes the workflows as `jit ci init` writes them: credentials,
//! extensions, the end, and attacks in between.

mod between;
#[cfg(unix)]
mod bound;
mod by_git;
mod canary;
mod counting;
mod extending;
mod facts;
mod grants;
mod laptop;
mod leasing;
mod old_log;
mod older;
mod places;
mod records;
mod stopping;
mod tampering;
mod trouble;
mod walk;
mod walk_whole;
mod whole;

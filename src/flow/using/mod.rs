//! Using access: running a command with it, credentials for programs, the console, and ending it.

pub mod announce;
pub mod captured;
pub mod cloud;
pub mod console;
pub mod credentials;
pub mod direct;
pub mod end;
pub mod env;
pub mod exec;
pub mod obtain;
pub mod once;
pub mod renewal;
pub mod start;
pub mod status;
pub mod within;

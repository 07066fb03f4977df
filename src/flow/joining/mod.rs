//! Logging in and out, and who the person is.

pub mod agent;
pub(in crate::flow) mod github_login;
pub(in crate::flow) mod key_choice;
pub mod keys;
pub mod lock;
pub mod login;
pub mod logout;
pub(in crate::flow) mod on_github;
pub mod page;
pub(in crate::flow) mod proving;
pub(in crate::flow) mod relogin;
pub(in crate::flow) mod sign_in;
pub(in crate::flow) mod ways;
pub mod whoami;

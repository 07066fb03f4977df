//! The common parts of all repositories that decide: the files of requests, the bodies of reviews, and the log's
//! format.
//!
//! May use levels 0 and 1. Invariant: nothing here knows which forge holds the repository.

pub mod log;
pub mod markdown;
pub mod pull_text;
pub mod request_file;
pub mod review_body;
pub mod title;

//! GitHub as the authority: what counts, what does not, and the log. Evidence is built by hand; nothing is fetched.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "forge/attacks.rs"]
mod attacks;
#[path = "forge/case.rs"]
mod case;
#[path = "forge/reviews.rs"]
mod reviews;
#[path = "forge/workflows.rs"]
mod workflows;

//! The approval page in Chromium, with its virtual authenticator, against the built broker. OpenSSH judges what the
//! broker stored, and axe-core judges the pages.

mod accounts;
mod approving;
mod cases;
mod looks;
mod signature;
mod world;

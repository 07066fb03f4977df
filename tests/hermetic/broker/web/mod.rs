//! The approval page, in one process: what it shows, what it takes, and every bad call that must gain nothing.

mod approving;
mod browser;
mod by_github;
mod by_provider;
mod by_provider_attacks;
mod cases;
mod denying;
mod guards;
mod pages;
mod signing_in;
mod terminal;

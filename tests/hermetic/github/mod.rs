//! Tests of the fake GitHub itself: what it answers, what it refuses, and what its Actions do.

mod access;
mod actions;
mod comments;
mod edges;
mod environments;
mod git;
mod graphql;
mod manifests;
mod people;
mod pulls;
mod rules;
mod secrets;
mod tokens;
mod workflows;

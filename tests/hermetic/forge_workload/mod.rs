//! Workloads on GitHub: a deployment asks, ends, and continues when people have approved, with
//! `docs/examples/deploy.yml` as committed. And attacks on it.

mod asking;
mod authority;
mod example;
mod flow;
mod sealing;
mod shop;
mod taking;
mod tokens;

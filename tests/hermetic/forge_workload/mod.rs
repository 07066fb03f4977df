//! Workloads on GitHub: a deploy that asks, ends, and goes on when people have agreed, by `docs/examples/deploy.yml` as it is
//! committed; and what somebody could try with it.

mod asking;
mod authority;
mod example;
mod flow;
mod sealing;
mod shop;
mod taking;
mod tokens;

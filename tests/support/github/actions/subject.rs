//! The `sub` of an Actions token.
//!
//! Sources: <https://docs.github.com/actions/reference/security/oidc>; the changelog of 2026-04-23 for the immutable form.

use std::collections::BTreeMap;

use serde_json::Value;

use super::run::Run;
use crate::support::github::world::World;

fn escaped(value: &str) -> String {
    value.replace(':', "%3A")
}

/// The prefix of the subject: `repo:O/R`, or with the permanent ids.
pub fn prefix(world: &World, id: u64) -> String {
    let repository = world.repository(id);
    let owner = world.login(repository.owner);
    if repository.subject.immutable {
        format!("repo:{owner}@{}/{}@{id}", repository.owner, repository.name)
    } else {
        format!("repo:{owner}/{}", repository.name)
    }
}

/// The context of a job: its environment, a pull request, or a reference.
fn context(run: &Run, environment: Option<&str>) -> String {
    match environment {
        Some(environment) => format!("environment:{}", escaped(environment)),
        None if run.event == "pull_request" => "pull_request".to_owned(),
        None => format!("ref:{}", escaped(&run.reference)),
    }
}

/// The subject for a job: the default, or the chosen claims in their order.
pub fn subject(
    world: &World,
    run: &Run,
    environment: Option<&str>,
    claims: &BTreeMap<String, Value>,
) -> String {
    let start = prefix(world, run.repository);
    let repository = world.repository(run.repository);
    let Some(keys) = &repository.subject.keys else {
        return format!("{start}:{}", context(run, environment));
    };
    let part = |key: &String| match key.as_str() {
        "repo" => start.clone(),
        "context" => context(run, environment),
        key => {
            let value = claims.get(key).map(super::values::text).unwrap_or_default();
            format!("{key}:{}", escaped(&value))
        }
    };
    keys.iter().map(part).collect::<Vec<_>>().join(":")
}

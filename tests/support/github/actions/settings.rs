//! `actions/permissions`: what Actions may do in a repository.

use serde_json::json;

use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::world::World;

/// `GET actions/permissions`
pub fn permissions(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "administration", Level::Read, Role::Admin)?;
    Answer::ok(json!({"enabled": true, "allowed_actions": "all", "sha_pinning_required": false}))
}

/// `GET actions/permissions/workflow`
pub fn workflow_permissions(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "administration", Level::Read, Role::Admin)?;
    let repository = world.repository(id);
    Answer::ok(json!({
        "default_workflow_permissions": repository.default_permissions,
        "can_approve_pull_request_reviews": repository.actions_may_approve,
    }))
}

/// `PUT actions/permissions/workflow`
pub fn set_workflow_permissions(world: &mut World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "administration", Level::Write, Role::Admin)?;
    let default =
        call.text("default_workflow_permissions").map(|word| if word == "write" { "write" } else { "read" });
    let repository = world.repository_mut(id);
    repository.default_permissions = default.unwrap_or(repository.default_permissions);
    if call.body.get("can_approve_pull_request_reviews").is_some() {
        repository.actions_may_approve = call.flag("can_approve_pull_request_reviews");
    }
    Answer::nothing()
}

//! The tool `roles`.

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::answer::Answer;
use super::answer::Outcome;
use crate::flow::Client;
use crate::flow::asking::plan;
use crate::flow::asking::roles;
use crate::grant::text::sanitise;
use crate::protocol::RoleView;
use crate::system::System;

/// The input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    filter: Option<String>,
}

pub async fn call(input: Input, system: &System) -> Answer {
    let client = Client::open(system)?;
    // A direct role is the person's own identity, and no agent gets it here.
    client.account()?;
    let found = roles::roles(&client, input.filter.as_deref()).await?;
    let roles: Vec<Value> = found.asked.iter().filter(|role| role.may_request).map(role).collect();
    Ok(Outcome::Done(json!({ "roles": roles })))
}

fn role(role: &RoleView) -> Value {
    let scopes = role.scopes.iter().map(|scope| {
        json!({
            "name": scope.name,
            "description": sanitise(&scope.description),
            "approval": if scope.automatic { "approved at once".to_owned() } else { sanitise(&scope.approval) },
            "automatic": scope.automatic,
            "max_duration": scope.max_duration.to_string(),
        })
    });
    json!({
        "name": role.name,
        "aliases": role.aliases,
        "description": sanitise(&role.description),
        "opens": role.target.describe(),
        "approval": plan::approval(role),
        "automatic": role.automatic,
        "duration": role.duration.to_string(),
        "max_duration": role.max_duration.to_string(),
        "reason_required": role.reason.required || role.reason.pattern.is_some(),
        "scopes": scopes.collect::<Vec<_>>(),
    })
}

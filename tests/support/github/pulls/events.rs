//! `issues/{n}/events`: the only place that reports the earlier state of a dismissed review.

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use super::Pull;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::shapes;
use crate::support::github::world::World;

/// An event of a pull request.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its id.
    pub id: u64,
    /// `closed`, `reopened`, `merged`, `head_ref_force_pushed`, `review_dismissed`.
    pub name: &'static str,
    /// The account that caused it.
    pub actor: u64,
    /// When it happened.
    pub at: Timestamp,
    /// For `review_dismissed`: the review, its earlier state, and the message.
    pub dismissed: Option<(u64, &'static str, String)>,
}

impl Event {
    /// An event without a review.
    pub fn new(id: u64, name: &'static str, actor: u64, at: Timestamp) -> Self {
        Self { id, name, actor, at, dismissed: None }
    }
}

fn document(world: &World, id: u64, pull: &Pull, event: &Event) -> Value {
    let mut row = json!({
        "id": event.id, "node_id": shapes::node("Event", event.id), "event": event.name,
        "url": world.repository_url(id, &format!("issues/events/{}", event.id)),
        "actor": world.simple_user(event.actor), "commit_id": null, "commit_url": null,
        "created_at": event.at.to_string(), "performed_via_github_app": null,
    });
    if let Some((review, state, message)) = &event.dismissed {
        row["dismissed_review"] = json!({"review_id": review, "state": state, "dismissal_message": message});
    }
    if event.name == "merged" {
        row["commit_id"] = json!(pull.merged.as_ref().map(|(_, _, sha)| sha));
    }
    row
}

/// `GET issues/{n}/events`
pub fn list(world: &World, call: &Call, id: u64, number: &str) -> Outcome {
    world.require_any(&call.caller, id, &["issues", "pull_requests"], Level::Read, Role::Read)?;
    let pull = world.pull(id, number)?;
    Answer::list(pull.events.iter().map(|event| document(world, id, pull, event)).collect())
}

//! Rulesets, the rules of a branch, and classic branch protection.

use serde_json::Value;
use serde_json::json;

use super::difference::url_path;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::plans::Plan;
use crate::support::github::shapes;
use crate::support::github::world::World;

/// A ruleset. Only people who may edit it see its bypass actors.
fn document(world: &World, call: &Call, id: u64, ruleset: &Value, whole: bool) -> Value {
    let mut shown = ruleset.clone();
    let edits = world.require(&call.caller, id, "administration", Level::Write, Role::Admin).is_ok();
    let shown_members = shown.as_object_mut().unwrap();
    if !whole || !edits {
        shown_members.remove("bypass_actors");
    }
    if whole {
        let bypasses = world.bypasses(&call.caller, id, ruleset, false);
        shown_members
            .insert("current_user_can_bypass".to_owned(), json!(if bypasses { "always" } else { "never" }));
    } else {
        shown_members.remove("rules");
        shown_members.remove("conditions");
    }
    shown
}

/// `GET rulesets`: without rules, conditions and bypass actors.
pub fn list(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "metadata", Level::Read, Role::Read)?;
    world.paid_for(id, Plan::Team)?;
    let rulesets = world.repository(id).rulesets.values();
    Answer::list(rulesets.map(|ruleset| document(world, call, id, ruleset, false)).collect())
}

/// `GET rulesets/{id}`
pub fn get(world: &World, call: &Call, id: u64, ruleset: &str) -> Outcome {
    world.require(&call.caller, id, "metadata", Level::Read, Role::Read)?;
    world.paid_for(id, Plan::Team)?;
    let found = ruleset.parse().ok().and_then(|ruleset: u64| world.repository(id).rulesets.get(&ruleset));
    Answer::ok(document(world, call, id, found.ok_or_else(Fault::not_found)?, true))
}

/// Refuses an app as a bypass actor that is not installed with the repository's owner ("Creating rulesets for a repository": apps
/// are chosen among the installed ones). Actions is everywhere.
fn hold_to_actors(world: &World, call: &Call, id: u64) -> Result<(), Fault> {
    let owner = world.repository(id).owner;
    let actors = call.body["bypass_actors"].as_array().into_iter().flatten();
    for actor in actors.filter(|actor| actor["actor_type"] == "Integration") {
        let app = actor["actor_id"].as_u64().and_then(|app| world.apps.get(&app));
        let is_known = app.is_some_and(|app| app.installation.1 == owner && !app.installation.2.is_empty());
        if !is_known && actor["actor_id"] != super::rules::ACTIONS_APP {
            let message = "Actor must be part of the ruleset source or owner organization";
            return Err(Fault::invalid("RepositoryRuleset", "bypass_actors", "custom", message));
        }
    }
    Ok(())
}

/// `POST rulesets`
pub fn create(world: &mut World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "administration", Level::Write, Role::Admin)?;
    world.paid_for(id, Plan::Team)?;
    hold_to_actors(world, call, id)?;
    let (name, enforcement) = (call.needed("name")?.to_owned(), call.needed("enforcement")?.to_owned());
    if world.repository(id).rulesets.values().any(|ruleset| ruleset["name"] == name.as_str()) {
        return Err(Fault::invalid("RepositoryRuleset", "name", "custom", "Name must be unique"));
    }
    let ruleset = world.next_id();
    let now = world.now().to_string();
    let whole = json!({
        "id": ruleset, "name": name, "target": call.text("target").unwrap_or("branch"),
        "source_type": "Repository", "source": world.full_name(id), "enforcement": enforcement,
        "bypass_actors": call.body.get("bypass_actors").cloned().unwrap_or(json!([])),
        "conditions": call.body.get("conditions").cloned().unwrap_or(json!({"ref_name": {"include": [], "exclude": []}})),
        "rules": call.body.get("rules").cloned().unwrap_or(json!([])),
        "node_id": shapes::node("RepositoryRuleset", ruleset), "created_at": now, "updated_at": now,
        "_links": {
            "self": {"href": world.repository_url(id, &format!("rulesets/{ruleset}"))},
            "html": {"href": format!("{}/{}/rules/{ruleset}", world.origins.web, world.full_name(id))},
        },
    });
    world.repository_mut(id).rulesets.insert(ruleset, whole.clone());
    Answer::created(document(world, call, id, &whole, true))
}

/// `PUT rulesets/{id}`: keeps members that are not given.
pub fn update(world: &mut World, call: &Call, id: u64, ruleset: &str) -> Outcome {
    world.require(&call.caller, id, "administration", Level::Write, Role::Admin)?;
    world.paid_for(id, Plan::Team)?;
    hold_to_actors(world, call, id)?;
    let now = world.now().to_string();
    let key: u64 = ruleset.parse().map_err(|_| Fault::not_found())?;
    let found = world.repository_mut(id).rulesets.get_mut(&key).ok_or_else(Fault::not_found)?;
    for name in ["name", "target", "enforcement", "bypass_actors", "conditions", "rules"] {
        if let Some(given) = call.body.get(name) {
            found[name] = given.clone();
        }
    }
    found["updated_at"] = json!(now);
    let whole = found.clone();
    Answer::ok(document(world, call, id, &whole, true))
}

/// `DELETE rulesets/{id}`
pub fn delete(world: &mut World, call: &Call, id: u64, ruleset: &str) -> Outcome {
    world.require(&call.caller, id, "administration", Level::Write, Role::Admin)?;
    world.paid_for(id, Plan::Team)?;
    let key: u64 = ruleset.parse().map_err(|_| Fault::not_found())?;
    world.repository_mut(id).rulesets.remove(&key).ok_or_else(Fault::not_found)?;
    Answer::nothing()
}

/// `GET rules/branches/{branch}`: active rules only, whether or not the branch exists.
pub fn of_branch(world: &World, call: &Call, id: u64, branch: &str) -> Outcome {
    world.require(&call.caller, id, "metadata", Level::Read, Role::Read)?;
    world.paid_for(id, Plan::Team)?;
    let rules = world.rules(id, &format!("refs/heads/{branch}"));
    let rows = rules.into_iter().map(|(ruleset, rule)| {
        let mut row = rule.clone();
        row["ruleset_source_type"] = json!("Repository");
        row["ruleset_source"] = json!(world.full_name(id));
        row["ruleset_id"] = ruleset["id"].clone();
        row
    });
    Answer::list(rows.collect())
}

/// `GET branches/{branch}/protection`
pub fn protection(world: &World, call: &Call, id: u64, branch: &str) -> Outcome {
    world.require(&call.caller, id, "administration", Level::Read, Role::Admin)?;
    world.paid_for(id, Plan::Team)?;
    if !world.repository(id).refs.contains_key(&format!("refs/heads/{branch}")) {
        return Err(Fault::new(404, "Branch not found"));
    }
    let set = world.repository(id).protections.get(branch);
    let set = set.ok_or_else(|| Fault::new(404, "Branch not protected"))?;
    Answer::ok(protection_document(world, id, branch, set))
}

/// `PUT branches/{branch}/protection`
pub fn protect(world: &mut World, call: &Call, id: u64, branch: &str) -> Outcome {
    world.require(&call.caller, id, "administration", Level::Write, Role::Admin)?;
    world.paid_for(id, Plan::Team)?;
    for name in ["required_status_checks", "enforce_admins", "required_pull_request_reviews", "restrictions"]
    {
        if call.body.get(name).is_none() {
            return Err(Fault::unprocessable(format!("Invalid request.\n\n\"{name}\" wasn't supplied.")));
        }
    }
    world.repository_mut(id).protections.insert(branch.to_owned(), call.body.clone());
    Answer::ok(protection_document(world, id, branch, &call.body))
}

fn protection_document(world: &World, id: u64, branch: &str, set: &Value) -> Value {
    let url = world.repository_url(id, &format!("branches/{}/protection", url_path(branch)));
    let flag = |name: &str| json!({"enabled": set[name].as_bool().unwrap_or_default()});
    let mut answer = json!({
        "url": url,
        "enforce_admins": {"url": format!("{url}/enforce_admins"), "enabled": set["enforce_admins"] == true},
        "required_linear_history": flag("required_linear_history"), "allow_force_pushes": flag("allow_force_pushes"),
        "allow_deletions": flag("allow_deletions"), "block_creations": flag("block_creations"),
        "required_conversation_resolution": flag("required_conversation_resolution"),
        "lock_branch": flag("lock_branch"), "allow_fork_syncing": flag("allow_fork_syncing"),
        "required_signatures": {"url": format!("{url}/required_signatures"), "enabled": false},
    });
    if let Some(reviews) = set["required_pull_request_reviews"].as_object() {
        let on = |name: &str| reviews.get(name).and_then(Value::as_bool).unwrap_or_default();
        answer["required_pull_request_reviews"] = json!({
            "url": format!("{url}/required_pull_request_reviews"),
            "dismiss_stale_reviews": on("dismiss_stale_reviews"),
            "require_code_owner_reviews": on("require_code_owner_reviews"),
            "required_approving_review_count": reviews.get("required_approving_review_count").cloned().unwrap_or(json!(1)),
            "require_last_push_approval": on("require_last_push_approval"),
        });
    }
    answer
}

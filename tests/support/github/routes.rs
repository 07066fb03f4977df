//! Maps paths to routes.

use super::actions::approvals;
use super::actions::customisation;
use super::actions::dispatches;
use super::actions::environments;
use super::actions::hosts;
use super::actions::jobs;
use super::actions::logs;
use super::actions::runs;
use super::actions::secrets;
use super::actions::settings;
use super::answer::Fault;
use super::answer::Outcome;
use super::call::Call;
use super::git::commits;
use super::git::contents;
use super::git::database;
use super::git::references;
use super::git::rulesets;
use super::manifests;
use super::people;
use super::pulls::comments;
use super::pulls::events;
use super::pulls::merging;
use super::pulls::open;
use super::pulls::owners;
use super::pulls::requested;
use super::pulls::reviews;
use super::world::World;

/// Answers a call.
pub fn route(world: &mut World, call: &Call) -> Outcome {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["rate_limit"]) => people::rate_limit(world, call),
        ("GET", ["versions"]) => people::versions(),
        ("GET", ["user"]) => people::own(world, call),
        ("GET", ["user", id]) => people::by_id(world, id),
        ("GET", ["users", login]) => people::by_login(world, login),
        ("GET", ["users", login, "keys"]) => people::keys(world, login),
        ("GET", ["orgs", login]) => people::organisation(world, call, login),
        ("GET", ["orgs", login, "members"]) => people::members(world, call, login),
        ("GET", ["orgs", login, "members", member]) => people::member(world, call, login, member),
        ("GET", ["orgs", login, "teams"]) => people::teams(world, call, login),
        ("GET", ["orgs", login, "teams", slug, "members"]) => people::team_members(world, call, login, slug),
        ("GET", ["orgs", login, "actions", "oidc", "customization", "sub"]) => {
            customisation::of_organisation(world, call, login)
        }
        ("PUT", ["orgs", login, "actions", "oidc", "customization", "sub"]) => {
            customisation::set_of_organisation(world, call, login)
        }
        ("GET", ["orgs", login, "actions", "runner-groups"]) => hosts::groups(world, call, login),
        ("GET", ["orgs", login, "actions", "runner-groups", group, "runners"]) => {
            hosts::in_group(world, call, login, group)
        }
        ("GET", ["app"]) => people::app(world, call),
        ("POST", ["app-manifests", code, "conversions"]) => manifests::convert(world, code),
        ("POST", ["app", "installations", id, "access_tokens"]) => {
            people::installation_token(world, call, id)
        }
        // The target of a renamed repository's old address.
        (_, ["repositories", id, rest @ ..]) => {
            let id = id
                .parse()
                .ok()
                .filter(|id| world.repositories.contains_key(id))
                .ok_or_else(Fault::not_found)?;
            let name = world.full_name(id);
            let (owner, name) = name.split_once('/').unwrap_or_default();
            let id = world.visible(&call.caller, owner, name)?;
            in_repository(world, call, id, rest)
        }
        (_, ["repos", owner, name, rest @ ..]) => {
            let id = world.visible(&call.caller, owner, name).map_err(|fault| moved(fault, rest))?;
            in_repository(world, call, id, rest)
        }
        _ => Err(Fault::not_found()),
    }
}

fn moved(mut fault: Fault, rest: &[&str]) -> Fault {
    for (name, value) in &mut fault.headers {
        if *name == "location" && !rest.is_empty() {
            *value = format!("{value}/{}", rest.join("/"));
        }
    }
    fault
}

fn in_repository(world: &mut World, call: &Call, id: u64, rest: &[&str]) -> Outcome {
    match rest {
        ["git", rest @ ..] => in_git(world, call, id, rest),
        ["actions", rest @ ..] => in_actions(world, call, id, rest),
        ["environments", rest @ ..] => in_environments(world, call, id, rest),
        ["pulls", rest @ ..] => in_pulls(world, call, id, rest),
        _ => match (call.method.as_str(), rest) {
            ("GET", []) => people::repository(world, call, id),
            ("POST", ["forks"]) => people::fork(world, call, id),
            ("GET", ["collaborators"]) => people::collaborators(world, call, id),
            ("GET", ["teams"]) => people::teams_of_repository(world, call, id),
            ("GET", ["codeowners", "errors"]) => owners::errors(world, call, id),
            ("GET", ["keys"]) => people::deploy_keys(world, call, id),
            ("GET", ["installation"]) => people::installation(world, call, id),
            ("GET", ["collaborators", login, "permission"]) => people::permission(world, call, id, login),
            ("GET", ["contents", path @ ..]) => contents::get(world, call, id, &path.join("/")),
            ("PUT", ["contents", path @ ..]) => contents::put(world, call, id, &path.join("/")),
            ("DELETE", ["contents", path @ ..]) => contents::delete(world, call, id, &path.join("/")),
            ("GET", ["commits"]) => commits::list(world, call, id),
            ("GET", ["commits", name @ ..]) => commits::get(world, call, id, &name.join("/")),
            ("GET", ["compare", between @ ..]) => commits::compare(world, call, id, &between.join("/")),
            ("GET", ["branches"]) => commits::branches(world, call, id),
            ("GET", ["branches", name @ .., "protection"]) => {
                rulesets::protection(world, call, id, &name.join("/"))
            }
            ("PUT", ["branches", name @ .., "protection"]) => {
                rulesets::protect(world, call, id, &name.join("/"))
            }
            ("GET", ["branches", name @ ..]) => commits::branch(world, call, id, &name.join("/")),
            ("GET", ["rules", "branches", name @ ..]) => {
                rulesets::of_branch(world, call, id, &name.join("/"))
            }
            ("GET", ["rulesets"]) => rulesets::list(world, call, id),
            ("POST", ["rulesets"]) => rulesets::create(world, call, id),
            ("GET", ["rulesets", ruleset]) => rulesets::get(world, call, id, ruleset),
            ("PUT", ["rulesets", ruleset]) => rulesets::update(world, call, id, ruleset),
            ("DELETE", ["rulesets", ruleset]) => rulesets::delete(world, call, id, ruleset),
            ("GET", ["issues", number, "comments"]) => comments::list(world, call, id, number),
            ("POST", ["issues", number, "comments"]) => comments::create(world, call, id, number),
            ("PATCH", ["issues", "comments", comment]) => comments::edit(world, call, id, comment),
            ("DELETE", ["issues", "comments", comment]) => comments::delete(world, call, id, comment),
            ("GET", ["issues", number, "events"]) => events::list(world, call, id, number),
            _ => Err(Fault::not_found()),
        },
    }
}

fn in_git(world: &mut World, call: &Call, id: u64, rest: &[&str]) -> Outcome {
    // <https://github.com/github/rest-api-description/issues/637>: before the first commit, everything answers so.
    if world.repository(id).refs.is_empty() {
        return Err(Fault::new(409, "Git Repository is empty."));
    }
    match (call.method.as_str(), rest) {
        ("POST", ["blobs"]) => database::create_blob(world, call, id),
        ("GET", ["blobs", sha]) => database::blob(world, call, id, sha),
        ("POST", ["trees"]) => database::create_tree(world, call, id),
        ("GET", ["trees", name @ ..]) => database::tree(world, call, id, &name.join("/")),
        ("POST", ["commits"]) => database::create_commit(world, call, id),
        ("GET", ["commits", sha]) => database::commit(world, call, id, sha),
        ("GET", ["ref", name @ ..]) => references::get(world, call, id, &name.join("/")),
        ("GET", ["matching-refs", name @ ..]) => references::matching(world, call, id, &name.join("/")),
        ("POST", ["refs"]) => references::create(world, call, id),
        ("PATCH", ["refs", name @ ..]) => references::update(world, call, id, &name.join("/")),
        ("DELETE", ["refs", name @ ..]) => references::delete(world, call, id, &name.join("/")),
        _ => Err(Fault::not_found()),
    }
}

fn in_pulls(world: &mut World, call: &Call, id: u64, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => open::list(world, call, id),
        ("POST", []) => open::create(world, call, id),
        ("GET", [number]) => open::get(world, call, id, number),
        ("PATCH", [number]) => open::update(world, call, id, number),
        ("GET", [number, "files"]) => open::files(world, call, id, number),
        ("GET", [number, "commits"]) => open::commits(world, call, id, number),
        ("PUT", [number, "merge"]) => merging::merge(world, call, id, number),
        ("GET", [number, "requested_reviewers"]) => requested::list(world, call, id, number),
        ("POST", [number, "requested_reviewers"]) => requested::request(world, call, id, number),
        ("DELETE", [number, "requested_reviewers"]) => requested::withdraw(world, call, id, number),
        ("GET", [number, "reviews"]) => reviews::list(world, call, id, number),
        ("POST", [number, "reviews"]) => reviews::create(world, call, id, number),
        ("GET", [number, "reviews", review]) => reviews::get(world, call, id, number, review),
        ("POST", [number, "reviews", review, "events"]) => reviews::submit(world, call, id, number, review),
        ("PUT", [number, "reviews", review]) => reviews::edit(world, call, id, number, review),
        ("PUT", [number, "reviews", review, "dismissals"]) => {
            reviews::dismiss(world, call, id, number, review)
        }
        _ => Err(Fault::not_found()),
    }
}

fn in_environments(world: &mut World, call: &Call, id: u64, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => environments::list(world, call, id),
        ("GET", [name]) => environments::get(world, call, id, name),
        ("PUT", [name]) => environments::put(world, call, id, name),
        ("DELETE", [name]) => environments::delete(world, call, id, name),
        ("GET", [name, "deployment-branch-policies"]) => environments::policies(world, call, id, name),
        ("POST", [name, "deployment-branch-policies"]) => environments::add_policy(world, call, id, name),
        ("DELETE", [name, "deployment-branch-policies", policy]) => {
            environments::remove_policy(world, call, id, name, policy)
        }
        ("GET", [name, "secrets"]) => secrets::of_environment(world, call, id, name),
        ("GET", [name, "secrets", "public-key"]) => secrets::public_key(world, call, id, name),
        ("PUT", [name, "secrets", secret]) => secrets::put(world, call, id, name, secret),
        _ => Err(Fault::not_found()),
    }
}

fn in_actions(world: &mut World, call: &Call, id: u64, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", ["workflows"]) => dispatches::workflows(world, call, id),
        ("GET", ["workflows", workflow]) => dispatches::workflow(world, call, id, workflow),
        ("POST", ["workflows", workflow, "dispatches"]) => dispatches::dispatch(world, call, id, workflow),
        ("GET", ["workflows", workflow, "runs"]) => runs::list(world, call, id, Some(workflow)),
        ("GET", ["runs"]) => runs::list(world, call, id, None),
        ("GET", ["runs", run]) => runs::get(world, call, id, run),
        ("GET", ["runs", run, "attempts", attempt]) => runs::attempt(world, call, id, run, attempt),
        ("POST", ["runs", run, "rerun"]) => runs::rerun(world, call, id, run),
        ("POST", ["runs", run, "cancel"]) => runs::cancel(world, call, id, run),
        ("GET", ["runs", run, "jobs"]) => jobs::list(world, call, id, run),
        ("GET", ["jobs", job, "logs"]) => logs::get(world, call, id, job),
        ("GET", ["jobs", job]) => jobs::get(world, call, id, job),
        ("GET", ["runs", run, "approvals"]) => approvals::given(world, call, id, run),
        ("GET", ["runs", run, "pending_deployments"]) => approvals::pending(world, call, id, run),
        ("POST", ["runs", run, "pending_deployments"]) => approvals::review(world, call, id, run),
        ("DELETE", ["runs", run, "logs"]) => logs::delete(world, call, id, run),
        ("GET", ["organization-secrets"]) => secrets::of_organisation(world, call, id),
        ("GET", ["secrets"]) => secrets::of_repository(world, call, id),
        ("GET", ["runners"]) => hosts::of_repository(world, call, id),
        ("GET", ["oidc", "customization", "sub"]) => customisation::of_repository(world, call, id),
        ("PUT", ["oidc", "customization", "sub"]) => customisation::set_of_repository(world, call, id),
        ("GET", ["permissions"]) => settings::permissions(world, call, id),
        ("GET", ["permissions", "workflow"]) => settings::workflow_permissions(world, call, id),
        ("PUT", ["permissions", "workflow"]) => settings::set_workflow_permissions(world, call, id),
        _ => Err(Fault::not_found()),
    }
}

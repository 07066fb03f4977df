//! `pulls/{n}/merge`: how a change of policy gets onto the protected branch.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;

use super::Pull;
use super::events::Event;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::git::difference::changes;
use crate::support::github::git::objects::Commit;
use crate::support::github::git::objects::Files;
use crate::support::github::git::objects::Object;
use crate::support::github::git::rules::ACTIONS_APP;
use crate::support::github::git::rules::Step;
use crate::support::github::world::Team;
use crate::support::github::world::World;

/// `PUT pulls/{n}/merge`: by merge commit, squash or rebase (treated as a squash).
pub fn merge(world: &mut World, call: &Call, id: u64, number: &str) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Write, Role::Write)?;
    let actor = call.caller.somebody()?;
    let pull = world.pull(id, number)?.clone();
    if !pull.open || pull.draft {
        return Err(Fault::new(405, "Pull Request is not mergeable"));
    }
    if call.text("sha").is_some_and(|sha| sha != pull.head_sha) {
        return Err(Fault::new(409, "Head branch was modified. Review and try the merge again."));
    }
    enough_approvals(world, call, id, number)?;
    owners_approve(world, call, id, number)?;
    teams_approve(world, call, id, number)?;
    checks_succeed(world, call, id, number)?;
    let reference = format!("refs/heads/{}", pull.base_branch);
    let tip = world.resolve(id, &reference).ok_or_else(Fault::not_found)?;
    let files = merged_files(world, id, &tip, &pull.head_sha)?;
    let by_merge = call.text("merge_method").unwrap_or("merge") == "merge";
    let parents = if by_merge { vec![tip, pull.head_sha.clone()] } else { vec![tip] };
    let author = world.signature(actor);
    let message = format!("Merge pull request #{} from {}\n\n{}", pull.number, pull.head_branch, pull.title);
    let tree = world.store_mut(id).put_files(&files);
    let commit = Commit { tree, parents, author: author.clone(), committer: author, message };
    let sha = world.store_mut(id).put(Object::Commit(commit));
    world.hold_to_rules(&call.caller, id, &reference, Step::Merge, &sha).map_err(|mut fault| {
        fault.status = 405;
        fault
    })?;
    world.move_reference(&call.caller, id, &reference, Some(&sha));
    let (event, now) = (world.next_id(), world.now());
    let pull = world.pull_mut(id, number)?;
    pull.open = false;
    pull.closed_at = Some(now);
    pull.merged = Some((now, actor, sha.clone()));
    pull.events.push(Event::new(event, "merged", actor, now));
    Answer::ok(json!({"sha": sha, "merged": true, "message": "Pull Request successfully merged"}))
}

/// Counts each person's newest verdict, if they have write access, against the strictest rule.
fn enough_approvals(world: &World, call: &Call, id: u64, number: &str) -> Result<(), Fault> {
    let pull = world.pull(id, number)?;
    let rules = world.rules(id, &format!("refs/heads/{}", pull.base_branch));
    let by_rule = rules
        .iter()
        .filter(|(ruleset, rule)| {
            rule["type"] == "pull_request" && !world.bypasses(&call.caller, id, ruleset, true)
        })
        .filter_map(|(_, rule)| rule["parameters"]["required_approving_review_count"].as_u64());
    let protection = world.repository(id).protections.get(&pull.base_branch);
    let by_protection = protection
        .and_then(|set| set["required_pull_request_reviews"]["required_approving_review_count"].as_u64());
    let needed = by_rule.chain(by_protection).max().unwrap_or_default();
    let mut newest = BTreeMap::new();
    for review in pull.reviews.iter().filter(|review| !matches!(review.state, "COMMENTED" | "PENDING")) {
        if world.role(review.author, id) >= Role::Write {
            newest.insert(review.author, review.state);
        }
    }
    if needed > 0 && newest.values().any(|state| *state == "CHANGES_REQUESTED") {
        return Err(Fault::new(405, "Changes have been requested."));
    }
    let approvals = newest.values().filter(|state| **state == "APPROVED").count() as u64;
    if approvals < needed {
        return Err(Fault::new(
            405,
            format!("At least {needed} approving review is required by reviewers with write access."),
        ));
    }
    Ok(())
}

/// Requires the newest check of each demanded name on the head to have succeeded, and the head to contain the tip where
/// the rule is strict. Only jobs of workflows make checks here.
fn checks_succeed(world: &World, call: &Call, id: u64, number: &str) -> Result<(), Fault> {
    let pull = world.pull(id, number)?;
    let reference = format!("refs/heads/{}", pull.base_branch);
    for (ruleset, rule) in world.rules(id, &reference) {
        if rule["type"] != "required_status_checks" || world.bypasses(&call.caller, id, ruleset, true) {
            continue;
        }
        let parameters = &rule["parameters"];
        for check in parameters["required_status_checks"].as_array().into_iter().flatten() {
            let context = check["context"].as_str().unwrap_or_default();
            let by_actions = check["integration_id"].as_u64().is_none_or(|app| app == ACTIONS_APP);
            let runs =
                world.runs.values().filter(|run| run.repository == id && run.head_sha == pull.head_sha);
            let jobs = runs.flat_map(|run| &run.jobs).filter(|job| by_actions && job.name == context);
            let newest = jobs.max_by_key(|job| (job.created_at, job.id));
            let refused = match newest.map(|job| (job.status, job.conclusion)) {
                Some(("completed", Some("success" | "skipped" | "neutral"))) => continue,
                None => format!("Required status check \"{context}\" is expected."),
                Some(("completed", _)) => format!("Required status check \"{context}\" is failing."),
                Some(_) => format!("Required status check \"{context}\" is in progress."),
            };
            return Err(Fault::new(405, refused));
        }
        let tip = world.resolve(id, &reference);
        let parted = tip.as_deref().and_then(|tip| world.store(id).merge_base(tip, &pull.head_sha));
        if parameters["strict_required_status_checks_policy"] == true && parted != tip {
            return Err(Fault::new(
                405,
                "Head branch is out of date. Update the branch and try the merge again.",
            ));
        }
    }
    Ok(())
}

/// Requires the reviews of teams that a rule names for files (`required_reviewers`). A team counts with its own write access only.
fn teams_approve(world: &World, call: &Call, id: u64, number: &str) -> Result<(), Fault> {
    let pull = world.pull(id, number)?;
    let reference = format!("refs/heads/{}", pull.base_branch);
    let rules = world.rules(id, &reference);
    let demands: Vec<&Value> = rules
        .iter()
        .filter(|(ruleset, rule)| {
            rule["type"] == "pull_request" && !world.bypasses(&call.caller, id, ruleset, true)
        })
        .filter_map(|(_, rule)| rule["parameters"]["required_reviewers"].as_array())
        .flatten()
        .collect();
    let (changed, approvers) = (changed(world, id, &reference, pull), approvers(pull));
    let repository = world.repository(id);
    for demand in demands {
        let patterns: Vec<&str> =
            demand["file_patterns"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if !changed.iter().any(|path| patterns.iter().any(|pattern| fnmatch(pattern, path))) {
            continue;
        }
        let teams = &world.accounts[&repository.owner].teams;
        let team = teams.iter().find(|team| Some(team.id) == demand["reviewer"]["id"].as_u64());
        let writes = |team: &&Team| repository.teams.get(&team.id).is_some_and(|role| *role >= Role::Write);
        let members = team.filter(writes).map(|team| team.members.clone()).unwrap_or_default();
        let needed = demand["minimum_approvals"].as_u64().unwrap_or_default();
        if (approvers.intersection(&members).count() as u64) < needed {
            return Err(Fault::new(
                405,
                format!("At least {needed} approving review is required by a team."),
            ));
        }
    }
    Ok(())
}

/// Whether a path is named by a pattern of fnmatch as rulesets read it: `*` stops at a slash, `**/` is any folders.
fn fnmatch(pattern: &str, path: &str) -> bool {
    let escaped = regex::escape(pattern)
        .replace(r"\*\*/", "(?:[^/]+/)*")
        .replace(r"\*", "[^/]*")
        .replace(r"\?", "[^/]");
    regex::Regex::new(&format!("^{escaped}$")).is_ok_and(|pattern| pattern.is_match(path))
}

/// The files that a pull request changes, with their names before.
fn changed(world: &World, id: u64, reference: &str, pull: &Pull) -> Vec<String> {
    let Some(tip) = world.resolve(id, reference) else { return Vec::new() };
    let store = world.store(id);
    let parted = store.merge_base(&tip, &pull.head_sha);
    changes(store, parted.as_deref(), &pull.head_sha)
        .into_iter()
        .flat_map(|change| [Some(change.path), change.before].into_iter().flatten())
        .collect()
}

/// The accounts whose newest verdict is an approval.
fn approvers(pull: &Pull) -> BTreeSet<u64> {
    let mut newest = BTreeMap::new();
    for review in pull.reviews.iter().filter(|review| !matches!(review.state, "COMMENTED" | "PENDING")) {
        newest.insert(review.author, review.state);
    }
    newest.into_iter().filter(|(_, state)| *state == "APPROVED").map(|(who, _)| who).collect()
}

/// Requires the reviews of code owners for the changed files, if a rule demands them.
fn owners_approve(world: &World, call: &Call, id: u64, number: &str) -> Result<(), Fault> {
    let pull = world.pull(id, number)?;
    let reference = format!("refs/heads/{}", pull.base_branch);
    let rules = world.rules(id, &reference);
    let demanded = rules.iter().any(|(ruleset, rule)| {
        rule["type"] == "pull_request"
            && rule["parameters"]["require_code_owner_review"] == true
            && !world.bypasses(&call.caller, id, ruleset, true)
    });
    let Some(tip) = world.resolve(id, &reference).filter(|_| demanded) else { return Ok(()) };
    let (changed, approvers) = (changed(world, id, &reference, pull), approvers(pull));
    super::owners::approved(world, id, &tip, &changed, &approvers)
}

/// The files after merging `head` into `tip`.
///
/// # Errors
/// 405: both changed the same file.
pub fn merged_files(world: &World, id: u64, tip: &str, head: &str) -> Result<Files, Fault> {
    let store = world.store(id);
    let parted = store.merge_base(tip, head);
    let before = parted.as_deref().map(|base| store.files(base)).unwrap_or_default();
    let (mut files, theirs) = (store.files(tip), store.files(head));
    for change in changes(store, parted.as_deref(), head) {
        let paths = [Some(&change.path), change.before.as_ref()];
        if paths.into_iter().flatten().any(|path| files.get(path) != before.get(path)) {
            return Err(Fault::new(405, "Pull Request is not mergeable"));
        }
        if let Some(before) = &change.before {
            files.remove(before);
        }
        match theirs.get(&change.path) {
            Some(file) => files.insert(change.path.clone(), file.clone()),
            None => files.remove(&change.path),
        };
    }
    Ok(files)
}

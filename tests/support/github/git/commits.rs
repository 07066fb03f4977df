//! `commits`, `compare` and `branches`.

use serde_json::Value;
use serde_json::json;

use super::difference::changes;
use super::difference::documents;
use super::difference::url_path;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::shapes;
use crate::support::github::world::World;

/// A commit in lists. Author and committer are accounts guessed from email addresses, which anybody can write.
pub fn document(world: &World, id: u64, sha: &str) -> Value {
    let commit = world.store(id).commit(sha).unwrap();
    let html = |sha: &str| format!("{}/{}/commit/{sha}", world.origins.web, world.full_name(id));
    let url = |sha: &str| world.repository_url(id, &format!("commits/{sha}"));
    let account = |email: &str| {
        let by_address =
            email.strip_suffix("@users.noreply.github.com").and_then(|name| name.split_once('+'));
        by_address
            .and_then(|(id, _)| world.accounts.get(&id.parse().ok()?))
            .map(|found| world.simple_user(found.id))
    };
    let parents: Vec<Value> = commit
        .parents
        .iter()
        .map(|parent| json!({"sha": parent, "url": url(parent), "html_url": html(parent)}))
        .collect();
    json!({
        "sha": sha, "node_id": shapes::node("Commit", id), "url": url(sha), "html_url": html(sha),
        "comments_url": format!("{}/comments", url(sha)),
        "commit": {
            "url": world.repository_url(id, &format!("git/commits/{sha}")), "message": commit.message,
            "author": shapes::signature(&commit.author), "committer": shapes::signature(&commit.committer),
            "tree": {"sha": commit.tree, "url": world.repository_url(id, &format!("git/trees/{}", commit.tree))},
            "comment_count": 0, "verification": shapes::unverified(),
        },
        "author": account(&commit.author.email), "committer": account(&commit.committer.email), "parents": parents,
    })
}

/// `GET commits`
pub fn list(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Read, Role::Read)?;
    let start = call.query("sha").unwrap_or(&world.repository(id).default_branch);
    let start = world.resolve(id, start).ok_or_else(Fault::not_found)?;
    let store = world.store(id);
    let history = store.history(&start).into_iter().filter(|sha| {
        let Some(path) = call.query("path") else { return true };
        let parent = store.commit(sha).and_then(|commit| commit.parents.first());
        store.at(sha, path) != parent.and_then(|parent| store.at(parent, path))
    });
    Answer::list(history.map(|sha| document(world, id, &sha)).collect())
}

/// `GET commits/{ref}`
pub fn get(world: &World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Read, Role::Read)?;
    let missing = || Fault::unprocessable(format!("No commit found for SHA: {name}"));
    let sha = world.resolve(id, name).ok_or_else(missing)?;
    if call.accept.contains("vnd.github.sha") {
        return Ok(Answer::Bytes("application/vnd.github.sha; charset=utf-8", sha.into_bytes()));
    }
    let mut answer = document(world, id, &sha);
    let store = world.store(id);
    let parent = store.commit(&sha).and_then(|commit| commit.parents.first().cloned());
    answer["files"] = json!(documents(world, id, &changes(store, parent.as_deref(), &sha), &sha));
    Answer::ok(answer)
}

/// `GET compare/{base}...{head}`: three dots only. Lists the files that differ from the merge base.
pub fn compare(world: &World, call: &Call, id: u64, between: &str) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Read, Role::Read)?;
    let (base, head) = between.split_once("...").ok_or_else(Fault::not_found)?;
    // `OWNER:branch` names a fork's branch. Forks share objects.
    let name = |side: &str| {
        let (owner, branch) = side.rsplit_once(':').unwrap_or(("", side));
        let network = world.repository(id).network;
        let fork = world
            .repositories
            .values()
            .find(|other| other.network == network && world.login(other.owner).eq_ignore_ascii_case(owner));
        world.resolve(fork.map_or(id, |fork| fork.id), branch)
    };
    let base = name(base).ok_or_else(Fault::not_found)?;
    let head = name(head).ok_or_else(Fault::not_found)?;
    let store = world.store(id);
    let parted = store.merge_base(&base, &head);
    let missing = || Fault::new(404, "No common ancestor between the two commits.");
    let parted = parted.ok_or_else(missing)?;
    let (mut ahead, behind) = (store.between(&base, &head), store.between(&head, &base));
    ahead.reverse();
    let status = match (ahead.is_empty(), behind.is_empty()) {
        (true, true) => "identical",
        (false, true) => "ahead",
        (true, false) => "behind",
        (false, false) => "diverged",
    };
    let web = format!("{}/{}/compare/{}", world.origins.web, world.full_name(id), url_path(between));
    let commits: Vec<Value> = ahead.iter().map(|sha| document(world, id, sha)).collect();
    let mut files = documents(world, id, &changes(store, Some(&parted), &head), &head);
    // At most 300 files, and only on the first page.
    files.truncate(if call.page().0 == 1 { 300 } else { 0 });
    let whole = json!({
        "url": world.repository_url(id, &format!("compare/{}", url_path(between))),
        "html_url": web, "permalink_url": web, "diff_url": format!("{web}.diff"), "patch_url": format!("{web}.patch"),
        "base_commit": document(world, id, &base), "merge_base_commit": document(world, id, &parted),
        "status": status, "ahead_by": ahead.len(), "behind_by": behind.len(), "total_commits": ahead.len(),
        "commits": commits, "files": files,
    });
    Ok(Answer::Paged(whole, "commits"))
}

/// `GET branches`
pub fn branches(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Read, Role::Read)?;
    let refs = world.repository(id).refs.iter();
    let rows = refs.filter_map(|(reference, sha)| {
        let name = reference.strip_prefix("refs/heads/")?;
        let commit = json!({"sha": sha, "url": world.repository_url(id, &format!("commits/{sha}"))});
        let protected = is_protected(world, id, name);
        let wanted = call.query("protected").is_none_or(|wanted| wanted == protected.to_string());
        wanted.then(|| json!({"name": name, "commit": commit, "protected": protected}))
    });
    Answer::list(rows.collect())
}

fn is_protected(world: &World, id: u64, branch: &str) -> bool {
    world.repository(id).protections.contains_key(branch)
        || !world.rules(id, &format!("refs/heads/{branch}")).is_empty()
}

/// `GET branches/{branch}`
pub fn branch(world: &World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Read, Role::Read)?;
    let refs = &world.repository(id).refs;
    let sha = refs.get(&format!("refs/heads/{name}")).ok_or_else(|| Fault::new(404, "Branch not found"))?;
    let own = world.repository_url(id, &format!("branches/{}", url_path(name)));
    let html = format!("{}/{}/tree/{}", world.origins.web, world.full_name(id), url_path(name));
    Answer::ok(json!({
        "name": name, "commit": document(world, id, sha), "_links": {"self": own, "html": html},
        "protected": is_protected(world, id, name),
        "protection": {
            "enabled": world.repository(id).protections.contains_key(name),
            "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []},
        },
        "protection_url": format!("{own}/protection"),
    }))
}

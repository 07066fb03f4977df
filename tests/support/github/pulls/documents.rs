//! The form of pull requests in answers.

use serde_json::Value;
use serde_json::json;

use super::Pull;
use crate::support::github::git::difference::changes;
use crate::support::github::git::difference::documents;
use crate::support::github::shapes;
use crate::support::github::world::World;

/// The relation of an account to a repository, in GitHub's term.
pub fn association(world: &World, id: u64, account: u64) -> &'static str {
    let repository = world.repository(id);
    let owner = &world.accounts[&repository.owner];
    if owner.id == account {
        "OWNER"
    } else if owner.members.contains_key(&account) {
        "MEMBER"
    } else if repository.collaborators.contains_key(&account) {
        "COLLABORATOR"
    } else {
        "NONE"
    }
}

fn side(world: &World, repository: u64, branch: &str, sha: &str) -> Value {
    let owner = world.repository(repository).owner;
    json!({
        "label": format!("{}:{branch}", world.login(owner)), "ref": branch, "sha": sha,
        "user": world.simple_user(owner), "repo": world.repository_document(repository),
    })
}

/// A pull request in the form of lists.
pub fn simple(world: &World, id: u64, pull: &Pull) -> Value {
    let number = pull.number;
    let own = world.repository_url(id, &format!("pulls/{number}"));
    let issue = world.repository_url(id, &format!("issues/{number}"));
    let html = format!("{}/{}/pull/{number}", world.origins.web, world.full_name(id));
    let statuses = world.repository_url(id, &format!("statuses/{}", pull.head_sha));
    let comment = world.repository_url(id, "pulls/comments{/number}");
    let teams = world.accounts[&world.repository(id).owner].teams.iter();
    let teams = teams.filter(|team| pull.requested_teams.contains(&team.id));
    let link = |href: &str| json!({"href": href});
    json!({
        "url": own, "id": pull.id, "node_id": shapes::node("PullRequest", pull.id), "html_url": html,
        "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"), "issue_url": issue,
        "commits_url": format!("{own}/commits"), "review_comments_url": format!("{own}/comments"),
        "review_comment_url": comment, "comments_url": format!("{issue}/comments"), "statuses_url": statuses,
        "number": number, "state": if pull.open { "open" } else { "closed" }, "locked": false,
        "title": pull.title, "user": world.simple_user(pull.author), "body": pull.body, "labels": [],
        "milestone": null, "created_at": pull.created_at.to_string(), "updated_at": pull.updated_at.to_string(),
        "closed_at": pull.closed_at.map(|at| at.to_string()),
        "merged_at": pull.merged.as_ref().map(|(at, ..)| at.to_string()),
        "merge_commit_sha": pull.merged.as_ref().map(|(_, _, sha)| sha),
        "assignee": null, "assignees": [],
        "requested_reviewers": pull.requested.iter().map(|id| world.simple_user(*id)).collect::<Vec<_>>(),
        "requested_teams": teams.map(|team| world.team_document(world.repository(id).owner, team)).collect::<Vec<_>>(),
        "head": side(world, pull.head_repository, &pull.head_branch, &pull.head_sha),
        "base": side(world, id, &pull.base_branch, &pull.base_sha),
        "_links": {
            "self": link(&own), "html": link(&html), "issue": link(&issue), "comments": link(&format!("{issue}/comments")),
            "review_comments": link(&format!("{own}/comments")), "review_comment": link(&comment),
            "commits": link(&format!("{own}/commits")), "statuses": link(&statuses),
        },
        "author_association": association(world, id, pull.author), "auto_merge": null, "draft": pull.draft,
    })
}

/// A pull request in its full form.
pub fn full(world: &World, id: u64, pull: &Pull) -> Value {
    let mut answer = simple(world, id, pull);
    let files = files(world, id, pull);
    let count = |name: &str| files.iter().filter_map(|file| file[name].as_u64()).sum::<u64>();
    let commits = world.store(id).between(&pull.base_sha, &pull.head_sha).len();
    let more = json!({
        "merged": pull.merged.is_some(), "mergeable": pull.open.then_some(true), "rebaseable": pull.open.then_some(true),
        "mergeable_state": if pull.open { "clean" } else { "unknown" },
        "merged_by": pull.merged.as_ref().map(|(_, by, _)| world.simple_user(*by)),
        "comments": pull.comments.len(), "review_comments": 0, "maintainer_can_modify": false, "commits": commits,
        "additions": count("additions"), "deletions": count("deletions"), "changed_files": files.len(),
    });
    answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    answer
}

/// The files of a pull request: those that differ from the merge base.
pub fn files(world: &World, id: u64, pull: &Pull) -> Vec<Value> {
    let store = world.store(id);
    let parted = store.merge_base(&pull.base_sha, &pull.head_sha);
    documents(world, id, &changes(store, parted.as_deref(), &pull.head_sha), &pull.head_sha)
}

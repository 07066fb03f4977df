//! `pulls`: opening, finding, changing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Pull;
use super::documents;
use super::events::Event;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::git::commits;
use crate::support::github::plans::Plan;
use crate::support::github::world::World;

impl World {
    /// The pull request with a number from a path.
    ///
    /// # Errors
    /// 404.
    pub fn pull(&self, id: u64, number: &str) -> Result<&Pull, Fault> {
        let number: u64 = number.parse().map_err(|_| Fault::not_found())?;
        self.repository(id).pulls.get(&number).ok_or_else(Fault::not_found)
    }

    /// The pull request with a number from a path, to change it.
    ///
    /// # Errors
    /// 404.
    pub fn pull_mut(&mut self, id: u64, number: &str) -> Result<&mut Pull, Fault> {
        let number: u64 = number.parse().map_err(|_| Fault::not_found())?;
        self.repository_mut(id).pulls.get_mut(&number).ok_or_else(Fault::not_found)
    }
}

/// `POST pulls`: read access suffices, but the caller must be able to see a private head.
pub fn create(world: &mut World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "pull_requests", Level::Write, Role::Read)?;
    let author = call.caller.somebody()?;
    if call.caller.run().is_some() && !world.repository(id).actions_may_approve {
        return Err(Fault::new(403, "GitHub Actions is not permitted to create or approve pull requests."));
    }
    let (head, base) = (call.needed("head")?.to_owned(), call.needed("base")?.to_owned());
    let title = call.needed("title")?.to_owned();
    let own = world.login(world.repository(id).owner);
    let (owner, branch) = head.split_once(':').unwrap_or((&own, &head));
    let network = world.repository(id).network;
    let of_owner = world
        .repositories
        .values()
        .filter(|other| other.network == network && world.login(other.owner).eq_ignore_ascii_case(owner));
    // If the owner has several repositories of the network, the base itself is meant unless `head_repo` names another.
    let in_network = match call.text("head_repo") {
        Some(name) => of_owner.into_iter().find(|other| other.name.eq_ignore_ascii_case(name)),
        None => of_owner.into_iter().min_by_key(|other| (other.id != id, other.id)),
    };
    let invalid = |field: &str| Fault::invalid("PullRequest", field, "invalid", "");
    let head_repository = in_network.map(|found| found.id).ok_or_else(|| invalid("head"))?;
    let of = |repository: u64, branch: &str| {
        world.repository(repository).refs.get(&format!("refs/heads/{branch}")).cloned()
    };
    let head_sha = of(head_repository, branch).ok_or_else(|| invalid("head"))?;
    let base_sha = of(id, &base).ok_or_else(|| invalid("base"))?;
    if call.flag("draft") {
        let refused = "Draft pull requests are not supported in this repository.";
        world.paid_for(id, Plan::Team).map_err(|_| Fault::unprocessable(refused))?;
    }
    if world.store(id).between(&base_sha, &head_sha).is_empty() {
        let message = format!("No commits between {base} and {branch}");
        return Err(Fault::invalid("PullRequest", "", "custom", &message));
    }
    let twin = world.repository(id).pulls.values().any(|pull| {
        pull.open
            && pull.head_repository == head_repository
            && pull.head_branch == branch
            && pull.base_branch == base
    });
    if twin {
        let message = format!("A pull request already exists for {owner}:{branch}.");
        return Err(Fault::invalid("PullRequest", "", "custom", &message));
    }
    let (pull_id, now, head_branch) = (world.next_id(), world.now(), branch.to_owned());
    let body = call.text("body").map(str::to_owned);
    let repository = world.repository_mut(id);
    repository.last_number += 1;
    let number = repository.last_number;
    let pull = Pull {
        id: pull_id,
        number,
        title,
        body,
        author,
        open: true,
        draft: call.flag("draft"),
        head_repository,
        head_branch,
        head_sha,
        base_branch: base,
        base_sha,
        merged: None,
        requested: BTreeSet::new(),
        requested_teams: BTreeSet::new(),
        reviews: Vec::new(),
        comments: Vec::new(),
        events: Vec::new(),
        created_at: now,
        updated_at: now,
        closed_at: None,
    };
    repository.pulls.insert(number, pull);
    world.started_by_pull(&call.caller, id, number, "opened");
    Answer::created(documents::full(world, id, &world.repository(id).pulls[&number]))
}

/// `GET pulls`: by default the open ones, newest first.
pub fn list(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "pull_requests", Level::Read, Role::Read)?;
    let state = call.query("state").unwrap_or("open");
    let label = |pull: &Pull| {
        format!("{}:{}", world.login(world.repository(pull.head_repository).owner), pull.head_branch)
    };
    let wanted = |pull: &&Pull| {
        (state == "all" || (state == "open") == pull.open)
            && call.query("base").is_none_or(|base| base == pull.base_branch)
            && call.query("head").is_none_or(|head| head.eq_ignore_ascii_case(&label(pull)))
    };
    let mut found: Vec<&Pull> = world.repository(id).pulls.values().filter(wanted).collect();
    if call.query("sort") == Some("updated") {
        found.sort_by_key(|pull| (pull.updated_at, pull.number));
    }
    let ascending = call.query("direction").map(|direction| direction == "asc");
    if !ascending.unwrap_or(call.query("sort").is_some_and(|sort| sort != "created")) {
        found.reverse();
    }
    Answer::list(found.into_iter().map(|pull| documents::simple(world, id, pull)).collect())
}

/// `GET pulls/{n}`
pub fn get(world: &World, call: &Call, id: u64, number: &str) -> Outcome {
    world.require(&call.caller, id, "pull_requests", Level::Read, Role::Read)?;
    Answer::ok(documents::full(world, id, world.pull(id, number)?))
}

/// `PATCH pulls/{n}`: for its author, or somebody with write access.
pub fn update(world: &mut World, call: &Call, id: u64, number: &str) -> Outcome {
    world.require(&call.caller, id, "pull_requests", Level::Write, Role::Read)?;
    let actor = call.caller.somebody()?;
    if world.pull(id, number)?.author != actor {
        world.require(&call.caller, id, "pull_requests", Level::Write, Role::Triage)?;
    }
    let (now, event) = (world.now(), world.next_id());
    let head = {
        let pull = world.pull(id, number)?;
        world.repository(pull.head_repository).refs.get(&format!("refs/heads/{}", pull.head_branch)).cloned()
    };
    let before = world.pull(id, number)?.clone();
    let pull = world.pull_mut(id, number)?;
    if call.text("state") == Some("open") && !pull.open && (pull.merged.is_some() || head.is_none()) {
        let message = "state cannot be changed. The branch was deleted or merged.";
        return Err(Fault::invalid("PullRequest", "state", "invalid", message));
    }
    if let Some(title) = call.text("title") {
        pull.title = title.to_owned();
    }
    if let Some(body) = call.body.get("body").filter(|body| !body.is_null()) {
        pull.body = body.as_str().map(str::to_owned);
    }
    if let Some(base) = call.text("base") {
        pull.base_branch = base.to_owned();
    }
    if let Some(state) = call.text("state") {
        let open = state == "open";
        if open != pull.open {
            pull.events.push(Event::new(event, if open { "reopened" } else { "closed" }, actor, now));
            pull.open = open;
            pull.closed_at = (!open).then_some(now);
            pull.head_sha = head.unwrap_or_else(|| pull.head_sha.clone());
        }
    }
    pull.updated_at = now;
    let tip = pull.base_branch.clone();
    if let Some(sha) = world.resolve(id, &format!("refs/heads/{tip}")).filter(|_| call.text("base").is_some())
    {
        world.pull_mut(id, number)?.base_sha = sha;
    }
    let pull = world.pull(id, number)?;
    let words = |pull: &Pull| (pull.title.clone(), pull.body.clone(), pull.base_branch.clone());
    let (edited, reopened) = (words(pull) != words(&before), pull.open && !before.open);
    let own_number = pull.number;
    for (happened, action) in [(edited, "edited"), (reopened, "reopened")] {
        if happened {
            world.started_by_pull(&call.caller, id, own_number, action);
        }
    }
    Answer::ok(documents::full(world, id, world.pull(id, number)?))
}

/// `GET pulls/{n}/files`: at most 3000.
pub fn files(world: &World, call: &Call, id: u64, number: &str) -> Outcome {
    world.require(&call.caller, id, "pull_requests", Level::Read, Role::Read)?;
    let mut files = documents::files(world, id, world.pull(id, number)?);
    files.truncate(3_000);
    Answer::list(files)
}

/// `GET pulls/{n}/commits`: at most 250, oldest first.
pub fn commits(world: &World, call: &Call, id: u64, number: &str) -> Outcome {
    world.require(&call.caller, id, "pull_requests", Level::Read, Role::Read)?;
    let pull = world.pull(id, number)?;
    let mut between = world.store(id).between(&pull.base_sha, &pull.head_sha);
    between.reverse();
    between.truncate(250);
    let rows: Vec<Value> = between.iter().map(|sha| commits::document(world, id, sha)).collect();
    Answer::list(rows)
}

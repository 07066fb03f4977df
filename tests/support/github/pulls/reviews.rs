//! `pulls/{n}/reviews`: giving, reading, editing and dismissing them.
//!
//! Sources: <https://docs.github.com/rest/pulls/reviews>; "Dismissing a pull request review"; "Disabling or limiting GitHub
//! Actions for your organization" for approvals by `GITHUB_TOKEN`.

use serde_json::Value;
use serde_json::json;

use super::Pull;
use super::Review;
use super::documents::association;
use super::events::Event;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::shapes;
use crate::support::github::world::World;

fn document(world: &World, id: u64, pull: &Pull, review: &Review) -> Value {
    let number = pull.number;
    let html = format!(
        "{}/{}/pull/{number}#pullrequestreview-{}",
        world.origins.web,
        world.full_name(id),
        review.id
    );
    let own = world.repository_url(id, &format!("pulls/{number}"));
    let mut row = json!({
        "id": review.id, "node_id": shapes::node("PullRequestReview", review.id),
        "user": world.simple_user(review.author), "body": review.body, "state": review.state, "html_url": html,
        "pull_request_url": own, "author_association": association(world, id, review.author),
        "_links": {"html": {"href": html}, "pull_request": {"href": own}}, "commit_id": review.commit,
    });
    if let Some(at) = review.submitted_at {
        row["submitted_at"] = json!(at.to_string());
    }
    row
}

/// `GET pulls/{n}/reviews`: in order. Only its author can see a pending one.
pub fn list(world: &World, call: &Call, id: u64, number: &str) -> Outcome {
    world.require(&call.caller, id, "pull_requests", Level::Read, Role::Read)?;
    let pull = world.pull(id, number)?;
    let seen = |review: &&Review| review.state != "PENDING" || call.caller.account() == Some(review.author);
    let rows = pull.reviews.iter().filter(seen).map(|review| document(world, id, pull, review));
    Answer::list(rows.collect())
}

fn position(pull: &Pull, review: &str) -> Result<usize, Fault> {
    let review: u64 = review.parse().map_err(|_| Fault::not_found())?;
    pull.reviews.iter().position(|other| other.id == review).ok_or_else(Fault::not_found)
}

/// `GET pulls/{n}/reviews/{id}`
pub fn get(world: &World, call: &Call, id: u64, number: &str, review: &str) -> Outcome {
    world.require(&call.caller, id, "pull_requests", Level::Read, Role::Read)?;
    let pull = world.pull(id, number)?;
    Answer::ok(document(world, id, pull, &pull.reviews[position(pull, review)?]))
}

/// `POST pulls/{n}/reviews`: every reader may review, and authors cannot approve or reject their own.
pub fn create(world: &mut World, call: &Call, id: u64, number: &str) -> Outcome {
    world.require(&call.caller, id, "pull_requests", Level::Write, Role::Read)?;
    let author = call.caller.somebody()?;
    let body = call.text("body").unwrap_or_default().to_owned();
    let pull = world.pull(id, number)?;
    let own = pull.author == author;
    let state = match call.text("event") {
        None => "PENDING",
        Some("APPROVE") if own => {
            return Err(Fault::sentences(&["Review Can not approve your own pull request"]));
        }
        Some("REQUEST_CHANGES") if own => {
            return Err(Fault::sentences(&["Review Can not request changes on your own pull request"]));
        }
        Some("APPROVE") if call.caller.run().is_some() && !world.repository(id).actions_may_approve => {
            return Err(Fault::sentences(&[
                "GitHub Actions is not permitted to create or approve pull requests.",
            ]));
        }
        Some("APPROVE") => "APPROVED",
        Some("REQUEST_CHANGES" | "COMMENT") if body.is_empty() && call.body["comments"].is_null() => {
            return Err(Fault::sentences(&["Review body can't be blank"]));
        }
        Some("REQUEST_CHANGES") => "CHANGES_REQUESTED",
        Some("COMMENT") => "COMMENTED",
        Some(_) => {
            return Err(Fault::sentences(&[
                "Variable $event of type PullRequestReviewEvent was provided invalid value",
            ]));
        }
    };
    if pull.reviews.iter().any(|review| review.author == author && review.state == "PENDING") {
        return Err(Fault::sentences(&["User can only have one pending review per pull request"]));
    }
    let commit = call.text("commit_id").unwrap_or(&pull.head_sha).to_owned();
    // An older commit of the same pull request is accepted, which is why readers must compare it with the head.
    if world.store(id).commit(&commit).is_none() {
        return Err(Fault::sentences(&["The commit is not part of the pull request"]));
    }
    let (review_id, now) = (world.next_id(), world.now());
    let submitted_at = (state != "PENDING").then_some(now);
    let review = Review { id: review_id, author, body, state, commit, submitted_at, edited: None };
    let pull = world.pull_mut(id, number)?;
    pull.requested.remove(&author);
    pull.updated_at = now;
    pull.reviews.push(review.clone());
    Answer::ok(document(world, id, world.pull(id, number)?, &review))
}

/// `POST pulls/{n}/reviews/{id}/events`: submits a pending review. Its commit is the one that it was begun on.
pub fn submit(world: &mut World, call: &Call, id: u64, number: &str, review: &str) -> Outcome {
    world.require(&call.caller, id, "pull_requests", Level::Write, Role::Read)?;
    let (account, now) = (call.caller.somebody()?, world.now());
    let pull = world.pull(id, number)?;
    let place = position(pull, review)?;
    let own = pull.author == account;
    let state = match call.needed("event")? {
        "APPROVE" if !own => "APPROVED",
        "REQUEST_CHANGES" if !own => "CHANGES_REQUESTED",
        "COMMENT" => "COMMENTED",
        _ => return Err(Fault::sentences(&["Can not approve your own pull request"])),
    };
    let found = &mut world.pull_mut(id, number)?.reviews[place];
    if found.author != account || found.state != "PENDING" {
        return Err(Fault::sentences(&["Can not submit a review that is not pending and yours"]));
    }
    if let Some(body) = call.text("body") {
        found.body = body.to_owned();
    }
    (found.state, found.submitted_at) = (state, Some(now));
    let pull = world.pull(id, number)?;
    Answer::ok(document(world, id, pull, &pull.reviews[place]))
}

/// `PUT pulls/{n}/reviews/{id}`: its author may change its text at any time.
pub fn edit(world: &mut World, call: &Call, id: u64, number: &str, review: &str) -> Outcome {
    world.require(&call.caller, id, "pull_requests", Level::Write, Role::Read)?;
    let (account, body, now) = (call.caller.somebody()?, call.needed("body")?.to_owned(), world.now());
    let place = position(world.pull(id, number)?, review)?;
    let found = &mut world.pull_mut(id, number)?.reviews[place];
    if found.author != account {
        return Err(Fault::sentences(&["Can not update a review that is not yours"]));
    }
    (found.body, found.edited) = (body, Some((now, account)));
    let pull = world.pull(id, number)?;
    Answer::ok(document(world, id, pull, &pull.reviews[place]))
}

/// `PUT pulls/{n}/reviews/{id}/dismissals`: for writers, or only for those that a rule names.
pub fn dismiss(world: &mut World, call: &Call, id: u64, number: &str, review: &str) -> Outcome {
    world.require(&call.caller, id, "pull_requests", Level::Write, Role::Write)?;
    let (actor, message) = (call.caller.somebody()?, call.needed("message")?.to_owned());
    let base = world.pull(id, number)?.base_branch.clone();
    if !may_dismiss(world, call, id, &base, actor) {
        return Err(Fault::new(403, "You are not allowed to dismiss reviews on this branch."));
    }
    let place = position(world.pull(id, number)?, review)?;
    let (event, now) = (world.next_id(), world.now());
    let pull = world.pull_mut(id, number)?;
    let state = match pull.reviews[place].state {
        "APPROVED" => "approved",
        "CHANGES_REQUESTED" => "changes_requested",
        "DISMISSED" => return Err(Fault::sentences(&["Can not dismiss a dismissed pull request review"])),
        _ => return Err(Fault::sentences(&["Can not dismiss a commented pull request review"])),
    };
    pull.reviews[place].state = "DISMISSED";
    let dismissed = (pull.reviews[place].id, state, message);
    pull.events
        .push(Event { dismissed: Some(dismissed), ..Event::new(event, "review_dismissed", actor, now) });
    let pull = world.pull(id, number)?;
    Answer::ok(document(world, id, pull, &pull.reviews[place]))
}

impl World {
    /// Edits a review on the web, where writers may change the words of others ("Managing disruptive comments").
    ///
    /// # Panics
    /// The account cannot write, or there is no such review.
    pub fn edit_review(&mut self, id: u64, number: u64, review: u64, editor: u64, body: &str) {
        let now = self.now();
        let may = self.role(editor, id) >= Role::Write;
        let pull = self.repository_mut(id).pulls.get_mut(&number).unwrap();
        let found = pull.reviews.iter_mut().find(|other| other.id == review).unwrap();
        assert!(may || found.author == editor, "only writers edit the words of others");
        (found.body, found.edited) = (body.to_owned(), Some((now, editor)));
        pull.updated_at = now;
    }
}

fn may_dismiss(world: &World, call: &Call, id: u64, base: &str, actor: u64) -> bool {
    let rules = world.rules(id, &format!("refs/heads/{base}"));
    let teams = &world.accounts[&world.repository(id).owner].teams;
    let mut restrictions = rules
        .iter()
        .filter(|(_, rule)| rule["type"] == "pull_request")
        .map(|(_, rule)| &rule["parameters"]["dismissal_restriction"])
        .filter(|restriction| restriction["enabled"] == true);
    let by_rule = restrictions.all(|restriction| {
        let named = restriction["allowed_actors"].as_array();
        named.into_iter().flatten().any(|named| {
            let id_is = |id: u64| named["id"] == id;
            match named["type"].as_str().unwrap_or_default() {
                "User" => id_is(actor),
                "Team" => teams.iter().any(|team| id_is(team.id) && team.members.contains(&actor)),
                "RepositoryRole" if id_is(5) => world.role(actor, id) >= Role::Admin,
                "RepositoryRole" if id_is(2) => world.role(actor, id) >= Role::Maintain,
                "RepositoryRole" if id_is(4) => world.role(actor, id) >= Role::Write,
                _ => false,
            }
        })
    });
    let protection = world.repository(id).protections.get(base);
    let listed = protection
        .and_then(|set| set["required_pull_request_reviews"]["dismissal_restrictions"]["users"].as_array());
    let administers = world.caller_role(&call.caller, id) == Role::Admin && call.caller.run().is_none();
    let login = world.login(actor);
    by_rule && (administers || listed.is_none_or(|listed| listed.iter().any(|name| *name == login.as_str())))
}

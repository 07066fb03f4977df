//! Pull requests: their data, how they follow their branches, reviews, comments, merging.

pub mod comments;
pub mod documents;
pub mod events;
pub mod merging;
pub mod open;
pub mod owners;
pub mod requested;
pub mod reviews;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::access::Caller;
use super::world::World;

/// A pull request.
#[derive(Debug, Clone)]
pub struct Pull {
    /// Its id.
    pub id: u64,
    /// Its number.
    pub number: u64,
    /// The title.
    pub title: String,
    /// The description.
    pub body: Option<String>,
    /// The account that opened it.
    pub author: u64,
    /// Whether it is open.
    pub open: bool,
    /// Whether it is a draft.
    pub draft: bool,
    /// The head's repository, the same or a fork.
    pub head_repository: u64,
    /// The head's branch.
    pub head_branch: String,
    /// The head's newest commit. It stays when the branch is deleted.
    pub head_sha: String,
    /// The base's branch.
    pub base_branch: String,
    /// The base's commit at the last push to the head, and not the branch's newest.
    pub base_sha: String,
    /// When it was merged, by whom, and the resulting commit.
    pub merged: Option<(Timestamp, u64, String)>,
    /// People asked for a review.
    pub requested: BTreeSet<u64>,
    /// Teams asked for a review.
    pub requested_teams: BTreeSet<u64>,
    /// Reviews, in order.
    pub reviews: Vec<Review>,
    /// Comments, in order.
    pub comments: Vec<Comment>,
    /// Its events, as `issues/{n}/events` shows them.
    pub events: Vec<events::Event>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

/// A review.
#[derive(Debug, Clone)]
pub struct Review {
    /// Its id.
    pub id: u64,
    /// Its author.
    pub author: u64,
    /// Its text.
    pub body: String,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED` or `PENDING`.
    pub state: &'static str,
    /// The reviewed commit.
    pub commit: String,
    /// When it was submitted. `None` while pending.
    pub submitted_at: Option<Timestamp>,
    /// When its text was last edited, and by whom. The REST API does not say.
    pub edited: Option<(Timestamp, u64)>,
}

/// A comment of an issue or pull request.
#[derive(Debug, Clone)]
pub struct Comment {
    /// Its id.
    pub id: u64,
    /// Its author.
    pub author: u64,
    /// Its text.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
}

impl World {
    /// Updates pull requests from this branch: they get its new commits, or close with it. A push makes approvals stale
    /// if a rule says so.
    pub fn pulls_follow(
        &mut self,
        caller: &Caller,
        id: u64,
        reference: &str,
        old: Option<&str>,
        new: Option<&str>,
    ) {
        let Some(branch) = reference.strip_prefix("refs/heads/") else { return };
        let (now, actor) = (self.now(), caller.account().unwrap_or_default());
        let mut concerned = Vec::new();
        for repository in self.repositories.values() {
            for pull in repository.pulls.values() {
                if pull.open && pull.head_repository == id && pull.head_branch == branch {
                    concerned.push((repository.id, pull.number));
                }
            }
        }
        for (base, number) in concerned {
            let base_branch = self.repository(base).pulls[&number].base_branch.clone();
            let tip = self.resolve(base, &format!("refs/heads/{base_branch}"));
            let stale = self.dismisses_stale_reviews(base, &base_branch);
            let forced = match (old, new) {
                (Some(old), Some(new)) => !self.store(id).ancestors(new).contains(old),
                _ => false,
            };
            let event = self.next_id();
            let pull = self.repository_mut(base).pulls.get_mut(&number).unwrap();
            pull.updated_at = now;
            let Some(new) = new else {
                pull.open = false;
                pull.closed_at = Some(now);
                pull.events.push(events::Event::new(event, "closed", actor, now));
                continue;
            };
            pull.head_sha = new.to_owned();
            pull.base_sha = tip.unwrap_or_else(|| pull.base_sha.clone());
            if forced {
                pull.events.push(events::Event::new(event, "head_ref_force_pushed", actor, now));
            }
            if stale {
                for review in pull.reviews.iter_mut().filter(|review| review.state == "APPROVED") {
                    review.state = "DISMISSED";
                }
            }
            self.started_by_pull(caller, base, number, "synchronize");
        }
    }

    fn dismisses_stale_reviews(&self, id: u64, branch: &str) -> bool {
        let by_rule = self.rules(id, &format!("refs/heads/{branch}")).iter().any(|(_, rule)| {
            rule["type"] == "pull_request" && rule["parameters"]["dismiss_stale_reviews_on_push"] == true
        });
        let protection = self.repository(id).protections.get(branch);
        by_rule
            || protection
                .is_some_and(|set| set["required_pull_request_reviews"]["dismiss_stale_reviews"] == true)
    }
}

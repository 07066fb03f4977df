//! `pulls/{n}/requested_reviewers`.

use std::collections::BTreeSet;

use serde_json::json;

use super::documents;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::world::World;

/// `GET pulls/{n}/requested_reviewers`
pub fn list(world: &World, call: &Call, id: u64, number: &str) -> Outcome {
    world.require(&call.caller, id, "pull_requests", Level::Read, Role::Read)?;
    let simple = documents::simple(world, id, world.pull(id, number)?);
    Answer::ok(json!({"users": simple["requested_reviewers"], "teams": simple["requested_teams"]}))
}

/// People and teams in the body. Both need a role in the repository, and the author cannot be asked.
fn named(world: &World, call: &Call, id: u64, author: u64) -> Result<(BTreeSet<u64>, BTreeSet<u64>), Fault> {
    let refused = |who: &str| {
        Fault::unprocessable(format!(
            "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the {} repository. ({who})",
            world.full_name(id)
        ))
    };
    let mut people = BTreeSet::new();
    for login in call.texts("reviewers") {
        let account = world.account(&login).ok_or_else(|| refused(&login))?.id;
        if account == author {
            return Err(Fault::unprocessable("Review cannot be requested from pull request author."));
        }
        let direct = world.repository(id).collaborators.contains_key(&account);
        if !direct && world.role(account, id) < Role::Triage {
            return Err(refused(&login));
        }
        people.insert(account);
    }
    let mut teams = BTreeSet::new();
    for slug in call.texts("team_reviewers") {
        let owner = &world.accounts[&world.repository(id).owner];
        let team = owner.teams.iter().find(|team| team.slug == slug).ok_or_else(|| refused(&slug))?;
        if !world.repository(id).teams.contains_key(&team.id) {
            return Err(refused(&slug));
        }
        teams.insert(team.id);
    }
    Ok((people, teams))
}

/// `POST pulls/{n}/requested_reviewers`. The author may ask. Others need the triage role.
pub fn request(world: &mut World, call: &Call, id: u64, number: &str) -> Outcome {
    let author = world.pull(id, number)?.author;
    let role = if call.caller.account() == Some(author) { Role::Read } else { Role::Triage };
    world.require(&call.caller, id, "pull_requests", Level::Write, role)?;
    let (people, teams) = named(world, call, id, author)?;
    let pull = world.pull_mut(id, number)?;
    pull.requested.extend(people);
    pull.requested_teams.extend(teams);
    Answer::created(documents::simple(world, id, world.pull(id, number)?))
}

/// `DELETE pulls/{n}/requested_reviewers`
pub fn withdraw(world: &mut World, call: &Call, id: u64, number: &str) -> Outcome {
    world.require(&call.caller, id, "pull_requests", Level::Write, Role::Triage)?;
    let author = world.pull(id, number)?.author;
    let (people, teams) = named(world, call, id, author)?;
    let pull = world.pull_mut(id, number)?;
    pull.requested.retain(|account| !people.contains(account));
    pull.requested_teams.retain(|team| !teams.contains(team));
    Answer::ok(documents::simple(world, id, world.pull(id, number)?))
}

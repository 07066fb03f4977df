//! Lists and their pages, and the repository that a query names.

use serde_json::Value;

use super::Problem;
use super::nodes::Node;
use super::selecting::Arguments;
use crate::support::github::call::Call;
use crate::support::github::pulls::Pull;
use crate::support::github::world::World;

/// The repository with a name, if the caller may know of it. A former name is followed.
pub fn repository(world: &World, call: &Call, owner: &str, name: &str) -> Result<u64, Problem> {
    let found = world.visible(&call.caller, owner, name);
    let former = || world.renamed.get(&format!("{owner}/{name}").to_lowercase()).copied();
    match found {
        Ok(id) => Ok(id),
        Err(fault) if fault.status == 301 => former().ok_or_else(|| Problem::of(&fault)),
        Err(_) => {
            let message = format!("Could not resolve to a Repository with the name '{owner}/{name}'.");
            Err(Problem::new("NOT_FOUND", message))
        }
    }
}

/// The numbers of the pull requests that these arguments select, in their order.
pub fn pulls(world: &World, id: u64, given: &Arguments) -> Vec<u64> {
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let states: Option<Vec<&str>> = given
        .get("states")
        .and_then(Value::as_array)
        .map(|all| all.iter().filter_map(Value::as_str).collect());
    let state = |pull: &Pull| match (pull.open, &pull.merged) {
        (true, _) => "OPEN",
        (false, Some(_)) => "MERGED",
        (false, None) => "CLOSED",
    };
    // The branch's name alone counts, whichever repository has it.
    let wanted = |pull: &&Pull| {
        states.as_ref().is_none_or(|states| states.contains(&state(pull)))
            && text("headRefName").is_none_or(|branch| branch == pull.head_branch)
            && text("baseRefName").is_none_or(|branch| branch == pull.base_branch)
    };
    let mut found: Vec<&Pull> = world.repository(id).pulls.values().filter(wanted).collect();
    if let Some(order) = given.get("orderBy") {
        if order["field"] == "UPDATED_AT" {
            found.sort_by_key(|pull| (pull.updated_at, pull.number));
        }
        if order["direction"] == "DESC" {
            found.reverse();
        }
    }
    found.into_iter().map(|pull| pull.number).collect()
}

/// The pull requests from a branch of a repository, each with the repository that it is into.
pub fn of_head(world: &World, id: u64, branch: &str) -> Vec<(u64, u64)> {
    let all = world
        .repositories
        .values()
        .flat_map(|repository| repository.pulls.values().map(|pull| (repository.id, pull)));
    let own = all.filter(|(_, pull)| pull.head_repository == id && pull.head_branch == branch);
    own.map(|(base, pull)| (base, pull.number)).collect()
}

/// One page of a list whose items have cursors. A cursor names the item before the page.
///
/// # Errors
/// The cursor is not one of this list's.
pub fn page(kind: &'static str, items: Vec<(u64, Node)>, given: &Arguments) -> Result<Node, Problem> {
    let size = given.get("first").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
    let size = size.ok_or_else(|| Problem::invalid("this list is read forwards only"))?;
    let begin = match given.get("after").and_then(Value::as_str) {
        None => 0,
        Some(cursor) => {
            let place = items.iter().position(|(id, _)| format!("cursor:{id}") == cursor);
            let invalid = || {
                Problem::new(
                    "INVALID_CURSOR_ARGUMENTS",
                    format!("`{cursor}` does not appear to be a valid cursor."),
                )
            };
            place.ok_or_else(invalid)? + 1
        }
    };
    let more = items.len() > begin + size;
    let items: Vec<(u64, Node)> = items.into_iter().skip(begin).take(size).collect();
    let end = items.last().map(|(id, _)| format!("cursor:{id}"));
    Ok(Node::Page(kind, items.into_iter().map(|(_, node)| node).collect(), more, end))
}

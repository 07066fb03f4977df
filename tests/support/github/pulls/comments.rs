//! `issues/{n}/comments`.

use serde_json::Value;
use serde_json::json;

use super::Comment;
use super::documents::association;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::shapes;
use crate::support::github::world::World;

/// A comment on a pull request needs either permission.
const EITHER: [&str; 2] = ["issues", "pull_requests"];

fn document(world: &World, id: u64, number: u64, comment: &Comment) -> Value {
    let html =
        format!("{}/{}/pull/{number}#issuecomment-{}", world.origins.web, world.full_name(id), comment.id);
    json!({
        "id": comment.id, "node_id": shapes::node("IssueComment", comment.id), "html_url": html,
        "url": world.repository_url(id, &format!("issues/comments/{}", comment.id)),
        "issue_url": world.repository_url(id, &format!("issues/{number}")), "body": comment.body,
        "user": world.simple_user(comment.author), "author_association": association(world, id, comment.author),
        "created_at": comment.created_at.to_string(), "updated_at": comment.updated_at.to_string(),
    })
}

/// `GET issues/{n}/comments`: oldest first.
pub fn list(world: &World, call: &Call, id: u64, number: &str) -> Outcome {
    world.require_any(&call.caller, id, &EITHER, Level::Read, Role::Read)?;
    let pull = world.pull(id, number)?;
    let rows = pull.comments.iter().map(|comment| document(world, id, pull.number, comment));
    Answer::list(rows.collect())
}

/// `POST issues/{n}/comments`: at most 65536 characters.
pub fn create(world: &mut World, call: &Call, id: u64, number: &str) -> Outcome {
    world.require_any(&call.caller, id, &EITHER, Level::Write, Role::Read)?;
    let (author, body) = (call.caller.somebody()?, call.needed("body")?.to_owned());
    if body.is_empty() || body.chars().count() > 65_536 {
        return Err(Fault::invalid(
            "IssueComment",
            "body",
            "custom",
            "body is too long (maximum is 65536 characters)",
        ));
    }
    let (comment_id, now) = (world.next_id(), world.now());
    let comment = Comment { id: comment_id, author, body, created_at: now, updated_at: now };
    let pull = world.pull_mut(id, number)?;
    pull.comments.push(comment.clone());
    let number = pull.number;
    world.started_by_comment(&call.caller, id, number, comment_id);
    Answer::created(document(world, id, number, &comment))
}

fn find(world: &World, id: u64, comment: &str) -> Result<(u64, usize), Fault> {
    let comment: u64 = comment.parse().map_err(|_| Fault::not_found())?;
    let pulls = world.repository(id).pulls.values();
    let place = |pull: &super::Pull| pull.comments.iter().position(|other| other.id == comment);
    pulls.filter_map(|pull| Some((pull.number, place(pull)?))).next().ok_or_else(Fault::not_found)
}

/// Finds a comment, and checks that the caller is its author or has write access.
fn own(world: &World, call: &Call, id: u64, comment: &str) -> Result<(u64, usize), Fault> {
    let (number, place) = find(world, id, comment)?;
    let author = world.repository(id).pulls[&number].comments[place].author;
    let role = if call.caller.account() == Some(author) { Role::Read } else { Role::Write };
    world.require_any(&call.caller, id, &EITHER, Level::Write, role)?;
    Ok((number, place))
}

/// `PATCH issues/comments/{id}`
pub fn edit(world: &mut World, call: &Call, id: u64, comment: &str) -> Outcome {
    let (number, place) = own(world, call, id, comment)?;
    let (body, now) = (call.needed("body")?.to_owned(), world.now());
    let comment = &mut world.pull_mut(id, &number.to_string())?.comments[place];
    comment.body = body;
    comment.updated_at = now;
    let comment = comment.clone();
    Answer::ok(document(world, id, number, &comment))
}

/// `DELETE issues/comments/{id}`
pub fn delete(world: &mut World, call: &Call, id: u64, comment: &str) -> Outcome {
    let (number, place) = own(world, call, id, comment)?;
    world.pull_mut(id, &number.to_string())?.comments.remove(place);
    Answer::nothing()
}

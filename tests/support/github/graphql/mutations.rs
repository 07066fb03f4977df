//! `createCommitOnBranch`, `createRef` and `createPullRequest`.
//!
//! Source: <https://docs.github.com/graphql/reference/mutations>.

use serde_json::Value;
use serde_json::json;

use super::Problem;
use super::documents;
use super::nodes::Node;
use super::selecting::Arguments;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::call::Call;
use crate::support::github::faults::When;
use crate::support::github::git::database::decode;
use crate::support::github::git::database::is_path;
use crate::support::github::git::objects::Commit;
use crate::support::github::git::objects::Object;
use crate::support::github::git::references;
use crate::support::github::pulls::open;
use crate::support::github::shapes;
use crate::support::github::world::World;

/// Performs a mutation.
///
/// # Errors
/// There is none of this name, or GitHub refuses it.
pub fn perform(world: &mut World, call: &Call, name: &str, given: &Arguments) -> Result<Node, Problem> {
    let input = given.get("input").cloned().unwrap_or_default();
    let ordered = world.faults.take("MUTATION", name);
    if let Some((When::Before, fault)) = &ordered {
        return Err(Problem::of(fault));
    }
    let done = match name {
        "createCommitOnBranch" => commit(world, call, &input),
        "createRef" => branch(world, call, &input),
        "createPullRequest" => pull(world, call, &input),
        _ => Err(Problem::invalid(format!("Field '{name}' doesn't exist on type 'Mutation'"))),
    };
    ordered.map_or(done, |(_, fault)| Err(Problem::of(&fault)))
}

fn text<'a>(input: &'a Value, name: &str) -> Result<&'a str, Problem> {
    let missing = || {
        Problem::invalid(format!(
            "A variable was provided invalid value for {name} (Expected value to not be null)"
        ))
    };
    input[name].as_str().ok_or_else(missing)
}

/// The repository with an id of the graph, if the caller may know of it.
fn repository(world: &World, call: &Call, input: &Value) -> Result<u64, Problem> {
    let wanted = text(input, "repositoryId")?;
    let found = world.repositories.keys().copied().find(|id| shapes::node("Repository", *id) == wanted);
    let missing =
        || Problem::new("NOT_FOUND", format!("Could not resolve to a node with the global id of '{wanted}'"));
    let id = found.ok_or_else(missing)?;
    let (owner, name) = (world.login(world.repository(id).owner), world.repository(id).name.clone());
    documents::repository(world, call, &owner, &name)
}

/// The same call with the body that the REST API takes.
fn with_body(call: &Call, body: Value) -> Call {
    Call { body, ..call.clone() }
}

fn branch(world: &mut World, call: &Call, input: &Value) -> Result<Node, Problem> {
    let id = repository(world, call, input)?;
    let name = text(input, "name")?.to_owned();
    if world.repository(id).refs.contains_key(&name) {
        let message = format!("A ref named \"{name}\" already exists in the repository.");
        return Err(Problem::new("UNPROCESSABLE", message));
    }
    let body = json!({"ref": name, "sha": text(input, "oid")?});
    references::create(world, &with_body(call, body), id).map_err(|fault| Problem::of(&fault))?;
    Ok(Node::Payload("CreateRefPayload", vec![("ref", Node::Reference(id, name))]))
}

fn pull(world: &mut World, call: &Call, input: &Value) -> Result<Node, Problem> {
    let id = repository(world, call, input)?;
    let body = json!({
        "head": text(input, "headRefName")?, "base": text(input, "baseRefName")?, "title": text(input, "title")?,
        "body": input["body"], "draft": input["draft"] == true,
    });
    open::create(world, &with_body(call, body), id).map_err(|fault| Problem::of(&fault))?;
    let number = world.repository(id).last_number;
    Ok(Node::Payload("CreatePullRequestPayload", vec![("pullRequest", Node::Pull(id, number))]))
}

fn commit(world: &mut World, call: &Call, input: &Value) -> Result<Node, Problem> {
    let (branch, changes) = (&input["branch"], &input["fileChanges"]);
    let name = text(branch, "repositoryNameWithOwner")?;
    let (owner, name) = name.split_once('/').unwrap_or_default();
    let id = documents::repository(world, call, owner, name)?;
    world
        .require(&call.caller, id, "contents", Level::Write, Role::Write)
        .map_err(|fault| Problem::of(&fault))?;
    let branch = text(branch, "branchName")?;
    let reference = format!("refs/heads/{}", branch.trim_start_matches("refs/heads/"));
    let missing = || Problem::new("NOT_FOUND", format!("Branch {branch} was not found"));
    let head = world.repository(id).refs.get(&reference).cloned().ok_or_else(missing)?;
    let expected = text(input, "expectedHeadOid")?;
    if head != expected {
        let message =
            format!("Expected branch to point to \"{expected}\" but it did not.  Pull and try again.");
        return Err(Problem::new("STALE_DATA", message));
    }
    let headline = text(&input["message"], "headline")?;
    let message = match input["message"]["body"].as_str() {
        Some(body) if !body.is_empty() => format!("{headline}\n\n{body}"),
        _ => headline.to_owned(),
    };
    let mut files = world.store(id).files(&head);
    for deletion in changes["deletions"].as_array().into_iter().flatten() {
        let path = text(deletion, "path")?;
        let gone = || Problem::new("UNPROCESSABLE", format!("{path} does not exist"));
        files.remove(path).ok_or_else(gone)?;
    }
    for addition in changes["additions"].as_array().into_iter().flatten() {
        let path = text(addition, "path")?;
        let unfit = |what: &str| Problem::new("UNPROCESSABLE", format!("A path or its contents is {what}"));
        if !is_path(path) {
            return Err(unfit("malformed"));
        }
        let bytes = decode(text(addition, "contents")?).ok_or_else(|| unfit("not valid Base64"))?;
        let blob = world.store_mut(id).put(Object::Blob(bytes));
        files.insert(path.to_owned(), ("100644".to_owned(), blob));
    }
    let author = world.signature(call.caller.account().unwrap_or_default());
    let tree = world.store_mut(id).put_files(&files);
    let made = Commit { tree, parents: vec![head], author: author.clone(), committer: author, message };
    let made = world.store_mut(id).put(Object::Commit(made));
    world.push(&call.caller, id, &reference, Some(&made), false).map_err(|fault| Problem::of(&fault))?;
    Ok(Node::Payload("CreateCommitOnBranchPayload", vec![("commit", Node::Commit(id, made))]))
}

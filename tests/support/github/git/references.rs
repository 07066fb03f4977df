//! `git/ref`, `git/refs` and `git/matching-refs`.

use serde_json::Value;
use serde_json::json;

use super::difference::url_path;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::shapes;
use crate::support::github::world::World;

fn document(world: &World, id: u64, reference: &str) -> Value {
    let sha = &world.repository(id).refs[reference];
    json!({
        "ref": reference, "node_id": shapes::node("Ref", id),
        "url": world.repository_url(id, &format!("git/{}", url_path(reference))),
        "object": {"type": "commit", "sha": sha, "url": world.repository_url(id, &format!("git/commits/{sha}"))},
    })
}

/// Whether `git check-ref-format` accepts the name, and this API may write it.
fn is_name(reference: &str) -> bool {
    let parts: Vec<&str> = reference.split('/').collect();
    parts.len() >= 3
        && parts[0] == "refs"
        && parts.iter().all(|part| {
            !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock") && !part.ends_with('.')
        })
        && !reference.contains("..")
        && !reference.contains("@{")
        && !reference.chars().any(|c| c.is_ascii_control() || " ~^:?*[\\".contains(c))
}

/// `GET git/ref/{ref}`
pub fn get(world: &World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Read, Role::Read)?;
    let reference = format!("refs/{name}");
    if !world.repository(id).refs.contains_key(&reference) {
        return Err(Fault::not_found());
    }
    Answer::ok(document(world, id, &reference))
}

/// `GET git/matching-refs/{ref}`: every reference with this prefix, whole segments or not.
pub fn matching(world: &World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Read, Role::Read)?;
    let start = format!("refs/{name}");
    let refs = world.repository(id).refs.keys();
    let found =
        refs.filter(|reference| reference.starts_with(&start)).map(|found| document(world, id, found));
    Answer::list(found.collect())
}

/// `POST git/refs`
pub fn create(world: &mut World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Write, Role::Write)?;
    let (reference, sha) = (call.needed("ref")?.to_owned(), call.needed("sha")?.to_owned());
    if !is_name(&reference) {
        return Err(Fault::unprocessable("Reference name is not valid"));
    }
    let refs = &world.repository(id).refs;
    if refs.contains_key(&reference) {
        return Err(Fault::unprocessable("Reference already exists"));
    }
    let folder = format!("{reference}/");
    if refs.keys().any(|other| other.starts_with(&folder) || reference.starts_with(&format!("{other}/"))) {
        return Err(Fault::unprocessable("Reference name is in conflict with an existing reference"));
    }
    writable(&reference)?;
    if world.store(id).commit(&sha).is_none() {
        return Err(Fault::unprocessable("Object does not exist"));
    }
    world.push(&call.caller, id, &reference, Some(&sha), false)?;
    Answer::created(document(world, id, &reference))
}

fn writable(reference: &str) -> Result<(), Fault> {
    if reference.starts_with("refs/pull/") {
        return Err(Fault::unprocessable("refs/pull/* is read-only"));
    }
    Ok(())
}

/// `PATCH git/refs/{ref}`
pub fn update(world: &mut World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Write, Role::Write)?;
    let (reference, sha) = (format!("refs/{name}"), call.needed("sha")?.to_owned());
    if !world.repository(id).refs.contains_key(&reference) {
        return Err(Fault::unprocessable("Reference does not exist"));
    }
    writable(&reference)?;
    if world.store(id).commit(&sha).is_none() {
        return Err(Fault::unprocessable("Object does not exist"));
    }
    world.push(&call.caller, id, &reference, Some(&sha), call.flag("force"))?;
    Answer::ok(document(world, id, &reference))
}

/// `DELETE git/refs/{ref}`
pub fn delete(world: &mut World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Write, Role::Write)?;
    let reference = format!("refs/{name}");
    let repository = world.repository(id);
    if !repository.refs.contains_key(&reference) {
        return Err(Fault::unprocessable("Reference does not exist"));
    }
    if reference == format!("refs/heads/{}", repository.default_branch) {
        return Err(Fault::unprocessable("Cannot delete the default branch"));
    }
    writable(&reference)?;
    world.push(&call.caller, id, &reference, None, true)?;
    Answer::nothing()
}

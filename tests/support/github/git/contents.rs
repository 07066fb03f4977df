//! `contents/{path}`: files and folders by path, and commits of one file.

use serde_json::Value;
use serde_json::json;

use super::database::commit_document;
use super::database::decode;
use super::database::encode;
use super::database::is_path;
use super::difference::url_path;
use super::objects::Commit;
use super::objects::FOLDER;
use super::objects::Object;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::world::World;

/// `GET contents/{path}`
pub fn get(world: &World, call: &Call, id: u64, path: &str) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Read, Role::Read)?;
    let reference = call.query("ref").unwrap_or(&world.repository(id).default_branch);
    let missing = || Fault::new(404, format!("No commit found for the ref {reference}"));
    let commit = world.resolve(id, reference).ok_or_else(missing)?;
    let store = world.store(id);
    let (mode, sha) = store.at(&commit, path).ok_or_else(Fault::not_found)?;
    if mode != FOLDER {
        if call.accept.contains("raw") {
            let bytes = store.blob(&sha).unwrap_or_default().to_vec();
            return Ok(Answer::Bytes("application/vnd.github.raw+json; charset=utf-8", bytes));
        }
        return Answer::ok(document(world, id, path, &mode, &sha, reference, true));
    }
    let prefix = if path.is_empty() { String::new() } else { format!("{}/", path.trim_matches('/')) };
    let entries = store.tree(&sha).unwrap_or_default();
    let rows = entries.iter().map(|entry| {
        document(world, id, &format!("{prefix}{}", entry.name), &entry.mode, &entry.sha, reference, false)
    });
    Answer::ok(rows.collect())
}

fn document(
    world: &World,
    id: u64,
    path: &str,
    mode: &str,
    sha: &str,
    reference: &str,
    whole: bool,
) -> Value {
    let bytes = world.store(id).blob(sha).unwrap_or_default();
    let (kind, git) = match mode {
        FOLDER => ("dir", "trees"),
        "120000" => ("symlink", "blobs"),
        "160000" => ("submodule", "trees"),
        _ => ("file", "blobs"),
    };
    let encoded = url_path(path);
    let own = world.repository_url(id, &format!("contents/{encoded}?ref={}", url_path(reference)));
    let git = world.repository_url(id, &format!("git/{git}/{sha}"));
    let place = if kind == "dir" { "tree" } else { "blob" };
    let html = format!("{}/{}/{place}/{reference}/{encoded}", world.origins.web, world.full_name(id));
    let download = (kind == "file")
        .then(|| format!("{}/{}/raw/{reference}/{encoded}", world.origins.web, world.full_name(id)));
    let mut row = json!({
        "type": kind, "name": path.rsplit('/').next(), "path": path, "sha": sha,
        "size": if kind == "dir" { 0 } else { bytes.len() },
        "url": own, "git_url": git, "html_url": html, "download_url": download,
        "_links": {"self": own, "git": git, "html": html},
    });
    if whole && kind == "symlink" {
        row["target"] = json!(String::from_utf8_lossy(bytes));
    } else if whole {
        // Above a megabyte the API gives no content: <https://docs.github.com/rest/repos/contents>.
        let small = bytes.len() <= 1024 * 1024;
        row["encoding"] = json!(if small { "base64" } else { "none" });
        row["content"] = json!(if small { encode(bytes) } else { String::new() });
    }
    row
}

/// `PUT contents/{path}`
pub fn put(world: &mut World, call: &Call, id: u64, path: &str) -> Outcome {
    let bytes =
        decode(call.needed("content")?).ok_or_else(|| Fault::unprocessable("content is not valid Base64"))?;
    change(world, call, id, path, Some(bytes))
}

/// `DELETE contents/{path}`
pub fn delete(world: &mut World, call: &Call, id: u64, path: &str) -> Outcome {
    change(world, call, id, path, None)
}

fn change(world: &mut World, call: &Call, id: u64, path: &str, bytes: Option<Vec<u8>>) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Write, Role::Write)?;
    let message = call.needed("message")?.to_owned();
    if !is_path(path) {
        return Err(Fault::unprocessable("path contains a malformed path component"));
    }
    let branch = call.text("branch").unwrap_or(&world.repository(id).default_branch).to_owned();
    let reference = format!("refs/heads/{branch}");
    let head = world.repository(id).refs.get(&reference).cloned();
    // In an empty repository this makes the first commit, which the git database refuses.
    let is_first = world.repository(id).refs.is_empty() && branch == world.repository(id).default_branch;
    if head.is_none() && !is_first {
        return Err(Fault::new(404, format!("Branch {branch} not found")));
    }
    let mut files = head.as_ref().map(|head| world.store(id).files(head)).unwrap_or_default();
    let (existing, given) = (files.get(path).map(|(_, sha)| sha.clone()), call.text("sha"));
    match (&existing, given) {
        (Some(_), None) => return Err(Fault::unprocessable("Invalid request.\n\n\"sha\" wasn't supplied.")),
        (Some(sha), Some(given)) if sha != given => {
            return Err(Fault::new(409, format!("{path} does not match {given}")));
        }
        (None, Some(_)) | (None, None) if bytes.is_none() => return Err(Fault::not_found()),
        _ => {}
    }
    let made = bytes.is_some() && existing.is_none();
    match bytes {
        Some(bytes) => {
            let sha = world.store_mut(id).put(Object::Blob(bytes));
            files.insert(path.to_owned(), ("100644".to_owned(), sha));
        }
        None => {
            files.remove(path);
        }
    }
    let author = world.signature(call.caller.somebody()?);
    let tree = world.store_mut(id).put_files(&files);
    let commit = Commit {
        tree,
        parents: head.into_iter().collect(),
        author: author.clone(),
        committer: author,
        message,
    };
    let sha = world.store_mut(id).put(Object::Commit(commit));
    // This endpoint returns 409 where others return 422.
    world.push(&call.caller, id, &reference, Some(&sha), false).map_err(|mut fault| {
        if fault.status == 422 {
            fault.status = 409;
            fault.body["status"] = json!("409");
        }
        fault
    })?;
    let content = files
        .get(path)
        .map_or(Value::Null, |(mode, blob)| document(world, id, path, mode, blob, &branch, false));
    let answer = json!({"content": content, "commit": commit_document(world, id, &sha)});
    Ok(Answer::Json(if made { 201 } else { 200 }, answer))
}

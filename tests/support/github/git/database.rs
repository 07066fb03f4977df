//! `git/blobs`, `git/trees` and `git/commits`.

use data_encoding::BASE64;
use serde_json::Value;
use serde_json::json;

use super::objects::Commit;
use super::objects::Entry;
use super::objects::FOLDER;
use super::objects::Files;
use super::objects::Object;
use super::objects::Signature;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::shapes;
use crate::support::github::world::World;

/// `POST git/blobs`
pub fn create_blob(world: &mut World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Write, Role::Write)?;
    let content = call.needed("content")?;
    let bytes = if call.text("encoding") == Some("base64") {
        decode(content).ok_or_else(|| Fault::unprocessable("content is not valid Base64"))?
    } else {
        content.as_bytes().to_vec()
    };
    let sha = world.store_mut(id).put(Object::Blob(bytes));
    Answer::created(json!({"url": world.repository_url(id, &format!("git/blobs/{sha}")), "sha": sha}))
}

/// Base64 as GitHub accepts it: with line breaks.
pub fn decode(content: &str) -> Option<Vec<u8>> {
    BASE64.decode(content.replace(['\n', '\r'], "").as_bytes()).ok()
}

/// Base64 as GitHub returns it: in lines of sixty.
pub fn encode(bytes: &[u8]) -> String {
    let text = BASE64.encode(bytes);
    let lines: Vec<&str> =
        text.as_bytes().chunks(60).map(|line| std::str::from_utf8(line).unwrap()).collect();
    if lines.is_empty() { String::new() } else { lines.join("\n") + "\n" }
}

/// `GET git/blobs/{sha}`
pub fn blob(world: &World, call: &Call, id: u64, sha: &str) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Read, Role::Read)?;
    let bytes = world.store(id).blob(sha).ok_or_else(Fault::not_found)?;
    if call.accept.contains("raw") {
        return Ok(Answer::Bytes("application/vnd.github.raw+json; charset=utf-8", bytes.to_vec()));
    }
    Answer::ok(json!({
        "sha": sha, "node_id": shapes::node("Blob", id), "size": bytes.len(), "encoding": "base64",
        "url": world.repository_url(id, &format!("git/blobs/{sha}")), "content": encode(bytes),
    }))
}

/// Whether git accepts this as a path: no empty, dotted or `.git` part.
pub fn is_path(path: &str) -> bool {
    !path.is_empty()
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != ".." && !part.eq_ignore_ascii_case(".git"))
        && !path.contains('\0')
}

/// `POST git/trees`
pub fn create_tree(world: &mut World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Write, Role::Write)?;
    let entries = call.body["tree"].as_array().ok_or_else(|| Fault::unprocessable("Invalid tree info"))?;
    let store = world.store_mut(id);
    let mut files = match call.text("base_tree") {
        Some(base) if store.tree(base).is_some() => store.files(base),
        Some(_) => return Err(Fault::unprocessable("base_tree is not a valid tree oid")),
        None => Files::new(),
    };
    for entry in entries {
        let path = entry["path"].as_str().unwrap_or_default();
        if !is_path(path) {
            return Err(Fault::unprocessable("tree.path contains a malformed path component"));
        }
        let mode = entry["mode"].as_str().unwrap_or_default();
        let remove = format!("{path}/");
        files.retain(|other, _| other != path && !other.starts_with(&remove));
        let sha = match (entry.get("sha"), entry["content"].as_str()) {
            (Some(Value::String(_)), Some(_)) => {
                return Err(Fault::unprocessable("Must supply either tree.sha or tree.content"));
            }
            (Some(Value::String(sha)), None) => sha.clone(),
            (Some(Value::Null), None) => continue,
            (_, Some(content)) => store.put(Object::Blob(content.as_bytes().to_vec())),
            _ => return Err(Fault::unprocessable("Must supply tree.sha or tree.content")),
        };
        match (mode, store.get(&sha)) {
            ("100644" | "100755" | "120000", Some(Object::Blob(_))) | ("160000", _) => {
                files.insert(path.to_owned(), (mode.to_owned(), sha));
            }
            (FOLDER, Some(Object::Tree(_))) => {
                for (inside, file) in store.files(&sha) {
                    files.insert(format!("{path}/{inside}"), file);
                }
            }
            ("100644" | "100755" | "120000" | FOLDER, _) => {
                return Err(Fault::unprocessable(format!("tree.sha {sha} is not a valid blob")));
            }
            _ => return Err(Fault::unprocessable("tree.mode must be one of the listed modes")),
        }
    }
    let sha = store.put_files(&files);
    Answer::created(tree_document(world, id, &sha, false))
}

/// `GET git/trees/{sha}`
pub fn tree(world: &World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Read, Role::Read)?;
    let sha = world.resolve(id, name).unwrap_or_else(|| name.to_owned());
    world.store(id).tree(&sha).ok_or_else(Fault::not_found)?;
    // Any value means recursive, even `0` and `false`.
    Answer::ok(tree_document(world, id, &sha, call.query("recursive").is_some()))
}

fn tree_document(world: &World, id: u64, sha: &str, recursive: bool) -> Value {
    let store = world.store(id);
    let root = store.commit(sha).map_or_else(|| sha.to_owned(), |commit| commit.tree.clone());
    let mut rows = Vec::new();
    let mut open: Vec<(String, Entry)> = store
        .tree(&root)
        .unwrap_or_default()
        .iter()
        .rev()
        .map(|entry| (entry.name.clone(), entry.clone()))
        .collect();
    while let Some((path, entry)) = open.pop() {
        let kind = match entry.mode.as_str() {
            FOLDER => "tree",
            "160000" => "commit",
            _ => "blob",
        };
        let mut row = json!({"path": path, "mode": entry.mode, "type": kind, "sha": entry.sha});
        if kind != "commit" {
            row["url"] = json!(world.repository_url(id, &format!("git/{kind}s/{}", entry.sha)));
        }
        if let Some(bytes) = store.blob(&entry.sha) {
            row["size"] = json!(bytes.len());
        }
        rows.push(row);
        if recursive && kind == "tree" {
            for inside in store.tree(&entry.sha).unwrap_or_default().iter().rev() {
                open.push((format!("{path}/{}", inside.name), inside.clone()));
            }
        }
    }
    json!({
        "sha": root, "url": world.repository_url(id, &format!("git/trees/{root}")), "tree": rows, "truncated": false,
    })
}

/// `POST git/commits`
pub fn create_commit(world: &mut World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Write, Role::Write)?;
    let (message, tree) = (call.needed("message")?.to_owned(), call.needed("tree")?.to_owned());
    let parents = call.texts("parents");
    let store = world.store(id);
    if !matches!(store.get(&tree), Some(Object::Tree(_))) {
        return Err(Fault::unprocessable("Tree SHA does not exist"));
    }
    if parents.iter().any(|parent| store.commit(parent).is_none()) {
        return Err(Fault::unprocessable("Parent SHA does not exist or is not a commit object"));
    }
    let own = world.signature(call.caller.somebody()?);
    let author = signature(&call.body["author"], &own);
    // The committer is accepted as given, too: neither says who pushed.
    let committer = signature(&call.body["committer"], &author);
    let commit = Commit { tree, parents, author, committer, message };
    let sha = world.store_mut(id).put(Object::Commit(commit));
    Answer::created(commit_document(world, id, &sha))
}

fn signature(given: &Value, otherwise: &Signature) -> Signature {
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    Signature {
        name: text("name").unwrap_or(&otherwise.name).to_owned(),
        email: text("email").unwrap_or(&otherwise.email).to_owned(),
        date: text("date").and_then(|date| date.parse().ok()).unwrap_or(otherwise.date),
    }
}

impl World {
    /// The default signature of an account's commits.
    pub fn signature(&self, account: u64) -> Signature {
        let login = self.login(account);
        let email = format!("{account}+{login}@users.noreply.github.com");
        Signature { name: login, email, date: self.now() }
    }
}

/// `GET git/commits/{sha}`
pub fn commit(world: &World, call: &Call, id: u64, sha: &str) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Read, Role::Read)?;
    world.store(id).commit(sha).ok_or_else(Fault::not_found)?;
    Answer::ok(commit_document(world, id, sha))
}

/// A commit in the form of the git database.
pub fn commit_document(world: &World, id: u64, sha: &str) -> Value {
    let commit = world.store(id).commit(sha).unwrap();
    let html = |sha: &str| format!("{}/{}/commit/{sha}", world.origins.web, world.full_name(id));
    let url = |sha: &str| world.repository_url(id, &format!("git/commits/{sha}"));
    let parents: Vec<Value> = commit
        .parents
        .iter()
        .map(|parent| json!({"sha": parent, "url": url(parent), "html_url": html(parent)}))
        .collect();
    json!({
        "sha": sha, "node_id": shapes::node("Commit", id), "url": url(sha), "html_url": html(sha),
        "author": shapes::signature(&commit.author), "committer": shapes::signature(&commit.committer),
        "tree": {"sha": commit.tree, "url": world.repository_url(id, &format!("git/trees/{}", commit.tree))},
        "message": commit.message, "parents": parents, "verification": shapes::unverified(),
    })
}

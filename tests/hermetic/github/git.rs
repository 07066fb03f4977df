//! Git objects, references, contents and comparisons.

use serde_json::Value;
use serde_json::json;

use crate::support::github::access::Level;
use crate::support::github::fixture::Hub;
use crate::support::github::git::objects::Commit;
use crate::support::github::git::objects::Object;
use crate::support::github::git::objects::Signature;
use crate::support::github::git::objects::Store;

#[test]
fn objects_have_the_names_that_git_gives_them() {
    let mut store = Store::default();
    // `git hash-object -t tree /dev/null`, and `echo hello | git hash-object --stdin`.
    assert_eq!(store.put(Object::Tree(Vec::new())), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    assert_eq!(store.put(Object::Blob(b"hello\n".to_vec())), "ce013625030ba8dba906f756967f9e9ca394464a");
    // Made with git itself: a folder beside a file whose name begins alike, and an executable file.
    let mut file = |mode: &str, content: &str| (mode.to_owned(), store.put(Object::Blob(content.into())));
    let files = [
        ("requests/ab12.json", file("100644", "{}")),
        ("requests.txt", file("100644", "x\n")),
        ("run", file("100755", "#!/bin/sh\n")),
    ];
    let tree = store.put_files(&files.map(|(path, file)| (path.to_owned(), file)).into());
    assert_eq!(tree, "36f6a85283ba71c6434b5ed773fb6d6985587e06");
    let who = Signature {
        name: "ana".to_owned(),
        email: "7+ana@users.noreply.github.com".to_owned(),
        date: jiff::Timestamp::from_second(1_795_435_200).unwrap(),
    };
    let message = "Ask\n".to_owned();
    let commit = Commit { tree, parents: Vec::new(), author: who.clone(), committer: who, message };
    assert_eq!(store.put(Object::Commit(commit)), "08604b1c48a6aef70907c473c9c8d5c6b83ada5a");
}

#[test]
fn a_file_goes_in_by_blob_tree_commit_and_reference_and_comes_out_by_path() {
    let hub = Hub::new();
    let sha = hub.branch("ana", "jit/ab12", "requests/ab12.json", "{}");
    let file = hub.get("ben", "contents/requests/ab12.json?ref=jit/ab12");
    assert_eq!((file["content"].as_str(), file["encoding"].as_str()), (Some("e30=\n"), Some("base64")));
    let path = "/repos/acme/access/contents/requests/ab12.json?ref=jit/ab12";
    let mut raw = hub.request("ben", "GET", path, Value::Null);
    raw.headers.retain(|(name, _)| name != "accept");
    let raw = hub.send(raw.header("accept", "application/vnd.github.raw+json"));
    assert_eq!((raw.status, raw.bytes.as_slice()), (200, b"{}".as_slice()));
    let tree = hub.get("ben", &format!("git/trees/{sha}?recursive=1"));
    let paths: Vec<&str> =
        tree["tree"].as_array().unwrap().iter().filter_map(|row| row["path"].as_str()).collect();
    assert_eq!(paths, ["README.md", "requests", "requests/ab12.json"]);
    let seen = hub.get("ben", "compare/main...jit%2Fab12");
    assert_eq!((seen["status"].as_str(), seen["ahead_by"].as_u64()), (Some("ahead"), Some(1)));
    assert_eq!(seen["files"][0]["filename"], "requests/ab12.json");
    assert_eq!(seen["files"][0]["status"], "added");
    // The folder's listing, and the commit whose parent is main.
    assert_eq!(hub.get("ben", "contents/requests?ref=jit/ab12")[0]["type"], "file");
    assert_eq!(hub.get("ben", &format!("git/commits/{sha}"))["parents"][0]["sha"], json!(hub.tip("main")));
}

#[test]
fn a_reference_is_made_once_and_moves_only_forward_unless_forced() {
    let hub = Hub::new();
    let first = hub.branch("ana", "topic", "a.txt", "a");
    let again = json!({"ref": "refs/heads/topic", "sha": first});
    assert!(hub.on("ana", "POST", "git/refs", again).refused(422).contains("Reference already exists"));
    let beside = hub.commit("ana", "b.txt", "b");
    let moved =
        |force: bool| hub.on("ana", "PATCH", "git/refs/heads/topic", json!({"sha": beside, "force": force}));
    assert!(moved(false).refused(422).contains("not a fast forward"));
    moved(true).expect(200);
    assert_eq!(hub.tip("topic"), beside);
    for wrong in ["heads/x", "refs/heads/a..b", "refs/heads/x.lock", "refs/heads/x y", "refs/pull/9/head"] {
        let body = json!({"ref": wrong, "sha": beside});
        assert_eq!(hub.on("ana", "POST", "git/refs", body).status, 422, "{wrong}");
    }
    let nothing = json!({"ref": "refs/heads/void", "sha": "0".repeat(40)});
    assert!(hub.on("ana", "POST", "git/refs", nothing).refused(422).contains("does not exist"));
    // A branch and a folder of branches cannot have one name.
    let below = json!({"ref": "refs/heads/topic/below", "sha": beside});
    assert_eq!(hub.on("ana", "POST", "git/refs", below).status, 422);
    hub.on("ana", "DELETE", "git/refs/heads/topic", Value::Null).expect(204);
    assert_eq!(hub.on("ana", "GET", "git/ref/heads/topic", Value::Null).status, 404);
    assert_eq!(hub.on("ana", "DELETE", "git/refs/heads/main", Value::Null).status, 422);
}

#[test]
fn paths_that_git_forbids_are_refused() {
    let hub = Hub::new();
    for path in ["../x", "a/../b", ".git/config", "a//b", "/a", "a/.GIT/b", "."] {
        let entry = json!({"path": path, "mode": "100644", "type": "blob", "content": "x"});
        assert_eq!(hub.on("ana", "POST", "git/trees", json!({"tree": [entry]})).status, 422, "{path}");
    }
}

#[test]
fn contents_are_changed_only_by_whoever_saw_them_last() {
    let hub = Hub::new();
    let put = |body: Value| hub.on("ana", "PUT", "contents/notes.txt", body);
    let made = put(json!({"message": "Add", "content": "YQ==", "branch": "main"})).expect(201);
    let sha = made["content"]["sha"].clone();
    assert_eq!(put(json!({"message": "Change", "content": "Yg=="})).status, 422);
    assert_eq!(put(json!({"message": "Change", "content": "Yg==", "sha": "0".repeat(40)})).status, 409);
    let changed = put(json!({"message": "Change", "content": "Yg==", "sha": sha})).expect(200);
    let gone = json!({"message": "Remove", "sha": changed["content"]["sha"]});
    assert!(hub.on("ana", "DELETE", "contents/notes.txt", gone).expect(200)["content"].is_null());
    assert_eq!(hub.on("ana", "GET", "contents/notes.txt", Value::Null).status, 404);
}

#[test]
fn a_file_that_moved_shows_where_from_and_a_fork_shares_objects() {
    let hub = Hub::new();
    hub.write("main", "requests/old.json", "{\"a\":1}");
    hub.github.world().write(
        hub.repository,
        "moved",
        0,
        &[("requests/old.json", None), ("requests/new.json", Some("{\"a\":1}"))],
    );
    let file = &hub.get("ana", "compare/main...moved")["files"][0];
    assert_eq!(file["status"], "renamed");
    assert_eq!(file["previous_filename"], "requests/old.json");
    hub.on("dora", "POST", "forks", json!({})).expect(202);
    let tip = hub.tip("moved");
    // A commit of the network can be read through any of its repositories.
    hub.call("dora", "GET", &format!("/repos/dora/access/git/commits/{tip}"), Value::Null).expect(200);
}

#[test]
fn workflow_files_need_a_permission_of_their_own() {
    let hub = Hub::new();
    let path = ".github/workflows/x.yml";
    let named = [("contents", Level::Write)];
    let token = hub.github.world().fine_grained_token("ana", &[hub.repository], &named);
    let sha = hub.commit(&token, path, "on: push\n");
    let body = json!({"ref": "refs/heads/sneaky", "sha": sha});
    assert!(hub.on(&token, "POST", "git/refs", body.clone()).refused(403).contains("workflows"));
    hub.on("ana", "POST", "git/refs", body).expect(201);
}

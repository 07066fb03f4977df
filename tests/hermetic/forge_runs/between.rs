//! The one comparison that every reader of a request makes, from git's objects: what it says of a request and of everything
//! that is none, and how often GitHub's API is asked for it.

use jit::forge::request_file;
use jit::github::between::Between;
use jit::github::objects::Objects;
use jit::github::tree::Reader;

use crate::forge::hub::Hub;
use crate::forge_client::stage::Person;
use crate::forge_runs::laptop::Laptop;

/// The comparisons that were asked for over the API since the last call of this function.
fn compared(hub: &Hub, seen: &mut usize) -> usize {
    let sent = hub.http.sent();
    let asked = sent[*seen..].iter().filter(|request| request.url.contains("/compare/")).count();
    *seen = sent.len();
    asked
}

/// A commit of Olga's with these files, past all rules, on top of another branch or commit.
fn commit(hub: &Hub, branch: &str, from: &str, files: &[(&str, Option<&str>)]) -> String {
    let (olga, mut world) = (hub.id("olga"), hub.github.world());
    let refs = &mut world.repository_mut(hub.repository).refs;
    refs.insert(format!("refs/heads/{branch}"), from.to_owned());
    world.write(hub.repository, branch, olga, files)
}

/// The comparison as a laptop with git makes it, and as GitHub makes it.
fn both(hub: &Hub, head: &str) -> (Between, Between, bool) {
    let laptop = Laptop::of(hub, "ana");
    let github = hub.client("ana");
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::kept(&laptop.world.system, &github, &folder.path().join("copy.git"));
    hub.wait(async {
        let survey = github.survey().await.unwrap();
        let main = survey.main.unwrap();
        let by_api = github.compare(&main, head).await.unwrap();
        let by_api = Between { base: by_api.merge_base_commit.sha, files: by_api.files };
        let before = hub.http.sent().len();
        let reader = Reader::new(&github).through(objects);
        let found = reader.between(&main, &survey.newest, head).await.unwrap();
        let asked = hub.http.sent()[before..].iter().any(|request| request.url.contains("/compare/"));
        (found, by_api, asked)
    })
}

#[test]
fn git_says_of_a_request_what_github_says_and_is_asked_for_nothing_else() {
    let hub = Hub::new();
    hub.github.serve_git();
    let start = hub.tip("main");
    let request = commit(&hub, "jit/a", &start, &[("requests/A.json", Some("{}\n"))]);
    let renamed = commit(&hub, "renamed", &start, &[("people.toml", None), ("people2.toml", Some("x"))]);
    let several =
        commit(&hub, "several", &start, &[("requests/A.json", Some("{}")), ("access.toml", Some("x"))]);
    let second = commit(&hub, "second", &request, &[("requests/B.json", Some("{}\n"))]);
    let stranger = commit(&hub, "stranger", &second, &[("requests/C.json", Some("{}\n"))]);
    for moves in [false, true] {
        if moves {
            hub.write_main(&[("README.md".to_owned(), "Later.\n".to_owned())].into());
        }
        for (name, head, over_api) in [
            ("a request", &request, false),
            ("a renamed file", &renamed, false),
            ("two files", &several, false),
            // Its parent is no commit of `main`.
            ("two commits", &second, true),
            ("three commits", &stranger, true),
            ("main itself", &hub.tip("main"), true),
            ("an older main", &start, true),
        ] {
            let (by_git, by_api, asked) = both(&hub, head);
            assert_eq!(asked, over_api, "{name}, moved: {moves}");
            assert_eq!(by_git.base, by_api.base, "{name}, moved: {moves}");
            let named = |between: &Between| {
                let mut all: Vec<(String, String)> =
                    between.files.iter().map(|file| (file.filename.clone(), file.status.clone())).collect();
                all.sort();
                all
            };
            // Git names both ends of a renamed file.
            assert_eq!(named(&by_git).is_empty(), named(&by_api).is_empty(), "{name}");
            if name != "a renamed file" {
                assert_eq!(named(&by_git), named(&by_api), "{name}, moved: {moves}");
            }
        }
    }
}

/// A merged request is on `main`, and adds nothing to it any more.
#[test]
fn a_head_that_main_contains_adds_nothing() {
    let hub = Hub::new();
    hub.github.serve_git();
    let start = hub.tip("main");
    let request = commit(&hub, "jit/a", &start, &[("requests/A.json", Some("{}\n"))]);
    hub.github
        .world()
        .repository_mut(hub.repository)
        .refs
        .insert("refs/heads/main".to_owned(), request.clone());
    hub.write_main(&[("README.md".to_owned(), "Later.\n".to_owned())].into());
    let (by_git, by_api, asked) = both(&hub, &request);
    assert!(asked && by_git == by_api && by_git.files.is_empty(), "{by_git:?}");
}

/// A file whose mode alone changes is a change, whatever else the commit adds.
#[test]
fn a_second_change_is_seen_even_if_no_content_changes() {
    let hub = Hub::new();
    hub.github.serve_git();
    let asked = hub.ask(1, |_| {});
    let path = request_file::path_of(&asked.digest.request_id());
    let head = {
        let mut world = hub.github.world();
        let branch = request_file::branch_of(&asked.digest.request_id());
        let tip = world.resolve(hub.repository, &branch).unwrap();
        let store = world.store_mut(hub.repository);
        let mut files = store.files(&tip);
        files.get_mut("access.toml").unwrap().0 = "100755".to_owned();
        let tree = store.put_files(&files);
        let commit =
            crate::support::github::git::objects::Commit { tree, ..store.commit(&tip).unwrap().clone() };
        let made = store.put(crate::support::github::git::objects::Object::Commit(commit));
        let reference = format!("refs/heads/{branch}");
        world.repository_mut(hub.repository).refs.insert(reference, made.clone());
        made
    };
    let (by_git, _, asked) = both(&hub, &head);
    let named: Vec<(&str, &str)> =
        by_git.files.iter().map(|file| (file.filename.as_str(), file.status.as_str())).collect();
    assert_eq!((named, asked), (vec![("access.toml", "modified"), (path.as_str(), "added")], false));
}

#[test]
fn a_list_of_requests_asks_for_no_comparison_even_if_main_has_moved() {
    let hub = Hub::new();
    hub.github.serve_git();
    let [ana, bo] = ["ana", "bo"].map(|login| Person::new(&hub, login).logged_in());
    let id = ana.ask("INC-42");
    hub.finish_all();
    hub.write_main(&[("README.md".to_owned(), "Later.\n".to_owned())].into());
    let mut seen = hub.http.sent().len();
    for _ in 0..2 {
        assert!(bo.run("inbox").ok().contains(&id));
    }
    assert_eq!(compared(&hub, &mut seen), 0);
}

/// Git had the commit, and then failed for its files: their lengths come from the API, and nothing is called too long.
#[test]
fn a_policy_whose_files_git_cannot_fetch_is_read_over_the_api() {
    let hub = Hub::new();
    hub.github.serve_git();
    let laptop = Laptop::of(&hub, "ana");
    let github = hub.client("ana");
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::kept(&laptop.world.system, &github, &folder.path().join("copy.git"));
    let main = hub.tip("main");
    hub.github.break_git_after(1);
    let reader = Reader::new(&github).through(objects);
    let (by_git, by_api) =
        hub.wait(async { (reader.policy(&main).await, Reader::new(&github).policy(&main).await) });
    assert_eq!(hub.github.fetches().len(), 1, "git served the commit");
    assert_eq!(by_git.unwrap().revision, by_api.unwrap().revision);
}

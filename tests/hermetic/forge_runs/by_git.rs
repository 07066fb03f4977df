//! Policy, requests and log by git: a whole request without one file over the API, and what happens where git is of no
//! help.

use jit::authority::Authority;
use jit::authority::StatementAuthority;
use jit::secret::Secret;
use jit::system::git::GitError;
use jit::system::git::PartialCopy;

use super::laptop::Laptop;
use crate::forge::hub::Hub;
use crate::support::github::smart::Fetched;

/// The paths below the repository that were asked for over the API.
fn paths(hub: &Hub) -> Vec<String> {
    let sent = hub.http.sent();
    let below = sent.iter().filter_map(|request| request.url.split_once("/repos/acme/access/"));
    below.map(|(_, path)| path.to_owned()).collect()
}

fn reads_files(path: &str) -> bool {
    ["git/trees/", "git/blobs/", "contents/"].iter().any(|start| path.starts_with(start))
}

fn take_and_end(hub: &Hub) {
    let asked = hub.approved(1);
    hub.finish_all();
    let laptop = Laptop::of(hub, "ana");
    let before = paths(hub).len();
    let sealed = laptop.lease(&asked, None).unwrap();
    laptop.open(&asked, &sealed);
    hub.wait(laptop.authority.received(&asked.digest.request_id(), &sealed)).unwrap();
    hub.wait(laptop.authority.end(&asked.digest.request_id(), true)).unwrap();
    let read: Vec<String> =
        paths(hub).split_off(before).into_iter().filter(|path| reads_files(path)).collect();
    assert!(read.is_empty(), "{read:?}");
    // The token is in no argument of any program, and only in the environment of git.
    let token = &hub.tokens["ana"];
    let started = laptop.world.processes.started.lock().unwrap();
    assert!(started.iter().any(|command| command.arguments.iter().any(|word| word == "fetch")));
    for command in started.iter() {
        let arguments = format!("{:?}", command.arguments);
        assert!(!arguments.contains(token.as_str()), "{arguments}");
    }
}

#[test]
fn a_request_is_decided_minted_and_ended_without_one_file_over_the_api() {
    let hub = Hub::new();
    hub.github.serve_git();
    take_and_end(&hub);
    let (logbot, ana) = (hub.id("logbot"), hub.id("ana"));
    let fetched = hub.github.fetches();
    for (what, by) in [
        ("the mint job, with its own token", Fetched { by_job: true, account: 41_898_282 }),
        ("the decision, with the token of the log", Fetched { by_job: false, account: logbot }),
        ("the laptop", Fetched { by_job: false, account: ana }),
    ] {
        assert!(fetched.contains(&by), "{what}: {fetched:?}");
    }
}

#[test]
fn a_git_that_reaches_nothing_is_no_obstacle() {
    let hub = Hub::new();
    hub.github.serve_git();
    let asked = hub.approved(1);
    let mut laptop = Laptop::of(&hub, "ana");
    // Nobody listens on this port, which a free one has just left.
    let [port] = crate::support::ports::free_ports();
    let settings = laptop.world.system.files.working.join("gitconfig");
    let text = format!(
        "[url \"http://127.0.0.1:{port}/\"]\n\tinsteadOf = https://github.com/\n[protocol \"http\"]\n\tallow = always\n"
    );
    std::fs::write(&settings, text).unwrap();
    laptop.world.system.environment.set("GIT_CONFIG_GLOBAL", settings);
    laptop.authority = laptop.again("ana");
    hub.github.fetches();
    let before = paths(&hub).len();
    hub.wait(laptop.authority.read(&asked.digest.request_id())).unwrap();
    assert!(hub.github.fetches().is_empty());
    assert!(paths(&hub).split_off(before).iter().any(|path| path.starts_with("git/trees/")));
}

/// A copy of the repository through this GitHub's socket, and the world that git runs in.
fn copy(hub: &Hub, token: &str, most: u64) -> (jit::system::fake::FakeWorld, tempfile::TempDir, PartialCopy) {
    hub.github.serve_git();
    let world = hub.shell.world(&std::collections::BTreeMap::new());
    let folder = tempfile::tempdir().unwrap();
    let copy = PartialCopy {
        folder: folder.path().join("copy.git"),
        url: "https://github.com/acme/access.git".to_owned(),
        protocol: "https",
        token: Secret::from(token),
        most,
    };
    (world, folder, copy)
}

/// Whether a file below a folder contains a text.
fn holds(folder: &std::path::Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, text);
        }
        String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(text)
    })
}

#[test]
fn a_copy_has_what_was_asked_for_and_no_token() {
    let hub = Hub::new();
    let (world, folder, copy) = copy(&hub, &hub.tokens["ana"], 64 << 20);
    let main = hub.tip("main");
    let system = &world.system;
    hub.wait(copy.bring_commits(system, &[&main, &hub.tip("jit-log")])).unwrap();
    let entries = hub.wait(copy.walk(system, &main)).unwrap();
    let access = entries.iter().find(|entry| entry.path == "access.toml").unwrap();
    let id = access.id.as_str();
    // A tree names the file, which is not here before it is asked for.
    assert!(matches!(hub.wait(copy.contents(system, &[id], 1 << 20)), Err(GitError::NoObject(_))));
    hub.wait(copy.bring_files(system, &[id])).unwrap();
    let contents = hub.wait(copy.contents(system, &[id], 1 << 20)).unwrap();
    assert!(contents[id].starts_with(b"version = 1\n"));
    assert!(hub.wait(copy.contents(system, &[id], 5)).unwrap().is_empty(), "longer than the limit");
    // What is here is not fetched again.
    hub.github.fetches();
    hub.wait(copy.bring_commits(system, &[&main])).unwrap();
    hub.wait(copy.bring_files(system, &[id])).unwrap();
    assert!(hub.github.fetches().is_empty());
    assert!(!holds(folder.path(), &hub.tokens["ana"]));
    let strange = "0123456789abcdef0123456789abcdef01234567";
    assert!(matches!(hub.wait(copy.bring_files(system, &[strange])), Err(GitError::Failed { .. })));
}

#[test]
fn a_copy_is_bounded_and_a_refused_token_tries_no_other() {
    let hub = Hub::new();
    let noise: String =
        (0..40_000_u32).map(|number| format!("{:x}", number.wrapping_mul(2_654_435_761))).collect();
    hub.write_main(&[("large.txt".to_owned(), noise)].into());
    let main = hub.tip("main");
    let (world, folder, small) = copy(&hub, &hub.tokens["ana"], 20_000);
    hub.wait(small.bring_commits(&world.system, &[&main])).unwrap();
    let entries = hub.wait(small.walk(&world.system, &main)).unwrap();
    let large = entries.iter().find(|entry| entry.path == "large.txt").unwrap();
    let fetched = hub.wait(small.bring_files(&world.system, &[&large.id]));
    assert!(matches!(fetched, Err(GitError::TooLarge(_))), "{fetched:?}");
    assert!(!folder.path().join("copy.git").exists(), "the next try starts anew");
    let (world, _folder, refused) = copy(&hub, "ghp_wrong", 64 << 20);
    let fetched = hub.wait(refused.bring_commits(&world.system, &[&main]));
    assert!(matches!(fetched, Err(GitError::Failed { .. })), "{fetched:?}");
}

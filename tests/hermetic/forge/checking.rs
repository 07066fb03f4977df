//! `jit ci check` on pull requests: what it says, and what it rejects.

use jit::forge::request_file;
use jit::github::api::repositories::NewFile;

use super::hub::Hub;
use super::hub::said;
use crate::support::github::actions::run::Run;

/// Files by path.
type Files<'a> = &'a [(&'a str, &'a str)];

/// Opens a pull request with these files, as a person, from a branch of their own.
fn propose(hub: &Hub, who: &str, branch: &str, files: Files<'_>) -> u64 {
    let client = hub.client(who);
    hub.wait(async {
        let main = client.branch("main").await.unwrap().unwrap();
        let base = client.commit(&main).await.unwrap().tree.sha;
        let file =
            |(path, content): &(&str, &str)| NewFile { path: (*path).into(), content: (*content).into() };
        let files: Vec<NewFile> = files.iter().map(file).collect();
        let tree = client.create_tree(Some(&base), &files).await.unwrap();
        let commit = client.create_commit("Propose", &tree, &[&main]).await.unwrap();
        client.create_branch(branch, &commit).await.unwrap();
        client.create_pull(branch, branch, "main", "").await.unwrap().number
    })
}

/// Opens a pull request that removes a file.
fn propose_removal(hub: &Hub, who: &str, branch: &str, path: &str) -> u64 {
    let (author, client) = (hub.id(who), hub.client(who));
    let main = hub.tip("main");
    hub.wait(client.create_branch(branch, &main)).unwrap();
    hub.github.world().write(hub.repository, branch, author, &[(path, None)]);
    hub.wait(client.create_pull(branch, branch, "main", "")).unwrap().number
}

/// The run of `jit check` for a pull request.
fn checked(hub: &Hub, pull: u64) -> Run {
    hub.finish_all();
    let world = hub.github.world();
    let mut runs =
        world.runs.values().filter(|run| run.pull == Some(pull) && run.path.ends_with("jit-check.yml"));
    runs.next_back().unwrap().clone()
}

fn comment(hub: &Hub, pull: u64) -> String {
    let comments = hub.wait(hub.client("ana").comments(pull)).unwrap();
    assert_eq!(comments.len(), 1, "{comments:?}");
    comments[0].body.clone().unwrap()
}

#[test]
fn a_request_is_described_from_its_bytes() {
    let hub = Hub::new();
    let hostile = "INC-1 ``` @everyone <img src=x> | \\| ::set-env name=A::b ${{ secrets.X }} ##[add-mask]x";
    let asked = hub.ask(1, |statement| statement.reason = hostile.to_owned());
    let run = checked(&hub, asked.pull);
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "check"));
    let text = comment(&hub, asked.pull);
    assert!(text.contains("`ana` asks for `prod-admin`") && text.contains("- **for:** `1h`"), "{text}");
    assert!(text.contains(&format!("````{hostile}````")), "{text}");
    assert!(!text.contains("will be refused"), "{text}");
    // A person who signs as somebody else is told so on the page, too.
    let forged = hub.ask(2, |statement| {
        statement.header.who = "bo".parse().unwrap();
        statement.reason = "INC-2".to_owned();
    });
    checked(&hub, forged.pull);
    assert!(comment(&hub, forged.pull).contains("the key that signed it is not bo's"));
}

/// The words at the top of the pull request's page are the requester's until the check replaces them.
#[test]
fn title_and_text_are_made_from_the_bytes_whatever_the_requester_writes() {
    let hub = Hub::new();
    let asked = hub.ask(1, |_| {});
    let (ana, id) = (hub.client("ana"), asked.digest.request_id());
    let shown = || {
        let pull = hub.wait(ana.pull(asked.pull)).unwrap();
        (pull.title, pull.body.unwrap_or_default())
    };
    checked(&hub, asked.pull);
    let (title, text) = shown();
    assert_eq!(title, format!("jit: ana asks for prod-admin ({id})"));
    assert!(
        text.starts_with("### `ana` asks for `prod-admin`\n") && text.contains("- **must agree:**"),
        "{text}"
    );
    // Edited, it is replaced by another run of the check.
    let runs = || hub.github.world().runs.values().filter(|run| run.path.ends_with("jit-check.yml")).count();
    let before = runs();
    hub.wait(ana.describe_pull(asked.pull, "Read access to a log, as agreed", "Approved by phone.")).unwrap();
    checked(&hub, asked.pull);
    assert_eq!((shown(), runs()), ((title, text), before + 1));
    comment(&hub, asked.pull);
}

/// Everybody who may write to the repository may change the comment, and GitHub shows it under its author's name.
#[test]
fn a_comment_that_was_edited_or_forged_is_written_anew() {
    let hub = Hub::new();
    let asked = hub.ask(1, |_| {});
    checked(&hub, asked.pull);
    let ana = hub.client("ana");
    let comments = || hub.wait(ana.comments(asked.pull)).unwrap();
    let first = comments().remove(0);
    assert!(first.is_by_actions() && first.is_unedited());
    let again = || {
        hub.clock.advance(std::time::Duration::from_secs(60));
        hub.wait(ana.describe_pull(asked.pull, "x", "x")).unwrap();
        checked(&hub, asked.pull);
        comments()
    };
    // As it is, it stays.
    assert_eq!(again(), std::slice::from_ref(&first));
    let edit = |text: &str| {
        let path =
            format!("issues/comments/{}", comments().iter().find(|one| one.is_by_actions()).unwrap().id);
        hub.clock.advance(std::time::Duration::from_secs(60));
        let url = format!("https://api.github.com/repos/acme/access/{path}");
        let request = jit::system::http::Request::new(http::Method::PATCH, url)
            .header("authorization", format!("Bearer {}", hub.tokens["eve"]))
            .header("user-agent", "x")
            .body("application/json", serde_json::json!({"body": text}).to_string());
        assert_eq!(hub.wait(jit::system::Http::send(&hub.http, request)).unwrap().status, 200);
    };
    let body = first.body.clone().unwrap();
    edit(&body.replace("prod-admin", "log-reader"));
    let second = again();
    assert_eq!(second.len(), 1);
    assert_eq!((second[0].body.as_ref(), second[0].id == first.id), (Some(&body), false));
    // Edited and put back: it is not known any more what was read in between.
    edit("x");
    edit(&body);
    let third = again();
    assert!(third.len() == 1 && third[0].id != second[0].id && third[0].is_unedited());
    // A comment of a person with the same beginning is no comment of the check.
    let forged = hub.wait(hub.client("eve").create_comment(asked.pull, &body)).unwrap();
    let both = again();
    assert_eq!(both, [third[0].clone(), forged]);
}

/// docs/github.md: a policy that does not load is not merged.
#[test]
fn a_policy_that_does_not_load_cannot_be_merged() {
    let hub = Hub::new();
    let merge = |pull: u64| {
        for who in ["bo", "dee"] {
            let client = hub.client(who);
            hub.wait(async {
                let head = client.pull(pull).await.unwrap().head.sha;
                client.create_review(pull, &head, "APPROVE", "").await.unwrap();
            });
        }
        hub.github.world().repository_mut(hub.repository).pulls.get_mut(&pull).unwrap().draft = false;
        let url = format!("https://api.github.com/repos/acme/access/pulls/{pull}/merge");
        let request = jit::system::http::Request::new(http::Method::PUT, url)
            .header("authorization", format!("Bearer {}", hub.tokens["olga"]))
            .header("user-agent", "x")
            .body("application/json", "{}");
        let answer = hub.wait(jit::system::Http::send(&hub.http, request)).unwrap();
        (answer.status, String::from_utf8(answer.body).unwrap())
    };
    let main = hub.tip("main");
    let broken = propose(&hub, "ana", "broken", &[("people.toml", "[people.ana]\nkeys = 7\n")]);
    let (status, said) = merge(broken);
    assert!(
        status == 405 && said.contains("is expected") || said.contains("is in progress"),
        "{status} {said}"
    );
    assert_eq!(checked(&hub, broken).conclusion, Some("failure"));
    let (status, said) = merge(broken);
    assert!(
        status == 405 && said.contains("Required status check \\\"check\\\" is failing"),
        "{status} {said}"
    );
    // A policy without its file is none.
    let none = propose_removal(&hub, "ana", "none", "access.toml");
    assert_eq!(checked(&hub, none).conclusion, Some("failure"));
    assert_eq!(merge(none).0, 405);
    assert_eq!(hub.tip("main"), main);
    let good = propose(&hub, "ana", "good", &[("README.md", "One.\n")]);
    let other = propose(&hub, "ana", "other", &[("NOTES.md", "Two.\n")]);
    assert_eq!(checked(&hub, good).conclusion, Some("success"));
    assert_eq!(checked(&hub, other).conclusion, Some("success"));
    let (status, said) = merge(good);
    assert_eq!(status, 200, "{said}");
    // What loads alone may not load with what came to main since.
    let (status, said) = merge(other);
    assert!(status == 405 && said.contains("out of date"), "{status} {said}");
}

#[test]
fn a_change_of_the_policy_is_compared_and_tested() {
    let hub = Hub::new();
    let people =
        hub.policy("account", None)["people.toml"].replace("dev = [\"ana\"]", "dev = [\"ana\", \"dee\"]");
    let case =
        "[[case]]\nname = \"cy may not ask\"\nwho = \"cy\"\nrole = \"prod-admin\"\nexpect = \"refused\"\n";
    let files = [("people.toml", people.as_str()), ("tests/prod.toml", case)];
    let pull = propose(&hub, "ana", "wider", &files);
    let run = checked(&hub, pull);
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "check"));
    let text = comment(&hub, pull);
    assert!(text.contains("Gained") && text.contains("dee") && text.contains("1 case holds"), "{text}");
    let broken = propose(&hub, "ana", "broken", &[("people.toml", "[people.ana]\nkeys = 7\n")]);
    let run = checked(&hub, broken);
    assert_eq!(run.conclusion, Some("failure"));
    assert!(said(&run, "check").contains("::error file=people.toml,line="), "{}", said(&run, "check"));
}

#[test]
fn what_no_pull_request_may_do_is_refused() {
    let hub = Hub::new();
    let asked = hub.ask(1, |_| {});
    let file = request_file::write(&asked.signed);
    let path = request_file::path_of(&asked.digest.request_id());
    let workflow =
        "on: push\njobs:\n  x:\n    runs-on: ubuntu-latest\n    environment: jit-log\n    steps: []\n";
    let cases: [(&str, Files<'_>, &str); 4] = [
        ("smuggled", &[(&path, &file), ("people.toml", "")], "adds its one file and does nothing else"),
        ("two", &[(&path, &file), ("requests/7F3KQ2M8ZD.json", &file)], "adds its one file"),
        ("named", &[("requests/7F3KQ2M8ZD.json", &file)], "another request's name"),
        ("reaching", &[(".github/workflows/other.yml", workflow)], "names an environment that belongs to"),
    ];
    for (branch, files, words) in cases {
        let run = checked(&hub, propose(&hub, "eve", branch, files));
        assert_eq!(run.conclusion, Some("failure"), "{branch}");
        assert!(said(&run, "check").contains(words), "{branch}: {}", said(&run, "check"));
    }
}

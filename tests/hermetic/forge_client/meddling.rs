//! The changes that others with write access to the repository can make to the text that a person sees in a terminal.

use std::sync::Arc;

use async_trait::async_trait;
use jit::github::GitHub;
use jit::github::api::repositories::NewFile;
use jit::system::fake::Host;
use jit::system::fake_router::RouterHost;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::Value;
use serde_json::json;

use crate::support::github::Site;

use crate::forge::hub::Hub;
use crate::forge_client::stage::logged_in;

fn only_pull(hub: &Hub) -> u64 {
    *hub.github.world().repository(hub.repository).pulls.keys().last().unwrap()
}

/// A branch with files on top of a commit, and its pull request.
fn propose(hub: &Hub, client: &GitHub, parent: &str, branch: &str, files: &[(&str, String)]) {
    hub.wait(async {
        let base = client.commit(parent).await.unwrap().tree.sha;
        let file =
            |(path, content): &(&str, String)| NewFile { path: (*path).into(), content: content.clone() };
        let files: Vec<NewFile> = files.iter().map(file).collect();
        let tree = client.create_tree(Some(&base), &files).await.unwrap();
        let commit = client.create_commit("x", &tree, &[parent]).await.unwrap();
        client.create_branch(branch, &commit).await.unwrap();
        client.create_pull("x", branch, "main", "").await.unwrap();
    });
}

#[test]
fn an_approval_for_less_stays_one() {
    let (hub, [ana, bo, dee]) = logged_in(["ana", "bo", "dee"]);
    let id = ana.ask("INC-42");
    bo.words(&["approve", &id, "-y"], &[]).ok();
    dee.words(&["approve", &id, "-y", "--for", "30m"], &[]).ok();
    let shown = ana.show(&id);
    assert_eq!((&shown["state"], &shown["approved_duration"]), (&json!("approved"), &json!("30m")));
    // Anybody with write access can edit dee's review: its ceiling is gone, and the approval with it.
    let number = only_pull(&hub).to_string();
    let mut world = hub.github.world();
    let review = world.pull_mut(hub.repository, &number).unwrap().reviews.last_mut().unwrap();
    assert!(review.body.contains("jit:review"), "{}", review.body);
    let words = std::mem::replace(&mut review.body, "Seen.".to_owned());
    drop(world);
    assert_eq!(ana.show(&id)["state"], "pending");
    // Dee approves again, for everything. The earlier ceiling withdraws nothing.
    dee.words(&["approve", &id, "-y"], &[]).ok();
    assert_eq!(ana.show(&id)["approved_duration"], "1h");
    drop(words);
}

#[test]
fn a_pull_request_that_cannot_be_read_hides_no_others() {
    let (hub, [ana, bo]) = logged_in(["ana", "bo"]);
    let olga = hub.id("olga");
    let put = |files: &[(&str, Option<&str>)]| {
        hub.github.world().write(hub.repository, "main", olga, files);
        hub.tip("main")
    };
    // Commits of main whose policy does not load, or is missing.
    let tip = hub.tip("main");
    let access = hub.github.world().file(hub.repository, &tip, "access.toml").unwrap();
    let broken = put(&[("access.toml", Some("version = 7\n"))]);
    let none = put(&[("access.toml", None)]);
    put(&[("access.toml", Some(&access))]);
    let id = ana.ask("INC-42");
    let cy = hub.client("cy");
    let file = |id: &str| format!("requests/{id}.json");
    for (parent, other) in [(&broken, "7F3KQ2M8ZD"), (&none, "7F3KQ2M8ZE")] {
        propose(&hub, &cy, parent, &format!("jit/{other}"), &[(&file(other), "{}".to_owned())]);
    }
    // And one that exceeds the size limit of an answer.
    let long: Vec<(String, String)> =
        (0..40).map(|number| (format!("notes/{number}.md"), "x <&>\n".repeat(6_000))).collect();
    let long: Vec<(&str, String)> = long.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
    propose(&hub, &cy, &hub.tip("main"), "jit/7F3KQ2M8ZF", &long);
    let inbox = bo.run("inbox");
    assert!(inbox.ok().contains(&id), "{inbox}");
    assert!(!inbox.stdout.contains("7F3KQ2M8Z"), "{inbox}");
    bo.words(&["approve", &id, "-y"], &[]).ok();
    assert!(ana.run("status").ok().contains(&id));
    for other in ["7F3KQ2M8ZD", "7F3KQ2M8ZE", "7F3KQ2M8ZF"] {
        assert_ne!(bo.run(&format!("show {other}")).code, 0);
        assert_ne!(bo.words(&["approve", other, "-y"], &[]).code, 0);
    }
}

/// Text that clears a screen, and text that reverses a line.
const TRICK: &str = "\u{1b}[2J\u{9b}1A\u{202e}\r\n::error::";

/// Answers as GitHub does, with a trick at the end of each text with a certain name.
struct Tricky(RouterHost, &'static str);

fn spoil(value: &mut Value, name: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, name)),
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(text) if key == name => text.push_str(TRICK),
                    other => spoil(other, name),
                }
            }
        }
        _ => {}
    }
}

#[async_trait]
impl Host for Tricky {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let mut answer = self.0.answer(request).await?;
        if let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) {
            spoil(&mut body, self.1);
            answer.body = body.to_string().into_bytes();
        }
        Ok(answer)
    }
}

#[test]
fn whatever_github_says_stays_words() {
    let (hub, [ana, bo]) = logged_in(["ana", "bo"]);
    let id = ana.ask("INC-42");
    let names = [
        "login",
        "full_name",
        "title",
        "body",
        "html_url",
        "message",
        "state",
        "ref",
        "path",
        "name",
        "display_title",
    ];
    for name in names {
        let router = RouterHost(hub.github.router(Site::Api));
        hub.http.route(&hub.github.origins().api, Arc::new(Tricky(router, name)));
        for line in [
            "login github:acme/access",
            "whoami",
            "roles",
            "status",
            "inbox",
            "show ID",
            "audit list",
            "doctor",
        ] {
            let shot = bo.run(&line.replace("ID", &id));
            for text in [&shot.stdout, &shot.stderr] {
                let shown = text.chars().find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
                assert!(shown.is_none(), "{name} in {line}: {text:?}");
                assert!(!text.lines().any(|line| line.starts_with("::")), "{name} in {line}: {text:?}");
            }
        }
        for line in
            ["approve ID -y", "deny ID --reason no -y", "revoke ID --reason no -y", "request nothing -y"]
        {
            let shot = bo.run(&line.replace("ID", &id));
            assert!(!shot.to_string().contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{name} in {line}: {shot}");
        }
    }
}

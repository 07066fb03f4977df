//! Attacks on the fake GitHub, with the committed workflows executed: each gains no credentials and no event in the
//! log, and the cloud is not even called. The table in `attacks.rs` says which attack is tested where.

use std::collections::BTreeMap;

use jit::forge::request_file;
use jit::github::GitHub as Client;
use jit::github::api::API;
use jit::github::api::Slug;
use jit::github::api::repositories::NewFile;
use jit::github::environment_of;
use jit::grant::Statement;
use jit::grant::Target;
use jit::identity::statement::sign;
use jit::secret::Secret;
use serde_json::Value;
use serde_json::json;

use super::case::signer;
use super::cloud::Thief;
use super::cloud::workflow;
use super::hub::ARN;
use super::hub::Asked;
use super::hub::CLOUD;
use super::hub::Hub;
use super::hub::handed_over;
use super::hub::outcome;
use super::hub::said;
use crate::support::github::access::Level;
use crate::support::github::access::Token;
use crate::support::github::access::TokenKind;
use crate::support::github::actions::run::Run;
use crate::support::github::actions::runner::Runner;
use crate::support::github::world::ACTIONS_BOT;

/// The state before an attack.
struct Before {
    log: String,
    cloud: usize,
    handed_over: usize,
}

fn before(hub: &Hub) -> Before {
    let cloud = hub.http.sent().iter().filter(|request| request.url.starts_with(CLOUD)).count();
    Before { log: hub.tip("jit-log"), cloud, handed_over: handed_over(&hub.github) }
}

impl Before {
    /// The run failed with these words, and nothing was added to the state before.
    #[track_caller]
    fn nothing(&self, hub: &Hub, run: &Run, words: &str) {
        let log = said(run, "decide");
        assert!(log.contains(words), "{words}: {log}");
        assert_ne!(run.conclusion, Some("success"), "{log}");
        assert_ne!(outcome(run, "mint"), "success", "{log}");
        self.same(hub);
    }

    #[track_caller]
    fn same(&self, hub: &Hub) {
        let now = before(hub);
        assert_eq!(now.log, self.log, "the log has grown");
        assert_eq!(now.cloud, self.cloud, "the cloud was asked");
        assert_eq!(now.handed_over, self.handed_over, "something was handed over");
    }
}

/// A mint that gains nothing.
#[track_caller]
fn refused(hub: &Hub, who: &str, inputs: &BTreeMap<&'static str, String>, words: &str) {
    let before = before(hub);
    before.nothing(hub, &hub.run(who, inputs), words);
}

/// Any call, as a person.
pub fn call(hub: &Hub, who: &str, method: http::Method, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("https://api.github.com/repos/acme/access{path}");
    let request = jit::system::http::Request::new(method, url)
        .header("authorization", format!("Bearer {}", hub.tokens[who]))
        .header("user-agent", "x");
    let request = if body.is_null() { request } else { request.body("application/json", body.to_string()) };
    let answer = hub.wait(jit::system::Http::send(&hub.http, request)).unwrap();
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
}

/// An administrator disables a ruleset.
fn switch_off(hub: &Hub, name: &str) {
    let olga = hub.client("olga");
    let rulesets = hub.wait(olga.rulesets()).unwrap();
    let entry = rulesets.iter().find(|entry| entry.name.contains(name)).unwrap();
    let off = json!({ "enforcement": "disabled" });
    hub.wait(olga.update_ruleset(entry.id, &off)).unwrap();
}

/// A client with a job's or an app's token, whose account is a bot.
fn bot(hub: &Hub, named: &[&str]) -> Client {
    let permissions = named.iter().map(|name| ((*name).to_owned(), Level::Write)).collect();
    let kind = TokenKind::Job(1, hub.repository, permissions);
    let token = Token { account: ACTIONS_BOT, kind, expires_at: None };
    hub.github.world().tokens.insert("ghs_bot".to_owned(), token);
    let world = hub.shell.world(&BTreeMap::new());
    Client::new(API, Slug::parse("acme/access").unwrap(), Secret::from("ghs_bot"), &world.system).unwrap()
}

fn branch(asked: &Asked) -> String {
    request_file::branch_of(&asked.digest.request_id())
}

fn path(asked: &Asked) -> String {
    request_file::path_of(&asked.digest.request_id())
}

/// A branch with these files on top of main, by a person, and its pull request.
pub fn propose(hub: &Hub, client: &Client, branch: &str, files: &[(&str, &str)]) -> u64 {
    hub.wait(async {
        let main = client.branch("main").await.unwrap().unwrap();
        let base = client.commit(&main).await.unwrap().tree.sha;
        let file =
            |(path, content): &(&str, &str)| NewFile { path: (*path).into(), content: (*content).into() };
        let files: Vec<NewFile> = files.iter().map(file).collect();
        let tree = client.create_tree(Some(&base), &files).await.unwrap();
        let commit = client.create_commit("x", &tree, &[&main]).await.unwrap();
        client.create_branch(branch, &commit).await.unwrap();
        client.create_pull("x", branch, "main", "").await.unwrap().number
    })
}

#[test]
fn a_request_that_is_changed_after_approval_is_another_one() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let (branch, path) = (branch(&asked), path(&asked));
    // GitHub refuses a push and a force-push to every request's branch, also by its requester.
    let head = hub.tip(&branch);
    for who in ["eve", "ana", "olga"] {
        let client = hub.client(who);
        let commit = hub.wait(async {
            let tree = client.commit(&head).await.unwrap().tree.sha;
            client.create_commit("x", &tree, &[&head]).await.unwrap()
        });
        let moved = json!({ "sha": commit, "force": true });
        let place = format!("/git/refs/heads/{branch}");
        assert_eq!(call(&hub, who, http::Method::PATCH, &place, &moved).0, 422);
        let change = json!({ "message": "x", "content": "e30=", "branch": branch });
        let (status, _) = call(&hub, who, http::Method::PUT, "/contents/requests/x.json", &change);
        assert_eq!(status, 409);
    }
    // Past the ruleset: another's bytes, more of one's own, a second file, another history.
    let text = request_file::write(&asked.signed);
    let Statement::Request(mut longer) = Statement::parse(asked.signed.statement.as_bytes()).unwrap() else {
        panic!()
    };
    longer.duration = "4h".parse().unwrap();
    let longer = sign(&Statement::Request(longer), &signer("ana")).unwrap();
    let mine = jit::grant::Digest::of(longer.statement.as_bytes());
    let longer = request_file::write(&longer);
    let eve = hub.id("eve");
    let write = |files: &[(&str, Option<&str>)]| {
        hub.github.world().write(hub.repository, &branch, eve, files);
    };
    let mint = hub.inputs("mint", &asked);
    write(&[(&path, Some(&text.replace("3600", "7200")))]);
    refused(&hub, "ana", &mint, "the request has the digest");
    write(&[(&path, Some(&longer))]);
    refused(&hub, "ana", &mint, "the request has the digest");
    let mut renamed = mint.clone();
    renamed.insert("digest", mine.to_string());
    refused(&hub, "ana", &renamed, "not the same one's");
    renamed.insert("request", mine.request_id().to_string());
    refused(&hub, "ana", &renamed, "another request's name");
    write(&[(&path, Some(&text)), ("people.toml", Some(""))]);
    refused(&hub, "ana", &mint, "changes more than one file");
    switch_off(&hub, "requests");
    let main = hub.tip("main");
    let client = hub.client("eve");
    let foreign = hub.wait(async {
        let base = client.commit(&main).await.unwrap().tree.sha;
        let files = [NewFile { path: path.clone(), content: longer.clone() }];
        let tree = client.create_tree(Some(&base), &files).await.unwrap();
        client.create_commit("x", &tree, &[&main]).await.unwrap()
    });
    let forced = json!({ "sha": foreign, "force": true });
    let place = format!("/git/refs/heads/{branch}");
    assert_eq!(call(&hub, "eve", http::Method::PATCH, &place, &forced).0, 200);
    refused(&hub, "ana", &mint, "the request has the digest");
}

#[test]
fn whoever_may_not_speak_is_not_heard() {
    let hub = Hub::new();
    let asked = hub.ask(1, |_| {});
    hub.review("dee", &asked, "APPROVE");
    let mint = hub.inputs("mint", &asked);
    let waits = |words: &str| refused(&hub, "ana", &mint, words);
    // The author: GitHub itself refuses it.
    let ana = hub.client("ana");
    let head = hub.tip(&branch(&asked));
    assert!(hub.wait(ana.create_review(asked.pull, &head, "APPROVE", "Mine.")).is_err());
    waits("reviews are missing: 1 of group:sre");
    // A workflow's own token, in a repository that allows it.
    hub.github.world().repository_mut(hub.repository).actions_may_approve = true;
    let robot = bot(&hub, &["pull_requests"]);
    hub.wait(robot.create_review(asked.pull, &head, "APPROVE", "Beep.")).unwrap();
    waits("reviews are missing: 1 of group:sre");
    // A person whom the policy does not know, also under the login of one whom it knows.
    hub.review("eve", &asked, "APPROVE");
    hub.github.world().rename_account("bo", "robert");
    hub.github.world().rename_account("eve", "bo");
    hub.review("eve", &asked, "APPROVE");
    waits("reviews are missing: 1 of group:sre");
    // A review of something else: another commit, without this request in it.
    let main = hub.tip("main");
    hub.wait(hub.client("cy").create_review(asked.pull, &main, "APPROVE", "Seen.")).unwrap();
    waits("reviews are missing: 1 of group:sre");
    // One person for two groups, twice, and a person who has since changed their login.
    let alone = hub.ask(2, |statement| {
        statement.reason = "INC-43".to_owned();
        statement.duration = "30m".parse().unwrap();
    });
    hub.wait(hub.client("ana").close_pull(asked.pull)).unwrap();
    hub.review("bo", &alone, "APPROVE");
    hub.review("bo", &alone, "APPROVE");
    refused(&hub, "ana", &hub.inputs("mint", &alone), "reviews are missing");
    hub.review("dee", &alone, "APPROVE");
    assert_eq!(hub.run("ana", &hub.inputs("mint", &alone)).conclusion, Some("success"));
}

#[test]
fn dismissing_takes_an_approval_away_and_never_a_denial() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let mint = hub.inputs("mint", &asked);
    hub.review("cy", &asked, "REQUEST_CHANGES");
    let reviews = hub.wait(hub.client("ana").reviews(asked.pull)).unwrap();
    let of = |state: &str| reviews.iter().find(|review| review.state == state).unwrap().id;
    let dismiss = |who: &str, review: u64| {
        let place = format!("/pulls/{}/reviews/{review}/dismissals", asked.pull);
        call(&hub, who, http::Method::PUT, &place, &json!({ "message": "x" })).0
    };
    // The ruleset allows nobody. Without it, anybody who may push may do it.
    assert_eq!(dismiss("ana", of("CHANGES_REQUESTED")), 403);
    switch_off(&hub, "main");
    assert_eq!(dismiss("ana", of("CHANGES_REQUESTED")), 200);
    refused(&hub, "ana", &mint, "cy denied it");
    // Withdrawn, and still a denial.
    hub.review("cy", &asked, "APPROVE");
    refused(&hub, "ana", &mint, "cy denied it");
    let other = hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    hub.wait(hub.client("ana").close_pull(asked.pull)).unwrap();
    hub.review("bo", &other, "APPROVE");
    hub.review("dee", &other, "APPROVE");
    let review = hub.wait(hub.client("ana").reviews(other.pull)).unwrap()[0].id;
    let place = format!("/pulls/{}/reviews/{review}/dismissals", other.pull);
    assert_eq!(call(&hub, "eve", http::Method::PUT, &place, &json!({ "message": "x" })).0, 200);
    refused(&hub, "ana", &hub.inputs("mint", &other), "reviews are missing");
}

#[test]
fn a_pull_request_in_anothers_name_is_no_request() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let (branch, pull) = (branch(&asked), asked.pull);
    hub.wait(hub.client("ana").close_pull(pull)).unwrap();
    // By a colleague, who then dispatches; by a bot; from a fork.
    let mut forged = Asked {
        signed: asked.signed.clone(),
        recipient: jit::secret::seal::RecipientKey::generate(&[1; 32]),
        ..asked
    };
    forged.pull = hub.wait(hub.client("bo").create_pull("x", &branch, "main", "")).unwrap().number;
    refused(&hub, "bo", &hub.inputs("mint", &forged), "its branch has another pull request");
    refused(&hub, "ana", &hub.inputs("mint", &forged), "somebody else dispatched the run");
    let fresh = hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    let text = request_file::write(&fresh.signed);
    let id = fresh.digest.request_id();
    hub.wait(hub.client("ana").close_pull(fresh.pull)).unwrap();
    let delete = format!("/git/refs/heads/jit/{id}");
    assert_eq!(call(&hub, "ana", http::Method::DELETE, &delete, &Value::Null).0, 204);
    hub.finish_all();
    // As if ana had not opened one herself.
    hub.github.world().repository_mut(hub.repository).pulls.remove(&fresh.pull);
    hub.github.world().repository_mut(hub.repository).actions_may_approve = true;
    let robot = bot(&hub, &["contents", "pull_requests"]);
    let mut by_bot =
        Asked { pull: propose(&hub, &robot, &format!("jit/{id}"), &[(&path(&fresh), &text)]), ..fresh };
    refused(&hub, "ana", &hub.inputs("mint", &by_bot), "somebody else dispatched the run");
    hub.github.world().repository_mut(hub.repository).pulls.remove(&by_bot.pull);
    by_bot.pull =
        hub.wait(hub.client("bo").create_pull("x", &format!("jit/{id}"), "main", "")).unwrap().number;
    refused(&hub, "ana", &hub.inputs("mint", &by_bot), "somebody else dispatched the run");
    refused(&hub, "bo", &hub.inputs("mint", &by_bot), "the statement is ana's, and bo brings it");
    hub.github.world().repository_mut(hub.repository).pulls.remove(&by_bot.pull);
    // A fork, with exactly the same commit.
    assert_eq!(call(&hub, "ana", http::Method::POST, "/forks", &json!({})).0, 202);
    by_bot.pull =
        hub.wait(hub.client("ana").create_pull("x", &format!("ana:jit/{id}"), "main", "")).unwrap().number;
    refused(&hub, "ana", &hub.inputs("mint", &by_bot), "it comes from a fork");
}

#[test]
fn files_that_are_more_or_other_than_one_request_are_none() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let (file, path) = (request_file::write(&asked.signed), path(&asked));
    let id = asked.digest.request_id();
    let lower = id.as_str().to_lowercase();
    let people = hub.policy("account", None)["people.toml"].clone();
    let wrong = "requests/7F3KQ2M8ZD.json";
    let in_folder = format!("requests/{id}.json/x.json");
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case; 6] = [
        ("jit/two", &[(&path, &file), (wrong, &file)], "changes more than one file"),
        (
            "jit/smuggled",
            &[(&path, &file), ("people.toml", &people.replace("dev = [\"ana\"]", "dev = []"))],
            "changes more than one file",
        ),
        ("jit/7F3KQ2M8ZD", &[(wrong, &file)], "another request's name"),
        (&format!("jit/{lower}"), &[(&path, &file)], "its branch is not the request's"),
        ("jit/folder", &[(&in_folder, &file)], "its file is not a request's"),
        ("jit/lower", &[(&format!("requests/{lower}.json"), &file)], "its file is not a request's"),
    ];
    for (branch, files, words) in cases {
        let pull = propose(&hub, &hub.client("ana"), branch, files);
        let forged = Asked {
            digest: asked.digest,
            pull,
            recipient: jit::secret::seal::RecipientKey::generate(&[1; 32]),
            signed: asked.signed.clone(),
        };
        hub.review("bo", &forged, "APPROVE");
        hub.review("dee", &forged, "APPROVE");
        refused(&hub, "ana", &hub.inputs("mint", &forged), words);
    }
    // Git has no paths that lead out of their folder.
    let main = hub.tip("main");
    let ana = hub.client("ana");
    for out in ["requests/../people.toml", "/people.toml", "requests//x.json", ".git/config"] {
        let base = hub.wait(ana.commit(&main)).unwrap().tree.sha;
        let files = [NewFile { path: out.to_owned(), content: file.clone() }];
        assert!(hub.wait(ana.create_tree(Some(&base), &files)).is_err(), "{out}");
    }
}

#[test]
fn what_is_dispatched_by_hand_leads_nowhere() {
    let hub = Hub::new();
    let asked = hub.approved(1);
    let other = hub.ask(2, |statement| statement.reason = "INC-43".to_owned());
    let good = hub.inputs("mint", &asked);
    let with = |name: &'static str, value: &str| {
        let mut inputs = good.clone();
        inputs.insert(name, value.to_owned());
        inputs
    };
    let pull = other.pull.to_string();
    refused(&hub, "ana", &with("pull", &pull), "the request has the digest");
    refused(&hub, "ana", &with("digest", &other.digest.to_string()), "not the same one's");
    refused(&hub, "ana", &with("request", other.digest.request_id().as_str()), "not the same one's");
    refused(&hub, "ana", &with("request", "../../../x"), "JIT_REQUEST has an invalid value");
    refused(&hub, "ana", &with("action", "mint\nenvironment=jit-log"), "JIT_ACTION has an invalid value");
    refused(&hub, "ana", &with("action", "mint; curl evil"), "JIT_ACTION has an invalid value");
    refused(&hub, "ana", &with("head", "9.x"), "JIT_HEAD has an invalid value");
    // Nobody can name the environment or the key that is sealed to.
    let before = before(&hub);
    for name in ["environment", "recipient", "role", "target"] {
        let dispatched = hub.wait(hub.client("ana").dispatch("jit.yml", "main", &with(name, "jit-log")));
        assert_eq!(dispatched.unwrap_err().status(), Some(422), "{name}");
    }
    // On another branch, with exactly the same file: the log's environment is for main only.
    let ana = hub.id("ana");
    hub.github.world().write(hub.repository, "side", ana, &[("x", Some("x"))]);
    for branch in [branch(&asked), "side".to_owned()] {
        let run = hub.wait(hub.client("ana").dispatch("jit.yml", &branch, &good)).unwrap().unwrap();
        let run = hub.finish(run.workflow_run_id);
        before.nothing(&hub, &run, "is not allowed to deploy to jit-log");
    }
}

#[test]
fn a_missing_environment_opens_nothing() {
    let hub = Hub::new();
    let role = environment_of(&"prod-admin".parse().unwrap());
    let asked = hub.approved(1);
    let main = hub.id("olga");
    let target = Target::sandbox(ARN.parse().unwrap(), CLOUD.to_owned()).unwrap();
    // The role's environment: a workflow of any branch may name it now, and the cloud still trusts one workflow.
    let gone = format!("/environments/{role}");
    assert_eq!(call(&hub, "olga", http::Method::DELETE, &gone, &Value::Null).0, 204);
    let text = workflow(&format!("    environment: {role}\n"));
    hub.github.world().write(hub.repository, "evil", main, &[(".github/workflows/jit.yml", Some(&text))]);
    let (log, before) = (hub.tip("jit-log"), handed_over(&hub.github));
    let run = hub.wait(hub.client("eve").dispatch("jit.yml", "evil", &BTreeMap::new())).unwrap().unwrap();
    Runner::new(&hub.github, &Thief(&hub.shell, &target)).run_all();
    let run = hub.github.world().runs[&run.workflow_run_id].clone();
    assert_eq!(outcome(&run, "steal"), "failure");
    assert!(said(&run, "steal").contains("Not authorized"), "{}", said(&run, "steal"));
    assert_eq!((hub.tip("jit-log"), handed_over(&hub.github)), (log, before));
    // The log's environment: its keys go with it, and nothing is decided.
    assert_eq!(call(&hub, "olga", http::Method::DELETE, "/environments/jit-log", &Value::Null).0, 204);
    refused(&hub, "ana", &hub.inputs("mint", &asked), "JIT_LOG_KEY is not set");
}

#[test]
fn a_hostile_reason_is_words_and_nothing_more() {
    let hub = Hub::new();
    let hostile = "INC-1 ``` @everyone <img src=x> | ::set-output name=mint::true ::set-env name=A::b ${{ secrets.JIT_LOG_KEY }} $(id) `id` ##[add-mask]x";
    let asked = hub.ask(1, |statement| statement.reason = hostile.to_owned());
    hub.review("bo", &asked, "APPROVE");
    refused(&hub, "ana", &hub.inputs("mint", &asked), "reviews are missing");
    hub.review("dee", &asked, "APPROVE");
    let run = hub.run("ana", &hub.inputs("mint", &asked));
    assert_eq!(run.conclusion, Some("success"), "{}", said(&run, "decide"));
    let decide = run.job("decide").unwrap();
    assert_eq!(decide.outputs["environment"], "jit-role-prod-admin");
    for job in ["decide", "mint"] {
        let log = said(&run, job);
        assert!(!log.contains("set-output") && !log.contains(hub.key.expose()), "{log}");
    }
    // Text that could begin a line of its own is not accepted into a statement.
    let broken =
        Statement::parse(asked.signed.statement.replace("INC-1 ", "INC-1\\n::set-output").as_bytes());
    assert!(broken.is_err());
}

/// Text that could imitate the columns of a review is refused.
#[test]
fn a_reason_that_draws_columns_is_not_taken_in() {
    let hub = Hub::new();
    let wide = hub.ask(1, |statement| statement.reason = "INC-2   scope     nothing".to_owned());
    hub.review("bo", &wide, "APPROVE");
    hub.review("dee", &wide, "APPROVE");
    refused(&hub, "ana", &hub.inputs("mint", &wide), "more than 2 blanks in a row");
}

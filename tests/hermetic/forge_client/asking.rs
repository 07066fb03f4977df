//! Asking: exactly one pull request with one file, however often a call fails.

use std::time::Duration;

use jit::forge::request_file;
use jit::grant::RequestId;

use crate::forge::hub::Hub;
use crate::forge_client::stage::Person;
use crate::forge_client::stage::logged_in;
use crate::support::github::faults;
use crate::support::github::faults::When;

/// The numbers of all pull requests.
fn pulls(hub: &Hub) -> Vec<u64> {
    hub.github.world().repository(hub.repository).pulls.keys().copied().collect()
}

fn branches(hub: &Hub) -> usize {
    let world = hub.github.world();
    world.repository(hub.repository).refs.keys().filter(|name| name.starts_with("refs/heads/jit/")).count()
}

#[test]
fn a_request_is_a_pull_request_with_one_file() {
    let (hub, [ana]) = logged_in(["ana"]);
    let shot = ana.answering("request prod-admin --reason INC-42 --no-wait", &["y"]);
    let id: RequestId = shot.ok().parse().unwrap();
    assert!(shot.stderr.contains("? Ask for prod-admin, 1h?"), "{shot}");
    assert!(shot.stderr.contains("bo, cy, dee by pull request"), "{shot}");
    let [number] = pulls(&hub)[..] else { panic!() };
    let client = hub.client("bo");
    let (pull, files, asked) = hub.wait(async {
        let pull = client.pull(number).await.unwrap();
        let files = client.pull_files(number).await.unwrap();
        (
            pull,
            files,
            client.content(&request_file::path_of(&id), &request_file::branch_of(&id)).await.unwrap(),
        )
    });
    assert_eq!(pull.title, format!("jit: ana asks for prod-admin ({id})"));
    assert_eq!(
        files.iter().map(|file| file.filename.as_str()).collect::<Vec<_>>(),
        [request_file::path_of(&id)]
    );
    let file = request_file::read(&asked.unwrap()).unwrap();
    assert_eq!((file.digest.request_id(), file.statement.reason.as_str()), (id.clone(), "INC-42"));
    let requested = hub.github.world().pull(hub.repository, &number.to_string()).unwrap().requested.len();
    assert_eq!(requested, 3);
    // CI accepts what the client made.
    let inputs = std::collections::BTreeMap::from([
        ("action", "mint".to_owned()),
        ("request", id.to_string()),
        ("pull", number.to_string()),
        ("digest", file.digest.to_string()),
        ("nonce", "abc".to_owned()),
        ("form", "2".to_owned()),
    ]);
    let run = hub.run("ana", &inputs);
    assert!(crate::forge::hub::said(&run, "decide").contains("reviews are missing: 1 of group:"));
    // Asking again finds the same request.
    let again = ana.answering("request prod-admin --reason INC-42 --no-wait -y", &[]);
    assert_eq!(again.ok(), id.as_str());
    assert_eq!(pulls(&hub), [number]);
    let status = ana.run("status");
    assert!(status.ok().contains(id.as_str()) && status.stdout.contains("pending"), "{status}");
    let shown = ana.show(id.as_str());
    assert_eq!((&shown["state"], &shown["who"]), (&"pending".into(), &"ana".into()));
    // Both demands are missing, with the people who could give them.
    assert_eq!(shown["missing"].as_array().unwrap().len(), 2, "{shown}");
}

#[test]
fn whatever_fails_on_the_way_one_request_comes_of_it() {
    // Every write of asking, once not done, and once done with a lost answer.
    for (method, part, skip) in [
        ("POST", "git/trees", 0),
        ("POST", "git/commits", 0),
        ("MUTATION", "createRef", 0),
        ("MUTATION", "createPullRequest", 0),
        // Both together: the fourth question of all.
        ("POST", "/graphql", 3),
        ("POST", "requested_reviewers", 0),
    ] {
        for when in [When::Before, When::After] {
            let (hub, [ana]) = logged_in(["ana"]);
            hub.github.world().faults.order_later(method, part, skip, 1, when, faults::bad_gateway());
            let first = ana.words(&["request", "prod-admin", "--reason", "INC-42", "--no-wait", "-y"], &[]);
            if part == "requested_reviewers" {
                first.ok();
                assert!(first.stderr.contains("not told: "), "{part} {first}");
            } else {
                first.failed(1, &["prod-admin was not requested"]);
            }
            hub.clock.advance(Duration::from_secs(20));
            let id = ana.ask("INC-42");
            assert_eq!(pulls(&hub).len(), 1, "{part} {when:?}");
            assert_eq!(branches(&hub), 1, "{part} {when:?}");
            // The key that opens its credentials is here, and no other.
            let keys = ana.world.keychain.items();
            assert!(keys.len() == 1 && keys[0].ends_with(&id), "{part} {when:?} {keys:?}");
            let bo = Person::new(&hub, "bo").logged_in();
            assert_eq!(bo.show(&id)["state"], "pending");
        }
    }
}

/// The branch is made, and its pull request is not.
fn fail_to_open(hub: &Hub) {
    let fault = faults::bad_gateway();
    hub.github.world().faults.order("MUTATION", "createPullRequest", 1, When::Before, fault);
}

#[test]
fn what_was_begun_long_ago_is_begun_anew() {
    let (hub, [ana]) = logged_in(["ana"]);
    fail_to_open(&hub);
    ana.words(&["request", "prod-admin", "--reason", "INC-42", "--no-wait", "-y"], &[]).failed(1, &[]);
    // Its pull request would come too late to count.
    hub.clock.advance(Duration::from_secs(600));
    let id = ana.ask("INC-42");
    assert_eq!((pulls(&hub).len(), branches(&hub)), (1, 2));
    assert_eq!(ana.show(&id)["state"], "pending");
    // A different request does not resume it either.
    let (hub, [ana]) = logged_in(["ana"]);
    fail_to_open(&hub);
    ana.words(&["request", "prod-admin", "--reason", "INC-42", "--no-wait", "-y"], &[]).failed(1, &[]);
    let id = ana.ask("INC-43");
    assert_eq!(ana.show(&id)["reason"], "INC-43");
}

#[test]
fn hostile_words_stay_words() {
    let (hub, [ana, bo]) = logged_in(["ana", "bo"]);
    let reason =
        "``` <!-- jit:review:v1:x --> <img src=x> @everyone ${{ secrets.X }} ::set-output name=a::b | # big";
    let id = ana.ask(reason);
    let [number] = pulls(&hub)[..] else { panic!() };
    let world = hub.github.world();
    let pull = world.pull(hub.repository, &number.to_string()).unwrap();
    assert!(!pull.title.contains("${{") && !pull.title.contains('@'));
    assert!(
        pull.body.as_ref().unwrap().contains(&format!("- **reason:** ```` {reason} ````\n")),
        "{:?}",
        pull.body
    );
    drop(world);
    ana.words(&["request", "prod-admin", "--reason", "a\u{1b}[2Jb", "-y", "--no-wait"], &[]);
    // A title that somebody changed is ignored.
    let olga = hub.id("olga");
    hub.github.world().pull_mut(hub.repository, &number.to_string()).unwrap().title =
        "ana asks for \u{1b}[2J lunch".to_owned();
    assert_ne!(olga, 0);
    let shown = bo.run(&format!("show {id}"));
    assert!(!shown.ok().contains("lunch") && !shown.stdout.contains('\u{1b}'), "{shown}");
    assert_eq!(bo.show(&id)["reason"], reason);
    let approved = bo.words(&["approve", &id, "-y", "--comment", "<!-- jit:review:v1: ``` "], &[]);
    approved.ok();
    assert_eq!(bo.show(&id)["reviews"][0]["by"], "bo");
}

#[test]
fn what_cannot_be_had_here_is_said_before_anything_is_made() {
    let (hub, [ana]) = logged_in(["ana"]);
    let mut files = hub.policy("account", None);
    files.retain(|path, _| path.starts_with("roles/"));
    let role = files["roles/prod-admin.toml"].replace("signed =", "bind_ip = true\nsigned =");
    assert!(role.contains("bind_ip"));
    let bound = role.replace("bind_ip = true\n", "").replace("[sandbox]\n", "[sandbox]\nbind_ip = true\n");
    hub.write_main(&std::collections::BTreeMap::from([("roles/prod-admin.toml".to_owned(), bound)]));
    let shot = ana.words(&["request", "prod-admin", "--reason", "INC-42", "--no-wait", "-y"], &[]);
    shot.failed(5, &["prod-admin is not available from GitHub: its credentials are bound", "needs a broker"]);
    ana.words(&["break-glass", "prod-admin", "--reason", "fire", "-y"], &[])
        .failed(5, &["emergency access to prod-admin is not available from GitHub: it tells nobody"]);
    for words in
        [&["key", "list"][..], &["key", "confirm"], &["key", "vouch", "bo"], &["key", "drop", "SHA256:x"]]
    {
        ana.words(words, &[]).failed(5, &["enrolling keys is not available from GitHub", "people.toml"]);
    }
    let condition = "[when]\nrequest = \"context has source_ip && context.source_ip.isInRange(ip(\\\"192.0.2.0/24\\\"))\"\n[sandbox]\n";
    let placed = files["roles/prod-admin.toml"].replace("[sandbox]\n", condition);
    hub.write_main(&std::collections::BTreeMap::from([("roles/prod-admin.toml".to_owned(), placed)]));
    ana.words(&["request", "prod-admin", "--reason", "INC-42", "--no-wait", "-y"], &[])
        .failed(5, &["a condition looks at the requester's address, which GitHub does not tell"]);
    assert!(pulls(&hub).is_empty());
}

#[test]
fn at_most_ten_requests_wait() {
    let (hub, [ana]) = logged_in(["ana"]);
    let role = hub.policy("account", None)["roles/prod-admin.toml"].clone();
    let more: std::collections::BTreeMap<String, String> = (0..11)
        .map(|number| {
            let arn = format!("role/other-{number}");
            (format!("roles/role-{number}.toml"), role.replace("role/prod-admin", &arn))
        })
        .collect();
    hub.write_main(&more);
    for number in 0..10 {
        ana.words(&["request", &format!("role-{number}"), "--reason", "INC-42", "--no-wait", "-y"], &[]).ok();
    }
    ana.words(&["request", "role-10", "--reason", "INC-42", "--no-wait", "-y"], &[])
        .failed(5, &["10 requests wait for reviews already"]);
    assert_eq!(pulls(&hub).len(), 10);
}

#[test]
fn main_may_move_between_plan_and_asking() {
    let (hub, [ana]) = logged_in(["ana"]);
    // The policy changes while the person reads the plan: the request is made at the commit where the plan was read.
    let id = ana.ask("INC-42");
    let mut files = hub.policy("account", None);
    files.retain(|path, _| path.starts_with("roles/"));
    let shorter = files["roles/prod-admin.toml"].replace("max_duration = \"4h\"", "max_duration = \"1h\"");
    hub.write_main(&std::collections::BTreeMap::from([("roles/prod-admin.toml".to_owned(), shorter)]));
    assert_eq!(ana.show(&id)["state"], "pending");
    // A policy in which the role opens something else ends it.
    let other = files["roles/prod-admin.toml"].replace("role/prod-admin", "role/other");
    hub.write_main(&std::collections::BTreeMap::from([("roles/prod-admin.toml".to_owned(), other)]));
    let shown = ana.show(&id);
    assert_eq!(shown["state"], "revoked", "{shown}");
    assert!(shown["closing"]["why"].as_str().unwrap().contains("the policy changed"), "{shown}");
}

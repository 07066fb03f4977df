//! Reviewing: the view comes from the bytes, and the review is bound to them.

use jit::forge::request_file;
use jit::forge::review_body;
use jit::forge::review_body::Carried;

use crate::forge::hub::Hub;
use crate::forge_client::stage::Person;
use crate::forge_client::stage::logged_in;

fn last_review(hub: &Hub, number: u64) -> (String, String, Option<String>) {
    let bo = hub.client("bo");
    let review = hub.wait(bo.reviews(number)).unwrap().pop().unwrap();
    (review.state, review.body.unwrap_or_default(), review.commit_id)
}

fn only_pull(hub: &Hub) -> u64 {
    *hub.github.world().repository(hub.repository).pulls.keys().last().unwrap()
}

#[test]
fn two_people_approve_in_the_terminal() {
    let (hub, [ana, bo, dee]) = logged_in(["ana", "bo", "dee"]);
    let id = ana.ask("INC-42");
    let inbox = bo.run("inbox");
    assert!(inbox.ok().contains(&id) && inbox.stdout.contains("INC-42"), "{inbox}");
    let shot = bo.answering("approve", &[&id[..4]]);
    shot.ok();
    assert!(shot.stderr.contains("ana asks for prod-admin") && shot.stderr.contains("digest"), "{shot}");
    assert!(
        shot.stderr.contains(
            "? Approve prod-admin for ana, 1h? Production: type the first four characters of its id"
        ),
        "{shot}"
    );
    let (state, body, _) = last_review(&hub, only_pull(&hub));
    assert_eq!(state, "APPROVED");
    let Carried::Signed(both) = review_body::read(&body) else { panic!("{body}") };
    assert_eq!(both.1.request.request_id().as_str(), id);
    assert_eq!(ana.show(&id)["state"], "pending");
    dee.words(&["approve", &id, "-y", "--for", "30m", "--comment", "half of it"], &[]).ok();
    let shown = ana.show(&id);
    assert_eq!((&shown["state"], &shown["approved_duration"]), (&"approved".into(), &"30m".into()));
    assert_eq!(shown["approved_by"], serde_json::json!(["bo", "dee"]));
    assert!(bo.run("inbox").ok().is_empty() || !bo.run("inbox").stdout.contains(&id));
    // A repeated click is one review.
    let before = hub.wait(hub.client("bo").reviews(only_pull(&hub))).unwrap().len();
    dee.words(&["approve", &id, "-y", "--for", "30m", "--comment", "half of it"], &[]);
    assert_eq!(hub.wait(hub.client("bo").reviews(only_pull(&hub))).unwrap().len(), before);
}

#[test]
fn a_review_on_the_web_does_where_an_account_is_enough() {
    let (hub, [ana]) = logged_in(["ana"]);
    let id = ana.ask("INC-42");
    let number = only_pull(&hub);
    for who in ["bo", "dee"] {
        let client = hub.client(who);
        hub.wait(async {
            let head = client.pull(number).await.unwrap().head.sha;
            client.create_review(number, &head, "APPROVE", "Seen.").await.unwrap();
        });
    }
    let shown = ana.show(&id);
    assert_eq!(shown["state"], "approved", "{shown}");
    assert_eq!(shown["reviews"].as_array().unwrap().len(), 2);
    assert!(ana.run(&format!("show {id}")).ok().contains("bo says approve"));
}

#[test]
fn a_denial_is_final() {
    let (hub, [ana, bo, dee]) = logged_in(["ana", "bo", "dee"]);
    let id = ana.ask("INC-42");
    bo.words(&["deny", &id, "-y", "--reason", "not today"], &[]).ok();
    assert_eq!(last_review(&hub, only_pull(&hub)).0, "CHANGES_REQUESTED");
    let shown = ana.show(&id);
    assert_eq!((&shown["state"], &shown["closing"]["by"]), (&"denied".into(), &"bo".into()));
    dee.words(&["approve", &id, "-y"], &[]).failed(5, &["denied"]);
    ana.run(&format!("wait {id}")).failed(5, &["prod-admin was denied by bo"]);
}

#[test]
fn nobody_reviews_what_is_theirs_or_not_theirs_to_review() {
    let (hub, [ana]) = logged_in(["ana"]);
    let id = ana.ask("INC-42");
    ana.words(&["approve", &id, "-y"], &[]).failed(5, &["nobody reviews their own request"]);
    // eve has an account in the repository and is not in the policy.
    Person::new(&hub, "eve")
        .run("login github:acme/access")
        .failed(5, &["no person in the policy has the GitHub account eve"]);
    assert!(hub.wait(hub.client("bo").reviews(only_pull(&hub))).unwrap().is_empty());
    // Reviews on the web by the author or a bot are ignored.
    let client = hub.client("ana");
    let number = only_pull(&hub);
    hub.wait(async {
        let head = client.pull(number).await.unwrap().head.sha;
        assert!(client.create_review(number, &head, "APPROVE", "me").await.is_err());
        client.create_review(number, &head, "COMMENT", "me").await.unwrap();
    });
    assert_eq!(ana.show(&id)["reviews"], serde_json::json!([]));
}

#[test]
fn a_role_that_wants_a_key_takes_no_account() {
    let hub = Hub::new();
    let mut files = hub.policy("key", None);
    files.retain(|path, _| path.starts_with("roles/"));
    hub.write_main(&files);
    let ana = Person::new(&hub, "ana").logged_in();
    let id = ana.ask("INC-42");
    let number = only_pull(&hub);
    for who in ["bo", "dee"] {
        let client = hub.client(who);
        hub.wait(async {
            let head = client.pull(number).await.unwrap().head.sha;
            client.create_review(number, &head, "APPROVE", "Seen.").await.unwrap();
        });
    }
    assert_eq!(ana.show(&id)["state"], "pending");
    for who in ["bo", "dee"] {
        Person::new(&hub, who).logged_in().words(&["approve", &id, "-y"], &[]).ok();
    }
    assert_eq!(ana.show(&id)["state"], "approved");
}

#[test]
fn what_was_swapped_under_a_reviewers_eyes_is_not_approved() {
    let (hub, [ana, bo]) = logged_in(["ana", "bo"]);
    let id = ana.ask("INC-42");
    let number = only_pull(&hub);
    let branch = format!("jit/{id}");
    let path = format!("requests/{id}.json");
    let tip = hub.tip(&branch);
    let shown = hub.github.world().file(hub.repository, &tip, &path).unwrap();
    // Another request of ana's, for longer, replaces the one that bo reads, past every rule.
    let longer = hub.ask(9, |statement| statement.duration = "4h".parse().unwrap());
    let olga = hub.id("olga");
    let swapped = request_file::write(&longer.signed);
    assert_ne!(shown, swapped);
    hub.github.world().write(hub.repository, &branch, olga, &[(&path, Some(&swapped))]);
    bo.words(&["approve", &id, "-y"], &[]).failed(5, &["has another request's name"]);
    bo.run(&format!("show {id}")).failed(5, &["has another request's name"]);
    assert!(!bo.run("inbox").ok().contains(&id));
    assert!(hub.wait(hub.client("bo").reviews(number)).unwrap().is_empty());
    // A second file beside it.
    hub.github.world().write(
        hub.repository,
        &branch,
        olga,
        &[(path.as_str(), Some(shown.as_str())), ("roles/prod-admin.toml", Some("requesters = []\n"))],
    );
    bo.words(&["approve", &id, "-y"], &[]).failed(5, &["it is not one added file of a request"]);
}

#[test]
fn a_review_names_the_commit_that_was_read() {
    let (hub, [ana, bo]) = logged_in(["ana", "bo"]);
    let id = ana.ask("INC-42");
    let head = hub.tip(&format!("jit/{id}"));
    bo.words(&["approve", &id, "-y"], &[]).ok();
    assert_eq!(last_review(&hub, only_pull(&hub)).2, Some(head));
}

#[test]
fn requests_of_others_in_ones_own_name_are_not_shown() {
    let (hub, [ana, bo]) = logged_in(["ana", "bo"]);
    // cy opens a pull request with ana's signed statement: copied bytes under another account.
    let asked = hub.ask(5, |_| {});
    let ana_client = hub.client("ana");
    hub.wait(ana_client.close_pull(asked.pull)).unwrap();
    let cy = hub.client("cy");
    let id = asked.digest.request_id();
    let again = hub.wait(cy.create_pull("x", &request_file::branch_of(&id), "main", "")).unwrap();
    assert_ne!(again.number, asked.pull);
    assert!(!bo.run("inbox").ok().contains(id.as_str()));
    bo.words(&["approve", id.as_str(), "-y"], &[]).failed(5, &["another pull request"]);
    assert!(!ana.run("status").ok().contains(id.as_str()));
}

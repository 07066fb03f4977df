//! Pull requests, reviews and comments.

use serde_json::Value;
use serde_json::json;

use crate::support::github::fixture::Hub;

fn states(hub: &Hub, number: u64) -> Vec<(String, String)> {
    let reviews = hub.get("ana", &format!("pulls/{number}/reviews"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    reviews.as_array().unwrap().iter().map(|row| (text(&row["user"]["login"]), text(&row["state"]))).collect()
}

#[test]
fn a_pull_request_shows_what_it_changes_and_follows_its_branch() {
    let hub = Hub::new();
    let number = hub.pull("ana", "jit/ab12", "requests/ab12.json");
    let pull = hub.get("ben", &format!("pulls/{number}"));
    assert_eq!(pull["user"]["id"], hub.id("ana"));
    assert_eq!(pull["head"]["repo"]["id"], hub.repository);
    assert_eq!(pull["changed_files"], 1);
    let files = hub.get("ben", &format!("pulls/{number}/files"));
    assert_eq!(files[0]["filename"], "requests/ab12.json");
    let again = json!({"title": "Again", "head": "jit/ab12", "base": "main"});
    assert!(hub.on("ben", "POST", "pulls", again).refused(422).contains("already exists"));
    // Another person pushes to the branch: the head moves, and the author stays the same.
    let sha = hub.write("jit/ab12", "requests/cd34.json", "{}");
    let pull = hub.get("ben", &format!("pulls/{number}"));
    assert_eq!((pull["head"]["sha"].as_str(), pull["changed_files"].as_u64()), (Some(sha.as_str()), Some(2)));
    hub.on("ana", "DELETE", "git/refs/heads/jit/ab12", Value::Null).expect(204);
    let pull = hub.get("ben", &format!("pulls/{number}"));
    assert_eq!((pull["state"].as_str(), pull["head"]["sha"].as_str()), (Some("closed"), Some(sha.as_str())));
    let reopen = hub.on("ana", "PATCH", &format!("pulls/{number}"), json!({"state": "open"}));
    assert_eq!(reopen.status, 422);
    assert_eq!(hub.get("ben", "pulls").as_array().unwrap().len(), 0);
    assert_eq!(hub.get("ben", "pulls?state=all&head=acme:jit/ab12").as_array().unwrap().len(), 1);
}

#[test]
fn nobody_judges_their_own_and_a_bot_only_if_it_is_let() {
    let hub = Hub::new();
    let number = hub.pull("ana", "jit/ab12", "requests/ab12.json");
    assert!(hub.review("ana", number, "APPROVE").refused(422).contains("approve your own"));
    assert!(hub.review("ana", number, "REQUEST_CHANGES").refused(422).contains("own pull request"));
    hub.review("ana", number, "COMMENT").expect(200);
    hub.review("eve", number, "APPROVE").refused(404);
    let empty = json!({"event": "REQUEST_CHANGES"});
    assert_eq!(hub.on("ben", "POST", &format!("pulls/{number}/reviews"), empty).status, 422);
    hub.review("ben", number, "APPROVE").expect(200);
    hub.review("ben", number, "REQUEST_CHANGES").expect(200);
    // All of them stay, in order. Readers must take the last of each person.
    let expected = [("ana", "COMMENTED"), ("ben", "APPROVED"), ("ben", "CHANGES_REQUESTED")];
    assert_eq!(states(&hub, number), expected.map(|(who, state)| (who.to_owned(), state.to_owned())));
}

#[test]
fn a_review_is_of_a_commit_and_stays_with_it() {
    let hub = Hub::new();
    let number = hub.pull("ana", "jit/ab12", "requests/ab12.json");
    let first = hub.tip("jit/ab12");
    assert_eq!(hub.review("ben", number, "APPROVE").expect(200)["commit_id"], json!(first));
    let second = hub.write("jit/ab12", "requests/ab12.json", "{\"changed\":true}");
    let reviews = hub.get("ana", &format!("pulls/{number}/reviews"));
    // Still an approval, of an old commit.
    assert_eq!((&reviews[0]["state"], &reviews[0]["commit_id"]), (&json!("APPROVED"), &json!(first)));
    let old = json!({"event": "APPROVE", "commit_id": first});
    let old = hub.on("cleo", "POST", &format!("pulls/{number}/reviews"), old).expect(200);
    assert_eq!(old["commit_id"], json!(first));
    let unknown = json!({"event": "APPROVE", "commit_id": "0".repeat(40)});
    assert_eq!(hub.on("cleo", "POST", &format!("pulls/{number}/reviews"), unknown).status, 422);
    assert_eq!(hub.review("cleo", number, "APPROVE").expect(200)["commit_id"], json!(second));
}

#[test]
fn a_dismissed_review_no_longer_says_what_it_said_but_the_events_do() {
    let hub = Hub::new();
    let number = hub.pull("ana", "jit/ab12", "requests/ab12.json");
    let review = hub.review("ben", number, "REQUEST_CHANGES").expect(200)["id"].clone();
    let path = format!("pulls/{number}/reviews/{review}/dismissals");
    let body = json!({"message": "Never mind", "event": "DISMISS"});
    hub.on("dora", "PUT", &path, body.clone()).refused(403);
    // The author of the pull request may do it with write access. That is why a dismissed denial counts.
    assert_eq!(hub.on("ana", "PUT", &path, body.clone()).expect(200)["state"], "DISMISSED");
    assert_eq!(hub.on("ana", "PUT", &path, body).status, 422);
    let event = &hub.get("cleo", &format!("issues/{number}/events"))[0];
    assert_eq!(event["dismissed_review"]["state"], "changes_requested");
    assert_eq!(event["actor"]["login"], "ana");
    // Its author can still edit its text.
    let edited = hub.on("ben", "PUT", &format!("pulls/{number}/reviews/{review}"), json!({"body": "Other"}));
    assert_eq!(edited.expect(200)["body"], "Other");
    assert_eq!(
        hub.on("cleo", "PUT", &format!("pulls/{number}/reviews/{review}"), json!({"body": "x"})).status,
        422
    );
}

#[test]
fn dismissing_can_be_kept_to_some() {
    let hub = Hub::new();
    let number = hub.pull("ana", "jit/ab12", "requests/ab12.json");
    let review = hub.review("ben", number, "REQUEST_CHANGES").expect(200)["id"].clone();
    let parameters = json!({
        "required_approving_review_count": 0, "dismiss_stale_reviews_on_push": false, "require_code_owner_review": false,
        "require_last_push_approval": false, "required_review_thread_resolution": false,
        "dismissal_restriction": {"enabled": true, "allowed_actors": [{"id": hub.id("olga"), "type": "User"}]},
    });
    let ruleset = json!({
        "name": "main", "enforcement": "active", "rules": [{"type": "pull_request", "parameters": parameters}],
        "conditions": {"ref_name": {"include": ["refs/heads/main"], "exclude": []}},
    });
    hub.on("olga", "POST", "rulesets", ruleset).expect(201);
    let path = format!("pulls/{number}/reviews/{review}/dismissals");
    hub.on("ana", "PUT", &path, json!({"message": "x"})).refused(403);
    hub.on("olga", "PUT", &path, json!({"message": "x"})).expect(200);
}

#[test]
fn reviewers_are_asked_among_those_who_belong_and_paging_hides_nobody() {
    let hub = Hub::new();
    let team = hub.github.world().add_team("acme", "leads", &["ben", "cleo"]);
    let number = hub.pull("ana", "jit/ab12", "requests/ab12.json");
    let path = format!("pulls/{number}/requested_reviewers");
    assert_eq!(hub.on("ana", "POST", &path, json!({"reviewers": ["eve"]})).status, 422);
    assert_eq!(hub.on("ana", "POST", &path, json!({"reviewers": ["ana"]})).status, 422);
    assert_eq!(hub.on("ana", "POST", &path, json!({"team_reviewers": ["leads"]})).status, 422);
    hub.github
        .world()
        .repository_mut(hub.repository)
        .teams
        .insert(team, crate::support::github::access::Role::Read);
    let both = json!({"reviewers": ["ben"], "team_reviewers": ["leads"]});
    hub.on("ana", "POST", &path, both).expect(201);
    let asked = hub.get("ana", &path);
    assert_eq!(
        (asked["users"][0]["login"].as_str(), asked["teams"][0]["slug"].as_str()),
        (Some("ben"), Some("leads"))
    );
    for _ in 0..35 {
        hub.review("cleo", number, "COMMENT").expect(200);
    }
    hub.review("ben", number, "REQUEST_CHANGES").expect(200);
    // A person who has reviewed is no longer a requested reviewer.
    assert_eq!(hub.get("ana", &path)["users"], json!([]));
    let first = hub.on("ana", "GET", &format!("pulls/{number}/reviews"), Value::Null);
    assert_eq!(first.body.as_array().unwrap().len(), 30);
    let next = first.header("link").split('<').nth(1).unwrap().split('>').next().unwrap();
    let next = next.strip_prefix(&hub.github.origins().api).unwrap().to_owned();
    let second = hub.call("ana", "GET", &next, Value::Null).expect(200);
    assert_eq!(second[5]["state"], "CHANGES_REQUESTED");
    assert_eq!(second.as_array().unwrap().len(), 6);
}

#[test]
fn comments_are_edited_by_their_authors_and_a_fork_cannot_write() {
    let hub = Hub::new();
    let number = hub.pull("ana", "jit/ab12", "requests/ab12.json");
    let path = format!("issues/{number}/comments");
    let comment = hub.on("dora", "POST", &path, json!({"body": "Hello"})).expect(201)["id"].clone();
    let one = format!("issues/comments/{comment}");
    hub.on("dora", "PATCH", &one, json!({"body": "Hi"})).expect(200);
    assert_eq!(hub.get("ana", &path)[0]["body"], "Hi");
    hub.on("ana", "DELETE", &one, Value::Null).expect(204);
    // A reader cannot push, but can open a pull request from a fork, whose head names the fork.
    let sha = hub.tip("main");
    hub.on("dora", "POST", "git/refs", json!({"ref": "refs/heads/x", "sha": sha})).refused(403);
    let fork = hub.on("dora", "POST", "forks", json!({})).expect(202)["id"].clone();
    let change = json!({"message": "x", "content": "YQ==", "branch": "main"});
    hub.call("dora", "PUT", "/repos/dora/access/contents/requests/ab12.json", change).expect(201);
    let pull = json!({"title": "From outside", "head": "dora:main", "base": "main"});
    let pull = hub.on("dora", "POST", "pulls", pull).expect(201);
    assert_eq!((&pull["head"]["repo"]["id"], pull["head"]["repo"]["fork"].as_bool()), (&fork, Some(true)));
}

#[test]
fn a_pending_review_counts_when_it_is_submitted_for_the_commit_it_was_begun_on() {
    let hub = Hub::new();
    let number = hub.pull("ana", "jit/ab12", "requests/ab12.json");
    let first = hub.tip("jit/ab12");
    let path = format!("pulls/{number}/reviews");
    let review = hub.on("ben", "POST", &path, json!({"body": "Wait"})).expect(200)["id"].clone();
    assert_eq!(hub.get("ana", &path), json!([]), "only its author sees it");
    assert_eq!(hub.get("ben", &path)[0]["state"], "PENDING");
    hub.write("jit/ab12", "requests/ab12.json", "{\"changed\":true}");
    let submit = format!("{path}/{review}/events");
    assert_eq!(hub.on("cleo", "POST", &submit, json!({"event": "APPROVE"})).status, 422);
    let submitted = hub.on("ben", "POST", &submit, json!({"event": "APPROVE"})).expect(200);
    assert_eq!((&submitted["state"], &submitted["commit_id"]), (&json!("APPROVED"), &json!(first)));
}

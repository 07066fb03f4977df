//! Rulesets and branch protection, for those they apply to and those who may bypass them.
//!
//! Source: "Available rules for rulesets"; `POST /repos/{owner}/{repo}/rulesets`.

use serde_json::Value;
use serde_json::json;

use crate::support::github::access::Level;
use crate::support::github::access::Token;
use crate::support::github::access::TokenKind;
use crate::support::github::fixture::Hub;
use crate::support::github::git::rules::matches;

#[expect(clippy::needless_pass_by_value, reason = "callers build it in place")]
fn rule(hub: &Hub, name: &str, include: &str, kinds: &[&str], bypass: Value) -> Value {
    let rules: Vec<Value> = kinds.iter().map(|kind| json!({"type": kind})).collect();
    let body = json!({
        "name": name, "target": "branch", "enforcement": "active", "bypass_actors": bypass, "rules": rules,
        "conditions": {"ref_name": {"include": [include], "exclude": []}},
    });
    hub.on("olga", "POST", "rulesets", body).expect(201)
}

#[test]
fn request_branches_are_made_and_never_moved_or_removed() {
    let hub = Hub::new();
    rule(&hub, "requests", "refs/heads/jit/**", &["update", "deletion", "non_fast_forward"], json!([]));
    hub.branch("ana", "jit/ab12", "requests/ab12.json", "{}");
    let other = hub.commit("ben", "requests/ab12.json", "{\"more\":1}");
    for who in ["ana", "ben", "olga"] {
        let body = json!({"sha": other, "force": true});
        assert!(
            hub.on(who, "PATCH", "git/refs/heads/jit%2Fab12", body).refused(422).contains("rule violations")
        );
        assert_eq!(hub.on(who, "DELETE", "git/refs/heads/jit/ab12", Value::Null).status, 422);
        let change = json!({"message": "x", "content": "YQ==", "branch": "jit/ab12"});
        assert_eq!(hub.on(who, "PUT", "contents/requests/b.json", change).status, 409);
    }
    let shown = hub.get("dora", "rules/branches/jit%2Fab12");
    assert_eq!(shown.as_array().unwrap().len(), 3);
}

#[test]
fn a_branch_that_only_some_may_make_is_made_by_them() {
    let hub = Hub::new();
    let admins = json!([{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}]);
    rule(&hub, "log", "refs/heads/jit-log", &["creation"], admins);
    let body = json!({"ref": "refs/heads/jit-log", "sha": hub.tip("main")});
    assert!(
        hub.on("ana", "POST", "git/refs", body.clone()).refused(422).contains("creations being restricted")
    );
    hub.on("olga", "POST", "git/refs", body).expect(201);
    // A bypass for a role does not apply to an app, because roles belong to people.
    let app =
        hub.github.world().add_app("scribe", "", "acme", &[hub.repository], &[("contents", Level::Write)]);
    let (bot, permissions) = {
        let world = hub.github.world();
        (world.apps[&app].bot, world.apps[&app].installation.3.clone())
    };
    let kind = TokenKind::Installation(app, [hub.repository].into(), permissions);
    let token = Token { account: bot, kind, expires_at: None };
    hub.github.world().tokens.insert("installed".to_owned(), token);
    rule(
        &hub,
        "keep",
        "refs/heads/keep",
        &["creation"],
        json!([{"actor_id": 5, "actor_type": "RepositoryRole"}]),
    );
    let keep = json!({"ref": "refs/heads/keep", "sha": hub.tip("main")});
    assert_eq!(hub.on("installed", "POST", "git/refs", keep.clone()).status, 422);
    let named = json!([{"actor_id": app, "actor_type": "Integration", "bypass_mode": "always"}]);
    let id = hub.get("olga", "rulesets")[1]["id"].clone();
    hub.on("olga", "PUT", &format!("rulesets/{id}"), json!({"bypass_actors": named})).expect(200);
    hub.on("installed", "POST", "git/refs", keep).expect(201);
}

#[test]
fn patterns_stop_at_slashes_unless_they_say_otherwise() {
    assert!(matches("refs/heads/jit/**", "refs/heads/jit/a"));
    // Ruby's fnmatch: a trailing `**` is a `*`.
    assert!(!matches("refs/heads/jit/**", "refs/heads/jit/a/b"));
    assert!(matches("refs/heads/jit/**/*", "refs/heads/jit/a/b"));
    assert!(!matches("refs/heads/jit/*", "refs/heads/jit/a/b"));
    assert!(!matches("main", "mainly"));
    assert!(!matches("ma.n", "main"));
}

#[test]
fn the_log_is_written_by_the_one_who_may_pass_and_nobody_else() {
    let hub = Hub::new();
    hub.write("jit-log", "events/1.json", "{}");
    let robot = hub.github.world().add_person("robot");
    hub.github.world().collaborate(hub.repository, "robot", crate::support::github::access::Role::Write);
    let bypass = json!([{"actor_id": robot, "actor_type": "User", "bypass_mode": "always"}]);
    let made = rule(
        &hub,
        "log",
        "refs/heads/jit-log",
        &["update", "deletion", "non_fast_forward", "creation"],
        bypass,
    );
    let token =
        hub.github.world().fine_grained_token("robot", &[hub.repository], &[("contents", Level::Write)]);
    let append = |who: &str, name: &str| {
        let body = json!({"message": "Event", "content": "e30=", "branch": "jit-log"});
        hub.on(who, "PUT", &format!("contents/events/{name}.json"), body)
    };
    append("olga", "2").refused(409);
    append("ana", "2").refused(409);
    append(&token, "2").expect(201);
    // Only people who may change a ruleset can see its bypass list.
    let one = format!("rulesets/{}", made["id"]);
    assert_eq!(hub.get("olga", &one)["bypass_actors"][0]["actor_id"], robot);
    assert!(hub.get("ana", &one).get("bypass_actors").is_none());
    assert_eq!(hub.get("ana", &one)["current_user_can_bypass"], "never");
    hub.on("ana", "PUT", &one, json!({"enforcement": "disabled"})).refused(403);
    hub.on("olga", "PUT", &one, json!({"enforcement": "disabled"})).expect(200);
    append("ana", "3").expect(201);
}

#[test]
fn main_takes_changes_by_pull_request_with_enough_approvals() {
    let hub = Hub::new();
    let parameters = json!({
        "required_approving_review_count": 1, "dismiss_stale_reviews_on_push": true, "require_code_owner_review": false,
        "require_last_push_approval": false, "required_review_thread_resolution": false,
    });
    let body = json!({
        "name": "main", "enforcement": "active", "rules": [{"type": "pull_request", "parameters": parameters}],
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
    });
    hub.on("olga", "POST", "rulesets", body).expect(201);
    let direct = json!({"message": "x", "content": "YQ==", "branch": "main"});
    assert!(hub.on("ana", "PUT", "contents/a.txt", direct).refused(409).contains("pull request"));
    let number = hub.pull("ana", "change", "roles/x.toml");
    let merge = || hub.on("ana", "PUT", &format!("pulls/{number}/merge"), json!({}));
    merge().refused(405);
    // A reader's approval does not count here.
    hub.review("dora", number, "APPROVE").expect(200);
    merge().refused(405);
    hub.review("ben", number, "APPROVE").expect(200);
    // A push makes it stale.
    let moved = json!({"message": "More", "content": "YQ==", "branch": "change"});
    hub.on("ana", "PUT", "contents/roles/y.toml", moved).expect(201);
    let states: Vec<Value> = hub.get("ana", &format!("pulls/{number}/reviews")).as_array().unwrap().clone();
    assert!(states.iter().all(|review| review["state"] == "DISMISSED"), "{states:?}");
    merge().refused(405);
    hub.review("ben", number, "APPROVE").expect(200);
    assert_eq!(merge().expect(200)["merged"], true);
    assert_eq!(hub.get("ana", "contents/roles/x.toml")["type"], "file");
}

#[test]
fn a_protected_branch_shows_its_protection_to_administrators() {
    let hub = Hub::new();
    assert!(
        hub.on("olga", "GET", "branches/main/protection", Value::Null).refused(404).contains("not protected")
    );
    let body = json!({
        "required_status_checks": null, "enforce_admins": true, "restrictions": null,
        "required_pull_request_reviews": {"required_approving_review_count": 2, "dismiss_stale_reviews": true},
    });
    hub.on("ana", "PUT", "branches/main/protection", body.clone()).refused(403);
    hub.on("olga", "PUT", "branches/main/protection", body).expect(200);
    let shown = hub.get("olga", "branches/main/protection");
    assert_eq!(shown["required_pull_request_reviews"]["required_approving_review_count"], 2);
    hub.on("ana", "GET", "branches/main/protection", Value::Null).refused(403);
    assert_eq!(hub.get("ana", "branches/main")["protected"], true);
    let direct = json!({"message": "x", "content": "YQ==", "branch": "main"});
    assert_eq!(hub.on("olga", "PUT", "contents/a.txt", direct).status, 409);
}

//! The calls that a token may make, by its kind, its permissions and its owner's role.
//!
//! Source: "Permissions required for fine-grained personal access tokens"; "Automatic token authentication".

use serde_json::Value;
use serde_json::json;

use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::fixture::Hub;

#[test]
fn what_one_may_not_see_is_not_there() {
    let hub = Hub::new();
    for who in ["eve", ""] {
        hub.on(who, "GET", "", Value::Null).refused(404);
        hub.on(who, "GET", "contents/README.md", Value::Null).refused(404);
    }
    assert_eq!(hub.call("", "GET", "/user", Value::Null).status, 401);
    hub.call("ghp_wrong", "GET", "/users/ana", Value::Null).refused(401);
    let without = hub.github.world().classic_token("ana", &[]);
    hub.on(&without, "GET", "", Value::Null).refused(404);
    hub.github.world().repository_mut(hub.repository).private = false;
    hub.on("", "GET", "contents/README.md", Value::Null).expect(200);
    hub.on("eve", "POST", "git/refs", json!({"ref": "refs/heads/x", "sha": hub.tip("main")})).refused(403);
}

/// Method, path, body, and the permission that the call needs.
fn calls(hub: &Hub, number: u64) -> Vec<(&'static str, String, Value, &'static str, Level)> {
    let sha = hub.tip("main");
    let one = |rest: &str| format!("pulls/{number}{rest}");
    vec![
        ("GET", "contents/README.md".into(), Value::Null, "contents", Level::Read),
        ("GET", "compare/main...main".into(), Value::Null, "contents", Level::Read),
        ("POST", "git/blobs".into(), json!({"content": "x"}), "contents", Level::Write),
        ("POST", "git/refs".into(), json!({"ref": "refs/heads/new", "sha": sha}), "contents", Level::Write),
        ("GET", one(""), Value::Null, "pull_requests", Level::Read),
        ("GET", one("/reviews"), Value::Null, "pull_requests", Level::Read),
        ("POST", one("/reviews"), json!({"event": "COMMENT", "body": "x"}), "pull_requests", Level::Write),
        ("PATCH", one(""), json!({"title": "x"}), "pull_requests", Level::Write),
        ("POST", format!("issues/{number}/comments"), json!({"body": "x"}), "issues", Level::Write),
        ("GET", "actions/runs".into(), Value::Null, "actions", Level::Read),
        ("GET", "environments".into(), Value::Null, "actions", Level::Read),
        ("GET", "actions/workflows".into(), Value::Null, "actions", Level::Read),
        ("GET", "actions/oidc/customization/sub".into(), Value::Null, "actions", Level::Read),
        ("GET", "branches/main/protection".into(), Value::Null, "administration", Level::Read),
        ("PUT", "environments/prod".into(), json!({}), "administration", Level::Write),
        ("GET", "environments/prod/secrets".into(), Value::Null, "environments", Level::Read),
        ("GET", "actions/secrets".into(), Value::Null, "secrets", Level::Read),
        ("GET", "rulesets".into(), Value::Null, "metadata", Level::Read),
    ]
}

#[test]
fn each_call_needs_its_permission_and_no_other_will_do() {
    let hub = Hub::new();
    hub.github.world().add_environment(hub.repository, "prod");
    let number = hub.pull("ben", "jit/ab12", "requests/ab12.json");
    for (method, path, body, permission, level) in calls(&hub, number) {
        let all = [
            "contents",
            "pull_requests",
            "issues",
            "actions",
            "administration",
            "environments",
            "secrets",
            "metadata",
        ];
        let either = path.starts_with("issues/");
        let others: Vec<(&str, Level)> = all
            .into_iter()
            .filter(|name| *name != permission && !(either && *name == "pull_requests"))
            .map(|name| (name, Level::Write))
            .collect();
        // `olga` may do everything, so only the token limits the call.
        if permission != "metadata" {
            let token = hub.github.world().fine_grained_token("olga", &[hub.repository], &others);
            let answer = hub.on(&token, method, &path, body.clone());
            assert_eq!(answer.status, 403, "{method} {path} {}", answer.body);
            let accepted = answer.header("x-accepted-github-permissions").to_owned();
            assert!(accepted.contains(permission), "{method} {path}: {accepted}");
            if level == Level::Write {
                let weak = [(permission, Level::Read)];
                let token = hub.github.world().fine_grained_token("olga", &[hub.repository], &weak);
                assert_eq!(hub.on(&token, method, &path, body.clone()).status, 403, "{method} {path}");
            }
        }
        let elsewhere = hub.github.world().add_repository("acme", "other");
        let token = hub.github.world().fine_grained_token("olga", &[elsewhere], &[(permission, level)]);
        assert_eq!(hub.on(&token, method, &path, body.clone()).status, 404, "{method} {path}");
        hub.github.world().repositories.remove(&elsewhere);
        let token = hub.github.world().fine_grained_token("olga", &[hub.repository], &[(permission, level)]);
        let answer = hub.on(&token, method, &path, body);
        assert!(
            answer.status < 300 || answer.body["message"] == "Branch not protected",
            "{method} {path} {}",
            answer.body
        );
    }
}

#[test]
fn administration_is_for_administrators_whatever_the_token_says() {
    let hub = Hub::new();
    hub.github.world().add_environment(hub.repository, "prod");
    hub.github.world().collaborate(hub.repository, "cleo", Role::Maintain);
    for who in ["ana", "cleo", "dora"] {
        for (method, path, body) in [
            ("PUT", "environments/prod", json!({})),
            ("DELETE", "environments/prod", Value::Null),
            ("POST", "rulesets", json!({"name": "x", "enforcement": "active"})),
            ("PUT", "actions/oidc/customization/sub", json!({"use_default": true})),
            ("PUT", "actions/permissions/workflow", json!({})),
            ("GET", "branches/main/protection", Value::Null),
        ] {
            hub.on(who, method, path, body).refused(403);
        }
    }
}

#[test]
fn a_renamed_repository_answers_with_its_number_and_a_renamed_login_is_the_same_person() {
    let hub = Hub::new();
    hub.github.world().rename_repository(hub.repository, "grants");
    let moved = hub.on("ana", "GET", "contents/README.md", Value::Null);
    assert_eq!(moved.status, 301);
    let place = moved.header("location").strip_prefix(&hub.github.origins().api).unwrap().to_owned();
    assert_eq!(place, format!("/repositories/{}/contents/README.md", hub.repository));
    hub.call("ana", "GET", &place, Value::Null).expect(200);
    // A caller who may not see it does not learn its new name.
    hub.on("eve", "GET", "", Value::Null).refused(404);
    let ana = hub.id("ana");
    hub.github.world().rename_account("ana", "anna");
    hub.github.world().add_person("ana");
    assert_eq!(hub.call("ben", "GET", &format!("/user/{ana}"), Value::Null).expect(200)["login"], "anna");
    assert_ne!(hub.call("ben", "GET", "/users/ana", Value::Null).expect(200)["id"], ana);
}

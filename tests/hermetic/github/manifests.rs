//! Apps from manifests: who may make one, what is refused, and how often a code counts.
//!
//! Source: "Registering a GitHub App from a manifest".

use std::time::Duration;

use http::Method;
use jit::github::api::manifest;
use jit::system::http::Request;
use serde_json::Value;
use serde_json::json;
use url::form_urlencoded::Serializer;

use crate::support::github::fixture::Answered;
use crate::support::github::fixture::Hub;

fn post(hub: &Hub, who: &str, path: &str, fields: &[(&str, &str)]) -> Answered {
    let form: String = Serializer::new(String::new()).extend_pairs(fields).finish();
    let url = format!("{}{path}", hub.github.origins().web);
    let request = Request::new(Method::POST, url).header("cookie", format!("user_session={who}"));
    hub.send(request.body("application/x-www-form-urlencoded", form))
}

fn posted(hub: &Hub, who: &str, manifest: &Value) -> Answered {
    post(hub, who, "/organizations/acme/settings/apps/new?state=s", &[("manifest", &manifest.to_string())])
}

/// The address of the button on the page.
fn button(page: &Answered) -> String {
    let text = String::from_utf8(page.bytes.clone()).unwrap();
    text.split('"').nth(1).unwrap().to_owned()
}

#[test]
fn an_owner_makes_the_app_that_the_manifest_describes_and_its_code_counts_once() {
    let hub = Hub::new();
    let whole = manifest::manifest("access", "https://github.com/acme/access", "http://127.0.0.1:7/callback");
    assert_eq!(posted(&hub, "ana", &whole).status, 404, "a member owns no apps of the organisation");
    assert_eq!(posted(&hub, "", &whole).status, 302, "nobody is logged in");
    let spoilt = |path: &str, value: Value| {
        let mut spoilt = whole.clone();
        *spoilt.pointer_mut(path).unwrap() = value;
        posted(&hub, "olga", &spoilt).status
    };
    assert_eq!(spoilt("/url", json!("")), 422);
    assert_eq!(spoilt("/redirect_url", json!("")), 422);
    assert_eq!(spoilt("/hook_attributes", json!({"active": false})), 422);
    assert_eq!(spoilt("/name", json!("a".repeat(35))), 422);
    assert_eq!(spoilt("/default_permissions", json!({"contents": "admin"})), 422);
    assert_eq!(spoilt("/default_permissions", json!({"everything": "write"})), 422);
    let page = posted(&hub, "olga", &whole);
    let code = |name: &str| {
        let made = post(&hub, "olga", &button(&page), &[("name", name)]);
        let back = url::Url::parse(made.header("location")).ok()?;
        let pairs: Vec<_> = back.query_pairs().into_owned().collect();
        assert_eq!(pairs[1], ("state".to_owned(), "s".to_owned()));
        Some(pairs[0].1.clone())
    };
    assert_eq!(code("acme"), None, "names are unique among accounts");
    let code = code("").unwrap();
    let path = format!("/app-manifests/{code}/conversions");
    hub.call("", "POST", "/app-manifests/guessed/conversions", Value::Null).refused(404);
    let app = hub.call("", "POST", &path, Value::Null).expect(201);
    assert_eq!((&app["slug"], &app["webhook_secret"]), (&json!("jit-log-access"), &Value::Null));
    assert_eq!(
        app["permissions"],
        json!({"actions": "read", "contents": "write", "metadata": "read", "pull_requests": "read"})
    );
    assert!(app["pem"].as_str().unwrap().starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
    hub.call("", "POST", &path, Value::Null).refused(404);
}

#[test]
fn a_code_lives_an_hour() {
    let hub = Hub::new();
    let whole = manifest::manifest("access", "https://github.com/acme/access", "http://127.0.0.1:7/callback");
    let made = post(&hub, "olga", &button(&posted(&hub, "olga", &whole)), &[]);
    let back = url::Url::parse(made.header("location")).unwrap();
    let code = back.query_pairs().next().unwrap().1.into_owned();
    hub.clock.advance(Duration::from_secs(3600));
    hub.call("", "POST", &format!("/app-manifests/{code}/conversions"), Value::Null).refused(404);
}

//! Approvers are notified: by a program, and by a webhook that the reference library of standard-webhooks accepts.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::Value;
use serde_json::json;

use crate::peers::peer::wait_for;
use crate::peers::script::ask;
use crate::peers::site::Site;
use crate::peers::team::Team;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A received notice.
#[derive(Clone)]
struct Notice {
    headers: BTreeMap<String, String>,
    body: String,
}

/// Accepts notices at `/hook`, and refuses them at `/broken`.
fn receiver() -> (Site, Arc<Mutex<Vec<Notice>>>) {
    let notices: Arc<Mutex<Vec<Notice>>> = Arc::default();
    let taken = Arc::clone(&notices);
    let take = async move |headers: HeaderMap, body: Bytes| {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
        let notice = Notice { headers: headers.collect(), body: String::from_utf8(body.to_vec()).unwrap() };
        taken.lock().unwrap().push(notice);
    };
    let broken = async || StatusCode::INTERNAL_SERVER_ERROR;
    (Site::start(Router::new().route("/hook", post(take)).route("/broken", post(broken))), notices)
}

fn verdict(notice: &Notice, secret: &str, body: &str) -> Value {
    ask("verify_webhook.mjs", &json!({"secret": secret, "body": body, "headers": notice.headers}))
}

#[test]
fn people_are_told_and_the_signature_holds() {
    let mut team = Team::new();
    let _cloud = team.add_sandbox(None);
    let (site, notices) = receiver();
    let heard = team.folder().join("heard.jsonl");
    let teller = team.folder().join("tell");
    std::fs::write(&teller, format!("#!/bin/sh\ncat >> {}\necho >> {0}\n", heard.display())).unwrap();
    std::fs::set_permissions(&teller, std::fs::Permissions::from_mode(0o755)).unwrap();
    team.broker.write_policy(
        "access.toml",
        &format!(
            "version = 1\n[notify]\nwebhook = {{ url = \"{}/hook\", secret_env = \"HOOK_SECRET\" }}\n\
             command = [\"{}\", \"--room\", \"ops\"]\n",
            site.url,
            teller.display()
        ),
    );
    team.broker.set("HOOK_SECRET", SECRET);
    team.open();

    let asked = team.ana.run(&["request", "orders-admin", "--reason", "INC-42 café", "--no-wait", "-y"]);
    assert!(asked.stderr.contains("told: webhook 127.0.0.1"), "{asked:?}");
    assert!(asked.stderr.contains("told: command tell"), "{asked:?}");
    let id = asked.ok().trim().to_owned();
    team.bo.approve(&id);
    wait_for("both notices", || notices.lock().unwrap().len() == 2);

    let notices = notices.lock().unwrap().clone();
    assert_ne!(notices[0].headers["webhook-id"], notices[1].headers["webhook-id"]);
    for (notice, (about, state)) in notices.iter().zip([("request", "pending"), ("decision", "approved")]) {
        let said = verdict(notice, SECRET, &notice.body)["good"].clone();
        assert_eq!(
            (&said["type"], &said["state"], &said["request"], &said["person"], &said["reason"]),
            (&json!(about), &json!(state), &json!(id), &json!("ana"), &json!("INC-42 café")),
        );
        let changed = notice.body.replace("ana", "eve");
        assert!(verdict(notice, SECRET, &changed)["refused"].is_string());
        let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert!(verdict(notice, other, &notice.body)["refused"].is_string());
        let mut another = notice.clone();
        another.headers.insert("webhook-id".to_owned(), "msg_other".to_owned());
        assert!(verdict(&another, SECRET, &another.body)["refused"].is_string());
    }
    // The program got the same on its standard input.
    wait_for("the program", || std::fs::read_to_string(&heard).unwrap_or_default().lines().count() == 2);
    let text = std::fs::read_to_string(&heard).unwrap();
    let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["command"], &first["role"]),
        (&json!(format!("jit approve {id}")), &json!("orders-admin"))
    );
}

#[test]
fn a_notice_that_fails_is_shown_and_stops_nothing() {
    let mut team = Team::new();
    let _cloud = team.add_sandbox(None);
    let (site, _) = receiver();
    team.broker.write_policy(
        "access.toml",
        &format!(
            "version = 1\n[notify]\nwebhook = {{ url = \"{}/broken\", secret_env = \"HOOK_SECRET\" }}\n\
             command = [\"/bin/sh\", \"-c\", \"exit 3\"]\n",
            site.url
        ),
    );
    team.broker.set("HOOK_SECRET", SECRET);
    team.open();
    let asked = team.ana.run(&["request", "orders-admin", "--reason", "INC-42", "--no-wait", "-y"]);
    assert!(asked.stderr.contains("it answered with status 500"), "{asked:?}");
    assert!(asked.stderr.contains("it ended with code 3"), "{asked:?}");
    let id = asked.ok().trim().to_owned();
    team.bo.approve(&id);
    team.ana.run(&["exec", "orders-admin", "--", "true"]).ok();

    // Nor does a missing secret.
    team.broker.kill();
    team.broker.unset("HOOK_SECRET");
    team.broker.start();
    let asked = team.ana.run(&["request", "orders-reader", "--reason", "INC-42", "--no-wait", "-y"]);
    assert!(asked.stderr.contains("HOOK_SECRET is not set"), "{asked:?}");
    asked.ok();
}

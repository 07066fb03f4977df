//! A broker that logs JSON and serves metrics: every line is an object, no secret is in either, and Prometheus' own parser
//! reads the page.

use std::collections::BTreeSet;
use std::path::Path;

use http::Method;
use jit::system::Http;
use jit::system::http::Client;
use jit::system::http::Request;
use regex::Regex;
use serde_json::Value;
use serde_json::json;

use crate::peers::script::ask;
use crate::peers::team::Team;
use crate::support::ports::free_ports;

fn fetched(port: u16) -> String {
    let request = Request::new(Method::GET, format!("http://127.0.0.1:{port}/metrics"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(Client::default().send(request)).unwrap();
    assert_eq!(answer.status, 200);
    String::from_utf8(answer.body).unwrap()
}

/// The families that the parser finds.
fn judged(text: &str) -> Value {
    let answer = ask("open_metrics.py", &json!({ "text": text }));
    assert_eq!(answer["broken"], Value::Null, "{text}");
    answer["families"].clone()
}

/// The value of one sample.
fn value(families: &Value, family: &str, name: &str, labels: &Value) -> f64 {
    let samples = families[family]["samples"].as_array().unwrap_or_else(|| panic!("no {family}: {families}"));
    let found = samples.iter().find(|sample| sample[0] == name && sample[1] == *labels);
    found.map_or(0.0, |sample| sample[2].as_f64().unwrap())
}

#[test]
fn the_log_and_the_metrics_of_a_working_broker_hold_no_secret() {
    let mut team = Team::new();
    let cloud = team.add_sandbox(None);
    let [port] = free_ports();
    team.broker.flags(&["--log-format", "json", "--metrics", &format!("127.0.0.1:{port}")]);
    team.broker.set("JIT_LOG", "trace");
    let secret = "whsec_Y2FuYXJ5IG9mIHRoZSB3ZWJob29rISEhISEhISE=";
    team.broker.set("HOOK_SECRET", secret);
    team.broker.write_policy(
        "access.toml",
        "version = 1\n[notify]\nwebhook = { url = \"http://127.0.0.1:1/hook\", secret_env = \"HOOK_SECRET\" }\n",
    );
    team.open();
    let url = team.broker.url.clone();
    let mut secrets = vec![secret.to_owned(), team.ana.session(&url), team.bo.session(&url)];
    let id = team.grant("orders-admin");
    team.ana.run(&["exec", "orders-admin", "--env", "--", "true"]).ok();
    let lease = team.ana.keyring.lookup(&format!("lease:{id}")).unwrap();
    let lease: Value = serde_json::from_str(&lease).unwrap();
    for member in ["secret_access_key", "session_token"] {
        secrets.push(lease["credentials"][member].as_str().unwrap().to_owned());
    }
    secrets.extend(cloud.sent("WebIdentityToken"));
    let denied = team.ana.ask("orders-reader");
    team.bo.run(&["deny", &denied, "--reason", "not today", "-y"]).ok();
    team.ana.run(&["end", "orders-admin"]).ok();
    // Errors log more than success.
    team.broker.write_policy("people.toml", "this is\nnot TOML\n");
    crate::peers::peer::wait_for("the broker says that the policy is broken", || {
        team.broker.log().contains("the policy does not load")
    });

    let page = fetched(port);
    let log = team.broker.log();
    for line in log.lines() {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let members: BTreeSet<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["fields", "level", "message", "target", "time"].into(), "{line}");
        object["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        assert!(object["target"].as_str().unwrap().starts_with("jit"), "{line}");
    }
    for told in ["\"the broker listens on ", "ana asks", "TRACE", "\"ERROR\",\"target\":\"jit::broker"] {
        assert!(log.contains(told), "{told} in {log}");
    }
    assert!(secrets.len() >= 6);
    for secret in &secrets {
        assert!(secret.len() >= 16 && !log.contains(secret) && !page.contains(secret), "{secret}");
    }

    let found = judged(&page);
    let count = |family: &str, labels: Value| value(&found, family, &format!("{family}_total"), &labels);
    assert!(count("jit_logins", json!({ "outcome": "succeeded" })) >= 2.0, "{page}");
    assert!((count("jit_decisions", json!({ "decision": "denied" })) - 1.0).abs() < 0.1, "{page}");
    assert!(count("jit_mints", json!({ "cloud": "sandbox", "outcome": "succeeded" })) >= 1.0, "{page}");
    assert!(count("jit_notices", json!({ "outcome": "retried" })) >= 1.0, "{page}");
    let healthy = value(&found, "jit_policy_healthy", "jit_policy_healthy", &json!({}));
    assert!(healthy.abs() < 0.1, "{page}");
    for (family, kind, unit) in [
        ("jit_lease_seconds", "histogram", "seconds"),
        ("jit_http_answer_seconds", "histogram", "seconds"),
        ("jit_policy_age_seconds", "gauge", "seconds"),
        ("jit_log_head", "gauge", ""),
        ("jit_http_answers", "counter", ""),
        ("jit_build", "info", ""),
    ] {
        assert_eq!(
            (&found[family]["type"], &found[family]["unit"]),
            (&json!(kind), &json!(unit)),
            "{family}"
        );
    }
    // The judge refuses a page that is cut off, so its yes is worth something.
    let cut = page.trim_end().trim_end_matches("# EOF");
    assert_ne!(ask("open_metrics.py", &json!({ "text": cut }))["broken"], Value::Null);
}

/// docs/broker.md lists the families that a broker has, and no other, and its alerts use what is there.
#[test]
fn the_page_about_brokers_lists_every_metric() {
    let mut team = Team::new();
    let [port] = free_ports();
    team.broker.flags(&["--metrics", &format!("127.0.0.1:{port}")]);
    team.broker.start();
    let page = fetched(port);
    let served: BTreeSet<String> = judged(&page).as_object().unwrap().keys().cloned().collect();
    let document =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/broker.md")).unwrap();
    let row = Regex::new(r"(?m)^\| `(jit_[a-z_]+)`").unwrap();
    let told: BTreeSet<String> = row.captures_iter(&document).map(|found| found[1].to_owned()).collect();
    assert_eq!(told, served, "left docs/broker.md, right the broker");
    let used = Regex::new(r"expr: .*").unwrap();
    let name = Regex::new(r"jit_[a-z_]+").unwrap();
    let mut alerts = 0;
    for expression in used.find_iter(&document) {
        for metric in name.find_iter(expression.as_str()) {
            let family = metric.as_str().trim_end_matches("_total").trim_end_matches("_bucket");
            assert!(served.contains(family), "{} in {}", metric.as_str(), expression.as_str());
            alerts += 1;
        }
    }
    assert!(alerts >= 2);
}

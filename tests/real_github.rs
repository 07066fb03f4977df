//! The GitHub of the tests, held against GitHub's own description of its API: every route, what is sent and what is answered.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]
#![expect(clippy::panic, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the suites talk to real software")]

#[expect(dead_code, reason = "each suite uses a part of the support")]
mod support;

#[expect(dead_code, reason = "other suites use the rest")]
#[path = "support/github/mod.rs"]
mod github;

use serde_json::json;
use support::script::ask;

#[test]
fn every_call_and_answer_is_one_that_github_describes() {
    let exchanges = github::tour::tour();
    assert!(exchanges.len() > 120, "the walk is long: {}", exchanges.len());
    let judged = ask("check_github.mjs", &json!({"exchanges": exchanges}));
    let problems: Vec<&str> =
        judged["problems"].as_array().unwrap().iter().filter_map(|text| text.as_str()).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let seen = judged["seen"].as_array().unwrap();
    assert_eq!(seen.len(), github::tour::routes(), "every route was walked past: {seen:#?}");
}

#[test]
fn what_is_wrong_is_found() {
    let good = github::tour::tour()
        .into_iter()
        .find(|exchange| exchange.path.ends_with("/requested_reviewers"))
        .unwrap();
    let problems = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut exchange = serde_json::to_value(&good).unwrap();
        change(&mut exchange);
        ask("check_github.mjs", &json!({"exchanges": [exchange]}))["problems"].as_array().unwrap().len()
    };
    assert_eq!(problems(&|_| ()), 0);
    assert_ne!(problems(&|exchange| exchange["answer"]["id"] = json!("text")), 0);
    assert_ne!(problems(&|exchange| exchange["answer"]["title"] = json!(null)), 0);
    assert_ne!(problems(&|exchange| exchange["answer"]["invented"] = json!(1)), 0);
    assert_ne!(problems(&|exchange| exchange["answer"]["user"] = json!({"login": "x"})), 0);
    assert_ne!(problems(&|exchange| exchange["body"]["reviewrs"] = json!(["x"])), 0);
    assert_ne!(problems(&|exchange| exchange["query"]["pge"] = json!("1")), 0);
    assert_ne!(problems(&|exchange| exchange["status"] = json!(299)), 0);
    assert_ne!(problems(&|exchange| exchange["path"] = json!("/nowhere")), 0);
}

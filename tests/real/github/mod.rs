//! The fake GitHub, checked against GitHub's own description of its API: every route, each request and each answer.

mod act;
mod company;
mod judges;
mod pipeline;
mod renewal;
mod seaweed;
mod whole_way;

use crate::peers::script::ask;
use serde_json::Value;
use serde_json::json;

#[test]
fn every_call_and_answer_is_one_that_github_describes() {
    let exchanges: Vec<_> = crate::support::github::receive::VERSIONS
        .into_iter()
        .flat_map(crate::support::github::tour::tour)
        .collect();
    assert!(exchanges.len() > 250, "the walk is long: {}", exchanges.len());
    let judged = ask("check_github.mjs", &json!({"exchanges": exchanges}));
    let problems: Vec<&str> =
        judged["problems"].as_array().unwrap().iter().filter_map(|text| text.as_str()).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let seen = judged["seen"].as_array().unwrap();
    // Queries have one address for all.
    let routes = crate::support::github::tour::routes() + 1;
    assert_eq!(seen.len(), routes, "every route was walked past: {seen:#?}");
}

/// Every suite that runs `jit` against this GitHub, with its requests and answers checked against the description.
#[test]
fn every_call_of_the_flows_is_one_that_github_describes() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let names =
        std::fs::read_dir(root.join("tests/hermetic")).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    let suites: Vec<String> = names
        .iter()
        .filter(|name| name.starts_with("forge"))
        .map(|name| format!("{}::", name.trim_end_matches(".rs")))
        .collect();
    assert!(suites.len() > 3, "the suites are found: {suites:?}");
    let folder = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(env!("CARGO"));
    command
        .current_dir(root)
        .args(["test", "--quiet", "--features", "peers", "--test", "hermetic", "--"])
        .args(suites);
    crate::peers::script::run(command.env(crate::support::github::record::VARIABLE, folder.path()), b"").ok();
    let mut lines = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        lines.extend(text.lines().map(str::to_owned));
    }
    assert!(lines.len() > 100, "the suites say much: {}", lines.len());
    let exchanges: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let judged = ask("check_github.mjs", &json!({"exchanges": exchanges}));
    let problems: Vec<&str> =
        judged["problems"].as_array().unwrap().iter().filter_map(|text| text.as_str()).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn what_is_wrong_in_a_query_is_found() {
    let tour = crate::support::github::tour::tour(crate::support::github::receive::VERSIONS[0]);
    let good = tour.into_iter().find(|exchange| exchange.path == "/graphql").unwrap();
    let good = serde_json::to_value(good).unwrap();
    let change = |change: &dyn Fn(&mut Value)| {
        let mut exchange = good.clone();
        change(&mut exchange);
        exchange
    };
    let asked = |from: &str, to: &str| {
        change(&|exchange| {
            let query = exchange["body"]["query"].as_str().unwrap().replacen(from, to, 1);
            exchange["body"]["query"] = json!(query);
        })
    };
    let exchanges = [
        good.clone(),
        asked("isDraft", "isDraught"),
        asked("[REVIEW_DISMISSED_EVENT]", "[REVIEW_DISMISSED]"),
        asked("$first: Int = 5", "$first: String"),
        asked("title body url", "title body"),
        change(&|exchange| exchange["body"]["variables"] = json!({})),
        change(&|exchange| exchange["body"]["variabels"] = json!({})),
        change(&|exchange| exchange["answer"]["data"]["viewer"]["databaseId"] = json!("text")),
        change(&|exchange| exchange["answer"]["data"]["repository"]["isPrivate"] = Value::Null),
        change(&|exchange| exchange["answer"]["data"]["repository"]["invented"] = json!(1)),
        change(&|exchange| {
            exchange["answer"]["data"]["repository"]["pullRequests"]["nodes"][0]["state"] = json!("open");
        }),
    ];
    let judged = ask("check_github.mjs", &json!({"exchanges": exchanges}));
    let all: Vec<usize> = (1..exchanges.len()).collect();
    assert_eq!(judged["wrong"], json!(all), "{}", judged["problems"]);
}

#[test]
fn what_is_wrong_is_found() {
    let tour = crate::support::github::tour::tour(crate::support::github::receive::VERSIONS[0]);
    let good = tour.into_iter().find(|exchange| exchange.path.ends_with("/requested_reviewers")).unwrap();
    let good = serde_json::to_value(good).unwrap();
    let change = |member: &str, inner: &str, value: Value| {
        let mut exchange = good.clone();
        let place = if inner.is_empty() { &mut exchange[member] } else { &mut exchange[member][inner] };
        *place = value;
        exchange
    };
    let exchanges = [
        good.clone(),
        change("answer", "id", json!("text")),
        change("answer", "title", Value::Null),
        change("answer", "invented", json!(1)),
        change("answer", "user", json!({"login": "x"})),
        change("body", "reviewrs", json!(["x"])),
        change("query", "pge", json!("1")),
        change("status", "", json!(299)),
        change("path", "", json!("/nowhere")),
    ];
    let judged = ask("check_github.mjs", &json!({"exchanges": exchanges}));
    assert_eq!(judged["wrong"], json!([1, 2, 3, 4, 5, 6, 7, 8]), "{}", judged["problems"]);
}

//! The OpenAPI document, tested by schemathesis against a live broker: no 5xx, no undocumented answer, every answer as
//! described.

use std::process::Command;

use crate::peers::script::run;
use crate::peers::team::Team;
use crate::peers::tool;
use http::Method;
use serde_json::Value;
use serde_json::json;

/// The session is passed in a variable, so that it is in no command line. The broker accepts 600 calls a minute from
/// one person.
const SETTINGS: &str = r#"
seed = 42
rate-limit = "9/s"
continue-on-failure = true
max-time = 60
request-timeout = 20
# A waiting read waits.
parameters = { wait = 0 }
headers = { Authorization = "Bearer ${JIT_SESSION}" }
[checks]
# That a statement has to be signed is beyond a schema: 422 says so.
positive_data_acceptance.expected-statuses = ["2xx", 401, 403, 404, 409, 422, 429]
[[operations]]
# Whoever logs out learns nothing more.
include-name = "DELETE /v1/session"
enabled = false
"#;

/// Adds existing ids as examples of the id parameters, so that the test reaches more than 404.
fn name_real_requests(document: &mut Value, ids: &[&str]) {
    for path in document["paths"].as_object_mut().unwrap().values_mut() {
        for operation in path.as_object_mut().unwrap().values_mut() {
            let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) else {
                continue;
            };
            for parameter in parameters.iter_mut().filter(|parameter| parameter["in"] == "path") {
                let names = if parameter["name"] == "id" { ids } else { &["orders-admin"] };
                let examples = names.iter().map(|name| ((*name).to_owned(), json!({"value": name})));
                parameter["examples"] = Value::Object(examples.collect());
            }
        }
    }
}

/// How many of a path's members are operations. It may also have shared members.
fn operations_of(path: &Value) -> usize {
    let operations = path.as_object().unwrap().values();
    operations.filter(|operation| operation.get("responses").is_some()).count()
}

#[test]
fn every_answer_is_a_documented_one() {
    let mut team = Team::new();
    let _cloud = team.add_sandbox(None);
    // A person who may do everything except review: asks, mints, ends, reads the log.
    team.broker.write_policy("access.toml", "version = 1\nauditors = [\"person:ana\"]\n");
    team.open();
    let id = team.grant("orders-admin");
    team.ana.run(&["wait", &id]).ok();
    let waiting = team.ana.ask("orders-reader");
    let before = team.broker.changes();
    let url = &team.broker.url;
    let session = team.ana.session(url);
    let (status, document) = team.broker.call(Method::GET, "/v1/openapi.json", &session);
    assert_eq!(status, 200);
    let mut document: Value = serde_json::from_str(&document).unwrap();
    let operations: usize = document["paths"].as_object().unwrap().values().map(operations_of).sum();
    let both = [id.as_str(), waiting.as_str()];
    name_real_requests(&mut document, &both);
    let description = team.folder().join("openapi.json");
    std::fs::write(&description, document.to_string()).unwrap();
    let settings = team.folder().join("schemathesis.toml");
    std::fs::write(&settings, SETTINGS).unwrap();

    let mut command = Command::new(tool("schemathesis"));
    command.arg("--config-file").arg(&settings).arg("run").arg(&description).args(["--url", url]);
    command.current_dir(team.folder()).env("HOME", team.folder()).env("JIT_SESSION", &session);
    let ended = run(&mut command, b"");
    println!("{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.code, 0, "schemathesis found something; see above");
    let selected = format!("Operations:       {} selected / {operations} total", operations - 1);
    assert!(ended.stdout.contains(&selected), "all of it but the logout was looked at");
    // Random calls may use and end her access, and cause nothing else. The log is complete.
    for change in &team.broker.changes()[before.len()..] {
        assert!(["minted", "ended", "cancelled"].contains(&change.as_str()), "{change}");
    }
    // The broker still works.
    team.grant("orders-admin");
    team.ana.run(&["exec", "orders-admin", "--", "true"]).ok();
}

//! The OpenAPI document, driven by schemathesis against a live broker: no 5xx, no undocumented answer, every answer as
//! described.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]
#![expect(clippy::panic, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the suites talk to real software, on real clocks")]

#[expect(dead_code, reason = "each suite uses a part of the support")]
mod support;

use std::process::Command;

use http::Method;
use support::script::run;
use support::team::Team;
use support::tool;

#[test]
fn every_answer_is_a_documented_one() {
    let (team, _cloud) = Team::with_sandbox();
    // Something to be found: one request in each state that matters.
    let id = team.grant("orders-admin");
    team.ana.run(&["wait", &id]).ok();
    let waiting = team.ana.ask("orders-reader");
    let url = &team.broker.url;
    let session = team.bo.session(url);
    let (status, document) = team.broker.call(Method::GET, "/v1/openapi.json", &session);
    assert_eq!(status, 200);
    let description = team.folder().join("openapi.json");
    std::fs::write(&description, document).unwrap();
    let settings = team.folder().join("schemathesis.toml");
    std::fs::write(&settings, "").unwrap();

    let mut command = Command::new(tool("schemathesis"));
    command.arg("--config-file").arg(&settings).arg("run").arg(&description).args(["--url", url]);
    command.args(["-H", &format!("Authorization: Bearer {session}")]);
    command.args(["--checks", "all", "--max-time", "75", "--seed", "42"]);
    command.current_dir(team.folder()).env("HOME", team.folder());
    let ended = run(&mut command, b"");
    println!("{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.code, 0, "\n{}\n{}", ended.stdout, ended.stderr);
    // Nothing of it became anything: the log is whole, and says only what people did.
    assert_eq!(team.ana.state(&waiting), "pending");
    assert_eq!(team.ana.state(&id), "active");
    team.broker.events();
}

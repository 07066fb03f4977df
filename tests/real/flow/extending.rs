//! Extensions with real parts: a command that the built `jit` serves continues past its first end, with AWS's own
//! command line inside, and stops at once when the access is ended.

use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use crate::flow::time::MovedClock;
use crate::flow::time::variables;
use crate::peers::peer::wait_for;
use crate::peers::person::files_below;
use crate::peers::site::arn;
use crate::peers::team::Team;
use crate::peers::tool;

/// Runs AWS's command line each time that a file `ask` appears, and prints its exit code and output.
const ASKS: &str = r#"
    while :; do
        until [ -e ask ]; do sleep 0.1; done
        rm ask
        "$TOOL" --endpoint-url "$CLOUD" --output json sts get-caller-identity >said 2>&1
        echo $? >code.new; mv code.new code
    done
"#;

fn ask(home: &Path) -> (String, String) {
    let code = home.join("code");
    let _ = std::fs::remove_file(&code);
    std::fs::write(home.join("ask"), "").unwrap();
    wait_for("the answer of AWS's command line", || code.exists());
    let read = |path: &Path| std::fs::read_to_string(path).unwrap().trim().to_owned();
    (read(&code), read(&home.join("said")))
}

#[test]
fn a_command_goes_on_past_its_first_end_and_stops_at_once() {
    let mut team = Team::new();
    let clock = MovedClock::default();
    let cloud = team.add_sandbox(Some(std::sync::Arc::new(clock.clone())));
    team.add_role(
        "orders-admin",
        &format!(
            "extend = {{ times = 1, approval = \"1 of group:sre\" }}\n[sandbox]\nrole_arn = \"{}\"\nendpoint_url = \"{}\"\n",
            arn("orders-admin"),
            cloud.url
        ),
    );
    let file = team.folder().join("clock");
    std::fs::write(&file, "+0s").unwrap();
    for (variable, value) in variables(&file) {
        team.broker.set(variable, &value);
        team.ana.set(variable, &value);
        team.bo.set(variable, &value);
    }
    let pass = |minutes: i64| {
        clock.set(minutes * 60);
        std::fs::write(&file, format!("+{}s", minutes * 60)).unwrap();
    };
    team.ana.set("TOOL", tool("aws2").to_str().unwrap());
    team.ana.set("CLOUD", &cloud.url);
    team.open();
    let (ana, bo) = (&team.ana, &team.bo);
    let asked = ["request", "orders-admin", "--for", "10m", "--reason", "INC-42", "--no-wait", "-y"];
    let id = ana.run(&asked).ok().trim().to_owned();
    bo.approve(&id);
    let began = Timestamp::now();
    let mut running = ana.start(&["exec", "orders-admin", "--serve", "--", "sh", "-c", ASKS]);
    running.says("jit: orders-admin in account");
    let (code, said) = ask(&ana.home);
    assert_eq!(code, "0", "{said}");
    let arn = serde_json::from_str::<Value>(&said).unwrap()["Arn"].as_str().unwrap().to_owned();
    assert!(arn.contains("assumed-role/orders-admin/"), "{arn}");

    let more = ana.run(&["extend", "orders-admin", "--for", "20m", "-y", "--no-wait"]).ok().trim().to_owned();
    let shown = bo.run(&["approve", &more, "-y"]);
    assert!(shown.stderr.contains(&format!("extends   request {id}: ends at ")), "{shown:?}");
    assert_eq!(ana.state(&more), "active");

    // Nobody has notified this machine ten minutes later. The running command finds out by itself.
    pass(11);
    // A running broker trusts a jumped clock a minute later. A starting one trusts it at once.
    team.broker.kill();
    team.broker.start();
    wait_for("the later end in the index", || {
        let index = std::fs::read_to_string(ana.home.join("state/grants.json")).unwrap();
        let index: Value = serde_json::from_str(&index).unwrap();
        let until: Timestamp = index["grants"][0]["until"].as_str().unwrap().parse().unwrap();
        until.duration_since(began).as_mins() >= 29
    });
    wait_for("credentials past the first end", || ask(&ana.home).0 == "0");

    ana.run(&["end", "orders-admin"]).ok();
    let (code, said) = ask(&ana.home);
    assert_ne!(code, "0", "{said}");
    assert!(!said.contains("Arn"), "{said}");
    assert_eq!(ana.state(&id), "ended");
    assert_eq!(ana.state(&more), "ended");
    let changes = team.broker.changes();
    assert_eq!(changes.iter().filter(|change| *change == "extended").count(), 1);
    assert!(changes.iter().filter(|change| *change == "minted").count() >= 2);
    drop(running);
    drop(cloud);
    assert!(files_below(&ana.home).iter().all(|(_, content)| {
        let text = String::from_utf8_lossy(content);
        !text.contains("aws_session_token") && !text.contains("SessionToken")
    }));
}

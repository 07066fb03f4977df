//! The commands of agents: output without credentials, and the end of commands and of the access.

use std::path::Path;

use serde_json::Value;
use serde_json::json;

use super::approved;
use super::request;
use super::shell;
use crate::cli::real::Team;
use crate::mcp::client::Client;

const REMOVED: &str = "[removed: a credential]";

#[tokio::test]
async fn credentials_are_taken_out_of_output() {
    let mut team = Team::new().await;
    let mut client = Client::of(&team.ana, &team).await;
    // As long as one lease, so that the credentials are in the environment.
    let asked = json!({ "role": "orders-admin", "reason": "INC-42", "for": "30m" });
    assert_eq!(client.call("request", asked).await["state"], "pending");
    assert_eq!(team.bo.approve("").await.code, 0);
    let ran = client.call("exec", shell("/usr/bin/env; /usr/bin/env >&2")).await;
    for stream in ["stdout", "stderr"] {
        let output = ran[stream].as_str().unwrap();
        for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            assert!(output.contains(&format!("\n{name}={REMOVED}\n")), "{stream}: {output}");
        }
    }
    // Cut, wrapped and encoded by the usual programs.
    for script in [
        r#"printf %s "$AWS_SESSION_TOKEN" | /usr/bin/base64 -w0"#,
        r#"printf %s "$AWS_SESSION_TOKEN" | /usr/bin/od -An -v -tx1 | /usr/bin/tr -d ' \n'"#,
        r#"printf %s "$AWS_SECRET_ACCESS_KEY" | /usr/bin/head -c 20"#,
    ] {
        let ran = client.call("exec", shell(script)).await;
        let output = ran["stdout"].as_str().unwrap();
        assert!(output.starts_with(REMOVED) || output.contains(REMOVED), "{script}: {output}");
        assert!(output.len() < REMOVED.len() + 8, "{script}: {output}");
    }
    // Much output stays bounded, with a secret at the place of the cut.
    let script = r#"head -c 524270 /dev/zero | tr '\0' x; printf %s "$AWS_SESSION_TOKEN"; head -c 2000000 /dev/zero | tr '\0' y"#;
    let ran = client.call("exec", json!({ "role": "orders-admin", "argv": ["/bin/sh", "-c", format!("PATH=/usr/bin:/bin; {script}")] })).await;
    let output = ran["stdout"].as_str().unwrap();
    assert_eq!(ran["is_cut"], true);
    assert!(
        output.len() < 1_100_000 && output.contains(REMOVED) && output.contains("jit left out"),
        "{}",
        output.len()
    );
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

/// Longer access is served by an endpoint, whose token leads to the credentials.
#[tokio::test]
async fn the_token_of_the_endpoint_is_taken_out_too() {
    let mut team = Team::new().await;
    let (mut client, _) = approved(&team).await;
    let script = "/usr/bin/env; /bin/cat $AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    let ran = client.call("exec", shell(script)).await;
    let output = ran["stdout"].as_str().unwrap();
    assert!(output.contains(&format!("\nAWS_CONTAINER_AUTHORIZATION_TOKEN={REMOVED}\n")), "{output}");
    assert!(output.ends_with(REMOVED) && !output.contains("AWS_SECRET_ACCESS_KEY"), "{output}");
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

/// Waits until a command wrote its process id.
pub async fn started(path: &Path) -> String {
    loop {
        let id = std::fs::read_to_string(path).unwrap_or_default();
        if id.ends_with('\n') {
            return id.trim().to_owned();
        }
        tokio::task::yield_now().await;
    }
}

/// Waits until a process is gone.
pub async fn gone(id: &str) {
    loop {
        let state = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        if state.is_empty() || state.contains(") Z") {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// A command that never ends by itself, with a grandchild in another session.
pub fn endless(folder: &Path) -> Value {
    let (one, two) = (folder.join("one"), folder.join("two"));
    shell(&format!(
        "/usr/bin/setsid /bin/sh -c 'echo $$ >{}; /bin/sleep 6000' & echo $$ >{}; wait",
        two.display(),
        one.display()
    ))
}

pub async fn state(team: &Team) -> Value {
    let shot = team.ana.run("status --json", &[]).await;
    let entries: Value = serde_json::from_str(&shot.stdout).unwrap();
    entries[0]["state"].clone()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_cancelled_command_is_killed_with_its_descendants() {
    let mut team = Team::new().await;
    let (mut client, _) = approved(&team).await;
    let folder = tempfile::tempdir().unwrap();
    let call = client.begin_call("exec", endless(folder.path())).await;
    let ids = [started(&folder.path().join("one")).await, started(&folder.path().join("two")).await];
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": call } })).await;
    for id in ids {
        gone(&id).await;
    }
    // The access stays, and so does the server.
    assert_eq!(client.call("exec", shell("exit 0")).await["exit_code"], 0);
    assert_eq!(state(&team).await, "active");
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_client_that_disappears_leaves_no_command_and_no_access() {
    let mut team = Team::new().await;
    let (mut client, _) = approved(&team).await;
    let folder = tempfile::tempdir().unwrap();
    client.begin_call("exec", endless(folder.path())).await;
    let ids = [started(&folder.path().join("one")).await, started(&folder.path().join("two")).await];
    assert_eq!(state(&team).await, "active");
    assert_eq!(client.leave().await, 0);
    for id in ids {
        gone(&id).await;
    }
    assert_eq!(state(&team).await, Value::Null);
    assert_eq!(team.ana.run("exec orders-admin -- true", &[]).await.code, 125);
    team.stop().await;
}

/// Access that a person began is not the client's to end. A request that waits is found again.
#[tokio::test]
async fn what_the_client_did_not_begin_stays() {
    let mut team = Team::new().await;
    let mut client = Client::of(&team.ana, &team).await;
    let id = request(&mut client).await;
    assert_eq!(client.leave().await, 0);
    assert_eq!(state(&team).await, "pending");

    assert_eq!(team.bo.approve("").await.code, 0);
    assert_eq!(team.ana.run("wait orders-admin", &[]).await.code, 0);
    assert_eq!(state(&team).await, "active");
    let mut client = Client::of(&team.ana, &team).await;
    assert_eq!(client.call("wait", json!({ "request": id })).await["state"], "active");
    assert_eq!(client.call("exec", shell("exit 0")).await["exit_code"], 0);
    assert_eq!(client.leave().await, 0);
    assert_eq!(state(&team).await, "active");
    team.stop().await;
}

#[tokio::test]
async fn a_cancelled_wait_leaves_the_request() {
    let mut team = Team::new().await;
    let mut client = Client::of(&team.ana, &team).await;
    let id = request(&mut client).await;
    let call = client.begin_call("wait", json!({ "request": id })).await;
    assert_eq!(client.next().await.unwrap()["method"], "notifications/progress");
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": call } })).await;
    assert_eq!(client.call("status", json!({})).await["requests"][0]["state"], "pending");
    assert_eq!(team.bo.approve("").await.code, 0);
    assert_eq!(client.call("wait", json!({ "request": id })).await["state"], "approved");
    // Approved and never used: nothing to end.
    assert_eq!(client.leave().await, 0);
    assert_eq!(state(&team).await, "approved");
    team.stop().await;
}

/// A process that leaves its command's session and its parent, and closes what it inherited.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_detached_process_ends_with_its_command() {
    let mut team = Team::new().await;
    let (mut client, _) = approved(&team).await;
    let folder = tempfile::tempdir().unwrap();
    for (name, detached) in [("once", "/usr/bin/setsid"), ("twice", "/usr/bin/setsid /usr/bin/setsid --fork")]
    {
        let file = folder.path().join(name);
        let written = file.display();
        let script = format!(
            "{detached} /bin/sh -c 'echo $$ >{written}; exec /bin/sleep 6000' </dev/null >/dev/null 2>&1 & \
             until [ -s {written} ]; do /bin/sleep 0.01; done"
        );
        let ran = client.call("exec", shell(&script)).await;
        assert_eq!(ran["exit_code"], 0, "{ran}");
        gone(&started(&file).await).await;
    }
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

#[tokio::test]
async fn a_command_ends_with_its_time_and_its_folder_exists() {
    let mut team = Team::new().await;
    let (mut client, _) = approved(&team).await;
    let sleep = json!({ "role": "orders-admin", "argv": ["/bin/sleep", "600"], "timeout_seconds": 1 });
    let ran = client.call("exec", sleep).await;
    assert_eq!((&ran["exit_code"], &ran["timed_out"]), (&Value::Null, &json!(true)), "{ran}");
    let there = json!({ "role": "orders-admin", "argv": ["/bin/pwd"], "cwd": "/" });
    assert_eq!(client.call("exec", there).await["stdout"], "/\n");
    let nowhere = json!({ "role": "orders-admin", "argv": ["/bin/pwd"], "cwd": "/nowhere" });
    let answer = client.call("exec", nowhere).await;
    assert!(answer["error"]["causes"][0].as_str().unwrap().contains("/nowhere"), "{answer}");
    let missing = json!({ "role": "orders-admin", "argv": ["/bin/no-such-program"] });
    let answer = client.call("exec", missing).await;
    assert_eq!(answer["error"]["message"], "/bin/no-such-program was not found", "{answer}");
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

/// An agent asks for exactly one command: the reviewer reads it, and it alone runs, once.
#[cfg(unix)]
#[tokio::test]
async fn a_request_with_a_command_gives_access_to_that_command_alone() {
    let mut team = Team::new().await;
    let folder = team.ana.world.system.files.working.join("work");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("plan.txt"), "plan").unwrap();
    let mut client = Client::of(&team.ana, &team).await;
    let argv = json!(["/bin/cat", "plan.txt"]);
    let asks = |argv: &Value, files: &Value| json!({ "role": "orders-admin", "reason": "INC-42", "argv": argv, "files": files, "cwd": folder });
    for (argv, files) in [
        (json!([]), json!([])),
        (json!([""]), json!([])),
        (json!(["/bin/no-such-program"]), json!([])),
        (json!(["/bin/cat", "a\u{0}b"]), json!([])),
        (argv.clone(), json!(["missing.txt"])),
    ] {
        let id = client.begin_call("request", asks(&argv, &files)).await;
        let answer = client.answer(id).await;
        let refused = answer["error"].is_object() || answer["result"]["isError"] == true;
        assert!(refused, "{argv} {files}: {answer}");
    }
    let asked = client.call("request", asks(&argv, &json!(["plan.txt"]))).await;
    assert_eq!(asked["state"], "pending", "{asked}");
    let again = client.call("request", asks(&argv, &json!(["plan.txt"]))).await;
    assert_eq!((&again["id"], &again["reused"]), (&asked["id"], &json!(true)), "{again}");
    let approved = team.bo.approve("").await;
    assert!(approved.stderr.contains("  runs    | /bin/cat plan.txt\n"), "{approved}");
    let run = |argv: Value, folder: &Path| json!({ "role": "orders-admin", "argv": argv, "cwd": folder });
    for (argv, place) in [
        (json!(["/bin/cat", "/etc/hostname"]), folder.as_path()),
        (json!(["/bin/sh", "-c", "/bin/cat plan.txt"]), folder.as_path()),
        (argv.clone(), Path::new("/")),
    ] {
        let refused = client.call("exec", run(argv, place)).await;
        assert!(refused["error"].is_object() && refused.get("stdout").is_none(), "{refused}");
    }
    std::fs::write(folder.join("plan.txt"), "another").unwrap();
    let refused = client.call("exec", run(argv.clone(), &folder)).await;
    assert!(refused["error"].to_string().contains("plan.txt has changed"), "{refused}");
    std::fs::write(folder.join("plan.txt"), "plan").unwrap();
    let ran = client.call("exec", run(argv.clone(), &folder)).await;
    assert_eq!((&ran["exit_code"], &ran["stdout"]), (&json!(0), &json!("plan")), "{ran}");
    let over = client.call("exec", run(argv, &folder)).await;
    assert!(over["error"].is_object() && over.get("stdout").is_none(), "once: {over}");
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

/// The plan's JSON goes with the request, and the reviewer's own jit shows that plan and no other.
#[cfg(unix)]
#[tokio::test]
async fn a_request_with_a_plan_is_shown_and_its_command_runs() {
    const CHANGES: &str = include_str!("../../fixtures/terraform/changes.json");
    let mut team = Team::new().await;
    let folder = team.ana.world.system.files.working.join("work");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("plan.bin"), "plan").unwrap();
    std::fs::write(folder.join("plan.json"), CHANGES).unwrap();
    let mut client = Client::of(&team.ana, &team).await;
    let argv = json!(["/bin/cat", "plan.bin"]);
    let asks = |plan: &str| json!({ "role": "orders-admin", "reason": "INC-42", "argv": argv, "files": ["plan.bin"], "plan": plan, "cwd": folder });
    let refused = client.call("request", asks("plan.bin")).await;
    assert!(refused["error"].is_object(), "no plan: {refused}");
    let asked = client.call("request", asks("plan.json")).await;
    assert_eq!(asked["state"], "pending", "{asked}");
    let id = asked["id"].as_str().unwrap();
    let brought = &team.bo.world.system.files.working;
    std::fs::write(brought.join("swapped.json"), CHANGES.replace("\"delete\"", "\"update\"")).unwrap();
    let swapped = team.bo.run(&format!("approve {id} -y --plan swapped.json"), &[]).await;
    assert!(swapped.code != 0 && swapped.stderr.contains("is not the plan of request"), "{swapped}");
    std::fs::write(brought.join("plan.json"), CHANGES).unwrap();
    let approved = team.bo.run(&format!("approve {id} -y --plan plan.json"), &[]).await;
    assert_eq!(approved.code, 0, "{approved}");
    for line in [
        "  destroy | terraform_data.destroyed[\"one\"]\n",
        "  runs    | /bin/cat plan.bin\n",
        " to destroy, ",
    ] {
        assert!(approved.stderr.contains(line), "{line}: {approved}");
    }
    let ran = client.call("exec", json!({ "role": "orders-admin", "argv": argv, "cwd": folder })).await;
    assert_eq!((&ran["exit_code"], &ran["stdout"]), (&json!(0), &json!("plan")), "{ran}");
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

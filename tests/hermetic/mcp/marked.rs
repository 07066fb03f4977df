//! `jit` in a command of `jit mcp`, which runs as the person: it does not decide, and it uses no other role.

use serde_json::Value;
use serde_json::json;

use super::approved;
use super::request;
use super::shell;
use crate::cli::real::Team;
use crate::cli::stage::Shot;
use crate::mcp::client::Client;

const OTHER: &str = "description = \"Bill\"\nrequesters = [\"group:dev\"]\napproval = \"none\"\nduration = \"30m\"\n\
     [sandbox]\nrole_arn = \"arn:aws:iam::000000000042:role/billing\"\nendpoint_url = \"http://127.0.0.1:9000\"\n";

#[tokio::test]
async fn a_command_gets_the_mark_and_nothing_that_signs() {
    let mut team = Team::new().await;
    for (name, value) in
        [("SSH_AUTH_SOCK", "/agent"), ("SSH_AGENT_PID", "7"), ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/bus")]
    {
        team.ana.world.system.environment.set(name, value);
    }
    team.ana.world.system.environment.set("KEPT", "yes");
    let (mut client, _) = approved(&team).await;
    let ran = client.call("exec", shell("/usr/bin/env")).await;
    let variables: Vec<&str> = ran["stdout"].as_str().unwrap().lines().collect();
    for name in ["SSH_AUTH_SOCK", "SSH_AGENT_PID"] {
        assert!(variables.iter().all(|line| !line.starts_with(name)), "{variables:?}");
    }
    for line in ["DBUS_SESSION_BUS_ADDRESS=disabled:", "JIT_RUN_BY=mcp", "JIT_GRANT=orders-admin", "KEPT=yes"]
    {
        assert!(variables.contains(&line), "{line}: {variables:?}");
    }
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

fn is_refused(shot: &Shot, line: &str, code: u8) {
    assert_eq!(shot.code, code, "{line}: {shot}");
    assert!(shot.stderr.contains("JIT_RUN_BY says that a coding agent runs this"), "{line}: {shot}");
}

/// An attacker's command, after it got a role that nobody has to approve.
#[tokio::test]
async fn a_marked_command_decides_nothing() {
    let mut team = Team::new().await;
    let mut client = Client::of(&team.ana, &team).await;
    let id = request(&mut client).await;
    team.bo.world.system.environment.set("JIT_RUN_BY", "mcp");
    for line in [
        format!("approve {id} -y"),
        format!("deny {id} --reason no -y"),
        format!("revoke {id} --reason no -y"),
        "web".to_owned(),
        "break-glass orders-admin --reason x -y".to_owned(),
        "key list".to_owned(),
        "agent init other".to_owned(),
        "login".to_owned(),
        "logout".to_owned(),
        "mcp".to_owned(),
    ] {
        is_refused(&team.bo.run(&line, &[]).await, &line, 5);
    }
    team.bo.world.system.environment.remove("JIT_RUN_BY");
    assert_eq!(team.bo.approve("").await.code, 0);
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

#[tokio::test]
async fn a_marked_command_uses_its_own_role_alone() {
    let mut team = Team::with("", &[("roles/billing.toml", OTHER)]).await;
    let (mut client, _) = approved(&team).await;
    assert_eq!(client.call("exec", shell("exit 0")).await["exit_code"], 0);
    let environment = &mut team.ana.world.system.environment;
    environment.set("JIT_RUN_BY", "mcp");
    environment.set("JIT_GRANT", "billing");
    for (line, code) in [
        ("exec orders-admin -- env", 125),
        ("env orders-admin", 5),
        ("credentials orders-admin --format aws", 5),
        ("console orders-admin --print", 5),
    ] {
        is_refused(&team.ana.run(line, &[]).await, line, code);
    }
    assert!(team.ana.world.processes.started.lock().unwrap().is_empty());
    team.ana.world.system.environment.set("JIT_GRANT", "orders-admin");
    let own = team.ana.run("credentials orders-admin --format aws", &[]).await;
    assert_eq!(own.code, 0, "{own}");
    team.ana.world.system.environment.remove("JIT_RUN_BY");
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

/// The filter knows every secret that this person has here, not only those of the command.
#[tokio::test]
async fn the_secrets_of_other_access_are_taken_out_too() {
    let mut team = Team::with("", &[("roles/billing.toml", OTHER)]).await;
    assert_eq!(team.ana.run("request billing --reason x", &[]).await.code, 0);
    assert_eq!(team.ana.run("exec billing -- true", &[]).await.code, 0);
    let other = team.ana.run("credentials billing --format aws", &[]).await;
    assert_eq!(other.code, 0, "{other}");
    let other: Value = serde_json::from_str(&other.stdout).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, other["SecretAccessKey"].as_str().unwrap()).unwrap();
    let (mut client, _) = approved(&team).await;
    let ran = client.call("exec", shell(&format!("/bin/cat {}", file.display()))).await;
    assert_eq!(ran["stdout"], json!("[removed: a credential]"), "{ran}");
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

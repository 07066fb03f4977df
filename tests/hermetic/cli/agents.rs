//! An agent at the command line: its own key, login, requests and index, and nothing of its owner's. And `jit lock`.

use std::ffi::OsString;

use crate::cli::fake_broker::BROKER as FAKE;
use crate::cli::real::ASK;
use crate::cli::real::BROKER;
use crate::cli::real::Team;
use crate::cli::stage::Stage;

/// A team in which ana's agent is in the policy, and may ask.
async fn team() -> Team {
    let team = Team::new().await;
    let made = team.ana.run("agent init", &[]).await;
    assert_eq!(made.code, 0, "{made}");
    assert!(made.stdout.starts_with("[agents.ana-agent]\nof = \"ana\"\nkeys = [\"ssh-ed25519 "), "{made}");
    assert!(made.stderr.contains("JIT_AGENT=ana-agent"), "{made}");
    let again = team.ana.run("agent init ana-agent", &[]).await;
    assert_eq!(again.stdout, made.stdout, "the same key");
    let block = format!("{}[groups]", made.stdout);
    team.change("people.toml", "[groups]", &block).await;
    team.change(
        "roles/orders-admin.toml",
        "[\"group:dev\"]\napproval",
        "[\"group:dev\", \"agents-of:group:dev\"]\napproval",
    )
    .await;
    team
}

#[tokio::test]
async fn an_agent_asks_by_itself_and_its_owner_cannot_agree() {
    let mut team = team().await;
    let signed_before = team.ana.world.agent.asked_to_sign().len();
    team.ana.world.system.environment.set("JIT_AGENT", "ana-agent");
    let early = team.ana.run("roles", &[]).await;
    assert_eq!(early.code, 3, "its owner's session is not its own: {early}");
    let other = team.ana.run(&format!("login {BROKER} --as ana"), &[]).await;
    assert_eq!(other.code, 2, "{other}");
    let logged_in = team.ana.run(&format!("login {BROKER}"), &[]).await;
    assert_eq!(logged_in.code, 0, "{logged_in}");
    assert!(logged_in.stdout.contains("as ana-agent"), "{logged_in}");
    let asked = team.ana.run_words(&[&ASK[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    let id = asked.stdout.trim().to_owned();
    for refused in [format!("approve {id} -y"), format!("revoke {id} --reason no"), "web".to_owned()] {
        let shot = team.ana.run(&refused, &[]).await;
        assert_ne!(shot.code, 0, "{shot}");
    }
    assert_eq!(team.ana.world.agent.asked_to_sign().len(), signed_before, "no ssh-agent signed for it");

    // Its owner has neither its request nor its session, and cannot agree to it.
    team.ana.world.system.environment.remove("JIT_AGENT");
    let own = team.ana.run("status", &[]).await;
    assert!(!own.stdout.contains("orders-admin"), "{own}");
    let shown = team.ana.run(&format!("show {id}"), &[]).await;
    assert!(shown.stdout.contains("ana-agent (agent of ana)"), "{shown}");
    let approved = team.ana.run(&format!("approve {id} -y"), &[]).await;
    assert_eq!(approved.code, 5, "{approved}");

    let inbox = team.bo.run("inbox", &[]).await;
    assert!(inbox.stdout.contains("agent of ana"), "{inbox}");
    let approved = team.bo.approve("").await;
    assert_eq!(approved.code, 0, "{approved}");
    assert!(
        team.ana.run("exec orders-admin --env -- true", &[]).await.code == 125,
        "it is the agent's access"
    );
    team.ana.world.system.environment.set("JIT_AGENT", "ana-agent");
    let ran = team.ana.run("exec orders-admin --env -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    team.stop().await;
}

#[tokio::test]
async fn what_is_no_agent_runs_as_nobody() {
    let mut team = Team::new().await;
    team.ana.world.system.environment.set("JIT_AGENT", "../ana");
    let shot = team.ana.run("whoami", &[]).await;
    assert_eq!(shot.code, 2, "{shot}");
    team.ana.world.system.environment.set("JIT_AGENT", "unknown");
    let shot = team.ana.run(&format!("login {BROKER}"), &[]).await;
    assert_eq!(shot.code, 3, "{shot}");
    assert!(shot.stderr.contains("jit agent init unknown"), "{shot}");
    let shot = team.ana.run("agent init other", &[]).await;
    assert_eq!(shot.code, 5, "agents make no agents: {shot}");
    team.ana.world.system.environment.set("JIT_AGENT", OsString::new());
    let empty = team.ana.run("whoami", &[]).await;
    assert!(empty.code == 2 && empty.stderr.contains("JIT_AGENT holds no agent's name"), "{empty}");
    team.stop().await;
}

#[tokio::test]
async fn a_lock_ends_what_ones_agents_have_here() {
    let mut team = team().await;
    team.ana.world.system.environment.set("JIT_AGENT", "ana-agent");
    let logged_in = team.ana.run(&format!("login {BROKER}"), &[]).await;
    assert_eq!(logged_in.code, 0, "{logged_in}");
    let asked = team.ana.run_words(&[&ASK[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert_eq!(team.bo.approve("").await.code, 0);
    assert_eq!(team.ana.run("exec orders-admin --env -- true", &[]).await.code, 0);
    team.ana.world.system.environment.remove("JIT_AGENT");
    let locked = team.ana.run("lock", &[]).await;
    assert!(locked.code == 0 && locked.stdout.contains("1 credential removed"), "{locked}");
    assert!(locked.stderr.contains("ana-agent is logged out too"), "{locked}");
    team.ana.world.system.environment.set("JIT_AGENT", "ana-agent");
    assert_eq!(team.ana.run("exec orders-admin --env -- true", &[]).await.code, 125);
    assert_eq!(team.ana.run("roles", &[]).await.code, 3);
    team.stop().await;
}

#[tokio::test]
async fn a_lock_leaves_nothing_to_use() {
    let stage = Stage::ready().await;
    let asked =
        stage.ana.run_words(&["request", "prod-admin", "--reason", "INC-42", "-y", "--no-wait"], &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert_eq!(stage.bo.approve("").await.code, 0);
    assert_eq!(stage.ana.run("exec prod-admin --env -- true", &[]).await.code, 0);
    let locked = stage.ana.run("lock", &[]).await;
    assert_eq!(locked.code, 0, "{locked}");
    assert!(locked.stdout.contains("locked: logged out; 1 credential removed"), "{locked}");
    assert!(locked.stderr.contains("prod-admin goes on until"), "{locked}");
    // The ssh-agent still holds the key, and nothing logs in with it.
    assert_eq!(stage.ana.run("exec prod-admin --env -- true", &[]).await.code, 125);
    assert_eq!(stage.ana.run("roles", &[]).await.code, 3);
    let again = stage.ana.run("lock", &[]).await;
    assert!(again.stdout.contains("locked: 0 credentials removed"), "{again}");
    assert_eq!(stage.ana.run(&format!("login {FAKE} --as ana"), &[]).await.code, 0);
    assert_eq!(stage.ana.run("exec prod-admin --env -- true", &[]).await.code, 0, "the access went on");
}

/// A reviewer's agent reads the inbox, and decides nothing; the reviewer does.
#[tokio::test]
async fn an_agent_that_is_known_by_its_marks_decides_nothing() {
    let mut team = Team::new().await;
    let asked = team
        .ana
        .run_words(&["request", "orders-admin", "--reason", "INC-42 fail over", "--no-wait", "-y"], &[])
        .await;
    let id = asked.stdout.trim();
    team.bo.world.system.environment.set("CLAUDECODE", "1");
    for words in [
        &["approve", id, "-y"][..],
        &["deny", id, "--reason", "no", "-y"],
        &["revoke", id, "--reason", "no", "-y"],
        &["break-glass", "orders-admin", "--reason", "the database is down", "-y"],
    ] {
        let refused = team.bo.run_words(words, &[]).await;
        assert_eq!(refused.code, 5, "{words:?}: {refused}");
        assert!(refused.stderr.contains("CLAUDECODE says that a coding agent runs this"), "{refused}");
    }
    let inbox = team.bo.run("inbox --list", &[]).await;
    assert!(inbox.code == 0 && inbox.stdout.contains(id), "{inbox}");
    team.bo.world.system.environment.remove("CLAUDECODE");
    let approved = team.bo.run_words(&["approve", id, "-y"], &[]).await;
    assert_eq!(approved.code, 0, "{approved}");
    team.stop().await;
}

#[tokio::test]
async fn doctor_says_when_an_agent_could_ask_as_its_owner() {
    let mut stage = Stage::ready().await;
    let quiet = stage.ana.run("doctor", &[]).await;
    assert!(!quiet.stdout.contains("coding agent"), "{quiet}");
    stage.ana.world.system.environment.set("CLAUDECODE", "1");
    let found = stage.ana.run("doctor", &[]).await;
    assert!(found.stdout.contains("could sign as ana") && found.stdout.contains("ssh-add -c"), "{found}");
    assert!(found.stdout.contains("could use your session") && found.stdout.contains("jit lock"), "{found}");
    assert_eq!(stage.ana.run("lock", &[]).await.code, 0);
    let locked = stage.ana.run("doctor", &[]).await;
    assert!(!locked.stdout.contains("could sign as"), "{locked}");
}

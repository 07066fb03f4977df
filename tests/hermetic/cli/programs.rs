//! Access that programs request on their own, and shells that have access.

use std::time::Duration;

use jit::system::files::Lock;

use crate::cli::stage::Shot;
use crate::cli::stage::Stage;

fn one_line(shot: &Shot, code: u8, command: &str) {
    assert_eq!((shot.code, shot.stdout.as_str()), (code, ""), "{shot}");
    assert_eq!(shot.stderr.lines().count(), 1, "{shot}");
    assert!(shot.stderr.starts_with("error: ") && shot.stderr.contains(command), "{shot}");
}

#[tokio::test]
async fn credentials_come_from_the_keychain_without_a_network() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run("request stage-admin -y", &[]).await.code, 0);
    let sent = stage.http.sent().len();
    let shot = stage.ana.run("credentials stage-admin --format aws", &[]).await;
    assert_eq!((shot.code, shot.stderr.as_str()), (0, ""), "{shot}");
    let document: serde_json::Value = serde_json::from_str(&shot.stdout).unwrap();
    assert_eq!(
        document,
        serde_json::json!({
            "Version": 1, "AccessKeyId": "ASIAFAKESTAGE-ADMIN", "SecretAccessKey": "canary-secret",
            "SessionToken": "canary-token", "Expiration": "2026-11-23T11:00:00Z", "AccountId": "111122223333",
        })
    );
    let shot = stage.ana.run("credentials stage-admin --format json", &[]).await;
    let document: serde_json::Value = serde_json::from_str(&shot.stdout).unwrap();
    assert_eq!((&document["role"], &document["region"]), (&"stage-admin".into(), &"eu-west-1".into()));
    assert_eq!(stage.http.sent().len(), sent);
    stage.clock.advance(Duration::from_secs(3600));
    one_line(
        &stage.ana.run("credentials stage-admin --format aws", &[]).await,
        5,
        "`jit request stage-admin`",
    );
}

#[tokio::test]
async fn credentials_never_ask_and_never_begin_anything() {
    let stage = Stage::ready().await;
    // A person is at the terminal, and is not asked.
    let ask = async || stage.ana.run("credentials prod-admin --format aws", &["y", "y", "y"]).await;
    one_line(&ask().await, 5, "`jit request prod-admin`");
    let asked = stage.ana.run_words(&["request", "prod-admin", "--reason", "INC-42", "-y", "--no-wait"], &[]);
    assert_eq!(asked.await.code, 0);
    one_line(&ask().await, 4, "`jit wait prod-admin`");
    assert_eq!(stage.bo.approve("").await.code, 0);
    stage.ana.run("status", &[]).await;
    let sent = stage.http.sent().len();
    one_line(&ask().await, 4, "`jit wait prod-admin`");
    assert_eq!(stage.ana.world.console.answers.lock().unwrap().len(), 3);
    assert_eq!(stage.broker.state.lock().unwrap().leases, 0);
    assert_eq!(stage.http.sent().len(), sent, "nobody is waited for");
    assert_eq!(stage.ana.run("end prod-admin", &[]).await.code, 0);
    one_line(&ask().await, 5, "`jit request prod-admin`");
}

#[tokio::test]
async fn a_shell_has_the_access_and_an_inner_one_only_its_own() {
    let mut stage = Stage::ready().await;
    assert_eq!(stage.ana.run("request stage-admin -y", &[]).await.code, 0);
    let plain = stage.ana.run("shell", &[]).await;
    assert_eq!(plain.code, 0, "{plain}");
    stage.ana.world.system.environment.set("SHELL", "/usr/bin/fish");
    stage.ana.world.system.environment.set("JIT_GRANT", "prod-admin");
    stage.ana.world.system.environment.set("AWS_SESSION_TOKEN", "outer");
    let inner = stage.ana.run("shell stage-admin", &[]).await;
    assert!(
        inner.stderr.contains("jit: the access of the outer shell, prod-admin, is not in this one"),
        "{inner}"
    );
    let started = std::mem::take(&mut *stage.ana.world.processes.started.lock().unwrap());
    let programs: Vec<_> = started.iter().map(|command| command.program.to_string_lossy()).collect();
    assert_eq!(programs, [if cfg!(windows) { "cmd.exe" } else { "/bin/sh" }, "/usr/bin/fish"]);
    assert!(started.iter().all(|command| command.environment.get("JIT_GRANT") == Some("stage-admin")));
    assert_eq!(started[1].environment.get("AWS_SESSION_TOKEN"), Some("canary-token"));
    let served = stage.ana.run("shell stage-admin --serve", &[]).await;
    assert_eq!(served.code, 0, "{served}");
    assert_eq!(stage.ana.world.supervisor.started.lock().unwrap().len(), 1);
}

/// The test's own time, but waiting for a lock takes as long as the broker really needs.
#[cfg(feature = "demo")]
struct PatientClock(jit::system::fake::FakeClock);

#[cfg(feature = "demo")]
#[async_trait::async_trait]
impl jit::system::Clock for PatientClock {
    fn now(&self) -> jiff::Timestamp {
        self.0.now()
    }

    async fn sleep(&self, span: Duration) {
        jit::system::clock::RealClock.sleep(span).await;
    }
}

#[cfg(feature = "demo")]
#[tokio::test]
async fn callers_at_once_mint_once_and_the_old_ones_do_while_the_broker_is_gone() {
    use crate::cli::real::ASK;
    use crate::cli::real::Team;
    let mut team = Team::new().await;
    let asked = team.ana.run_words(&[&ASK[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert_eq!(team.bo.approve("").await.code, 0);
    assert_eq!(team.ana.run("wait orders-admin", &[]).await.code, 0);
    let line = "credentials orders-admin --format aws";
    let first = team.ana.run(line, &[]).await;
    assert_eq!(team.ana.run(line, &[]).await.stdout, first.stdout);
    // The credentials last half an hour of the hour, and less than a quarter of that is left.
    team.clock.advance(Duration::from_secs(20 * 60));
    team.ana.world.system.clock = std::sync::Arc::new(PatientClock(team.clock.clone()));
    let call = async || {
        let words = line.split(' ').map(Into::into).collect();
        jit::cli::run_async(words, &team.ana.world.system).await
    };
    team.ana.world.console.output.lock().unwrap().clear();
    assert_eq!(tokio::join!(call(), call(), call()), (0, 0, 0));
    let printed = team.ana.world.console.printed();
    let documents: Vec<&str> = printed.lines().collect();
    assert_eq!(documents.len(), 3);
    assert!(
        documents.iter().all(|document| *document == documents[0]),
        "one of them minted, the others read"
    );
    assert_ne!(documents[0], first.stdout.trim());
    team.stop().await;
    team.clock.advance(Duration::from_secs(20 * 60));
    let gone = team.ana.run(line, &[]).await;
    assert_eq!((gone.code, gone.stdout.trim()), (0, documents[0]), "{gone}");
    team.clock.advance(Duration::from_secs(11 * 60));
    one_line(&team.ana.run(line, &[]).await, 1, "127.0.0.1");
}

#[tokio::test]
async fn an_alias_names_the_same_credentials() {
    let stage = Stage::ready().await;
    let words = ["request", "prod-admin", "--reason", "INC-1 x", "-y", "--no-wait"];
    assert_eq!(stage.ana.run_words(&words, &[]).await.code, 0);
    assert_eq!(stage.bo.approve("").await.code, 0);
    assert_eq!(stage.ana.run("exec prod-admin -- true", &[]).await.code, 0);
    let asked = stage.http.sent().len();
    let own = stage.ana.run("credentials prod-admin --format aws", &[]).await;
    let alias = stage.ana.run("credentials payments-admin --format aws", &[]).await;
    assert_eq!((own.code, alias.code), (0, 0), "{alias}");
    assert_eq!(own.stdout, alias.stdout);
    assert_eq!(stage.http.sent().len(), asked, "nobody was asked");
    let stranger = stage.ana.run("credentials payments --format aws", &[]).await;
    assert_eq!(stranger.code, 5, "{stranger}");
}

/// Without a keychain there is nothing to print, and the error says so.
#[tokio::test]
async fn without_a_keychain_the_reason_is_said() {
    let mut stage = Stage::new();
    stage.ana.world.system.keychain = jit::system::KeychainSource::Recorded;
    let login = format!("login {} --as ana --keychain none", crate::cli::fake_broker::BROKER);
    assert_eq!(stage.ana.run(&login, &[]).await.code, 0);
    let used = stage.ana.run("exec stage-admin -- true", &["y", "play"]).await;
    assert_eq!(used.code, 0, "{used}");
    let shot = stage.ana.run("credentials stage-admin --format aws", &[]).await;
    assert_eq!((shot.code, shot.stdout.as_str()), (5, ""), "{shot}");
    assert!(shot.stderr.contains("the keychain of your login is `none`"), "{shot}");
    assert_eq!(shot.stderr.trim_end().lines().count(), 1, "{shot}");
    let again = stage.ana.run("exec stage-admin -- true", &[]).await;
    assert_eq!(again.code, 125, "{again}");
    assert!(again.stderr.contains("the keychain of your login is `none`"), "{again}");
    assert!(again.stderr.contains("`jit exec stage-admin -- COMMAND`"), "{again}");
}

/// Ctrl-C removes the status line that is shown while another process gets the same credentials.
#[tokio::test]
async fn ctrl_c_while_another_gets_them_stops_in_good_order() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run("request stage-admin --reason play -y --no-wait", &[]).await.code, 0);
    let lock = format!("locks/{}.lock", stage.newest());
    let held = Lock::try_take(&stage.ana.world.system.files.state.join(lock)).unwrap().unwrap();
    stage.ana.world.processes.interrupts.notify_one();
    let shot = stage.ana.run("exec stage-admin -- true", &[]).await;
    assert_eq!(shot.code, 125, "{shot}");
    assert!(
        shot.stderr.contains("is getting these credentials") && shot.stderr.contains("error: stopped"),
        "{shot}"
    );
    assert!(stage.ana.world.processes.started.lock().unwrap().is_empty());
    drop(held);
    assert_eq!(stage.ana.run("exec stage-admin -- true", &[]).await.code, 0);
}

//! `jit exec` as a parent: what it passes to the command, where later credentials come from, and what happens when
//! there are no more.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jit::deliver::aws::fetch;
use jit::deliver::endpoint::LeaseSource;
use jit::deliver::endpoint::RenewError;
use jit::flow::Client;
use jit::flow::using::exec;
use jit::flow::using::renewal::Renewal;
use jit::system::Supervisor;
use jit::system::System;
use jit::system::clock::RealClock;
use jit::system::processes::Command;

use crate::cli::real::ASK;
use crate::cli::real::StandingClock;
use crate::cli::real::Team;

/// A command that reads its private files and fetches its credentials twice, with the grant ended in between.
struct Curious {
    other_terminal: System,
    config: Mutex<String>,
    found: Mutex<Vec<String>>,
    folder: Mutex<PathBuf>,
}

#[async_trait]
impl Supervisor for Curious {
    async fn supervise(&self, command: &Command) -> io::Result<i32> {
        let path = PathBuf::from(command.environment.get("AWS_CONFIG_FILE").unwrap());
        let config = std::fs::read_to_string(&path)?;
        let process = config.lines().find_map(|line| line.strip_prefix("credential_process = ")).unwrap();
        let card = PathBuf::from(process.split_whitespace().last().unwrap());
        let fetched = async || match fetch::fetch(&card, &RealClock).await {
            Ok(document) => document.expose().clone(),
            Err(error) => error.to_string(),
        };
        let first = fetched().await;
        let end = vec!["end".into(), "orders-admin".into()];
        assert_eq!(jit::cli::run_async(end, &self.other_terminal).await, 0);
        let second = fetched().await;
        *self.found.lock().unwrap() = vec![first, second];
        *self.folder.lock().unwrap() = path.parent().unwrap().to_owned();
        *self.config.lock().unwrap() = config;
        Ok(42)
    }
}

async fn granted() -> Team {
    let team = Team::new().await;
    let asked = team.ana.run_words(&[&ASK[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert_eq!(team.bo.approve("").await.code, 0);
    assert_eq!(team.ana.run("wait orders-admin", &[]).await.code, 0);
    team
}

#[tokio::test]
async fn a_command_is_served_until_the_grant_is_ended_in_another_terminal() {
    let mut team = granted().await;
    let curious = Arc::new(Curious {
        other_terminal: team.ana.world.system.clone(),
        config: Mutex::default(),
        found: Mutex::default(),
        folder: Mutex::default(),
    });
    // The endpoint's own limits must not advance the time by sleeping.
    team.ana.world.system.clock = Arc::new(StandingClock(team.clock.clone()));
    team.ana.world.system.supervisor = Arc::clone(&curious) as Arc<dyn Supervisor>;
    let ran = team.ana.run("exec orders-admin -- terraform apply", &[]).await;
    assert_eq!(ran.code, 42, "{ran}");
    assert!(ran.stderr.contains("jit: orders-admin in account 000000000042, 1h left"), "{ran}");
    let found = curious.found.lock().unwrap().clone();
    let document: serde_json::Value = serde_json::from_str(&found[0]).unwrap();
    assert_eq!((&document["Version"], &document["AccountId"]), (&1.into(), &"000000000042".into()));
    assert!(found[1].contains("the access to orders-admin has ended"), "{}", found[1]);
    assert!(curious.config.lock().unwrap().contains("[profile orders-admin]"));
    assert!(!curious.folder.lock().unwrap().exists(), "the private files are gone");
    team.stop().await;
}

/// The program that the private files name survives an upgrade, as the command may.
#[cfg(unix)]
#[tokio::test]
async fn a_served_command_asks_the_path_that_survives_an_upgrade() {
    let mut team = granted().await;
    let curious = Arc::new(Curious {
        other_terminal: team.ana.world.system.clone(),
        config: Mutex::default(),
        found: Mutex::default(),
        folder: Mutex::default(),
    });
    let root = std::fs::canonicalize(&team.ana.world.system.files.working).unwrap();
    let (versioned, link) = (root.join("Cellar/jit/1/bin/jit"), root.join("bin/jit"));
    team.ana.write(&versioned, "");
    std::fs::create_dir_all(root.join("bin")).unwrap();
    std::os::unix::fs::symlink(&versioned, &link).unwrap();
    team.ana.write(&root.join("bin/terraform"), "");
    team.ana.world.system.files.executable = versioned;
    team.ana.world.system.environment.set("PATH", root.join("bin").as_os_str());
    team.ana.world.system.clock = Arc::new(StandingClock(team.clock.clone()));
    team.ana.world.system.supervisor = Arc::clone(&curious) as Arc<dyn Supervisor>;
    let ran = team.ana.run("exec orders-admin -- terraform apply", &[]).await;
    assert_eq!(ran.code, 42, "{ran}");
    let config = curious.config.lock().unwrap().clone();
    let process = format!("credential_process = {} internal-credential ", link.display());
    assert!(config.contains(&process) && !config.contains("Cellar"), "{config}");
    team.stop().await;
}

#[tokio::test]
async fn the_form_follows_from_what_lasts_longer_or_is_chosen() {
    let mut team = granted().await;
    for (line, served) in [
        ("exec orders-admin -- aws s3 ls", true),
        ("exec orders-admin --env -- aws s3 ls", false),
        ("exec orders-admin --serve -- aws s3 ls", true),
        ("exec orders-admin --needs 50m -- aws s3 ls", true),
    ] {
        let ran = team.ana.run(line, &[]).await;
        assert_eq!(ran.code, 0, "{line}: {ran}");
        let commands = |commands: &Mutex<Vec<Command>>| std::mem::take(&mut *commands.lock().unwrap());
        let under = commands(&team.ana.world.supervisor.started);
        let became = commands(&team.ana.world.processes.started);
        assert_eq!((under.len(), became.len()), if served { (1, 0) } else { (0, 1) }, "{line}");
        let environment = &under.first().or(became.first()).unwrap().environment;
        assert_eq!(environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some(), served);
        assert_eq!(environment.get("AWS_ACCESS_KEY_ID").is_some(), !served);
        assert_eq!(environment.get("JIT_GRANT"), Some("orders-admin"));
    }
    for (line, hint) in [
        ("exec orders-admin --needs 2h -- true", "jit extend orders-admin --for 1h10m"),
        ("exec orders-admin --env --needs 50m -- true", "leave `--env` out"),
    ] {
        let ran = team.ana.run(line, &[]).await;
        assert_eq!(ran.code, 125, "{ran}");
        assert!(ran.stderr.contains(hint), "{ran}");
    }
    assert!(team.ana.world.supervisor.started.lock().unwrap().is_empty());
    team.stop().await;
}

#[tokio::test]
async fn the_next_credentials_come_from_the_broker_until_it_says_no() {
    let mut team = granted().await;
    let system = team.ana.world.system.clone();
    let client = Client::open(&system).unwrap();
    let access = exec::access(&client, &"orders-admin".parse().unwrap(), false).await.unwrap();
    let source = Renewal::of(&client, &access).unwrap();
    assert_eq!(source.until(), Some(access.until));
    team.clock.advance(Duration::from_secs(20 * 60));
    let next = source.renew().await.unwrap();
    assert!(next.expires > access.lease.expires && next.number > access.lease.number);
    assert_eq!(system.console.is_interactive(), client.console().is_interactive());
    let id = access.request.clone().unwrap();
    let revoked = team.bo.run(&format!("revoke {id} --reason over -y"), &[]).await;
    assert_eq!(revoked.code, 0, "{revoked}");
    assert!(source.until().is_some(), "this machine has not heard of it");
    let told = source.renew().await.unwrap_err();
    assert!(matches!(&told, RenewError::Ended(words) if words.contains("revoked")), "{told}");
    assert_eq!(source.until(), None, "now it has");
    team.stop().await;
    assert_eq!(source.until(), None);
}

#[tokio::test]
async fn a_broker_that_is_gone_is_a_passing_trouble() {
    let mut team = granted().await;
    let system = team.ana.world.system.clone();
    let client = Client::open(&system).unwrap();
    let access = exec::access(&client, &"orders-admin".parse().unwrap(), false).await.unwrap();
    let source = Renewal::of(&client, &access).unwrap();
    team.stop().await;
    let told = source.renew().await.unwrap_err();
    assert!(matches!(&told, RenewError::Passing(_)), "{told}");
    assert_eq!(source.until(), Some(access.until));
}

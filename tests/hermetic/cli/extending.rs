//! `jit extend` over the real broker and the sandbox cloud: what people see, and a running command that continues.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jit::deliver::aws::fetch;
use jit::sandbox::READ_NOTE;
use jit::state::index;
use jit::system::Clock;
use jit::system::Supervisor;
use jit::system::System;
use jit::system::clock::RealClock;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeConsole;
use jit::system::processes::Command;

use crate::cli::real::ASK;
use crate::cli::real::StandingClock;
use crate::cli::real::Team;
use crate::cli::stage::Shot;

const EXTEND: [&str; 5] = ["extend", "orders-admin", "--for", "30m", "-y"];

async fn granted() -> Team {
    let team = Team::new().await;
    let asked = team.ana.run_words(&[&ASK[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert_eq!(team.bo.approve("").await.code, 0);
    let waited = team.ana.run("wait orders-admin", &[]).await;
    assert_eq!(waited.code, 0, "{waited}");
    team
}

/// Asks without waiting. Returns the id.
async fn ask_more(team: &Team) -> String {
    let asked = team.ana.run_words(&[&EXTEND[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    asked.stdout.trim().to_owned()
}

/// The output, without ids and digests that differ between runs.
fn shown(shot: &Shot, ids: &[(&str, &str)]) -> String {
    let mut text = shot.to_string();
    for (id, name) in ids {
        text = text.replace(id, name);
    }
    let kept = text.lines().filter(|line| !line.contains("digest ") && !line.contains("signed by"));
    kept.collect::<Vec<_>>().join("\n")
}

fn first_id(team: &Team) -> String {
    let entries = index::read(&team.ana.world.system.files).entries;
    entries.iter().find(|entry| entry.extends.is_none()).unwrap().id.clone().unwrap().to_string()
}

#[tokio::test]
async fn what_the_requester_and_the_reviewer_see() {
    let mut team = granted().await;
    let first = first_id(&team);
    let asked = team.ana.run("extend orders-admin --for 30m --no-wait", &["y"]).await;
    let id = asked.stdout.trim().to_owned();
    let ids = [(first.as_str(), "FIRST"), (id.as_str(), "MORE")];
    let waits = format!("wait {id}");
    let show = format!("show {id}");
    let mut seen = vec![shown(&asked, &ids)];
    for (person, line, answer) in [
        (&team.ana, "status", ""),
        (&team.ana, "", ""),
        (&team.ana, "prompt", ""),
        (&team.bo, "inbox", ""),
        (&team.bo, "approve", "y"),
        (&team.ana, &waits, ""),
        (&team.ana, "prompt", ""),
        (&team.ana, "show orders-admin", ""),
        (&team.ana, &show, ""),
    ] {
        let shot = person.run(line, &[answer]).await;
        seen.push(format!("$ jit {line}\n{}", shown(&shot, &ids)).replace(&id, "MORE"));
    }
    insta::assert_snapshot!(seen.join("\n\n"), @"
    exit 0
    --- stdout
    MORE
    --- stderr
    orders-admin: role orders-admin in account 000000000042 (sandbox)
      for       30m more (at most 4h)
      ends      2026-11-23 11:30 UTC instead of 2026-11-23 11:00 UTC (extension 1 of 2)
      reason  | INC-42
      approval  1 of group:sre (bo)
    ? Ask for 30m more of orders-admin?
    asked for more time for orders-admin: request MORE
    nobody was told: the policy names no place; ask bo to type: jit approve MORE

    $ jit status
    exit 0
    --- stdout
    ROLE          STATE    TIME           ACCOUNT       REQUEST     NOTE
    orders-admin  pending  expires in 1h  000000000042  MORE  more time for FIRST
    orders-admin  active   1h left        000000000042  FIRST
    --- stderr

    $ jit 
    exit 0
    --- stdout
    ROLE          STATE    TIME           ACCOUNT       REQUEST     NOTE
    orders-admin  pending  expires in 1h  000000000042  MORE  more time for FIRST
    orders-admin  active   1h left        000000000042  FIRST
    --- stderr
    next: jit wait MORE

    $ jit prompt
    exit 0
    --- stdout
    orders-admin 1h
    --- stderr

    $ jit inbox
    exit 0
    --- stdout
    REQUEST     WHO  ROLE          FOR       ASKED     REASON
    MORE  ana  orders-admin  30m more  just now  INC-42
    --- stderr
    next: jit approve ID, or jit deny ID --reason TEXT

    $ jit approve
    exit 0
    --- stdout
    approved MORE: more time of orders-admin for ana, 30m; ana has the time now
    --- stderr
    ana asks for more time for orders-admin  (request MORE)
      opens     role orders-admin in account 000000000042 (sandbox)
      role      Administer orders
      for       30m more (at most 4h)
      extends   request FIRST: ends at 2026-11-23 11:30 UTC instead of 2026-11-23 11:00 UTC
      reason  | INC-42
      approval  1 of group:sre
    ? Approve more time of orders-admin for ana, 30m?

    $ jit wait MORE
    exit 0
    --- stdout
    orders-admin in account 000000000042 is active until 2026-11-23 11:30 UTC (1h 30m left)
    --- stderr
    running commands whose credentials jit renews continue until then

    $ jit prompt
    exit 0
    --- stdout
    orders-admin 1h 30m
    --- stderr

    $ jit show orders-admin
    exit 0
    --- stdout
    FIRST  orders-admin  active
      who       ana
      opens     role orders-admin in account 000000000042 (sandbox)
      for       1h
      reason  | INC-42
      asked     2026-11-23 10:00 UTC (just now)
      approval  1 of group:sre
      review    bo says approve
      access    until 2026-11-23 11:30 UTC (1h 30m left)
      extended  by MORE: until 2026-11-23 11:30 UTC (in 1h 30m)
    --- stderr

    $ jit show MORE
    exit 0
    --- stdout
    MORE  orders-admin  active
      who       ana
      opens     role orders-admin in account 000000000042 (sandbox)
      for       30m more
      extends   request FIRST: ends at 2026-11-23 11:30 UTC instead of 2026-11-23 11:00 UTC
      reason  | INC-42
      asked     2026-11-23 10:00 UTC (just now)
      approval  1 of group:sre
      review    bo says approve
      access    until 2026-11-23 11:30 UTC (1h 30m left)
    --- stderr
    ");
    let json = team.ana.run(&format!("show {id} --json"), &[]).await;
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json["extends"].as_str(), json["state"].as_str()), (Some(first.as_str()), Some("active")));
    let json = team.ana.run("show orders-admin --json", &[]).await;
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["extensions"][0]["id"].as_str(), Some(id.as_str()));
    team.stop().await;
}

#[tokio::test]
async fn waiting_in_one_go_and_asking_twice() {
    let mut team = granted().await;
    let id = ask_more(&team).await;
    assert_eq!(ask_more(&team).await, id, "an equal one that waits is used again");
    let other = team.ana.run("extend orders-admin --for 20m -y", &[]).await;
    assert_eq!(other.code, 1, "{other}");
    assert!(other.stderr.contains(&format!("jit end {id}")), "{other}");
    // Not with one's own approval: ana cannot approve it, and the first request's id leads to the same.
    assert_eq!(team.ana.run(&format!("approve {id} -y"), &[]).await.code, 5);
    let denied = team.bo.run_words(&["deny", &id, "--reason", "go home", "-y"], &[]).await;
    assert_eq!(denied.code, 0, "{denied}");
    let waited = team.ana.run(&format!("wait {id}"), &[]).await;
    assert_eq!(waited.code, 5, "{waited}");
    assert!(waited.stderr.contains("more time for orders-admin was denied by bo"), "{waited}");
    assert!(waited.stderr.contains("the access itself lasts as long as before"), "{waited}");
    assert_eq!(team.ana.run("prompt", &[]).await.stdout.trim(), "orders-admin 1h", "nothing waits any more");

    let extend = team.ana.run("extend --for 30m -y", &[]);
    let approve = async {
        loop {
            let approved = team.bo.approve("").await;
            if approved.code == 0 {
                return approved;
            }
            tokio::task::yield_now().await;
        }
    };
    let (extended, _) = tokio::join!(extend, approve);
    assert_eq!(extended.code, 0, "{extended}");
    assert!(extended.stdout.contains("orders-admin in account 000000000042 is active until"), "{extended}");
    assert!(
        extended.stderr.contains("next time: jit extend orders-admin --for 30m --reason 'INC-42'"),
        "{extended}"
    );
    let entries = index::read(&team.ana.world.system.files).entries;
    assert_eq!(entries.len(), 1, "the index knows one grant, with its new end");
    // The approved extension waits for nobody, and is nothing beside its grant.
    let waited = team.ana.run("wait", &["x"]).await;
    assert!(waited.code == 0 && waited.stdout.contains("is active until"), "{waited}");
    assert!(!waited.stderr.contains('?'), "{waited}");
    team.stop().await;
}

#[tokio::test]
async fn this_machine_learns_the_new_end_when_it_next_looks() {
    let mut team = granted().await;
    let asked = team.ana.run_words(&[&EXTEND[..], &["--no-wait", "--json"]].concat(), &[]).await;
    let json: serde_json::Value = serde_json::from_str(&asked.stdout).unwrap();
    assert_eq!(
        (json["state"].as_str(), json["extends"].as_str()),
        (Some("pending"), Some(first_id(&team).as_str()))
    );
    assert!(team.ana.run("prompt --hook", &[]).await.stdout.contains("1 pending"));
    assert_eq!(team.bo.approve("").await.code, 0);
    assert_eq!(team.ana.run("prompt", &[]).await.stdout.trim(), "orders-admin 1h", "nobody has told it");
    let status = team.ana.run("status --json", &[]).await;
    let json: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1, "{status}");
    assert_eq!(json[0]["until"].as_str(), Some("2026-11-23T11:30:00Z"));
    assert_eq!(team.ana.run("prompt", &[]).await.stdout.trim(), "orders-admin 1h 30m");
    // A person can wait for an extension by the role's name, too.
    let more = ask_more(&team).await;
    let approve = format!("approve {more} -y");
    let (waited, approved) = tokio::join!(team.ana.run("wait orders-admin", &[]), team.bo.run(&approve, &[]));
    assert_eq!((waited.code, approved.code), (0, 0), "{waited}");
    assert!(waited.stdout.contains("is active until 2026-11-23 12:00 UTC"), "{waited}");
    team.stop().await;
}

#[tokio::test]
async fn what_cannot_be_extended_says_what_to_type() {
    let mut team = Team::new().await;
    let nothing = team.ana.run_words(&EXTEND, &[]).await;
    assert_eq!(nothing.code, 2, "{nothing}");
    team.ana.run_words(&[&ASK[..], &["--no-wait"]].concat(), &[]).await;
    let pending = team.ana.run_words(&EXTEND, &[]).await;
    assert!(pending.code == 5 && pending.stderr.contains("jit wait orders-admin"), "{pending}");
    team.bo.approve("").await;
    let approved = team.ana.run_words(&EXTEND, &[]).await;
    assert!(approved.code == 5 && approved.stderr.contains("first use"), "{approved}");
    assert_eq!(team.ana.run("wait orders-admin", &[]).await.code, 0);
    let id = first_id(&team);
    let others = team.bo.run(&format!("extend {id} -y"), &[]).await;
    assert!(others.code == 5 && others.stderr.contains("belongs to ana"), "{others}");
    let long = team.ana.run("extend orders-admin --for 5h -y", &[]).await;
    assert!(long.code == 2 && long.stderr.contains("--for 4h"), "{long}");
    for _ in 0..2 {
        let more = ask_more(&team).await;
        assert_eq!(team.bo.run(&format!("approve {more} -y"), &[]).await.code, 0);
        assert_eq!(team.ana.run(&format!("wait {more}"), &[]).await.code, 0);
    }
    let often = team.ana.run_words(&EXTEND, &[]).await;
    assert!(often.code == 5 && often.stderr.contains("as often as it may be (2)"), "{often}");
    assert_eq!(team.ana.run("end orders-admin", &[]).await.code, 0);
    let over = team.ana.run_words(&EXTEND, &[]).await;
    assert!(over.code == 5 && over.stderr.contains("jit request orders-admin"), "{over}");
    team.stop().await;
}

#[tokio::test]
async fn ending_an_extension_in_force_ends_the_access_here_too() {
    let mut team = granted().await;
    let more = ask_more(&team).await;
    assert_eq!(team.bo.approve("").await.code, 0);
    assert_eq!(team.ana.run(&format!("wait {more}"), &[]).await.code, 0);
    let waits = ask_more(&team).await;
    assert_eq!(team.ana.run(&format!("end {waits}"), &[]).await.code, 0, "one that waits goes alone");
    assert_eq!(team.ana.run("exec orders-admin -- true", &[]).await.code, 0);
    assert_eq!(team.ana.run(&format!("end {more}"), &[]).await.code, 0);
    assert!(index::read(&team.ana.world.system.files).entries.is_empty());
    assert_eq!(team.ana.world.keychain.items().len(), 1, "only the session is left");
    assert_eq!(team.ana.run("exec orders-admin -- true", &[]).await.code, 125);
    team.stop().await;
}

/// Polls until the condition holds, while the test's clock stands still.
macro_rules! eventually {
    ($is_so:expr) => {
        let mut tries = 0;
        while !$is_so {
            tries += 1;
            assert!(tries < 2_000, "it never came: {}", stringify!($is_so));
            RealClock.sleep(Duration::from_millis(5)).await;
        }
    };
}

/// A command that runs past its first end while others extend its access, until it is ended.
struct LongRun {
    ana: System,
    bo: System,
    clock: FakeClock,
    console: Arc<FakeConsole>,
    found: Mutex<Vec<String>>,
}

impl LongRun {
    async fn jit(system: &System, line: &str) -> u8 {
        jit::cli::run_async(line.split(' ').map(Into::into).collect(), system).await
    }
}

#[async_trait]
impl Supervisor for LongRun {
    async fn supervise(&self, command: &Command) -> io::Result<i32> {
        let path = PathBuf::from(command.environment.get("AWS_CONFIG_FILE").unwrap());
        let config = std::fs::read_to_string(&path)?;
        let process = config.lines().find_map(|line| line.strip_prefix("credential_process = ")).unwrap();
        let card = PathBuf::from(process.split_whitespace().last().unwrap());
        let fetched = async || match fetch::fetch(&card, &RealClock).await {
            Ok(document) => document.expose().clone(),
            Err(error) => error.to_string(),
        };
        let answer = fetched().await;
        self.found.lock().unwrap().push(answer);
        assert_eq!(Self::jit(&self.ana, "extend orders-admin --for 30m -y --no-wait").await, 0);
        let entries = index::read(&self.ana.files).entries;
        let more =
            entries.into_iter().find(|entry| entry.extends.is_some()).and_then(|entry| entry.id).unwrap();
        assert_eq!(Self::jit(&self.bo, &format!("approve {more} -y")).await, 0);
        // Nobody notifies this machine: the running command looks by itself when the first end approaches.
        self.clock.advance_to("2026-11-23T10:46:00Z".parse().unwrap());
        let end = "2026-11-23T11:30:00Z".parse().unwrap();
        eventually!(index::read(&self.ana.files).entries.iter().any(|entry| entry.until == end));
        // Wait for started work before moving the time: a renewal that times out has failed.
        eventually!(fetched().await.contains("AccessKeyId"));
        self.clock.advance_to("2026-11-23T11:01:00Z".parse().unwrap());
        eventually!(fetched().await.contains("AccessKeyId"));
        self.clock.advance_to("2026-11-23T11:16:00Z".parse().unwrap());
        eventually!(fetched().await.contains("AccessKeyId"));
        eventually!(self.console.said().contains("ends in"));
        self.clock.advance_to("2026-11-23T11:24:00Z".parse().unwrap());
        eventually!(fetched().await.contains("T11:30:00Z"));
        let answer = fetched().await;
        self.found.lock().unwrap().push(answer);
        assert_eq!(Self::jit(&self.ana, "end orders-admin").await, 0);
        let answer = fetched().await;
        self.found.lock().unwrap().push(answer);
        Ok(0)
    }
}

#[tokio::test]
async fn a_running_command_carries_on_past_its_first_end_and_stops_at_once_when_it_is_ended() {
    let mut team = granted().await;
    let run = Arc::new(LongRun {
        ana: team.ana.world.system.clone(),
        bo: team.bo.world.system.clone(),
        clock: team.clock.clone(),
        console: Arc::clone(&team.ana.world.console),
        found: Mutex::default(),
    });
    team.ana.world.system.clock = Arc::new(StandingClock(team.clock.clone()));
    team.ana.world.system.supervisor = Arc::clone(&run) as Arc<dyn Supervisor>;
    let ran = team.ana.run("exec orders-admin --serve -- terraform apply", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let found = run.found.lock().unwrap().clone();
    let document = |text: &str| -> serde_json::Value {
        serde_json::from_str(text).unwrap_or_else(|_| panic!("no credentials: {text}"))
    };
    let (before, after) = (document(&found[0]), document(&found[1]));
    assert_ne!(before["AccessKeyId"], after["AccessKeyId"], "renewed, without a restart");
    assert_eq!(after["Expiration"].as_str(), Some("2026-11-23T11:30:00Z"), "the last ones carry the new end");
    assert!(found[2].contains("the access to orders-admin has ended"), "{}", found[2]);
    // At fifteen minutes the look found the later end, so nobody was warned about the first one.
    assert_eq!(ran.stderr.matches("ends in").count(), 1, "{ran}");
    assert!(
        ran.stderr.contains("jit: orders-admin ends in 14m; for more time: `jit extend orders-admin`"),
        "{ran}"
    );
    team.stop().await;
}

#[tokio::test]
async fn needs_offers_more_time_on_a_terminal() {
    let mut team = granted().await;
    let exec = team.ana.run("exec orders-admin --needs 80m -- true", &["y"]);
    let approve = async {
        loop {
            let approved = team.bo.approve("").await;
            if approved.code == 0 {
                return approved;
            }
            tokio::task::yield_now().await;
        }
    };
    let (ran, approved) = tokio::join!(exec, approve);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.stderr.contains("? Ask for 30m more of orders-admin?"), "{ran}");
    assert!(approved.stderr.contains("for       30m more"), "{approved}");
    assert_eq!(team.ana.world.supervisor.started.lock().unwrap().len(), 1);
    let refused = team.ana.run("exec orders-admin --needs 3h -- true", &["n"]).await;
    assert_eq!(refused.code, 125, "{refused}");
    assert_eq!(team.ana.world.supervisor.started.lock().unwrap().len(), 1);
    team.stop().await;
}

#[tokio::test]
async fn the_cloud_enforces_the_new_end_and_not_a_second_more() {
    let mut team = granted().await;
    let more = ask_more(&team).await;
    assert_eq!(team.bo.approve("").await.code, 0);
    assert_eq!(team.ana.run(&format!("wait {more}"), &[]).await.code, 0);
    // Ten minutes before the end: the cloud's sessions last at least fifteen, and only their policy ends them.
    team.clock.advance(Duration::from_secs(80 * 60));
    assert_eq!(team.ana.run("exec orders-admin --env -- true", &[]).await.code, 0);
    let command = team.ana.world.processes.started.lock().unwrap().pop().unwrap();
    let value = |name: &str| command.environment.get(name).unwrap().to_owned();
    let credentials = jit::grant::cloud::aws::AwsCredentials {
        access_key_id: value("AWS_ACCESS_KEY_ID"),
        secret_access_key: value("AWS_SECRET_ACCESS_KEY").as_str().into(),
        session_token: value("AWS_SESSION_TOKEN").as_str().into(),
        account: value("AWS_ACCOUNT_ID"),
        session_arn: None,
        region: value("AWS_REGION"),
        endpoint_url: Some(value("AWS_ENDPOINT_URL_STS")),
    };
    let ask = || jit::provider::aws::identify::ask(READ_NOTE, &credentials, &team.ana.world.system);
    ask().await.unwrap();
    team.clock.advance_to("2026-11-23T11:29:59Z".parse().unwrap());
    ask().await.unwrap();
    team.clock.advance_to("2026-11-23T11:30:01Z".parse().unwrap());
    let refused = ask().await.unwrap_err();
    assert!(refused.message.contains("AccessDenied"), "{refused:?}");
    team.stop().await;
}

/// An extension that an agent types for a person's grant says that an agent asks.
#[tokio::test]
async fn more_time_says_who_sits_at_the_terminal_as_a_request_does() {
    for (variable, terminal, said) in [
        (None, true, ("false", "true")),
        (None, false, ("false", "false")),
        (Some(("CLAUDECODE", "1")), true, ("true", "false")),
        (Some(("CI", "true")), true, ("false", "false")),
    ] {
        let mut team = granted().await;
        if let Some((name, value)) = variable {
            team.ana.world.system.environment.set(name, value);
        }
        let answers: &[&str] = if terminal { &["y"] } else { &[] };
        let words = ["extend", "orders-admin", "--for", "30m", "--no-wait", "--json"];
        let flags: &[&str] = if terminal { &[] } else { &["-y"] };
        let asked = team.ana.run_words(&[&words[..], flags].concat(), answers).await;
        assert_eq!(asked.code, 0, "{asked}");
        let view: serde_json::Value = serde_json::from_str(&asked.stdout).unwrap();
        let of = |member: &str| view[member].as_bool().unwrap().to_string();
        assert_eq!((of("agent").as_str(), of("interactive").as_str()), said, "{variable:?} {terminal}");
        team.stop().await;
    }
}

/// An agent's request continues as an agent's, whoever types the extension.
#[tokio::test]
async fn more_time_for_an_agents_grant_is_the_agents() {
    let mut team = Team::new().await;
    team.ana.world.system.environment.set("CLAUDECODE", "1");
    let asked = team.ana.run_words(&[&ASK[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert_eq!(team.bo.run(&format!("approve {} -y", asked.stdout.trim()), &[]).await.code, 0);
    assert_eq!(team.ana.run("wait orders-admin", &[]).await.code, 0);
    team.ana.world.system.environment.remove("CLAUDECODE");
    let more = team.ana.run_words(&[&EXTEND[..], &["--no-wait", "--json"]].concat(), &[]).await;
    assert!(more.code == 0 && more.stdout.contains("\"agent\": true"), "{more}");
    team.stop().await;
}

/// A rule of the policy against agents stops more time that an agent types, from the command line to the broker's log.
/// The person's own hands get it.
#[tokio::test]
async fn a_rule_against_agents_stops_the_agents_command() {
    const RULE: (&str, &str) =
        ("rules/agents.cedar", "forbid (principal, action, resource) when { context.agent };\n");
    let mut team = Team::with("", &[RULE]).await;
    let asked = team.ana.run_words(&[&ASK[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert_eq!(team.bo.approve("").await.code, 0);
    assert_eq!(team.ana.run("wait orders-admin", &[]).await.code, 0);
    team.ana.world.system.environment.set("CLAUDECODE", "1");
    let refused = team.ana.run_words(&[&EXTEND[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(refused.code, 5, "{refused}");
    assert!(refused.stderr.contains("rules/agents.cedar"), "the rule is named: {refused}");
    team.ana.world.system.environment.remove("CLAUDECODE");
    let given = team.ana.run_words(&[&EXTEND[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(given.code, 0, "{given}");
    team.stop().await;
}

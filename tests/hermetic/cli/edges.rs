//! Interrupted questions, closed pipes, damaged files, lost connections, two terminals at once.

use std::io;

use insta::assert_snapshot;

use crate::cli::fake_broker::BROKER;
use crate::cli::stage::Stage;

#[tokio::test]
async fn ctrl_c_at_each_question_sends_nothing() {
    let stage = Stage::ready().await;
    let role = stage.ana.run("request", &["^C"]).await;
    assert_snapshot!(role, @"
    exit 1
    --- stdout
    --- stderr
    ? Which role?
    error: stopped; nothing was sent
    ");
    let reason = stage.ana.run("request prod-admin", &["^C"]).await;
    assert_snapshot!(reason, @"
    exit 1
    --- stdout
    --- stderr
    ? Reason (start with a ticket, e.g. INC-42)
    error: stopped; nothing was sent
    ");
    let confirm = stage.ana.run("request prod-admin", &["INC-1 x", "^C"]).await;
    assert_eq!(confirm.code, 1, "{confirm}");
    let no = stage.ana.run("request prod-admin", &["INC-1 x", "n"]).await;
    assert_eq!(no.code, 1, "{no}");
    assert!(stage.broker.state.lock().unwrap().requests.is_empty());
    assert_eq!(stage.ana.world.keychain.items().len(), 1, "no key of a request is left");
    let words = ["request", "prod-admin", "--reason", "INC-1 x", "-y", "--no-wait"];
    assert_eq!(stage.ana.run_words(&words, &[]).await.code, 0);
    let review = stage.bo.run("approve", &["^C"]).await;
    assert_eq!(review.code, 1, "{review}");
    let id = stage.newest();
    let revoke = stage.bo.run(&format!("revoke {id} --reason x"), &["^C"]).await;
    assert_eq!(revoke.code, 1, "{revoke}");
    assert_eq!(stage.broker.state.lock().unwrap().requests[0].state, jit::grant::State::Pending);
}

#[tokio::test]
async fn ctrl_c_while_waiting_leaves_the_request_standing() {
    let stage = Stage::ready().await;
    let words = ["request", "prod-admin", "--reason", "INC-1 x", "-y"];
    let ask = stage.ana.run_words(&words, &[]);
    let stop = async {
        while stage.broker.state.lock().unwrap().requests.is_empty() {
            tokio::task::yield_now().await;
        }
        stage.ana.world.processes.interrupts.notify_one();
    };
    let (shot, ()) = tokio::join!(ask, stop);
    assert_snapshot!(shot, @"
    exit 4
    --- stdout
    --- stderr
    prod-admin: role prod-admin in account 111122223333 (aws)
      Administer the production account
      for       1h (at most 4h)
      reason  | INC-1 x
      approval  1 of group:sre (bo)
    asked for prod-admin: request CAYEJVKG4A
    told: webhook ops
    not told: command: it did not finish in time; the broker tries again
    … prod-admin CAYEJVKG4A waits for 1 of group:sre (bo); asked at 2026-11-23 10:00 UTC
    error: prod-admin: stopped waiting; the request stays
      cause: 1 of group:sre is missing
      hint: type `jit wait CAYEJVKG4A` to go on waiting, from any terminal
    ");
    assert_snapshot!(stage.ana.run("status", &[]).await, @"
    exit 0
    --- stdout
    ROLE        STATE    TIME           ACCOUNT       REQUEST
    prod-admin  pending  expires in 1d  111122223333  CAYEJVKG4A
    --- stderr
    ");
    // Approved later, picked up from any terminal.
    assert_eq!(stage.bo.approve("").await.code, 0);
    let wait = stage.ana.run("wait prod-admin", &[]).await;
    assert_eq!(wait.code, 0, "{wait}");
}

#[tokio::test]
async fn waiting_survives_lost_connections() {
    let stage = Stage::ready().await;
    stage.broker.state.lock().unwrap().dropped = 5;
    let words = ["request", "prod-admin", "--reason", "INC-1 x", "-y"];
    let ask = stage.ana.run_words(&words, &[]);
    let approve = async {
        while stage.broker.state.lock().unwrap().dropped > 0 {
            tokio::task::yield_now().await;
        }
        stage.bo.approve("").await
    };
    let (shot, _) = tokio::join!(ask, approve);
    assert_eq!(shot.code, 0, "{shot}");
    assert!(shot.stderr.contains("is still pending, trying again"), "{shot}");
}

#[tokio::test]
async fn a_denial_is_said_with_its_reason() {
    let stage = Stage::ready().await;
    let words = ["request", "prod-admin", "--reason", "INC-1 x", "-y", "--no-wait"];
    assert_snapshot!(stage.ana.run_words(&words, &[]).await, @"
    exit 0
    --- stdout
    CAYEJVKG4A
    --- stderr
    prod-admin: role prod-admin in account 111122223333 (aws)
      Administer the production account
      for       1h (at most 4h)
      reason  | INC-1 x
      approval  1 of group:sre (bo)
    asked for prod-admin: request CAYEJVKG4A
    told: webhook ops
    not told: command: it did not finish in time; the broker tries again
    ");
    let id = stage.newest();
    let deny = ["deny", &id, "--reason", "use stage-admin for this"];
    assert_snapshot!(stage.bo.run_words(&deny, &["y"]).await, @"
    exit 0
    --- stdout
    denied CAYEJVKG4A: prod-admin for ana, 1h
    --- stderr
    ana asks for prod-admin  (request CAYEJVKG4A)
      opens     role prod-admin in account 111122223333 (aws)
      role      Administer the production account
      for       1h (at most 4h)
      reason  | INC-1 x
      approval  1 of group:sre
      asked     just now, signed by SHA256:7gVR/iqpm6U+Yi3maONALdXOZTSgeJnr31Vk147gxV0
      digest    62bce96e702299534cdb9fcfd7e5296f7508ef76b6d6d81ccd5e35b3c4f29d46
    ? Deny prod-admin for ana, 1h?
    ");
    assert_snapshot!(stage.ana.run("wait prod-admin", &[]).await, @"
    exit 5
    --- stdout
    --- stderr
    error: prod-admin was denied by bo
      cause: bo: use stage-admin for this
      hint: talk to the reviewer before asking again: they will see that it was denied
    ");
}

#[tokio::test]
async fn asking_twice_is_asking_once() {
    let stage = Stage::ready().await;
    let words = ["request", "prod-admin", "--reason", "INC-1 x", "-y", "--no-wait"];
    for _ in 0..3 {
        assert_eq!(stage.ana.run_words(&words, &[]).await.code, 0);
    }
    // By its alias too.
    let words = ["request", "payments-admin", "--reason", "INC-1 x", "-y", "--no-wait"];
    assert_snapshot!(stage.ana.run_words(&words, &[]).await, @"
    exit 0
    --- stdout
    CAYEJVKG4A
    --- stderr
    request CAYEJVKG4A for prod-admin exists already; it is pending
    it was asked with the reason: INC-1 x
    ");
    assert_eq!(stage.broker.state.lock().unwrap().requests.len(), 1);
}

#[tokio::test]
async fn two_terminals_mint_once() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run("request stage-admin -y --no-wait", &[]).await.code, 0);
    let one = jit::cli::run_async(words("exec stage-admin -- true"), &stage.ana.world.system);
    let two = jit::cli::run_async(words("exec stage-admin -- true"), &stage.ana.world.system);
    let codes = tokio::join!(one, two);
    assert_eq!(codes, (0, 0));
    assert_eq!(stage.broker.state.lock().unwrap().leases, 1);
    assert_eq!(stage.ana.world.processes.started.lock().unwrap().len(), 2);
}

fn words(line: &str) -> Vec<std::ffi::OsString> {
    line.split_whitespace().map(Into::into).collect()
}

#[tokio::test]
async fn exec_without_a_terminal_says_what_is_missing() {
    let stage = Stage::ready().await;
    assert_snapshot!(stage.ana.run("exec prod-admin -- true", &[]).await, @"
    exit 125
    --- stdout
    --- stderr
    error: you have no access to prod-admin
      cause: you have not asked for it, and there is no terminal to ask on
      hint: ask for it: `jit request prod-admin`
    state=none
    ");
    let words = ["request", "prod-admin", "--reason", "INC-1 x", "-y", "--no-wait"];
    assert_eq!(stage.ana.run_words(&words, &[]).await.code, 0);
    assert_snapshot!(stage.ana.run("exec prod-admin -- true", &[]).await, @"
    exit 125
    --- stdout
    --- stderr
    error: prod-admin still waits for approval
      cause: request CAYEJVKG4A has not been decided
      hint: type `jit wait CAYEJVKG4A`
    state=pending
    ");
    assert_snapshot!(stage.ana.run("env prod-admin", &[]).await, @"
    exit 4
    --- stdout
    --- stderr
    error: prod-admin still waits for approval
      cause: request CAYEJVKG4A has not been decided
      hint: type `jit wait CAYEJVKG4A`
    ");
    assert_eq!(stage.ana.run("logout", &[]).await.code, 0);
    assert_snapshot!(stage.ana.run("exec prod-admin -- true", &[]).await, @"
    exit 125
    --- stdout
    --- stderr
    error: not logged in to https://jit.example.com
      hint: type `jit login`
    state=login
    ");
    assert_eq!(stage.ana.run("exec prod-admin", &[]).await.code, 125);
}

#[tokio::test]
async fn exec_asks_first_on_a_terminal() {
    let stage = Stage::ready().await;
    // The last answer is never read. It only keeps the terminal open while waiting.
    let shot = stage.ana.run("exec stage-admin -- aws s3 ls", &["y", ""]).await;
    assert_snapshot!(shot, @"
    exit 0
    --- stdout
    --- stderr
    stage-admin: role stage-admin in account 111122223333 (aws)
      Play on the stage
      for       1h (at most 4h)
      approval  approved at once, because no review is needed
    ? Ask for stage-admin, 1h?
    jit: stage-admin in account 111122223333, 1h left
    ");
    let needs = stage.ana.run("exec stage-admin --needs 3h -- true", &[]).await;
    assert_snapshot!(needs, @"
    exit 125
    --- stdout
    --- stderr
    error: stage-admin does not last 3h
      cause: its credentials end in 1h
      hint: when it has ended, ask for longer: `jit request stage-admin --for 3h`
    ");
}

#[tokio::test]
async fn questions_end_with_the_command_that_would_have_asked_the_same() {
    let stage = Stage::ready().await;
    let shot = stage.ana.run("request --no-wait", &["prod", "INC-7 it's on fire", "y"]).await;
    assert_snapshot!(shot, @r#"
    exit 0
    --- stdout
    ZB6YS15F16
    --- stderr
    ? Which role?
    ? Reason (start with a ticket, e.g. INC-42)
    prod-admin: role prod-admin in account 111122223333 (aws)
      Administer the production account
      for       1h (at most 4h)
      reason  | INC-7 it's on fire
      approval  1 of group:sre (bo)
    ? Ask for prod-admin, 1h?
    asked for prod-admin: request ZB6YS15F16
    told: webhook ops
    not told: command: it did not finish in time; the broker tries again
    next time: jit request prod-admin --for 1h --reason 'INC-7 it'\''s on fire' --no-wait
    "#);
    // An earlier reason is offered again.
    assert_eq!(stage.ana.run(&format!("end {}", stage.newest()), &[]).await.code, 0);
    let again = stage.ana.run("request prod-admin --no-wait", &["", "y"]).await;
    assert!(again.stderr.contains("reason  | INC-7 it's on fire"), "{again}");
}

#[tokio::test]
async fn without_a_session_everything_says_so() {
    let stage = Stage::new();
    assert_snapshot!(stage.ana.run("request prod-admin", &[]).await, @"
    exit 3
    --- stdout
    --- stderr
    error: no broker is known
      hint: type `jit login https://…` or `jit login github:OWNER/NAME` with your team's address
    ");
    assert_snapshot!(stage.ana.run("", &[]).await, @"
    exit 0
    --- stdout
    --- stderr
    jit is not set up on this machine yet. To begin, type one of these:
      jit demo                        see the whole round trip here; no cloud needed
      jit login https://YOUR-BROKER   your team runs a broker
      jit login github:OWNER/NAME     a repository on GitHub decides for your team
      jit setup import                use your own AWS profiles, without a team
      jit policy init access          write a first policy for a team
    All commands: jit --help
    ");
    // On a terminal it offers the ways, also as `jit setup`, and goes the one that was chosen.
    for (command, way, next) in [
        ("", "Log in", "jit roles"),
        ("setup", "Use the AWS profiles", "there is nothing to import"),
        ("", "Write a first policy", "jit serve --policy access --sandbox"),
    ] {
        let answers = [way, BROKER, "ana"];
        let answers = if way == "Log in" { &answers[..] } else { &[way, "ana"] };
        let shot = stage.ana.run(command, answers).await;
        assert!(shot.code == 0 && shot.stderr.contains(next), "{way}: {shot}");
        stage.ana.run("logout", &[]).await;
        std::fs::remove_file(stage.ana.world.system.files.config.join("authority.toml")).ok();
    }
    let shot = stage.ana.run("", &["none of them"]).await;
    assert!(shot.code == 0 && shot.stderr.contains("jit policy init access"), "the commands: {shot}");
    let login = stage.ana.run(&format!("login {BROKER} --as bo"), &[]).await;
    assert_snapshot!(login, @"
    exit 3
    --- stdout
    --- stderr
    error: the login to https://jit.example.com as bo failed
      cause: no person of this policy has this key
      hint: ask an admin to add this key to people.toml under your name: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC7g6YiffC6ZmQJRSHf7h3cULwTWhsnf6hUaUj00bRAW
      hint: say who you are with `--as NAME`, and which key with `--key KEY`
    ");
    assert_snapshot!(stage.ana.run("login http://jit.example.com", &[]).await, @r#"
    exit 2
    --- stdout
    --- stderr
    error: "http://jit.example.com" is neither a broker's address nor a repository
      cause: plain http is only for this machine; use https
      hint: `jit login https://jit.example.com`, or a repository: `jit login github:acme/access`
    "#);
    assert_snapshot!(stage.ana.run("login", &[]).await, @"
    exit 2
    --- stdout
    --- stderr
    error: no broker is known
      hint: name its address: `jit login https://jit.example.com`, or a repository: `jit login github:acme/access`
    ");
    assert_snapshot!(stage.ana.run(&format!("login {BROKER} --as ana"), &[]).await, @"
    exit 0
    --- stdout
    logged in to https://jit.example.com as ana
    --- stderr
    key       SHA256:example
    keychain  memory
    session   until 2026-11-23 22:00 UTC (12h left)
    ");
    assert_snapshot!(stage.ana.run("whoami", &[]).await, @"
    exit 0
    --- stdout
    ana (A person)
      broker    https://jit.example.com
      key       SHA256:example
      groups    dev
      keychain  memory
      session   until 2026-11-23 22:00 UTC (12h left)
    --- stderr
    ");
    assert_snapshot!(stage.ana.run("logout", &[]).await, @"
    exit 0
    --- stdout
    logged out
    --- stderr
    ");
    assert_eq!(stage.ana.run("whoami", &[]).await.code, 3);
}

#[tokio::test]
async fn an_unreachable_broker_leaves_what_is_known() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run("request stage-admin -y", &[]).await.code, 0);
    stage.http.unroute(BROKER);
    assert_snapshot!(stage.ana.run("status", &[]).await, @"
    exit 0
    --- stdout
    ROLE         STATE   TIME      ACCOUNT       REQUEST
    stage-admin  active  59m left  111122223333  20VXMQ3F60
    --- stderr
    note: as this machine remembers it: the broker cannot be reached: cannot connect to https://jit.example.com: connection refused
    ");
    assert_eq!(
        stage.ana.run("exec stage-admin -- true", &[]).await.code,
        0,
        "the lease at hand needs no broker"
    );
    assert_snapshot!(stage.ana.run("inbox", &[]).await, @"
    exit 1
    --- stdout
    --- stderr
    error: the broker cannot be reached: cannot connect to https://jit.example.com: connection refused
      hint: see whether it runs and whether this machine reaches it: `curl https://jit.example.com/healthz`; if it has moved: `jit login URL`
    ");
}

#[tokio::test]
async fn other_peoples_files_pre_fill_and_nothing_more() {
    let stage = Stage::ready().await;
    let file = stage.ana.world.system.files.working.join(".jit.toml");
    stage.ana.write(&file, "role = \"stage-admin\"\nduration = \"30m\"\n");
    let shot = stage.ana.run("request -y", &[]).await;
    assert!(shot.stderr.contains("for       30m (at most 4h)"), "{shot}");
    assert_eq!(stage.ana.run("end stage-admin", &[]).await.code, 0);
    // It selects no grant.
    assert_snapshot!(stage.ana.run("exec -- true", &[]).await, @"
    exit 125
    --- stdout
    --- stderr
    error: no role is named, and no access is active
      hint: name the role: `jit exec ROLE -- …`; `jit roles` lists what you may ask for
    ");
    stage.ana.write(&file, "[authority]\nurl = \"https://evil.example\u{1b}\"\n");
    let shot = stage.ana.run("request stage-admin -y", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(shot.stderr.contains("warning: jit ignores a file") && !shot.stderr.contains('\u{1b}'), "{shot}");
    assert!(!stage.http.sent().iter().any(|request| request.url.contains("evil")));
}

#[tokio::test]
async fn damaged_state_is_said_and_survived() {
    let stage = Stage::ready().await;
    let index = stage.ana.world.system.files.state.join("grants.json");
    stage.ana.write(&index, "{ \"grants\": [{\"role\": \"$(id)\"}] }");
    assert_eq!(stage.ana.run("prompt", &[]).await.to_string(), "exit 0\n--- stdout\n--- stderr\n");
    let shot = stage.ana.run("status", &[]).await;
    assert!(shot.code == 0 && shot.stderr.contains("1 damaged entries"), "{shot}");
    let config = stage.ana.world.system.files.config.join("config.toml");
    stage.ana.write(&config, "[authority]\nurl = \"https://jit.example.com\"\ncolour = 1\n");
    let shot = stage.ana.run("status", &[]).await;
    assert_eq!(shot.code, 1);
    assert!(shot.stderr.contains("config.toml:3:1: unknown field `colour`"), "{shot}");
}

/// A console whose standard output is closed.
struct Closed;

impl jit::system::Console for Closed {
    fn print(&self, _text: &str) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn line(&self, _line: &str) {}
    fn progress(&self, _line: &str) {}
    fn settle(&self) {}
    fn is_inherited(&self) -> bool {
        false
    }
    fn is_interactive(&self) -> bool {
        false
    }
    fn colours_output(&self) -> bool {
        false
    }
    fn colours_messages(&self) -> bool {
        false
    }
    fn confirm(&self, _: &str, _: bool) -> Result<bool, jit::system::console::ConsoleError> {
        Err(jit::system::console::ConsoleError::NotInteractive)
    }
    fn ask(&self, _: &str, _: &[String]) -> Result<String, jit::system::console::ConsoleError> {
        Err(jit::system::console::ConsoleError::NotInteractive)
    }
    fn ask_secret(&self, _: &str) -> Result<jit::secret::Secret<String>, jit::system::console::ConsoleError> {
        Err(jit::system::console::ConsoleError::NotInteractive)
    }
    fn choose(&self, _: &str, _: &[String]) -> Result<usize, jit::system::console::ConsoleError> {
        Err(jit::system::console::ConsoleError::NotInteractive)
    }
}

#[tokio::test]
async fn nobody_reading_is_no_failure() {
    let stage = Stage::ready().await;
    let mut system = stage.ana.world.system.clone();
    system.console = std::sync::Arc::new(Closed);
    for line in ["roles", "status", "completions bash", "man", "prompt", "whoami --json", "--help"] {
        assert_eq!(jit::cli::run_async(words(line), &system).await, 0, "{line}");
    }
}

#[test]
fn a_run_may_be_repeated_in_one_process() {
    let stage = Stage::new();
    for _ in 0..2 {
        assert_eq!(jit::run(words("prompt"), &stage.ana.world.system), 0);
        assert_eq!(jit::run(words("status"), &stage.ana.world.system), 0);
        assert_eq!(jit::run(words("no-such-command"), &stage.ana.world.system), 2);
        assert_eq!(jit::run(words("--version"), &stage.ana.world.system), 0);
    }
}

/// The table of variables and the changes to a command's environment are defined in two places, one level apart.
#[test]
fn the_table_of_variables_tells_the_truth() {
    use jit::config::variables::Use;
    use jit::config::variables::VARIABLES;
    use jit::deliver::environment;
    use jit::deliver::environment::PLACES;
    let named = |usage: Use| {
        let mut names: Vec<&str> = VARIABLES
            .iter()
            .filter(|variable| variable.usage == usage)
            .map(|variable| variable.name)
            .collect();
        names.sort_unstable();
        names
    };
    let sorted = |names: &[&'static str]| {
        let mut names = names.to_vec();
        names.sort_unstable();
        // Two places may set one variable.
        names.dedup();
        names
    };
    let of_places = |read: fn(&environment::Variables) -> &'static [&'static str]| {
        sorted(&PLACES.iter().flat_map(|place| read(place).to_vec()).collect::<Vec<_>>())
    };
    assert_eq!(named(Use::Set), sorted(&environment::names().collect::<Vec<_>>()));
    assert_eq!(named(Use::Removed), of_places(|place| place.scrubbed));
    assert_eq!(named(Use::Served), of_places(|place| place.served));
}

#[tokio::test]
async fn an_alias_leads_to_the_same_access() {
    let stage = Stage::ready().await;
    let words = ["request", "payments-admin", "--reason", "INC-1 x", "-y", "--no-wait"];
    assert_eq!(stage.ana.run_words(&words, &[]).await.code, 0);
    assert_eq!(stage.bo.approve("").await.code, 0);
    let shot = stage.ana.run("exec payments-admin -- true", &[]).await;
    assert!(shot.code == 0 && shot.stderr.contains("jit: prod-admin"), "{shot}");
    let shown = stage.ana.run("show payments-admin", &[]).await;
    assert!(shown.stdout.contains("prod-admin  active"), "{shown}");
    assert_eq!(stage.ana.run("end payments-admin", &[]).await.code, 0);
}

#[tokio::test]
async fn direct_roles_need_no_broker_and_are_never_approved() {
    use jit::system::Keychain;
    let stage = Stage::new();
    let config = stage.ana.world.system.files.config.join("config.toml");
    stage.ana.write(
        &config,
        "[roles.mine]\napproval = \"none\"\ndescription = \"My own\"\n[roles.mine.aws]\n\
         role_arn = \"arn:aws:iam::111122223333:role/mine\"\nregion = \"eu-west-1\"\n",
    );
    assert_snapshot!(stage.ana.run("roles", &[]).await, @"
    exit 0
    --- stdout
    ROLE  FOR  AT MOST  APPROVAL             OPENS
    mine  1h   1h       direct: no approval  role mine in account 111122223333 (aws)
    --- stderr
    ");
    let lease = jit::grant::Lease {
        number: 1,
        expires: "2026-11-23T10:40:00Z".parse().unwrap(),
        credentials: jit::grant::cloud::aws::AwsCredentials {
            access_key_id: "ASIADIRECT".to_owned(),
            secret_access_key: "canary".into(),
            session_token: "canary".into(),
            account: "111122223333".to_owned(),
            session_arn: None,
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
        }
        .into(),
    };
    let item = jit::keychain::Item::Direct("mine".parse().unwrap()).to_string();
    stage.ana.world.keychain.set(&item, &lease.to_secret_json()).unwrap();
    assert_snapshot!(stage.ana.run("exec mine -- true", &[]).await, @"
    exit 0
    --- stdout
    --- stderr
    jit: mine in account 111122223333, directly, 40m left
    ");
    assert_snapshot!(stage.ana.run("end mine", &[]).await, @"
    exit 0
    --- stdout
    removed mine from this machine
    --- stderr
    AWS cannot revoke the session; it stays valid until 2026-11-23 10:40 UTC (40m left)
    ");
    assert!(stage.ana.world.keychain.items().is_empty());
    stage.ana.write(
        &config,
        "[roles.mine]\napproval = \"1 of group:sre\"\n[roles.mine.aws]\nrole_arn = \"x\"\nregion = \"y\"\n",
    );
    let shot = stage.ana.run("roles", &[]).await;
    assert!(shot.code == 1 && shot.stderr.contains("only a broker can enforce an approval"), "{shot}");
}

/// A mistyped program costs nobody a question, a review or an hour of access.
#[tokio::test]
#[cfg(unix)]
async fn a_program_that_is_not_there_is_seen_before_anything_is_asked_for() {
    let mut stage = Stage::ready().await;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("there");
    std::fs::write(&program, "").unwrap();
    std::os::unix::fs::symlink("/nowhere", folder.path().join("dangling")).unwrap();
    stage.ana.world.system.environment.set("PATH", folder.path());
    let sent = stage.http.sent().len();
    for line in [
        "exec prod-admin -- nosuchprog",
        "exec prod-admin -- dangling",
        "exec prod-admin -- ./nosuchprog",
        "exec prod-admin -- /no/such/prog",
        "exec prod-admin --serve -- nosuchprog",
        "exec prod-admin stage-admin -- nosuchprog",
    ] {
        let shot = stage.ana.run(line, &["y", "y", "y"]).await;
        assert_eq!((shot.code, shot.stderr.matches("was not found").count()), (127, 1), "{line}: {shot}");
        assert!(!shot.stderr.contains('?'), "{line}: {shot}");
        assert_eq!(stage.http.sent().len(), sent, "{line}: {shot}");
    }
    assert!(stage.ana.world.processes.started.lock().unwrap().is_empty());
    // A file that cannot be started is no mistyped name: the system says what is wrong with it.
    assert_eq!(stage.ana.run("exec stage-admin -- there", &["y"]).await.code, 0);
    assert_eq!(stage.ana.world.processes.started.lock().unwrap().len(), 1);
}

/// clap's own tip would start a program of the flag's name.
#[tokio::test]
async fn an_unknown_flag_is_no_reason_to_write_it_as_a_command() {
    let stage = Stage::ready().await;
    for line in ["exec --reason X", "policy explain --who nina", "inbox --nothing"] {
        let shot = stage.ana.run(line, &[]).await;
        assert!(shot.stderr.contains("unexpected argument"), "{shot}");
        assert!(!shot.stderr.contains("as a value"), "{shot}");
    }
    let near = stage.ana.run("request --reasn X", &[]).await;
    assert!(near.stderr.contains("'--reason'"), "other tips stay: {near}");
}

#[tokio::test]
async fn what_names_nothing_may_have_been_meant_as_a_role() {
    let stage = Stage::ready().await;
    for line in ["end nope", "end no/pe", "extend nope"] {
        let shot = stage.ana.run(line, &[]).await;
        assert_eq!(shot.code, 2, "{shot}");
        assert!(shot.stderr.contains("names neither a role of yours nor a request"), "{shot}");
        assert!(!shot.stderr.contains("invalid request id"), "{shot}");
    }
    let shot = stage.ana.run("revoke nope --reason x", &[]).await;
    assert!(shot.stderr.contains("names neither a role nor a request"), "{shot}");
}

/// `jit wait` without a name offers nothing that nobody decides.
#[tokio::test]
async fn only_what_waits_is_waited_for() {
    let stage = Stage::ready().await;
    let none = stage.ana.run("wait", &["x"]).await;
    assert_eq!(none.code, 2, "{none}");
    assert_eq!(stage.ana.run("request stage-admin -y", &[]).await.code, 0);
    // The only one, decided in the meantime.
    let alone = stage.ana.run("wait", &["x"]).await;
    assert!(alone.code == 0 && alone.stdout.contains("stage-admin in account"), "{alone}");
    let ask = ["request", "prod-admin", "--reason", "INC-42 x", "-y", "--no-wait"];
    assert_eq!(stage.ana.run_words(&ask, &[]).await.code, 0);
    let (waited, approved) = tokio::join!(stage.ana.run("wait", &["x"]), stage.bo.approve(""));
    assert_eq!((waited.code, approved.code), (0, 0), "{waited}");
    assert!(waited.stdout.contains("prod-admin in account") && !waited.stderr.contains("Which"), "{waited}");
    let nothing = stage.ana.run("wait", &["x"]).await;
    assert_eq!(nothing.code, 2, "{nothing}");
    assert!(nothing.stderr.contains("none of your requests waits for a decision"), "{nothing}");
}

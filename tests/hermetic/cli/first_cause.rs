//! The error names the first cause that the person can act on, and no hint leads back to itself.

use std::time::Duration;

use insta::assert_snapshot;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::system::KeychainSource;

use crate::cli::fake_broker::BROKER;
use crate::cli::stage::Person;
use crate::cli::stage::Stage;

/// On a server: no desktop's keychain, no kernel keyring.
fn headless(stage: &mut Stage) {
    stage.ana.world.system.keychain = KeychainSource::Headless;
}

/// With nothing configured, every command that needs an authority says how to log in, without looking for a keychain.
#[tokio::test]
async fn with_nothing_configured_every_command_says_how_to_log_in() {
    let mut stage = Stage::new();
    headless(&mut stage);
    for line in [
        "request prod-admin",
        "request",
        "exec prod-admin -- true",
        "exec -- true",
        "shell prod-admin",
        "shell",
        "env prod-admin",
        "env",
        "console prod-admin",
        "console",
        "credentials prod-admin --format aws",
        "roles",
        "inbox",
        "approve 7F3KQ2M8ZD -y",
        "deny 7F3KQ2M8ZD --reason no",
        "extend prod-admin",
        "end prod-admin",
        "revoke 7F3KQ2M8ZD --reason gone",
        "break-glass prod-admin --reason fire",
        "wait prod-admin",
        "show prod-admin",
        "whoami",
        "logout",
        "audit list",
    ] {
        let shot = stage.ana.run(line, &[]).await;
        assert!(shot.stderr.starts_with("error: no broker is known"), "jit {line}: {shot}");
        assert!(shot.stderr.contains("`jit login https://…`"), "jit {line}: {shot}");
        assert!(!shot.stderr.contains("keychain"), "jit {line}: {shot}");
        assert!(matches!(shot.code, 3 | 125), "jit {line}: {shot}");
    }
    for line in ["", "status", "status --verify"] {
        let shot = stage.ana.run(line, &[]).await;
        assert_eq!(shot.code, 0, "jit {line}: {shot}");
        assert!(!shot.stderr.contains("keychain"), "jit {line}: {shot}");
    }
    // It names a broker without a login, again without a keychain.
    let config = stage.ana.world.system.files.config.join("config.toml");
    stage.ana.write(&config, &format!("[authority]\nurl = \"{BROKER}\"\n"));
    for line in
        ["request prod-admin", "credentials prod-admin --format aws", "break-glass prod-admin --reason fire"]
    {
        let shot = stage.ana.run(line, &[]).await;
        assert!(shot.stderr.starts_with(&format!("error: not logged in to {BROKER}")), "jit {line}: {shot}");
        assert!(shot.stderr.contains("type `jit login`"), "jit {line}: {shot}");
    }
}

/// A wrong clock is not reported as the policy's fault, whichever of the two clocks is wrong.
#[tokio::test]
async fn a_login_with_a_wrong_clock_says_so() {
    let stage = Stage::new();
    let late = jit::system::fake::FakeClock::at("2026-11-23T10:12:00Z");
    let ana = Person::new(1, &late, &stage.http);
    let shot = ana.run(&format!("login {BROKER} --as ana"), &[]).await;
    assert_snapshot!(shot, @"
    exit 1
    --- stdout
    --- stderr
    error: the clock of this machine and that of https://jit.example.com are 12m apart
      cause: this machine says 2026-11-23T10:12:00Z, the broker 2026-11-23T10:00:00Z
      hint: set this machine's clock (`timedatectl` shows whether it is synchronised), then try again
      hint: if it is right, tell the broker's administrator
    ");
    assert!(ana.world.agent.asked_to_sign().is_empty(), "no touch is asked for in vain");
    let early = jit::system::fake::FakeClock::at("2026-11-23T09:54:59Z");
    let ana = Person::new(1, &early, &stage.http);
    let shot = ana.run(&format!("login {BROKER} --as ana"), &[]).await;
    assert!(shot.stderr.contains("are 5m apart"), "{shot}");
    let fine = jit::system::fake::FakeClock::at("2026-11-23T10:05:00Z");
    let ana = Person::new(1, &fine, &stage.http);
    assert_eq!(ana.run(&format!("login {BROKER} --as ana"), &[]).await.code, 0);
}

/// Every hint is a whole command line, and names nothing that does not work here.
#[tokio::test]
async fn a_first_login_on_a_server_names_whole_command_lines() {
    let mut stage = Stage::new();
    headless(&mut stage);
    let shot = stage.ana.run(&format!("login {BROKER} --as ana"), &[]).await;
    assert_snapshot!(shot, @"
    exit 1
    --- stdout
    --- stderr
    error: the desktop's keychain does not work here
      cause: there is no keychain here: no desktop session runs here
      hint: `jit login https://jit.example.com --as ana --keychain file`: a file with a passphrase, which each command asks for
      hint: `jit login https://jit.example.com --as ana --keychain none`: nothing is kept: `jit exec` asks for access and uses it at once
    ");
    let shot = stage.ana.run(&format!("login {BROKER} --as ana --keychain keyutils"), &[]).await;
    assert_snapshot!(shot, @"
    exit 1
    --- stdout
    --- stderr
    error: the keychain keyutils does not work here
      cause: there is no keychain here: the kernel keyring is switched off here
      hint: `jit login https://jit.example.com --as ana --keychain file`: a file with a passphrase, which each command asks for
      hint: `jit login https://jit.example.com --as ana --keychain none`: nothing is kept: `jit exec` asks for access and uses it at once
    ");
    let shot = stage.ana.run(&format!("login {BROKER} --as ana --keychain none"), &[]).await;
    assert_eq!(shot.code, 0, "the hint can be typed: {shot}");
}

/// On a terminal the person picks one and continues.
#[tokio::test]
async fn a_first_login_on_a_server_offers_the_keychains_that_work() {
    let mut stage = Stage::new();
    headless(&mut stage);
    let answers = ["file", "seven77", "five words of a phrase", "five words of a phrase"];
    let shot = stage.ana.run(&format!("login {BROKER} --as ana"), &answers).await;
    assert_snapshot!(shot, @"
    exit 0
    --- stdout
    logged in to https://jit.example.com as ana
    --- stderr
    the desktop's keychain does not work here: there is no keychain here: no desktop session runs here
    ? Where should jit store sessions and credentials?
    ? Choose a passphrase for jit's keychain file
    That is too short: an attacker with the file can try a billion passphrases. Use at least 12 characters; five random words are easy to remember.
    ? Choose a passphrase for jit's keychain file
    ? The same passphrase again
    key       SHA256:example
    keychain  file
    session   until 2026-11-23 22:00 UTC (12h left)
    ");
    let record = std::fs::read_to_string(stage.ana.world.system.files.config.join("authority.toml")).unwrap();
    assert!(record.contains("keychain = \"file\""), "{record}");
}

/// The hint for an unreachable broker does not need the broker.
#[tokio::test]
async fn a_broker_that_cannot_be_reached_is_no_reason_to_ask_it() {
    let stage = Stage::ready().await;
    stage.http.unroute(BROKER);
    for line in
        ["whoami", "roles", "inbox", "request prod-admin", "show prod-admin", &format!("login {BROKER}")]
    {
        let shot = stage.ana.run(line, &[]).await;
        assert!(shot.stderr.contains("the broker cannot be reached"), "jit {line}: {shot}");
        assert!(shot.stderr.contains(&format!("`curl {BROKER}/healthz`")), "jit {line}: {shot}");
        assert!(!shot.stderr.contains("jit whoami"), "jit {line}: {shot}");
    }
}

/// A broker's answer below a path that is not its own.
struct NothingThere;

#[async_trait::async_trait]
impl jit::system::fake::Host for NothingThere {
    async fn answer(
        &self,
        _: jit::system::http::Request,
    ) -> Result<jit::system::http::Response, jit::system::http::HttpError> {
        Ok(crate::cli::fake_broker::problem(404, "not_found", "this path does not exist"))
    }
}

#[tokio::test]
async fn addresses_as_people_paste_them_lead_to_the_broker() {
    let stage = Stage::new();
    for typed in ["jit.example.com", "https://jit.example.com/v1", "https://JIT.example.com/"] {
        let shot = stage.ana.run(&format!("login {typed} --as ana"), &[]).await;
        assert_eq!(shot.code, 0, "{typed}: {shot}");
        assert!(shot.stdout.contains(&format!("logged in to {BROKER} as ana")), "{typed}: {shot}");
    }
    stage.http.route("https://www.example.com", std::sync::Arc::new(NothingThere));
    let shot = stage.ana.run("login https://www.example.com/somewhere --as ana", &[]).await;
    assert!(shot.stderr.contains("there is no broker at https://www.example.com/somewhere"), "{shot}");
    let shot = stage.ana.run("login https://github.com/acme/access", &[]).await;
    assert!(shot.stderr.contains("GITHUB_TOKEN"), "a repository, and no broker: {shot}");
    let shot = stage.ana.run("login http://jit.example.com", &[]).await;
    assert_eq!(shot.code, 2, "{shot}");
    assert!(shot.stderr.contains("plain http is only for this machine"), "{shot}");
}

/// An expired session is replaced through the agent, with the key of the login and no other.
#[tokio::test]
async fn a_session_that_ran_out_is_replaced_and_the_command_goes_on() {
    let stage = Stage::ready().await;
    let agent = &stage.ana.world.agent;
    agent.add(TestSigner::ed25519(7).key().clone());
    stage.broker.state.lock().unwrap().sessions.clear();
    stage.clock.advance(Duration::from_secs(13 * 3600));
    let before = agent.asked_to_sign().len();
    assert_snapshot!(stage.ana.run("request prod-admin --reason INC-1 -y --no-wait", &[]).await, @"
    exit 0
    --- stdout
    EH2DTTTWVG
    --- stderr
    note: the session with https://jit.example.com was over; logged in again as ana with SHA256:7gVR/iqpm6U+Yi3maONALdXOZTSgeJnr31Vk147gxV0 of the ssh-agent
    prod-admin: role prod-admin in account 111122223333 (aws)
      Administer the production account
      for       1h (at most 4h)
      reason  | INC-1
      approval  1 of group:sre (bo)
    asked for prod-admin: request EH2DTTTWVG
    told: webhook ops
    not told: command: it did not finish in time; the broker tries again
    ");
    let key = TestSigner::ed25519(1);
    let own = ssh_key::PublicKey::from(key.key().public().clone()).to_bytes().unwrap();
    assert!(agent.asked_to_sign()[before..].iter().all(|asked| *asked == own), "no other key is offered");
    assert_eq!(stage.ana.run("whoami", &[]).await.code, 0, "the new session was kept");
    // The keychain has lost it, as the kernel's does at reboot.
    for item in stage.ana.world.keychain.items() {
        jit::system::Keychain::delete(stage.ana.world.keychain.as_ref(), &item).unwrap();
    }
    let shot = stage.ana.run("whoami", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(shot.stderr.contains("logged in again as ana with SHA256:"), "{shot}");
}

/// If the agent does not have the key, nothing is signed, and the person is told what to type.
#[tokio::test]
async fn a_session_that_ran_out_stays_over_without_the_key_in_the_agent() {
    let stage = Stage::ready().await;
    stage.broker.state.lock().unwrap().sessions.clear();
    stage.ana.world.agent.clear();
    stage.ana.world.agent.add(TestSigner::ed25519(2).key().clone());
    for line in ["whoami", "request prod-admin --reason INC-1 -y"] {
        let shot = stage.ana.run(line, &[]).await;
        assert_eq!(shot.code, 3, "jit {line}: {shot}");
        assert!(shot.stderr.contains("type `jit login`"), "jit {line}: {shot}");
    }
    assert_eq!(stage.ana.world.agent.asked_to_sign().len(), 1, "only the login itself was signed");
}

/// Only a person can touch a key, and an unattended program does not wait for one.
#[tokio::test]
async fn a_security_key_logs_in_again_only_where_somebody_can_touch_it() {
    let mut stage = Stage::new();
    let key = TestSigner::touch(5);
    let people = [(key.fingerprint().to_owned(), "ana".parse().unwrap())].into();
    stage.broker = crate::cli::fake_broker::FakeBroker::new(&stage.clock, people);
    stage
        .http
        .route(BROKER, std::sync::Arc::clone(&stage.broker) as std::sync::Arc<dyn jit::system::fake::Host>);
    stage.ana.world.agent.clear();
    stage.ana.world.agent.add(key.key().clone());
    assert_eq!(stage.ana.run(&format!("login {BROKER} --as ana"), &[]).await.code, 0);
    stage.broker.state.lock().unwrap().sessions.clear();
    let shot = stage.ana.run("whoami", &[]).await;
    assert_eq!(shot.code, 3, "{shot}");
    let shot = stage.ana.run("whoami", &["somebody is there"]).await;
    assert_eq!(shot.code, 0, "{shot}");
    assert!(shot.stderr.contains("touch your security key"), "{shot}");
}

/// A person who logged out stays logged out, whatever the agent holds.
#[tokio::test]
async fn after_a_logout_only_a_person_logs_in_again() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run("logout", &[]).await.code, 0);
    for line in ["whoami", "roles", "request prod-admin --reason INC-1 -y"] {
        let shot = stage.ana.run(line, &[]).await;
        assert_eq!(shot.code, 3, "jit {line}: {shot}");
        assert!(shot.stderr.contains(&format!("not logged in to {BROKER}")), "jit {line}: {shot}");
    }
    assert_eq!(stage.ana.run("login", &[]).await.code, 0);
    assert_eq!(stage.ana.run("whoami", &[]).await.code, 0);
}

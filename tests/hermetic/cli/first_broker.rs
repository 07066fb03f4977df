//! A team's first broker: two commands, and then real credentials of the sandbox cloud.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::http::Client;

use crate::cli::stage::Person;
use crate::cli::stage::Shot;
use crate::support::ports::free_ports;

const PATIENCE: Duration = Duration::from_secs(60);

/// A free port.
pub fn port() -> u16 {
    free_ports::<1>()[0]
}

/// A person with a key whose calls use this machine's network.
pub fn person(seed: u32, clock: &FakeClock) -> Person {
    let mut person = Person::new(seed, clock, &FakeHttp::default());
    person.world.system.http = Arc::new(Client::default());
    person
}

/// A broker in this process, stopped by Ctrl-C.
pub struct Running {
    operator: Arc<Person>,
    thread: std::thread::JoinHandle<Shot>,
}

impl Running {
    /// Starts `jit serve` and waits until it listens. The error is its output if it failed.
    pub async fn start(operator: &Arc<Person>, line: &str) -> Result<Self, Shot> {
        operator.world.console.messages.lock().unwrap().clear();
        let (serving, line) = (Arc::clone(operator), line.to_owned());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serving.run(&line, &[]))
        });
        // The last line of its announcement, or the first of a log of objects.
        let announced = || {
            let said = operator.world.console.said();
            said.lines().any(|line| line.starts_with("log in with: ") || line.starts_with('{'))
        };
        let began = async {
            while !announced() && !thread.is_finished() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, began).await.unwrap();
        if thread.is_finished() {
            return Err(thread.join().unwrap());
        }
        Ok(Self { operator: Arc::clone(operator), thread })
    }

    pub async fn stop(self) -> Shot {
        self.operator.world.processes.interrupts.notify_one();
        let ended = tokio::task::spawn_blocking(|| self.thread.join().unwrap());
        tokio::time::timeout(PATIENCE, ended).await.unwrap().unwrap()
    }
}

pub fn policy(person: &Person) -> PathBuf {
    person.world.system.files.working.join("access")
}

/// Replaces the port in the first policy with a free one, because tests run in parallel.
pub fn move_sandbox(person: &Person) -> u16 {
    let (role, port) = (policy(person).join("roles/sandbox.toml"), port());
    let text = std::fs::read_to_string(&role).unwrap();
    assert!(text.contains("http://127.0.0.1:8766"), "{text}");
    std::fs::write(role, text.replace(":8766", &format!(":{port}"))).unwrap();
    port
}

#[tokio::test]
async fn the_first_credentials_are_real_and_need_no_cloud_and_no_second_person() {
    let clock = FakeClock::at("2026-11-23T10:00:00Z");
    let lead = Arc::new(person(1, &clock));
    let begun = lead.run("policy init access --as lead", &[]).await;
    assert_eq!(begun.code, 0, "{begun}");
    assert!(begun.stdout.lines().any(|line| line == "access/roles/sandbox.toml"), "{begun}");
    assert!(begun.stderr.contains("next: jit serve --policy access --sandbox"), "{begun}");
    let cloud = move_sandbox(&lead);
    let folder = policy(&lead).display().to_string();
    let checked = lead.run(&format!("policy check {folder}"), &[]).await;
    assert_eq!(checked.code, 0, "{checked}");
    let listen = format!("127.0.0.1:{}", port());
    let line = format!("serve --policy {folder} --sandbox --listen {listen}");
    let running = Running::start(&lead, &line).await.unwrap_or_else(|shot| panic!("{shot}"));
    let said = lead.world.console.said();
    for told in [
        "has      1 person, 2 roles".to_owned(),
        format!("url      http://{listen} (the issuer that clouds trust)"),
        format!("listen   {listen}"),
        format!("sandbox  127.0.0.1:{cloud}: a cloud that opens nothing real"),
        format!(
            "note: clouds cannot verify http://{listen}: a role that they open by a token of the broker's gives no credentials"
        ),
        format!("log in with: jit login http://{listen}"),
    ] {
        assert!(said.contains(&told), "{told:?} in {said}");
    }
    assert!(said.contains("policy   ") && said.contains("data     "), "{said}");
    assert!(!said.contains("add `--sandbox`") && !said.contains("--trusted-proxy"), "{said}");

    // The same person in another terminal.
    let ana = person(1, &clock);
    let login = ana.run(&format!("login http://{listen} --as lead"), &[]).await;
    assert_eq!(login.code, 0, "{login}");
    let asked = ana.run("request sandbox -y", &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    let got = ana.run("credentials sandbox --format aws", &[]).await;
    assert_eq!(got.code, 0, "{got}");
    assert!(got.stdout.contains("AccessKeyId") && got.stdout.contains("SessionToken"), "{got}");
    let doctor = ana.run("doctor", &[]).await;
    assert!(doctor.stdout.contains("answers and is ready"), "{doctor}");
    assert!(doctor.stdout.contains("gives no credentials. Sandbox roles"), "{doctor}");

    // The policy gains one file while the broker runs: a second role of the sandbox works too.
    let text = std::fs::read_to_string(policy(&lead).join("roles/sandbox.toml")).unwrap();
    let more = text.replace("role/sandbox", "role/more");
    std::fs::write(policy(&lead).join("roles/more.toml"), more).unwrap();
    let read = async {
        while !ana.run("roles", &[]).await.stdout.contains("more") {
            clock.advance(Duration::from_secs(3));
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("the broker reads the new file");
    let asked = ana.run("request more -y", &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    let got = ana.run("credentials more --format aws", &[]).await;
    assert!(got.stdout.contains("AccessKeyId"), "{got}");
    let stopped = running.stop().await;
    assert_eq!(stopped.code, 0, "{stopped}");
}

#[tokio::test]
async fn a_sandbox_that_cannot_be_is_refused_and_one_that_lacks_is_named() {
    let clock = FakeClock::at("2026-11-23T10:00:00Z");
    let lead = Arc::new(person(1, &clock));
    lead.run("policy init access --as lead", &[]).await;
    let cloud = move_sandbox(&lead);
    let folder = policy(&lead).display().to_string();
    let listen = format!("127.0.0.1:{}", port());
    let running = Running::start(&lead, &format!("serve --policy {folder} --listen {listen}")).await;
    let running = running.unwrap_or_else(|shot| panic!("{shot}"));
    let said = lead.world.console.said();
    assert!(
        said.contains("1 of the roles opens the sandbox cloud, which does not run: add `--sandbox`"),
        "{said}"
    );
    running.stop().await;
    let with = format!("serve --policy {folder} --listen {listen} --sandbox");
    let taken = TcpListener::bind(("127.0.0.1", cloud)).unwrap();
    let shot = Running::start(&lead, &with).await.err().unwrap();
    assert!(shot.code == 1 && shot.stderr.contains("cannot listen on 127.0.0.1"), "{shot}");
    drop(taken);
    let text = std::fs::read_to_string(policy(&lead).join("roles/sandbox.toml")).unwrap();
    let other = text.replace(&format!(":{cloud}"), ":9");
    std::fs::write(policy(&lead).join("roles/other.toml"), other).unwrap();
    let shot = Running::start(&lead, &with).await.err().unwrap();
    assert!(shot.code == 2 && shot.stderr.contains("name different places"), "{shot}");
    for role in ["sandbox", "other"] {
        std::fs::remove_file(policy(&lead).join(format!("roles/{role}.toml"))).unwrap();
    }
    let shot = Running::start(&lead, &with).await.err().unwrap();
    assert!(
        shot.code == 2 && shot.stderr.contains("no role of the policy opens the sandbox cloud"),
        "{shot}"
    );
}

/// With a role of AWS named, the policy has no other. An untrusted proxy is reported at the start. The warning that AWS
/// refuses an http issuer comes before the commands to paste.
#[tokio::test]
async fn what_stands_in_the_way_of_aws_is_said_first() {
    let clock = FakeClock::at("2026-11-23T10:00:00Z");
    let lead = Arc::new(person(1, &clock));
    let begun =
        lead.run("policy init access --as lead --role-arn arn:aws:iam::111122223333:role/admin", &[]).await;
    assert!(!begun.stdout.contains("sandbox") && !begun.stderr.contains("--sandbox"), "{begun}");
    let folder = policy(&lead).display().to_string();
    let listen = format!("127.0.0.1:{}", port());
    let proxied = format!("serve --policy {folder} --listen {listen} --url https://jit.example.com");
    let running = Running::start(&lead, &proxied).await.unwrap_or_else(|shot| panic!("{shot}"));
    let said = lead.world.console.said();
    assert!(said.contains("no proxy is trusted, so everybody seems to come from one address"), "{said}");
    assert!(!said.contains("clouds cannot verify"), "{said}");
    running.stop().await;
    let trusting = format!("{proxied} --trusted-proxy 127.0.0.1");
    let running = Running::start(&lead, &trusting).await.unwrap_or_else(|shot| panic!("{shot}"));
    let said = lead.world.console.said();
    assert!(!said.contains("note:"), "{said}");
    running.stop().await;
    let trust = |url: &str| format!("setup aws-trust example-admin --policy {folder} --url {url}");
    let shot = lead.run(&trust("http://127.0.0.1:8765"), &[]).await;
    assert!(shot.stderr.starts_with("warning: AWS will refuse the issuer http://127.0.0.1:8765"), "{shot}");
    let shot = lead.run(&trust("https://jit.example.com"), &[]).await;
    assert!(shot.code == 0 && !shot.stderr.contains("refuse"), "{shot}");
}

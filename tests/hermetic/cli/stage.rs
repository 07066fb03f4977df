//! Two people at their terminals, a broker and a cloud between them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;

use crate::cli::fake_broker::BROKER;
use crate::cli::fake_broker::CLOUD;
use crate::cli::fake_broker::FakeBroker;
use crate::support::watched_log;

pub struct Person {
    pub world: FakeWorld,
    _folder: tempfile::TempDir,
}

/// The result of one command.
pub struct Shot {
    pub code: u8,
    pub stdout: String,
    pub stderr: String,
}

impl std::fmt::Display for Shot {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "exit {}\n--- stdout\n{}--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

impl Person {
    /// A person with an ed25519 key in the agent.
    pub fn new(seed: u32, clock: &FakeClock, http: &FakeHttp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = FakeWorld::new(folder.path(), clock, http, seed);
        world.agent.add(TestSigner::ed25519(seed).key().clone());
        Self { world, _folder: folder }
    }

    /// Runs a command line. The answers are what the person types.
    pub async fn run(&self, line: &str, answers: &[&str]) -> Shot {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.run_words(&words, answers).await
    }

    pub async fn run_words(&self, words: &[&str], answers: &[&str]) -> Shot {
        let console = &self.world.console;
        console.output.lock().unwrap().clear();
        console.messages.lock().unwrap().clear();
        *console.answers.lock().unwrap() = answers.iter().map(|answer| (*answer).to_owned()).collect();
        let arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
        let code = jit::cli::run_async(arguments, &self.world.system).await;
        let said = console.said();
        let stderr = if said.is_empty() { said } else { format!("{said}\n") };
        let stdout = console.printed();
        watched_log::nothing_shown(words, &stdout, &stderr);
        Shot { code, stdout, stderr }
    }

    /// Approves the oldest pending request, by its whole id, as a script would.
    pub async fn approve(&self, flags: &str) -> Shot {
        let inbox = self.run("inbox --json", &[]).await;
        let waiting: Vec<serde_json::Value> = serde_json::from_str(&inbox.stdout).unwrap();
        let id = waiting.first().map_or("NOTHING", |oldest| oldest["id"].as_str().unwrap()).to_owned();
        self.run(&format!("approve {id} -y {flags}"), &[]).await
    }

    pub fn write(&self, path: &std::path::Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Everything on this person's disk, as text.
    pub fn disk(&self) -> String {
        fn walk(folder: &std::path::Path, text: &mut String) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, text);
                } else {
                    text.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
                }
            }
        }
        let mut text = String::new();
        walk(&self.world.system.files.working, &mut text);
        text
    }
}

pub struct Stage {
    pub ana: Person,
    pub bo: Person,
    pub broker: Arc<FakeBroker>,
    pub clock: FakeClock,
    pub http: FakeHttp,
}

impl Stage {
    /// Ana, who asks, and Bo, who reviews. Nobody has logged in yet.
    pub fn new() -> Self {
        let clock = FakeClock::at("2026-11-23T10:00:00Z").advancing();
        let http = FakeHttp::default();
        let people: BTreeMap<String, jit::grant::Name> = [(1, "ana"), (2, "bo")]
            .into_iter()
            .map(|(seed, name)| (TestSigner::ed25519(seed).fingerprint().to_owned(), name.parse().unwrap()))
            .collect();
        let broker = FakeBroker::new(&clock, people);
        http.route(BROKER, Arc::clone(&broker) as Arc<dyn jit::system::fake::Host>);
        http.route(CLOUD, Arc::clone(&broker) as Arc<dyn jit::system::fake::Host>);
        let ana = Person::new(1, &clock, &http);
        let bo = Person::new(2, &clock, &http);
        Self { ana, bo, broker, clock, http }
    }

    /// The same, both logged in.
    pub async fn ready() -> Self {
        let stage = Self::new();
        for (person, name) in [(&stage.ana, "ana"), (&stage.bo, "bo")] {
            let shot = person.run(&format!("login {BROKER} --as {name}"), &[]).await;
            assert_eq!(shot.code, 0, "{shot}");
        }
        stage
    }

    /// The id of the newest request for a role.
    pub fn newest_of(&self, role: &str) -> String {
        let state = self.broker.state.lock().unwrap();
        let mut requests = state.requests.iter().rev();
        requests.find(|view| view.signed.statement.contains(&format!("\"{role}\""))).unwrap().id.to_string()
    }

    /// The id of the newest request.
    pub fn newest(&self) -> String {
        self.broker.state.lock().unwrap().requests.last().unwrap().id.to_string()
    }
}

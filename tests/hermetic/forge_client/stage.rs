//! People at their terminals, and the access repository between them.

use std::ffi::OsString;

use jit::system::fake::FakeWorld;
use serde_json::Value;

use crate::forge::case::signer;
use crate::forge::hub::Hub;
use crate::forge::hub::give_git;
use crate::support::watched_log;

/// A person at a terminal, with an SSH key in the agent and a token in the environment.
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

impl Shot {
    /// Its output, if it succeeded.
    #[track_caller]
    pub fn ok(&self) -> &str {
        assert_eq!(self.code, 0, "{self}");
        self.stdout.trim()
    }

    /// Checks that it failed with this code and printed all of these words.
    #[track_caller]
    pub fn failed(&self, code: u8, words: &[&str]) {
        assert_eq!(self.code, code, "{self}");
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} in {self}");
        }
    }
}

impl Person {
    /// A person, by the name of their GitHub account.
    pub fn new(hub: &Hub, login: &str) -> Self {
        let person = Self::without_token(hub, login);
        person.with_token(&hub.tokens[login])
    }

    /// A person with a key and no token.
    pub fn without_token(hub: &Hub, login: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let seed = u32::from(login.as_bytes()[0]);
        let mut world = FakeWorld::new(folder.path(), &hub.clock.advancing(), &hub.http, seed);
        give_git(&mut world, &hub.github);
        world.agent.add(signer(login).key().clone());
        Self { world, _folder: folder }
    }

    /// The same with this token in the environment.
    pub fn with_token(mut self, token: &str) -> Self {
        self.world.system.environment.set("GITHUB_TOKEN", token);
        self
    }

    /// Runs a command line, with nobody at the terminal.
    pub fn run(&self, line: &str) -> Shot {
        self.answering(line, &[])
    }

    /// Runs a command line. The answers are what the person types.
    pub fn answering(&self, line: &str, answers: &[&str]) -> Shot {
        self.words(&line.split_whitespace().collect::<Vec<_>>(), answers)
    }

    pub fn words(&self, words: &[&str], answers: &[&str]) -> Shot {
        let console = &self.world.console;
        console.output.lock().unwrap().clear();
        console.messages.lock().unwrap().clear();
        *console.answers.lock().unwrap() = answers.iter().map(|answer| (*answer).to_owned()).collect();
        let code = jit::run(words.iter().map(OsString::from).collect(), &self.world.system);
        let (stdout, stderr) = (console.printed(), console.said() + "\n");
        watched_log::nothing_shown(words, &stdout, &stderr);
        Shot { code, stdout, stderr }
    }

    /// Logs in to the repository.
    #[track_caller]
    pub fn logged_in(self) -> Self {
        self.run("login github:acme/access").ok();
        self
    }

    /// Asks for the role without waiting. Returns the id.
    #[track_caller]
    pub fn ask(&self, reason: &str) -> String {
        self.words(&["request", "prod-admin", "--reason", reason, "--no-wait", "-y"], &[]).ok().to_owned()
    }

    /// The state of a request, as JSON.
    #[track_caller]
    pub fn show(&self, id: &str) -> Value {
        serde_json::from_str(self.run(&format!("show {id} --json")).ok()).unwrap()
    }
}

/// A hub with these people logged in.
pub fn logged_in<const N: usize>(logins: [&str; N]) -> (Hub, [Person; N]) {
    let hub = Hub::new();
    let people = logins.map(|login| Person::new(&hub, login).logged_in());
    (hub, people)
}

//! A policy repository that tests change, and a broker that follows it.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use jit::broker::BrokerError;
use jit::broker::BrokerSettings;
use jit::broker::PolicySource;
use jit::grant::Digest;
use jit::protocol::EventList;
use jit::system::Environment;
use jit::system::processes::RealProcesses;
use tempfile::TempDir;

use crate::broker::world::World;
use crate::broker::world::first_policy;

/// Runs git as the owner of the policy.
#[expect(clippy::disallowed_methods, reason = "the tests make repositories with git")]
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "init.defaultBranch=main"])
        .args(["-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env_remove("GIT_DIR")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The policy's origin: a working folder, and the bare repository that it pushes to.
pub struct Forge {
    pub folder: TempDir,
}

impl Forge {
    /// A forge whose branch `main` has the first policy in the folder `access`.
    pub fn new() -> Self {
        let forge = Self { folder: tempfile::tempdir().unwrap() };
        git(forge.folder.path(), &["init", "-q", "--bare", "bare.git"]);
        git(forge.folder.path(), &["clone", "-q", "bare.git", "work"]);
        for (path, text) in first_policy() {
            forge.write(&path, &text);
        }
        forge.push("first");
        forge
    }

    pub fn bare(&self) -> PathBuf {
        self.folder.path().join("bare.git")
    }

    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub fn typed(&self, rest: &str) -> String {
        format!("{}{rest}", self.bare().display())
    }

    pub fn write(&self, path: &str, text: &str) {
        let file = self.work().join("access").join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub fn change(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.work().join("access").join(path)).unwrap();
        assert!(text.contains(from), "{text}");
        self.write(path, &text.replace(from, to));
    }

    /// Commits and pushes. Returns the commit.
    pub fn push(&self, message: &str) -> String {
        git(&self.work(), &["add", "-A"]);
        git(&self.work(), &["commit", "-q", "--allow-empty", "-m", message]);
        self.push_as_is()
    }

    /// Pushes the current state by force.
    pub fn push_as_is(&self) -> String {
        git(&self.work(), &["push", "-q", "--force", "origin", "HEAD:main"]);
        git(&self.work(), &["rev-parse", "HEAD"])
    }
}

/// The settings of a world's broker for a policy source as an operator types it.
pub fn settings(world: &mut World, typed: &str) -> BrokerSettings {
    let mut environment = Environment::default();
    #[expect(clippy::disallowed_methods, reason = "git is looked for where the test's own shell finds it")]
    let path = std::env::var("PATH").unwrap();
    environment.set("PATH", path);
    environment.set("HOME", world.folder.path().as_os_str());
    environment.set("GIT_CONFIG_NOSYSTEM", "1");
    world.fake.system.environment = environment;
    world.fake.system.processes = Arc::new(RealProcesses);
    let mut settings = world.settings();
    settings.policy = PolicySource::parse(typed, Path::new("/")).unwrap();
    settings
}

/// A broker that follows a branch of the forge.
pub async fn following(forge: &Forge, rest: &str) -> World {
    let mut world = World::unstarted();
    let settings = settings(&mut world, &forge.typed(rest));
    world.start_with(settings).await.unwrap();
    world
}

/// The reason why a broker does not start with a policy.
pub async fn refused(typed: &str) -> String {
    let mut world = World::unstarted();
    let settings = settings(&mut world, typed);
    match world.start_with(settings).await {
        Ok(()) => panic!("it starts on {typed}"),
        Err(error) => error.to_string(),
    }
}

impl World {
    /// Advances the clock by this time and makes the broker look. Returns whether the policy loads.
    pub async fn look_after(&self, seconds: u64) -> bool {
        self.clock.advance(Duration::from_secs(seconds));
        self.broker.as_ref().unwrap().reload().await
    }

    pub async fn restart_with(&mut self, settings: BrokerSettings) -> Result<(), BrokerError> {
        self.stop().await;
        self.start_with(settings).await
    }

    /// The revision in force, according to a role's view.
    pub async fn revision(&self) -> Digest {
        let ana = self.person("ana").await;
        let session: jit::protocol::Session = self.get("/v1/session", &ana).await.read();
        session.policy.unwrap().revision
    }

    /// The bodies of the policy's events, with their words.
    pub async fn policy_events(&self) -> Vec<(String, serde_json::Value)> {
        let eve = self.person("eve").await;
        let list: EventList = self.get("/v1/events", &eve).await.read();
        let about = list.events.into_iter().filter(|event| event.word.starts_with("policy"));
        about
            .map(|event| {
                let body: serde_json::Value = serde_json::from_str(&event.body).unwrap();
                (event.word, body["subject"].clone())
            })
            .collect()
    }
}

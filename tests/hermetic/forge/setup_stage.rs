//! An organisation with a repository that nobody has set up, an administrator with a policy, and her browser.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use jiff::Timestamp;
use jit::identity::Signer;
use jit::system::Clock;
use jit::system::Environment;
use jit::system::Http;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::http::Request;
use jit::system::loopback;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use url::form_urlencoded::Serializer;

use super::case::signer;
use crate::support::github::GitHub;
use crate::support::github::Origins;
use crate::support::github::access::Role;

pub const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// A policy's main file as a person wrote it.
pub const ACCESS: &str = "# ours\nversion = 1 # the format\n";

/// A clock that moves itself for the short pauses between calls, and leaves the long ones to the test.
#[derive(Clone)]
struct Patient(FakeClock);

#[async_trait]
impl Clock for Patient {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, span: Duration) {
        if span > Duration::from_secs(5) {
            return self.0.sleep(span).await;
        }
        // Others run first, as they would while this one sleeps.
        tokio::task::yield_now().await;
        self.0.advance(span);
    }
}

/// The result of one command.
#[derive(Debug)]
pub struct Shot {
    pub code: u8,
    pub out: String,
    pub err: String,
}

/// The scene.
pub struct Scene {
    pub github: GitHub,
    pub clock: FakeClock,
    pub http: FakeHttp,
    pub repository: u64,
    pub world: FakeWorld,
    pub folder: TempDir,
    /// The token of olga, who administers the repository.
    pub token: String,
}

impl Scene {
    /// The repository has one commit, or is empty.
    pub fn new(is_empty: bool) -> Self {
        let clock = FakeClock::at("2026-11-23T12:00:00Z");
        let http = FakeHttp::default();
        let github = GitHub::new(Origins::default(), Arc::new(clock.clone()));
        github.join(&http);
        let mut world = github.world();
        for login in ["olga", "ana", "bo"] {
            world.add_person(login);
        }
        let token = world.classic_token("olga", &["repo", "workflow", "admin:org"]);
        world.add_organisation("acme", &["olga"], &["ana", "bo"]);
        let repository = if is_empty {
            world.add_empty_repository("acme", "access")
        } else {
            world.add_repository("acme", "access")
        };
        ["ana", "bo"].iter().for_each(|login| world.collaborate(repository, login, Role::Write));
        let owners = world.add_team("acme", "security", &["ana", "bo"]);
        world.give_team(repository, owners, Role::Write);
        let id = |login: &str| world.account(login).unwrap().id;
        let people = ["ana", "bo"].map(|name| {
            format!("[people.{name}]\nkeys = [\"{}\"]\ngithub = {}\n", signer(name).public_key(), id(name))
        });
        drop(world);
        let folder = tempfile::tempdir().unwrap();
        let mut world = FakeWorld::new(folder.path(), &clock, &http, 1);
        world.system.clock = Arc::new(Patient(clock.clone()));
        world.system.environment = Environment::of([("GITHUB_TOKEN", token.as_str()), ("DISPLAY", ":0")]);
        let scene = Self { github, clock, http, repository, world, folder, token };
        scene.write("access/access.toml", ACCESS);
        scene.write("access/people.toml", &format!("{}[groups]\nall = [\"ana\", \"bo\"]\n", people.concat()));
        scene.write(
            "access/roles/prod-admin.toml",
            "requesters = [\"group:all\"]\napproval = \"1 of group:all\"\nsigned = \"account\"\n\
             [aws]\nrole_arn = \"arn:aws:iam::111122223333:role/admin\"\nregion = \"eu-west-1\"\n",
        );
        scene
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.world.system.files.working.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.world.system.files.working.join(path)).unwrap()
    }

    /// A file on a branch at GitHub.
    pub fn there(&self, branch: &str, path: &str) -> Option<String> {
        let world = self.github.world();
        let tip = world.resolve(self.repository, &format!("refs/heads/{branch}"))?;
        world.file(self.repository, &tip, path)
    }

    /// Runs a command with these answers.
    pub async fn run(&self, line: &str, answers: &[&str]) -> Shot {
        let console = &self.world.console;
        console.output.lock().unwrap().clear();
        console.messages.lock().unwrap().clear();
        *console.answers.lock().unwrap() = answers.iter().map(|answer| (*answer).to_owned()).collect();
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let code = jit::cli::run_async(words, &self.world.system).await;
        Shot { code, out: console.printed(), err: console.said() }
    }

    /// `jit ci init` with a known hash.
    pub async fn init(&self, flags: &str, answers: &[&str]) -> Shot {
        let line = format!(
            "ci init --repository acme/access --owners @acme/security --download https://example.com/jit --sha256 {SHA256} {flags}"
        );
        self.run(&line, answers).await
    }

    /// The writes that GitHub got so far.
    pub fn writes(&self) -> usize {
        // Queries are sent by POST too.
        let writes = |request: &&Request| request.method != Method::GET && !request.url.ends_with("/graphql");
        self.http.sent().iter().filter(writes).count()
    }

    /// The value of a secret of the log's environment.
    pub fn secret(&self, name: &str) -> Option<String> {
        let world = self.github.world();
        let environment = world.repository(self.repository).environment("jit-log")?;
        environment.secrets.get(name).map(|secret| secret.0.clone())
    }

    /// The page on this machine to which the program's own redirect sent the browser.
    pub async fn opened(&self) -> String {
        loop {
            let visit = self.world.processes.visits.lock().unwrap().pop();
            let location = visit.and_then(|answer| {
                let line = answer.lines().find(|line| line.to_lowercase().starts_with("location: "))?;
                Some(line["location: ".len()..].trim().to_owned())
            });
            match location {
                Some(location) => return location,
                None => tokio::task::yield_now().await,
            }
        }
    }

    /// Posts the page's form to GitHub as somebody, and clicks "Create GitHub App" there. Returns where GitHub sends the browser.
    pub async fn create(&self, who: &str, page: &str) -> String {
        let attribute = |name: &str| {
            let start = page.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
            page[start..].split('"').next().unwrap().replace("&quot;", "\"").replace("&amp;", "&")
        };
        let manifest = attribute("value");
        let posted = self.post(who, &attribute("action"), &[("manifest", &manifest)]).await;
        let code = posted.1.split('"').nth(1).unwrap().to_owned();
        self.post(who, &format!("{}{code}", self.github.origins().web), &[]).await.0
    }

    async fn post(&self, who: &str, url: &str, fields: &[(&str, &str)]) -> (String, String) {
        let form: String = Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::new(Method::POST, url).header("cookie", format!("user_session={who}"));
        let answer = self.http.send(request.body("application/x-www-form-urlencoded", form)).await.unwrap();
        let location = answer.header("location").unwrap_or_default().to_owned();
        (location, String::from_utf8(answer.body).unwrap())
    }

    /// Waits until a message begins like this, and returns the last one that does.
    pub async fn said(&self, start: &str) -> String {
        loop {
            let messages = self.world.console.messages.lock().unwrap().clone();
            match messages.into_iter().rfind(|line| line.starts_with(start)) {
                Some(line) => return line,
                None => tokio::task::yield_now().await,
            }
        }
    }

    /// Makes the app in the browser, and does not install it.
    pub async fn make_app(&self) {
        let page = self.opened().await;
        self.make_app_at(&page).await;
    }

    /// The same on a page of this machine.
    pub async fn make_app_at(&self, address: &str) {
        let page = visit(address).await;
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        let back = self.create("olga", &page).await;
        let answer = visit(&back).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Go back to the terminal"), "{answer}");
    }

    /// Waits until jit opened the page of the installation, then installs the app.
    pub async fn install(&self, only: bool) {
        loop {
            let last = {
                let started = self.world.processes.started.lock().unwrap();
                started.last().and_then(|command| command.arguments.last().cloned())
            };
            if last
                .is_some_and(|address| address == "https://github.com/apps/jit-log-access/installations/new")
            {
                break;
            }
            tokio::task::yield_now().await;
        }
        self.github.world().install_app("jit-log-access", "olga", only.then_some(self.repository));
    }

    /// Everything on the disk of this machine.
    pub fn disk(&self) -> String {
        let mut text = String::new();
        let mut open = vec![self.folder.path().to_owned()];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else {
                text.push_str(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
            }
        }
        text
    }
}

/// Sends one request to an address of this machine, as a browser does, and reads the response.
pub async fn visit(address: &str) -> String {
    let url = url::Url::parse(address).unwrap();
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    visit_as(address, &host).await
}

/// The same with another `Host`.
pub async fn visit_as(address: &str, host: &str) -> String {
    let url = url::Url::parse(address).unwrap();
    let mut stream = loopback::connect(url.port().unwrap(), Duration::from_secs(5)).await.unwrap();
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

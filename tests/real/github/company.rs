//! A company on GitHub with everything real but GitHub: its API on loopback sockets, people at their own machines with
//! the built `jit`, an access repository that the built `jit ci init --apply` set up, and a runner on which bash runs
//! the steps of its workflows, which fetch the built `jit` by its hash and run it.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::Mutex;

use aws_lc_rs::digest::SHA256;
use aws_lc_rs::digest::digest;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::encoding::Pkcs8V1Der;
use aws_lc_rs::encoding::PublicKeyX509Der;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::KeyPair as _;
use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use data_encoding::BASE64;
use data_encoding::HEXLOWER;
use http::Method;
use jit::forge::log::JournalKey;
use jit::github::job_log;
use jit::sandbox::SandboxRole;
use jit::secret::Secret;
use jit::system::Clock;
use jit::system::System;
use jit::system::http::Request;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::peers::broker::JIT;
use crate::peers::person::Person;
use crate::peers::person::Signs;
use crate::peers::script::Ended;
use crate::peers::script::ask;
use crate::peers::script::run;
use crate::peers::site::SandboxCloud;
use crate::peers::site::Site;
use crate::peers::site::arn;
use crate::peers::tool;
use crate::support::github::GitHub;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::actions::background::Background;
use crate::support::github::actions::run::Run;
use crate::support::github::actions::shell::Bash;
use crate::support::github::server::Server;
use crate::support::github::world::World;

/// The folder of gh's configuration and tokens, below a home.
pub const GH: &str = "gh";

/// The access repository.
pub const SLUG: &str = "acme/access";

/// The only writer of the log, in the form that `jit ci init` takes, and the secrets that it needs.
type Writer = (String, BTreeMap<&'static str, String>);

/// The permissions of whoever writes the log.
const LOG_WRITER: [(&str, Level); 3] =
    [("actions", Level::Read), ("contents", Level::Write), ("pull_requests", Level::Read)];

/// Adds a GitHub App of the company's on one repository. Returns its id and its private key.
pub fn add_app(world: &mut World, slug: &str, repository: u64, named: &[(&str, Level)]) -> (u64, String) {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = key.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    let pem = |label: &str, bytes: &[u8]| {
        let text = BASE64.encode(bytes);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    };
    let public = pem("PUBLIC KEY", public.as_ref());
    let app = world.add_app(slug, &public, "acme", &[repository], named);
    (app, pem("PRIVATE KEY", private.as_ref()))
}

/// Installs GitHub's own command line for a person, logged in to this machine as if it were an enterprise's server.
fn has_gh(person: &Person, token: &str) {
    let (programs, config) = (person.home.join("bin"), person.home.join(GH));
    for folder in [&programs, &config] {
        std::fs::create_dir_all(folder).unwrap();
    }
    std::os::unix::fs::symlink(tool("gh"), programs.join("gh")).unwrap();
    let name = &person.name;
    let host = format!(
        "127.0.0.1:\n    users:\n        {name}:\n            oauth_token: {token}\n    user: {name}\n"
    );
    std::fs::write(config.join("hosts.yml"), format!("{host}    oauth_token: {token}\n")).unwrap();
    std::fs::write(config.join("config.yml"), "version: \"1\"\n").unwrap();
    person.set("GH_CONFIG_DIR", config.to_str().unwrap());
    person.set("PATH", &format!("{}:{}", programs.display(), std::env::var("PATH").unwrap()));
}

/// All people and systems of the test.
pub struct Company {
    /// Asks. Her key is in an ssh-agent, and her token in a variable.
    pub ana: Person,
    /// Reviews. His key is in a file, and gh holds his token.
    pub bo: Person,
    /// The numeric id of the access repository.
    pub repository: u64,
    /// The administrator's checkout of the access repository.
    pub checkout: PathBuf,
    /// The output of `jit ci init --apply`.
    pub prepared: Ended,
    /// The log's private key.
    pub log_key: Secret<String>,
    writer: Writer,
    clock: Arc<dyn Clock>,
    tokens: BTreeMap<&'static str, String>,
    // In this order: the runners finish their work while GitHub still exists.
    runners: Vec<Background>,
    server: Server,
    download: Site,
    served: Arc<Mutex<Bytes>>,
    sha256: String,
    folder: TempDir,
}

impl Company {
    /// A company with an empty access repository and without a runner. An account's token writes the log.
    pub fn found() -> Self {
        Self::at(System::real().clock)
    }

    /// The same on this clock.
    pub fn at(clock: Arc<dyn Clock>) -> Self {
        Self::found_with(clock, |world, repository| {
            let team = world.add_team("acme", "log-writer", &["logbot"]);
            let token = world.fine_grained_token("logbot", &[repository], &LOG_WRITER);
            (format!("team:{team}"), BTreeMap::from([("JIT_LOG_TOKEN", token)]))
        })
    }

    /// The same, with a GitHub App that writes the log.
    pub fn with_app() -> Self {
        Self::found_with(System::real().clock, |world, repository| {
            let named = [&LOG_WRITER[..], &[("metadata", Level::Read)]].concat();
            let (app, private) = add_app(world, "scribe", repository, &named);
            let secrets = [("JIT_LOG_APP", app.to_string()), ("JIT_LOG_APP_KEY", private)];
            (format!("app:{app}"), BTreeMap::from(secrets))
        })
    }

    fn found_with(clock: Arc<dyn Clock>, writer: impl FnOnce(&mut World, u64) -> Writer) -> Self {
        let folder = tempfile::Builder::new().prefix("jit-company-").tempdir().unwrap();
        let server = Server::start(Arc::clone(&clock));
        let mut world = server.github.world();
        let mut tokens = BTreeMap::new();
        let people = ["ana", "bo", "logbot"];
        for login in ["olga", "ana", "bo", "logbot"] {
            world.add_person(login);
            tokens.insert(login, world.classic_token(login, &["repo", "workflow", "read:org", "admin:org"]));
        }
        world.add_organisation("acme", &["olga"], &people);
        let repository = world.add_repository("acme", "access");
        people.iter().for_each(|login| world.collaborate(repository, login, Role::Write));
        let owners = world.add_team("acme", "security", &["bo"]);
        world.give_team(repository, owners, Role::Write);
        let writer = writer(&mut world, repository);
        world.exchanges = Some(Vec::new());
        drop(world);
        let api = server.github.origins().api;
        let person = |login: &str, signs| {
            let person = Person::new(folder.path(), login, signs);
            std::fs::create_dir_all(person.home.join("config")).unwrap();
            let settings = format!("[authority]\napi = \"{api}\"\n");
            std::fs::write(person.home.join("config/config.toml"), settings).unwrap();
            person
        };
        let (ana, bo) = (person("ana", Signs::Agent), person("bo", Signs::File));
        ana.set("GITHUB_TOKEN", &tokens["ana"]);
        has_gh(&bo, &tokens["bo"]);
        let program = Bytes::from(std::fs::read(JIT).unwrap());
        let sha256 = HEXLOWER.encode(digest(&SHA256, &program).as_ref());
        let served = Arc::new(Mutex::new(program));
        let offered = Arc::clone(&served);
        let route = get(async move || offered.lock().unwrap().clone());
        let download = Site::start(Router::new().route("/jit", route));
        Self {
            ana,
            bo,
            repository,
            checkout: folder.path().join("checkout"),
            prepared: Ended { code: -1, stdout: String::new(), stderr: String::new() },
            log_key: Secret::from(""),
            writer,
            clock,
            tokens,
            runners: Vec::new(),
            server,
            download,
            served,
            sha256,
            folder,
        }
    }

    /// Runs `jit ci init --apply` in a checkout of a policy with these roles (names and targets), then does what it
    /// leaves to people.
    pub fn set_up(&mut self, roles: &[(&str, &str)]) {
        for (path, text) in self.policy(roles, "") {
            let path = self.checkout.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let download = self.offered().0;
        let words = [
            "ci",
            "init",
            "--repository",
            SLUG,
            "--owners",
            "@acme/security",
            "--download",
            &download,
            "--sha256",
            &self.sha256,
            "--apply",
            "-y",
            "--log-writer",
            &self.writer.0,
            "--key-file",
            "../log.key",
        ];
        self.prepared = self.administer(&words);
        assert_eq!(self.prepared.code, 0, "{:?}", self.prepared);
        let key = self.folder.path().join("log.key");
        self.log_key = Secret::new(std::fs::read_to_string(&key).unwrap());
        std::fs::remove_file(key).unwrap();
        let github = self.github();
        let mut world = github.world();
        for (name, value) in self.log_secrets() {
            world.put_secret(self.repository, Some("jit-log"), name, &value);
        }
        drop(world);
        self.merge(roles);
    }

    /// Puts the workflows and a policy with these roles onto `main`, as a reviewed pull request would.
    pub fn merge(&self, roles: &[(&str, &str)]) {
        self.merge_changed(roles, |_| {});
    }

    /// The same, with changes to the policy's files.
    pub fn merge_changed(&self, roles: &[(&str, &str)], change: impl FnOnce(&mut BTreeMap<String, String>)) {
        let public = JournalKey::read(&self.log_key).unwrap().public_text();
        let access = std::fs::read_to_string(self.checkout.join("access.toml")).unwrap();
        assert!(access.contains(&public), "{access}");
        let issuer = self.github().origins().issuer;
        let log = format!("[authority.github]\nlog_keys = [\"{public}\"]\nissuer = \"{issuer}\"\n");
        let mut files = self.policy(roles, &log);
        change(&mut files);
        for path in [".github/workflows/jit.yml", ".github/workflows/jit-check.yml", ".github/CODEOWNERS"] {
            files.insert(path.to_owned(), std::fs::read_to_string(self.checkout.join(path)).unwrap());
        }
        let files: Vec<(&str, Option<&str>)> =
            files.iter().map(|(path, text)| (path.as_str(), Some(text.as_str()))).collect();
        let olga = self.id("olga");
        self.github().world().write(self.repository, "main", olga, &files);
    }

    /// Everybody in the company, and roles that ana asks for and bo approves with his key.
    fn policy(&self, roles: &[(&str, &str)], authority: &str) -> BTreeMap<String, String> {
        let person = |person: &Person| {
            let (name, key, id) = (&person.name, &person.key, self.id(&person.name));
            format!("[people.{name}]\nkeys = [\"{key}\"]\ngithub = {id}\n")
        };
        let people =
            format!("{}{}[groups]\ndev = [\"ana\"]\nsre = [\"bo\"]\n", person(&self.ana), person(&self.bo));
        let mut files = BTreeMap::from([
            ("access.toml".to_owned(), format!("version = 1\n{authority}")),
            ("people.toml".to_owned(), people),
        ]);
        for (role, target) in roles {
            let text = format!(
                "description = \"Look after orders\"\nrequesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\n\
                 duration = \"1h\"\nmax_duration = \"4h\"\nlease = \"1h\"\nreason = \"required\"\nsigned = \"key\"\n\
                 extend = {{ times = 1, approval = \"1 of group:sre\" }}\n{target}"
            );
            files.insert(format!("roles/{role}.toml"), text);
        }
        files
    }

    /// Runs `jit` in the checkout with the token of olga, who administers the repository.
    pub fn administer(&self, words: &[&str]) -> Ended {
        let mut command = Command::new(JIT);
        command.args(words).env_clear().current_dir(&self.checkout);
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.folder.path());
        command.env("GITHUB_TOKEN", &self.tokens["olga"]).env("GITHUB_API_URL", self.github().origins().api);
        run(&mut command, b"")
    }

    /// Starts a hosted runner that takes jobs as they come, each step in its own bash, with these variables of the
    /// machine.
    pub fn hire_runner(&mut self, machine: &[(&str, &str)]) {
        let machine = machine.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.runners.push(Background::start(&self.server.github, Bash { machine, ..Bash::default() }));
    }

    /// Replaces the program that the workflows download as `jit`. Returns the original.
    pub fn swap_download(&self, program: impl Into<Bytes>) -> Bytes {
        std::mem::replace(&mut *self.served.lock().unwrap(), program.into())
    }

    /// Logs ana and bo in.
    pub fn log_in(&self) {
        for person in [&self.ana, &self.bo] {
            person.run(&["login", "github:acme/access"]).ok();
        }
    }

    /// Secrets that must appear only where they belong: everybody's tokens, and the log writer's secrets.
    pub fn secrets(&self) -> Vec<String> {
        let world = self.github().world();
        world.tokens.keys().cloned().chain(self.log_secrets().into_values()).collect()
    }

    /// Makes a call to GitHub's API as a person. Returns the status.
    pub fn post(&self, who: &str, path: &str, body: &Value) -> u16 {
        let request = Request::new(Method::POST, format!("{}{path}", self.github().origins().api))
            .header("authorization", format!("Bearer {}", self.tokens[who]))
            .header("accept", "application/vnd.github+json")
            .header("user-agent", "test")
            .body("application/json", body.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(System::real().http.send(request)).unwrap().status
    }

    /// The URL from which the workflows download `jit`, and its SHA-256.
    pub fn offered(&self) -> (String, &str) {
        (format!("{}/jit", self.download.url), &self.sha256)
    }

    /// GitHub.
    pub fn github(&self) -> &GitHub {
        &self.server.github
    }

    /// Parses the numeric id of an account.
    pub fn id(&self, login: &str) -> u64 {
        self.github().world().account(login).unwrap().id
    }

    /// The subject of the tokens that `jit.yml` gets for a role.
    pub fn subject(&self, role: &str) -> String {
        let (owner, repository) = (self.id("acme"), self.repository);
        let workflow = "acme/access/.github/workflows/jit.yml@refs/heads/main";
        format!(
            "repo:acme@{owner}/access@{repository}:environment:jit-role-{role}:job_workflow_ref:{workflow}:runner_environment:github-hosted"
        )
    }

    /// A sandbox cloud with one role, which the tokens of `jit.yml` for the role of that name open. Returns it with the
    /// role's target.
    pub fn sandbox(&self, role: &str) -> (SandboxCloud, String) {
        let trusting = SandboxRole::for_subject(arn(role).parse().unwrap(), self.subject(role));
        let cloud = SandboxCloud::trusting(
            &self.github().origins().issuer,
            vec![trusting],
            Some(Arc::clone(&self.clock)),
        );
        let target = format!("[sandbox]\nrole_arn = \"{}\"\nendpoint_url = \"{}\"\n", arn(role), cloud.url);
        (cloud, target)
    }

    /// The secrets of the environment `jit-log`.
    pub fn log_secrets(&self) -> BTreeMap<&'static str, String> {
        let mut secrets = self.writer.1.clone();
        secrets.insert("JIT_LOG_KEY", self.log_key.expose().clone());
        secrets
    }

    /// Checks that every request to GitHub and every answer matches GitHub's own description.
    #[track_caller]
    pub fn spoke_as_described(&self) {
        let exchanges = self.github().world().exchanges.take().unwrap();
        assert!(exchanges.len() > 50, "{}", exchanges.len());
        let judged = ask("check_github.mjs", &json!({ "exchanges": exchanges }));
        assert_eq!(judged["problems"], json!([]));
    }

    /// The folder of this company.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The number of results in logs of runs.
    pub fn handed_over(&self) -> usize {
        let holds = |run: &&Run| {
            !run.logs_deleted && run.jobs.iter().any(|job| job_log::read(job.log.as_bytes()).is_ok())
        };
        self.github().world().runs.values().filter(holds).count()
    }

    /// The runs of a workflow, oldest first.
    pub fn runs(&self, workflow: &str) -> Vec<Run> {
        let world = self.github().world();
        world.runs.values().filter(|run| run.path.ends_with(workflow)).cloned().collect()
    }

    /// The output of all jobs.
    pub fn logs(&self) -> String {
        let world = self.github().world();
        let jobs = world.runs.values().flat_map(|run| &run.jobs);
        jobs.map(|job| format!("== {} {:?}\n{}", job.key, job.conclusion, job.log)).collect()
    }
}

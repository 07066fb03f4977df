//! The complete setup: the fake GitHub with `acme/access` set up by `jit ci init --apply`, the sandbox cloud that
//! trusts its tokens, and a runner that runs the steps of the written workflows, with each `jit ci` in this process.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::encoding::Pkcs8V1Der;
use aws_lc_rs::encoding::PublicKeyX509Der;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::KeyPair as _;
use data_encoding::BASE64;
use jit::forge::log::JournalKey;
use jit::forge::request_file;
use jit::github::GitHub as Client;
use jit::github::api::API;
use jit::github::api::Slug;
use jit::github::api::repositories::NewFile;
use jit::github::environment_of;
use jit::github::job_log;
use jit::github::lease::Delivered;
use jit::github::tree::Reader;
use jit::grant::Digest;
use jit::grant::Signed;
use jit::grant::Statement;
use jit::grant::statement::Header;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::RevokeStatement;
use jit::grant::statement::Way;
use jit::identity::Signer;
use jit::identity::statement::sign;
use jit::sandbox::Sandbox;
use jit::sandbox::SandboxRole;
use jit::sandbox::Settings;
use jit::secret::Secret;
use jit::secret::seal::RecipientKey;
use jit::system::Clock;
use jit::system::Environment;
use jit::system::Processes;
use jit::system::contained::Bounds;
use jit::system::fake::CountedEntropy;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeProcesses;
use jit::system::fake::FakeWorld;
use jit::system::fake_router::RouterHost;
use jit::system::processes::Command;
use jit::system::processes::Output;
use jit::system::processes::RealProcesses;
use tempfile::TempDir;

use super::case::signer;
use crate::support::github::GitHub;
use crate::support::github::Origins;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::actions::run::Job;
use crate::support::github::actions::run::Run;
use crate::support::github::actions::runner::Runner;
use crate::support::github::actions::shell::Shell;
use crate::support::github::actions::shell::StepCall;
use crate::support::github::actions::shell::StepEnd;
use crate::support::github::world::World;

const START: &str = "2026-11-23T12:00:00Z";
pub const CLOUD: &str = "http://127.0.0.1:9777";
pub const ARN: &str = "arn:aws:iam::000000000042:role/prod-admin";
/// The permissions of whoever writes the log.
pub const LOG_WRITER: [(&str, Level); 3] =
    [("actions", Level::Read), ("contents", Level::Write), ("pull_requests", Level::Read)];
const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// The processes of a world in which git is real, and everything else is only recorded.
struct RealGit(Arc<FakeProcesses>);

#[async_trait]
impl Processes for RealGit {
    fn become_command(&self, command: &Command) -> io::Result<i32> {
        self.0.become_command(command)
    }

    async fn run_attached(&self, command: &Command) -> io::Result<i32> {
        self.0.run_attached(command).await
    }

    async fn run_collected(&self, command: &Command, input: &[u8], limit: Duration) -> io::Result<Output> {
        self.0.run_collected(command, input, limit).await
    }

    async fn run_contained(
        &self,
        command: &Command,
        input: &[u8],
        bounds: &Bounds<'_>,
    ) -> io::Result<Output> {
        self.0.started.lock().unwrap().push(command.clone());
        RealProcesses.run_contained(command, input, bounds).await
    }

    fn protect_memory(&self) {}

    async fn interrupted(&self) {
        self.0.interrupted().await;
    }
}

/// Gives a world git, if this GitHub serves it.
pub fn give_git(world: &mut FakeWorld, github: &GitHub) {
    let Some(variables) = github.git_variables() else { return };
    for (name, value) in variables {
        world.system.environment.set(name, value);
    }
    world.system.processes = Arc::new(RealGit(Arc::clone(&world.processes)));
}

/// Runs `./jit …` of a step in this process, and skips every other script as successful.
pub struct InProcess {
    github: GitHub,
    clock: FakeClock,
    http: FakeHttp,
    folder: TempDir,
    count: Mutex<u32>,
}

impl InProcess {
    /// Its own world, with these variables.
    pub fn world(&self, environment: &BTreeMap<String, String>) -> FakeWorld {
        let mut count = self.count.lock().unwrap();
        *count += 1;
        let root = self.folder.path().join(count.to_string());
        std::fs::create_dir_all(&root).unwrap();
        let mut world = FakeWorld::new(&root, &self.clock.advancing(), &self.http, *count);
        let mut variables = Environment::default();
        environment.iter().for_each(|(name, value)| variables.set(name, value));
        world.system.environment = variables;
        give_git(&mut world, &self.github);
        world
    }
}

impl Shell for InProcess {
    fn run(&self, call: &StepCall) -> StepEnd {
        let Some(words) = call.script.trim().strip_prefix("./jit ") else { return StepEnd::default() };
        let mut world = self.world(&call.environment);
        world.system.files.working = call.folder.clone();
        let words = words.split(' ').map(Into::into).collect();
        let code = jit::run(words, &world.system);
        StepEnd { code: i32::from(code), log: world.console.said() + &world.console.printed() }
    }
}

/// One request as its client knows it.
pub struct Asked {
    pub digest: Digest,
    pub pull: u64,
    pub recipient: RecipientKey,
    pub signed: Signed,
}

/// All people and systems of the test.
pub struct Hub {
    pub github: GitHub,
    pub clock: FakeClock,
    pub http: FakeHttp,
    pub repository: u64,
    pub shell: InProcess,
    pub tokens: BTreeMap<&'static str, String>,
    pub key: Secret<String>,
    runtime: tokio::runtime::Runtime,
}

impl Hub {
    /// Its log is written by an account's token.
    pub fn new() -> Self {
        Self::with(|world, repository| {
            let team = world.add_team("acme", "log-writer", &["logbot"]);
            let token = world.fine_grained_token("logbot", &[repository], &LOG_WRITER);
            (format!("team:{team}"), BTreeMap::from([("JIT_LOG_TOKEN", token)]))
        })
    }

    /// Its log is written by a GitHub App.
    pub fn with_app() -> Self {
        Self::with(|world, repository| {
            let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
            let private: Pkcs8V1Der<'_> = key.as_der().unwrap();
            let public: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
            let pem = |label: &str, bytes: &[u8]| {
                format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64.encode(bytes))
            };
            let named = [&LOG_WRITER[..], &[("metadata", Level::Read)]].concat();
            let app =
                world.add_app("scribe", &pem("PUBLIC KEY", public.as_ref()), "acme", &[repository], &named);
            let private = pem("PRIVATE KEY", private.as_ref());
            let secrets = [("JIT_LOG_APP", app.to_string()), ("JIT_LOG_APP_KEY", private)];
            (format!("app:{app}"), BTreeMap::from(secrets))
        })
    }

    fn with(writer: impl FnOnce(&mut World, u64) -> (String, BTreeMap<&'static str, String>)) -> Self {
        let clock = FakeClock::at(START);
        let http = FakeHttp::default();
        let github = GitHub::new(Origins::default(), Arc::new(clock.clone()));
        github.join(&http);
        let mut tokens = BTreeMap::new();
        let mut world = github.world();
        for login in ["olga", "ana", "bo", "cy", "dee", "eve", "logbot"] {
            world.add_person(login);
            tokens.insert(login, world.classic_token(login, &["repo", "workflow", "read:org", "admin:org"]));
        }
        world.add_organisation("acme", &["olga"], &["ana", "bo", "cy", "dee", "eve", "logbot"]);
        let repository = world.add_repository("acme", "access");
        for login in ["ana", "bo", "cy", "dee", "eve", "logbot"] {
            world.collaborate(repository, login, Role::Write);
        }
        let owners = world.add_team("acme", "security", &["bo", "dee"]);
        world.give_team(repository, owners, Role::Write);
        let (writer, secrets) = writer(&mut world, repository);
        drop(world);
        let folder = tempfile::tempdir().unwrap();
        let shell = InProcess {
            github: github.clone(),
            clock: clock.clone(),
            http: http.clone(),
            folder,
            count: Mutex::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let key = Secret::from("");
        let mut hub = Self { github, clock, http, repository, shell, tokens, key, runtime };
        hub.set_up(&writer, &secrets);
        hub
    }

    /// Runs `jit ci init --apply`, then does what it leaves to people.
    fn set_up(&mut self, writer: &str, secrets: &BTreeMap<&'static str, String>) {
        let world =
            self.shell.world(&BTreeMap::from([("GITHUB_TOKEN".to_owned(), self.tokens["olga"].clone())]));
        let root = world.system.files.working.clone();
        for (path, text) in self.policy("account", None) {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let words = format!(
            "ci init --repository acme/access --owners @acme/security --download https://example.com/jit \
             --sha256 {SHA256} --apply -y --log-writer {writer} --key-file log.key"
        );
        let code = jit::run(words.split(' ').map(Into::into).collect(), &world.system);
        assert_eq!(code, 0, "{}", world.console.said());
        self.key = Secret::new(std::fs::read_to_string(root.join("log.key")).unwrap());
        let public = JournalKey::read(&self.key).unwrap().public_text();
        let access = std::fs::read_to_string(root.join("access.toml")).unwrap();
        assert!(access.contains(&public) && !world.console.said().contains(self.key.expose()));
        let mut files = self.policy("account", Some(&public));
        for path in [".github/workflows/jit.yml", ".github/workflows/jit-check.yml", ".github/CODEOWNERS"] {
            files.insert(path.to_owned(), std::fs::read_to_string(root.join(path)).unwrap());
        }
        self.write_main(&files);
        let mut github = self.github.world();
        github.put_secret(self.repository, Some("jit-log"), "JIT_LOG_KEY", self.key.expose());
        for (name, value) in secrets {
            github.put_secret(self.repository, Some("jit-log"), name, value);
        }
        drop(github);
        let role = SandboxRole::for_subject(ARN.parse().unwrap(), self.subject("prod-admin"));
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let settings = Settings::new(self.github.origins().issuer, vec![role]);
        let entropy = Arc::new(CountedEntropy::seeded(77));
        let cloud = Sandbox::new(settings, Arc::new(self.http.clone()), clock, entropy);
        self.http.route(CLOUD, Arc::new(RouterHost(cloud.router())));
    }

    /// The subject of the tokens of a role's job, as `jit ci init` customises it.
    pub fn subject(&self, role: &str) -> String {
        let environment = environment_of(&role.parse().unwrap());
        format!(
            "repo:acme@{}/access@{}:environment:{environment}:job_workflow_ref:acme/access/.github/workflows/jit.yml@refs/heads/main:runner_environment:github-hosted",
            self.id("acme"),
            self.repository
        )
    }

    /// The policy, with the real ids of people.
    pub fn policy(&self, signed: &str, log_key: Option<&str>) -> BTreeMap<String, String> {
        let person = |name: &str| {
            format!(
                "[people.{name}]\nkeys = [\"{}\"]\ngithub = {}\n",
                signer(name).public_key(),
                self.id(name)
            )
        };
        let people: String = ["ana", "bo", "cy", "dee"].map(person).concat();
        let authority =
            log_key.map_or_else(String::new, |key| format!("[authority.github]\nlog_keys = [\"{key}\"]\n"));
        let role = format!(
            "requesters = [\"group:dev\"]\napproval = {{ all = [\"1 of group:sre\", \"1 of group:security\"] }}\n\
             duration = \"1h\"\nmax_duration = \"4h\"\nlease = \"15m\"\nsigned = \"{signed}\"\n\
             [sandbox]\nrole_arn = \"{ARN}\"\nendpoint_url = \"{CLOUD}\"\n"
        );
        BTreeMap::from([
            ("access.toml".to_owned(), format!("version = 1\n{authority}")),
            (
                "people.toml".to_owned(),
                format!(
                    "{people}[groups]\ndev = [\"ana\"]\nsre = [\"bo\", \"cy\"]\nsecurity = [\"bo\", \"dee\"]\n"
                ),
            ),
            ("roles/prod-admin.toml".to_owned(), role),
        ])
    }

    pub fn write_main(&self, files: &BTreeMap<String, String>) {
        let olga = self.id("olga");
        let files: Vec<(&str, Option<&str>)> =
            files.iter().map(|(path, text)| (path.as_str(), Some(text.as_str()))).collect();
        self.github.world().write(self.repository, "main", olga, &files);
    }

    pub fn id(&self, login: &str) -> u64 {
        self.github.world().account(login).unwrap().id
    }

    pub fn tip(&self, branch: &str) -> String {
        self.github.world().resolve(self.repository, &format!("refs/heads/{branch}")).unwrap()
    }

    /// A client of a person.
    pub fn client(&self, who: &str) -> Client {
        let world = self.shell.world(&BTreeMap::new());
        let token = Secret::new(self.tokens[who].clone());
        Client::new(API, Slug::parse("acme/access").unwrap(), token, &world.system).unwrap()
    }

    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    fn header(&self, who: &str) -> Header {
        Header {
            authority: jit::github::authority(self.repository),
            who: who.parse().unwrap(),
            at: jit::grant::span::whole_seconds(self.clock.now()),
            nonce: "n".repeat(43),
        }
    }

    /// Asks as ana, as her client would: blob, tree, commit, branch, pull request.
    pub fn ask(&self, seed: u8, change: impl FnOnce(&mut RequestStatement)) -> Asked {
        self.ask_with(seed, change, request_file::write)
    }

    /// The same, with the file in this form.
    pub fn ask_with(
        &self,
        seed: u8,
        change: impl FnOnce(&mut RequestStatement),
        form: impl FnOnce(&Signed) -> String,
    ) -> Asked {
        let ana = self.client("ana");
        let recipient = RecipientKey::generate(&[seed; 32]);
        self.wait(async {
            let main = ana.branch("main").await.unwrap().unwrap();
            let policy = Reader::new(&ana).policy(&main).await.unwrap();
            let header = self.header("ana");
            let mut statement = RequestStatement {
                way: Way::Request,
                role: "prod-admin".parse().unwrap(),
                target: policy.roles().next().unwrap().target.clone(),
                scope: None,
                duration: "1h".parse().unwrap(),
                start: None,
                reason: "INC-42".to_owned(),
                interactive: true,
                agent: false,
                recipient: recipient.public().unwrap(),
                workload: None,
                job: None,
                purpose: None,
                policy: policy.revision,
                created: header.at,
                not_after: header.at + jiff::SignedDuration::from_hours(30),
                header,
            };
            change(&mut statement);
            let signed = sign(&Statement::Request(Box::new(statement)), &signer("ana")).unwrap();
            let digest = Digest::of(signed.statement.as_bytes());
            let id = digest.request_id();
            let base = ana.commit(&main).await.unwrap().tree.sha;
            let file = NewFile { path: request_file::path_of(&id), content: form(&signed) };
            let tree = ana.create_tree(Some(&base), &[file]).await.unwrap();
            let commit = ana.create_commit(&format!("Ask {id}"), &tree, &[&main]).await.unwrap();
            let branch = request_file::branch_of(&id);
            ana.create_branch(&branch, &commit).await.unwrap();
            let pull = ana.create_pull(&format!("jit {id}"), &branch, "main", "").await.unwrap().number;
            Asked { digest, pull, recipient, signed }
        })
    }

    /// Reviews on the web.
    pub fn review(&self, who: &str, asked: &Asked, event: &str) {
        let client = self.client(who);
        self.wait(async {
            let head = client.pull(asked.pull).await.unwrap().head.sha;
            client.create_review(asked.pull, &head, event, "Seen.").await.unwrap();
        });
        self.clock.advance(Duration::from_secs(5));
    }

    /// A request that bo and dee approved.
    pub fn approved(&self, seed: u8) -> Asked {
        let asked = self.ask(seed, |_| {});
        self.review("bo", &asked, "APPROVE");
        self.review("dee", &asked, "APPROVE");
        asked
    }

    pub fn inputs(&self, action: &str, asked: &Asked) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("action", action.to_owned()),
            ("request", asked.digest.request_id().to_string()),
            ("pull", asked.pull.to_string()),
            ("digest", asked.digest.to_string()),
            ("nonce", "abc".to_owned()),
            ("form", "2".to_owned()),
        ])
    }

    /// Dispatches as a person, and leaves the run waiting.
    pub fn dispatch(&self, who: &str, inputs: &BTreeMap<&'static str, String>) -> u64 {
        let dispatched = self.wait(self.client(who).dispatch("jit.yml", "main", inputs)).unwrap();
        dispatched.unwrap().workflow_run_id
    }

    /// Dispatches and runs everything that is ready.
    pub fn run(&self, who: &str, inputs: &BTreeMap<&'static str, String>) -> Run {
        let run = self.dispatch(who, inputs);
        self.finish(run)
    }

    /// Runs everything that is ready.
    pub fn finish_all(&self) {
        Runner::new(&self.github, &self.shell).run_all();
    }

    pub fn finish(&self, run: u64) -> Run {
        self.finish_all();
        self.github.world().runs[&run].clone()
    }

    /// A signed revocation, as the input of a run.
    pub fn revocation(&self, who: &str, asked: &Asked) -> String {
        let statement = Statement::Revoke(RevokeStatement {
            header: self.header(who),
            request: asked.digest,
            reason: "not any more".to_owned(),
        });
        let signed = sign(&statement, &signer(who)).unwrap();
        data_encoding::BASE64URL_NOPAD.encode(request_file::write(&signed).as_bytes())
    }
}

/// The output of a job's runs.
pub fn said(run: &Run, job: &str) -> String {
    run.job(job).map(Job::output).unwrap_or_default()
}

pub fn outcome(run: &Run, job: &str) -> &'static str {
    run.job(job).and_then(|job| job.conclusion).unwrap_or("none")
}

/// The result that a run delivered.
pub fn delivered(run: &Run) -> Delivered {
    job_log::read(run.job("mint").unwrap().log.as_bytes()).unwrap()
}

/// The number of results in logs of runs.
pub fn handed_over(github: &GitHub) -> usize {
    let holds = |run: &&Run| {
        !run.logs_deleted && run.jobs.iter().any(|job| job_log::read(job.log.as_bytes()).is_ok())
    };
    github.world().runs.values().filter(holds).count()
}

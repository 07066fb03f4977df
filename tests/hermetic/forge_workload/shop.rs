//! `acme/shop`, which deploys with access that `acme/access` decides, by the workflow that is committed as an example.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

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
use jit::forge::request_file::RequestFile;
use jit::grant::Digest;
use jit::system::Environment;
use jit::system::System;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake::Host;
use jit::system::fake_router::RouterHost;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use jit::system::processes::Command;
use serde_json::json;
use tempfile::TempDir;

use crate::forge::hub::Hub;
use crate::forge::hub::handed_over;
use crate::support::github::GitHub;
use crate::support::github::Site;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::actions::run::Job;
use crate::support::github::actions::run::Run;
use crate::support::github::actions::runner::Runner;
use crate::support::github::actions::shell::Shell;
use crate::support::github::actions::shell::StepCall;
use crate::support::github::actions::shell::StepEnd;

pub const EXAMPLE: &str = include_str!("../../../docs/examples/deploy.yml");
const WORKFLOW: &str = ".github/workflows/deploy.yml";

/// Runs `./jit …` of a step in this process, and records what `jit exec` would have run.
pub struct Steps {
    clock: FakeClock,
    http: FakeHttp,
    folder: TempDir,
    count: Mutex<u32>,
    /// The commands that ran with access.
    pub commands: Mutex<Vec<Command>>,
    /// Additional or replaced variables of a step.
    pub changed: Mutex<BTreeMap<String, String>>,
    /// A change that somebody makes to GitHub before each of its answers.
    meddling: Mutex<Option<Meddling>>,
    /// A look at the world of each job just before its `jit exec`.
    pub before_exec: Mutex<Option<Look>>,
}

type Meddling = Box<dyn Fn(&GitHub, &Request) + Send + Sync>;
/// Something that looks at the world of a job.
pub type Look = Box<dyn Fn(&System) + Send>;

impl Shell for Steps {
    fn run(&self, call: &StepCall) -> StepEnd {
        let Some(line) = call.script.trim().strip_prefix("./jit ") else { return StepEnd::default() };
        let mut count = self.count.lock().unwrap();
        *count += 1;
        let root = self.folder.path().join(count.to_string());
        std::fs::create_dir_all(&root).unwrap();
        let mut world = FakeWorld::new(&root, &self.clock.advancing(), &self.http, 20_000 + *count);
        drop(count);
        let mut variables = Environment::default();
        call.environment.iter().for_each(|(name, value)| variables.set(name, value));
        if call.environment.contains_key("JIT_ACCESS_REPOSITORY") {
            self.changed.lock().unwrap().iter().for_each(|(name, value)| variables.set(name, value));
        }
        world.system.environment = variables;
        world.system.files.working = call.folder.clone();
        if let Some(look) = self.before_exec.lock().unwrap().as_ref().filter(|_| line.starts_with("exec ")) {
            look(&world.system);
        }
        let code = jit::run(words(line).into_iter().map(Into::into).collect(), &world.system);
        let started = std::mem::take(&mut *world.processes.started.lock().unwrap());
        self.commands.lock().unwrap().extend(started.into_iter().filter(|command| command.program != "git"));
        StepEnd { code: i32::from(code), log: world.console.said() + "\n" + &world.console.printed() }
    }
}

/// Parses a shell line that has only words and double quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('"').enumerate() {
        match index % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

/// GitHub's API, where the runs that somebody polls progress.
struct Working {
    inner: RouterHost,
    github: GitHub,
    steps: Arc<Steps>,
}

#[async_trait]
impl Host for Working {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let path = request.url.split('?').next().unwrap_or_default();
        let run = path.rsplit_once("/actions/runs/").and_then(|(_, id)| id.parse::<u64>().ok());
        let idles = |run: &Run| !run.over() && run.jobs.iter().all(|job| job.status != "in_progress");
        if let Some(run) = run.filter(|run| self.github.world().runs.get(run).is_some_and(idles)) {
            // A job's steps start a runtime of their own, and this thread has one already.
            std::thread::scope(|scope| {
                scope
                    .spawn(|| Runner::new(&self.github, self.steps.as_ref()).run_next(Some(run)))
                    .join()
                    .unwrap();
            });
        }
        if let Some(meddling) = self.steps.meddling.lock().unwrap().as_ref() {
            meddling(&self.github, &request);
        }
        self.inner.answer(request).await
    }
}

/// Both repositories.
pub struct Shop {
    pub hub: Hub,
    pub id: u64,
    /// The numeric id of the app's account.
    pub bot: u64,
    pub steps: Arc<Steps>,
}

impl Shop {
    pub fn new() -> Self {
        let hub = Hub::new();
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let private: Pkcs8V1Der<'_> = key.as_der().unwrap();
        let public: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
        let pem = |label: &str, bytes: &[u8]| {
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64.encode(bytes))
        };
        let mut world = hub.github.world();
        let named = [
            ("actions", Level::Write),
            ("contents", Level::Write),
            ("metadata", Level::Read),
            ("pull_requests", Level::Write),
        ];
        let app =
            world.add_app("asker", &pem("PUBLIC KEY", public.as_ref()), "acme", &[hub.repository], &named);
        let bot = world.account("asker[bot]").unwrap().id;
        let id = world.add_repository("acme", "shop");
        for login in ["ana", "bo", "cy", "dee", "eve"] {
            world.collaborate(id, login, Role::Write);
        }
        for environment in ["jit-ask", "production"] {
            world.put_secret(id, Some(environment), "JIT_ACCESS_APP", &app.to_string());
            let private = pem("PRIVATE KEY", private.as_ref());
            world.put_secret(id, Some(environment), "JIT_ACCESS_APP_KEY", &private);
            let policy = (world.next_id(), "main".to_owned(), "branch".to_owned());
            let found = world.repository_mut(id).environment_mut(environment).unwrap();
            found.policy = Some((false, true));
            found.policies.push(policy);
        }
        let cy = world.account("cy").unwrap().id;
        world.repository_mut(id).environment_mut("production").unwrap().reviewers =
            vec![("User".to_owned(), cy)];
        drop(world);
        let steps = Arc::new(Steps {
            clock: hub.clock.clone(),
            http: hub.http.clone(),
            folder: tempfile::tempdir().unwrap(),
            count: Mutex::default(),
            commands: Mutex::default(),
            changed: Mutex::default(),
            meddling: Mutex::default(),
            before_exec: Mutex::default(),
        });
        let working = Working {
            inner: RouterHost(hub.github.router(Site::Api)),
            github: hub.github.clone(),
            steps: Arc::clone(&steps),
        };
        hub.http.route(&hub.github.origins().api, Arc::new(working));
        let shop = Self { hub, id, bot, steps };
        shop.hub.write_main(&shop.policy(&format!("repository_id = \"{id}\", {}", by_workflow())));
        shop
    }

    /// The access policy, which knows the workload by these claims.
    pub fn policy(&self, claims: &str) -> BTreeMap<String, String> {
        let public = JournalKey::read(&self.hub.key).unwrap().public_text();
        let mut files = self.hub.policy("account", Some(&public));
        let issuer = self.hub.github.origins().issuer;
        files.get_mut("access.toml").unwrap().push_str(&format!("workload_app = {}\n", self.bot));
        files
            .get_mut("people.toml")
            .unwrap()
            .push_str(&format!("[workloads.deploy]\noidc = {{ issuer = \"{issuer}\", {claims} }}\n"));
        let role = files.get_mut("roles/prod-admin.toml").unwrap();
        *role = role.replace("\"group:dev\"", "\"group:dev\", \"workload:deploy\"");
        *role = format!("aliases = [\"prod-deploy\"]\n{role}");
        files
    }

    /// Makes this change before each answer of the API.
    pub fn meddle(&self, meddling: impl Fn(&GitHub, &Request) + Send + Sync + 'static) {
        *self.steps.meddling.lock().unwrap() = Some(Box::new(meddling));
    }

    /// Pushes a commit to `main` as ana, and runs the asking job.
    pub fn push(&self, note: &str) -> Run {
        self.push_as("ana", "main", EXAMPLE, note)
    }

    /// Pushes a commit with a workflow, and runs the ready jobs.
    pub fn push_as(&self, who: &str, branch: &str, workflow: &str, note: &str) -> Run {
        let author = self.hub.id(who);
        let files = [(WORKFLOW, Some(workflow)), ("deploy.sh", Some("#!/bin/sh\n")), ("NOTE", Some(note))];
        let mut world = self.hub.github.world();
        world.write(self.id, branch, author, &files);
        let run = world.runs.values().rev().find(|run| run.repository == self.id).unwrap().id;
        drop(world);
        self.go_on(run)
    }

    /// Runs the ready jobs of a run.
    pub fn go_on(&self, run: u64) -> Run {
        let runner = Runner::new(&self.hub.github, self.steps.as_ref());
        while runner.run_next(Some(run)).is_some() {}
        self.hub.github.world().runs[&run].clone()
    }

    /// Makes a call to GitHub as a person.
    pub fn send(&self, who: &str, path: &str, body: &serde_json::Value) -> Response {
        let world = self.hub.shell.world(&BTreeMap::new());
        let url = format!("{}{path}", self.hub.github.origins().api);
        let token = &self.hub.tokens[who];
        let mut request = Request::new(http::Method::POST, url)
            .header("authorization", format!("Bearer {token}"))
            .header("accept", "application/vnd.github+json")
            .header("user-agent", "test");
        if !body.is_null() {
            request = request.body("application/json", serde_json::to_vec(body).unwrap());
        }
        self.hub.wait(world.system.http.send(request)).unwrap()
    }

    /// Approves the job that waits for `production`, as cy, and runs it.
    pub fn let_in(&self, run: u64) -> Run {
        let environment = self.hub.github.world().repository(self.id).environment("production").unwrap().id;
        let body = json!({"environment_ids": [environment], "state": "approved", "comment": "go"});
        let path = format!("/repos/acme/shop/actions/runs/{run}/pending_deployments");
        let answer = self.send("cy", &path, &body);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        self.go_on(run)
    }

    /// The request of a run.
    pub fn asked(&self, run: &Run) -> crate::forge::hub::Asked {
        let outputs = &run.job("ask").unwrap().outputs;
        let log = &run.job("ask").unwrap().log;
        let digest: Digest = outputs.get("digest").unwrap_or_else(|| panic!("{log}")).parse().unwrap();
        crate::forge::hub::Asked {
            digest,
            pull: outputs["pull"].parse().unwrap(),
            // Nobody has this key: the statement names none.
            recipient: jit::secret::seal::RecipientKey::generate(&[0; 32]),
            signed: self.file(&digest).signed,
        }
    }

    /// Makes every later job take this request.
    pub fn tell(&self, asked: &crate::forge::hub::Asked) {
        let taken = [
            ("JIT_REQUEST", asked.digest.request_id().to_string()),
            ("JIT_PULL", asked.pull.to_string()),
            ("JIT_DIGEST", asked.digest.to_string()),
        ];
        *self.steps.changed.lock().unwrap() = taken.map(|(name, value)| (name.to_owned(), value)).into();
    }

    /// The file of a request.
    pub fn file(&self, digest: &Digest) -> RequestFile {
        let id = digest.request_id();
        let tip = self.hub.tip(&request_file::branch_of(&id));
        let world = self.hub.github.world();
        let text = world.file(self.hub.repository, &tip, &request_file::path_of(&id)).unwrap();
        request_file::read(text.as_bytes()).unwrap()
    }

    /// Approves as bo and dee.
    pub fn approve(&self, run: &Run) {
        let asked = self.asked(run);
        self.hub.review("bo", &asked, "APPROVE");
        self.hub.review("dee", &asked, "APPROVE");
    }

    /// Checks that nothing was gained: no command ran with access, no credentials are left, and the log has no
    /// approval.
    pub fn nothing_gained(&self) {
        assert!(self.steps.commands.lock().unwrap().is_empty());
        assert_eq!(handed_over(&self.hub.github), 0);
        let tip = self.hub.tip("jit-log");
        let world = self.hub.github.world();
        let files = world.store(self.hub.repository).files(&tip);
        for path in files.into_keys() {
            let text = world.file(self.hub.repository, &tip, &path).unwrap_or_default();
            assert!(!text.contains("approved") && !text.contains("minted"), "{path}: {text}");
        }
    }
}

pub fn by_workflow() -> String {
    format!("job_workflow_ref = \"acme/shop/{WORKFLOW}@refs/heads/main\"")
}

/// The output of a run's job.
pub fn said(run: &Run, job: &str) -> String {
    run.job(job).map(Job::output).unwrap_or_default()
}

pub fn outcome(run: &Run, job: &str) -> &'static str {
    run.job(job).and_then(|job| job.conclusion).unwrap_or("none")
}

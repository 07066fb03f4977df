//! A person's laptop in front of the fake GitHub, and a hosted runner that takes one job each time a client polls a
//! run. A waiting client and its run therefore alternate in one process, in the same order each time.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use jit::authority::Authority;
use jit::authority::GitHubAuthority;
use jit::authority::github::Seat;
use jit::github::api::API;
use jit::github::api::Slug;
use jit::grant::Lease;
use jit::grant::lease::associated_data;
use jit::protocol::SealedLease;
use jit::secret::Secret;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake::Host;
use jit::system::fake_router::RouterHost;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use tempfile::TempDir;

use crate::forge::hub::Asked;
use crate::forge::hub::Hub;
use crate::forge::hub::give_git;
use crate::forge::hub::handed_over;
use crate::support::github::GitHub;
use crate::support::github::Site;
use crate::support::github::access::TokenKind;
use crate::support::github::actions::run::Run;
use crate::support::github::actions::runner::Runner;
use crate::support::github::actions::shell::Shell;
use crate::support::github::actions::shell::StepCall;
use crate::support::github::actions::shell::StepEnd;

/// Runs `./jit …` of a step in this process, in separate worlds.
struct Steps {
    github: GitHub,
    clock: FakeClock,
    http: FakeHttp,
    folder: TempDir,
    count: Mutex<u32>,
}

impl Shell for Steps {
    fn run(&self, call: &StepCall) -> StepEnd {
        let Some(words) = call.script.trim().strip_prefix("./jit ") else { return StepEnd::default() };
        let mut count = self.count.lock().unwrap();
        *count += 1;
        let root = self.folder.path().join(count.to_string());
        std::fs::create_dir_all(&root).unwrap();
        let mut world = FakeWorld::new(&root, &self.clock.advancing(), &self.http, 10_000 + *count);
        drop(count);
        let mut variables = jit::system::Environment::default();
        call.environment.iter().for_each(|(name, value)| variables.set(name, value));
        world.system.environment = variables;
        give_git(&mut world, &self.github);
        world.system.files.working = call.folder.clone();
        let words = words.split(' ').map(Into::into).collect();
        let code = jit::run(words, &world.system);
        StepEnd { code: i32::from(code), log: world.console.said() + "\n" + &world.console.printed() }
    }
}

/// A change that an attacker makes to GitHub before it answers.
pub type Meddling = dyn Fn(&GitHub, &Request) + Send + Sync;

/// GitHub's API, where jobs progress while somebody polls.
struct Working {
    inner: RouterHost,
    github: GitHub,
    steps: Steps,
    idle: Mutex<bool>,
    meddling: Mutex<Option<Box<Meddling>>>,
    asked: Mutex<Asking>,
    ran: Mutex<u32>,
    /// The account that writes the log.
    logbot: u64,
}

#[async_trait]
impl Host for Working {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let path = request.url.split('?').next().unwrap_or_default().to_owned();
        let watches = path
            .split_once("/actions/runs/")
            .is_some_and(|(_, id)| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
        let shown = request.headers.iter().find(|(name, _)| name == "authorization");
        let shown = shown.and_then(|(_, value)| value.strip_prefix("Bearer ")).unwrap_or_default().to_owned();
        let token = self.github.world().tokens.get(&shown).cloned();
        let kind = token.as_ref().map(|token| &token.kind);
        let from_job = matches!(kind, Some(TokenKind::Job(..)));
        // Not the token that writes the log, nor one of an app or by an app's key.
        let is_laptop = matches!(kind, Some(TokenKind::Classic(_) | TokenKind::FineGrained(..)))
            && token.is_some_and(|token| token.account != self.logbot);
        if watches && is_laptop && !*self.idle.lock().unwrap() {
            // A job's steps start a runtime of their own, and this thread has one already.
            std::thread::scope(|scope| {
                let run = || Runner::new(&self.github, &self.steps).run_next(None);
                let ran = scope.spawn(run).join().unwrap();
                *self.ran.lock().unwrap() += u32::from(ran.is_some());
            });
        }
        if let Some(meddling) = &*self.meddling.lock().unwrap() {
            meddling(&self.github, &request);
        }
        let answer = self.inner.answer(request).await;
        let mut asked = self.asked.lock().unwrap();
        let is_query = path.ends_with("/graphql");
        let count = match (&answer, is_query) {
            (_, true) if from_job => &mut asked.jobs_points,
            (_, true) if !is_laptop => &mut asked.writer_points,
            (_, true) => &mut asked.laptop_points,
            (_, false) if from_job => &mut asked.jobs,
            (_, false) if !is_laptop => &mut asked.writer,
            (Ok(answer), false) if answer.status == 304 => &mut asked.unchanged,
            _ => &mut asked.laptop,
        };
        *count += 1;
        answer
    }
}

/// The calls to GitHub, by caller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asking {
    /// By laptops, counted.
    pub laptop: u32,
    /// By laptops, unchanged and therefore free.
    pub unchanged: u32,
    /// By jobs with their own token.
    pub jobs: u32,
    /// By jobs with the token that writes the log.
    pub writer: u32,
    /// Queries by laptops. Each costs one point of a limit of its own.
    pub laptop_points: u32,
    /// Queries by jobs with their own token.
    pub jobs_points: u32,
    /// Queries by jobs with the token that writes the log.
    pub writer_points: u32,
}

/// A person's laptop.
pub struct Laptop<'a> {
    pub hub: &'a Hub,
    pub world: FakeWorld,
    pub authority: GitHubAuthority,
    api: Arc<Working>,
    _folder: TempDir,
}

impl<'a> Laptop<'a> {
    /// A laptop of a logged-in person.
    pub fn of(hub: &'a Hub, who: &str) -> Self {
        let steps = Steps {
            github: hub.github.clone(),
            clock: hub.clock.clone(),
            http: hub.http.clone(),
            folder: tempfile::tempdir().unwrap(),
            count: Mutex::default(),
        };
        let api = Arc::new(Working {
            inner: RouterHost(hub.github.router(Site::Api)),
            github: hub.github.clone(),
            steps,
            idle: Mutex::default(),
            meddling: Mutex::default(),
            asked: Mutex::default(),
            ran: Mutex::default(),
            logbot: hub.id("logbot"),
        });
        hub.http.route(&hub.github.origins().api, Arc::clone(&api) as Arc<dyn Host>);
        let folder = tempfile::tempdir().unwrap();
        let mut world = FakeWorld::new(folder.path(), &hub.clock.advancing(), &hub.http, 5_000);
        give_git(&mut world, &hub.github);
        let authority = Self::authority(hub, &world, who);
        Self { hub, world, authority, api, _folder: folder }
    }

    fn authority(hub: &Hub, world: &FakeWorld, who: &str) -> GitHubAuthority {
        let seat = Seat {
            api: API.to_owned(),
            slug: Slug::parse("acme/access").unwrap(),
            repository: hub.repository,
            person: who.parse().unwrap(),
            key: String::new(),
        };
        GitHubAuthority::new(&world.system, seat, Secret::new(hub.tokens[who].clone())).unwrap()
    }

    /// The same machine with a new process: only its files are remembered.
    pub fn again(&self, who: &str) -> GitHubAuthority {
        Self::authority(self.hub, &self.world, who)
    }

    /// Another machine of the same or another person.
    pub fn on(&self, world: &FakeWorld, who: &str) -> GitHubAuthority {
        Self::authority(self.hub, world, who)
    }

    /// Stops all jobs, whoever polls.
    pub fn stop_runners(&self, stopped: bool) {
        *self.api.idle.lock().unwrap() = stopped;
    }

    /// Makes this change before each answer of the API.
    pub fn meddle(&self, meddling: impl Fn(&GitHub, &Request) + Send + Sync + 'static) {
        *self.api.meddling.lock().unwrap() = Some(Box::new(meddling));
    }

    pub fn leave_alone(&self) {
        *self.api.meddling.lock().unwrap() = None;
    }

    /// The calls to GitHub since the last call of this function.
    pub fn asked(&self) -> Asking {
        std::mem::take(&mut *self.api.asked.lock().unwrap())
    }

    /// The jobs that ran for this laptop since the last call of this function.
    pub fn jobs(&self) -> u32 {
        std::mem::take(&mut *self.api.ran.lock().unwrap())
    }

    pub fn lease(
        &self,
        asked: &Asked,
        held: Option<u32>,
    ) -> Result<SealedLease, jit::authority::AuthorityError> {
        self.hub.wait(self.authority.obtain(&asked.digest.request_id(), held))
    }

    /// Opens the lease with the request's own key.
    pub fn open(&self, asked: &Asked, sealed: &SealedLease) -> Lease {
        let authority = jit::github::authority(self.hub.repository);
        let associated = associated_data(&authority, &asked.digest, &sealed.run, sealed.number);
        Lease::from_secret_json(&asked.recipient.open(&sealed.sealed, &associated).unwrap()).unwrap()
    }

    /// The runs of `jit.yml`, oldest first.
    pub fn runs(&self) -> Vec<Run> {
        self.hub.github.world().runs.values().filter(|run| run.path.ends_with("jit.yml")).cloned().collect()
    }

    /// The number of results in logs of runs.
    pub fn handed_over(&self) -> usize {
        handed_over(&self.hub.github)
    }
}

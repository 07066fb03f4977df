//! From the last review on GitHub to stored credentials: how much of that time is ours, and how many calls to GitHub
//! follow each other. It runs in one process, on the GitHub and the cloud of the tests. Their own time and the runner's
//! are subtracted, pauses pass on a test clock, and there is no network. The baseline is one bare signature
//! verification.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use jit::authority::Authority;
use jit::authority::GitHubAuthority;
use jit::authority::github::Seat;
use jit::github::api::API;
use jit::github::api::Slug;
use jit::grant::Lease;
use jit::grant::lease::associated_data;
use jit::identity;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::secret::Secret;
use jit::system::Clock;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake::Host;
use jit::system::fake_router::RouterHost;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use tempfile::TempDir;

use crate::hub::Hub;
use crate::measure::Times;
use crate::measure::ratio;
use crate::measure::show;
use crate::support::github::GitHub;
use crate::support::github::Site;
use crate::support::github::actions::runner::Runner;
use crate::support::github::actions::shell::Shell;
use crate::support::github::actions::shell::StepCall;
use crate::support::github::actions::shell::StepEnd;

const ROUNDS: usize = 40;
/// How many signatures are verified for one time.
const REPEATS: u32 = 50;

/// The working parts: the client, and the jobs.
const PARTS: [&str; 3] = ["client", "decide", "mint"];

/// The time spent, and the calls made.
#[derive(Default)]
struct Account {
    /// The part that works now, by its index in [`PARTS`].
    part: usize,
    /// The time of the fake GitHub, answering each of them.
    answering: [Duration; 3],
    /// The time of the runner, including steps.
    running: Duration,
    /// The time of `jit`'s own steps, by job.
    steps: [Duration; 3],
    /// The API's answers to the client, and to jobs.
    asked: [u32; 2],
}

type Book = Arc<Mutex<Account>>;

/// A site whose time is not ours.
struct Timed {
    inner: RouterHost,
    book: Book,
}

#[async_trait]
impl Host for Timed {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let began = Instant::now();
        let answer = self.inner.answer(request).await;
        let mut book = self.book.lock().unwrap();
        let part = book.part;
        book.answering[part] += began.elapsed();
        answer
    }
}

/// The API. Each time the client polls its run, one more job is done.
struct Api {
    inner: Timed,
    github: GitHub,
    steps: Steps,
    /// The client's token.
    token: String,
}

#[async_trait]
impl Host for Api {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let from_job = !request.headers.iter().any(|(_, value)| *value == self.token);
        let book = &self.inner.book;
        if !from_job && request.url.contains("/actions/runs/") && request.method == http::Method::GET {
            let began = Instant::now();
            std::thread::scope(|scope| {
                scope.spawn(|| Runner::new(&self.github, &self.steps).run_next(None)).join().unwrap();
            });
            book.lock().unwrap().running += began.elapsed();
        }
        book.lock().unwrap().asked[usize::from(from_job)] += 1;
        self.inner.answer(request).await
    }
}

/// The steps of the workflow in this process, timed. Steps without `jit` are skipped as successful.
struct Steps {
    clock: FakeClock,
    http: FakeHttp,
    folder: TempDir,
    count: Mutex<u32>,
    book: Book,
}

impl Shell for Steps {
    fn run(&self, call: &StepCall) -> StepEnd {
        let Some(words) = call.script.trim().strip_prefix("./jit ") else { return StepEnd::default() };
        let mut count = self.count.lock().unwrap();
        *count += 1;
        let root = self.folder.path().join(count.to_string());
        let mut world = FakeWorld::new(&root, &self.clock.advancing(), &self.http, 10_000 + *count);
        drop(count);
        call.environment.iter().for_each(|(name, value)| world.system.environment.set(name, value));
        world.system.files.working = call.folder.clone();
        let words = words.split(' ').map(Into::into).collect();
        let part = PARTS.iter().position(|part| call.job == *part).unwrap();
        self.book.lock().unwrap().part = part;
        let began = Instant::now();
        let code = jit::run(words, &world.system);
        let taken = began.elapsed();
        let mut book = self.book.lock().unwrap();
        book.steps[part] += taken;
        book.part = 0;
        drop(book);
        StepEnd { code: i32::from(code), log: world.console.said() + "\n" + &world.console.printed() }
    }
}

/// The times of one round.
struct Round {
    /// The time of each part.
    ours: [Duration; 3],
    asked: [u32; 2],
    waited: i64,
}

fn round() -> Round {
    let hub = Hub::new();
    let asked = hub.approved(1);
    hub.finish_all();
    let book = Book::default();
    let site = |site| Timed { inner: RouterHost(hub.github.router(site)), book: Arc::clone(&book) };
    let origins = hub.github.origins();
    hub.http.route(&origins.issuer, Arc::new(site(Site::Issuer)));
    hub.http.route(&origins.storage, Arc::new(site(Site::Storage)));
    let inner = site(Site::Api);
    let steps = Steps {
        clock: hub.clock.clone(),
        http: hub.http.clone(),
        folder: tempfile::tempdir().unwrap(),
        count: Mutex::default(),
        book: Arc::clone(&book),
    };
    let token = hub.tokens["ana"].clone();
    let api = Api { inner, github: hub.github.clone(), steps, token: format!("Bearer {token}") };
    hub.http.route(&origins.api, Arc::new(api));
    let folder = tempfile::tempdir().unwrap();
    let world = FakeWorld::new(folder.path(), &hub.clock.advancing(), &hub.http, 5_000);
    let seat = Seat {
        api: API.to_owned(),
        slug: Slug::parse("acme/access").unwrap(),
        repository: hub.repository,
        person: "ana".parse().unwrap(),
        key: String::new(),
    };
    let authority = GitHubAuthority::new(&world.system, seat, Secret::new(token)).unwrap();
    let id = asked.digest.request_id();
    let before = hub.clock.now();
    let began = Instant::now();
    let lease = hub.wait(async {
        let sealed = authority.obtain(&id, None).await.unwrap();
        let associated = associated_data(authority.url(), &asked.digest, &sealed.run, sealed.number);
        Lease::from_secret_json(&asked.recipient.open(&sealed.sealed, &associated).unwrap()).unwrap()
    });
    let whole = began.elapsed();
    assert_eq!(lease.number, 1);
    let waited = hub.clock.now().duration_since(before).as_secs();
    let book = book.lock().unwrap();
    let mut ours = book.steps;
    ours[0] = whole - book.running;
    for (own, answering) in ours.iter_mut().zip(&book.answering) {
        *own -= *answering;
    }
    Round { ours, asked: book.asked, waited }
}

fn one_check() -> Duration {
    let signer = TestSigner::ed25519(1);
    let message = [b'x'; 600];
    let signature = signer.sign("jit.request.v1", &message).unwrap();
    let began = Instant::now();
    for _ in 0..REPEATS {
        black_box(identity::verify("jit.request.v1", &message, &signature).unwrap());
    }
    began.elapsed() / REPEATS
}

pub fn figure() {
    let (mut rounds, mut checks) = (Vec::new(), Vec::new());
    for turn in 0..=ROUNDS {
        let done = round();
        let check = one_check();
        // The first round warms up.
        if turn > 0 {
            rounds.push(done);
            checks.push(check);
        }
    }
    let parts: Vec<String> = (0..PARTS.len())
        .map(|part| {
            let times = Times::of(rounds.iter().map(|round| round.ours[part]).collect());
            format!("{} {}", PARTS[part], show(times.median()))
        })
        .collect();
    let ours = Times::of(rounds.iter().map(|round| round.ours.iter().sum()).collect());
    let (checks, last) = (Times::of(checks), rounds.last().unwrap());
    let [client, jobs] = last.asked;
    println!(
        "forge      last review to credentials on GitHub: {ours} of our own, the sandbox cloud's included ({}); GitHub asked {client} times by the client and {jobs} by jobs, one after the other; pauses {} s | one bare signature check {} | ratio {:.0}",
        parts.join(", "),
        last.waited,
        show(checks.median()),
        ratio(ours.median(), checks.median()),
    );
}

//! The throughput of a broker that accepts, verifies, decides and chains requests and answers only once they are on
//! disk. The baseline is the same database used bare: one row per commit, one after the other.
//!
//! The broker runs as in `jit serve`, over loopback on one thread, with raised rate limits. Clients sign beforehand,
//! and send from another thread.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use jit::broker::Broker;
use jit::broker::BrokerSettings;
use jit::broker::Limits;
use jit::broker::Rate;
use jit::grant::Digest;
use jit::grant::Statement;
use jit::grant::span::whole_seconds;
use jit::grant::statement::Header;
use jit::grant::statement::LoginStatement;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::Way;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::statement::sign;
use jit::protocol::Challenge;
use jit::protocol::RoleView;
use jit::protocol::Session;
use jit::secret::seal::RecipientKey;
use jit::system::Files;
use jit::system::Http;
use jit::system::System;
use jit::system::http::Request;
use jit::system::http::Response;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::sqlite::SqliteJournalMode;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::sqlite::SqliteSynchronous;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::measure::median;
use crate::measure::timed;
use crate::place;

/// Each person asks once per round, for another role each time: ten requests may be pending at once.
pub(super) const PEOPLE: u32 = 1_000;
const ROUNDS: usize = 9;
/// How many calls are in progress at once.
const CLIENTS: usize = 64;
const UNLIMITED: Rate = Rate { burst: 1_000_000, per_minute: 60_000_000 };

pub fn figure() {
    let folder = place::folder();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = Server::start(folder.path());
    let bare = runtime.block_on(Bare::open(&folder.path().join("bare.db")));
    let crowd = Arc::new(runtime.block_on(Crowd::log_in(&server.url, usize::MAX)));
    let (mut asked, mut committed) = (Vec::new(), Vec::new());
    let mut size = 0;
    for round in 0..ROUNDS {
        let bodies = runtime.block_on(crowd.sign(&role(round)));
        size = bodies.iter().map(Vec::len).sum::<usize>() / bodies.len();
        let count = f64::from(PEOPLE);
        let taken = timed(|| runtime.block_on(crowd.send(bodies)));
        asked.push(count / taken.as_secs_f64());
        let taken = timed(|| runtime.block_on(bare.commit(PEOPLE, size)));
        committed.push(count / taken.as_secs_f64());
    }
    drop(server);
    let ratios = asked.iter().zip(&committed).map(|(asked, committed)| asked / committed).collect();
    println!(
        "requests   {:.0} durable requests a second from {CLIENTS} clients | {:.0} bare SQLite commits a second (WAL, FULL, one row of {size} bytes) | ratio {:.2}",
        median(asked),
        median(committed),
        median(ratios),
    );
}

pub(super) fn role(round: usize) -> String {
    format!("role-{round}")
}

/// The broker, on its own thread.
pub(super) struct Server {
    pub(super) url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(folder: &Path) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}");
        let policy = folder.join("access");
        write_policy(&policy);
        let mut settings = BrokerSettings::new(policy, folder.join("data"), url.clone(), address);
        settings.limits =
            Limits { login: UNLIMITED, person: UNLIMITED, address: UNLIMITED, ..Limits::default() };
        let mut system = System::real();
        system.files = Files::under(folder);
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                let broker = Broker::open(settings, &system).await.unwrap();
                ready.send(()).unwrap();
                let stop = async { drop(stopped.await) };
                jit::broker::serve(broker, listener, stop).await.unwrap();
            });
        });
        is_ready.recv().expect("the broker starts");
        Self { url, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn write_policy(folder: &Path) {
    let mut people = String::new();
    for number in 0..PEOPLE {
        let signer = TestSigner::ed25519(number);
        people.push_str(&format!("[people.p{number}]\nkeys = [\"{}\"]\n", signer.public_key()));
    }
    let all: Vec<String> = (0..PEOPLE).map(|number| format!("\"p{number}\"")).collect();
    people.push_str(&format!("[groups]\nall = [{}]\nsre = [\"p0\", \"p1\", \"p2\"]\n", all.join(", ")));
    fs::create_dir_all(folder.join("roles")).unwrap();
    fs::write(folder.join("access.toml"), "version = 1\n").unwrap();
    fs::write(folder.join("people.toml"), people).unwrap();
    for round in 0..ROUNDS {
        let name = role(round);
        let text = format!(
            "requesters = [\"group:all\"]\napproval = \"1 of group:sre\"\nduration = \"1h\"\nmax_duration = \"4h\"\n\
             [aws]\nrole_arn = \"arn:aws:iam::111122223333:role/{name}\"\nregion = \"eu-west-1\"\n"
        );
        fs::write(folder.join("roles").join(format!("{name}.toml")), text).unwrap();
    }
}

/// People, logged in.
pub(super) struct Crowd {
    http: Arc<dyn Http>,
    system: System,
    url: String,
    people: Vec<(TestSigner, String)>,
}

impl Crowd {
    /// Logs in the first so many of all people.
    pub(super) async fn log_in(url: &str, count: usize) -> Self {
        let system = System::real();
        let http = Arc::clone(&system.http);
        let mut crowd = Self { http, system, url: url.to_owned(), people: Vec::new() };
        for number in (0..PEOPLE).take(count) {
            let signer = TestSigner::ed25519(number);
            let challenge: Challenge = read(&crowd.post("login/challenge", None, b"{}".to_vec()).await);
            let header = crowd.header(number);
            let statement = Statement::Login(LoginStatement { header, challenge: challenge.challenge });
            let body = serde_json::to_vec(&sign(&statement, &signer).unwrap()).unwrap();
            let session: Session = read(&crowd.post("login", None, body).await);
            crowd.people.push((signer, session.token.unwrap().expose().clone()));
        }
        crowd
    }

    fn header(&self, number: u32) -> Header {
        Header {
            authority: self.url.clone(),
            who: format!("p{number}").parse().unwrap(),
            at: whole_seconds(self.system.clock.now()),
            nonce: self.system.entropy.token(),
        }
    }

    /// One signed request of each person for this role.
    pub(super) async fn sign(&self, role: &str) -> Vec<Vec<u8>> {
        let request = Request::new(http::Method::GET, format!("{}/v1/roles/{role}", self.url))
            .header("authorization", format!("Bearer {}", self.people[0].1));
        let role: RoleView = read(&self.http.send(request).await.unwrap());
        let mut bodies = Vec::new();
        for (number, (signer, _)) in (0..).zip(&self.people) {
            let header = self.header(number);
            let recipient = RecipientKey::generate(Digest::of(header.nonce.as_bytes()).bytes());
            let created = header.at;
            let statement = Statement::Request(Box::new(RequestStatement {
                way: Way::Request,
                interactive: true,
                agent: false,
                role: role.name.clone(),
                target: role.target.clone(),
                scope: None,
                duration: role.duration,
                start: None,
                reason: "INC-42 fail over orders-db".to_owned(),
                recipient: recipient.public().unwrap(),
                workload: None,
                job: None,
                purpose: None,
                policy: role.policy,
                created,
                not_after: role.duration.after(role.unused.after(role.pending.after(created))),
                header,
            }));
            bodies.push(serde_json::to_vec(&sign(&statement, signer).unwrap()).unwrap());
        }
        bodies
    }

    /// Sends one of them. It must be accepted as new.
    pub(super) async fn ask(&self, number: usize, body: Vec<u8>) {
        let answer = self.post("requests", Some(&self.people[number].1), body).await;
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    }

    /// Waits until the broker has read a changed policy: one look sees it, and the next one accepts it.
    pub(super) async fn settle(&self) {
        self.system.clock.sleep(Duration::from_secs(10)).await;
    }

    /// Sends all of them, so many at once. Each must be accepted as new.
    async fn send(self: &Arc<Self>, bodies: Vec<Vec<u8>>) {
        let places = Arc::new(Semaphore::new(CLIENTS));
        let mut calls = JoinSet::new();
        for (number, body) in bodies.into_iter().enumerate() {
            let place = Arc::clone(&places).acquire_owned().await.unwrap();
            let crowd = Arc::clone(self);
            calls.spawn(async move {
                crowd.ask(number, body).await;
                drop(place);
            });
        }
        while let Some(call) = calls.join_next().await {
            call.unwrap();
        }
    }

    async fn post(&self, path: &str, token: Option<&str>, body: Vec<u8>) -> Response {
        let mut request = Request::new(http::Method::POST, format!("{}/v1/{path}", self.url))
            .body("application/json", body)
            .time_limit(Duration::from_secs(60));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.http.send(request).await.unwrap()
    }
}

fn read<T: DeserializeOwned>(answer: &Response) -> T {
    let text = String::from_utf8_lossy(&answer.body);
    assert!(answer.status < 300, "{} {text}", answer.status);
    serde_json::from_slice(&answer.body).unwrap()
}

/// The same database without the broker, with the broker's settings.
struct Bare(sqlx::SqlitePool);

impl Bare {
    async fn open(path: &Path) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false);
        let pool = pool.connect_with(options).await.unwrap();
        sqlx::query("CREATE TABLE rows (number INTEGER PRIMARY KEY, body BLOB NOT NULL)")
            .execute(&pool)
            .await
            .unwrap();
        Self(pool)
    }

    async fn commit(&self, count: u32, size: usize) {
        let body = vec![b'x'; size];
        for _ in 0..count {
            let insert = sqlx::query("INSERT INTO rows (body) VALUES (?)").bind(&body);
            insert.execute(&self.0).await.unwrap();
        }
    }
}

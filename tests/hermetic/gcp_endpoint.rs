//! The things that a command gets for Google Cloud: the file for client libraries, the endpoint behind it, and the callers that the
//! endpoint refuses.
//!
//! Real sockets on 127.0.0.1, and a clock that the test moves.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use jiff::Timestamp;
use jit::deliver::endpoint::LeaseSource;
use jit::deliver::endpoint::RenewError;
use jit::deliver::serving::Served;
use jit::deliver::serving::Serving;
use jit::grant::Lease;
use jit::grant::cloud::gcp::GcpCredentials;
use jit::system::Clock;
use jit::system::Environment;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const START: &str = "2026-11-23T09:00:00Z";
const PROVIDER: &str = "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1";

fn at(minutes: i64) -> Timestamp {
    START.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

fn lease(number: u32, minutes: i64) -> Lease {
    let credentials = GcpCredentials {
        token: format!("ya29.canary{number}").as_str().into(),
        service_account: "db-admin@prod-123456.iam.gserviceaccount.com".to_owned(),
        project: "prod-123456".to_owned(),
        provider: PROVIDER.to_owned(),
        endpoint: None,
        bounded: false,
    };
    Lease { number, expires: at(minutes), credentials: credentials.into() }
}

/// A grant whose next lease ends an hour later than the one before, until it is over.
pub(super) struct Source {
    pub(super) until: Mutex<Option<Timestamp>>,
    number: Mutex<u32>,
}

#[async_trait]
impl LeaseSource for Source {
    fn until(&self) -> Option<Timestamp> {
        *self.until.lock().unwrap()
    }

    async fn renew(&self) -> Result<Lease, RenewError> {
        let mut number = self.number.lock().unwrap();
        *number += 1;
        Ok(lease(*number, 60 * i64::from(*number)))
    }
}

pub(super) struct World {
    _folder: tempfile::TempDir,
    clock: FakeClock,
    pub(super) source: Arc<Source>,
    pub(super) machine: FakeWorld,
    pub(super) serving: Serving,
}

impl World {
    pub(super) async fn open(inherited: &[(&'static str, &'static str)], hours: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at(START);
        let machine = FakeWorld::new(folder.path(), &clock, &FakeHttp::default(), 1);
        let source = Arc::new(Source { until: Mutex::new(Some(at(60 * hours))), number: Mutex::new(1) });
        let served = Served {
            role: "prod".parse().unwrap(),
            others: Vec::new(),
            lease: lease(1, 60),
            until: at(60 * hours),
            source: Arc::clone(&source) as Arc<dyn LeaseSource>,
            renews: hours > 1,
        };
        let mut environment = Environment::default();
        inherited.iter().for_each(|(name, value)| environment.set(*name, *value));
        let serving = Serving::open(&machine.system, &environment, vec![served]).await.unwrap();
        Self { _folder: folder, clock, source, machine, serving }
    }

    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.serving.environment.get(name).map(str::to_owned)
    }

    fn file(&self, name: &str) -> PathBuf {
        PathBuf::from(self.get(name).unwrap())
    }

    fn account(&self) -> Account {
        let text = std::fs::read(self.file("GOOGLE_APPLICATION_CREDENTIALS")).unwrap();
        Account(serde_json::from_slice(&text).unwrap())
    }

    pub(super) async fn advance_to(&self, minutes: i64) {
        while self.clock.now() < at(minutes) {
            self.clock.advance(Duration::from_secs(1));
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// The file, as a client library reads it.
struct Account(Value);

impl Account {
    fn text(&self, pointer: &str) -> String {
        self.0.pointer(pointer).unwrap().as_str().unwrap().to_owned()
    }

    /// The port, and the path of an address in it.
    fn address(&self, pointer: &str) -> (u16, String) {
        let url = url::Url::parse(&self.text(pointer)).unwrap();
        assert_eq!((url.scheme(), url.host_str()), ("http", Some("127.0.0.1")));
        (url.port().unwrap(), url.path().to_owned())
    }

    fn port(&self) -> u16 {
        self.address("/token_url").0
    }

    fn subject_request(&self, more: &str) -> String {
        let (port, path) = self.address("/credential_source/url");
        let secret = self.text("/credential_source/headers/Authorization");
        format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: {secret}\r\n{more}\r\n")
    }

    fn exchange_request(&self, head: &str, body: &str) -> String {
        let (port, path) = self.address("/token_url");
        let head = if head.is_empty() { format!("host: 127.0.0.1:{port}\r\n") } else { head.to_owned() };
        format!(
            "POST {path} HTTP/1.1\r\n{head}content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    async fn send(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port())).await.unwrap();
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or(("HTTP/1.1 0", ""));
        assert!(body.is_empty() || head.contains("cache-control: no-store"), "{head}");
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Gets a token as a client library does: by a subject token, and its exchange. Returns the status and the body of the exchange.
    async fn token(&self) -> (u16, Value) {
        let (status, subject) = self.send(&self.subject_request("")).await;
        assert_eq!(status, 200, "{subject}");
        let (status, body) = self.send(&self.exchange_request("", &form(&subject))).await;
        (status, serde_json::from_str(&body).unwrap())
    }
}

fn form(subject: &str) -> String {
    format!(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&audience=%2F%2Fiam.googleapis.com%2F{}&\
         scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform&\
         subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt&subject_token={subject}",
        PROVIDER.replace('/', "%2F")
    )
}

#[tokio::test]
async fn a_library_finds_its_way_and_renews_while_the_access_lasts() {
    let world =
        World::open(&[("GOOGLE_OAUTH_ACCESS_TOKEN", "ya29.mine"), ("HTTP_PROXY", "http://proxy:1")], 3).await;
    let account = world.account();
    assert_eq!(account.text("/type"), "external_account");
    assert_eq!(account.text("/audience"), format!("//iam.googleapis.com/{PROVIDER}"));
    assert_eq!(account.text("/subject_token_type"), "urn:ietf:params:oauth:token-type:jwt");
    let (status, told) = account.token().await;
    assert_eq!((status, &told["access_token"]), (200, &"ya29.canary1".into()), "{told}");
    assert_eq!((&told["expires_in"], &told["token_type"]), (&3600.into(), &"Bearer".into()));
    assert_eq!(told["issued_token_type"], "urn:ietf:params:oauth:token-type:access_token");
    let gcloud = || std::fs::read_to_string(world.file("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE")).unwrap();
    assert_eq!(gcloud(), "ya29.canary1");
    // A token in a variable would not be renewed, so there is none; nor is the caller's own.
    for name in ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"] {
        assert_eq!(world.get(name), None, "{name}");
    }
    assert_eq!(world.get("CLOUDSDK_CORE_PROJECT").as_deref(), Some("prod-123456"));
    assert_eq!(
        world.get("NO_PROXY").as_deref(),
        Some("127.0.0.1"),
        "a proxy must not see the endpoint's secrets"
    );
    world.advance_to(50).await;
    let (_, told) = account.token().await;
    assert_eq!((&told["access_token"], &told["expires_in"]), (&"ya29.canary2".into(), &(70 * 60).into()));
    assert_eq!(gcloud(), "ya29.canary2");
    // Once the access is over there is nothing more, and the reason is told.
    *world.source.until.lock().unwrap() = None;
    let (status, told) = account.token().await;
    assert_eq!((status, &told["error"]), (400, &"invalid_grant".into()));
    assert!(told["error_description"].as_str().unwrap().contains("jit request prod"), "{told}");
    assert!(!told.to_string().contains("canary"));
    world.advance_to(51).await;
    assert!(!world.file("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE").exists());
}

#[tokio::test]
async fn a_token_that_needs_no_renewal_is_also_in_variables() {
    let world = World::open(&[], 1).await;
    assert_eq!(world.get("GOOGLE_OAUTH_ACCESS_TOKEN").as_deref(), Some("ya29.canary1"));
    assert_eq!(world.get("CLOUDSDK_AUTH_ACCESS_TOKEN").as_deref(), Some("ya29.canary1"));
    assert_eq!(world.account().token().await.0, 200);
    assert_eq!(world.get("NO_PROXY"), None);
}

#[tokio::test]
async fn who_is_not_the_child_gains_nothing() {
    let world = World::open(&[], 3).await;
    let account = world.account();
    let (port, subject_path) = account.address("/credential_source/url");
    let (_, token_path) = account.address("/token_url");
    let secret = account.text("/credential_source/headers/Authorization");
    let (_, subject) = account.send(&account.subject_request("")).await;
    let bound = format!("host: 127.0.0.1:{port}\r\n");
    let get = |path: &str, head: &str| format!("GET {path} HTTP/1.1\r\n{head}\r\n");
    let known = format!("authorization: {secret}\r\n");
    let body = form(&subject);
    let post = |head: &str, body: &str| account.exchange_request(head, body);
    let post_to = |path: &str| account.exchange_request("", &body).replace(&token_path, path);
    let twice = format!("{body}&subject_token={subject}");
    let attempts = [
        (403, "no header", get(&subject_path, &bound)),
        (403, "wrong header", get(&subject_path, &format!("{bound}authorization: guess\r\n"))),
        (403, "as a bearer", get(&subject_path, &format!("{bound}authorization: Bearer {secret}\r\n"))),
        (403, "another path", get("/computeMetadata/v1/", &format!("{bound}{known}"))),
        (403, "the path of the exchange", get(&token_path, &format!("{bound}{known}"))),
        (403, "rebound name", get(&subject_path, &format!("host: evil.example:{port}\r\n{known}"))),
        (403, "localhost", get(&subject_path, &format!("host: localhost:{port}\r\n{known}"))),
        (403, "from a page", account.subject_request("origin: http://127.0.0.1\r\n")),
        (403, "with a referer", account.subject_request("referer: http://evil.example/\r\n")),
        (403, "metadata's header", get(&subject_path, &format!("{bound}metadata-flavor: Google\r\n"))),
        (403, "no subject token", post("", &form(""))),
        (403, "a guessed subject token", post("", &form("guess"))),
        (403, "a JWT", post("", &form("eyJhbGciOiJub25lIn0.e30."))),
        (403, "the header's secret", post("", &form(&secret))),
        (403, "two subject tokens", post("", &twice)),
        (403, "another grant", post("", &body.replace("token-exchange", "jwt-bearer"))),
        (403, "as JSON", post("", &format!("{{\"subject_token\":\"{subject}\"}}"))),
        (403, "no secret path", post_to("/v1/token")),
        (403, "the path of the subject token", post_to(&subject_path)),
        (403, "path with a query", post_to(&format!("{token_path}?x"))),
        (403, "exchange by a rebound name", post(&format!("host: evil.example:{port}\r\n"), &body)),
        (403, "exchange from a page", post(&format!("{bound}origin: null\r\n"), &body)),
        (403, "as a proxy", post_to(&format!("http://evil.example{token_path}"))),
        (400, "a body without an end", post("", &format!("{body}&x={}", "y".repeat(100_000)))),
        (405, "PUT", account.exchange_request("", &body).replacen("POST", "PUT", 1)),
        (405, "OPTIONS", account.subject_request("").replacen("GET", "OPTIONS", 1)),
    ];
    for (wanted, name, request) in attempts {
        let (status, told) = account.send(&request).await;
        assert!(
            !told.contains("canary") && !told.contains(&subject) && !told.contains(&secret),
            "{name}: {told}"
        );
        // A large body may be cut off while it is still sent.
        assert!(status == wanted || (wanted == 400 && status == 0), "{name}: {status} {told}");
        assert!(!told.to_lowercase().contains("access-control"), "{name}");
    }
    assert_eq!(account.token().await.0, 200, "the child is still served");
}

/// Only the owner can read the files, and they end with the command.
#[cfg(unix)]
#[tokio::test]
async fn the_files_are_private_and_end_with_the_command() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::open(&[], 3).await;
    let files =
        ["GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"].map(|name| world.file(name));
    for file in &files {
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o077, 0, "{file:?}");
        assert_eq!(std::fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o077, 0);
    }
    let text = std::fs::read_to_string(&files[0]).unwrap();
    assert!(!text.contains("canary") && !text.contains("eyJ"), "no credentials and no JWT: {text}");
    let account = world.account();
    drop(world.serving);
    assert!(files.iter().all(|file| !file.exists()));
    assert!(TcpStream::connect(("127.0.0.1", account.port())).await.is_err());
}

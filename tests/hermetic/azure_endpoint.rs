//! The things that a command gets for Azure: the endpoint in the form of App Service, and the callers that it refuses.
//!
//! Real sockets on 127.0.0.1, and a clock that the test moves.

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
use jit::grant::cloud::azure::Authority;
use jit::grant::cloud::azure::AzureCredentials;
use jit::grant::cloud::azure::AzureToken;
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
const TENANT: &str = "0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90";
const APP: &str = "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc";
const MANAGER: &str = "https://management.azure.com";
const VAULT: &str = "https://vault.azure.net";

fn at(minutes: i64) -> Timestamp {
    START.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

fn lease(number: u32, minutes: i64) -> Lease {
    let token = |audience: &str, word: &str| AzureToken {
        audience: audience.to_owned(),
        token: format!("{word}-canary{number}").as_str().into(),
        expires: at(minutes),
    };
    let credentials = AzureCredentials {
        tokens: vec![token(MANAGER, "manager"), token(VAULT, "vault")],
        tenant: TENANT.to_owned(),
        client_id: APP.to_owned(),
        authority: Authority::Public,
        overrun: false,
    };
    Lease { number, expires: at(minutes), credentials: credentials.into() }
}

/// A grant whose next lease ends 75 minutes later than the one before, until it is over.
struct Source {
    until: Mutex<Option<Timestamp>>,
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
        Ok(lease(*number, 75 * i64::from(*number)))
    }
}

struct World {
    _folder: tempfile::TempDir,
    clock: FakeClock,
    source: Arc<Source>,
    serving: Serving,
}

impl World {
    async fn open(inherited: &[(&'static str, &'static str)], minutes: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at(START);
        let world = FakeWorld::new(folder.path(), &clock, &FakeHttp::default(), 1);
        let source = Arc::new(Source { until: Mutex::new(Some(at(minutes))), number: Mutex::new(1) });
        let served = Served {
            role: "prod".parse().unwrap(),
            others: Vec::new(),
            lease: lease(1, 75),
            until: at(minutes),
            source: Arc::clone(&source) as Arc<dyn LeaseSource>,
            renews: minutes > 75,
        };
        let mut environment = Environment::default();
        inherited.iter().for_each(|(name, value)| environment.set(*name, *value));
        let serving = Serving::open(&world.system, &environment, vec![served]).await.unwrap();
        Self { _folder: folder, clock, source, serving }
    }

    fn get(&self, name: &str) -> Option<String> {
        self.serving.environment.get(name).map(str::to_owned)
    }

    fn secret(&self) -> String {
        self.get("IDENTITY_HEADER").unwrap()
    }

    /// The port, and the path.
    fn address(&self) -> (u16, String) {
        let url = url::Url::parse(&self.get("IDENTITY_ENDPOINT").unwrap()).unwrap();
        assert_eq!((url.scheme(), url.host_str(), url.query()), ("http", Some("127.0.0.1"), None));
        (url.port().unwrap(), url.path().to_owned())
    }

    /// The request of a client library for a resource, with the role's secret and further headers.
    fn request(&self, query: &str, more: &str) -> String {
        let (port, path) = self.address();
        let secret = self.secret();
        format!(
            "GET {path}?{query} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nx-identity-header: {secret}\r\nmetadata: true\r\n{more}\r\n"
        )
    }

    async fn send(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.address().0)).await.unwrap();
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or(("HTTP/1.1 0", ""));
        assert!(body.is_empty() || head.contains("cache-control: no-store"), "{head}");
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    async fn token(&self, resource: &str) -> (u16, Value) {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("api-version", "2019-08-01")
            .append_pair("resource", resource)
            .finish();
        let (status, body) = self.send(&self.request(&query, "")).await;
        (status, serde_json::from_str(&body).unwrap())
    }

    async fn advance_to(&self, minutes: i64) {
        while self.clock.now() < at(minutes) {
            self.clock.advance(Duration::from_secs(1));
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
        }
    }
}

#[tokio::test]
async fn a_library_finds_its_way_and_renews_while_the_access_lasts() {
    let leftover = [
        ("AZURE_CLIENT_SECRET", "mine"),
        ("AZURE_CLIENT_ID", "mine"),
        ("AZURE_TENANT_ID", "mine"),
        ("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential"),
        ("IDENTITY_SERVER_THUMBPRINT", "mine"),
        ("MSI_ENDPOINT", "http://127.0.0.1:1"),
        ("AZURE_SUBSCRIPTION_ID", "kept"),
        ("HTTP_PROXY", "http://proxy:1"),
    ];
    let world = World::open(&leftover, 300).await;
    let (status, told) = world.token(MANAGER).await;
    assert_eq!((status, &told["access_token"]), (200, &"manager-canary1".into()), "{told}");
    assert_eq!((&told["token_type"], &told["resource"]), (&"Bearer".into(), &MANAGER.into()));
    assert_eq!(told["expires_on"], at(75).as_second().to_string(), "seconds since 1970, as a text");
    assert_eq!(told["client_id"], APP);
    // Azure's libraries write a slash or leave it out.
    assert_eq!(world.token(&format!("{VAULT}/")).await.1["access_token"], "vault-canary1");
    assert_eq!(world.get("AZURE_TOKEN_CREDENTIALS").as_deref(), Some("ManagedIdentityCredential"));
    // A token in a variable would not be renewed, so there is none; scripts find it in a file.
    assert_eq!(world.get("AZURE_ACCESS_TOKEN"), None);
    let file = || std::fs::read_to_string(world.get("AZURE_ACCESS_TOKEN_FILE").unwrap()).unwrap();
    assert_eq!(file(), "manager-canary1");
    for gone in &leftover[..3] {
        assert_eq!(world.get(gone.0), None, "{}", gone.0);
    }
    assert_eq!((world.get("MSI_ENDPOINT"), world.get("IDENTITY_SERVER_THUMBPRINT")), (None, None));
    assert_eq!(world.get("AZURE_SUBSCRIPTION_ID").as_deref(), Some("kept"));
    assert_eq!(world.get("NO_PROXY").as_deref(), Some("127.0.0.1"), "a proxy must not see the secret");
    // azure-identity asks again five minutes before the end: the next token is there long before.
    world.advance_to(65).await;
    let (_, told) = world.token(MANAGER).await;
    assert_eq!(told["access_token"], "manager-canary2");
    assert_eq!(told["expires_on"], at(150).as_second().to_string());
    assert_eq!(file(), "manager-canary2");
    // Once the access is over there is nothing more, and the reason is told.
    *world.source.until.lock().unwrap() = None;
    let (status, told) = world.token(MANAGER).await;
    assert_eq!((status, &told["statusCode"]), (400, &400.into()));
    assert!(told["message"].as_str().unwrap().contains("jit request prod"), "{told}");
    assert!(!told.to_string().contains("canary"));
    world.advance_to(66).await;
    assert!(!std::path::Path::new(&world.get("AZURE_ACCESS_TOKEN_FILE").unwrap()).exists());
}

/// A caller that shows output to others takes these out of it.
#[tokio::test]
async fn what_to_show_there_is_told() {
    let world = World::open(&[], 60).await;
    let secrets: Vec<String> =
        world.serving.secrets().into_iter().map(|secret| secret.expose().clone()).collect();
    assert_eq!(secrets, [world.secret()]);
}

/// The end of the access is the end of what is served, although the token itself lives on.
#[tokio::test]
async fn what_is_served_ends_with_the_access() {
    let world = World::open(&[], 40).await;
    let (_, told) = world.token(MANAGER).await;
    assert_eq!(told["expires_on"], at(40).as_second().to_string());
    assert_eq!(world.get("AZURE_ACCESS_TOKEN").as_deref(), Some("manager-canary1"));
    world.advance_to(40).await;
    assert_eq!(world.token(MANAGER).await.0, 400);
}

#[tokio::test]
async fn who_is_not_the_child_gains_nothing() {
    let world = World::open(&[], 300).await;
    let (port, path) = world.address();
    let secret = world.secret();
    let bound = format!("host: 127.0.0.1:{port}\r\n");
    let known = format!("x-identity-header: {secret}\r\n");
    let good = "api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com";
    let get = |target: &str, head: &str| format!("GET {target} HTTP/1.1\r\n{head}\r\n");
    let at = |query: &str, head: &str| get(&format!("{path}?{query}"), head);
    let with = |query: &str| world.request(query, "");
    let resource = |name: &str| with(&format!("api-version=2019-08-01&resource={name}"));
    let attempts = [
        (403, "no header", at(good, &bound)),
        (403, "wrong header", at(good, &format!("{bound}x-identity-header: guess\r\n"))),
        (403, "two headers", at(good, &format!("{bound}{known}{known}"))),
        (403, "as authorization", at(good, &format!("{bound}authorization: {secret}\r\n"))),
        (403, "as a bearer", at(good, &format!("{bound}x-identity-header: Bearer {secret}\r\n"))),
        (403, "in the query", at(&format!("{good}&x-identity-header={secret}"), &bound)),
        (403, "the older secret", at(good, &format!("{bound}secret: {secret}\r\n"))),
        (403, "another path", get(&format!("/msi/token?{good}"), &format!("{bound}{known}"))),
        (
            403,
            "IMDS",
            get(&format!("/metadata/identity/oauth2/token?{good}"), &format!("{bound}metadata: true\r\n")),
        ),
        (403, "a longer path", get(&format!("{path}/?{good}"), &format!("{bound}{known}"))),
        (403, "rebound name", at(good, &format!("host: evil.example:{port}\r\n{known}"))),
        (403, "localhost", at(good, &format!("host: localhost:{port}\r\n{known}"))),
        (403, "two hosts", at(good, &format!("{bound}{bound}{known}"))),
        (403, "from a page", world.request(good, "origin: http://127.0.0.1\r\n")),
        (403, "with a referer", world.request(good, "referer: http://evil.example/\r\n")),
        (403, "as a proxy", get(&format!("http://evil.example{path}?{good}"), &format!("{bound}{known}"))),
        (400, "another resource", resource("https%3A%2F%2Fgraph.microsoft.com")),
        (400, "a resource below", resource("https%3A%2F%2Fmanagement.azure.com%2Fsubscriptions")),
        (400, "a resource that begins alike", resource("https%3A%2F%2Fmanagement.azure.com.evil.example")),
        (400, "both resources", resource("https%3A%2F%2Fmanagement.azure.com,https%3A%2F%2Fvault.azure.net")),
        (400, "a scope", resource("https%3A%2F%2Fmanagement.azure.com%2F.default")),
        (400, "the exchange", resource("api%3A%2F%2FAzureADTokenExchange")),
        (400, "no resource", resource("")),
        (400, "two resources", with(&format!("{good}&resource=https%3A%2F%2Fvault.azure.net"))),
        (400, "another version", with(&good.replace("2019-08-01", "2018-02-01"))),
        (400, "no query", with("")),
        (400, "another identity", with(&format!("{good}&client_id=11111111-2222-4333-8444-555555555555"))),
        (400, "an identity by its resource", with(&format!("{good}&mi_res_id=%2Fsubscriptions%2F1"))),
        (400, "a body", world.request(good, "content-length: 5\r\n") + "abcde"),
        (405, "POST", world.request(good, "").replacen("GET", "POST", 1)),
        (405, "OPTIONS", world.request(good, "").replacen("GET", "OPTIONS", 1)),
        (405, "HEAD", world.request(good, "").replacen("GET", "HEAD", 1)),
    ];
    for (wanted, name, request) in attempts {
        let (status, told) = world.send(&request).await;
        assert!(!told.contains("canary") && !told.contains(&secret), "{name}: {told}");
        assert_eq!(status, wanted, "{name}: {told}");
        assert!(!told.to_lowercase().contains("access-control"), "{name}");
        assert!(!told.contains("evil"), "what a program asks for is not echoed: {name}: {told}");
    }
    // The role's own application may be named.
    let named = world.send(&with(&format!("{good}&client_id={APP}"))).await;
    assert_eq!(named.0, 200, "the child is still served: {}", named.1);
}

/// Only the owner can read the file, and everything ends with the command.
#[cfg(unix)]
#[tokio::test]
async fn the_file_is_private_and_everything_ends_with_the_command() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::open(&[], 300).await;
    let file = std::path::PathBuf::from(world.get("AZURE_ACCESS_TOKEN_FILE").unwrap());
    for path in [&file, file.parent().unwrap()] {
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o077, 0, "{path:?}");
    }
    let port = world.address().0;
    drop(world.serving);
    assert!(!file.exists());
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
}

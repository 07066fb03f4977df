//! The loopback endpoint: which callers it refuses, what it serves when, and how it behaves when the broker is gone.
//!
//! Real sockets on 127.0.0.1, and a clock that the test moves.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use jiff::Timestamp;
use jit::deliver::aws::fetch;
use jit::deliver::aws::profiles;
use jit::deliver::aws::profiles::RoleProfiles;
use jit::deliver::aws::variables;
use jit::deliver::aws::variables::First;
use jit::deliver::endpoint::CONNECTION_LIMIT;
use jit::deliver::endpoint::Endpoint;
use jit::deliver::endpoint::LeaseSource;
use jit::deliver::endpoint::Offer;
use jit::deliver::endpoint::RenewError;
use jit::grant::Lease;
use jit::grant::cloud::aws::AwsCredentials;
use jit::system::Clock;
use jit::system::Environment;
use jit::system::fake::CountedEntropy;
use jit::system::fake::FakeClock;
use jit::system::private_folder::PrivateFolder;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

const START: &str = "2026-11-23T09:00:00Z";

fn at(minutes: i64) -> Timestamp {
    START.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

fn lease(number: u32, expires: Timestamp) -> Lease {
    Lease {
        number,
        expires,
        credentials: AwsCredentials {
            access_key_id: format!("ASIA{number}"),
            secret_access_key: "hush".into(),
            session_token: "quiet".into(),
            account: "111122223333".to_owned(),
            session_arn: None,
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
        }
        .into(),
    }
}

/// A grant with scripted renewals. Once the script is empty, it never answers.
struct Script {
    until: Mutex<Option<Timestamp>>,
    renewals: Mutex<VecDeque<Result<Lease, RenewError>>>,
    asked: watch::Sender<Vec<Timestamp>>,
    clock: FakeClock,
}

#[async_trait]
impl LeaseSource for Script {
    fn until(&self) -> Option<Timestamp> {
        *self.until.lock().unwrap()
    }

    async fn renew(&self) -> Result<Lease, RenewError> {
        self.asked.send_modify(|asked| asked.push(self.clock.now()));
        let next = self.renewals.lock().unwrap().pop_front();
        match next {
            Some(renewal) => renewal,
            None => std::future::pending().await,
        }
    }
}

struct World {
    clock: FakeClock,
    script: Arc<Script>,
    endpoint: Endpoint,
}

impl World {
    /// An endpoint for one role. The first lease and the grant end so many minutes after the start.
    async fn open(lease_minutes: i64, grant_minutes: i64, renewals: Vec<Result<Lease, RenewError>>) -> Self {
        let clock = FakeClock::at(START);
        let script = Arc::new(Script {
            until: Mutex::new(Some(at(grant_minutes))),
            renewals: Mutex::new(renewals.into()),
            asked: watch::channel(Vec::new()).0,
            clock: clock.clone(),
        });
        let offer = Offer {
            role: "prod".parse().unwrap(),
            lease: lease(1, at(lease_minutes)),
            source: Arc::clone(&script) as Arc<dyn LeaseSource>,
        };
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let endpoint = Endpoint::open(vec![offer], &shared, &CountedEntropy::seeded(1)).await.unwrap();
        Self { clock, script, endpoint }
    }

    fn path(&self) -> String {
        let url = self.endpoint.url(0).unwrap();
        url.expose()
            .split_once('/')
            .unwrap()
            .1
            .split_once('/')
            .unwrap()
            .1
            .split_once('/')
            .unwrap()
            .1
            .to_owned()
    }

    fn request(&self) -> String {
        self.request_with("GET", &format!("/{}", self.path()), "")
    }

    fn request_with(&self, method: &str, path: &str, more: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nauthorization: {}\r\n{more}\r\n",
            self.endpoint.port(),
            self.endpoint.token().expose()
        )
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.endpoint.port())).await.unwrap()
    }

    async fn send(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        answer
    }

    /// The answer to the correct request: its status and body.
    async fn ask(&self) -> (u16, serde_json::Value) {
        parse(&self.send(&self.request()).await)
    }

    /// Advances the time in steps of a second, so that every task sees each.
    async fn advance_to(&self, minutes: i64) {
        while self.clock.now() < at(minutes) {
            self.clock.advance(Duration::from_secs(1));
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
        }
    }

    fn asked_at(&self) -> Vec<i64> {
        let asked = self.script.asked.borrow();
        asked.iter().map(|asked| asked.duration_since(at(0)).as_secs()).collect()
    }
}

fn parse(answer: &str) -> (u16, serde_json::Value) {
    assert!(answer.contains("\r\n\r\n"), "no answer: {answer:?}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(serde_json::Value::Null))
}

#[tokio::test]
async fn serves_the_document_that_the_sdks_read() {
    let world = World::open(60, 60, vec![]).await;
    let answer = world.send(&world.request()).await;
    let head = answer.to_lowercase();
    assert!(head.contains("content-type: application/json") && head.contains("cache-control: no-store"));
    let (status, document) = parse(&answer);
    assert_eq!(status, 200);
    assert_eq!(
        document,
        serde_json::json!({
            "AccessKeyId": "ASIA1",
            "SecretAccessKey": "hush",
            "Token": "quiet",
            "Expiration": "2026-11-23T10:00:00Z",
            "AccountId": "111122223333",
        })
    );
}

#[tokio::test]
async fn whoever_is_not_the_child_gains_nothing() {
    let world = World::open(60, 60, vec![]).await;
    let path = format!("/{}", world.path());
    let port = world.endpoint.port();
    let token = world.endpoint.token().expose().clone();
    let plain = |host: &str, authorization: &str| {
        format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{authorization}\r\n")
    };
    let bound = format!("127.0.0.1:{port}");
    let known = format!("authorization: {token}\r\n");
    let attempts = [
        (403, "no token", plain(&bound, "")),
        (403, "wrong token", plain(&bound, "authorization: guess\r\n")),
        (403, "part of the token", plain(&bound, &format!("authorization: {}\r\n", &token[..42]))),
        (403, "two tokens", plain(&bound, &format!("{known}{known}"))),
        (403, "path guess", world.request_with("GET", "/", "")),
        (403, "other path", world.request_with("GET", "/latest/meta-data", "")),
        (403, "path with a query", world.request_with("GET", &format!("{path}?a"), "")),
        (403, "rebound name", plain(&format!("evil.example:{port}"), &known)),
        (403, "localhost", plain(&format!("localhost:{port}"), &known)),
        (403, "another port", plain(&format!("127.0.0.1:{}", port ^ 1), &known)),
        (403, "another address without a port", plain("127.0.0.2", &known)),
        (403, "two hosts", world.request_with("GET", &path, &format!("host: {bound}\r\n"))),
        (403, "origin", world.request_with("GET", &path, "origin: http://127.0.0.1\r\n")),
        (403, "referer", world.request_with("GET", &path, "referer: http://evil.example/\r\n")),
        (403, "as a proxy", world.request_with("GET", &format!("http://evil.example{path}"), "")),
        (405, "POST", world.request_with("POST", &path, "content-length: 0\r\n")),
        (405, "PUT", world.request_with("PUT", &path, "")),
        (405, "OPTIONS", world.request_with("OPTIONS", &path, "")),
        (405, "HEAD", world.request_with("HEAD", &path, "")),
        (400, "a body", format!("{}x", world.request_with("GET", &path, "content-length: 1\r\n"))),
        (400, "a chunked body", world.request_with("GET", &path, "transfer-encoding: chunked\r\n")),
        (400, "no http", "hello\r\n\r\n".to_owned()),
        (431, "too many headers", world.request_with("GET", &path, &"x: y\r\n".repeat(100))),
        (431, "a long header", world.request_with("GET", &path, &format!("x: {}\r\n", "y".repeat(9000)))),
    ];
    for (wanted, name, request) in attempts {
        let answer = world.send(&request).await;
        assert!(!answer.contains("hush") && !answer.contains("quiet") && !answer.contains("ASIA"), "{name}");
        if wanted == 431 && answer.is_empty() {
            continue; // Cut off while it was still sending.
        }
        let (status, body) = parse(&answer);
        assert_eq!(status, wanted, "{name}: {answer}");
        if name != "HEAD" && !["no http", "too many headers", "a long header"].contains(&name) {
            assert_eq!(body["code"], body["Code"], "{name}");
            assert_eq!(body["message"], body["Message"], "{name}");
            assert!(body["message"].is_string(), "{name}");
        }
        for header in ["access-control-allow", "location:", "set-cookie"] {
            assert!(!answer.to_lowercase().contains(header), "{name}");
        }
    }
    // Clients of AWS's Common Runtime leave the port out.
    assert_eq!(parse(&world.send(&plain("127.0.0.1", &known)).await).0, 200);
    assert_eq!(world.ask().await.0, 200);
}

#[tokio::test]
async fn one_request_a_connection() {
    let world = World::open(60, 60, vec![]).await;
    let answer = world.send(&world.request().repeat(2)).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
}

#[tokio::test]
async fn a_peer_that_never_sends_or_never_reads_is_cut() {
    let world = World::open(60, 60, vec![]).await;
    let mut silent = world.connect().await;
    let mut halting = world.connect().await;
    halting.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    let mut deaf = world.connect().await;
    deaf.write_all(world.request().as_bytes()).await.unwrap();
    // All three are being served when another gets its answer.
    assert_eq!(world.ask().await.0, 200);
    world.clock.advance(CONNECTION_LIMIT);
    let mut rest = Vec::new();
    assert_eq!(silent.read_to_end(&mut rest).await.unwrap_or(0), 0);
    assert_eq!(halting.read_to_end(&mut rest).await.unwrap_or(0), 0);
    let _ = deaf.read_to_end(&mut rest).await;
    assert_eq!(world.ask().await.0, 200);
}

/// The thousand readers are in this process too. The endpoint alone would need only the usual limit.
fn make_room_for_sockets() {
    #[cfg(unix)]
    {
        use rustix::process::Resource;
        let limit = rustix::process::getrlimit(Resource::Nofile);
        let wanted = rustix::process::Rlimit { current: limit.maximum.or(Some(4096)), ..limit };
        rustix::process::setrlimit(Resource::Nofile, wanted).unwrap();
    }
}

#[tokio::test]
async fn a_thousand_readers_at_once_all_have_their_answer() {
    make_room_for_sockets();
    let world = Arc::new(World::open(60, 60, vec![]).await);
    let mut idle = Vec::new();
    for _ in 0..50 {
        idle.push(world.connect().await);
    }
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let world = Arc::clone(&world);
        readers.spawn(async move { world.ask().await.0 });
    }
    let statuses = readers.join_all().await;
    assert_eq!(statuses.len(), 1000);
    assert!(statuses.iter().all(|status| *status == 200));
}

#[tokio::test]
async fn more_silent_peers_than_places_delay_the_child_but_do_not_shut_it_out() {
    let world = World::open(60, 60, vec![]).await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(world.connect().await);
    }
    let mut child = world.connect().await;
    child.write_all(world.request().as_bytes()).await.unwrap();
    let mut answer = String::new();
    let reading = child.read_to_string(&mut answer);
    tokio::pin!(reading);
    loop {
        tokio::select! {
            _ = &mut reading => break,
            () = tokio::task::yield_now() => world.clock.advance(Duration::from_millis(10)),
        }
    }
    assert_eq!(parse(&answer).0, 200);
}

#[tokio::test]
async fn renews_ahead_of_time_and_answers_from_memory_meanwhile() {
    let world = World::open(60, 600, vec![Ok(lease(2, at(105))), Ok(lease(3, at(165)))]).await;
    world.advance_to(44).await;
    assert!(world.asked_at().is_empty());
    world.advance_to(46).await;
    assert_eq!(world.asked_at(), [45 * 60]);
    let (status, document) = world.ask().await;
    assert_eq!((status, document["AccessKeyId"].as_str()), (200, Some("ASIA2")));
    assert_eq!(document["Expiration"], "2026-11-23T10:45:00Z");
    world.advance_to(95).await;
    assert_eq!(world.asked_at(), [45 * 60, 90 * 60]);
    assert_eq!(world.ask().await.1["AccessKeyId"], "ASIA3");
}

#[tokio::test]
async fn a_renewal_that_hangs_is_given_up_and_delays_nobody() {
    let world = World::open(60, 600, vec![]).await;
    world.advance_to(45).await;
    world.advance_to(46).await;
    assert_eq!(world.asked_at().len(), 1);
    assert_eq!(world.ask().await.1["AccessKeyId"], "ASIA1");
    world.script.renewals.lock().unwrap().push_back(Ok(lease(2, at(110))));
    world.advance_to(48).await;
    assert_eq!(world.asked_at().len(), 2);
    assert_eq!(world.ask().await.1["AccessKeyId"], "ASIA2");
}

#[tokio::test]
async fn with_the_broker_gone_the_old_document_is_served_to_its_end_and_then_a_clear_error() {
    let gone = || {
        Err(RenewError::Passing("cannot connect to broker.example: connection\u{202e} refused".to_owned()))
    };
    let world = World::open(60, 600, (0..200).map(|_| gone()).collect()).await;
    world.advance_to(59).await;
    let asked = world.asked_at();
    // 45:00, then after 5, 10, 20, 40, 60, 60 … seconds.
    assert_eq!(asked[..5], [2700, 2705, 2715, 2735, 2775]);
    assert!(asked.len() < 25, "{asked:?}");
    let (status, document) = world.ask().await;
    assert_eq!((status, document["AccessKeyId"].as_str()), (200, Some("ASIA1")));
    assert_eq!(document["Expiration"], "2026-11-23T10:00:00Z");
    world.advance_to(60).await;
    let (status, error) = world.ask().await;
    assert_eq!(status, 503);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("prod have expired: cannot connect to broker.example"), "{message}");
    assert!(!message.contains('\u{202e}'));
    // It comes back: the next caller finds it, without waiting for the longest pause to pass.
    world.script.renewals.lock().unwrap().clear();
    world.script.renewals.lock().unwrap().push_back(Ok(lease(2, at(120))));
    world.clock.advance(Duration::from_secs(6));
    assert_eq!(world.ask().await.1["AccessKeyId"], "ASIA2");
}

#[tokio::test]
async fn after_a_laptop_slept_through_the_expiry_the_first_question_waits_for_the_renewal() {
    let world = World::open(60, 600, vec![Ok(lease(2, at(300)))]).await;
    tokio::task::yield_now().await;
    world.clock.set(at(240));
    assert_eq!(world.ask().await.1["AccessKeyId"], "ASIA2");
}

#[tokio::test]
async fn nothing_is_served_after_the_grants_end_though_the_credentials_last_longer() {
    let world = World::open(60, 30, vec![]).await;
    assert_eq!(world.ask().await.1["Expiration"], "2026-11-23T09:30:00Z");
    world.advance_to(30).await;
    let (status, error) = world.ask().await;
    assert_eq!((status, error["code"].as_str()), (403, Some("AccessEnded")));
    assert!(error["Message"].as_str().unwrap().contains("jit request prod"));
    assert!(world.asked_at().is_empty(), "credentials as long as the grant need no renewal");
}

#[tokio::test]
async fn an_end_or_a_revocation_stops_at_once() {
    let world = World::open(60, 600, vec![]).await;
    assert_eq!(world.ask().await.0, 200);
    *world.script.until.lock().unwrap() = None;
    assert_eq!(world.ask().await.0, 403);

    let world = World::open(60, 600, vec![Err(RenewError::Ended("revoked by eve".to_owned()))]).await;
    world.advance_to(46).await;
    let (status, error) = world.ask().await;
    assert_eq!((status, error["message"].as_str()), (403, Some("revoked by eve")));
    world.advance_to(60).await;
    assert_eq!(world.asked_at().len(), 1, "it is not asked again");
}

#[tokio::test]
async fn an_extension_carries_on_unbroken() {
    let world = World::open(30, 30, vec![Ok(lease(2, at(60)))]).await;
    world.advance_to(24).await;
    assert!(world.asked_at().is_empty());
    *world.script.until.lock().unwrap() = Some(at(90));
    world.advance_to(25).await;
    assert_eq!(world.ask().await.1["AccessKeyId"], "ASIA2");
}

#[tokio::test]
async fn a_renewal_that_brings_nothing_longer_is_not_repeated_without_end() {
    let same = (0..1000).map(|_| Ok(lease(1, at(2)))).collect();
    let world = World::open(2, 600, same).await;
    world.advance_to(2).await;
    let asked = world.asked_at();
    assert_eq!(asked.first(), Some(&60), "half of a short life is used");
    assert!(asked.len() < 8, "{asked:?}");
}

#[tokio::test]
async fn it_dies_with_its_value() {
    let world = World::open(60, 60, vec![]).await;
    let mut open = world.connect().await;
    assert_eq!(world.ask().await.0, 200);
    let port = world.endpoint.port();
    drop(world);
    let mut rest = Vec::new();
    assert_eq!(open.read_to_end(&mut rest).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
}

fn files_of(world: &World, root: &Path, names: &[&str]) -> (PrivateFolder, profiles::PrivateFiles) {
    let folder = PrivateFolder::make_in(root).unwrap();
    let roles = [RoleProfiles {
        names: names.iter().map(|name| name.parse().unwrap()).collect(),
        region: "eu-west-1".to_owned(),
    }];
    let environment = Environment::of([("AWS_CONFIG_FILE", "~/mine")]);
    let files =
        profiles::write(&folder, Path::new("/opt/jit"), &environment, root, &roles, &world.endpoint).unwrap();
    (folder, files)
}

#[tokio::test]
async fn a_profile_takes_its_credentials_from_the_endpoint() {
    let world = World::open(60, 60, vec![]).await;
    let root = tempfile::tempdir().unwrap();
    let (folder, _files) = files_of(&world, root.path(), &["prod"]);
    let card = folder.path().join("card-0");
    let real_time: Arc<dyn Clock> = Arc::new(world.clock.clone());
    let document = fetch::fetch(&card, real_time.as_ref()).await.unwrap();
    let document: serde_json::Value = serde_json::from_str(document.expose()).unwrap();
    assert_eq!(document["Version"], 1);
    assert_eq!(document["SessionToken"], "quiet");
    assert_eq!(document["Expiration"], "2026-11-23T10:00:00Z");
    *world.script.until.lock().unwrap() = None;
    let told = fetch::fetch(&card, real_time.as_ref()).await.unwrap_err();
    assert!(told.to_string().contains("the access to prod has ended"), "{told}");
    drop(world);
    let silent = fetch::fetch(&card, real_time.as_ref()).await.unwrap_err();
    assert!(silent.hint().is_some() && silent.to_string().contains("does not answer"), "{silent}");
    drop(folder);
    assert!(fetch::fetch(&card, real_time.as_ref()).await.unwrap_err().to_string().contains("is over"));
    std::fs::write(root.path().join("mine"), "secret").unwrap();
    let no_card = fetch::fetch(&root.path().join("mine"), real_time.as_ref()).await.unwrap_err();
    assert!(!no_card.to_string().contains("secret"));
}

#[tokio::test]
async fn the_private_files_have_the_users_settings_and_none_of_the_users_credentials() {
    let world = World::open(60, 60, vec![]).await;
    let root = tempfile::tempdir().unwrap();
    let mine = "[default]\noutput = table\naws_access_key_id = AKIAMINE\n[profile orders]\nregion = us-east-1\nrole_arn = arn:aws:iam::1:role/x\nservices = dev\n[profile other]\nregion = x\n[services dev]\ns3 =\n  endpoint_url = http://127.0.0.1:9\n";
    std::fs::write(root.path().join("mine"), mine).unwrap();
    std::fs::create_dir(root.path().join(".aws")).unwrap();
    std::fs::write(root.path().join(".aws/credentials"), "[default]\naws_secret_access_key = MINE\n")
        .unwrap();
    let (folder, files) = files_of(&world, root.path(), &["prod", "orders"]);
    let text = std::fs::read_to_string(&files.config).unwrap();
    let folder = folder.path().display().to_string();
    let process = format!("credential_process = /opt/jit internal-credential {folder}/card-0\n");
    assert_eq!(
        text,
        format!(
            "[default]\nregion = eu-west-1\noutput = table\n\n\
             [profile prod]\nregion = eu-west-1\noutput = table\n{process}\n\
             [profile orders]\nregion = us-east-1\nservices = dev\n{process}\n\
             [services dev]\ns3 =\n  endpoint_url = http://127.0.0.1:9\n\n"
        )
    );
    assert_eq!(std::fs::read(&files.credentials).unwrap(), b"");
    assert!(files.notices.is_empty());
    assert_eq!(std::fs::read_to_string(root.path().join("mine")).unwrap(), mine);
}

#[tokio::test]
async fn a_damaged_file_of_the_user_is_said_and_left_alone() {
    let world = World::open(60, 60, vec![]).await;
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("mine"), b"[default]\nregion = \xff\n").unwrap();
    let (_folder, files) = files_of(&world, root.path(), &["prod"]);
    assert_eq!(files.notices.len(), 1);
    assert!(files.notices[0].contains("mine do not apply"), "{:?}", files.notices);
    assert!(std::fs::read_to_string(&files.config).unwrap().contains("[profile prod]"));
}

#[tokio::test]
async fn the_child_finds_the_endpoint_and_nothing_that_beats_it() {
    let world = World::open(60, 90, vec![]).await;
    let root = tempfile::tempdir().unwrap();
    let (_folder, files) = files_of(&world, root.path(), &["prod"]);
    let inherited = Environment::of([
        ("PATH", "/bin"),
        ("AWS_PROFILE", "mine"),
        ("AWS_ACCESS_KEY_ID", "AKIAMINE"),
        ("AWS_SESSION_TOKEN", "mine"),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/mine"),
    ]);
    let lease = lease(1, at(60));
    let first = First { credentials: lease.credentials.as_aws().unwrap(), until: at(90), one_region: true };
    let mut child = inherited.clone();
    variables::serve(&mut child, first, &world.endpoint, &files);
    for gone in [
        "AWS_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    ] {
        assert_eq!(child.get(gone), None, "{gone}");
    }
    let url = world.endpoint.url(0).unwrap();
    assert_eq!(child.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"), Some(url.expose().as_str()));
    assert_eq!(
        child.get("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
        Some(world.endpoint.token().expose().as_str())
    );
    let token =
        std::fs::read_to_string(child.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").unwrap()).unwrap();
    assert_eq!(token, *world.endpoint.token().expose());
    assert_eq!(child.get("AWS_REGION"), Some("eu-west-1"));
    assert_eq!(child.get("AWS_CREDENTIAL_EXPIRATION"), Some("2026-11-23T10:30:00Z"));
    let first = First { one_region: false, ..first };
    let mut child = inherited.clone();
    variables::serve(&mut child, first, &world.endpoint, &files);
    assert_eq!((child.get("AWS_REGION"), child.get("AWS_DEFAULT_REGION")), (None, None));
}

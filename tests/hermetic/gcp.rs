//! Google Cloud as a place: the calls that buy an access token, and services that misbehave.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::SignedDuration;
use jit::grant::Credentials;
use jit::grant::ScopeDocument;
use jit::grant::cloud::gcp::GcpCredentials;
use jit::issuer::Issuer;
use jit::provider::MintOrder;
use jit::provider::MintedCredentials;
use jit::provider::Provider;
use jit::provider::ProviderError;
use jit::provider::clouds;
use jit::provider::clouds::Clouds;
use jit::provider::clouds::identify;
use jit::secret::Secret;
use jit::system::Clock;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::Value;
use serde_json::json;

const STS: &str = "https://sts.googleapis.com";
const IAM: &str = "https://iamcredentials.googleapis.com";
const INFO: &str = "https://oauth2.googleapis.com";
const NOON: &str = "2026-11-23T12:00:00Z";
const DATE: &str = "Mon, 23 Nov 2026 12:00:00 GMT";
const FEDERATED: &str = "ya29.d.federated-canary";
const ACCESS: &str = "ya29.c.access-canary";
const ACCOUNT: &str = "db-admin@prod-123456.iam.gserviceaccount.com";
const PROVIDER: &str = "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1";

static ISSUER: LazyLock<Arc<Issuer>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    Arc::new(Issuer::open(folder.path(), NOON.parse().unwrap()).unwrap())
});

type Answer = Result<Response, HttpError>;

/// A service with scripted answers. The last one repeats.
struct Scripted(Mutex<VecDeque<Answer>>);

#[async_trait]
impl Host for Scripted {
    async fn answer(&self, _request: Request) -> Answer {
        let mut answers = self.0.lock().unwrap();
        if answers.len() > 1 { answers.pop_front().unwrap() } else { answers.front().unwrap().clone() }
    }
}

struct Stage {
    _folder: tempfile::TempDir,
    clock: FakeClock,
    http: FakeHttp,
    world: FakeWorld,
    clouds: Clouds,
}

impl Stage {
    fn set(sts: Vec<Answer>, iam: Vec<Answer>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at(NOON);
        let http = FakeHttp::default();
        let world = FakeWorld::new(folder.path(), &clock.advancing(), &http, 1);
        for (host, answers) in [(STS, sts), (IAM, iam)] {
            if !answers.is_empty() {
                http.route(host, Arc::new(Scripted(Mutex::new(answers.into()))));
            }
        }
        let clouds = Clouds::new(
            Arc::clone(&ISSUER),
            "https://jit.example.com".to_owned(),
            Arc::default(),
            &world.system,
        );
        Self { _folder: folder, clock, http, world, clouds }
    }

    fn order(&self) -> MintOrder {
        MintOrder {
            target: format!("gcp:{ACCOUNT}?project=prod-123456&provider={PROVIDER}").parse().unwrap(),
            role: "prod-db".parse().unwrap(),
            request: "7F3KQ2M8ZD".parse().unwrap(),
            person: "ana@example.com".parse().unwrap(),
            until: self.clock.now() + SignedDuration::from_secs(900),
            grant_until: self.clock.now() + SignedDuration::from_secs(7200),
            scope: None,
            source: None,
        }
    }

    async fn mint(&self) -> Result<MintedCredentials, ProviderError> {
        self.clouds.mint(&self.order()).await
    }

    fn sent(&self, place: usize) -> Request {
        self.http.sent().remove(place)
    }
}

fn form(request: &Request) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap()
}

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    dated(DATE, status, body)
}

fn dated(date: &str, status: u16, body: impl Into<Vec<u8>>) -> Answer {
    Ok(Response { status, headers: vec![("date".to_owned(), date.to_owned())], body: body.into() })
}

fn exchanged(token: &str) -> Answer {
    let document = json!({
        "access_token": token,
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "Bearer",
        "expires_in": 3599,
    });
    answer(200, document.to_string())
}

fn generated(expires: &str) -> Answer {
    answer(200, json!({ "accessToken": ACCESS, "expireTime": expires }).to_string())
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn the_calls_are_what_google_wants_and_the_lease_what_was_ordered() {
    let stage = Stage::set(vec![exchanged(FEDERATED)], vec![generated("2026-11-23T12:14:59.123456789Z")]);
    let minted = stage.mint().await.unwrap();
    assert_eq!(minted.expires.to_string(), "2026-11-23T12:14:59Z");
    let Credentials::Gcp(credentials) = &minted.credentials else { panic!() };
    assert_eq!(
        (credentials.token.expose().as_str(), credentials.service_account.as_str()),
        (ACCESS, ACCOUNT)
    );
    assert_eq!(credentials.place().to_string(), "project prod-123456");
    assert_eq!(stage.http.sent().len(), 2);

    let first = stage.sent(0);
    assert_eq!((first.method.as_str(), first.url.as_str()), ("POST", "https://sts.googleapis.com/v1/token"));
    assert_eq!(header(&first, "authorization"), None, "with one the call may fail");
    let fields = form(&first);
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["audience", "grant_type", "requested_token_type", "scope", "subject_token", "subject_token_type"]
    );
    assert_eq!(fields["audience"], format!("//iam.googleapis.com/{PROVIDER}"));
    assert_eq!(fields["grant_type"], "urn:ietf:params:oauth:grant-type:token-exchange");
    assert_eq!(fields["subject_token_type"], "urn:ietf:params:oauth:token-type:jwt");
    let said = claims(&fields["subject_token"]);
    assert_eq!(said["sub"], "jit:role:prod-db");
    assert_eq!(said["iss"], "https://jit.example.com");
    assert_eq!(said["aud"], format!("https://iam.googleapis.com/{PROVIDER}"));
    let noon = stage.clock.now().as_second();
    assert_eq!((said["iat"].as_i64().unwrap(), said["exp"].as_i64().unwrap()), (noon - 5, noon + 55));

    let second = stage.sent(1);
    assert_eq!(
        (second.method.as_str(), second.url.as_str()),
        ("POST", format!("{IAM}/v1/projects/-/serviceAccounts/{ACCOUNT}:generateAccessToken").as_str())
    );
    assert_eq!(header(&second, "authorization"), Some(format!("Bearer {FEDERATED}").as_str()));
    let body: Value = serde_json::from_slice(&second.body).unwrap();
    // One second is the way to Google: a token never outlives its lease by the time of a call.
    assert_eq!(body["lifetime"], "899s");
    assert_eq!(
        body["scope"],
        json!([
            "https://www.googleapis.com/auth/cloud-platform",
            "https://www.googleapis.com/auth/userinfo.email"
        ])
    );
}

#[tokio::test]
async fn a_scope_narrows_by_oauth_scopes_and_by_a_boundary() {
    let rules = json!([{
        "availableResource": "//storage.googleapis.com/projects/_/buckets/logs",
        "availablePermissions": ["inRole:roles/storage.objectViewer"],
    }]);
    let document =
        json!({ "boundary": { "accessBoundaryRules": rules }, "scopes": ["devstorage.read_only"] })
            .to_string();
    let stage = Stage::set(
        vec![exchanged(FEDERATED), exchanged("ya29.dr.narrow")],
        vec![generated("2026-11-23T12:14:59Z")],
    );
    let mut order = stage.order();
    order.scope = Some(ScopeDocument::parse(jit::grant::Cloud::Gcp, &document, str::to_owned).unwrap());
    let minted = stage.clouds.mint(&order).await.unwrap();
    let Credentials::Gcp(credentials) = &minted.credentials else { panic!() };
    assert_eq!((credentials.token.expose().as_str(), credentials.bounded), ("ya29.dr.narrow", true));
    let body: Value = serde_json::from_slice(&stage.sent(1).body).unwrap();
    assert_eq!(body["scope"][0], "https://www.googleapis.com/auth/devstorage.read_only");
    let narrowing = stage.sent(2);
    assert!(String::from_utf8_lossy(&narrowing.body).contains("options=%257B"), "encoded twice");
    let fields = form(&narrowing);
    assert_eq!(fields["subject_token"], ACCESS);
    assert_eq!(fields["subject_token_type"], "urn:ietf:params:oauth:token-type:access_token");
    let options =
        percent_encoding::percent_decode_str(&fields["options"]).decode_utf8().unwrap().into_owned();
    let options: Value = serde_json::from_str(&options).unwrap();
    assert_eq!(options["accessBoundary"]["accessBoundaryRules"], rules);
    // Google says nothing of a narrowed token.
    let silent =
        answer(400, json!({ "error": "invalid_token", "error_description": "Invalid Value" }).to_string());
    stage.http.route(INFO, Arc::new(Scripted(Mutex::new([silent].into()))));
    let identity = identify(&minted.credentials, &stage.world.system).await.unwrap();
    assert!(clouds::belongs_to(&identity, &order.target));
    // A boundary that changed nothing is no boundary.
    let stage =
        Stage::set(vec![exchanged(FEDERATED), exchanged(ACCESS)], vec![generated("2026-11-23T12:14:59Z")]);
    let refused = stage.clouds.mint(&order).await.unwrap_err();
    assert!(refused.message.contains("same token"), "{refused:?}");
    // The words of another cloud narrow nothing here.
    let stage = Stage::set(vec![exchanged(FEDERATED)], vec![generated("2026-11-23T12:14:59Z")]);
    order.scope =
        Some(ScopeDocument::parse(jit::grant::Cloud::Vault, r#"{"policies":["a"]}"#, str::to_owned).unwrap());
    stage.clouds.mint(&order).await.unwrap_err();
    assert!(stage.http.sent().is_empty());
}

#[tokio::test]
async fn google_may_give_less_but_never_more() {
    for (expires, got) in [
        ("2026-11-23T12:05:00Z", Some("2026-11-23T12:05:00Z")),
        ("2026-11-23T12:15:00Z", Some("2026-11-23T12:15:00Z")),
        // Its clock may differ by a minute.
        ("2026-11-23T12:15:40Z", Some("2026-11-23T12:15:00Z")),
        ("2026-11-23T12:16:01Z", None),
        ("2026-11-23T13:00:00Z", None),
        ("2026-11-23T12:00:00Z", None),
        ("2025-11-23T12:15:00Z", None),
    ] {
        let stage = Stage::set(vec![exchanged(FEDERATED)], vec![generated(expires)]);
        let minted = stage.mint().await;
        assert_eq!(
            minted.as_ref().ok().map(|minted| minted.expires.to_string()).as_deref(),
            got,
            "{expires}"
        );
        assert!(minted.err().is_none_or(|error| error.hint.is_some() && !error.passing));
    }
    // A token of more than an hour is never asked for, and one of a second is.
    for (seconds, lifetime) in [(43_200, "3600s"), (3600, "3599s"), (2, "1s"), (1, "1s")] {
        let stage = Stage::set(vec![exchanged(FEDERATED)], vec![generated("2026-11-23T12:00:01Z")]);
        let mut order = stage.order();
        order.until = stage.clock.now() + SignedDuration::from_secs(seconds);
        order.grant_until = order.until;
        stage.clouds.mint(&order).await.unwrap();
        let body: Value = serde_json::from_slice(&stage.sent(1).body).unwrap();
        assert_eq!(body["lifetime"], lifetime);
    }
    let stage = Stage::set(vec![exchanged(FEDERATED)], vec![generated("2026-11-23T12:15:00Z")]);
    let mut order = stage.order();
    order.grant_until = stage.clock.now();
    assert!(stage.clouds.mint(&order).await.unwrap_err().message.contains("no time is left"));
    assert!(stage.http.sent().is_empty());
}

/// Each of the two services misbehaves in each way; nothing is minted, and no secret is told.
#[tokio::test]
async fn services_that_misbehave_get_a_clear_error_and_give_nothing() {
    let host = || "sts.googleapis.com".to_owned();
    let whole =
        json!({ "accessToken": ACCESS, "expireTime": "2026-11-23T12:14:59Z", "access_token": ACCESS })
            .to_string();
    let odd = |token: &str| {
        json!({ "access_token": token, "accessToken": token, "expireTime": "2026-11-23T12:14:59Z", "token_type": "Bearer",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token" })
        .to_string()
    };
    let cases: Vec<(&str, Answer, bool, usize)> = vec![
        ("truncated", answer(200, &whole.as_bytes()[..whole.len() - 30]), false, 1),
        ("empty", answer(200, ""), false, 1),
        ("page", answer(200, format!("<html>{ACCESS}</html>")), false, 1),
        ("another token type", answer(200, odd(ACCESS).replace("Bearer", "MAC")), false, 1),
        ("a token that no header carries", answer(200, odd("a\r\nx-evil: 1")), false, 1),
        ("a token of 100 KB", answer(200, odd(&"a".repeat(100_000))), false, 1),
        ("error with status 200", answer(200, json!({ "error": "invalid_grant" }).to_string()), false, 1),
        ("page of a proxy", answer(502, "<html><h1>Bad gateway</h1></html>"), true, 4),
        ("redirect", answer(302, ""), false, 1),
        (
            "refused connection",
            Err(HttpError::Connect { host: host(), cause: "refused".to_owned() }),
            true,
            1,
        ),
        ("too slow", Err(HttpError::TimeOut { host: host() }), true, 1),
        ("100 MB", Err(HttpError::TooLarge { host: host() }), false, 1),
        ("broken off", Err(HttpError::Broken { host: host(), cause: "eof".to_owned() }), true, 1),
        ("its clock is ahead", dated("Mon, 23 Nov 2026 12:10:00 GMT", 200, odd(ACCESS)), false, 1),
        ("its clock is behind", dated("Mon, 23 Nov 2026 11:50:00 GMT", 200, odd(ACCESS)), false, 1),
        (
            "overloaded",
            answer(429, json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED" } }).to_string()),
            true,
            4,
        ),
    ];
    for (name, bad, passing, calls) in cases {
        for at_sts in [true, false] {
            // `token_type` is STS's alone.
            if !at_sts && name == "another token type" {
                continue;
            }
            let stage = if at_sts {
                Stage::set(vec![bad.clone()], vec![generated("2026-11-23T12:14:59Z")])
            } else {
                Stage::set(vec![exchanged(FEDERATED)], vec![bad.clone()])
            };
            let refused = stage.mint().await.expect_err(name);
            assert_eq!(refused.passing, passing, "{name}: {refused:?}");
            assert!(refused.hint.is_some() && refused.message.len() < 500, "{name}: {refused:?}");
            let sent = stage.http.sent();
            assert_eq!(sent.len(), if at_sts { calls } else { 1 + calls }, "{name}");
            let shown = format!("{refused:?}");
            let ours = form(&sent[0])["subject_token"].clone();
            for secret in [ACCESS, FEDERATED, ours.as_str(), "eyJ"] {
                assert!(!shown.contains(secret), "{name}: {shown}");
            }
            // Each try shows a JWT of its own, and only to STS.
            let mut tokens: Vec<String> = sent
                .iter()
                .filter(|request| request.url.starts_with(STS))
                .map(|request| form(request)["subject_token"].clone())
                .collect();
            let tries = tokens.len();
            tokens.dedup();
            assert_eq!(tokens.len(), tries, "{name}");
            for request in sent.iter().filter(|request| !request.url.starts_with(STS)) {
                assert!(!String::from_utf8_lossy(&request.body).contains("eyJ"), "{name}");
            }
        }
    }
}

/// An authority without an issuer of its own buys with the token that it was given, as a workflow's job does.
#[tokio::test]
async fn a_given_token_buys_alike() {
    let stage = Stage::set(vec![exchanged(FEDERATED)], vec![generated("2026-11-23T12:14:59Z")]);
    let order = stage.order();
    assert_eq!(clouds::audience(&order.target).unwrap(), format!("https://iam.googleapis.com/{PROVIDER}"));
    let given = Clouds::with_token(Secret::from("eyJ.job.token"), &stage.world.system);
    given.mint(&order).await.unwrap();
    assert_eq!(form(&stage.sent(0))["subject_token"], "eyJ.job.token");
}

/// Nothing of the purchase is in what leaves the authority.
#[tokio::test]
async fn neither_the_jwt_nor_the_federated_token_is_in_the_lease() {
    let stage = Stage::set(vec![exchanged(FEDERATED)], vec![generated("2026-11-23T12:14:59Z")]);
    let minted = stage.mint().await.unwrap();
    let lease =
        jit::grant::Lease { number: 1, expires: minted.expires, credentials: minted.credentials.clone() };
    let json = lease.to_secret_json();
    let text = String::from_utf8_lossy(json.expose()).into_owned();
    let ours = form(&stage.sent(0))["subject_token"].clone();
    assert!(
        text.contains(ACCESS) && !text.contains(FEDERATED) && !text.contains(&ours) && !text.contains("eyJ")
    );
    assert_eq!(jit::grant::Lease::from_secret_json(&json).unwrap(), lease);
    let shown = format!("{lease:?}");
    assert!(!shown.contains(ACCESS), "{shown}");
}

fn credentials() -> GcpCredentials {
    GcpCredentials {
        token: ACCESS.into(),
        service_account: ACCOUNT.to_owned(),
        project: "prod-123456".to_owned(),
        provider: PROVIDER.to_owned(),
        endpoint: None,
        bounded: false,
    }
}

#[tokio::test]
async fn google_is_asked_whose_a_token_is_and_never_in_a_url() {
    let ask = async |told: Answer, credentials: GcpCredentials| {
        let stage = Stage::set(Vec::new(), Vec::new());
        stage.http.route(INFO, Arc::new(Scripted(Mutex::new([told].into()))));
        let identity = identify(&Credentials::Gcp(credentials), &stage.world.system).await;
        let sent = stage.http.sent();
        assert!(sent.iter().all(|request| request.url == format!("{INFO}/tokeninfo")), "no token in a URL");
        assert_eq!(header(&sent[0], "authorization"), Some(format!("Bearer {ACCESS}").as_str()));
        (identity, stage.order().target)
    };
    let told =
        |email: &str| answer(200, json!({ "azp": "10", "email": email, "expires_in": "899" }).to_string());
    let (identity, target) = ask(told(ACCOUNT), credentials()).await;
    let identity = identity.unwrap();
    assert_eq!(identity.who, ACCOUNT);
    assert!(clouds::belongs_to(&identity, &target));
    // Another account, another project's, a silent answer, a dead token.
    for bad in [
        told("db-reader@prod-123456.iam.gserviceaccount.com"),
        told("db-admin@prod-999999.iam.gserviceaccount.com"),
        told("ana@example.com"),
        answer(200, json!({ "azp": "10" }).to_string()),
        answer(400, json!({ "error": "invalid_token", "error_description": "Invalid Value" }).to_string()),
    ] {
        let refused = ask(bad, credentials()).await.0.unwrap_err();
        assert!(refused.hint.is_some() && !format!("{refused:?}").contains(ACCESS), "{refused:?}");
    }
    // Google says nothing of a token that a boundary limits, so a token that it knows and a silent Google are not taken for one.
    let bounded = || GcpCredentials { bounded: true, ..credentials() };
    let invalid =
        answer(400, json!({ "error": "invalid_token", "error_description": "Invalid Value" }).to_string());
    let (identity, target) = ask(invalid, bounded()).await;
    assert!(clouds::belongs_to(&identity.unwrap(), &target));
    for bad in [
        told("db-reader@prod-123456.iam.gserviceaccount.com"),
        answer(400, json!({ "error": "invalid_request" }).to_string()),
        answer(404, "<html>not found</html>".to_owned()),
    ] {
        assert!(ask(bad, bounded()).await.0.is_err());
    }
    // What was found in an environment says itself whose it is, and fits no other target.
    let found = GcpCredentials { service_account: String::new(), ..credentials() };
    let (identity, target) = ask(told("ana@example.com"), found).await;
    assert!(!clouds::belongs_to(&identity.unwrap(), &target));
}

#[test]
fn credentials_for_another_account_or_project_do_not_fit() {
    let target = format!("gcp:{ACCOUNT}?project=prod-123456&provider={PROVIDER}").parse().unwrap();
    let misfit = |change: fn(&mut GcpCredentials)| {
        let mut credentials = credentials();
        change(&mut credentials);
        clouds::misfit(&Credentials::Gcp(credentials), &target)
    };
    assert_eq!(misfit(|_| ()), None);
    for change in [
        (|credentials| {
            credentials.service_account = "db-reader@prod-123456.iam.gserviceaccount.com".to_owned();
        }) as fn(&mut GcpCredentials),
        |credentials| credentials.project = "prod-999999".to_owned(),
        |credentials| credentials.provider = PROVIDER.replace("jit1", "jit2"),
        |credentials| credentials.endpoint = Some("http://127.0.0.1:1".to_owned()),
    ] {
        assert!(misfit(change).is_some());
    }
}

#[tokio::test]
async fn the_console_opens_at_the_project_and_holds_no_secret() {
    let stage = Stage::set(Vec::new(), Vec::new());
    let http = &*stage.world.system.http;
    let url = async |destination, credentials| {
        clouds::sign_in_url(&Credentials::Gcp(credentials), destination, http)
            .await
            .map(|url| url.expose().clone())
    };
    assert!(!clouds::signs_in(&Credentials::Gcp(credentials())));
    assert_eq!(
        url(None, credentials()).await.unwrap(),
        "https://console.cloud.google.com/?project=prod-123456"
    );
    assert_eq!(
        url(Some("storage/browser"), credentials()).await.unwrap(),
        "https://console.cloud.google.com/storage/browser?project=prod-123456"
    );
    for bad in ["https://evil.example/", "//evil.example", "a?b", "../x", "a b", "a#b", "x\u{1b}"] {
        let got = url(Some(bad), credentials()).await;
        assert!(
            got.as_ref().is_err() || got.unwrap().starts_with("https://console.cloud.google.com/"),
            "{bad}"
        );
    }
    assert!(
        url(None, GcpCredentials { endpoint: Some("http://127.0.0.1:1".to_owned()), ..credentials() })
            .await
            .is_err()
    );
    assert!(stage.http.sent().is_empty());
}

/// A JWT that is good at Google never goes to a port of this machine.
#[test]
fn what_stands_for_google_here_gets_an_audience_of_its_own() {
    let target = |more: &str| {
        let text = format!("gcp:{ACCOUNT}?project=prod-123456&provider={PROVIDER}{more}");
        clouds::audience(&text.parse().unwrap()).unwrap()
    };
    assert_eq!(target(""), format!("https://iam.googleapis.com/{PROVIDER}"));
    assert_eq!(target("&endpoint=http://127.0.0.1:4000"), format!("sandbox.jit/{PROVIDER}"));
}

//! The sandbox cloud really verifies: it refuses every forged or stale token, signature and parameter in STS's own
//! words.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use data_encoding::BASE64URL_NOPAD;
use jit::grant::Credentials;
use jit::grant::cloud::aws::AwsCredentials;
use jit::issuer::DISCOVERY_PATH;
use jit::issuer::Issuer;
use jit::issuer::KEY_SET_PATH;
use jit::issuer::discovery_json;
use jit::provider::CallerIdentity;
use jit::provider::MintOrder;
use jit::provider::MintedCredentials;
use jit::provider::Provider;
use jit::provider::aws::AwsProvider;
use jit::provider::aws::identify::belongs_to;
use jit::provider::clouds::identify;
use jit::sandbox::Sandbox;
use jit::sandbox::SandboxRole;
use jit::sandbox::Settings;
use jit::sandbox::read_note;
use jit::system::Clock;
use jit::system::Http;
use jit::system::fake::CountedEntropy;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake::Host;
use jit::system::fake_router::RouterHost;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

const ISSUER: &str = "http://127.0.0.1:9400";
const STS: &str = "http://127.0.0.1:4000";
const ROLE: &str = "arn:aws:iam::000000000001:role/prod-admin";
const OTHER_ROLE: &str = "arn:aws:iam::000000000001:role/other";
const NOON: &str = "2026-11-23T12:00:00Z";

/// The issuer's two documents, as a broker serves them. A test may replace them.
struct IssuerHost {
    issuer: Arc<Issuer>,
    clock: FakeClock,
    discovery: Mutex<Option<String>>,
    key_set: Mutex<Option<String>>,
}

#[async_trait]
impl Host for IssuerHost {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let path = request.url.strip_prefix(ISSUER).unwrap_or_default();
        let body = match path {
            DISCOVERY_PATH => {
                self.discovery.lock().unwrap().clone().unwrap_or_else(|| discovery_json(ISSUER))
            }
            KEY_SET_PATH => self
                .key_set
                .lock()
                .unwrap()
                .clone()
                .unwrap_or_else(|| self.issuer.key_set_json(self.clock.now())),
            _ => return Ok(Response { status: 404, headers: Vec::new(), body: Vec::new() }),
        };
        Ok(Response { status: 200, headers: Vec::new(), body: body.into_bytes() })
    }
}

struct Stage {
    folder: tempfile::TempDir,
    clock: FakeClock,
    sandbox_clock: FakeClock,
    http: FakeHttp,
    world: FakeWorld,
    issuer: Arc<Issuer>,
    host: Arc<IssuerHost>,
    provider: AwsProvider,
}

impl Stage {
    fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at(NOON);
        let sandbox_clock = FakeClock::at(NOON);
        let http = FakeHttp::default();
        let world = FakeWorld::new(folder.path(), &clock.advancing(), &http, 1);
        let issuer = Arc::new(Issuer::open(&folder.path().join("keys"), clock.now()).unwrap());
        let host = Arc::new(IssuerHost {
            issuer: Arc::clone(&issuer),
            clock: clock.clone(),
            discovery: Mutex::default(),
            key_set: Mutex::default(),
        });
        http.route(ISSUER, Arc::clone(&host) as Arc<dyn Host>);
        let roles = vec![
            SandboxRole::for_subject(ROLE.parse().unwrap(), "jit:role:prod-admin"),
            SandboxRole {
                max_session: 3600,
                ..SandboxRole::for_subject(OTHER_ROLE.parse().unwrap(), "jit:role:other")
            },
        ];
        let sandbox = Sandbox::new(
            Settings::new(ISSUER, roles),
            Arc::new(http.clone()),
            Arc::new(sandbox_clock.clone()),
            Arc::new(CountedEntropy::seeded(2)),
        );
        http.route(STS, Arc::new(RouterHost(sandbox.router())));
        let provider = AwsProvider::new(Arc::clone(&issuer), ISSUER.to_owned(), &world.system);
        Self { folder, clock, sandbox_clock, http, world, issuer, host, provider }
    }

    fn order(&self, seconds: i64) -> MintOrder {
        let end = self.clock.now() + jiff::SignedDuration::from_secs(seconds);
        MintOrder {
            target: format!("sandbox:{ROLE}?endpoint_url={STS}").parse().unwrap(),
            role: "prod-admin".parse().unwrap(),
            request: "7F3KQ2M8ZD".parse().unwrap(),
            person: "ana@example.com".parse().unwrap(),
            until: end,
            grant_until: end,
            scope: None,
            source: None,
        }
    }

    async fn minted(&self, seconds: i64) -> MintedCredentials {
        self.provider.mint(&self.order(seconds)).await.unwrap()
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.sandbox_clock.advance(Duration::from_secs(seconds));
    }

    fn header(&self) -> Value {
        json!({"alg": "RS256", "typ": "JWT", "kid": self.issuer.records()[0].kid})
    }

    fn claims(&self) -> Value {
        let now = self.clock.now().as_second();
        json!({
            "iss": ISSUER, "sub": "jit:role:prod-admin", "aud": "sandbox.jit", "iat": now, "exp": now + 60, "jti": "1",
            "https://aws.amazon.com/roles": [ROLE],
        })
    }

    fn key(&self) -> KeyPair {
        let path = self.folder.path().join(format!("keys/{}.pk8", self.issuer.records()[0].kid));
        KeyPair::from_pkcs8(&std::fs::read(path).unwrap()).unwrap()
    }

    /// Signs any texts as header and claims with the issuer's own key.
    fn sign(&self, header: &str, claims: &str) -> String {
        sign_with(&self.key(), header, claims)
    }

    async fn assume(&self, token: &str, changes: &[(&str, &str)]) -> (u16, String) {
        let mut fields = vec![
            ("Action", "AssumeRoleWithWebIdentity"),
            ("Version", "2011-06-15"),
            ("RoleArn", ROLE),
            ("RoleSessionName", "7F3KQ2M8ZD-ana"),
            ("DurationSeconds", "900"),
            ("WebIdentityToken", token),
        ];
        for (name, value) in changes {
            fields.retain(|(given, _)| given != name);
            fields.push((name, value));
        }
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::new(http::Method::POST, format!("{STS}/"))
            .body("application/x-www-form-urlencoded; charset=utf-8", body);
        let response = self.http.send(request).await.unwrap();
        assert!(response.header("date").is_some());
        (response.status, String::from_utf8(response.body).unwrap())
    }

    async fn refusal(&self, token: &str, changes: &[(&str, &str)]) -> String {
        let (status, body) = self.assume(token, changes).await;
        assert!(status >= 400 && !body.contains("AccessKeyId"), "{status} {body}");
        code_of(&body)
    }
}

fn code_of(body: &str) -> String {
    body.split("<Code>").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default().to_owned()
}

fn sign_with(key: &KeyPair, header: &str, claims: &str) -> String {
    let text = format!(
        "{}.{}",
        BASE64URL_NOPAD.encode(header.as_bytes()),
        BASE64URL_NOPAD.encode(claims.as_bytes())
    );
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", BASE64URL_NOPAD.encode(&signature))
}

fn with(mut value: Value, changes: Value) -> String {
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    for (name, change) in changes {
        match change {
            Value::Null => drop(value.as_object_mut().unwrap().remove(&name)),
            change => value[name] = change,
        }
    }
    value.to_string()
}

#[tokio::test]
async fn what_is_minted_is_known_by_its_owner() {
    let stage = Stage::set();
    let minted = stage.minted(3600).await;
    assert_eq!(minted.expires.to_string(), "2026-11-23T13:00:00Z");
    assert!(minted.credentials.as_aws().unwrap().access_key_id.starts_with("ASIA"));
    let identity = identify(&minted.credentials, &stage.world.system).await.unwrap();
    assert_eq!(identity.place.name, "000000000001");
    assert_eq!(identity.who, "arn:aws:sts::000000000001:assumed-role/prod-admin/7F3KQ2M8ZD-ana@example.com");
    assert!(belongs_to(&identity, &stage.order(1).target));
    assert_eq!(minted.credentials.as_aws().unwrap().session_arn, Some(identity.who));
    read_note(&minted.credentials, &stage.world.system).await.unwrap();
    let again = stage.minted(3600).await;
    assert_ne!(
        again.credentials.as_aws().unwrap().access_key_id,
        minted.credentials.as_aws().unwrap().access_key_id
    );
}

#[tokio::test]
async fn a_grant_shorter_than_the_floor_ends_on_time() {
    let stage = Stage::set();
    let minted = stage.minted(300).await;
    assert_eq!(minted.expires.to_string(), "2026-11-23T12:05:00Z");
    stage.pass(300);
    read_note(&minted.credentials, &stage.world.system).await.unwrap();
    stage.pass(1);
    let refused = read_note(&minted.credentials, &stage.world.system).await.unwrap_err();
    assert!(refused.message.contains("explicit deny in a session policy"), "{refused}");
    // The identity call cannot be denied. It fails only after the session itself has expired.
    identify(&minted.credentials, &stage.world.system).await.unwrap();
    stage.pass(600);
    let refused = identify(&minted.credentials, &stage.world.system).await.unwrap_err();
    assert!(refused.message.contains("ExpiredToken"), "{refused}");
}

#[tokio::test]
async fn forged_and_stale_tokens_are_refused() {
    let stage = Stage::set();
    let now = stage.clock.now().as_second();
    let header = stage.header().to_string();
    let accepted = stage.sign(&header, &stage.claims().to_string());
    assert_eq!(stage.assume(&accepted, &[]).await.0, 200);

    let claims = |changes| stage.sign(&header, &with(stage.claims(), changes));
    let invalid = "InvalidIdentityToken";
    for (name, token, code) in [
        ("issuer", claims(json!({"iss": "http://127.0.0.1:9401"})), invalid),
        ("issuer with a slash", claims(json!({"iss": format!("{ISSUER}/")})), invalid),
        ("no issuer", claims(json!({"iss": null})), invalid),
        ("audience of AWS", claims(json!({"aud": "sts.amazonaws.com"})), invalid),
        ("two audiences", claims(json!({"aud": ["sandbox.jit", "x"]})), invalid),
        ("no audience", claims(json!({"aud": null})), invalid),
        ("authorized party", claims(json!({"azp": "x"})), invalid),
        ("subject of another role", claims(json!({"sub": "jit:role:other"})), "AccessDenied"),
        ("subject that begins alike", claims(json!({"sub": "jit:role:prod-admin2"})), "AccessDenied"),
        ("no subject", claims(json!({"sub": null})), invalid),
        ("another role in the claim", claims(json!({"https://aws.amazon.com/roles": [OTHER_ROLE]})), invalid),
        ("a wildcard in the claim", claims(json!({"https://aws.amazon.com/roles": ["*"]})), invalid),
        (
            "expired beyond tolerance",
            claims(json!({"iat": now - 360, "exp": now - 300})),
            "ExpiredTokenException",
        ),
        ("no expiry", claims(json!({"exp": null})), invalid),
        ("issued in the future", claims(json!({"iat": now + 301, "exp": now + 400})), invalid),
        ("not yet valid", claims(json!({"nbf": now + 301})), invalid),
        ("ends before it begins", claims(json!({"exp": now - 1})), invalid),
        ("fractional expiry", claims(json!({"exp": 1_795_438_855.5})), invalid),
        ("fractional issue", claims(json!({"iat": 1_795_438_795.25})), invalid),
        ("expiry as text", claims(json!({"exp": "1795438855"})), invalid),
        (
            "subject twice",
            stage.sign(&header, &stage.claims().to_string().replacen('{', "{\"sub\":\"jit:role:other\",", 1)),
            invalid,
        ),
        ("claims that are no object", stage.sign(&header, "[]"), invalid),
        (
            "no key id",
            stage.sign(&with(stage.header(), json!({"kid": null})), &stage.claims().to_string()),
            invalid,
        ),
        (
            "unknown key id",
            stage.sign(&with(stage.header(), json!({"kid": "x"})), &stage.claims().to_string()),
            invalid,
        ),
        (
            "critical header",
            stage.sign(&with(stage.header(), json!({"crit": ["x"], "x": 1})), &stage.claims().to_string()),
            invalid,
        ),
        (
            "another algorithm",
            stage.sign(&with(stage.header(), json!({"alg": "RS512"})), &stage.claims().to_string()),
            invalid,
        ),
        ("garbage", "eyJ.x.y".to_owned(), invalid),
        ("too long", format!("{accepted}{}", "x".repeat(20_000)), "ValidationError"),
    ] {
        assert_eq!(stage.refusal(&token, &[]).await, code, "{name}");
    }
}

#[tokio::test]
async fn signatures_that_are_not_the_issuers_are_refused() {
    let stage = Stage::set();
    let claims = stage.claims().to_string();
    let good = stage.sign(&stage.header().to_string(), &claims);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (head, _) = signed.split_once('.').unwrap();
    let stranger = Issuer::open(&stage.folder.path().join("stranger"), stage.clock.now()).unwrap();
    let map = stage.claims().as_object().unwrap().clone();
    let by_stranger = stranger.sign(&map, stage.clock.now()).unwrap();
    let stranger_key = {
        let path = stage.folder.path().join(format!("stranger/{}.pk8", stranger.records()[0].kid));
        KeyPair::from_pkcs8(&std::fs::read(path).unwrap()).unwrap()
    };
    let other_claims = with(stage.claims(), json!({"jti": "2"}));
    let none = format!(
        "{}.{}.",
        BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT"}"#),
        BASE64URL_NOPAD.encode(claims.as_bytes())
    );
    // The public key as an HMAC secret: the classic algorithm confusion.
    let public = stage.issuer.key_set_json(stage.clock.now());
    let modulus =
        serde_json::from_str::<Value>(&public).unwrap()["keys"][0]["n"].as_str().unwrap().to_owned();
    let confused = |secret: &[u8]| {
        let header = with(stage.header(), json!({"alg": "HS256"}));
        let text = format!(
            "{}.{}",
            BASE64URL_NOPAD.encode(header.as_bytes()),
            BASE64URL_NOPAD.encode(claims.as_bytes())
        );
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
        format!("{text}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))
    };
    for (name, token) in [
        ("a stranger's key", by_stranger.expose().clone()),
        ("a stranger's key under our key id", sign_with(&stranger_key, &stage.header().to_string(), &claims)),
        ("other claims", format!("{head}.{}.{signature}", BASE64URL_NOPAD.encode(other_claims.as_bytes()))),
        ("no signature", format!("{signed}.")),
        ("half a signature", format!("{signed}.{}", &signature[..signature.len() / 2])),
        ("no algorithm", none),
        ("the public key as a secret", confused(modulus.as_bytes())),
        ("the modulus as a secret", confused(&BASE64URL_NOPAD.decode(modulus.as_bytes()).unwrap())),
        ("the key set as a secret", confused(public.as_bytes())),
    ] {
        assert_eq!(stage.refusal(&token, &[]).await, "InvalidIdentityToken", "{name}");
    }
}

#[tokio::test]
async fn times_have_five_minutes_of_tolerance_and_no_more() {
    let stage = Stage::set();
    let now = stage.clock.now().as_second();
    let header = stage.header().to_string();
    for (iat, exp, fits) in [
        (now - 359, now - 299, true),
        (now - 360, now - 300, false),
        (now + 300, now + 360, true),
        (now + 301, now + 361, false),
    ] {
        let token = stage.sign(&header, &with(stage.claims(), json!({"iat": iat, "exp": exp})));
        assert_eq!(stage.assume(&token, &[]).await.0 == 200, fits, "{iat} {exp}");
    }
}

#[tokio::test]
async fn parameters_beyond_what_sts_takes_are_refused() {
    let stage = Stage::set();
    let token = stage.sign(&stage.header().to_string(), &stage.claims().to_string());
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(2048));
    for (changes, code) in [
        ([("DurationSeconds", "899")], "ValidationError"),
        ([("DurationSeconds", "43201")], "ValidationError"),
        ([("DurationSeconds", "1e3")], "ValidationError"),
        ([("RoleSessionName", "a")], "ValidationError"),
        ([("RoleSessionName", "a b")], "ValidationError"),
        ([("RoleSessionName", &"a".repeat(65))], "ValidationError"),
        ([("Policy", "{")], "MalformedPolicyDocument"),
        ([("Policy", "{}")], "MalformedPolicyDocument"),
        ([("Policy", &long)], "ValidationError"),
        ([("RoleArn", OTHER_ROLE)], "InvalidIdentityToken"),
        ([("Version", "2010-05-08")], "InvalidAction"),
        ([("Action", "GetSessionToken")], "InvalidAction"),
        ([("WebIdentityToken", "")], "ValidationError"),
    ] {
        assert_eq!(stage.refusal(&token, &changes).await, code, "{changes:?}");
    }
    let other = with(
        stage.claims(),
        json!({"sub": "jit:role:other", "https://aws.amazon.com/roles": [ROLE, OTHER_ROLE]}),
    );
    let other = stage.sign(&stage.header().to_string(), &other);
    assert_eq!(
        stage.refusal(&other, &[("RoleArn", OTHER_ROLE), ("DurationSeconds", "3601")]).await,
        "ValidationError"
    );
    assert_eq!(stage.assume(&other, &[("RoleArn", OTHER_ROLE), ("DurationSeconds", "3600")]).await.0, 200);
    let absent = with(
        stage.claims(),
        json!({"https://aws.amazon.com/roles": "arn:aws:iam::000000000001:role/absent"}),
    );
    let absent = stage.sign(&stage.header().to_string(), &absent);
    let arn = [("RoleArn", "arn:aws:iam::000000000001:role/absent")];
    assert_eq!(stage.refusal(&absent, &arn).await, "AccessDenied");
}

#[tokio::test]
async fn only_the_configured_issuer_is_fetched_and_believed() {
    let stage = Stage::set();
    let token = stage.sign(&stage.header().to_string(), &stage.claims().to_string());
    let own = discovery_json(ISSUER);
    for discovery in [
        own.replace(&format!("{ISSUER}/.well-known/jwks"), "http://127.0.0.1:6666/.well-known/jwks"),
        own.replace(&format!("{ISSUER}/.well-known/jwks"), "http://169.254.169.254/jwks"),
        own.replace(&format!("\"issuer\":\"{ISSUER}\""), "\"issuer\":\"http://127.0.0.1:9401\""),
        "<html>".to_owned(),
    ] {
        assert_ne!(discovery, own);
        *stage.host.discovery.lock().unwrap() = Some(discovery);
        assert_eq!(stage.refusal(&token, &[]).await, "InvalidIdentityToken");
    }
    *stage.host.discovery.lock().unwrap() = None;
    let set: Value = serde_json::from_str(&stage.issuer.key_set_json(stage.clock.now())).unwrap();
    let mut with_operations = set.clone();
    with_operations["keys"][0]["key_ops"] = json!(["verify"]);
    let mut for_encryption = set.clone();
    for_encryption["keys"][0]["use"] = json!("enc");
    let twice = json!({"keys": [set["keys"][0], set["keys"][0]]});
    for keys in [with_operations, for_encryption, twice, json!({"keys": []}), json!({})] {
        *stage.host.key_set.lock().unwrap() = Some(keys.to_string());
        assert_eq!(stage.refusal(&token, &[]).await, "InvalidIdentityToken", "{keys}");
    }
    stage.http.unroute(ISSUER);
    assert_eq!(stage.refusal(&token, &[]).await, "IDPCommunicationError");
    let fetched = stage.http.sent().into_iter().filter(|request| request.method == http::Method::GET);
    for request in fetched {
        assert!(request.url.starts_with(&format!("{ISSUER}/")), "{}", request.url);
    }
}

fn credentials_with(minted: &MintedCredentials, change: impl FnOnce(&mut AwsCredentials)) -> Credentials {
    let mut credentials = own(minted).clone();
    change(&mut credentials);
    credentials.into()
}

fn own(minted: &MintedCredentials) -> &AwsCredentials {
    minted.credentials.as_aws().unwrap()
}

#[tokio::test]
async fn calls_that_are_not_signed_by_the_session_are_refused() {
    let stage = Stage::set();
    let minted = stage.minted(3600).await;
    let other = stage.minted(3600).await;
    for (name, credentials) in [
        ("unknown key", credentials_with(&minted, |own| own.access_key_id = "ASIAUNKNOWN".to_owned())),
        ("wrong secret", credentials_with(&minted, |own| own.secret_access_key = "x".into())),
        (
            "another session's token",
            credentials_with(&minted, |changed| changed.session_token = own(&other).session_token.clone()),
        ),
        (
            "another session's secret",
            credentials_with(&minted, |changed| {
                changed.secret_access_key = own(&other).secret_access_key.clone();
            }),
        ),
    ] {
        let refused = identify(&credentials, &stage.world.system).await.unwrap_err();
        assert!(!refused.passing, "{name}");
        let shown = format!("{refused:?}");
        for secret in [&own(&minted).secret_access_key, &own(&minted).session_token] {
            assert!(!shown.contains(secret.expose().as_str()), "{name}");
        }
    }
    // A recorded call that is changed in any part, or sent later, authenticates nobody.
    identify(&minted.credentials, &stage.world.system).await.unwrap();
    let recorded = stage.http.sent().pop().unwrap();
    assert_eq!(stage.http.send(recorded.clone()).await.unwrap().status, 200);
    let mut changed = recorded.clone();
    changed.body = b"Action=SandboxReadNote&Version=2011-06-15".to_vec();
    assert_eq!(stage.http.send(changed).await.unwrap().status, 403);
    for index in 0..recorded.headers.len() {
        let mut changed = recorded.clone();
        let value = changed.headers[index].1.clone();
        changed.headers[index].1 = value.replacen(|c: char| c.is_ascii_alphanumeric(), "~", 1);
        assert!(stage.http.send(changed).await.unwrap().status >= 400, "{}", recorded.headers[index].0);
        let mut without = recorded.clone();
        without.headers.remove(index);
        assert!(stage.http.send(without).await.unwrap().status >= 400, "{}", recorded.headers[index].0);
    }
    stage.pass(301);
    assert_eq!(stage.http.send(recorded).await.unwrap().status, 403);
}

#[tokio::test]
async fn tokens_of_a_retired_key_stop_and_those_of_the_next_one_work() {
    let stage = Stage::set();
    let old = stage.sign(&stage.header().to_string(), &stage.claims().to_string());
    stage.issuer.rotate(stage.clock.now()).unwrap();
    assert_eq!(stage.assume(&old, &[]).await.0, 200);
    stage.pass(24 * 3600);
    stage.minted(3600).await;
    assert_eq!(
        stage.refusal(&old, &[]).await,
        "ExpiredTokenException",
        "the key is still known, the token is over"
    );
    stage.pass(24 * 3600);
    let late = stage.sign(&stage.header().to_string(), &stage.claims().to_string());
    assert_eq!(stage.refusal(&late, &[]).await, "InvalidIdentityToken");
    stage.minted(3600).await;
}

#[tokio::test]
async fn only_post_to_the_root_is_answered() {
    let stage = Stage::set();
    for (method, path) in [(http::Method::GET, "/"), (http::Method::POST, "/latest/meta-data")] {
        let request = Request::new(method, format!("{STS}{path}"));
        assert_eq!(stage.http.send(request).await.unwrap().status, 404);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_open_a_session(body in prop::collection::vec(any::<u8>(), 0..400), header in "[ -~]{0,120}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let status = runtime.block_on(async {
            let sandbox = Sandbox::new(
                Settings::new(ISSUER, Vec::new()),
                Arc::new(FakeHttp::default()),
                Arc::new(FakeClock::at(NOON)),
                Arc::new(CountedEntropy::seeded(3)),
            );
            let http = FakeHttp::default();
            http.route(STS, Arc::new(RouterHost(sandbox.router())));
            let request = Request::new(http::Method::POST, format!("{STS}/"))
                .body("application/x-www-form-urlencoded", body)
                .header("authorization", format!("AWS4-HMAC-SHA256 {header}"));
            http.send(request).await.unwrap().status
        });
        prop_assert!((400..500).contains(&status));
    }
}

#[test]
fn an_identity_without_an_account_belongs_to_nobody() {
    let identity = CallerIdentity { place: jit::grant::Place::account(""), who: String::new() };
    let target = format!("sandbox:{ROLE}?endpoint_url={STS}").parse().unwrap();
    assert!(!belongs_to(&identity, &target));
}

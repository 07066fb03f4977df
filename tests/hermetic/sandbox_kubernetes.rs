//! The sandbox's side of a Kubernetes cluster verifies as an API server does, and the provider gets through it.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use jit::issuer::DISCOVERY_PATH;
use jit::issuer::Issuer;
use jit::issuer::KEY_SET_PATH;
use jit::issuer::discovery_json;
use jit::provider::MintOrder;
use jit::provider::Provider;
use jit::provider::clouds;
use jit::provider::clouds::Clouds;
use jit::provider::clouds::identify;
use jit::sandbox::API_AUDIENCE;
use jit::sandbox::Sandbox;
use jit::sandbox::SandboxCluster;
use jit::sandbox::Settings;
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
use serde_json::Value;
use serde_json::json;

const ISSUER: &str = "https://jit.example.com";
const SERVER: &str = "http://127.0.0.1:4000";
const NOON: &str = "2026-11-23T12:00:00Z";

struct IssuerHost(Arc<Issuer>, FakeClock);

#[async_trait]
impl Host for IssuerHost {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let body = match request.url.strip_prefix(ISSUER).unwrap_or_default() {
            DISCOVERY_PATH => discovery_json(ISSUER),
            KEY_SET_PATH => self.0.key_set_json(self.1.now()),
            _ => return Ok(Response { status: 404, headers: Vec::new(), body: Vec::new() }),
        };
        Ok(Response { status: 200, headers: Vec::new(), body: body.into_bytes() })
    }
}

struct Stage {
    folder: tempfile::TempDir,
    clock: FakeClock,
    http: FakeHttp,
    world: FakeWorld,
    issuer: Arc<Issuer>,
    clusters: Arc<Mutex<Vec<SandboxCluster>>>,
    clouds: Clouds,
}

/// A role whose tokens the cluster takes.
fn trusted(role: &str, audience: &str, groups: &[&str]) -> SandboxCluster {
    SandboxCluster {
        audience: audience.to_owned(),
        subject: format!("jit:role:{role}"),
        groups: groups.iter().map(|&group| group.to_owned()).collect(),
        reviews_tokens: false,
    }
}

impl Stage {
    fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at(NOON);
        let http = FakeHttp::default();
        let world = FakeWorld::new(folder.path(), &clock.advancing(), &http, 1);
        let issuer = Arc::new(Issuer::open(&folder.path().join("keys"), clock.now()).unwrap());
        http.route(ISSUER, Arc::new(IssuerHost(Arc::clone(&issuer), clock.clone())));
        let clusters = Arc::new(Mutex::new(vec![
            trusted("prod-k8s", "kube-prod", &["admins", "viewers"]),
            trusted("other", "kube-prod", &["operators"]),
        ]));
        let listed = Arc::clone(&clusters);
        let sandbox = Sandbox::new(
            Settings::new(ISSUER, Vec::new()),
            Arc::new(http.clone()),
            Arc::new(clock.clone()),
            Arc::new(CountedEntropy::seeded(2)),
        )
        .with_clusters(Arc::new(move || listed.lock().unwrap().clone()));
        http.route(SERVER, Arc::new(RouterHost(sandbox.router())));
        let clouds = Clouds::new(Arc::clone(&issuer), ISSUER.to_owned(), Arc::default(), &world.system);
        Self { folder, clock, http, world, issuer, clusters, clouds }
    }

    fn order(&self, seconds: i64) -> MintOrder {
        let end = self.clock.now() + SignedDuration::from_secs(seconds);
        MintOrder {
            target: format!("kubernetes:{SERVER}?audience=kube-prod&groups=admins,viewers").parse().unwrap(),
            role: "prod-k8s".parse().unwrap(),
            request: "7F3KQ2M8ZD".parse().unwrap(),
            person: "ana".parse().unwrap(),
            until: end,
            grant_until: end,
            scope: None,
            source: None,
        }
    }

    fn claims(&self) -> Value {
        let now = self.clock.now().as_second();
        json!({
            "iss": ISSUER, "sub": "jit:role:prod-k8s", "aud": "kube-prod", "groups": ["admins"],
            "jit_person": "ana", "jit_request": "7F3KQ2M8ZD", "jit_role": "prod-k8s",
            "iat": now - 5, "exp": now + 55, "jti": "1",
        })
    }

    fn with(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims();
        claims[name] = value;
        self.sign(&claims)
    }

    fn sign(&self, claims: &Value) -> String {
        self.issuer.sign(claims.as_object().unwrap(), self.clock.now()).unwrap().expose().clone()
    }

    /// A review by the holder of a token, or by nobody. Returns the status and the object.
    async fn review(&self, token: Option<&str>, kind: &str, spec: Value) -> (u16, Value) {
        let resource = format!("{}s", kind.to_lowercase());
        let object = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": kind, "spec": spec });
        let request =
            Request::new(http::Method::POST, format!("{SERVER}/apis/authentication.k8s.io/v1/{resource}"))
                .body("application/json", object.to_string());
        let request = match token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        self.send(request).await
    }

    async fn who(&self, token: &str) -> (u16, Value) {
        self.review(Some(token), "SelfSubjectReview", json!(null)).await
    }

    async fn send(&self, request: Request) -> (u16, Value) {
        let response = self.http.send(request).await.unwrap();
        assert!(response.header("date").is_some());
        (response.status, serde_json::from_slice(&response.body).unwrap())
    }
}

#[tokio::test]
async fn a_token_is_minted_and_the_cluster_says_who_it_is() {
    let stage = Stage::set();
    let order = stage.order(600);
    let minted = stage.clouds.mint(&order).await.unwrap();
    let identity = identify(&minted.credentials, &stage.world.system).await.unwrap();
    assert_eq!(identity.who, "jit:ana");
    assert!(clouds::belongs_to(&identity, &order.target));
    let token = minted.credentials.bearer().unwrap().expose().clone();
    let (status, told) = stage.who(&token).await;
    assert_eq!(status, 201, "{told}");
    assert_eq!(
        told["status"]["userInfo"],
        json!({
            "username": "jit:ana",
            "groups": ["jit:admins", "jit:viewers", "system:authenticated"],
            "extra": { "jit.example.com/request": ["7F3KQ2M8ZD"], "jit.example.com/role": ["prod-k8s"] },
        })
    );
    // To the second.
    stage.clock.advance(Duration::from_secs(599));
    assert_eq!(stage.who(&token).await.0, 201);
    stage.clock.advance(Duration::from_secs(1));
    assert_eq!(stage.who(&token).await.0, 401);
    let refused = identify(&minted.credentials, &stage.world.system).await.unwrap_err();
    assert!(refused.message.contains("does not accept the token"), "{refused:?}");
}

#[tokio::test]
async fn forged_stale_and_misdirected_tokens_are_nobodys() {
    let stage = Stage::set();
    let good = stage.sign(&stage.claims());
    assert_eq!(stage.who(&good).await.0, 201);
    let now = stage.clock.now().as_second();
    let stranger = Issuer::open(&stage.folder.path().join("stranger"), stage.clock.now()).unwrap();
    let foreign =
        stranger.sign(stage.claims().as_object().unwrap(), stage.clock.now()).unwrap().expose().clone();
    let payload = good.split('.').nth(1).unwrap();
    let unsigned =
        format!("{}.{payload}.", data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none","kid":"x"}"#));
    let without = |name: &str| {
        let mut claims = stage.claims();
        claims.as_object_mut().unwrap().remove(name);
        stage.sign(&claims)
    };
    for (name, token) in [
        ("another subject", stage.with("sub", "jit:role:nobody".into())),
        ("a longer subject", stage.with("sub", "jit:role:prod-k8s2".into())),
        ("the subject of no role", stage.with("sub", "jit:revoke".into())),
        ("another issuer", stage.with("iss", "https://jit.example.org".into())),
        ("AWS's audience", stage.with("aud", "sts.amazonaws.com".into())),
        ("a longer audience", stage.with("aud", "kube-prod2".into())),
        ("a group of another role", stage.with("groups", json!(["operators"]))),
        ("one group too many", stage.with("groups", json!(["admins", "system:masters"]))),
        ("groups as a text", stage.with("groups", "admins".into())),
        ("no groups", without("groups")),
        ("no person", without("jit_person")),
        ("expired", stage.with("exp", now.into())),
        ("not valid yet", stage.with("nbf", (now + 301).into())),
        ("another key", foreign),
        ("unsigned", unsigned),
        ("cut", good[..good.len() - 10].to_owned()),
        ("nothing", String::new()),
    ] {
        let (status, told) = stage.who(&token).await;
        let said = (status, told["kind"].as_str(), told["reason"].as_str(), told["message"].as_str());
        assert_eq!(said, (401, Some("Status"), Some("Unauthorized"), Some("Unauthorized")), "{name}: {told}");
    }
    // A cluster that trusts no role takes no token.
    stage.clusters.lock().unwrap().clear();
    assert_eq!(stage.who(&good).await.0, 401);
}

#[tokio::test]
async fn a_call_without_a_token_is_anonymous_and_may_ask_nothing() {
    let stage = Stage::set();
    let (status, told) = stage.review(None, "SelfSubjectReview", json!(null)).await;
    assert_eq!(
        (status, told["message"].as_str().unwrap()),
        (
            403,
            "selfsubjectreviews.authentication.k8s.io is forbidden: User \"system:anonymous\" cannot create resource \
             \"selfsubjectreviews\" in API group \"authentication.k8s.io\" at the cluster scope"
        )
    );
    let url = format!("{SERVER}/apis/authentication.k8s.io/v1/selfsubjectreviews");
    let good = format!("Bearer {}", stage.sign(&stage.claims()));
    for (name, status, request) in [
        (
            "no bearer",
            401,
            Request::new(http::Method::POST, url.as_str()).header("authorization", "Basic YTpi"),
        ),
        ("a look", 405, Request::new(http::Method::GET, url.as_str()).header("authorization", good.clone())),
        (
            "another kind",
            400,
            Request::new(http::Method::POST, url.as_str())
                .header("authorization", good.clone())
                .body("application/json", r#"{"apiVersion":"v1","kind":"Pod"}"#),
        ),
        (
            "another resource",
            404,
            Request::new(http::Method::POST, format!("{url}x")).header("authorization", good.clone()),
        ),
    ] {
        let (got, told) = stage.send(request).await;
        assert_eq!((got, told["kind"].as_str()), (status, Some("Status")), "{name}: {told}");
    }
}

#[tokio::test]
async fn whose_a_token_is_is_told_to_those_who_may_ask() {
    let stage = Stage::set();
    let (mine, other) = (stage.sign(&stage.claims()), {
        let mut claims = stage.claims();
        claims["sub"] = "jit:role:other".into();
        claims["groups"] = json!(["operators"]);
        stage.sign(&claims)
    });
    let review = |spec: Value| stage.review(Some(&mine), "TokenReview", spec);
    let (status, told) = review(json!({ "token": other })).await;
    assert_eq!(status, 403, "{told}");
    assert!(
        told["message"]
            .as_str()
            .unwrap()
            .contains("User \"jit:ana\" cannot create resource \"tokenreviews\"")
    );
    stage.clusters.lock().unwrap()[0].reviews_tokens = true;
    let (status, told) = review(json!({ "token": other })).await;
    assert_eq!((status, &told["status"]["authenticated"]), (201, &json!(true)), "{told}");
    assert_eq!(told["status"]["user"]["groups"], json!(["jit:operators", "system:authenticated"]));
    assert_eq!(told["status"]["audiences"], json!([API_AUDIENCE]));
    assert!(!told.to_string().contains(&other), "the token is not said again");
    let (_, told) = review(json!({ "token": other, "audiences": ["elsewhere", API_AUDIENCE] })).await;
    assert_eq!(told["status"]["authenticated"], true, "{told}");
    // Neither a token for the server itself that is meant for something else, nor a bad one, is anybody's.
    let (status, told) = review(json!({ "token": other, "audiences": ["elsewhere"] })).await;
    assert_eq!((status, &told["status"]), (201, &json!({ "user": {} })));
    let bad = stage.with("exp", (stage.clock.now().as_second() - 1).into());
    let (status, told) = review(json!({ "token": bad })).await;
    assert!(status == 201 && told["status"].get("authenticated").is_none(), "{told}");
    assert!(told["status"]["error"].as_str().unwrap().contains("token is expired"), "{told}");
    assert_eq!(review(json!({ "token": "" })).await.0, 400);
    assert_eq!(review(json!(null)).await.0, 400);
}

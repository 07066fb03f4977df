//! The sandbox's side of Google Cloud verifies as Google describes it, and the provider gets through it.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use jit::grant::Credentials;
use jit::grant::ScopeDocument;
use jit::issuer::DISCOVERY_PATH;
use jit::issuer::Issuer;
use jit::issuer::KEY_SET_PATH;
use jit::issuer::discovery_json;
use jit::provider::MintOrder;
use jit::provider::MintedCredentials;
use jit::provider::Provider;
use jit::provider::ProviderError;
use jit::provider::clouds;
use jit::provider::clouds::Clouds;
use jit::provider::clouds::identify;
use jit::sandbox::Sandbox;
use jit::sandbox::SandboxAccount;
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

const ISSUER: &str = "http://127.0.0.1:9400";
const GOOGLE: &str = "http://127.0.0.1:4000";
const NOON: &str = "2026-11-23T12:00:00Z";
const ACCOUNT: &str = "db-admin@prod-123456.iam.gserviceaccount.com";
const OTHER: &str = "db-reader@prod-123456.iam.gserviceaccount.com";
const PROVIDER: &str = "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1";
const CLOUD: &str = "https://www.googleapis.com/auth/cloud-platform";

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
    accounts: Arc<Mutex<Vec<SandboxAccount>>>,
    clouds: Clouds,
}

impl Stage {
    fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at(NOON);
        let http = FakeHttp::default();
        let world = FakeWorld::new(folder.path(), &clock.advancing(), &http, 1);
        let issuer = Arc::new(Issuer::open(&folder.path().join("keys"), clock.now()).unwrap());
        http.route(ISSUER, Arc::new(IssuerHost(Arc::clone(&issuer), clock.clone())));
        let accounts = Arc::new(Mutex::new(vec![
            SandboxAccount::for_subject(ACCOUNT, PROVIDER, "jit:role:prod-db"),
            SandboxAccount::for_subject(OTHER, PROVIDER, "jit:role:other"),
        ]));
        let listed = Arc::clone(&accounts);
        let sandbox = Sandbox::new(
            Settings::new(ISSUER, Vec::new()),
            Arc::new(http.clone()),
            Arc::new(clock.clone()),
            Arc::new(CountedEntropy::seeded(2)),
        )
        .with_accounts(Arc::new(move || listed.lock().unwrap().clone()));
        http.route(GOOGLE, Arc::new(RouterHost(sandbox.router())));
        let clouds = Clouds::new(Arc::clone(&issuer), ISSUER.to_owned(), Arc::default(), &world.system);
        Self { folder, clock, http, world, issuer, accounts, clouds }
    }

    fn order(&self, seconds: i64) -> MintOrder {
        let end = self.clock.now() + SignedDuration::from_secs(seconds);
        MintOrder {
            target: format!("gcp:{ACCOUNT}?project=prod-123456&provider={PROVIDER}&endpoint={GOOGLE}")
                .parse()
                .unwrap(),
            role: "prod-db".parse().unwrap(),
            request: "7F3KQ2M8ZD".parse().unwrap(),
            person: "ana@example.com".parse().unwrap(),
            until: end,
            grant_until: end,
            scope: None,
            source: None,
        }
    }

    async fn minted(&self, order: &MintOrder) -> Result<MintedCredentials, ProviderError> {
        self.clouds.mint(order).await
    }

    fn claims(&self) -> Value {
        let now = self.clock.now().as_second();
        json!({
            "iss": ISSUER, "sub": "jit:role:prod-db", "aud": format!("sandbox.jit/{PROVIDER}"),
            "iat": now - 5, "exp": now + 55, "jti": "1",
        })
    }

    fn sign(&self, claims: &Value) -> String {
        self.issuer.sign(claims.as_object().unwrap(), self.clock.now()).unwrap().expose().clone()
    }

    async fn exchange(&self, changes: &[(&str, &str)]) -> (u16, Value) {
        let audience = format!("//iam.googleapis.com/{PROVIDER}");
        let mut fields = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("audience", audience.as_str()),
            ("scope", CLOUD),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ];
        for (name, value) in changes {
            fields.retain(|(given, _)| given != name);
            fields.push((name, value));
        }
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::new(http::Method::POST, format!("{GOOGLE}/v1/token"))
            .body("application/x-www-form-urlencoded", body);
        self.send(request).await
    }

    async fn send(&self, request: Request) -> (u16, Value) {
        let response = self.http.send(request).await.unwrap();
        assert!(response.header("date").is_some());
        (response.status, serde_json::from_slice(&response.body).unwrap())
    }

    async fn generate(&self, email: &str, bearer: &str, order: Value) -> (u16, Value) {
        let url = format!("{GOOGLE}/v1/projects/-/serviceAccounts/{email}:generateAccessToken");
        let request = Request::new(http::Method::POST, url)
            .header("authorization", format!("Bearer {bearer}"))
            .body("application/json", order.to_string());
        self.send(request).await
    }
}

#[tokio::test]
async fn an_access_token_is_minted_and_ends_with_the_lease() {
    let stage = Stage::set();
    let order = stage.order(900);
    let minted = stage.minted(&order).await.unwrap();
    assert_eq!(minted.expires.to_string(), "2026-11-23T12:14:59Z");
    let identity = identify(&minted.credentials, &stage.world.system).await.unwrap();
    assert_eq!(identity.who, ACCOUNT);
    assert!(clouds::belongs_to(&identity, &order.target));
    stage.clock.advance(Duration::from_secs(899));
    let refused = identify(&minted.credentials, &stage.world.system).await.unwrap_err();
    assert!(refused.message.contains("does not know this token"), "{refused:?}");
}

/// An account of Google Cloud may trust several subjects, so two roles may open it.
#[tokio::test]
async fn two_roles_open_one_account() {
    let stage = Stage::set();
    stage.accounts.lock().unwrap().push(SandboxAccount::for_subject(ACCOUNT, PROVIDER, "jit:role:second"));
    let mut order = stage.order(900);
    for role in ["prod-db", "second"] {
        order.role = role.parse().unwrap();
        let minted = stage.minted(&order).await.unwrap_or_else(|error| panic!("{role}: {error:?}"));
        assert_eq!(identify(&minted.credentials, &stage.world.system).await.unwrap().who, ACCOUNT);
    }
    order.role = "other".parse().unwrap();
    stage.minted(&order).await.unwrap_err();
}

#[tokio::test]
async fn a_boundary_is_applied_once() {
    let stage = Stage::set();
    let mut order = stage.order(900);
    let document = json!({ "boundary": { "accessBoundaryRules": [{
        "availableResource": "//storage.googleapis.com/projects/_/buckets/logs",
        "availablePermissions": ["inRole:roles/storage.objectViewer"],
        "availabilityCondition": { "expression": "resource.name.startsWith('100%/a+b')" },
    }] } });
    let document = document.to_string();
    order.scope = Some(ScopeDocument::parse(jit::grant::Cloud::Gcp, &document, str::to_owned).unwrap());
    let minted = stage.minted(&order).await.unwrap();
    let Credentials::Gcp(credentials) = &minted.credentials else { panic!() };
    assert!(credentials.bounded);
    let token = credentials.token.expose().as_str();
    let kind = "urn:ietf:params:oauth:token-type:access_token";
    let options = json!({ "accessBoundary": { "accessBoundaryRules": [] } }).to_string();
    let (status, told) = stage
        .exchange(&[("subject_token_type", kind), ("subject_token", token), ("options", &options)])
        .await;
    assert_eq!((status, &told["error"]), (400, &"invalid_request".into()), "{told}");
}

#[tokio::test]
async fn what_is_configured_wrongly_is_said_in_words() {
    let stage = Stage::set();
    // The provider's condition and the binding name another role.
    let names = |account: &mut SandboxAccount, role: &str| {
        account.subject = format!("jit:role:{role}");
        account.principal.clone_from(&account.subject);
    };
    names(&mut stage.accounts.lock().unwrap()[0], "stage-db");
    let refused = stage.minted(&stage.order(900)).await.unwrap_err();
    assert!(refused.message.contains("attribute condition"), "{refused:?}");
    // The provider takes the subject, and the account does not.
    names(&mut stage.accounts.lock().unwrap()[1], "prod-db");
    let refused = stage.minted(&stage.order(900)).await.unwrap_err();
    assert!(refused.message.contains("may not act as"), "{refused:?}");
    // A limit of the account that is shorter than what was asked for.
    let stage = Stage::set();
    stage.accounts.lock().unwrap()[0].max_life = 600;
    let refused = stage.minted(&stage.order(900)).await.unwrap_err();
    assert!(refused.message.contains("live that long") && refused.hint.unwrap().contains("lease"));
    stage.minted(&stage.order(300)).await.unwrap();
    // No such provider.
    stage.accounts.lock().unwrap().clear();
    let refused = stage.minted(&stage.order(300)).await.unwrap_err();
    assert!(refused.message.contains("there is no provider"), "{refused:?}");
}

#[tokio::test]
async fn forged_stale_and_misdirected_tokens_buy_nothing() {
    let stage = Stage::set();
    let good = stage.sign(&stage.claims());
    assert_eq!(stage.exchange(&[("subject_token", &good)]).await.0, 200);
    let with = |name: &str, value: Value| {
        let mut claims = stage.claims();
        claims[name] = value;
        stage.sign(&claims)
    };
    let now = stage.clock.now().as_second();
    let stranger = Issuer::open(&stage.folder.path().join("stranger"), stage.clock.now()).unwrap();
    let foreign =
        stranger.sign(stage.claims().as_object().unwrap(), stage.clock.now()).unwrap().expose().clone();
    let payload = good.split('.').nth(1).unwrap();
    let unsigned =
        format!("{}.{payload}.", data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none","kid":"x"}"#));
    for (name, token, error) in [
        ("another subject", with("sub", "jit:role:nobody".into()), "unauthorized_client"),
        ("a longer subject", with("sub", "jit:role:prod-db2".into()), "unauthorized_client"),
        ("another issuer", with("iss", "http://127.0.0.1:9401".into()), "invalid_grant"),
        ("AWS's audience", with("aud", "sts.amazonaws.com".into()), "invalid_grant"),
        (
            "Google's audience",
            with("aud", format!("https://iam.googleapis.com/{PROVIDER}").into()),
            "invalid_grant",
        ),
        (
            "another provider's audience",
            with("aud", format!("sandbox.jit/{PROVIDER}x").into()),
            "invalid_grant",
        ),
        ("expired", with("exp", (now - 1).into()), "invalid_grant"),
        ("of the future", with("iat", (now + 1).into()), "invalid_grant"),
        ("another key", foreign, "invalid_grant"),
        ("unsigned", unsigned, "invalid_grant"),
        ("cut", good[..good.len() - 10].to_owned(), "invalid_grant"),
        ("nothing", String::new(), "invalid_grant"),
    ] {
        let (status, told) = stage.exchange(&[("subject_token", &token)]).await;
        assert_eq!((status, &told["error"]), (400, &error.into()), "{name}: {told}");
        assert!(told.get("access_token").is_none());
    }
    for (name, changes) in [
        ("another grant", vec![("grant_type", "client_credentials")]),
        ("no scope", vec![("scope", "")]),
        ("another target", vec![("audience", "//iam.googleapis.com/projects/42")]),
        (
            "a JWT as an access token",
            vec![("subject_token_type", "urn:ietf:params:oauth:token-type:access_token")],
        ),
    ] {
        let changes: Vec<_> = [("subject_token", good.as_str())].into_iter().chain(changes).collect();
        let (status, told) = stage.exchange(&changes).await;
        assert!(status == 400 && told.get("access_token").is_none(), "{name}: {told}");
    }
}

#[tokio::test]
async fn a_federated_token_acts_as_one_account_and_is_none_itself() {
    let stage = Stage::set();
    let (_, told) = stage.exchange(&[("subject_token", &stage.sign(&stage.claims()))]).await;
    let federated = told["access_token"].as_str().unwrap();
    let order = || json!({ "scope": [CLOUD], "lifetime": "60s" });
    assert_eq!(stage.generate(ACCOUNT, federated, order()).await.0, 200);
    // As google-auth sends it.
    let nulls = json!({ "scope": [CLOUD], "lifetime": "60s", "delegates": null });
    assert_eq!(stage.generate(ACCOUNT, federated, nulls).await.0, 200);
    for (name, status, email, bearer, order) in [
        ("another account", 403, OTHER, federated, order()),
        ("no account", 403, "nobody@prod-123456.iam.gserviceaccount.com", federated, order()),
        ("a guess", 401, ACCOUNT, "ya29.guess", order()),
        ("no scope", 400, ACCOUNT, federated, json!({ "scope": [], "lifetime": "60s" })),
        ("two hours", 400, ACCOUNT, federated, json!({ "scope": [CLOUD], "lifetime": "7200s" })),
        ("no time", 400, ACCOUNT, federated, json!({ "scope": [CLOUD], "lifetime": "0s" })),
        ("no unit", 400, ACCOUNT, federated, json!({ "scope": [CLOUD], "lifetime": "60" })),
    ] {
        let (got, told) = stage.generate(email, bearer, order).await;
        assert!(got == status && told.get("accessToken").is_none(), "{name}: {got} {told}");
    }
    let info = Request::new(http::Method::POST, format!("{GOOGLE}/tokeninfo"))
        .header("authorization", format!("Bearer {federated}"));
    assert_eq!(stage.send(info).await.0, 400);
    stage.clock.advance(Duration::from_secs(3600));
    assert_eq!(stage.generate(ACCOUNT, federated, order()).await.0, 401);
}

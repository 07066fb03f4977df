//! The sandbox's side of Entra verifies as Microsoft describes it, and the provider gets through it.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::SignedDuration;
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
use jit::sandbox::SandboxApp;
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
const ENTRA: &str = "http://127.0.0.1:4000";
const NOON: &str = "2026-11-23T12:00:00Z";
const TENANT: &str = "0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90";
const APP: &str = "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc";
const OTHER: &str = "11111111-2222-4333-8444-555555555555";
const MANAGER: &str = "https://management.azure.com";
const FORM: &str = "application/x-www-form-urlencoded";

struct IssuerHost(Arc<Issuer>, FakeClock, Arc<Mutex<bool>>);

#[async_trait]
impl Host for IssuerHost {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        if *self.2.lock().unwrap() {
            return Err(HttpError::TimeOut { host: "127.0.0.1:9400".to_owned() });
        }
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
    apps: Arc<Mutex<Vec<SandboxApp>>>,
    silent: Arc<Mutex<bool>>,
    clouds: Clouds,
}

impl Stage {
    fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at(NOON);
        let http = FakeHttp::default();
        let world = FakeWorld::new(folder.path(), &clock.advancing(), &http, 1);
        let issuer = Arc::new(Issuer::open(&folder.path().join("keys"), clock.now()).unwrap());
        let silent = Arc::new(Mutex::new(false));
        let host = IssuerHost(Arc::clone(&issuer), clock.clone(), Arc::clone(&silent));
        http.route(ISSUER, Arc::new(host));
        let app = |id, subject| SandboxApp::for_subject((TENANT, id), &[MANAGER.to_owned()], subject);
        let apps = Arc::new(Mutex::new(vec![app(APP, "jit:role:prod-db"), app(OTHER, "jit:role:other")]));
        let listed = Arc::clone(&apps);
        let sandbox = Sandbox::new(
            Settings::new(ISSUER, Vec::new()),
            Arc::new(http.clone()),
            Arc::new(clock.clone()),
            Arc::new(CountedEntropy::seeded(2)),
        )
        .with_apps(Arc::new(move || listed.lock().unwrap().clone()));
        http.route(ENTRA, Arc::new(RouterHost(sandbox.router())));
        let clouds = Clouds::new(Arc::clone(&issuer), ISSUER.to_owned(), Arc::default(), &world.system);
        Self { folder, clock, http, world, issuer, apps, silent, clouds }
    }

    fn order(&self) -> MintOrder {
        let end = self.clock.now() + SignedDuration::from_hours(4);
        MintOrder {
            target: format!("azure:{APP}?tenant={TENANT}&audiences={MANAGER}&authority={ENTRA}")
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

    async fn minted(&self) -> Result<MintedCredentials, ProviderError> {
        self.clouds.mint(&self.order()).await
    }

    fn claims(&self) -> Value {
        let now = self.clock.now().as_second();
        json!({
            "iss": ISSUER, "sub": "jit:role:prod-db", "aud": "sandbox.jit/entra",
            "iat": now - 5, "nbf": now - 5, "exp": now + 55, "jti": "1",
        })
    }

    fn sign(&self, claims: &Value) -> String {
        self.issuer.sign(claims.as_object().unwrap(), self.clock.now()).unwrap().expose().clone()
    }

    async fn sign_in(&self, tenant: &str, changes: &[(&str, &str)]) -> (u16, Value) {
        let good = self.sign(&self.claims());
        let scope = format!("{MANAGER}/.default");
        let mut fields = vec![
            ("grant_type", "client_credentials"),
            ("client_id", APP),
            ("scope", scope.as_str()),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", good.as_str()),
        ];
        for (name, value) in changes {
            fields.retain(|(given, _)| given != name);
            fields.push((name, value));
        }
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(tenant, FORM, body).await
    }

    async fn send(&self, tenant: &str, kind: &str, body: String) -> (u16, Value) {
        let request =
            Request::new(http::Method::POST, format!("{ENTRA}/{tenant}/oauth2/v2.0/token")).body(kind, body);
        let response = self.http.send(request).await.unwrap();
        assert!(response.header("date").is_some());
        (response.status, serde_json::from_slice(&response.body).unwrap())
    }
}

#[tokio::test]
async fn an_access_token_is_minted_and_says_whose_it_is() {
    let stage = Stage::set();
    let minted = stage.minted().await.unwrap();
    assert_eq!(minted.expires.to_string(), "2026-11-23T13:15:00Z");
    let identity = identify(&minted.credentials, &stage.world.system).await.unwrap();
    assert_eq!(identity.who, APP, "by the token's own claims");
    assert!(clouds::belongs_to(&identity, &stage.order().target));
}

/// An application may have several federated credentials, so two roles may open it, each for audiences of its own.
#[tokio::test]
async fn two_roles_open_one_application() {
    let stage = Stage::set();
    let second = SandboxApp::for_subject((TENANT, APP), &["api://orders".to_owned()], "jit:role:second");
    stage.apps.lock().unwrap().push(second);
    let mut order = stage.order();
    for (role, audience) in [("prod-db", MANAGER), ("second", "api://orders")] {
        order.role = role.parse().unwrap();
        order.target =
            format!("azure:{APP}?tenant={TENANT}&audiences={audience}&authority={ENTRA}").parse().unwrap();
        let minted = stage.clouds.mint(&order).await.unwrap_or_else(|error| panic!("{role}: {error:?}"));
        assert_eq!(identify(&minted.credentials, &stage.world.system).await.unwrap().who, APP);
    }
    order.role = "other".parse().unwrap();
    let refused = stage.clouds.mint(&order).await.unwrap_err();
    assert!(refused.message.contains("names the role's subject"), "{refused:?}");
}

#[tokio::test]
async fn what_is_configured_wrongly_is_said_in_words() {
    let with = async |change: fn(&Stage)| {
        let stage = Stage::set();
        change(&stage);
        let refused = stage.minted().await.unwrap_err();
        assert!(refused.hint.is_some(), "{refused:?}");
        (refused.message, refused.passing)
    };
    let of = |message: &str, passing: bool, got: &(String, bool)| {
        assert!(got.0.contains(message) && got.1 == passing, "{message}: {got:?}");
    };
    let subject = with(|stage| stage.apps.lock().unwrap()[0].subject = Some("jit:role:stage-db".to_owned()));
    of("names the role's subject", false, &subject.await);
    let none = with(|stage| stage.apps.lock().unwrap()[0].subject = None);
    of("no federated credential of the application", true, &none.await);
    let app = with(|stage| stage.apps.lock().unwrap()[0].client_id = OTHER.to_owned());
    of("there is no application", false, &app.await);
    let tenant = with(|stage| stage.apps.lock().unwrap().clear());
    of("there is no tenant", false, &tenant.await);
    let resource = with(|stage| stage.apps.lock().unwrap()[0].audiences.clear());
    of("knows no resource https://management.azure.com", false, &resource.await);
    let silent = with(|stage| *stage.silent.lock().unwrap() = true);
    of("cannot fetch the issuer's documents", true, &silent.await);
    let life = with(|stage| stage.apps.lock().unwrap()[0].life = 86_400);
    of("lives for 86400 seconds", false, &life.await);
}

#[tokio::test]
async fn forged_stale_and_misdirected_tokens_sign_nobody_in() {
    let stage = Stage::set();
    let good = stage.sign(&stage.claims());
    assert_eq!(stage.sign_in(TENANT, &[]).await.0, 200);
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
    for (name, token, code) in [
        ("another subject", with("sub", "jit:role:nobody".into()), 700_213),
        ("another role's subject", with("sub", "jit:role:other".into()), 700_213),
        ("a longer subject", with("sub", "jit:role:prod-db2".into()), 700_213),
        ("another case", with("sub", "jit:role:Prod-db".into()), 700_213),
        ("another issuer", with("iss", "http://127.0.0.1:9401".into()), 700_211),
        ("a slash more", with("iss", format!("{ISSUER}/").into()), 700_211),
        ("AWS's audience", with("aud", "sts.amazonaws.com".into()), 700_212),
        ("the audience of Entra itself", with("aud", "api://AzureADTokenExchange".into()), 700_212),
        ("another cloud's audience", with("aud", "api://AzureADTokenExchangeUSGov".into()), 700_212),
        ("two audiences", with("aud", json!(["sandbox.jit/entra"])), 700_212),
        ("expired", with("exp", (now - 301).into()), 700_024),
        ("of the future", with("nbf", (now + 301).into()), 700_024),
        ("another key", foreign, 700_027),
        ("unsigned", unsigned, 700_027),
        ("cut", good[..good.len() - 10].to_owned(), 700_027),
        ("no JWT", "opaque".to_owned(), 50027),
        ("nothing", String::new(), 7_000_216),
    ] {
        let (status, told) = stage.sign_in(TENANT, &[("client_assertion", &token)]).await;
        assert!(status == 400 || status == 401, "{name}: {status}");
        assert_eq!(told["error_codes"], json!([code]), "{name}: {told}");
        assert!(
            told["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{code}: ")),
            "{told}"
        );
        assert!(told.get("access_token").is_none() && !told.to_string().contains("eyJ"), "{name}");
    }
}

#[tokio::test]
async fn every_field_of_the_form_is_looked_at() {
    let stage = Stage::set();
    for (name, tenant, changes, code) in [
        ("another grant", TENANT, [("grant_type", "authorization_code")], 70003),
        ("another tenant", OTHER, [("grant_type", "client_credentials")], 90002),
        ("no application", TENANT, [("client_id", "")], 700_016),
        ("another application", TENANT, [("client_id", OTHER)], 700_213),
        ("another kind of assertion", TENANT, [("client_assertion_type", "jwt")], 7_000_216),
        ("no scope", TENANT, [("scope", "")], 1_002_012),
        ("a resource alone", TENANT, [("scope", MANAGER)], 1_002_012),
        (
            "two scopes",
            TENANT,
            [("scope", "https://management.azure.com/.default openid/.default")],
            1_002_012,
        ),
        ("another resource", TENANT, [("scope", "https://graph.microsoft.com/.default")], 500_011),
    ] {
        let (_, told) = stage.sign_in(tenant, &changes).await;
        assert_eq!(told["error_codes"], json!([code]), "{name}: {told}");
        assert!(told.get("access_token").is_none(), "{name}");
    }
    let twice = format!("grant_type=client_credentials&grant_type=client_credentials&client_id={APP}");
    for (kind, body) in [(FORM, twice), ("application/json", "{}".to_owned())] {
        assert_eq!(stage.send(TENANT, kind, body).await.1["error_codes"], json!([900_144]));
    }
}

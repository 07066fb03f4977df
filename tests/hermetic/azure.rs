//! Azure as a place: the calls that sign in, the lives of tokens, and services that misbehave.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use jiff::SignedDuration;
use jit::grant::Cloud;
use jit::grant::Credentials;
use jit::grant::Lease;
use jit::grant::ScopeDocument;
use jit::grant::Target;
use jit::grant::cloud::azure::AzureCredentials;
use jit::grant::cloud::azure::AzureToken;
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
use jit::system::Environment;
use jit::system::System;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::Value;
use serde_json::json;

const ENTRA: &str = "https://login.microsoftonline.com";
const NOON: &str = "2026-11-23T12:00:00Z";
const DATE: &str = "Mon, 23 Nov 2026 12:00:00 GMT";
const TENANT: &str = "0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90";
const APP: &str = "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc";
const OTHER: &str = "11111111-2222-4333-8444-555555555555";
const MANAGER: &str = "https://management.azure.com";
const GRAPH: &str = "https://graph.microsoft.com";

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
    fn set(answers: Vec<Answer>) -> Self {
        Self::at(ENTRA, answers)
    }

    fn at(authority: &str, answers: Vec<Answer>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at(NOON);
        let http = FakeHttp::default();
        let world = FakeWorld::new(folder.path(), &clock.advancing(), &http, 1);
        if !answers.is_empty() {
            http.route(authority, Arc::new(Scripted(Mutex::new(answers.into()))));
        }
        let clouds = Clouds::new(
            Arc::clone(&ISSUER),
            "https://jit.example.com".to_owned(),
            Arc::default(),
            &world.system,
        );
        Self { _folder: folder, clock, http, world, clouds }
    }

    /// An order for a grant of so many minutes, whose target ends like this.
    fn order(&self, minutes: i64, more: &str) -> MintOrder {
        let end = self.clock.now() + SignedDuration::from_mins(minutes);
        MintOrder {
            target: target(more),
            role: "prod-db".parse().unwrap(),
            request: "7F3KQ2M8ZD".parse().unwrap(),
            person: "ana@example.com".parse().unwrap(),
            until: end,
            grant_until: end,
            scope: None,
            source: None,
        }
    }

    async fn mint(&self) -> Result<MintedCredentials, ProviderError> {
        self.clouds.mint(&self.order(240, "")).await
    }

    fn sent(&self, place: usize) -> Request {
        self.http.sent().remove(place)
    }
}

fn target(more: &str) -> Target {
    format!("azure:{APP}?tenant={TENANT}&audiences={MANAGER}{more}").parse().unwrap()
}

fn form(request: &Request) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap()
}

/// A token as Entra makes it, with these changes of its claims.
fn token(audience: &str, changes: &Value) -> String {
    let mut claims = json!({ "aud": audience, "tid": TENANT, "appid": APP, "ver": "1.0" });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}.canary", part(&json!({ "typ": "JWT", "alg": "RS256" })), part(&claims))
}

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    dated(DATE, status, body)
}

fn dated(date: &str, status: u16, body: impl Into<Vec<u8>>) -> Answer {
    Ok(Response { status, headers: vec![("date".to_owned(), date.to_owned())], body: body.into() })
}

fn granted(token: &str, life: impl Into<Value>) -> Answer {
    let life: Value = life.into();
    let document =
        json!({ "token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token });
    answer(200, document.to_string())
}

fn good() -> Answer {
    granted(&token(MANAGER, &json!({})), 4500)
}

#[tokio::test]
async fn the_call_is_what_entra_wants_and_the_lease_what_it_gave() {
    let stage = Stage::set(vec![good()]);
    let minted = stage.mint().await.unwrap();
    assert_eq!(minted.expires.to_string(), "2026-11-23T13:15:00Z", "Entra decides the life");
    let Credentials::Azure(credentials) = &minted.credentials else { panic!() };
    assert_eq!(credentials.place().to_string(), format!("tenant {TENANT}"));
    assert_eq!(credentials.tokens.len(), 1);
    assert_eq!(credentials.tokens[0].audience, MANAGER);
    assert_eq!(stage.http.sent().len(), 1);
    let call = stage.sent(0);
    assert_eq!(
        (call.method.as_str(), call.url.as_str()),
        ("POST", format!("{ENTRA}/{TENANT}/oauth2/v2.0/token").as_str())
    );
    let header = |name: &str| call.headers.iter().find(|(header, _)| header == name);
    assert!(header("authorization").is_none());
    let fields = form(&call);
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    assert_eq!(names, ["client_assertion", "client_assertion_type", "client_id", "grant_type", "scope"]);
    assert_eq!(fields["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_eq!((fields["client_id"].as_str(), fields["grant_type"].as_str()), (APP, "client_credentials"));
    assert_eq!(fields["scope"], format!("{MANAGER}/.default"));
    let said = claims(&fields["client_assertion"]);
    assert_eq!(said["sub"], "jit:role:prod-db");
    assert_eq!(said["iss"], "https://jit.example.com");
    assert_eq!(said["aud"], "api://AzureADTokenExchange");
    let noon = stage.clock.now().as_second();
    let time = |name: &str| said[name].as_i64().unwrap();
    assert_eq!((time("iat"), time("nbf"), time("exp")), (noon - 5, noon - 5, noon + 55));
}

#[tokio::test]
async fn national_clouds_have_addresses_and_audiences_of_their_own() {
    for (authority, audience) in [
        ("https://login.microsoftonline.us", "api://AzureADTokenExchangeUSGov"),
        ("https://login.chinacloudapi.cn", "api://AzureADTokenExchangeChina"),
    ] {
        let stage = Stage::at(authority, vec![good()]);
        let order = stage.order(240, &format!("&authority={authority}"));
        assert_eq!(clouds::audience(&order.target).unwrap(), audience);
        stage.clouds.mint(&order).await.unwrap();
        let call = stage.sent(0);
        assert_eq!(call.url, format!("{authority}/{TENANT}/oauth2/v2.0/token"));
        assert_eq!(claims(&form(&call)["client_assertion"])["aud"], audience);
    }
}

/// There is a token for each audience, or none.
#[tokio::test]
async fn several_audiences_are_all_or_nothing() {
    let both = || vec![granted(&token(MANAGER, &json!({})), 4500), granted(&token(GRAPH, &json!({})), 3600)];
    let stage = Stage::set(both());
    let order = stage.order(240, &format!(",{GRAPH}"));
    let minted = stage.clouds.mint(&order).await.unwrap();
    assert_eq!(minted.expires.to_string(), "2026-11-23T13:00:00Z", "the first that ends counts");
    let Credentials::Azure(credentials) = &minted.credentials else { panic!() };
    let ends: Vec<String> = credentials.tokens.iter().map(|token| token.expires.to_string()).collect();
    assert_eq!(ends, ["2026-11-23T13:15:00Z", "2026-11-23T13:00:00Z"]);
    assert_eq!(minted.credentials.last_end().unwrap().to_string(), "2026-11-23T13:15:00Z");
    assert_eq!(form(&stage.sent(1))["scope"], format!("{GRAPH}/.default"));
    // Each call shows a JWT of its own.
    assert_ne!(form(&stage.sent(0))["client_assertion"], form(&stage.sent(1))["client_assertion"]);
    let refused = json!({ "error": "invalid_resource", "error_codes": [500_011] }).to_string();
    let stage = Stage::set(vec![granted(&token(MANAGER, &json!({})), 4500), answer(400, refused)]);
    let error = stage.clouds.mint(&order).await.unwrap_err();
    assert!(error.message.contains(GRAPH) && !error.message.contains("canary"), "{error:?}");
    // A token for the other audience is not taken for this one.
    let stage = Stage::set(vec![granted(&token(MANAGER, &json!({})), 4500)]);
    assert!(stage.clouds.mint(&order).await.unwrap_err().message.contains("for another audience"));
}

#[tokio::test]
async fn a_scope_gets_some_of_the_audiences() {
    let document = format!(r#"{{"audiences":["{GRAPH}"]}}"#);
    let stage = Stage::set(vec![granted(&token(GRAPH, &json!({})), 4500)]);
    let mut order = stage.order(240, &format!(",{GRAPH}"));
    order.scope = Some(ScopeDocument::parse(Cloud::Azure, &document, str::to_owned).unwrap());
    stage.clouds.mint(&order).await.unwrap();
    assert_eq!(stage.http.sent().len(), 1);
    assert_eq!(form(&stage.sent(0))["scope"], format!("{GRAPH}/.default"));
    // Never more than the role's, and nothing in the words of another cloud.
    for (cloud, text) in [
        (Cloud::Azure, r#"{"audiences":["https://vault.azure.net"]}"#),
        (Cloud::Vault, r#"{"policies":["a"]}"#),
    ] {
        let stage = Stage::set(vec![good()]);
        let mut order = stage.order(240, "");
        order.scope = Some(ScopeDocument::parse(cloud, text, str::to_owned).unwrap());
        stage.clouds.mint(&order).await.unwrap_err();
        assert!(stage.http.sent().is_empty());
    }
}

/// Without the role's word no token outlives its grant: none is asked for near the end, and none is given that lives on.
#[tokio::test]
async fn no_token_outlives_a_grant_unless_the_role_accepts_it() {
    // Minutes of the grant, seconds of the token, and whether there is one without and with `overrun`.
    for (minutes, life, without, with) in [
        (240, 5400, true, true),
        (90, 5400, true, true),
        (89, 5400, true, true),
        (89, 5401, false, true),
        (88, 3600, false, true),
        (1, 3600, false, true),
        (240, 5460, true, true),
        // Longer than any plan says.
        (240, 5461, false, false),
        (2000, 86_400, false, false),
    ] {
        for (more, wanted) in [("", without), ("&overrun=accept", with)] {
            let stage = Stage::set(vec![granted(&token(MANAGER, &json!({})), life)]);
            let order = stage.order(minutes, more);
            let minted = stage.clouds.mint(&order).await;
            assert_eq!(minted.is_ok(), wanted, "{minutes} {life} {more}: {minted:?}");
            match minted {
                // A lease ends with its grant, and says when its token really ends.
                Ok(minted) => {
                    let end = stage.clock.now() + SignedDuration::from_secs(life);
                    assert_eq!(minted.expires, end.min(order.grant_until), "{minutes} {life} {more}");
                    assert_eq!(minted.credentials.last_end(), Some(end));
                }
                Err(error) => {
                    assert!(error.hint.is_some() && !error.passing, "{error:?}");
                    let asked = !stage.http.sent().is_empty();
                    assert_eq!(asked, minutes >= 89, "Entra is not asked for what would be thrown away");
                }
            }
        }
    }
    let stage = Stage::set(vec![good()]);
    let refused = stage.clouds.mint(&stage.order(40, "")).await.unwrap_err();
    insta::assert_snapshot!(format!("{}\n{}", refused.message, refused.hint.unwrap()), @r#"
    40m of the access are left, and a token of Entra lives up to 1h30m: none is asked for that could outlive it
    tokens handed out before work until they expire; `jit extend` or a new request gives more time, and a role with overrun = "accept" gives tokens until its end
    "#);
    let mut order = stage.order(240, "&overrun=accept");
    order.grant_until = stage.clock.now();
    assert!(stage.clouds.mint(&order).await.unwrap_err().message.contains("no time is left"));
}

/// Entra misbehaves in each way; nothing is minted, and no secret is told.
#[tokio::test]
async fn services_that_misbehave_get_a_clear_error_and_give_nothing() {
    let host = || "login.microsoftonline.com".to_owned();
    let mine = token(MANAGER, &json!({}));
    let whole = json!({ "token_type": "Bearer", "expires_in": 4500, "access_token": mine }).to_string();
    let noon = "2026-11-23T12:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    let odd = |changes: Value| granted(&token(MANAGER, &changes), 4500);
    let cases: Vec<(&str, Answer, bool, usize)> = vec![
        ("truncated", answer(200, &whole.as_bytes()[..whole.len() - 30]), false, 1),
        ("empty", answer(200, ""), false, 1),
        ("page", answer(200, format!("<html>{mine}</html>")), false, 1),
        ("another token type", answer(200, whole.replace("Bearer", "pop")), false, 1),
        ("no life", answer(200, whole.replace("4500", "null")), false, 1),
        ("half a second", answer(200, whole.replace("4500", "0.5")), false, 1),
        ("no time", granted(&mine, 0), false, 1),
        ("a past end", granted(&mine, -3600), false, 1),
        ("a life of a day", granted(&mine, 86_400), false, 1),
        ("a life beyond numbers", answer(200, whole.replace("4500", "99999999999999999999")), false, 1),
        ("an end that the token contradicts", odd(json!({ "exp": noon + 9000 })), false, 1),
        ("another tenant's", odd(json!({ "tid": OTHER })), false, 1),
        ("another application's", odd(json!({ "appid": OTHER })), false, 1),
        ("another application's, version 2", odd(json!({ "azp": OTHER })), false, 1),
        ("for another audience", odd(json!({ "aud": GRAPH })), false, 1),
        ("two audiences", odd(json!({ "aud": [MANAGER, GRAPH] })), false, 1),
        ("no audience in a list", odd(json!({ "aud": [] })), false, 1),
        ("for another audience, in a list", odd(json!({ "aud": [GRAPH] })), false, 1),
        ("another tenant's, beside an end in parts", odd(json!({ "tid": OTHER, "exp": 1.5e9 })), false, 1),
        ("an application that is a number", odd(json!({ "appid": 7 })), false, 1),
        ("a tenant in a list", odd(json!({ "tid": [TENANT] })), false, 1),
        ("a token that no header carries", granted("a\r\nx-evil: 1", 4500), false, 1),
        ("a token of 100 KB", granted(&"a".repeat(100_000), 4500), false, 1),
        ("no token", granted("", 4500), false, 1),
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
        ("its clock is ahead", dated("Mon, 23 Nov 2026 12:10:00 GMT", 200, whole.clone()), false, 1),
        ("its clock is behind", dated("Mon, 23 Nov 2026 11:50:00 GMT", 200, whole.clone()), false, 1),
        ("overloaded", answer(429, json!({ "error": "temporarily_unavailable" }).to_string()), true, 4),
        ("not spread yet", answer(401, json!({ "error_codes": [70021] }).to_string()), true, 1),
    ];
    for (name, bad, passing, calls) in cases {
        let stage = Stage::set(vec![bad]);
        let refused = stage.mint().await.expect_err(name);
        assert_eq!(refused.passing, passing, "{name}: {refused:?}");
        assert!(refused.hint.is_some() && refused.message.len() < 500, "{name}: {refused:?}");
        let sent = stage.http.sent();
        assert_eq!(sent.len(), calls, "{name}");
        let shown = format!("{refused:?}");
        for secret in [mine.as_str(), "canary", "eyJ"] {
            assert!(!shown.contains(secret), "{name}: {shown}");
        }
        // Each try shows a JWT of its own.
        let mut tokens: Vec<String> =
            sent.iter().map(|request| form(request)["client_assertion"].clone()).collect();
        tokens.dedup();
        assert_eq!(tokens.len(), calls, "{name}");
    }
    // jit understands what Entra writes in other ways: a life as a text, a resource's id, an opaque token.
    for fine in [
        granted(&mine, "4500"),
        odd(json!({ "aud": OTHER })),
        odd(json!({ "aud": "https://management.core.windows.net/", "appid": null, "azp": APP })),
        odd(json!({ "exp": noon + 4500 })),
        odd(json!({ "aud": [MANAGER] })),
        granted("EwBwA8l6BAAU.opaque", 4500),
    ] {
        Stage::set(vec![fine]).mint().await.unwrap();
    }
}

/// An authority without an issuer of its own signs in with the token that it was given, as a workflow's job does.
#[tokio::test]
async fn a_given_token_signs_in_alike() {
    let stage = Stage::set(vec![good()]);
    let order = stage.order(240, "");
    assert_eq!(clouds::audience(&order.target).unwrap(), "api://AzureADTokenExchange");
    let given = Clouds::with_token(Secret::from("eyJ.job.token"), &stage.world.system);
    given.mint(&order).await.unwrap();
    assert_eq!(form(&stage.sent(0))["client_assertion"], "eyJ.job.token");
}

/// Nothing of the sign-in is in what leaves the authority.
#[tokio::test]
async fn the_assertion_is_not_in_the_lease() {
    let stage = Stage::set(vec![good()]);
    let minted = stage.mint().await.unwrap();
    let lease = Lease { number: 1, expires: minted.expires, credentials: minted.credentials.clone() };
    let json = lease.to_secret_json();
    let text = String::from_utf8_lossy(json.expose()).into_owned();
    let ours = form(&stage.sent(0))["client_assertion"].clone();
    assert!(text.contains("canary") && !text.contains(&ours), "{text}");
    assert_eq!(Lease::from_secret_json(&json).unwrap(), lease);
    let shown = format!("{lease:?}");
    assert!(!shown.contains("canary") && !shown.contains("eyJ"), "{shown}");
}

fn credentials() -> AzureCredentials {
    let one = AzureToken {
        audience: MANAGER.to_owned(),
        token: Secret::new(token(MANAGER, &json!({}))),
        expires: "2026-11-23T13:15:00Z".parse().unwrap(),
    };
    AzureCredentials {
        tokens: vec![one],
        tenant: TENANT.to_owned(),
        client_id: APP.to_owned(),
        authority: "https://login.microsoftonline.com".parse().unwrap(),
        overrun: false,
    }
}

#[tokio::test]
async fn a_token_says_itself_whose_it_is_and_an_opaque_one_is_said_to_be_so() {
    let stage = Stage::set(Vec::new());
    let ask = async |token: String| {
        let mut credentials = credentials();
        credentials.tokens[0].token = Secret::new(token);
        identify(&Credentials::Azure(credentials), &stage.world.system).await
    };
    let told = ask(token(MANAGER, &json!({}))).await.unwrap();
    assert_eq!((told.who.as_str(), told.place.to_string()), (APP, format!("tenant {TENANT}")));
    assert!(clouds::belongs_to(&told, &target("")));
    let opaque = ask("EwBwA8l6BAAU".to_owned()).await.unwrap();
    assert_eq!(opaque.who, format!("{APP} (by the authority's word: its token is opaque)"));
    assert!(clouds::belongs_to(&opaque, &target("")));
    for changes in [
        json!({ "tid": OTHER }),
        json!({ "appid": OTHER }),
        json!({ "azp": OTHER }),
        json!({ "aud": GRAPH }),
        json!({ "aud": "api://AzureADTokenExchange" }),
    ] {
        let refused = ask(token(MANAGER, &changes)).await.unwrap_err();
        assert!(refused.hint.is_some() && !format!("{refused:?}").contains("canary"), "{refused:?}");
    }
    // A claim of another type does not make it opaque.
    for changes in [
        json!({ "aud": [MANAGER, GRAPH] }),
        json!({ "exp": 0.5 }),
        json!({ "appid": 7 }),
        json!({ "tid": {} }),
    ] {
        let refused = ask(token(MANAGER, &changes)).await.unwrap_err();
        assert!(refused.message.contains("in a form that jit does not know"), "{refused:?}");
        assert!(refused.hint.is_some() && !format!("{refused:?}").contains("canary"), "{refused:?}");
    }
    let none = AzureCredentials { tokens: Vec::new(), ..credentials() };
    assert!(identify(&Credentials::Azure(none), &stage.world.system).await.is_err());
    // Another application's word fits no target of this one.
    let other: Target = format!("azure:{OTHER}?tenant={TENANT}&audiences={MANAGER}").parse().unwrap();
    assert!(!clouds::belongs_to(&told, &other) && !clouds::belongs_to(&opaque, &other));
    assert!(stage.http.sent().is_empty(), "nobody is sent the token");
}

#[tokio::test]
async fn what_a_command_finds_is_read_where_it_says_whose_it_is() {
    let mine = token(MANAGER, &json!({}));
    let stage = Stage::set(Vec::new());
    let found = async |name: &'static str, text: &str| {
        let system = System { environment: Environment::of([(name, text)]), ..stage.world.system.clone() };
        clouds::of_environment(&system).await
    };
    let Ok(found_one) = found("AZURE_ACCESS_TOKEN", &mine).await else { panic!() };
    let Credentials::Azure(read) = &found_one[0] else { panic!() };
    assert_eq!((read.tenant.as_str(), read.client_id.as_str()), (TENANT, APP));
    for text in ["opaque", ""] {
        assert!(found("AZURE_ACCESS_TOKEN", text).await.is_err(), "{text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, &mine).unwrap();
    assert_eq!(found("AZURE_ACCESS_TOKEN_FILE", file.to_str().unwrap()).await.unwrap().len(), 1);
}

#[test]
fn credentials_for_another_application_or_audience_do_not_fit() {
    let misfit = |change: fn(&mut AzureCredentials)| {
        let mut credentials = credentials();
        change(&mut credentials);
        clouds::misfit(&Credentials::Azure(credentials), &target(""))
    };
    assert_eq!(misfit(|_| ()), None);
    for change in [
        (|credentials| credentials.tenant = OTHER.to_owned()) as fn(&mut AzureCredentials),
        |credentials| credentials.client_id = OTHER.to_owned(),
        |credentials| credentials.authority = "https://login.microsoftonline.us".parse().unwrap(),
        |credentials| credentials.tokens[0].audience = GRAPH.to_owned(),
        |credentials| credentials.tokens.clear(),
        |credentials| credentials.overrun = true,
    ] {
        assert!(misfit(change).is_some());
    }
    let other = "gcp:db-admin@prod-123456.iam.gserviceaccount.com?project=prod-123456\
                 &provider=projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1";
    assert!(clouds::misfit(&Credentials::Azure(credentials()), &other.parse().unwrap()).is_some());
}

#[tokio::test]
async fn the_portal_opens_at_the_tenant_and_holds_no_secret() {
    let stage = Stage::set(Vec::new());
    let http = &*stage.world.system.http;
    let url = async |destination, credentials| {
        clouds::sign_in_url(&Credentials::Azure(credentials), destination, http)
            .await
            .map(|url| url.expose().clone())
    };
    let at = |authority: &str| AzureCredentials { authority: authority.parse().unwrap(), ..credentials() };
    assert!(!clouds::signs_in(&Credentials::Azure(credentials())));
    assert_eq!(url(None, credentials()).await.unwrap(), format!("https://portal.azure.com/#@{TENANT}/"));
    let page = "resource/subscriptions/1/resourceGroups/shop/overview";
    let whole = format!("https://portal.azure.com/#@{TENANT}/{page}");
    assert_eq!(url(Some(page), credentials()).await.unwrap(), whole);
    assert_eq!(url(Some(&whole), credentials()).await.unwrap(), whole);
    let us = url(None, at("https://login.microsoftonline.us")).await.unwrap();
    assert_eq!(us, format!("https://portal.azure.us/#@{TENANT}/"));
    for bad in ["https://evil.example/", "a?b", "../x", "a b", "a#b", "a@b", "x\u{1b}"] {
        assert!(url(Some(bad), credentials()).await.is_err(), "{bad}");
    }
    assert!(url(None, at("http://127.0.0.1:1")).await.is_err());
    assert!(stage.http.sent().is_empty());
}

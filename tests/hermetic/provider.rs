//! The provider against clouds that misbehave, and direct roles against the sandbox.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;

use async_trait::async_trait;
use jit::grant::Credentials;
use jit::grant::ScopeDocument;
use jit::grant::Target;
use jit::grant::cloud::sandbox::SandboxTarget;
use jit::issuer::Issuer;
use jit::provider::MintOrder;
use jit::provider::MintedCredentials;
use jit::provider::Provider;
use jit::provider::ProviderError;
use jit::provider::aws::AwsProvider;
use jit::provider::aws::direct::BaseCredentials;
use jit::provider::aws::direct::Chain;
use jit::provider::aws::direct::DirectOrder;
use jit::provider::aws::direct::Whose;
use jit::provider::aws::direct::assume;
use jit::provider::aws::signing::Keys;
use jit::provider::clouds::identify;
use jit::sandbox::Sandbox;
use jit::sandbox::SandboxRole;
use jit::sandbox::SandboxUser;
use jit::sandbox::Settings;
use jit::sandbox::read_note;
use jit::system::Clock;
use jit::system::fake::CountedEntropy;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake::Host;
use jit::system::fake_router::RouterHost;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use tracing_subscriber::fmt::MakeWriter;

const STS: &str = "https://sts.eu-west-1.amazonaws.com";
const NOON: &str = "2026-11-23T12:00:00Z";
const DATE: &str = "Mon, 23 Nov 2026 12:00:00 GMT";
const SECRET: &str = "hush/canary+hush";
const TOKEN: &str = "quiet//canary==";

/// One issuer for all tests, because generating its key takes longer than everything else here.
static ISSUER: LazyLock<Arc<Issuer>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    Arc::new(Issuer::open(folder.path(), NOON.parse().unwrap()).unwrap())
});

type Answer = Result<Response, HttpError>;

/// A cloud with scripted answers. The last one repeats.
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
    provider: AwsProvider,
}

impl Stage {
    fn set(answers: Vec<Answer>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at(NOON);
        let http = FakeHttp::default();
        let world = FakeWorld::new(folder.path(), &clock.advancing(), &http, 1);
        if !answers.is_empty() {
            http.route(STS, Arc::new(Scripted(Mutex::new(answers.into()))));
        }
        let provider =
            AwsProvider::new(Arc::clone(&ISSUER), "https://jit.example.com".to_owned(), &world.system);
        Self { _folder: folder, clock, http, world, provider }
    }

    fn order(&self) -> MintOrder {
        MintOrder {
            target: "aws:arn:aws:iam::111122223333:role/team/db-admin?region=eu-west-1".parse().unwrap(),
            role: "prod-db".parse().unwrap(),
            request: "7F3KQ2M8ZD".parse().unwrap(),
            person: "ana@example.com".parse().unwrap(),
            until: self.clock.now() + jiff::SignedDuration::from_secs(3600),
            grant_until: self.clock.now() + jiff::SignedDuration::from_secs(7200),
            scope: None,
            source: None,
        }
    }

    async fn mint(&self) -> Result<MintedCredentials, ProviderError> {
        self.provider.mint(&self.order()).await
    }

    fn forms(&self) -> Vec<BTreeMap<String, String>> {
        let parse = |request: Request| url::form_urlencoded::parse(&request.body).into_owned().collect();
        self.http.sent().into_iter().map(parse).collect()
    }
}

fn answer(status: u16, date: Option<&str>, body: impl Into<Vec<u8>>) -> Answer {
    let headers = date.map(|date| ("date".to_owned(), date.to_owned())).into_iter().collect();
    Ok(Response { status, headers, body: body.into() })
}

fn error(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>7b1e</RequestId></ErrorResponse>"
    );
    answer(status, Some(DATE), body)
}

fn session_xml(arn: &str, expiration: &str) -> String {
    let user = if arn.is_empty() {
        String::new()
    } else {
        format!("<AssumedRoleUser><AssumedRoleId>AROAX:s</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser>")
    };
    format!(
        "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult>\
         {user}<Credentials><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey>\
         <SessionToken>{TOKEN}</SessionToken><Expiration>{expiration}</Expiration></Credentials>\
         </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
    )
}

const OWN_ARN: &str = "arn:aws:sts::111122223333:assumed-role/db-admin/7F3KQ2M8ZD-ana@example.com";

fn session() -> Answer {
    answer(200, Some(DATE), session_xml(OWN_ARN, "2026-11-23T13:00:00Z"))
}

#[tokio::test]
async fn the_call_is_what_sts_wants_and_the_lease_what_was_ordered() {
    let stage = Stage::set(vec![session()]);
    let minted = stage.mint().await.unwrap();
    assert_eq!(minted.expires.to_string(), "2026-11-23T13:00:00Z");
    assert_eq!(minted.credentials.as_aws().unwrap().account, "111122223333");
    assert_eq!(minted.credentials.as_aws().unwrap().region, "eu-west-1");
    assert_eq!(minted.credentials.as_aws().unwrap().session_arn.as_deref(), Some(OWN_ARN));
    assert_eq!(minted.credentials.as_aws().unwrap().secret_access_key.expose(), SECRET);
    let request = stage.http.sent().pop().unwrap();
    assert_eq!(
        (request.method.as_str(), request.url.as_str()),
        ("POST", "https://sts.eu-west-1.amazonaws.com/")
    );
    assert!(
        request.headers.iter().all(|(name, _)| name == "content-type"),
        "unsigned: {:?}",
        request.headers
    );
    assert!(!request.body.contains(&b'+'));
    let form = &stage.forms()[0];
    let names: Vec<&str> = form.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["Action", "DurationSeconds", "Policy", "RoleArn", "RoleSessionName", "Version", "WebIdentityToken"]
    );
    assert_eq!(form["RoleSessionName"], "7F3KQ2M8ZD-ana@example.com");
    assert_eq!(form["DurationSeconds"], "3600");
    assert!(form["Policy"].contains(r#""DateGreaterThan":{"aws:CurrentTime":"2026-11-23T13:00:00Z"}"#));
}

const HUB: &str = "arn:aws:iam::999900001111:role/jit-hub";

#[tokio::test]
async fn a_hub_is_assumed_for_one_errand_and_the_role_from_there() {
    let hub_arn = "arn:aws:sts::999900001111:assumed-role/jit-hub/7F3KQ2M8ZD-ana@example.com";
    let first = session_xml(hub_arn, "2026-11-23T12:15:00Z").replace(SECRET, "hub/hub");
    let second =
        session_xml(OWN_ARN, "2026-11-23T13:00:00Z").replace("AssumeRoleWithWebIdentityRes", "AssumeRoleRes");
    let answers =
        |first: &str| vec![answer(200, Some(DATE), first), answer(200, Some(DATE), second.as_str())];
    let stage = Stage::set(answers(&first));
    let mut order = stage.order();
    order.target = format!("{}&via={HUB}", order.target).parse().unwrap();
    order.until = stage.clock.now() + jiff::SignedDuration::from_secs(7200);
    let minted = stage.provider.mint(&order).await.unwrap();
    assert_eq!(minted.credentials.as_aws().unwrap().secret_access_key.expose(), SECRET);
    assert_eq!(minted.expires.to_string(), "2026-11-23T13:00:00Z");
    let forms = stage.forms();
    assert_eq!(
        (forms[0]["Action"].as_str(), forms[0]["RoleArn"].as_str()),
        ("AssumeRoleWithWebIdentity", HUB)
    );
    assert_eq!(forms[0]["DurationSeconds"], "900");
    assert_eq!(
        forms[0]["Policy"],
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:AssumeRole","sts:SetSourceIdentity"],"Resource":"arn:aws:iam::111122223333:role/team/db-admin"}]}"#
    );
    let claims = data_encoding::BASE64URL_NOPAD
        .decode(forms[0]["WebIdentityToken"].split('.').nth(1).unwrap().as_bytes())
        .unwrap();
    assert!(
        String::from_utf8(claims).unwrap().contains(&format!("\"https://aws.amazon.com/roles\":[\"{HUB}\"]"))
    );
    assert_eq!(forms[1]["Action"], "AssumeRole");
    assert_eq!(forms[1]["RoleArn"], "arn:aws:iam::111122223333:role/team/db-admin");
    assert_eq!(forms[1]["DurationSeconds"], "3600", "a chained session is an hour at most");
    assert!(forms[1]["Policy"].contains("aws:CurrentTime") && !forms[1].contains_key("WebIdentityToken"));
    let signed = &stage.http.sent()[1];
    assert!(signed.headers.iter().any(|(name, value)| name == "authorization" && value.contains("ASIAX/")));
    // A session of another role than the hub goes no further.
    let stage = Stage::set(answers(&session_xml(OWN_ARN, "2026-11-23T12:15:00Z")));
    let refused = stage.provider.mint(&order).await.unwrap_err();
    assert!(refused.message.contains("another role than the hub"), "{}", refused.message);
    assert_eq!(stage.forms().len(), 1);
}

#[tokio::test]
async fn a_scope_and_an_address_go_into_the_session() {
    let stage = Stage::set(vec![session()]);
    let mut order = stage.order();
    let document =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
    order.scope = Some(ScopeDocument::parse(jit::grant::Cloud::Aws, document, str::to_owned).unwrap());
    order.source = Some("203.0.113.7".parse().unwrap());
    stage.provider.mint(&order).await.unwrap();
    let policy: serde_json::Value = serde_json::from_str(&stage.forms()[0]["Policy"]).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 3);
    assert_eq!(
        (&statements[0]["Effect"], &statements[0]["Action"]),
        (&"Allow".into(), &"s3:GetObject".into())
    );
    assert!(
        statements[1..].iter().all(|statement| statement["Effect"] == "Deny" && statement["Action"] == "*")
    );
    assert_eq!(statements[2]["Condition"]["NotIpAddress"]["aws:SourceIp"], "203.0.113.7/32");
}

#[tokio::test]
async fn the_cloud_may_give_less_but_never_more() {
    for (expiration, expires) in [
        ("2026-11-23T12:30:00Z", "2026-11-23T12:30:00Z"),
        ("2026-11-24T12:00:00.123Z", "2026-11-23T13:00:00Z"),
    ] {
        let stage = Stage::set(vec![answer(200, Some(DATE), session_xml("", expiration))]);
        assert_eq!(stage.mint().await.unwrap().expires.to_string(), expires);
    }
    // The lease has no fraction of a second, because IAM compares whole seconds.
    let stage = Stage::set(vec![session()]);
    let mut order = stage.order();
    order.grant_until = "2026-11-23T12:20:00.9Z".parse().unwrap();
    let minted = stage.provider.mint(&order).await.unwrap();
    assert_eq!(minted.expires.to_string(), "2026-11-23T12:20:00Z");
    let stage = Stage::set(vec![answer(200, Some(DATE), session_xml("", "2026-11-23T11:59:59Z"))]);
    assert!(stage.mint().await.unwrap_err().message.contains("already expired"));
}

#[tokio::test]
async fn nothing_is_asked_when_nothing_remains() {
    let stage = Stage::set(vec![session()]);
    let mut order = stage.order();
    order.grant_until = stage.clock.now();
    assert!(stage.provider.mint(&order).await.unwrap_err().message.contains("no time is left"));
    assert!(stage.http.sent().is_empty());
}

#[tokio::test]
async fn a_sandbox_target_elsewhere_is_never_asked() {
    let stage = Stage::set(vec![session()]);
    for endpoint_url in [STS, "http://10.0.0.1:4000", "http://localhost:4000"] {
        let mut order = stage.order();
        order.target = Target::Sandbox(SandboxTarget {
            role_arn: order.target.role_arn().unwrap().clone(),
            endpoint_url: endpoint_url.to_owned(),
        });
        stage.provider.mint(&order).await.unwrap_err();
    }
    assert!(stage.http.sent().is_empty());
}

#[tokio::test]
async fn only_what_may_help_is_asked_again_and_never_for_ever() {
    let unreachable_keys = "Couldn&#39;t retrieve verification key from your identity provider";
    for (status, code, message, sent) in [
        (400, "Throttling", "Rate exceeded", 4),
        (400, "IDPCommunicationError", "", 4),
        (400, "InvalidIdentityToken", unreachable_keys, 4),
        (500, "InternalFailure", "", 4),
        (503, "ServiceUnavailable", "", 4),
        (400, "ExpiredTokenException", "", 2),
        (400, "InvalidIdentityToken", "Incorrect token audience", 1),
        (403, "AccessDenied", "", 1),
        (403, "IDPRejectedClaim", "", 1),
        (403, "RegionDisabledException", "", 1),
        (400, "ValidationError", "", 1),
        (400, "MalformedPolicyDocument", "", 1),
        (400, "PackedPolicyTooLarge", "", 1),
        (400, "InvalidParameterValue", "", 1),
    ] {
        let stage = Stage::set(vec![error(status, code, message)]);
        let refused = stage.mint().await.unwrap_err();
        assert!(refused.message.contains(code) && refused.hint.is_some(), "{refused:?}");
        let forms = stage.forms();
        assert_eq!(forms.len(), sent, "{code}");
        let mut tokens: Vec<&str> = forms.iter().map(|form| form["WebIdentityToken"].as_str()).collect();
        tokens.dedup();
        assert_eq!(tokens.len(), sent, "each call has a token of its own");
        assert!(tokens.iter().all(|token| !format!("{refused:?}").contains(token)));
    }
    let stage =
        Stage::set(vec![error(400, "Throttling", ""), error(400, "IDPCommunicationError", ""), session()]);
    stage.mint().await.unwrap();
    assert_eq!(stage.http.sent().len(), 3);
    let stage = Stage::set(vec![error(400, "ExpiredTokenException", ""), session()]);
    stage.mint().await.unwrap();
}

#[tokio::test]
async fn a_cloud_whose_clock_differs_by_more_than_a_minute_gets_nothing_through() {
    for (date, fits) in [
        (Some("Mon, 23 Nov 2026 12:01:00 GMT"), true),
        (Some("Mon, 23 Nov 2026 12:01:01 GMT"), false),
        (Some("Mon, 23 Nov 2026 11:59:00 GMT"), true),
        (Some("Mon, 23 Nov 2026 11:58:59 GMT"), false),
        (Some("Mon, 23 Nov 2026 12:10:00 GMT"), false),
        (Some("Mon, 23 Nov 2026 11:50:00 GMT"), false),
        (Some("soon"), false),
        (None, false),
    ] {
        let stage = Stage::set(vec![answer(200, date, session_xml(OWN_ARN, "2026-11-23T13:00:00Z"))]);
        let minted = stage.mint().await;
        assert_eq!(minted.is_ok(), fits, "{date:?}");
        if let Err(refused) = minted {
            assert!(refused.message.contains("clock") && refused.hint.is_some(), "{refused:?}");
        }
        assert_eq!(stage.http.sent().len(), 1);
    }
    let late = answer(
        400,
        Some("Mon, 23 Nov 2026 12:10:00 GMT"),
        "<R><Error><Code>ExpiredTokenException</Code></Error></R>",
    );
    let stage = Stage::set(vec![late]);
    let refused = stage.mint().await.unwrap_err();
    assert!(refused.message.contains("differ by 600 seconds") && !refused.passing, "{refused:?}");
    assert_eq!(stage.http.sent().len(), 1, "asking again does not set a clock");
}

#[tokio::test]
async fn answers_that_are_no_answers_give_a_clear_error_and_no_secret() {
    let whole = session_xml(OWN_ARN, "2026-11-23T13:00:00Z");
    let host = || "sts.eu-west-1.amazonaws.com".to_owned();
    for (name, answer, passing) in [
        ("truncated", answer(200, Some(DATE), &whole.as_bytes()[..whole.len() - 60]), false),
        ("empty", answer(200, Some(DATE), ""), false),
        ("page", answer(200, Some(DATE), format!("<html>{SECRET}</html>")), false),
        ("JSON", answer(200, Some(DATE), format!("{{\"SecretAccessKey\":\"{SECRET}\"}}")), false),
        ("not UTF-8", answer(200, Some(DATE), vec![0xff, 0xfe]), false),
        ("error with status 200", error(200, "AccessDenied", ""), false),
        ("answer with status 403", answer(403, Some(DATE), whole.clone().replace("<A", "<x A")), false),
        ("page of a proxy", answer(502, Some(DATE), "<html><h1>Bad gateway</h1></html>"), true),
        ("redirect", answer(302, Some(DATE), ""), false),
        ("refused connection", Err(HttpError::Connect { host: host(), cause: "refused".to_owned() }), true),
        ("too slow", Err(HttpError::TimeOut { host: host() }), true),
        ("too large", Err(HttpError::TooLarge { host: host() }), false),
        ("broken off", Err(HttpError::Broken { host: host(), cause: "eof".to_owned() }), true),
    ] {
        let stage = Stage::set(vec![answer]);
        let refused = stage.mint().await.unwrap_err();
        assert_eq!(refused.passing, passing, "{name}: {refused:?}");
        assert!(refused.hint.is_some() && refused.message.len() < 500, "{name}: {refused:?}");
        let shown = format!("{refused:?}");
        let token = &stage.forms()[0]["WebIdentityToken"];
        for secret in [SECRET, TOKEN, token.as_str(), "eyJ"] {
            assert!(!shown.contains(secret), "{name}: {shown}");
        }
        assert!(stage.http.sent().iter().all(|request| request.url.starts_with(STS)), "{name}");
    }
}

#[tokio::test]
async fn a_session_of_another_role_or_account_is_refused() {
    for arn in [
        "arn:aws:sts::111122223333:assumed-role/db-reader/7F3KQ2M8ZD-ana",
        "arn:aws:sts::999922223333:assumed-role/db-admin/7F3KQ2M8ZD-ana",
        "arn:aws:iam::111122223333:user/db-admin",
        "nonsense",
    ] {
        let stage = Stage::set(vec![answer(200, Some(DATE), session_xml(arn, "2026-11-23T13:00:00Z"))]);
        let refused = stage.mint().await.unwrap_err();
        assert!(refused.message.contains("another role"), "{refused}");
        assert!(!format!("{refused:?}").contains(SECRET));
    }
}

/// A log that stores everything for a later check.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn at_trace_level_no_secret_is_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .finish();
    let identity = "<R><GetCallerIdentityResult><Account>111122223333</Account><Arn>arn</Arn></GetCallerIdentityResult></R>";
    let stage = Stage::set(vec![session(), answer(200, Some(DATE), identity)]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let minted = stage.mint().await.unwrap();
            identify(&minted.credentials, &stage.world.system).await.unwrap();
        });
    });
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("GetCallerIdentity") || log.contains("signing request"), "the signer logs: {log}");
    let token = stage.forms()[0]["WebIdentityToken"].clone();
    for secret in [SECRET, TOKEN, &token, "eyJ"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

// Direct roles, against the sandbox.

const SANDBOX: &str = "http://127.0.0.1:4000";
const DIRECT: &str = "arn:aws:iam::000000000001:role/direct";
const CHAINED: &str = "arn:aws:iam::000000000001:role/chained";
const GUARDED: &str = "arn:aws:iam::000000000001:role/guarded";
const BEYOND: &str = "arn:aws:iam::000000000001:role/beyond";
const USER: &str = "arn:aws:iam::000000000001:user/ana";
const DEVICE: &str = "arn:aws:iam::000000000001:mfa/ana";

struct Fixed(Keys);

#[async_trait]
impl BaseCredentials for Fixed {
    async fn keys(&self) -> Result<Keys, ProviderError> {
        Ok(self.0.clone())
    }
}

fn base(secret: &str) -> Fixed {
    Fixed(Keys { access_key_id: "AKIAANA".to_owned(), secret_access_key: secret.into(), session_token: None })
}

fn sandbox_stage() -> Stage {
    let stage = Stage::set(Vec::new());
    let role = |arn: &str, caller: &str, needs_mfa| SandboxRole {
        arn: arn.parse().unwrap(),
        trusted_subject: None,
        trusted_callers: vec![caller.to_owned()],
        needs_mfa,
        max_session: 43_200,
    };
    let mut settings = Settings::new(
        "http://127.0.0.1:9400",
        vec![
            role(DIRECT, USER, false),
            role(CHAINED, DIRECT, false),
            role(GUARDED, USER, true),
            role(BEYOND, GUARDED, false),
        ],
    );
    settings.users.push(SandboxUser {
        arn: USER.to_owned(),
        access_key_id: "AKIAANA".to_owned(),
        secret_access_key: "anas-own-key".into(),
        mfa: Some((DEVICE.to_owned(), "123456".into())),
    });
    let sandbox = Sandbox::new(
        settings,
        Arc::new(stage.http.clone()),
        Arc::new(stage.clock.clone()),
        Arc::new(CountedEntropy::seeded(2)),
    );
    stage.http.route(SANDBOX, Arc::new(RouterHost(sandbox.router())));
    stage
}

fn direct(stage: &Stage, role: &str, seconds: i64) -> DirectOrder {
    DirectOrder {
        target: format!("sandbox:{role}?endpoint_url={SANDBOX}").parse().unwrap(),
        session_name: "jit ana".to_owned(),
        until: stage.clock.now() + jiff::SignedDuration::from_secs(seconds),
        mfa_serial: None,
        external_id: None,
    }
}

#[tokio::test]
async fn a_direct_role_is_assumed_with_ones_own_key() {
    let stage = sandbox_stage();
    let system = &stage.world.system;
    let minted = assume(&direct(&stage, DIRECT, 7200), &base("anas-own-key"), system).await.unwrap();
    assert_eq!(minted.expires.to_string(), "2026-11-23T14:00:00Z");
    let identity = identify(&minted.credentials, system).await.unwrap();
    assert_eq!(identity.who, "arn:aws:sts::000000000001:assumed-role/direct/jit-ana");
    let form = &stage.forms()[0];
    assert!(!form.contains_key("Policy"), "a direct role has all its own power: {form:?}");
    let refused = assume(&direct(&stage, DIRECT, 7200), &base("wrong"), system).await.unwrap_err();
    assert!(refused.message.contains("SignatureDoesNotMatch"), "{refused}");
    let refused = assume(&direct(&stage, CHAINED, 7200), &base("anas-own-key"), system).await.unwrap_err();
    assert!(refused.message.contains("AccessDenied"), "{refused}");
    assert!(!format!("{refused:?}").contains("anas-own-key"));
}

#[tokio::test]
async fn a_short_direct_role_ends_on_time() {
    let stage = sandbox_stage();
    let system = &stage.world.system;
    let minted = assume(&direct(&stage, DIRECT, 60), &base("anas-own-key"), system).await.unwrap();
    assert_eq!(minted.expires.to_string(), "2026-11-23T12:01:00Z");
    read_note(&minted.credentials, system).await.unwrap();
    stage.clock.advance(std::time::Duration::from_secs(61));
    read_note(&minted.credentials, system).await.unwrap_err();
}

#[tokio::test]
async fn a_role_assumed_from_a_role_lasts_an_hour_at_most() {
    let stage = sandbox_stage();
    let system = &stage.world.system;
    let first =
        assume(&direct(&stage, DIRECT, 7200), &base("anas-own-key"), system).await.unwrap().credentials;
    let Credentials::Aws(first) = first else { panic!() };
    let chained = Fixed(Keys {
        access_key_id: first.access_key_id,
        secret_access_key: first.secret_access_key,
        session_token: Some(first.session_token),
    });
    let refused = assume(&direct(&stage, CHAINED, 3601), &chained, system).await.unwrap_err();
    assert!(refused.message.contains("at most one hour"), "{refused}");
    assert!(refused.hint.unwrap().contains("an hour or less"));
    assume(&direct(&stage, CHAINED, 3600), &chained, system).await.unwrap();
}

#[tokio::test]
async fn the_code_of_an_mfa_device_is_asked_for_where_one_is_named() {
    let stage = sandbox_stage();
    let system = &stage.world.system;
    let mut order = direct(&stage, GUARDED, 3600);
    let refused = assume(&order, &base("anas-own-key"), system).await.unwrap_err();
    assert!(refused.message.contains("AccessDenied"), "{refused}");
    order.mfa_serial = Some(DEVICE.to_owned());
    let before = stage.http.sent().len();
    for (answers, message) in
        [(vec![], "no terminal"), (vec!["^C"], "not given"), (vec!["12345"], "six digits")]
    {
        stage.world.console.answers.lock().unwrap().extend(answers.into_iter().map(str::to_owned));
        let refused = assume(&order, &base("anas-own-key"), system).await.unwrap_err();
        assert!(refused.message.contains(message) && refused.hint.is_some(), "{refused:?}");
    }
    assert_eq!(stage.http.sent().len(), before, "nothing is asked of the cloud without a code");
    stage.world.console.answers.lock().unwrap().push_back("654321".to_owned());
    let refused = assume(&order, &base("anas-own-key"), system).await.unwrap_err();
    assert!(refused.message.contains("the code of the MFA device was not accepted"), "{refused}");
    stage.world.console.answers.lock().unwrap().push_back(" 123456 ".to_owned());
    assume(&order, &base("anas-own-key"), system).await.unwrap();
    assert!(stage.world.console.said().contains(DEVICE));
}

/// Keys → a hub that demands MFA → the role. The code goes to the hub, with all settings of its profile, as AWS's own
/// CLI sends it. The role gets none.
#[tokio::test]
async fn over_a_chain_each_role_gets_what_its_own_profile_says() {
    let stage = sandbox_stage();
    let system = &stage.world.system;
    let aws = system.files.home.join(".aws");
    std::fs::create_dir_all(&aws).unwrap();
    let config = format!(
        "[profile 'my hub']\n  role_arn = {GUARDED} # through here\n  source_profile = keys\n\
         \x20 mfa_serial = {DEVICE} ; phone\n  external_id = hub:1\n  role_session_name = ana-at-hub\n  duration_seconds = 900\n"
    );
    std::fs::write(aws.join("config"), config).unwrap();
    let keys = "[keys]\naws_access_key_id = AKIAANA\naws_secret_access_key = anas-own-key\n";
    std::fs::write(aws.join("credentials"), keys).unwrap();
    let order = direct(&stage, BEYOND, 3600);
    let chain = |may_ask| Chain {
        system,
        whose: Whose::Profile("my hub".to_owned()),
        target: &order.target,
        session_name: "jit ana".to_owned(),
        may_ask,
    };
    let refused = assume(&order, &chain(false), system).await.unwrap_err();
    assert!(refused.message.contains("my hub") && refused.message.contains("MFA"), "{refused}");
    assert!(stage.http.sent().is_empty(), "nothing is asked of the cloud without a code");
    stage.world.console.answers.lock().unwrap().push_back("123456".to_owned());
    let minted = assume(&order, &chain(true), system).await.unwrap();
    let identity = identify(&minted.credentials, system).await.unwrap();
    assert_eq!(identity.who, "arn:aws:sts::000000000001:assumed-role/beyond/jit-ana");
    let forms = stage.forms();
    let of = |form: usize, name: &str| forms[form].get(name).map(String::as_str);
    for (name, hub, role) in [
        ("RoleArn", Some(GUARDED), Some(BEYOND)),
        ("SerialNumber", Some(DEVICE), None),
        ("TokenCode", Some("123456"), None),
        ("ExternalId", Some("hub:1"), None),
        ("RoleSessionName", Some("ana-at-hub"), Some("jit-ana")),
        ("DurationSeconds", Some("900"), Some("3600")),
    ] {
        assert_eq!((of(0, name), of(1, name)), (hub, role), "{name}");
    }
}

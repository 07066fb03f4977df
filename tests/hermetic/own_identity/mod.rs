//! Roles that the broker opens with its own AWS identity: how that identity is found, what it sends, and what it never does.

mod denying;
mod hostile;
mod minting;
mod sources;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::SignedDuration;
use jit::grant::Target;
use jit::issuer::Issuer;
use jit::provider::MintOrder;
use jit::provider::MintedCredentials;
use jit::provider::Provider;
use jit::provider::ProviderError;
use jit::provider::aws::AwsProvider;
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

pub const NOON: &str = "2026-11-23T12:00:00Z";
pub const STS: &str = "https://sts.eu-west-1.amazonaws.com";
pub const CONTAINER: &str = "http://169.254.170.2";
pub const POD: &str = "http://169.254.170.23";
pub const METADATA: &str = "http://169.254.169.254";
/// The broker's own secrets, which must show nowhere.
pub const SECRET: &str = "own/canary+secret+of+the+broker+own/canary";
pub const TOKEN: &str = "own//canary+token==";
pub const JWT: &str = "eyJhbGciOiJub25lIn0.b3duLWNhbmFyeQ.c2ln";
/// The pod's password for its agent.
pub const PASSWORD: &str = "pod-canary-password";
/// The secret of the minted session.
pub const MINTED: &str = "minted/secret";

pub const SESSION: &str = "arn:aws:sts::999988887777:assumed-role/jit-broker/i-0123456789";
pub const USER: &str = "arn:aws:iam::999988887777:user/jit-broker";
pub const TARGET: &str = "aws:arn:aws:iam::111122223333:role/team/db-admin?region=eu-west-1&by=broker";

/// One issuer for all tests, because generating its key takes longer than everything else here.
static ISSUER: LazyLock<Arc<Issuer>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    Arc::new(Issuer::open(folder.path(), NOON.parse().unwrap()).unwrap())
});

type Answer = Result<Response, HttpError>;

/// A host that answers by a function of the request.
struct By<F>(F);

#[async_trait]
impl<F: Fn(&Request) -> Answer + Send + Sync> Host for By<F> {
    async fn answer(&self, request: Request) -> Answer {
        (self.0)(&request)
    }
}

pub fn answer(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    Ok(Response { status, headers: Vec::new(), body: body.into() })
}

/// The form that a request posts.
pub fn form(request: &Request) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

/// The value of a header.
pub fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The access key that signed a request.
pub fn signer(request: &Request) -> Option<&str> {
    header(request, "authorization")?.split("Credential=").nth(1)?.split('/').next()
}

/// The behaviour of STS in a test.
#[derive(Clone)]
pub struct Sts {
    /// The identity of every key.
    pub identity: String,
    /// The codes and messages with which calls of these actions are refused.
    pub refused: BTreeMap<&'static str, (&'static str, &'static str)>,
    /// The access keys that have expired.
    pub expired: Vec<&'static str>,
    /// The role of minted sessions.
    pub gives: &'static str,
}

pub struct Stage {
    pub folder: tempfile::TempDir,
    pub clock: FakeClock,
    pub http: FakeHttp,
    pub world: FakeWorld,
    pub sts: Arc<Mutex<Sts>>,
    provider: Option<AwsProvider>,
}

impl Stage {
    /// A broker with these variables, whose identity is this one.
    pub fn new(identity: &str, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at(NOON);
        let http = FakeHttp::default();
        let mut world = FakeWorld::new(folder.path(), &clock.advancing(), &http, 1);
        for (name, value) in variables {
            world.system.environment.set(*name, *value);
        }
        let sts = Arc::new(Mutex::new(Sts {
            identity: identity.to_owned(),
            refused: BTreeMap::new(),
            expired: Vec::new(),
            gives: "db-admin",
        }));
        let stage = Self { folder, clock, http, world, sts, provider: None };
        stage.route_sts(STS);
        stage
    }

    /// A broker with keys in its environment.
    pub fn with_keys(identity: &str) -> Self {
        Self::new(identity, &KEYS)
    }

    pub fn route_sts(&self, origin: &str) {
        let (sts, clock) = (Arc::clone(&self.sts), self.clock.clone());
        self.http.route(origin, Arc::new(By(move |request: &Request| answer_as_sts(&sts, &clock, request))));
    }

    pub fn route(&self, origin: &str, by: impl Fn(&Request) -> Answer + Send + Sync + 'static) {
        self.http.route(origin, Arc::new(By(by)));
    }

    /// A file of the broker's.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn order(&self, target: &str, seconds: i64) -> MintOrder {
        let until = self.clock.now() + SignedDuration::from_secs(seconds);
        let target: Target = target.parse().unwrap();
        MintOrder {
            target,
            role: "prod-db".parse().unwrap(),
            request: "7F3KQ2M8ZD".parse().unwrap(),
            person: "ana@example.com".parse().unwrap(),
            until,
            grant_until: until,
            scope: None,
            source: None,
        }
    }

    pub async fn mint_of(&mut self, target: &str, seconds: i64) -> Result<MintedCredentials, ProviderError> {
        let order = self.order(target, seconds);
        let system = &self.world.system;
        let provider = self.provider.get_or_insert_with(|| {
            AwsProvider::new(Arc::clone(&ISSUER), "https://jit.example.com".to_owned(), system)
        });
        provider.mint(&order).await
    }

    pub async fn mint(&mut self) -> Result<MintedCredentials, ProviderError> {
        self.mint_of(TARGET, 3600).await
    }

    /// The refusal, which shows none of the broker's own secrets.
    pub async fn refusal(&mut self) -> ProviderError {
        let error = self.mint().await.unwrap_err();
        assert_secret(&format!("{error:?} {error}"));
        assert!(error.hint.as_ref().is_some_and(|hint| hint.len() > 10), "{error:?}");
        error
    }

    /// Method, address and signer of each request so far.
    pub fn asked(&self) -> Vec<String> {
        let said = |request: &Request| {
            let action =
                form(request).remove("Action").map_or_else(String::new, |action| format!(" {action}"));
            let by = signer(request).map_or_else(String::new, |key| format!(" by {key}"));
            format!("{} {}{action}{by}", request.method, request.url)
        };
        self.http.sent().iter().map(said).collect()
    }
}

pub const KEYS: [(&str, &str); 3] =
    [("AWS_ACCESS_KEY_ID", "AKIAOWN"), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_SESSION_TOKEN", TOKEN)];

/// Fails if a text shows a secret of the broker's own.
pub fn assert_secret(text: &str) {
    for secret in [SECRET, TOKEN, JWT, PASSWORD, "canary"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

/// The document of a container's endpoint or of the metadata, with an end so many seconds after noon.
pub fn document(id: &str, seconds: i64) -> Value {
    let end = NOON.parse::<jiff::Timestamp>().unwrap() + SignedDuration::from_secs(seconds);
    json!({
        "AccessKeyId": id, "SecretAccessKey": SECRET, "Token": TOKEN, "Expiration": end.to_string(),
        "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": NOON, "AccountId": "999988887777",
    })
}

fn answer_as_sts(sts: &Mutex<Sts>, clock: &FakeClock, request: &Request) -> Answer {
    let sts = sts.lock().unwrap().clone();
    let form = form(request);
    let date = clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let reply = |status: u16, body: String| {
        Ok(Response { status, headers: vec![("date".to_owned(), date.clone())], body: body.into_bytes() })
    };
    let refuse = |code: &str, message: &str| {
        reply(
            403,
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                            <RequestId>7b1e</RequestId></ErrorResponse>"
            ),
        )
    };
    if signer(request).is_some_and(|key| sts.expired.contains(&key)) {
        return refuse("ExpiredToken", "The security token included in the request is expired");
    }
    let action = form["Action"].as_str();
    if let Some((code, message)) = sts.refused.get(action) {
        return refuse(code, message);
    }
    if action == "GetCallerIdentity" {
        assert!(signer(request).is_some(), "the call is signed");
        let identity = &sts.identity;
        return reply(
            200,
            format!(
                "<R><GetCallerIdentityResult><Account>999988887777</Account><Arn>{identity}</Arn></GetCallerIdentityResult></R>"
            ),
        );
    }
    let (role, id, secret, token) = match form["RoleArn"].rsplit('/').next().unwrap() {
        "db-admin" => (sts.gives, "ASIAMINTED", MINTED, "minted-token"),
        // A role on the broker's own way.
        own => (own, "ASIAOWN", SECRET, TOKEN),
    };
    let account = form["RoleArn"].split(':').nth(4).unwrap();
    let seconds: i64 = form.get("DurationSeconds").map_or(3600, |text| text.parse().unwrap());
    let end = clock.now() + SignedDuration::from_secs(seconds);
    let session = &form["RoleSessionName"];
    reply(
        200,
        format!(
            "<A><{action}Result><AssumedRoleUser><Arn>arn:aws:sts::{account}:assumed-role/{role}/{session}</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{end}</Expiration></Credentials></{action}Result></A>"
        ),
    )
}

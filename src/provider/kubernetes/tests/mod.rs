//! An API server with scripted answers, and a broker and a person that ask it.

mod mint;
mod words;

use std::sync::LazyLock;
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;

use super::*;
use crate::grant::Credentials;
use crate::grant::Digest;
use crate::grant::ScopeDocument;
use crate::grant::Target;
use crate::grant::cloud::kubernetes::KubernetesScopeDocument;
use crate::issuer::Issuer;
use crate::provider::CallerIdentity;
use crate::provider::voucher::Voucher;
use crate::system::Clock;
use crate::system::fake::CountedEntropy;
use crate::system::fake::FakeClock;
use crate::system::fake::FakeHttp;
use crate::system::fake::FakeWorld;
use crate::system::fake::Host;
use crate::system::http::HttpError;
use crate::system::http::Response;

const SERVER: &str = "https://k8s.example.com";
const BY_TOKEN: &str = "kubernetes:https://k8s.example.com?audience=kube&groups=admins,viewers";
const BY_ACCOUNT: &str = "kubernetes:https://k8s.example.com?namespace=apps&service_account=deployer";

/// A JWT with these claims, whose signature is nobody's.
fn jwt(claims: &Value) -> String {
    let part = |value: &Value| data_encoding::BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}.c2ln", part(&json!({ "alg": "RS256" })), part(claims))
}

fn account_token() -> String {
    jwt(&json!({ "sub": "system:serviceaccount:apps:deployer", "aud": ["https://kubernetes.default.svc"] }))
}

fn own_token(groups: &[&str]) -> String {
    jwt(&json!({ "sub": "jit:role:prod", "aud": "kube", "groups": groups }))
}

fn credentials(token: String, account: Option<(&str, &str)>) -> KubernetesCredentials {
    KubernetesCredentials {
        token: Secret::new(token),
        server: SERVER.to_owned(),
        ca: None,
        namespace: account.map(|(namespace, _)| namespace.to_owned()),
        service_account: account.map(|(_, name)| name.to_owned()),
    }
}

fn target(text: &str) -> Target {
    text.parse().unwrap()
}

/// An API server that gives the next of these answers, and the last one for ever.
struct Server(Mutex<Vec<(u16, String)>>);

#[async_trait]
impl Host for Server {
    async fn answer(&self, _: Request) -> Result<Response, HttpError> {
        let mut answers = self.0.lock().unwrap();
        let (status, body) = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        Ok(Response { status, headers: Vec::new(), body: body.into_bytes() })
    }
}

fn network(answers: &[(u16, Value)]) -> FakeHttp {
    let texts = answers.iter().map(|(status, body)| (*status, body.to_string())).collect();
    let http = FakeHttp::default();
    http.route(SERVER, Arc::new(Server(Mutex::new(texts))));
    http
}

fn status(reason: &str, message: &str) -> Value {
    json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message })
}

fn review(user: &str, groups: &[&str]) -> Value {
    json!({ "kind": "SelfSubjectReview", "status": { "userInfo": { "username": user, "groups": groups } } })
}

struct Stage {
    folder: tempfile::TempDir,
    clock: FakeClock,
    http: FakeHttp,
    system: System,
}

impl Stage {
    fn set(answers: &[(u16, Value)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at("2026-11-23T12:00:00Z");
        let http = network(answers);
        let system = FakeWorld::new(folder.path(), &clock.advancing(), &http, 1).system;
        Self { folder, clock, http, system }
    }

    async fn identify(&self, credentials: &KubernetesCredentials) -> Result<CallerIdentity, ProviderError> {
        identify(credentials, &self.system).await
    }

    /// A provider of a broker whose own token is in a file.
    fn provider(&self) -> KubernetesProvider {
        KubernetesProvider::new(
            Tokens::Issuer(Arc::clone(&ISSUER), ISSUER_URL.to_owned()),
            self.own(),
            &self.system,
        )
    }

    fn own(&self) -> Arc<OwnTokens> {
        let path = self.folder.path().join("own-token");
        std::fs::write(&path, "the.brokers.own\n").unwrap();
        Arc::new(OwnTokens::from([(SERVER.to_owned(), path)]))
    }

    fn order(&self, target: &str, minutes: i64) -> MintOrder {
        let end = self.clock.now() + SignedDuration::from_mins(minutes);
        MintOrder {
            target: target.parse().unwrap(),
            role: "prod".parse().unwrap(),
            request: "7F3KQ2M8ZD".parse().unwrap(),
            person: "ana".parse().unwrap(),
            until: end,
            grant_until: end,
            scope: None,
            source: None,
        }
    }
}

const ISSUER_URL: &str = "https://jit.example.com";

/// One issuer for all tests, because generating its key takes longer than everything else here.
static ISSUER: LazyLock<Arc<Issuer>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    Arc::new(Issuer::open(folder.path(), "2026-11-23T12:00:00Z".parse().unwrap()).unwrap())
});

fn claims_of(credentials: &Credentials) -> Value {
    let token = credentials.bearer().unwrap().expose();
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap()
}

fn scope(groups: &str) -> Option<ScopeDocument> {
    Some(ScopeDocument::Kubernetes(KubernetesScopeDocument::parse(groups).unwrap()))
}

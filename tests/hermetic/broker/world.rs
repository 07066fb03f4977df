//! A broker, three people with keys, and a cloud that grants every mint.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jit::broker::Broker;
use jit::broker::BrokerError;
use jit::broker::BrokerSettings;
use jit::grant::Digest;
use jit::grant::Lease;
use jit::grant::Name;
use jit::grant::Signed;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::cloud::aws::AwsCredentials;
use jit::grant::lease::associated_data;
use jit::grant::span::Span;
use jit::grant::span::whole_seconds;
use jit::grant::statement::Header;
use jit::grant::statement::LoginStatement;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::ReviewStatement;
use jit::grant::statement::RevokeStatement;
use jit::grant::statement::Way;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::statement::sign;
use jit::protocol::Challenge;
use jit::protocol::Problem;
use jit::protocol::RequestView;
use jit::protocol::RoleView;
use jit::protocol::SealedLease;
use jit::protocol::Session;
use jit::provider::Deny;
use jit::provider::Denying;
use jit::provider::MintOrder;
use jit::provider::MintedCredentials;
use jit::provider::Provider;
use jit::provider::ProviderError;
use jit::secret::seal::RecipientKey;
use jit::system::Http;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake_router::RouterHost;
use jit::system::http::Request;
use jit::system::http::Response;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

pub const AUTHORITY: &str = "https://jit.example.com";
pub const NOON: &str = "2026-11-23T12:00:00Z";

/// A cloud that grants every mint, unless told otherwise.
#[derive(Default)]
pub struct FakeCloud {
    pub orders: Mutex<Vec<MintOrder>>,
    pub refuses: AtomicBool,
    /// The orders to deny what was handed out.
    pub denials: Mutex<Vec<Deny>>,
    /// Why such an order fails. `None` if it does not.
    pub denial_fails: Mutex<Option<String>>,
    /// For how many requests there is room. 0 for all.
    pub denial_room: AtomicU32,
    /// Whether such an order is never answered.
    pub denial_hangs: AtomicBool,
    /// Runs during a call to the cloud.
    pub meanwhile: Mutex<Option<tokio::sync::oneshot::Sender<tokio::sync::oneshot::Sender<()>>>>,
}

#[async_trait]
impl Provider for FakeCloud {
    async fn mint(&self, order: &MintOrder) -> Result<MintedCredentials, ProviderError> {
        self.orders.lock().unwrap().push(order.clone());
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(meanwhile) = meanwhile {
            let (done, wait) = tokio::sync::oneshot::channel();
            meanwhile.send(done).unwrap();
            wait.await.unwrap();
        }
        if self.refuses.load(Ordering::Relaxed) {
            return Err(ProviderError {
                message: "AWS refused: AccessDenied".to_owned(),
                hint: Some("run `jit setup aws-trust`".to_owned()),
                passing: false,
            });
        }
        Ok(MintedCredentials {
            credentials: AwsCredentials {
                access_key_id: "ASIAFAKE".to_owned(),
                secret_access_key: "canary-secret-key".into(),
                session_token: "canary-session-token".into(),
                account: "111122223333".to_owned(),
                session_arn: None,
                region: "eu-west-1".to_owned(),
                endpoint_url: None,
            }
            .into(),
            expires: order.until,
        })
    }

    async fn deny(&self, order: &Deny) -> Result<Denying, ProviderError> {
        self.denials.lock().unwrap().push(order.clone());
        if self.denial_hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        match self.denial_fails.lock().unwrap().clone() {
            Some(message) => Err(ProviderError { message, hint: None, passing: true }),
            None => {
                let next_sweep = order.requests.iter().map(|(_, until)| *until).max();
                let full = || ProviderError {
                    message: "the role's inline policies are full".to_owned(),
                    hint: None,
                    passing: true,
                };
                let room = self.denial_room.load(Ordering::Relaxed) as usize;
                let left: Vec<_> =
                    order.requests.iter().skip(room.max(1)).map(|(id, _)| id.clone()).collect();
                let left_out = (room > 0 && !left.is_empty()).then(|| (left, full()));
                Ok(Denying { next_sweep, left_out })
            }
        }
    }
}

pub struct World {
    pub folder: TempDir,
    pub clock: FakeClock,
    pub http: FakeHttp,
    pub fake: FakeWorld,
    pub cloud: Arc<FakeCloud>,
    pub broker: Option<Broker>,
    pub policy: BTreeMap<String, String>,
    nonces: AtomicU32,
}

/// The answer.
pub struct Answer(pub Response);

impl Answer {
    pub fn status(&self) -> u16 {
        self.0.status
    }

    #[track_caller]
    pub fn read<T: DeserializeOwned>(&self) -> T {
        let text = String::from_utf8_lossy(&self.0.body);
        assert!(self.0.status < 300, "{} {text}", self.0.status);
        serde_json::from_slice(&self.0.body).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The problem's code, after checking that the answer is a problem.
    #[track_caller]
    pub fn problem(&self) -> String {
        let text = String::from_utf8_lossy(&self.0.body);
        assert!(self.0.status >= 400, "{} {text}", self.0.status);
        assert_eq!(self.0.header("content-type"), Some("application/problem+json"), "{text}");
        let problem: Problem = serde_json::from_slice(&self.0.body).unwrap();
        assert_eq!(problem.status, self.0.status);
        problem.code
    }

    #[track_caller]
    pub fn detail(&self) -> String {
        let problem: Problem = serde_json::from_slice(&self.0.body).unwrap();
        problem.detail
    }
}

/// A person with a key, and perhaps a session.
pub struct Person {
    pub name: Name,
    pub signer: TestSigner,
    pub token: String,
}

impl World {
    /// A running broker at noon, with the policy of [`first_policy`].
    pub async fn new() -> Self {
        let mut world = Self::unstarted();
        world.start().await.unwrap();
        world
    }

    pub fn unstarted() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at(NOON);
        let http = FakeHttp::default();
        let fake = FakeWorld::new(folder.path(), &clock, &http, 1);
        let mut world = Self {
            folder,
            clock,
            http,
            fake,
            cloud: Arc::default(),
            broker: None,
            policy: BTreeMap::new(),
            nonces: AtomicU32::new(0),
        };
        for (path, text) in first_policy() {
            world.write_policy(&path, &text);
        }
        world
    }

    pub fn settings(&self) -> BrokerSettings {
        let mut settings = BrokerSettings::new(
            self.folder.path().join("policy"),
            self.folder.path().join("data"),
            AUTHORITY.to_owned(),
            "127.0.0.1:0".parse().unwrap(),
        );
        settings.keys = Some(self.folder.path().join("keys"));
        settings.provider = Some(Arc::clone(&self.cloud) as Arc<dyn Provider>);
        settings
    }

    pub async fn start(&mut self) -> Result<(), BrokerError> {
        self.start_with(self.settings()).await
    }

    pub async fn start_with(&mut self, settings: BrokerSettings) -> Result<(), BrokerError> {
        let broker = Broker::open(settings, &self.fake.system).await?;
        self.http.route(AUTHORITY, Arc::new(RouterHost(broker.router())));
        self.broker = Some(broker);
        Ok(())
    }

    pub async fn stop(&mut self) {
        self.http.unroute(AUTHORITY);
        if let Some(broker) = self.broker.take() {
            broker.close().await;
        }
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("data/broker.db")
    }

    /// Writes one file of the policy.
    pub fn write_policy(&mut self, path: &str, text: &str) {
        let file = self.folder.path().join("policy").join(path);
        std::fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).unwrap();
        std::fs::write(file, text).unwrap();
        self.policy.insert(path.to_owned(), text.to_owned());
    }

    /// Replaces text in one file of the policy and lets the broker read it.
    pub async fn change_policy(&mut self, path: &str, from: &str, to: &str) {
        let text = self.policy.get(path).unwrap().clone();
        assert!(text.contains(from), "{from:?} is not in {text}");
        self.write_policy(path, &text.replace(from, to));
        // One look sees it, and the next one accepts it.
        for _ in 0..2 {
            self.clock.advance(Duration::from_secs(3));
            if self.broker.is_some() {
                self.call("GET", "/readyz", "", None::<&()>).await;
            }
        }
    }

    pub fn now(&self) -> Timestamp {
        whole_seconds(self.fake.system.clock.now())
    }

    pub async fn call(&self, method: &str, path: &str, token: &str, body: Option<&impl Serialize>) -> Answer {
        let mut request = Request::new(method.parse().unwrap(), format!("{AUTHORITY}{path}"));
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(body) = body {
            request = request.body("application/json", serde_json::to_vec(body).unwrap());
        }
        Answer(self.http.send(request).await.unwrap())
    }

    pub async fn get(&self, path: &str, person: &Person) -> Answer {
        self.call("GET", path, &person.token, None::<&()>).await
    }

    pub async fn post(&self, path: &str, person: &Person, body: &impl Serialize) -> Answer {
        self.call("POST", path, &person.token, Some(body)).await
    }

    pub async fn post_nothing(&self, path: &str, person: &Person) -> Answer {
        self.call("POST", path, &person.token, None::<&()>).await
    }

    /// A logged-in person of the policy.
    pub async fn person(&self, name: &str) -> Person {
        let mut person = stranger(name);
        person.token = self.log_in(&person).await;
        person
    }

    pub async fn log_in(&self, person: &Person) -> String {
        let challenge: Challenge = self.call("POST", "/v1/login/challenge", "", None::<&()>).await.read();
        let signed = self.login_statement(person, &challenge.challenge);
        let session: Session = self.call("POST", "/v1/login", "", Some(&signed)).await.read();
        assert_eq!(session.person, person.name);
        session.token.unwrap().expose().clone()
    }

    pub fn login_statement(&self, person: &Person, challenge: &str) -> Signed {
        let statement = Statement::Login(LoginStatement {
            header: self.header(&person.name),
            challenge: challenge.to_owned(),
        });
        sign(&statement, &person.signer).unwrap()
    }

    pub fn header(&self, who: &Name) -> Header {
        let nonce = self.nonces.fetch_add(1, Ordering::Relaxed);
        Header {
            authority: AUTHORITY.to_owned(),
            who: who.clone(),
            at: self.now(),
            nonce: format!("nonce-of-the-test-{nonce:08}"),
        }
    }

    /// A request's statement as the person's client would make it.
    pub async fn plan(&self, person: &Person, role: &str) -> (RequestStatement, RecipientKey) {
        let role: RoleView = self.get(&format!("/v1/roles/{role}"), person).await.read();
        let header = self.header(&person.name);
        let seed = Digest::of(header.nonce.as_bytes());
        let recipient = RecipientKey::generate(seed.bytes());
        let created = header.at;
        let statement = RequestStatement {
            way: Way::Request,
            interactive: true,
            agent: false,
            role: role.name,
            target: role.target,
            scope: None,
            duration: role.duration,
            start: None,
            reason: "INC-42 fail over orders-db".to_owned(),
            recipient: recipient.public().unwrap(),
            workload: None,
            job: None,
            purpose: None,
            policy: role.policy,
            created,
            not_after: role.duration.after(role.unused.after(role.pending.after(created))),
            header,
        };
        (statement, recipient)
    }

    pub async fn ask_signed(&self, person: &Person, statement: RequestStatement) -> Answer {
        let signed = sign(&Statement::Request(Box::new(statement)), &person.signer).unwrap();
        self.post("/v1/requests", person, &signed).await
    }

    pub async fn ask(&self, person: &Person, role: &str) -> (RequestView, RecipientKey) {
        let (statement, recipient) = self.plan(person, role).await;
        (self.ask_signed(person, statement).await.read(), recipient)
    }

    pub fn review_statement(&self, person: &Person, request: &Digest, verdict: Verdict) -> ReviewStatement {
        ReviewStatement {
            header: self.header(&person.name),
            request: *request,
            verdict,
            comment: String::new(),
            duration: None,
            scope: None,
        }
    }

    pub async fn review_signed(
        &self,
        person: &Person,
        view: &RequestView,
        review: ReviewStatement,
    ) -> Answer {
        let signed = sign(&Statement::Review(review), &person.signer).unwrap();
        self.post(&format!("/v1/requests/{}/reviews", view.id), person, &signed).await
    }

    pub async fn review(&self, person: &Person, view: &RequestView, verdict: Verdict) -> Answer {
        let review = self.review_statement(person, &view.digest, verdict);
        self.review_signed(person, view, review).await
    }

    pub async fn approve(&self, person: &Person, view: &RequestView) -> RequestView {
        self.review(person, view, Verdict::Approve).await.read()
    }

    pub async fn revoke(&self, person: &Person, view: &RequestView) -> Answer {
        let statement = Statement::Revoke(RevokeStatement {
            header: self.header(&person.name),
            request: view.digest,
            reason: "the incident is over".to_owned(),
        });
        let signed = sign(&statement, &person.signer).unwrap();
        self.post(&format!("/v1/requests/{}/revoke", view.id), person, &signed).await
    }

    pub async fn mint(&self, person: &Person, view: &RequestView) -> Answer {
        self.post_nothing(&format!("/v1/requests/{}/leases", view.id), person).await
    }

    pub async fn show(&self, person: &Person, view: &RequestView) -> RequestView {
        self.get(&format!("/v1/requests/{}", view.id), person).await.read()
    }

    pub fn pass(&self, span: &str) {
        self.clock.advance(span.parse::<Span>().unwrap().duration());
    }
}

pub fn open(sealed: &SealedLease, view: &RequestView, key: &RecipientKey) -> Lease {
    let associated = associated_data(AUTHORITY, &view.digest, &sealed.run, sealed.number);
    Lease::from_secret_json(&key.open(&sealed.sealed, &associated).unwrap()).unwrap()
}

/// Somebody with this name's key, not logged in.
pub fn stranger(name: &str) -> Person {
    Person { name: name.parse().unwrap(), signer: key_of(name), token: String::new() }
}

/// Each name's own key, the same in every test. Names that end in `-touch` have a security key.
pub fn key_of(name: &str) -> TestSigner {
    let seed = u32::from_be_bytes(Digest::of(name.as_bytes()).bytes()[..4].try_into().unwrap());
    if name.ends_with("-touch") { TestSigner::touch(seed) } else { TestSigner::ed25519(seed) }
}

pub fn first_policy() -> Vec<(String, String)> {
    let people: String = ["ana", "bo", "cy", "dee", "eve", "mallory", "pat-touch"]
        .iter()
        .map(|name| format!("[people.{name}]\nkeys = [\"{}\"]\n", key_of(name).public_key()))
        .collect();
    let groups = r#"[groups]
dev = ["ana", "bo"]
sre = ["cy", "dee"]
security = ["dee", "eve"]
hardware = ["pat-touch", "cy"]
watch = ["eve"]
"#;
    let role = |name: &str, approval: &str, more: &str| {
        let text = format!(
            r#"requesters = ["group:dev", "group:sre"]
approval = {approval}
duration = "1h"
max_duration = "4h"
lease = "1h"
{more}
[aws]
role_arn = "arn:aws:iam::111122223333:role/{name}"
region = "eu-west-1"
"#
        );
        (format!("roles/{name}.toml"), text)
    };
    vec![
        ("access.toml".to_owned(), "version = 1\nauditors = [\"group:watch\"]\n".to_owned()),
        ("people.toml".to_owned(), format!("{people}{groups}")),
        role("prod", "\"1 of group:sre\"", "aliases = [\"production\"]"),
        role("vault", "{ all = [\"1 of group:sre\", \"1 of group:security\"] }", ""),
        role("sealed", "\"1 of group:hardware\"", "signed = \"touch\""),
        role("play", "\"none\"", "reason = \"optional\""),
        role("other", "\"1 of group:sre\"", ""),
    ]
}

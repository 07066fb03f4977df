//! A broker that knows people by their account at a provider, small enough to read completely, and Ana before it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::SignedDuration;
use jit::grant::Assurance;
use jit::grant::Name;
use jit::grant::Signed;
use jit::grant::statement::Kind;
use jit::identity;
use jit::identity::oidc::Expected;
use jit::identity::oidc::KeyCache;
use jit::identity::oidc::Nonce;
use jit::identity::oidc::Proven;
use jit::identity::oidc::enrolment;
use jit::protocol::Challenge;
use jit::protocol::EnrolAnswer;
use jit::protocol::EnrolCall;
use jit::protocol::GitHubCall;
use jit::protocol::GitHubPoll;
use jit::protocol::GitHubProgress;
use jit::protocol::GitHubStart;
use jit::protocol::GroupsCall;
use jit::protocol::LoginWay;
use jit::protocol::LoginWays;
use jit::protocol::OidcWay;
use jit::protocol::ProviderView;
use jit::protocol::Session;
use jit::secret::Secret;
use jit::system::Clock;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde::Serialize;
use serde_json::json;

use crate::cli::stage::Person;
use crate::support::provider::CLIENT;
use crate::support::provider::ISSUER;
use crate::support::provider::ORIGIN;
use crate::support::provider::Provider;

pub const BROKER: &str = "https://jit.example.com";

#[derive(Default)]
pub struct Books {
    /// The person of each enrolled key, and whether it stays.
    pub enrolled: BTreeMap<String, (Name, bool)>,
    /// The sessions by token.
    pub sessions: BTreeMap<String, Session>,
    /// How many tokens proved groups.
    pub proofs: usize,
    /// Whether groups must be proved before the next call.
    pub wants_groups: bool,
    on_github: Option<(String, bool)>,
    polls: usize,
    issued: usize,
}

/// The broker. It verifies tokens as the real one does.
pub struct Desk {
    pub books: Mutex<Books>,
    pub offers: Mutex<Vec<LoginWay>>,
    clock: FakeClock,
    keys: KeyCache,
}

/// Ana, the broker, and the provider.
pub struct Scene {
    pub ana: Person,
    pub desk: Arc<Desk>,
    pub provider: Provider,
    pub clock: FakeClock,
}

pub fn oidc() -> LoginWay {
    LoginWay::Oidc(OidcWay {
        issuer: ISSUER.to_owned(),
        client_id: CLIENT.to_owned(),
        scopes: vec!["openid".to_owned(), "offline_access".to_owned()],
        redirect_host: "127.0.0.1".to_owned(),
        redirect_port: None,
        public_secret: None,
    })
}

impl Scene {
    /// On a machine with a display, where time moves while the device flow waits.
    pub fn new(advances: bool) -> Self {
        let clock = FakeClock::at("2026-11-23T10:00:00Z");
        let (http, provider) = (FakeHttp::default(), Provider::new(&clock));
        http.route(ORIGIN, Arc::new(provider.clone()));
        let own = if advances { clock.advancing() } else { clock.clone() };
        let mut ana = Person::new(1, &own, &http);
        ana.world.system.environment.set("DISPLAY", ":0");
        let world = FakeWorld::new(ana.world.system.files.working.as_path(), &clock, &http, 9);
        let desk = Arc::new(Desk {
            books: Mutex::default(),
            offers: Mutex::new(vec![oidc()]),
            clock: clock.clone(),
            keys: KeyCache::new(&world.system, ISSUER),
        });
        http.route(BROKER, Arc::clone(&desk) as Arc<dyn Host>);
        Self { ana, desk, provider, clock }
    }
}

fn json<T: Serialize>(status: u16, body: &T) -> Response {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Response { status, headers, body: serde_json::to_vec(body).unwrap() }
}

fn problem(status: u16, code: &str, detail: &str) -> Response {
    let body =
        json!({"type": "about:blank", "title": code, "status": status, "detail": detail, "code": code});
    let mut answer = json(status, &body);
    answer.headers = vec![("content-type".to_owned(), "application/problem+json".to_owned())];
    answer
}

impl Desk {
    async fn proven(&self, token: &str, nonce: Nonce<'_>) -> Result<Proven, Response> {
        let expected = Expected { issuer: ISSUER, client: CLIENT, nonce };
        self.keys.verify(token, &expected).await.map_err(|error| problem(403, "token", &error.to_string()))
    }

    async fn enrol(&self, call: EnrolCall) -> Result<Response, Response> {
        let nonce = enrolment::nonce(BROKER, &call.key, &call.random);
        let proven = self.proven(&call.token, Nonce::Is(&nonce)).await?;
        let person: Name = proven.subject.parse().unwrap();
        self.books.lock().unwrap().enrolled.insert(call.key.clone(), (person.clone(), call.lasting));
        let key = identity::key::parse_line(&call.key).unwrap().fingerprint;
        Ok(json(
            200,
            &EnrolAnswer { label: person.to_string(), person, key, worth: Assurance::Account, until: None },
        ))
    }

    /// Pending at the first poll, then Ana's.
    fn on_github(&self) -> GitHubProgress {
        let mut books = self.books.lock().unwrap();
        books.polls += 1;
        if books.polls == 1 {
            return GitHubProgress { enrolled: None, interval: 7 };
        }
        let (line, lasting) = books.on_github.take().unwrap();
        let person: Name = "ana".parse().unwrap();
        books.enrolled.insert(line.clone(), (person.clone(), lasting));
        let key = identity::key::parse_line(&line).unwrap().fingerprint;
        let (label, worth) = (person.to_string(), Assurance::Account);
        GitHubProgress { enrolled: Some(EnrolAnswer { label, person, key, worth, until: None }), interval: 0 }
    }

    fn login(&self, signed: &Signed) -> Result<Response, Response> {
        let opened = identity::Opened::open(signed.clone(), Kind::Login, BROKER);
        let opened = opened.map_err(|error| problem(401, "unauthenticated", &error.to_string()))?;
        let mut books = self.books.lock().unwrap();
        let fingerprint = opened.fingerprint().to_owned();
        let owner = books.enrolled.iter().find_map(|(line, (person, _))| {
            (identity::key::parse_line(line).unwrap().fingerprint == fingerprint).then(|| person.clone())
        });
        let person = owner.ok_or_else(|| problem(401, "unauthenticated", "nobody has this key"))?;
        books.issued += 1;
        let token = format!("canary-session-{}", books.issued);
        let session = Session {
            token: Some(Secret::new(token.clone())),
            label: person.to_string(),
            person,
            key: fingerprint,
            expires: self.clock.now() + SignedDuration::from_hours(12),
            groups: vec![],
            policy: None,
            provider: Some(ProviderView {
                issuer: ISSUER.to_owned(),
                worth: Assurance::Account,
                proved: self.clock.now(),
                groups_unknown: false,
            }),
        };
        books.sessions.insert(token, session.clone());
        Ok(json(200, &session))
    }

    async fn route(&self, request: &Request) -> Result<Response, Response> {
        let path = url::Url::parse(&request.url).unwrap().path().to_owned();
        let body = &request.body;
        match path.as_str() {
            "/v1/login/ways" => {
                let (authority, ways) = (BROKER.to_owned(), self.offers.lock().unwrap().clone());
                return Ok(json(200, &LoginWays { authority, time: self.clock.now(), ways }));
            }
            "/v1/login/enrol" => return self.enrol(serde_json::from_slice(body).unwrap()).await,
            "/v1/login/github" => {
                let call: GitHubCall = serde_json::from_slice(body).unwrap();
                self.books.lock().unwrap().on_github = Some((call.key, call.lasting));
                let (user_code, address) =
                    ("GH-1234".to_owned(), "https://github.com/login/device".to_owned());
                let handle = "canary-handle".into();
                return Ok(json(200, &GitHubStart { handle, user_code, address, valid: 900, interval: 5 }));
            }
            "/v1/login/github/poll" => {
                let call: GitHubPoll = serde_json::from_slice(body).unwrap();
                assert_eq!(call.handle.expose(), "canary-handle");
                return Ok(json(200, &self.on_github()));
            }
            "/v1/login/challenge" => {
                let (authority, time) = (BROKER.to_owned(), self.clock.now());
                return Ok(json(200, &Challenge { authority, challenge: "challenge".to_owned(), time }));
            }
            "/v1/login" => return self.login(&serde_json::from_slice(body).unwrap()),
            _ => {}
        }
        let bearer = request.headers.iter().find(|(name, _)| name == "authorization");
        let token =
            bearer.and_then(|(_, value)| value.strip_prefix("Bearer ")).unwrap_or_default().to_owned();
        let session = self.books.lock().unwrap().sessions.get(&token).cloned();
        let session = session.ok_or_else(|| problem(401, "unauthenticated", "there is no such session"))?;
        if path == "/v1/session/groups" {
            let call: GroupsCall = serde_json::from_slice(body).unwrap();
            let proven = self.proven(&call.token, Nonce::Any).await?;
            if proven.subject != session.person.as_str() {
                return Err(problem(403, "token", "it is another person's"));
            }
            let mut books = self.books.lock().unwrap();
            books.proofs += 1;
            books.wants_groups = false;
            return Ok(json(200, &session));
        }
        let mut books = self.books.lock().unwrap();
        if books.wants_groups {
            return Err(problem(403, "groups", "your groups were proved more than 15 minutes ago"));
        }
        match (request.method.as_str(), path.as_str()) {
            ("DELETE", "/v1/session") => {
                books.sessions.remove(&token);
                Ok(Response { status: 204, headers: Vec::new(), body: Vec::new() })
            }
            (_, "/v1/session") => Ok(json(200, &Session { token: None, ..session })),
            (_, "/v1/roles") => Ok(json(200, &json!({"roles": []}))),
            (_, "/v1/requests") => Ok(json(200, &json!({"requests": []}))),
            _ => Err(problem(404, "not_found", "there is no such thing")),
        }
    }
}

#[async_trait]
impl Host for Desk {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        Ok(self.route(&request).await.unwrap_or_else(|refused| refused))
    }
}

//! The issuer apart from the broker: another web host serves the two documents, and a key that it does not serve does not
//! sign.

mod attacks;
mod operating;
mod rotation;
mod serving;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use jit::broker::BrokerSettings;
use jit::issuer::DISCOVERY_PATH;
use jit::issuer::KEY_SET_PATH;
use jit::protocol::Problem;
use jit::sandbox::Sandbox;
use jit::sandbox::SandboxRole;
use jit::sandbox::Settings;
use jit::system::Http;
use jit::system::fake::FakeHttp;
use jit::system::fake::Host;
use jit::system::fake_router::RouterHost;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::Value;

use crate::broker::world::AUTHORITY;
use crate::broker::world::Answer;
use crate::broker::world::World;

/// The issuer, which is not the broker.
pub const ISSUER: &str = "https://jit-issuer.example.com";
/// The cloud, which fetches the issuer's documents and verifies each token.
pub const CLOUD: &str = "http://127.0.0.1:8766";
const ARN: &str = "arn:aws:iam::000000000042:role/boxed";

/// The behaviour of the web host.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// It serves the files of its folder.
    Serves,
    /// It does, under this content type.
    Typed(&'static str),
    /// Nobody listens.
    Down,
    /// It never answers in time.
    Slow,
    /// It serves more than a client reads.
    Huge,
    /// It answers everything with this.
    Says(u16, &'static str, &'static str),
    /// It serves these texts.
    Copies(String, String),
}

/// A plain web host over a folder.
pub struct WebHost {
    pub folder: PathBuf,
    pub behaviour: Mutex<Behaviour>,
}

#[async_trait]
impl Host for WebHost {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let path = request.url.strip_prefix(ISSUER).unwrap().to_owned();
        let host = "jit-issuer.example.com".to_owned();
        let behaviour = self.behaviour.lock().unwrap().clone();
        let kind = if let Behaviour::Typed(kind) = behaviour { kind } else { "application/json" };
        let json = |body: Vec<u8>| Response {
            status: 200,
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body,
        };
        match behaviour {
            Behaviour::Serves | Behaviour::Typed(_) => {
                Ok(match fs::read(self.folder.join(path.trim_start_matches('/'))) {
                    Ok(body) => json(body),
                    Err(_) => Response { status: 404, headers: Vec::new(), body: Vec::new() },
                })
            }
            Behaviour::Down => Err(HttpError::Connect { host, cause: "connection refused".to_owned() }),
            Behaviour::Slow => Err(HttpError::TimeOut { host }),
            Behaviour::Huge => Err(HttpError::TooLarge { host }),
            Behaviour::Says(status, kind, body) => Ok(Response {
                status,
                headers: vec![
                    ("content-type".to_owned(), kind.to_owned()),
                    ("location".to_owned(), "https://evil.example/".to_owned()),
                ],
                body: body.into(),
            }),
            Behaviour::Copies(discovery, keys) => {
                Ok(json(if path == KEY_SET_PATH { keys } else { discovery }.into_bytes()))
            }
        }
    }
}

/// The web host as a cloud sees it, with a cache for the time when the host is away.
struct Cached(Arc<WebHost>, Mutex<BTreeMap<String, Response>>);

#[async_trait]
impl Host for Cached {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let url = request.url.clone();
        match self.0.answer(request).await {
            Ok(answer) if serde_json::from_slice::<Value>(&answer.body).is_ok() => {
                self.1.lock().unwrap().insert(url, answer.clone());
                Ok(answer)
            }
            other => self.1.lock().unwrap().get(&url).cloned().map_or(other, Ok),
        }
    }
}

/// A broker in a private network, a web host, and a cloud that sees the web host only.
pub struct Stage {
    pub world: World,
    pub host: Arc<WebHost>,
}

impl Stage {
    /// Everything runs, and nothing is published. With a folder, the broker writes where the web host reads.
    pub async fn start(keeps_folder: bool) -> Self {
        let mut world = World::unstarted();
        let rules =
            "requesters = [\"group:dev\"]\napproval = \"none\"\nreason = \"optional\"\nduration = \"1h\"\n";
        let target = format!("[sandbox]\nrole_arn = \"{ARN}\"\nendpoint_url = \"{CLOUD}\"\n");
        world.write_policy("roles/boxed.toml", &format!("{rules}{target}"));
        let folder = world.folder.path().join("site");
        let host = Arc::new(WebHost { folder, behaviour: Mutex::new(Behaviour::Serves) });
        world.http.route(ISSUER, Arc::clone(&host) as Arc<dyn Host>);
        let role = SandboxRole::for_subject(ARN.parse().unwrap(), "jit:role:boxed".to_owned());
        let system = &world.fake.system;
        let internet = FakeHttp::default();
        internet.route(ISSUER, Arc::new(Cached(Arc::clone(&host), Mutex::default())));
        let sandbox = Sandbox::new(
            Settings::new(ISSUER, vec![role]),
            Arc::new(internet),
            Arc::clone(&system.clock),
            Arc::clone(&system.entropy),
        );
        world.http.route(CLOUD, Arc::new(RouterHost(sandbox.router())));
        let mut stage = Self { world, host };
        stage.restart(keeps_folder).await;
        stage
    }

    pub fn settings(&self, keeps_folder: bool) -> BrokerSettings {
        let mut settings = self.world.settings();
        settings.provider = None;
        settings.issuer = Some(ISSUER.to_owned());
        settings.issuer_folder = keeps_folder.then(|| self.host.folder.clone());
        settings
    }

    /// Stops the broker if it runs, and starts it again.
    pub async fn restart(&mut self, keeps_folder: bool) {
        self.world.stop().await;
        let settings = self.settings(keeps_folder);
        self.world.start_with(settings).await.unwrap();
    }

    pub fn host_is(&self, behaviour: Behaviour) {
        *self.host.behaviour.lock().unwrap() = behaviour;
    }

    /// Both documents as the broker serves them: the discovery document and the key set.
    pub async fn originals(&self) -> (String, String) {
        let mut texts = Vec::new();
        for path in [DISCOVERY_PATH, KEY_SET_PATH] {
            let answer = self.world.call("GET", path, "", None::<&()>).await;
            assert_eq!(answer.0.header("content-type"), Some("application/json"));
            texts.push(String::from_utf8(answer.0.body).unwrap());
        }
        let keys = texts.pop().unwrap();
        (texts.pop().unwrap(), keys)
    }

    /// Uploads the broker's documents, as an operator does by hand, and waits until the broker has looked. Later the host
    /// serves just these.
    pub async fn publish(&self) {
        let (discovery, keys) = self.originals().await;
        self.host_is(Behaviour::Copies(discovery, keys));
        self.pass(60);
        self.ready().await;
    }

    /// The ids of the keys that the broker publishes.
    pub async fn kids(&self) -> Vec<String> {
        let set: Value = serde_json::from_str(&self.originals().await.1).unwrap();
        set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }

    pub fn pass(&self, seconds: u64) {
        self.world.clock.advance(Duration::from_secs(seconds));
    }

    /// Lets the background work go on until this holds. The clock ticks meanwhile: work that read it just before the last
    /// [`Self::pass`] waits for its next tick.
    pub async fn until<F: Future<Output = bool>>(&self, what: &str, mut holds: impl FnMut() -> F) {
        let held = async {
            let mut poll = async || {
                while !holds().await {
                    tokio::task::yield_now().await;
                }
            };
            while tokio::time::timeout(Duration::from_millis(50), poll()).await.is_err() {
                self.pass(1);
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(60), held).await.is_ok(), "{what} did not happen");
    }

    /// Asks for the role and has credentials minted, once.
    pub async fn mint(&self) -> Answer {
        let ana = self.world.person("ana").await;
        let (view, _) = self.world.ask(&ana, "boxed").await;
        let minted = self.world.mint(&ana, &view).await;
        self.world.post_nothing(&format!("/v1/requests/{}/end", view.id), &ana).await;
        minted
    }

    /// The id of the key that signs now: of the token that a cloud verified.
    #[track_caller]
    pub fn signer(&self, minted: &Answer) -> String {
        assert_eq!(minted.status(), 201, "{}", String::from_utf8_lossy(&minted.0.body));
        let token = self.tokens().pop().unwrap();
        let part = |place: usize| -> Value {
            let part = token.split('.').nth(place).unwrap();
            serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
        };
        assert_eq!(part(1)["iss"], ISSUER);
        part(0)["kid"].as_str().unwrap().to_owned()
    }

    /// Every token that was sent to the cloud.
    pub fn tokens(&self) -> Vec<String> {
        let sent = self.world.http.sent();
        let forms = sent.iter().filter(|request| request.url.starts_with(CLOUD));
        forms
            .filter_map(|request| {
                let form = std::str::from_utf8(&request.body).unwrap();
                form.split('&').find_map(|field| field.strip_prefix("WebIdentityToken=")).map(str::to_owned)
            })
            .collect()
    }

    /// Status and text of `/readyz`; for a problem its detail.
    pub async fn ready(&self) -> (u16, String) {
        let answer = self.world.call("GET", "/readyz", "", None::<&()>).await;
        let text = match answer.status() {
            200 => String::from_utf8(answer.0.body.clone()).unwrap(),
            _ => answer.detail(),
        };
        (answer.status(), text)
    }

    /// Status, detail and hint of a mint that must fail, with no token sent to any cloud.
    #[track_caller]
    pub fn refused(&self, minted: &Answer, tokens_before: usize) -> (u16, String, String) {
        let problem: Problem = serde_json::from_slice(&minted.0.body).unwrap();
        assert_eq!(self.tokens().len(), tokens_before, "a token left the broker");
        (minted.status(), problem.detail, problem.hint.unwrap_or_default())
    }

    /// The broker's metrics.
    pub async fn metrics(&self) -> String {
        const AT: &str = "https://metrics.example.com";
        let router = self.world.broker.as_ref().unwrap().metrics_router();
        self.world.http.route(AT, Arc::new(RouterHost(router)));
        let request = Request::new("GET".parse().unwrap(), format!("{AT}/metrics"));
        String::from_utf8(self.world.http.send(request).await.unwrap().body).unwrap()
    }

    /// How often the broker fetched the key set from the web host.
    pub fn fetches(&self) -> usize {
        let address = format!("{ISSUER}{KEY_SET_PATH}");
        self.world.http.sent().iter().filter(|request| request.url == address).count()
    }
}

/// The broker's own address, in documents and statements, stays what it is.
#[tokio::test]
async fn the_issuer_is_named_to_clouds_and_the_broker_to_people() {
    let stage = Stage::start(false).await;
    let (discovery, _) = stage.originals().await;
    let discovery: Value = serde_json::from_str(&discovery).unwrap();
    assert_eq!(discovery["issuer"], ISSUER);
    assert_eq!(discovery["jwks_uri"], format!("{ISSUER}{KEY_SET_PATH}"));
    let challenge: Value = stage.world.call("POST", "/v1/login/challenge", "", None::<&()>).await.read();
    assert_eq!(challenge["authority"], AUTHORITY);
    let ways: Value = stage.world.call("GET", "/v1/login/ways", "", None::<&()>).await.read();
    assert_eq!(ways["authority"], AUTHORITY);
}

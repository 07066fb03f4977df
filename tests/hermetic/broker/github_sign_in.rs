//! Sign-in at a broker with the account on GitHub: the device flow that the broker runs, and what gains nothing.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jit::identity::Signer;
use jit::protocol::GitHubCall;
use jit::protocol::GitHubPoll;
use jit::protocol::GitHubProgress;
use jit::protocol::GitHubStart;
use jit::protocol::LoginWay;
use jit::protocol::LoginWays;
use jit::protocol::RequestView;
use jit::protocol::Session;
use jit::secret::Secret;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::Value;
use serde_json::json;

use super::world::Person;
use super::world::World;
use super::world::key_of;
use super::world::stranger;

/// The token that GitHub gives. It must never appear anywhere.
pub const TOKEN: &str = "gho_canary-of-the-github-token";

/// GitHub as far as a sign-in needs it.
pub struct GitHub {
    /// The answers to polls, the next one last. Empty: pending.
    pub polls: Mutex<Vec<Value>>,
    asked: Mutex<Vec<String>>,
    pub user: Mutex<Value>,
}

impl GitHub {
    pub fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }
}

#[async_trait]
impl Host for GitHub {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let path = url::Url::parse(&request.url).unwrap().path().to_owned();
        self.asked.lock().unwrap().push(path.clone());
        let (status, body) = match path.as_str() {
            "/login/device/code" => {
                let form = String::from_utf8(request.body.clone()).unwrap();
                assert_eq!(form, "client_id=Ov23-test&scope=", "a sign-in asks for no right");
                (
                    200,
                    json!({
                        "device_code": "the-device-code", "user_code": "WDJB-MJHT",
                        "verification_uri": "https://github.com/login/device", "expires_in": 900, "interval": 5
                    }),
                )
            }
            "/login/oauth/access_token" => {
                let next = self.polls.lock().unwrap().pop();
                (200, next.unwrap_or_else(|| json!({ "error": "authorization_pending" })))
            }
            "/user" => {
                let bearer = request.headers.iter().any(|(_, value)| value.contains(TOKEN));
                if bearer { (200, self.user.lock().unwrap().clone()) } else { (401, json!({})) }
            }
            _ => (404, json!({})),
        };
        Ok(Response { status, headers: Vec::new(), body: body.to_string().into_bytes() })
    }
}

pub struct Scene {
    pub world: World,
    pub github: Arc<GitHub>,
}

impl Scene {
    pub async fn new() -> Self {
        let mut world = World::unstarted();
        let access =
            "version = 1\nauditors = [\"group:watch\"]\n[identity.github]\nclient_id = \"Ov23-test\"\n";
        world.write_policy("access.toml", access);
        let people = world
            .policy
            .get("people.toml")
            .unwrap()
            .replace("[people.ana]\n", "[people.ana]\ngithub = 4711\n");
        world.write_policy("people.toml", &people);
        let github = Arc::new(GitHub {
            polls: Mutex::default(),
            asked: Mutex::default(),
            user: Mutex::new(json!({ "id": 4711, "login": "ana-on-github", "type": "User" })),
        });
        world.http.route("https://github.com", Arc::clone(&github) as Arc<dyn Host>);
        world.http.route("https://api.github.com", Arc::clone(&github) as Arc<dyn Host>);
        // A trusted proxy in front, so that callers have addresses of their own.
        let mut settings = world.settings();
        settings.trusted_proxies = vec!["10.0.0.1".parse().unwrap()];
        settings.web = true;
        world.start_with(settings).await.unwrap();
        Self { world, github }
    }

    pub async fn begin(&self, key: &str, lasting: bool) -> GitHubStart {
        let call = GitHubCall { key: key.to_owned(), lasting };
        self.world.call("POST", "/v1/login/github", "", Some(&call)).await.read()
    }

    pub async fn poll(&self, handle: &Secret<String>) -> super::world::Answer {
        let call = GitHubPoll { handle: handle.clone() };
        self.world.call("POST", "/v1/login/github/poll", "", Some(&call)).await
    }

    /// Lets the person decide, and polls until the broker says so.
    pub async fn decide(&self, start: &GitHubStart, answer: Value) -> super::world::Answer {
        self.github.polls.lock().unwrap().push(answer);
        self.world.clock.advance(Duration::from_secs(start.interval));
        self.poll(&start.handle).await
    }

    pub fn granted() -> Value {
        json!({ "access_token": TOKEN, "token_type": "bearer", "scope": "" })
    }
}

/// Ana with a session key that is not in the policy.
fn at_a_new_machine() -> Person {
    let signer = key_of("a key of one session");
    Person { signer, ..stranger("ana") }
}

#[tokio::test]
async fn a_listed_person_signs_in_with_their_account() {
    let scene = Scene::new().await;
    let ways: LoginWays = scene.world.call("GET", "/v1/login/ways", "", None::<&()>).await.read();
    assert_eq!(ways.ways, [LoginWay::GitHub, LoginWay::Ssh]);
    let mut ana = at_a_new_machine();
    let start = scene.begin(ana.signer.public_key(), false).await;
    assert_eq!(
        (start.user_code.as_str(), start.address.as_str()),
        ("WDJB-MJHT", "https://github.com/login/device")
    );
    let early: GitHubProgress = scene.poll(&start.handle).await.read();
    assert_eq!((early.enrolled, early.interval), (None, 5), "the broker polls no faster than GitHub allows");
    assert_eq!(scene.github.asked("/login/oauth/access_token"), 0);
    let progress: GitHubProgress = scene.decide(&start, Scene::granted()).await.read();
    let enrolled = progress.enrolled.unwrap();
    assert_eq!((enrolled.person.as_str(), enrolled.worth.as_str()), ("ana", "account"));
    ana.token = scene.world.log_in(&ana).await;
    let session: Session = scene.world.get("/v1/session", &ana).await.read();
    assert_eq!(session.provider.unwrap().issuer, "GitHub");
    let (view, key) = scene.world.ask(&ana, "prod").await;
    let cy = scene.world.person("cy").await;
    scene.world.approve(&cy, &view).await;
    let sealed = scene.world.mint(&ana, &view).await.read();
    super::world::open(&sealed, &view, &key);
    let log = std::fs::read(scene.world.database()).unwrap();
    assert!(!log.windows(TOKEN.len()).any(|piece| piece == TOKEN.as_bytes()), "the token is kept nowhere");
    assert_eq!(scene.poll(&start.handle).await.status(), 422, "a sign-in ends once");
}

/// An account is not a key: GitHub's administrators could sign in as anybody.
#[tokio::test]
async fn an_account_reviews_only_where_an_account_is_enough() {
    let scene = Scene::new().await;
    let mut scene = scene;
    scene.world.change_policy("roles/prod.toml", "1 of group:sre", "1 of person:ana").await;
    let mut ana = at_a_new_machine();
    let start = scene.begin(ana.signer.public_key(), true).await;
    let progress: GitHubProgress = scene.decide(&start, Scene::granted()).await.read();
    assert_eq!(
        progress.enrolled.unwrap().worth.as_str(),
        "account",
        "a lasting key is not worth more by itself"
    );
    ana.token = scene.world.log_in(&ana).await;
    let bo = scene.world.person("bo").await;
    let (view, _): (RequestView, _) = scene.world.ask(&bo, "prod").await;
    let answer = scene.world.review(&ana, &view, jit::grant::Verdict::Approve).await;
    assert_eq!((answer.status(), answer.problem().as_str()), (403, "policy"));
    scene
        .world
        .change_policy("roles/prod.toml", "lease = \"1h\"", "lease = \"1h\"\nsigned = \"account\"")
        .await;
    let (view, _): (RequestView, _) = {
        scene.world.post_nothing(&format!("/v1/requests/{}/end", view.id), &bo).await;
        scene.world.ask(&bo, "prod").await
    };
    assert_eq!(scene.world.review(&ana, &view, jit::grant::Verdict::Approve).await.status(), 200);
}

#[tokio::test]
async fn nobody_gets_in_as_somebody_else() {
    let scene = Scene::new().await;
    let ana = at_a_new_machine();
    let line = ana.signer.public_key().to_owned();
    for (user, problem) in [
        (
            json!({ "id": 4712, "login": "ana", "type": "User" }),
            "the policy does not know the account ana on GitHub (its number is 4712)",
        ),
        (
            json!({ "id": 4711, "login": "ana[bot]", "type": "Bot" }),
            "the account ana[bot] on GitHub is not a person's",
        ),
        (
            json!({ "id": 4711, "login": "acme", "type": "Organization" }),
            "the account acme on GitHub is not a person's",
        ),
    ] {
        *scene.github.user.lock().unwrap() = user;
        let start = scene.begin(&line, false).await;
        let answer = scene.decide(&start, Scene::granted()).await;
        assert_eq!((answer.status(), answer.detail().as_str()), (403, problem));
    }
    *scene.github.user.lock().unwrap() = json!({ "id": 4711, "login": "ana", "type": "User" });
    for (answer, problem) in [
        (json!({ "error": "access_denied" }), "the sign-in ended: it was refused on GitHub"),
        (json!({ "error": "expired_token" }), "the sign-in ended: nobody typed the code in time"),
        (json!({ "error": "\u{1b}[2Jx" }), "the sign-in ended: GitHub says \\u{1b}[2Jx"),
    ] {
        let start = scene.begin(&line, false).await;
        let said = scene.decide(&start, answer).await;
        assert_eq!((said.status(), said.detail().as_str()), (422, problem));
        assert_eq!(scene.poll(&start.handle).await.status(), 422, "it is over");
    }
    // Cy's key stays Cy's.
    let start = scene.begin(key_of("cy").public_key(), true).await;
    assert_eq!(scene.decide(&start, Scene::granted()).await.status(), 409);
    // A key in other words, a hardware key for one session, and nonsense.
    for (key, lasting) in [
        (format!("{line} ana@laptop"), false),
        ("nonsense".to_owned(), false),
        (key_of("x-touch").public_key().to_owned(), false),
    ] {
        let call = GitHubCall { key, lasting };
        assert_eq!(scene.world.call("POST", "/v1/login/github", "", Some(&call)).await.status(), 422);
    }
    assert_eq!(scene.poll(&Secret::new("guessed".to_owned())).await.status(), 422);
}

#[tokio::test]
async fn a_code_expires_and_an_app_that_left_the_policy_signs_nobody_in() {
    let mut scene = Scene::new().await;
    let ana = at_a_new_machine();
    let start = scene.begin(ana.signer.public_key(), false).await;
    scene.world.clock.advance(Duration::from_secs(901));
    assert_eq!(scene.poll(&start.handle).await.status(), 422);
    let start = scene.begin(ana.signer.public_key(), false).await;
    scene.world.change_policy("access.toml", "Ov23-test", "Ov23-other").await;
    let answer = scene.decide(&start, Scene::granted()).await;
    assert_eq!((answer.status(), answer.problem().as_str()), (404, "not_found"));
    scene.world.change_policy("access.toml", "[identity.github]\nclient_id = \"Ov23-other\"\n", "").await;
    let call = GitHubCall { key: ana.signer.public_key().to_owned(), lasting: false };
    assert_eq!(scene.world.call("POST", "/v1/login/github", "", Some(&call)).await.status(), 404);
}

/// One caller cannot fill the place of all.
#[tokio::test]
async fn an_address_has_few_sign_ins_at_once() {
    let scene = Scene::new().await;
    let call = GitHubCall { key: at_a_new_machine().signer.public_key().to_owned(), lasting: false };
    let mut seen = Vec::new();
    for _ in 0..9 {
        seen.push(scene.world.call("POST", "/v1/login/github", "", Some(&call)).await.status());
    }
    assert_eq!(seen, [200, 200, 200, 200, 200, 200, 200, 200, 429]);
    scene.world.clock.advance(Duration::from_secs(901));
    assert_eq!(scene.world.call("POST", "/v1/login/github", "", Some(&call)).await.status(), 200);
}

/// `enrol = "trusted"` trusts the identity provider, and not GitHub.
#[tokio::test]
async fn trust_in_the_provider_is_none_in_github() {
    let mut scene = Scene::new().await;
    let oidc = "[identity.oidc]\nissuer = \"https://login.example.com\"\nclient_id = \"jit\"\nenrol = \"trusted\"\n[identity.github]";
    scene.world.change_policy("access.toml", "[identity.github]", oidc).await;
    let ana = at_a_new_machine();
    let start = scene.begin(ana.signer.public_key(), true).await;
    let progress: GitHubProgress = scene.decide(&start, Scene::granted()).await.read();
    assert_eq!(progress.enrolled.unwrap().worth.as_str(), "account");
}

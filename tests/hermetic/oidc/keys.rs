//! The cache of a provider's keys: when it fetches, what it serves while the provider is down, and how rotation looks.

use std::sync::Arc;
use std::time::Duration;

use jit::identity::oidc::Expected;
use jit::identity::oidc::Failure;
use jit::identity::oidc::IdTokenError;
use jit::identity::oidc::KeyCache;
use jit::identity::oidc::Nonce;
use jit::identity::oidc::ProviderError;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::http::HttpError;
use serde_json::json;

use crate::support::provider::CLIENT;
use crate::support::provider::ISSUER;
use crate::support::provider::ORIGIN;
use crate::support::provider::Provider;
use crate::support::provider::key;
use crate::support::provider::sign;

const NOW: &str = "2026-11-23T10:00:00Z";
const EXPECTED: Expected<'static> = Expected { issuer: ISSUER, client: CLIENT, nonce: Nonce::Any };

struct Scene {
    provider: Provider,
    clock: FakeClock,
    cache: Arc<KeyCache>,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, network) = (FakeClock::at(NOW), FakeHttp::default());
        let provider = Provider::new(&clock);
        network.route(ORIGIN, Arc::new(provider.clone()));
        let world = FakeWorld::new(folder.path(), &clock, &network, 1);
        let cache = Arc::new(KeyCache::new(&world.system, ISSUER));
        Self { provider, clock, cache, _folder: folder }
    }

    fn token(&self, id: &str) -> String {
        use jit::system::Clock;
        let now = self.clock.now().as_second();
        let claims = json!({"iss": ISSUER, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300});
        sign(&json!({"alg": "RS256", "kid": id}), &claims, &key(id))
    }

    async fn verify(&self, id: &str) -> Result<(), Failure> {
        self.cache.verify(&self.token(id), &EXPECTED).await.map(|_| ())
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn is_down(&self, down: bool) {
        let failure = down.then(|| HttpError::TimeOut { host: "login.example.com".to_owned() });
        self.provider.with(|behaviour| behaviour.failure = failure);
    }
}

const UNKNOWN: Result<(), Failure> = Err(Failure::Token(IdTokenError::UnknownKey));

#[tokio::test]
async fn keys_stay_as_long_as_the_provider_says_within_bounds() {
    for (said, seconds) in [
        (None, 300),
        (Some("no-store"), 300),
        (Some("max-age=0"), 300),
        (Some("public, max-age=3600, must-revalidate"), 3600),
        (Some("Max-Age=\"900\""), 900),
        (Some("max-age=31536000"), 86_400),
        (Some("max-age=99999999999999999999"), 300),
        (Some("max-age=-1"), 300),
    ] {
        let scene = Scene::new();
        scene.provider.with(|behaviour| behaviour.cache = said.map(str::to_owned));
        scene.verify("rsa-1").await.unwrap();
        scene.pass(seconds - 1);
        scene.verify("rsa-1").await.unwrap();
        assert_eq!(scene.provider.key_fetches(), 1, "{said:?}");
        scene.pass(1);
        scene.verify("rsa-1").await.unwrap();
        assert_eq!(scene.provider.key_fetches(), 2, "{said:?}");
    }
}

#[tokio::test]
async fn a_new_key_is_fetched_at_once_and_unknown_ones_once_a_minute() {
    let scene = Scene::new();
    scene.verify("rsa-1").await.unwrap();
    // The provider rotates between the sign-in and the token's arrival.
    scene.provider.with(|behaviour| {
        behaviour.keys = vec![key("rsa-1").jwk("rsa-1"), key("rsa-2").jwk("rsa-2")];
        behaviour.cache = Some("max-age=86400".to_owned());
    });
    scene.verify("rsa-2").await.unwrap();
    assert_eq!(scene.provider.key_fetches(), 2);
    scene.verify("rsa-1").await.unwrap();
    // A stranger's key ids cause one fetch a minute at most.
    for _ in 0..100 {
        assert_eq!(scene.verify("ed-1").await, Err(Failure::Token(IdTokenError::UnknownKey)));
    }
    assert_eq!(scene.provider.key_fetches(), 2);
    scene.pass(60);
    for _ in 0..100 {
        assert_eq!(scene.verify("ed-1").await, UNKNOWN);
    }
    assert_eq!(scene.provider.key_fetches(), 3);
    // A withdrawn key stops counting with the next fetch.
    scene.provider.with(|behaviour| behaviour.keys = vec![key("rsa-2").jwk("rsa-2")]);
    scene.pass(60);
    assert_eq!(scene.verify("ed-1").await, UNKNOWN);
    assert_eq!(scene.verify("rsa-1").await, UNKNOWN);
    scene.verify("rsa-2").await.unwrap();
}

#[tokio::test]
async fn the_last_good_keys_serve_for_a_day_while_the_provider_is_down() {
    let scene = Scene::new();
    scene.verify("rsa-1").await.unwrap();
    scene.is_down(true);
    scene.pass(301);
    scene.verify("rsa-1").await.unwrap();
    let asked = scene.provider.asked().len();
    // The failure answers for a minute: nobody waits for another time limit.
    scene.verify("rsa-1").await.unwrap();
    assert_eq!(scene.verify("rsa-2").await, UNKNOWN);
    assert_eq!(scene.provider.asked().len(), asked);
    scene.pass(60);
    scene.verify("rsa-1").await.unwrap();
    assert_eq!(scene.provider.asked().len(), asked + 1);
    scene.pass(86_400 - 62);
    scene.verify("rsa-1").await.unwrap();
    scene.pass(1);
    assert!(matches!(scene.verify("rsa-1").await, Err(Failure::Provider(ProviderError::Network(_)))));
    scene.is_down(false);
    scene.pass(5);
    scene.verify("rsa-1").await.unwrap();
}

#[tokio::test]
async fn a_broken_answer_does_not_replace_good_keys() {
    let scene = Scene::new();
    scene.verify("rsa-1").await.unwrap();
    for (status, discovery) in [
        (503, json!({})),
        (200, json!({"issuer": "https://evil.example"})),
        (200, json!({"jwks_uri": "http://127.0.0.1:9/keys"})),
        (200, json!({"jwks_uri": format!("{ISSUER}/elsewhere")})),
    ] {
        scene.provider.with(|behaviour| {
            behaviour.status = status;
            behaviour.discovery = discovery.clone();
        });
        scene.pass(301);
        assert_eq!(scene.verify("rsa-1").await, Ok(()), "{status} {discovery}");
    }
}

#[tokio::test]
async fn without_keys_a_failure_is_told_at_once_for_five_seconds() {
    let scene = Scene::new();
    scene.is_down(true);
    for _ in 0..10 {
        assert!(matches!(scene.verify("rsa-1").await, Err(Failure::Provider(_))));
    }
    assert_eq!(scene.provider.asked().len(), 1);
    scene.is_down(false);
    assert!(scene.verify("rsa-1").await.is_err());
    scene.pass(5);
    scene.verify("rsa-1").await.unwrap();
}

#[tokio::test]
async fn a_malformed_token_fetches_nothing() {
    let scene = Scene::new();
    for token in ["", "a.b.c", "no token"] {
        assert!(matches!(scene.cache.verify(token, &EXPECTED).await, Err(Failure::Token(_))));
    }
    assert!(scene.provider.asked().is_empty());
}

#[tokio::test]
async fn a_thousand_sign_ins_at_once_fetch_once() {
    let scene = Scene::new();
    let token = scene.token("rsa-1");
    let verify = |_| {
        let (cache, token) = (Arc::clone(&scene.cache), token.clone());
        tokio::spawn(async move { cache.verify(&token, &EXPECTED).await })
    };
    for task in (0..1000).map(verify).collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    assert_eq!(scene.provider.key_fetches(), 1);
}

#[tokio::test]
async fn a_clock_that_is_set_back_fetches_again() {
    let scene = Scene::new();
    scene.verify("rsa-1").await.unwrap();
    scene.clock.set("2026-11-22T10:00:00Z".parse().unwrap());
    scene.verify("rsa-1").await.unwrap();
    assert_eq!(scene.provider.key_fetches(), 2);
}

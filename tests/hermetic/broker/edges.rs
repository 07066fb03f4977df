//! The limits of the API: sizes, formats, speed, shutdown.

use std::sync::Arc;
use std::time::Duration;

use jit::broker::Broker;
use jit::broker::BrokerError;
use jit::broker::Limits;
use jit::broker::Rate;
use jit::grant::State;
use jit::protocol::RequestView;
use jit::system::Http;
use jit::system::fake_router::RouterHost;
use jit::system::http::Request;

use crate::broker::world::AUTHORITY;
use crate::broker::world::Answer;
use crate::broker::world::World;

async fn raw(world: &World, content_type: &str, body: &[u8]) -> Answer {
    let request = Request::new("POST".parse().unwrap(), format!("{AUTHORITY}/v1/login"));
    Answer(world.http.send(request.body(content_type, body)).await.unwrap())
}

#[tokio::test]
async fn bodies_are_what_they_should_be_or_a_problem() {
    let world = World::new().await;
    let json = "application/json";
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{\"statement\":1}",
        "{\"statement\":\"\",\"signature\":\"\",\"more\":1}",
        "\u{0}",
    ] {
        assert_eq!(raw(&world, json, body.as_bytes()).await.problem(), "bad_request", "{body:?}");
    }
    assert_eq!(raw(&world, json, &[0xff, 0xfe]).await.problem(), "bad_request");
    assert_eq!(raw(&world, "text/plain", b"{}").await.problem(), "bad_request");
    assert_eq!(raw(&world, json, &vec![b' '; 33 * 1024]).await.problem(), "too_large");
    let empty = b"{\"statement\":\"\",\"signature\":\"\"}";
    assert_eq!(raw(&world, "application/json; charset=utf-8", empty).await.problem(), "statement");
    let deep = format!("{{\"statement\":{}1{}}}", "[".repeat(9_000), "]".repeat(9_000));
    assert_eq!(raw(&world, json, deep.as_bytes()).await.problem(), "bad_request");
}

#[tokio::test]
async fn paths_and_queries_are_read_strictly() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "prod").await;
    for id in ["", "x", "0000000000", "%00", "..", &view.id.as_str()[..9], &format!("{}0", view.id), "%ff%fe"]
    {
        let answer = world.get(&format!("/v1/requests/{id}"), &ana).await;
        assert!(["not_found", "bad_request"].contains(&answer.problem().as_str()), "{id:?}");
    }
    // The last value exceeds what the OpenAPI document allows. schemathesis once found it accepted.
    for query in ["after=x", "wait=-1", "after=99999999999999999999", "after=9223372036854775808"] {
        let answer = world.get(&format!("/v1/requests/{}?{query}", view.id), &ana).await;
        assert_eq!(answer.problem(), "bad_request", "{query}");
    }
    // Other spellings of the same id are accepted, because people type them.
    let typed = view.id.as_str().to_ascii_lowercase();
    let shown: RequestView = world.get(&format!("/v1/requests/{typed}"), &ana).await.read();
    assert_eq!(shown.id, view.id);
}

#[tokio::test]
async fn too_fast_is_told_when_to_come_back() {
    let mut world = World::unstarted();
    let mut settings = world.settings();
    // Without a trusted proxy, everybody would share one address, which then has no limits.
    settings.trusted_proxies = vec!["192.0.2.1".parse().unwrap()];
    settings.limits = Limits {
        login: Rate { burst: 2, per_minute: 6 },
        person: Rate { burst: 5, per_minute: 60 },
        ..Limits::default()
    };
    let broker = Broker::open(settings, &world.fake.system).await.unwrap();
    world.http.route(AUTHORITY, Arc::new(RouterHost(broker.router())));
    world.broker = Some(broker);
    let ana = world.person("ana").await;
    // Logins that fail; tests/hermetic/broker/forwarded.rs has the other limits of an address.
    let wrong = b"{\"statement\":\"\",\"signature\":\"\"}";
    for _ in 0..2 {
        assert_eq!(raw(&world, "application/json", wrong).await.problem(), "statement");
    }
    let answer = raw(&world, "application/json", wrong).await;
    assert_eq!(answer.problem(), "too_many");
    assert_eq!(answer.0.header("retry-after"), Some("10"));
    let refused = async || {
        for _ in 0..6 {
            let answer = world.get("/v1/session", &ana).await;
            if answer.status() == 429 {
                return true;
            }
        }
        false
    };
    assert!(refused().await);
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(world.get("/v1/session", &ana).await.status(), 200);
}

#[tokio::test]
async fn waiters_are_counted_and_let_go_at_shutdown() {
    let world = World::unstarted();
    let mut settings = world.settings();
    settings.limits.waiters = 1;
    let broker = Broker::open(settings, &world.fake.system).await.unwrap();
    world.http.route(AUTHORITY, Arc::new(RouterHost(broker.router())));
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "prod").await;
    let path = format!("/v1/requests/{}?after={}&wait=60", view.id, view.version);
    let (first, second, ()) = tokio::join!(world.get(&path, &ana), world.get(&path, &ana), async {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        broker.begin_closing();
    });
    let mut statuses = [first.status(), second.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 429]);
    broker.close().await;
}

#[tokio::test]
async fn unsafe_settings_do_not_start() {
    let world = World::unstarted();
    for issuer in ["http://jit.example.com", "https://jit.example.com/", "jit", "https://jit.example.com/?x"]
    {
        let mut settings = world.settings();
        settings.url = issuer.to_owned();
        let error = Broker::open(settings, &world.fake.system).await.err().unwrap();
        assert!(matches!(error, BrokerError::Settings(_)), "{issuer}");
        assert!(error.hint().is_some());
    }
    let mut settings = world.settings();
    settings.listen = "0.0.0.0:8420".parse().unwrap();
    assert!(matches!(
        Broker::open(settings.clone(), &world.fake.system).await.err().unwrap(),
        BrokerError::Settings(_)
    ));
    settings.behind_tls_proxy = true;
    Broker::open(settings, &world.fake.system).await.unwrap().close().await;
}

#[tokio::test]
async fn it_serves_on_a_socket_and_stops_when_told() {
    let mut world = World::new().await;
    let broker = world.broker.take().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "prod").await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(jit::broker::serve(broker, listener, async move {
        let _ = stopped.await;
    }));
    let client = jit::system::http::Client::default();
    let get = |path: &str| {
        Request::new("GET".parse().unwrap(), format!("http://{address}{path}"))
            .header("authorization", format!("Bearer {}", ana.token))
    };
    let healthy = client.send(get("/healthz")).await.unwrap();
    assert_eq!(healthy.status, 200);
    let path = format!("/v1/requests/{}?after={}&wait=60", view.id, view.version);
    let (waited, ()) = tokio::join!(client.send(get(&path)), async {
        // The waiter is registered once the broker has answered a later caller.
        for _ in 0..20 {
            assert_eq!(client.send(get("/healthz")).await.unwrap().status, 200);
        }
        stop.send(()).unwrap();
    });
    let waited: RequestView = Answer(waited.unwrap()).read();
    assert_eq!(waited.state, State::Pending);
    serving.await.unwrap().unwrap();
    assert!(client.send(get("/healthz")).await.is_err());
}

/// The broker's address may change. Requests signed for the old one have to be made again.
#[tokio::test]
async fn the_address_may_change_and_open_requests_then_end_with_the_reason() {
    let mut world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (pending, _) = world.ask(&ana, "other").await;
    let (active, _) = world.ask(&ana, "prod").await;
    let active = world.approve(&cy, &active).await;
    assert_eq!(world.mint(&ana, &active).await.status(), 201);
    world.stop().await;
    let mut settings = world.settings();
    settings.url = "https://access.example.com".to_owned();
    world.start_with(settings).await.unwrap();
    for view in [&pending, &active] {
        let shown = world.show(&ana, view).await;
        assert_eq!(shown.state, State::Revoked);
        let told = serde_json::to_string(&shown).unwrap();
        let reason = format!("the broker's address changed from {AUTHORITY} to https://access.example.com");
        assert!(told.contains(&reason), "{told}");
    }
    assert_eq!(world.mint(&ana, &active).await.problem(), "state");
    // A statement that is signed for the old address counts no more. Tests in tests/hermetic/cli hold that a login names the new one.
    let (statement, _) = world.plan(&ana, "prod").await;
    assert_eq!(world.ask_signed(&ana, statement).await.problem(), "statement");
    // Back to the old address: nothing of the broker was deleted.
    world.stop().await;
    world.start().await.unwrap();
    let (again, _) = world.ask(&ana, "prod").await;
    let again = world.approve(&cy, &again).await;
    assert_eq!(world.mint(&ana, &again).await.status(), 201);
}

/// `/readyz` says why, and until when the last good policy is in force.
#[tokio::test]
async fn readiness_says_why_not_and_until_when() {
    let mut world = World::new().await;
    world.change_policy("roles/prod.toml", "4h", "4 parsecs").await;
    let answer = world.call("GET", "/readyz", "", None::<&()>).await;
    assert_eq!(answer.problem(), "unready");
    assert!(answer.detail().contains("serves until 2026-11-23T12:15:0"), "{}", answer.detail());
    world.clock.advance(Duration::from_secs(16 * 60));
    let answer = world.call("GET", "/readyz", "", None::<&()>).await;
    assert!(answer.detail().ends_with("the broker grants nothing"), "{}", answer.detail());
}

/// A policy that every user of the broker's machine could change was taken without a word.
#[cfg(unix)]
#[tokio::test]
async fn a_policy_that_everybody_may_change_is_taken_from_nobody() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = World::new().await;
    let folder = world.folder.path().join("policy");
    let mode = |mode: u32| {
        std::fs::set_permissions(folder.join("roles"), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o777);
    world.clock.advance(Duration::from_secs(3));
    let answer = world.call("GET", "/readyz", "", None::<&()>).await;
    assert_eq!(answer.problem(), "unready");
    assert!(answer.detail().contains("the policy has not loaded since"), "{}", answer.detail());
    world.stop().await;
    let refused = world.start().await.unwrap_err().to_string();
    for part in ["every user of this machine may change", "roles (mode 0777): `chmod o-w` it"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    mode(0o775);
    world.start().await.unwrap();
    assert_eq!(world.call("GET", "/readyz", "", None::<&()>).await.status(), 200);
}

//! The callers' addresses behind a proxy. Strangers at an address lock nobody out.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use jit::broker::Limits;
use jit::broker::Rate;
use jit::grant::Digest;
use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::RevokeStatement;
use jit::identity::statement::sign;
use jit::protocol::EventList;
use jit::protocol::RequestView;
use jit::system::http::Response;
use serde::Serialize;
use tower::ServiceExt;

use crate::broker::world::Answer;
use crate::broker::world::Person;
use crate::broker::world::World;

/// Values that a stranger can make a proxy forward, each with the last hop that the proxy itself wrote, if any.
const UNREADABLE: [&[&[u8]]; 8] = [
    &[b"\xe9"],
    &[b"10.9.9.9", b"\xff\xfe"],
    &[b"127.0.0.1, \xe9, 127.0.0.1"],
    &[b"10.9.9.9,"],
    &[b"10.9.9.9:port"],
    &[b"fe80::1%eth0"],
    &[b"127.0.0.1"],
    &[],
];

impl World {
    /// A broker behind a trusted proxy on this machine, with changed limits.
    pub async fn behind_proxy(limits: Limits) -> Self {
        let mut world = Self::unstarted();
        let mut settings = world.settings();
        settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        settings.limits = limits;
        world.start_with(settings).await.unwrap();
        world
    }

    /// Makes a call through the proxy with these lines of `X-Forwarded-For`.
    pub async fn call_from(
        &self,
        lines: &[&[u8]],
        method: &str,
        path: &str,
        token: &str,
        body: Option<&impl Serialize>,
    ) -> Answer {
        let peer = SocketAddr::from(([127, 0, 0, 1], 40_000));
        let mut call = http::Request::builder().method(method).uri(path).extension(ConnectInfo(peer));
        for line in lines {
            call = call.header("x-forwarded-for", http::HeaderValue::from_bytes(line).unwrap());
        }
        if !token.is_empty() {
            call = call.header("authorization", format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                call = call.header("content-type", "application/json");
                Body::from(serde_json::to_vec(body).unwrap())
            }
            None => Body::empty(),
        };
        let answer = self.broker.as_ref().unwrap().router().oneshot(call.body(body).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let headers = answer.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let headers = headers.collect();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap().to_vec();
        Answer(Response { status, headers, body })
    }

    async fn ask_from(&self, lines: &[&[u8]], person: &Person, statement: RequestStatement) -> Answer {
        let signed = sign(&Statement::Request(Box::new(statement)), &person.signer).unwrap();
        self.call_from(lines, "POST", "/v1/requests", &person.token, Some(&signed)).await
    }
}

const INSIDE: &str = "unless { context has source_ip && context.source_ip.isInRange(ip(\"127.0.0.0/8\")) };";
/// Without an address this condition forbids nothing.
const OUTSIDE: &str = "when { context has source_ip && !context.source_ip.isInRange(ip(\"127.0.0.0/8\")) };";

#[tokio::test]
async fn a_caller_whose_address_is_unknown_is_never_taken_for_the_proxy() {
    for rest in [INSIDE, OUTSIDE] {
        let mut world = World::behind_proxy(Limits::default()).await;
        world.stop().await;
        let rule = format!("forbid(principal, action == Action::\"request\", resource)\n{rest}\n");
        world.write_policy("rules/inside.cedar", &rule);
        let mut settings = world.settings();
        settings.trusted_proxies = vec!["::ffff:127.0.0.1".parse().unwrap()];
        world.start_with(settings).await.unwrap();
        let ana = world.person("ana").await;
        for lines in UNREADABLE {
            let (statement, _) = world.plan(&ana, "play").await;
            let answer = world.ask_from(lines, &ana, statement).await;
            assert_eq!(answer.problem(), "policy", "{rest} {lines:?}");
            assert!(answer.detail().contains("address is not known"), "{}", answer.detail());
        }
        let (statement, _) = world.plan(&ana, "play").await;
        assert_eq!(
            world.ask_from(&[b"192.0.2.7"], &ana, statement).await.problem(),
            "policy",
            "from outside"
        );
        let (statement, _) = world.plan(&ana, "play").await;
        let inside = world.ask_from(&[b"\xe9, 127.0.0.2"], &ana, statement).await;
        assert_eq!(inside.read::<RequestView>().state, State::Approved);
    }
}

#[tokio::test]
async fn credentials_are_bound_to_no_address_that_is_unknown() {
    let mut world = World::behind_proxy(Limits::default()).await;
    world.change_policy("roles/play.toml", "[aws]\n", "[aws]\nbind_ip = true\n").await;
    let ana = world.person("ana").await;
    for lines in UNREADABLE {
        let (statement, _) = world.plan(&ana, "play").await;
        let answer = world.ask_from(lines, &ana, statement).await;
        assert_eq!(answer.problem(), "policy", "{lines:?}");
        assert!(answer.detail().contains("address"), "{}", answer.detail());
    }
    let (statement, _) = world.plan(&ana, "play").await;
    let view: RequestView = world.ask_from(&[b"\xe9, 192.0.2.7"], &ana, statement).await.read();
    let path = format!("/v1/requests/{}/leases", view.id);
    let minted = world.call_from(&[b"\xe9"], "POST", &path, &ana.token, None::<&()>).await;
    assert_eq!(minted.status(), 201);
    let bound = world.cloud.orders.lock().unwrap().last().unwrap().source;
    assert_eq!(bound, Some("192.0.2.7".parse().unwrap()), "the address that asked, wherever it mints");
}

#[tokio::test]
async fn the_log_names_an_address_that_is_known_or_none() {
    let world = World::behind_proxy(Limits::default()).await;
    let (ana, eve) = (world.person("ana").await, world.person("eve").await);
    for (lines, recorded) in
        [([b"\xe9".as_slice()], None), ([b"\xe9, 192.0.2.7".as_slice()], Some("192.0.2.7"))]
    {
        let (statement, _) = world.plan(&ana, "other").await;
        let view: RequestView = world.ask_from(&lines, &ana, statement).await.read();
        let path = format!("/v1/requests/{}/end", view.id);
        let ended = world.call_from(&lines, "POST", &path, &ana.token, None::<&()>).await;
        assert!(ended.status() < 300, "{}", ended.status());
        let list: EventList = world.get("/v1/events", &eve).await.read();
        let sources: Vec<Option<String>> = list
            .events
            .iter()
            .filter(|event| event.body.contains(&view.digest.to_string()))
            .map(|event| {
                let body: serde_json::Value = serde_json::from_str(&event.body).unwrap();
                body["source"].as_str().map(str::to_owned)
            })
            .collect();
        assert_eq!(sources, vec![recorded.map(str::to_owned); 2], "{lines:?}");
    }
}

fn small() -> Limits {
    Limits {
        login: Rate { burst: 2, per_minute: 6 },
        address: Rate { burst: 5, per_minute: 6 },
        ..Limits::default()
    }
}

/// Uses up an address's unauthenticated calls. Returns whether the limit was reached.
async fn use_up(world: &World, lines: &[&[u8]], path: &str) -> bool {
    for _ in 0..6 {
        if world.call_from(lines, "GET", path, "", None::<&()>).await.status() == 429 {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn anonymous_routes_are_limited_for_each_address_and_all_unknown_ones_are_one() {
    for path in ["/.well-known/jwks.json", "/.well-known/openid-configuration", "/healthz", "/readyz"] {
        let world = World::behind_proxy(small()).await;
        assert!(use_up(&world, &[b"192.0.2.7"], path).await, "{path}");
        let other = world.call_from(&[b"192.0.2.8"], "GET", path, "", None::<&()>).await;
        assert_eq!(other.status(), 200, "{path}");
        // Neither the proxy's own bucket nor a separate one for each unreadable value.
        assert!(use_up(&world, &[b"\xe9"], path).await, "{path}");
        let unreadable = world.call_from(&[b"\xea, \xeb"], "GET", path, "", None::<&()>).await;
        assert_eq!(unreadable.status(), 429, "{path}");
        let wrong =
            world.call_from(&[b"192.0.2.7"], "GET", "/v1/session", &"t".repeat(43), None::<&()>).await;
        assert_eq!(wrong.problem(), "too_many", "guessing tokens counts");
    }
}

/// Strangers at a shared address never cause a login, denial or revocation to be refused.
#[tokio::test]
async fn a_person_is_never_kept_out_by_strangers_at_the_same_address() {
    let mut direct = World::unstarted();
    let mut settings = direct.settings();
    settings.limits = small();
    settings.url = crate::broker::world::AUTHORITY.to_owned();
    direct.start_with(settings).await.unwrap();
    // All callers behind an untrusted proxy, then all at an unknown address, then all at a known one.
    let proxied = World::behind_proxy(small()).await;
    for (world, lines) in [(&direct, [b"x".as_slice()]), (&proxied, [b"\xe9"]), (&proxied, [b"192.0.2.7"])] {
        let ana = world.person("ana").await;
        let (view, _) = world.ask(&ana, "other").await;
        for _ in 0..20 {
            let wrong = serde_json::json!({ "statement": "{}", "signature": "x" });
            let login = world.call_from(&lines, "POST", "/v1/login", "", Some(&wrong)).await;
            assert!([422, 429].contains(&login.status()), "{}", login.status());
            world.call_from(&lines, "POST", "/v1/login/challenge", "", None::<&()>).await;
            world.call_from(&lines, "GET", "/readyz", "", None::<&()>).await;
            world.call_from(&lines, "GET", "/v1/session", "", None::<&()>).await;
        }
        let challenge = world.call_from(&lines, "POST", "/v1/login/challenge", "", None::<&()>).await;
        let challenge: jit::protocol::Challenge = challenge.read();
        let mut cy = crate::broker::world::stranger("cy");
        let signed = world.login_statement(&cy, &challenge.challenge);
        let session = world.call_from(&lines, "POST", "/v1/login", "", Some(&signed)).await;
        let session: jit::protocol::Session = session.read();
        cy.token = session.token.unwrap().expose().clone();
        let review = world.review_statement(&cy, &view.digest, Verdict::Deny);
        let signed = sign(&Statement::Review(review), &cy.signer).unwrap();
        let path = format!("/v1/requests/{}/reviews", view.id);
        let denied = world.call_from(&lines, "POST", &path, &cy.token, Some(&signed)).await;
        assert_eq!(denied.read::<RequestView>().state, State::Denied);
        let (held, _) = world.ask(&ana, "prod").await;
        let held = world.approve(&cy, &held).await;
        let revoke = Statement::Revoke(RevokeStatement {
            header: world.header(&cy.name),
            request: held.digest,
            reason: "over".to_owned(),
        });
        let signed = sign(&revoke, &cy.signer).unwrap();
        let path = format!("/v1/requests/{}/revoke", held.id);
        let revoked = world.call_from(&lines, "POST", &path, &cy.token, Some(&signed)).await;
        assert_eq!(revoked.read::<RequestView>().state, State::Revoked);
    }
}

/// A valid signature counts against its person, so the owner of one key cannot fill the log with logins.
#[tokio::test]
async fn logins_that_succeed_count_against_their_person() {
    let world = World::behind_proxy(Limits { person: Rate { burst: 3, per_minute: 6 }, ..small() }).await;
    let cy = crate::broker::world::stranger("cy");
    let mut statuses = Vec::new();
    for number in 0..5_u8 {
        let challenge =
            world.call_from(&[b"192.0.2.7"], "POST", "/v1/login/challenge", "", None::<&()>).await;
        let challenge: jit::protocol::Challenge = challenge.read();
        let signed = world.login_statement(&cy, &challenge.challenge);
        let line = format!("192.0.2.{number}");
        statuses
            .push(world.call_from(&[line.as_bytes()], "POST", "/v1/login", "", Some(&signed)).await.status());
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    let failed = Digest::of(b"x").to_string();
    let wrong = serde_json::json!({ "statement": failed, "signature": "x" });
    for status in [422, 422, 429] {
        let login = world.call_from(&[b"192.0.2.9"], "POST", "/v1/login", "", Some(&wrong)).await;
        assert_eq!(login.status(), status);
    }
}

//! `/metrics` of a broker: what is counted, and that nothing in it names anybody.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jit::broker::BrokerSettings;
use jit::broker::SettingsError;
use jit::grant::Signed;
use jit::grant::Verdict;
use jit::system::Http;
use jit::system::fake_router::RouterHost;
use jit::system::http::Request;
use regex::Regex;

use crate::broker::world::World;
use crate::broker::world::stranger;

const METRICS: &str = "https://metrics.example.com";

/// The page, as a monitoring system fetches it.
struct Page(String);

impl Page {
    async fn of(world: &World) -> Self {
        let router = world.broker.as_ref().unwrap().metrics_router();
        world.http.route(METRICS, Arc::new(RouterHost(router)));
        let request = Request::new("GET".parse().unwrap(), format!("{METRICS}/metrics"));
        let answer = world.http.send(request).await.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("content-type"),
            Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
        );
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(text.ends_with("# EOF\n"), "{text}");
        Self(text)
    }

    /// The value of one series. 0 if it is not there.
    fn value(&self, series: &str) -> f64 {
        let line = self.0.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    #[track_caller]
    fn has(&self, series: &str, value: f64) {
        let found = self.value(series);
        assert!((found - value).abs() < 1e-6, "{series} is {found}, not {value}:\n{}", self.0);
    }
}

#[tokio::test]
async fn a_request_is_counted_from_its_beginning_to_its_end() {
    let world = World::new().await;
    let page = Page::of(&world).await;
    for series in ["jit_logins_total{outcome=\"refused\"}", "jit_decisions_total{decision=\"denied\"}"] {
        assert!(page.0.contains(&format!("{series} 0\n")), "{series} begins at zero: {}", page.0);
    }
    let (ana, cy, dee) = (world.person("ana").await, world.person("cy").await, world.person("dee").await);
    let (view, _key) = world.ask(&ana, "prod").await;
    let page = Page::of(&world).await;
    page.has("jit_requests_open{state=\"pending\"}", 1.0);
    page.has("jit_request_oldest_pending_seconds", 0.0);
    world.pass("5m");
    Page::of(&world).await.has("jit_request_oldest_pending_seconds", 300.0);
    world.approve(&cy, &view).await;
    let before = Page::of(&world).await;
    before.has("jit_requests_open{state=\"approved\"}", 1.0);
    before.has("jit_requests_open{state=\"pending\"}", 0.0);
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    world.cloud.refuses.store(true, Ordering::Relaxed);
    assert_eq!(world.mint(&ana, &view).await.status(), 502);
    assert_eq!(world.mint(&cy, &view).await.status(), 404);
    let page = Page::of(&world).await;
    page.has("jit_requests_open{state=\"active\"}", 1.0);
    page.has("jit_mints_total{cloud=\"aws\",outcome=\"succeeded\"}", 1.0);
    page.has("jit_mints_total{cloud=\"aws\",outcome=\"refused_by_cloud\"}", 1.0);
    page.has("jit_mints_total{cloud=\"aws\",outcome=\"refused\"}", 0.0);
    page.has("jit_lease_seconds_count{cloud=\"aws\"}", 1.0);
    assert!(page.value("jit_lease_seconds_sum{cloud=\"aws\"}") > 0.0);
    world.revoke(&dee, &view).await;
    assert_eq!(world.mint(&ana, &view).await.status(), 409);
    let (other, _key) = world.ask(&ana, "prod").await;
    world.review(&dee, &other, Verdict::Deny).await;
    let page = Page::of(&world).await;
    for (change, count) in
        [("requested", 2), ("reviewed", 2), ("approved", 1), ("minted", 1), ("revoked", 1), ("denied", 1)]
    {
        page.has(&format!("jit_request_changes_total{{change=\"{change}\"}}"), f64::from(count));
    }
    page.has("jit_reviews_total{verdict=\"approve\"}", 1.0);
    page.has("jit_reviews_total{verdict=\"deny\"}", 1.0);
    page.has("jit_decisions_total{decision=\"approved\"}", 1.0);
    page.has("jit_decisions_total{decision=\"denied\"}", 1.0);
    page.has("jit_mints_total{cloud=\"aws\",outcome=\"refused\"}", 1.0);
    let ledger: f64 = page.value("jit_log_head");
    assert!(ledger >= 12.0, "{}", page.0);
}

#[tokio::test]
async fn logins_and_answers_are_counted_by_outcome_and_route() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let mallory = stranger("nobody-knows");
    let signed = world.login_statement(&mallory, "not a challenge");
    assert_eq!(world.call("POST", "/v1/login", "", Some(&signed)).await.status(), 422);
    let broken = Signed { signature: "x".to_owned(), ..signed };
    assert_eq!(world.call("POST", "/v1/login", "", Some(&broken)).await.status(), 422);
    for id in ["AAAAAAAAAA", "BBBBBBBBBB", "CCCCCCCCCC"] {
        assert_eq!(world.get(&format!("/v1/requests/{id}?after=0&wait=1"), &ana).await.status(), 404);
    }
    for path in ["/v1/none", "/admin", "/../x"] {
        assert_eq!(world.get(path, &ana).await.status(), 404);
    }
    assert_eq!(world.call("BREW", "/healthz", "", None::<&()>).await.status(), 405);
    let page = Page::of(&world).await;
    page.has("jit_logins_total{outcome=\"succeeded\"}", 1.0);
    page.has("jit_logins_total{outcome=\"refused\"}", 2.0);
    page.has("jit_http_answers_total{route=\"/v1/requests/{id}\",method=\"GET\",status=\"404\"}", 3.0);
    page.has("jit_http_answers_total{route=\"none\",method=\"GET\",status=\"404\"}", 3.0);
    page.has("jit_http_answers_total{route=\"/healthz\",method=\"other\",status=\"405\"}", 1.0);
    page.has("jit_http_answers_total{route=\"/v1/login\",method=\"POST\",status=\"200\"}", 1.0);
    page.has("jit_http_answer_seconds_count{route=\"/v1/login\",method=\"POST\"}", 3.0);
    page.has("jit_http_answer_seconds_count{route=\"/v1/requests/{id}\",method=\"GET\"}", 0.0);
}

/// Every label's value is a word of the program, whoever calls and whatever they send.
#[tokio::test]
async fn no_series_names_a_person_a_request_or_an_address() {
    let world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _key) = world.ask(&ana, "prod").await;
    world.approve(&cy, &view).await;
    world.mint(&ana, &view).await;
    world.get(&format!("/v1/requests/{}", view.id), &ana).await;
    world.get("/v1/roles/prod", &ana).await;
    world.get("/v1/ana/cy/prod", &ana).await;
    let page = Page::of(&world).await;
    let label = Regex::new(r#"(\w+)="([^"]*)""#).unwrap();
    let mut names = BTreeSet::new();
    for line in page.0.lines().filter(|line| !line.starts_with('#')) {
        for found in label.captures_iter(line.split(' ').next().unwrap()) {
            let (name, value) = (&found[1], &found[2]);
            names.insert(name.to_owned());
            for secret in ["ana", "cy", "prod", view.id.as_str(), "111122223333"] {
                let part = value.split(['/', '.', '_']).any(|part| part == secret);
                assert!(!part, "{name}={value} in {line}");
            }
        }
    }
    let expected = [
        "change", "cloud", "decision", "le", "method", "outcome", "route", "state", "status", "verdict",
        "version",
    ];
    assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_policy_that_does_not_load_and_a_clock_that_jumps_are_seen() {
    let mut world = World::new().await;
    let page = Page::of(&world).await;
    page.has("jit_policy_healthy", 1.0);
    page.has("jit_policy_serves", 1.0);
    page.has("jit_clock_trusted", 1.0);
    world.write_policy("people.toml", "zzz = 1\n");
    for span in ["3s", "3s", "10m"] {
        world.pass(span);
        world.call("GET", "/readyz", "", None::<&()>).await;
    }
    let page = Page::of(&world).await;
    page.has("jit_policy_healthy", 0.0);
    page.has("jit_policy_serves", 1.0);
    assert!(page.value("jit_policy_age_seconds") >= 600.0, "{}", page.0);
    world.pass("6m");
    Page::of(&world).await.has("jit_policy_serves", 0.0);
    let noon = world.now();
    world.clock.set(noon + jiff::SignedDuration::from_hours(1));
    let page = Page::of(&world).await;
    assert!((3_590.0..=3_610.0).contains(&page.value("jit_clock_ahead_seconds")), "{}", page.0);
    page.has("jit_clock_trusted", 0.0);
}

/// Metrics have no password, so an address that others reach must be meant.
#[test]
fn an_address_that_others_reach_must_be_said_explicitly() {
    let settings = |metrics: &str, reachable: bool| {
        let url = "http://127.0.0.1:8765".to_owned();
        let listen = "127.0.0.1:8765".parse().unwrap();
        let mut settings = BrokerSettings::new(std::path::PathBuf::from("p"), "d".into(), url, listen);
        settings.metrics = Some(metrics.parse().unwrap());
        settings.metrics_reachable = reachable;
        settings.check()
    };
    for open in ["0.0.0.0:9090", "[::]:9090", "192.0.2.1:9090"] {
        let refused = settings(open, false).unwrap_err();
        assert!(matches!(refused, SettingsError::Metrics(_)), "{open}");
        assert!(refused.hint().contains("--metrics-reachable"));
        assert_eq!(settings(open, true), Ok(()));
    }
    for closed in ["127.0.0.1:9090", "[::1]:9090"] {
        assert_eq!(settings(closed, false), Ok(()));
    }
}

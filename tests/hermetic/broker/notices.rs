//! Notices: who gets them, and what they never contain.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use data_encoding::BASE64;
use jit::protocol::RequestView;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;

use crate::broker::world::World;
use crate::support::quiet::quiet;

#[derive(Default)]
struct Inbox {
    got: Mutex<Vec<Request>>,
    fails: Mutex<u32>,
}

#[async_trait]
impl Host for Inbox {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        self.got.lock().unwrap().push(request);
        let mut fails = self.fails.lock().unwrap();
        let status = if *fails > 0 { 500 } else { 204 };
        *fails = fails.saturating_sub(1);
        Ok(Response { status, headers: Vec::new(), body: Vec::new() })
    }
}

async fn world_with(notify: &str) -> (World, Arc<Inbox>) {
    let mut world = World::unstarted();
    let secret = world.folder.path().join("webhook-secret");
    std::fs::write(&secret, format!("whsec_{}\n", BASE64.encode(b"shared"))).unwrap();
    let notify = notify.replace("SECRET", &secret.display().to_string());
    world.write_policy("access.toml", &format!("version = 1\n[notify]\n{notify}\n"));
    let inbox = Arc::new(Inbox::default());
    world.http.route("https://hooks.example.com", Arc::clone(&inbox) as Arc<dyn Host>);
    world.start().await.unwrap();
    (world, inbox)
}

const WEBHOOK: &str =
    "webhook = { url = \"https://hooks.example.com/T0/path-canary-secret\", secret_file = \"SECRET\" }";

async fn settle(world: &World) {
    for _ in 0..50 {
        quiet().await;
        world.clock.advance(Duration::from_secs(1));
    }
    quiet().await;
}

#[tokio::test]
async fn a_request_says_who_was_told_and_the_notice_is_signed() {
    let (world, inbox) = world_with(WEBHOOK).await;
    let ana = world.person("ana").await;
    let (view, key) = world.ask(&ana, "prod").await;
    assert_eq!(view.notices.len(), 1);
    assert_eq!(view.notices[0].to, "webhook hooks.example.com");
    assert!(view.notices[0].delivered, "{:?}", view.notices);
    let sent = inbox.got.lock().unwrap()[0].clone();
    let header = |name: &str| sent.headers.iter().find(|(header, _)| header == name).unwrap().1.clone();
    let mut signed = format!("{}.{}.", header("webhook-id"), header("webhook-timestamp")).into_bytes();
    signed.extend_from_slice(&sent.body);
    let expected = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"shared"), &signed);
    assert_eq!(header("webhook-signature"), format!("v1,{}", BASE64.encode(expected.as_ref())));
    let body: serde_json::Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(body["command"], format!("jit approve {}", view.id));
    assert_eq!(body["role"], "prod");
    assert_eq!(body["person"], "ana");
    let text = String::from_utf8_lossy(&sent.body).into_owned();
    for never in ["SSH SIGNATURE", "canary", key.public().unwrap().as_str(), ana.token.as_str()] {
        assert!(!text.contains(never), "{never}");
    }
}

#[tokio::test]
async fn a_notice_that_failed_is_shown_and_tried_again() {
    let (world, inbox) = world_with(WEBHOOK).await;
    *inbox.fails.lock().unwrap() = 1;
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "prod").await;
    assert!(!view.notices[0].delivered);
    assert_eq!(view.notices[0].problem.as_deref(), Some("it answered with status 500"));
    settle(&world).await;
    let shown = world.show(&ana, &view).await;
    assert!(shown.notices[0].delivered, "{:?}", shown.notices);
    let ids: Vec<String> = inbox
        .got
        .lock()
        .unwrap()
        .iter()
        .map(|sent| sent.headers.iter().find(|(name, _)| name == "webhook-id").unwrap().1.clone())
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1], "the receiver can tell a second try from a second notice");
}

#[tokio::test]
async fn a_place_that_cannot_be_reached_stops_nobody() {
    let (world, _) = world_with(WEBHOOK).await;
    world.http.unroute("https://hooks.example.com");
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    assert!(view.notices[0].problem.is_some());
    assert!(!format!("{:?}", view.notices).contains("path-canary-secret"), "an address may hold a secret");
    let view = world.approve(&cy, &view).await;
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
}

#[tokio::test]
async fn a_command_gets_the_notice_and_next_to_no_environment() {
    let (world, _) = world_with("command = [\"/usr/local/bin/tell\", \"--team\"]").await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    assert_eq!(view.notices[0].to, "command tell");
    assert!(view.notices[0].delivered);
    {
        let started = world.fake.processes.started.lock().unwrap();
        assert_eq!(started[0].program, "/usr/local/bin/tell");
        assert!(started[0].environment.iter().next().is_none());
    }
    world.approve(&cy, &view).await;
    settle(&world).await;
    let shown: RequestView = world.show(&ana, &view).await;
    let about: Vec<&str> = shown.notices.iter().map(|notice| notice.about.as_str()).collect();
    assert_eq!(about, ["request", "decision"]);
}

#[tokio::test]
async fn rows_alone_reach_nobody() {
    use sqlx::Connection;
    use sqlx::Executor;
    let (mut world, inbox) = world_with(WEBHOOK).await;
    let ana = world.person("ana").await;
    world.ask(&ana, "prod").await;
    world.stop().await;
    let url = format!("sqlite://{}", world.database().display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    connection
        .execute(
            "INSERT INTO notices (request, event, about, place) VALUES (zeroblob(32), 99, 'request', 'webhook evil.example');
             INSERT INTO notices (request, event, about, place) SELECT request, 99, 'x', 'webhook evil.example' FROM notices WHERE event <> 99 LIMIT 1;",
        )
        .await
        .unwrap();
    connection.close().await.unwrap();
    let before = inbox.got.lock().unwrap().len();
    world.start().await.unwrap();
    settle(&world).await;
    assert_eq!(inbox.got.lock().unwrap().len(), before);
}

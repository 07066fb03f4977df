//! Slack, mail and reminders. All of them announce break-glass.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jit::grant::State;
use jit::grant::Verdict;
use jit::grant::span::Span;
use jit::grant::statement::Way;
use jit::protocol::NoticeView;
use jit::protocol::RequestView;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use jit::system::mail::Door;
use jit::system::mail::MailError;

use crate::broker::world::World;
use crate::support::quiet::quiet;

/// A channel that accepts every message, or answers with another status.
struct Channel {
    got: Mutex<Vec<serde_json::Value>>,
    status: Mutex<u16>,
}

#[async_trait]
impl Host for Channel {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        self.got.lock().unwrap().push(serde_json::from_slice(&request.body).unwrap());
        let status = *self.status.lock().unwrap();
        Ok(Response { status, headers: Vec::new(), body: b"no_service path-canary-secret".to_vec() })
    }
}

const ROLE: &str = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nmax_duration = \"4h\"\n\
                    [break_glass]\nrequesters = [\"group:dev\"]\nmax_duration = \"30m\"\n\
                    [aws]\nrole_arn = \"arn:aws:iam::111122223333:role/prod\"\nregion = \"eu-west-1\"\n";

async fn world_with(notify: &str) -> (World, Arc<Channel>) {
    let mut world = World::unstarted();
    let file = |name: &str, text: &str| {
        let path = world.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let notify = notify
        .replace("URL", &file("slack-url", "https://hooks.slack.example/services/T0/path-canary-secret\n"))
        .replace("PASSWORD", &file("password", "mail-canary-secret\n"));
    world.write_policy("access.toml", &format!("version = 1\n[notify]\n{notify}\n"));
    world.write_policy("roles/prod.toml", ROLE);
    let channel = Arc::new(Channel { got: Mutex::default(), status: Mutex::new(200) });
    world.http.route("https://hooks.slack.example", Arc::clone(&channel) as Arc<dyn Host>);
    world.start().await.unwrap();
    (world, channel)
}

const SLACK: &str = "slack = { url_file = \"URL\" }";
const MAIL: &str = "mail = { server = \"smtps://mail.example.com\", from = \"jit@example.com\", \
                    to = [\"oncall@example.com\", \"security@example.com\"], user = \"jit\", password_file = \"PASSWORD\" }";

async fn settle(world: &World) {
    for _ in 0..30 {
        quiet().await;
        world.clock.advance(Duration::from_secs(1));
    }
    quiet().await;
}

fn said(channel: &Channel) -> Vec<String> {
    let got = channel.got.lock().unwrap();
    got.iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_emergency_reaches_slack_and_mail_and_carries_no_markup() {
    let (world, channel) = world_with(&format!("{SLACK}\n{MAIL}")).await;
    let ana = world.person("ana").await;
    let (mut asked, key) = world.plan(&ana, "prod").await;
    asked.way = Way::BreakGlass;
    asked.duration = "20m".parse().unwrap();
    asked.not_after = "40m".parse::<Span>().unwrap().after(asked.created);
    asked.reason =
        "<!channel> <https://evil.example|click> & orders-db is down; possible reviewers: nobody need"
            .to_owned();
    let view: RequestView = world.ask_signed(&ana, asked).await.read();
    let told: Vec<(&str, &str, bool)> = view
        .notices
        .iter()
        .map(|notice| (notice.to.as_str(), notice.about.as_str(), notice.delivered))
        .collect();
    assert_eq!(
        told,
        [("mail to oncall@example.com and 1 more", "break_glass", true), ("slack", "break_glass", true)]
    );
    let message = channel.got.lock().unwrap()[0].clone();
    assert_eq!(message["mrkdwn"], false);
    let text = message["text"].as_str().unwrap();
    assert_eq!(
        text,
        format!(
            "EMERGENCY: ana took prod for 20m without approval\n\
             \x20 reason  | &lt;!channel&gt; &lt;https://evil.example|click&gt; &amp; orders-db is\n\
             \x20         | down; possible reviewers: nobody need\n\
             possible reviewers: cy, dee\ntype: jit approve {}\nrequest {} at https://jit.example.com",
            view.id, view.id
        )
    );
    let letter = world.fake.mail.sent.lock().unwrap()[0].clone();
    assert_eq!((letter.host.as_str(), letter.port, letter.door), ("mail.example.com", 465, Door::Tls));
    assert_eq!(letter.to, ["oncall@example.com", "security@example.com"]);
    assert_eq!(letter.subject, "jit: EMERGENCY: ana took prod for 20m without approval");
    assert_eq!(letter.login.as_ref().unwrap().1.expose(), "mail-canary-secret");
    for never in
        ["SSH SIGNATURE", "canary", key.public().unwrap().as_str(), ana.token.as_str(), "mail-canary-secret"]
    {
        assert!(!text.contains(never) && !letter.body.contains(never), "{never}");
    }
    assert!(!format!("{letter:?} {:?}", view.notices).contains("-secret"), "no secret is shown");
}

#[tokio::test]
async fn what_went_wrong_is_said_without_the_address() {
    let (world, channel) = world_with(&format!("{SLACK}\n{MAIL}")).await;
    *channel.status.lock().unwrap() = 404;
    world
        .fake
        .mail
        .fails
        .lock()
        .unwrap()
        .push(MailError::Refused { host: "mail.example.com".to_owned(), code: Some(550) });
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "prod").await;
    let problems: Vec<&str> = view.notices.iter().filter_map(|notice| notice.problem.as_deref()).collect();
    assert_eq!(problems, ["mail.example.com refused it with code 550", "it answered with status 404"]);
    // The retry of a mail has the id of the first try.
    settle(&world).await;
    let letters = world.fake.mail.sent.lock().unwrap();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0].id, letters[1].id);
}

#[tokio::test]
async fn an_address_in_the_clear_is_not_called() {
    let (world, _) = world_with(SLACK).await;
    std::fs::write(
        world.folder.path().join("slack-url"),
        "http://hooks.slack.example/services/path-canary-secret",
    )
    .unwrap();
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "prod").await;
    assert_eq!(view.notices[0].problem.as_deref(), Some("the webhook's address is not an https address"));
}

fn about(view: &RequestView, word: &str) -> usize {
    view.notices.iter().filter(|notice: &&NoticeView| notice.about == word).count()
}

#[tokio::test]
async fn what_nobody_decides_is_told_again_once() {
    let (mut world, channel) = world_with(&format!("{SLACK}\nremind = \"10m\"")).await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let (decided, _) = world.ask(&cy, "other").await;
    let dee = world.person("dee").await;
    world.review(&dee, &decided, Verdict::Deny).await.read::<RequestView>();
    settle(&world).await;
    assert_eq!(about(&world.show(&ana, &view).await, "reminder"), 0, "not yet");
    world.pass("10m");
    settle(&world).await;
    let shown = world.show(&ana, &view).await;
    assert_eq!((shown.state, about(&shown, "reminder")), (State::Pending, 1));
    assert!(said(&channel).iter().any(|text| text.starts_with("ana still waits for prod")));
    // Not again: not later, not after a restart.
    for _ in 0..2 {
        world.pass("20m");
        settle(&world).await;
        world.stop().await;
        world.start().await.unwrap();
        settle(&world).await;
    }
    assert_eq!(about(&world.show(&ana, &view).await, "reminder"), 1);
    assert_eq!(about(&world.show(&cy, &decided).await, "reminder"), 0);
    let reminders = said(&channel).iter().filter(|text| text.contains("still waits")).count();
    assert_eq!(reminders, 1);
    world.approve(&cy, &view).await;
}

#[tokio::test]
async fn a_reminder_that_came_due_while_the_broker_was_away_is_given_late() {
    let (mut world, channel) = world_with(&format!("{SLACK}\nremind = \"10m\"")).await;
    let ana = world.person("ana").await;
    world.ask(&ana, "prod").await;
    world.stop().await;
    world.pass("1h");
    world.start().await.unwrap();
    settle(&world).await;
    assert_eq!(said(&channel).iter().filter(|text| text.contains("still waits")).count(), 1);
}

#[tokio::test]
async fn a_row_does_not_make_an_emergency() {
    use sqlx::Connection;
    use sqlx::Executor;
    let (mut world, channel) = world_with(SLACK).await;
    let ana = world.person("ana").await;
    world.ask(&ana, "prod").await;
    world.stop().await;
    let url = format!("sqlite://{}", world.database().display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    connection
        .execute(
            "INSERT INTO notices (request, event, about, place) SELECT request, 98, 'break_glass', 'slack' FROM notices LIMIT 1;
             INSERT INTO notices (request, event, about, place) SELECT request, 99, 'reminder', 'slack' FROM notices LIMIT 1;",
        )
        .await
        .unwrap();
    connection.close().await.unwrap();
    world.start().await.unwrap();
    settle(&world).await;
    assert_eq!(said(&channel).len(), 1, "only the asking was told: {:?}", said(&channel));
}

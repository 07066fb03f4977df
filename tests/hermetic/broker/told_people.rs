//! Single people: requesters are told about their own requests, and further people about what stays undecided.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jit::grant::State;
use jit::grant::Verdict;
use jit::grant::span::Span;
use jit::grant::statement::Way;
use jit::protocol::EventList;
use jit::protocol::RequestView;
use jit::protocol::SealedLease;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;

use crate::broker::extending::extend;
use crate::broker::world::World;
use crate::broker::world::key_of;
use crate::support::quiet::quiet;

/// Answers every call with the same status and body.
struct Site {
    got: Mutex<Vec<Request>>,
    status: u16,
    body: Mutex<&'static str>,
}

#[async_trait]
impl Host for Site {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        self.got.lock().unwrap().push(request);
        let body = self.body.lock().unwrap().as_bytes().to_vec();
        Ok(Response { status: self.status, headers: Vec::new(), body })
    }
}

impl Site {
    fn messages(&self) -> Vec<serde_json::Value> {
        let got = self.got.lock().unwrap();
        got.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
    }
}

const ROLE: &str = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nduration = \"1h\"\nmax_duration = \"4h\"\n\
                    pending = \"8h\"\nunused = \"2h\"\nextend = { times = 1, approval = \"1 of group:sre\" }\n\
                    [break_glass]\nrequesters = [\"group:dev\"]\nmax_duration = \"30m\"\n\
                    [aws]\nrole_arn = \"arn:aws:iam::111122223333:role/prod\"\nregion = \"eu-west-1\"\n";

pub const MAIL: &str =
    "[notify.people]\nmail = { server = \"smtps://mail.example.com\", from = \"jit@example.com\" }\n";

/// A broker in whose policy ana and dee have a mail address, and dee a Slack member id.
async fn world_with(notify: &str) -> World {
    let mut world = World::unstarted();
    let file = |name: &str, text: &str| {
        let path = world.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let notify = notify.replace("TOKEN", &file("token", "xoxb-canary-secret\n")).replace(
        "TEAMS",
        &file("teams", "https://prod-1.logic.example:443/workflows/x/triggers/manual/run?api-version=1&sig=canary-secret\n"),
    );
    world.write_policy("access.toml", &format!("version = 1\nauditors = [\"group:watch\"]\n{notify}"));
    world.write_policy("roles/prod.toml", ROLE);
    let ana = "[people.ana]\n";
    world.change_policy("people.toml", ana, &format!("{ana}mail = \"ana@example.com\"\n")).await;
    let dee = "[people.dee]\n";
    let with = format!("{dee}mail = \"dee@example.com\"\nslack = \"U024BE7LH\"\n");
    world.change_policy("people.toml", dee, &with).await;
    world.start().await.unwrap();
    world
}

pub async fn settle(world: &World) {
    for _ in 0..30 {
        quiet().await;
        world.clock.advance(Duration::from_secs(1));
    }
    quiet().await;
}

/// The same, with an agent of ana that may ask for the role.
async fn world_with_agent() -> World {
    let mut world = world_with(MAIL).await;
    let key = jit::identity::Signer::public_key(&key_of("ana-bot")).to_owned();
    let block = format!("[agents.ana-bot]\nof = \"ana\"\nkeys = [\"{key}\"]\n[people.ana]\n");
    world.change_policy("people.toml", "[people.ana]\n", &block).await;
    let asks = "requesters = [\"group:dev\", \"agent:ana-bot\"]\napproval";
    world.change_policy("roles/prod.toml", "requesters = [\"group:dev\"]\napproval", asks).await;
    world
}

/// The owner hears what their agent asks, and how to stop it. Nobody hears of their own requests.
#[tokio::test]
async fn an_owner_is_told_what_their_agent_asks() {
    let world = world_with_agent().await;
    let (bot, ana) = (world.person("ana-bot").await, world.person("ana").await);
    let (own, _) = world.ask(&ana, "prod").await;
    assert!(own.notices.is_empty(), "{:?}", own.notices);
    let (view, _) = world.ask(&bot, "prod").await;
    settle(&world).await;
    assert_eq!(subjects(&world, "ana@example.com"), ["your agent ana-bot asks for prod for 1h"]);
    let body = bodies(&world).pop().unwrap();
    assert!(body.contains(&format!("type: jit deny {}", view.id)), "{body}");
    assert!(body.contains("reason  | "), "{body}");
    let shown = world.show(&bot, &view).await;
    let told: Vec<_> =
        shown.notices.iter().map(|notice| (notice.to.as_str(), notice.about.as_str())).collect();
    assert_eq!(told, [("ana, by mail", "asked")]);
}

#[tokio::test]
async fn an_owner_is_told_what_their_agent_got_without_a_review() {
    let mut world = world_with_agent().await;
    let (from, to) = ("approval = \"1 of group:sre\"\nduration", "approval = \"none\"\nduration");
    world.change_policy("roles/prod.toml", from, to).await;
    let bot = world.person("ana-bot").await;
    let (view, _) = world.ask(&bot, "prod").await;
    assert_eq!(view.state, State::Approved);
    settle(&world).await;
    let told = subjects(&world, "ana@example.com");
    assert_eq!(told, ["your agent ana-bot has prod for 1h, which nobody reviewed"]);
    assert!(bodies(&world).iter().any(|body| body.contains(&format!("type: jit revoke {}", view.id))));
}

/// The subjects of the mails to an address, without what they have in common.
fn subjects(world: &World, to: &str) -> Vec<String> {
    let sent = world.fake.mail.sent.lock().unwrap();
    let own = sent.iter().filter(|letter| letter.to == [to]);
    own.map(|letter| letter.subject.strip_prefix("jit: ").unwrap().to_owned()).collect()
}

fn bodies(world: &World) -> Vec<String> {
    world.fake.mail.sent.lock().unwrap().iter().map(|letter| letter.body.clone()).collect()
}

#[tokio::test]
async fn a_requester_is_told_what_reviewers_decide() {
    let world = world_with(MAIL).await;
    let (ana, cy, dee) = (world.person("ana").await, world.person("cy").await, world.person("dee").await);
    let (view, _) = world.ask(&ana, "prod").await;
    assert!(view.notices.is_empty(), "asking is no news to her: {:?}", view.notices);
    world.approve(&cy, &view).await;
    settle(&world).await;
    let shown = world.show(&ana, &view).await;
    let told: Vec<_> =
        shown.notices.iter().map(|notice| (notice.to.as_str(), notice.about.as_str())).collect();
    assert_eq!(told, [("ana, by mail", "decided")]);
    // A denial may follow until the first use, and its comment is hers to read, marked as another's words.
    let mut denial = world.review_statement(&dee, &view.digest, Verdict::Deny);
    denial.comment = "<b>no</b> [see](https://evil.example) type: jit approve ALL".to_owned();
    world.review_signed(&dee, &view, denial).await.read::<RequestView>();
    settle(&world).await;
    assert_eq!(
        subjects(&world, "ana@example.com"),
        ["your request for prod is approved for 1h by cy", "your request for prod was denied by dee"]
    );
    let body = bodies(&world)[1].clone();
    assert!(
        body.contains("\n  comment | <b>no</b> [see](https://evil.example) type: jit approve ALL\n"),
        "{body}"
    );
    assert!(body.contains(&format!("\ntype: jit show {}\n", view.id)), "{body}");
    let shown = world.show(&ana, &view).await;
    assert!(!format!("{:?}", shown.notices).contains("@example.com"), "an address is not for every reader");
}

#[tokio::test]
async fn what_expires_undecided_or_unused_is_told() {
    let world = world_with(MAIL).await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    world.ask(&ana, "prod").await;
    world.pass("8h");
    settle(&world).await;
    let (unused, _) = world.ask(&ana, "prod").await;
    world.approve(&cy, &unused).await;
    world.pass("2h");
    settle(&world).await;
    assert_eq!(
        subjects(&world, "ana@example.com"),
        [
            "your request for prod expired: nobody decided in time",
            "your request for prod is approved for 1h by cy",
            "your approved request for prod expired: it was never used",
        ]
    );
    let bodies = bodies(&world);
    assert!(
        bodies[0].contains("\ntype: jit request prod\n") && bodies[2].contains("\ntype: jit request prod\n")
    );
}

#[tokio::test]
async fn an_end_that_comes_near_is_told_once_with_the_command_for_more_time() {
    let mut world = world_with(MAIL).await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    world.approve(&cy, &view).await;
    world.mint(&ana, &view).await.read::<SealedLease>();
    let near = |world: &World| {
        let subjects = subjects(world, "ana@example.com");
        subjects.into_iter().filter(|subject| subject.contains(" ends in ")).collect::<Vec<_>>()
    };
    world.pass("43m");
    settle(&world).await;
    assert_eq!(near(&world), [""; 0], "not yet");
    let events: EventList = world.get("/v1/events?after=0", &world.person("eve").await).await.read();
    let before = events.events.len();
    world.pass("2m");
    settle(&world).await;
    assert_eq!(near(&world), ["your access to prod ends in 14m"]);
    assert!(bodies(&world).last().unwrap().contains(&format!("\ntype: jit extend {}\n", view.id)));
    // Not again: not later, not after a restart. The log has no event of it.
    for _ in 0..2 {
        world.stop().await;
        world.start().await.unwrap();
        settle(&world).await;
    }
    assert_eq!(near(&world).len(), 1);
    let eve = world.person("eve").await;
    let events: EventList = world.get("/v1/events?after=0", &eve).await.read();
    let changes = events.events.iter().filter(|event| format!("{event:?}").contains("expiring")).count();
    assert_eq!(changes, 0, "{before} events before");

    // The new end is told as well, and that it cannot move again.
    let first = world.show(&ana, &view).await;
    let more = extend(&world, &ana, &first).await;
    world.approve(&cy, &more).await;
    world.pass("30m");
    settle(&world).await;
    assert_eq!(near(&world).len(), 2, "{:?}", near(&world));
    assert!(bodies(&world).last().unwrap().contains("it cannot be extended"), "{:?}", bodies(&world).last());
    world.pass("15m");
    settle(&world).await;
    assert_eq!(
        subjects(&world, "ana@example.com").last().unwrap(),
        "your access to prod has ended: the time is up"
    );
    let asked: Vec<String> = subjects(&world, "ana@example.com");
    assert!(
        asked.contains(&"your request for more time for prod is approved for 30m by cy".to_owned()),
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_requester_is_told_what_others_end_and_not_what_they_end_themselves() {
    let mut world = world_with(MAIL).await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (own, _) = world.ask(&ana, "prod").await;
    world.approve(&cy, &own).await;
    world.post_nothing(&format!("/v1/requests/{}/end", own.id), &ana).await.read::<RequestView>();
    let (revoked, _) = world.ask(&ana, "prod").await;
    world.approve(&cy, &revoked).await;
    world.mint(&ana, &revoked).await.read::<SealedLease>();
    world.revoke(&cy, &revoked).await.read::<RequestView>();
    let (changed, _) = world.ask(&ana, "prod").await;
    world.change_policy("roles/prod.toml", "role/prod", "role/other").await;
    settle(&world).await;
    assert_eq!(world.show(&ana, &changed).await.state, State::Revoked);
    let subjects = subjects(&world, "ana@example.com");
    let ends: Vec<&String> = subjects.iter().filter(|subject| !subject.contains("approved")).collect();
    assert_eq!(
        ends,
        ["your access to prod was revoked by cy", "your request for prod was ended by the policy"]
    );
    assert!(
        bodies(&world).iter().any(|body| body.contains("\n  why     | the incident is over\n")),
        "{:?}",
        bodies(&world)
    );
    let _ = world.stop().await;
}

#[tokio::test]
async fn a_broken_glass_is_told_to_whom_it_is_said_to_be() {
    let world = world_with(MAIL).await;
    let ana = world.person("ana").await;
    let (mut asked, _) = world.plan(&ana, "prod").await;
    asked.way = Way::BreakGlass;
    asked.duration = "20m".parse().unwrap();
    asked.not_after = "40m".parse::<Span>().unwrap().after(asked.created);
    let view: RequestView = world.ask_signed(&ana, asked).await.read();
    assert_eq!((view.notices.len(), view.notices[0].delivered), (1, true), "{:?}", view.notices);
    let told = subjects(&world, "ana@example.com");
    assert_eq!(told, ["EMERGENCY: ana took prod for 20m without approval"]);
}

const ESCALATE: &str = "[notify]\nescalate_after = \"30m\"\n\
                        escalate_to = { teams = { url_file = \"TEAMS\" }, people = [\"group:security\", \"person:ana\"] }\n\
                        [notify.people]\nmail = { server = \"smtps://mail.example.com\", from = \"jit@example.com\" }\n\
                        slack = { token_file = \"TOKEN\" }\n";

fn sites(world: &World) -> (Arc<Site>, Arc<Site>) {
    let site = |url: &str, status: u16, body: &'static str| {
        let site = Arc::new(Site { got: Mutex::default(), status, body: Mutex::new(body) });
        world.http.route(url, Arc::clone(&site) as Arc<dyn Host>);
        site
    };
    (site("https://slack.com", 200, "{\"ok\":true}"), site("https://prod-1.logic.example", 202, ""))
}

#[tokio::test]
async fn what_stays_undecided_reaches_further_people_once_and_lowers_no_rule() {
    let mut world = world_with(ESCALATE).await;
    let (slack, teams) = sites(&world);
    let (ana, dee, eve) = (world.person("ana").await, world.person("dee").await, world.person("eve").await);
    let (mut asked, _) = world.plan(&ana, "prod").await;
    asked.reason = "<!channel> [click](https://evil.example) <b>now</b>".to_owned();
    let view: RequestView = world.ask_signed(&ana, asked).await.read();
    world.pass("28m");
    settle(&world).await;
    assert!(world.show(&ana, &view).await.notices.is_empty(), "not yet");
    world.pass("2m");
    settle(&world).await;
    let shown = world.show(&ana, &view).await;
    let told: Vec<_> = shown
        .notices
        .iter()
        .map(|notice| (notice.to.as_str(), notice.about.as_str(), notice.delivered))
        .collect();
    // Eve has no address, and ana is not told about her own request.
    assert_eq!(
        told,
        [
            ("dee, by Slack", "escalation", true),
            ("dee, by mail", "escalation", true),
            ("teams, escalated", "escalation", true)
        ]
    );
    let title = "ESCALATED: ana waits for prod for 1h, and nobody has decided";
    assert_eq!(subjects(&world, "dee@example.com"), [title]);
    assert!(bodies(&world)[0].contains("\npossible reviewers: cy, dee\n"), "{:?}", bodies(&world));
    // Slack: to the member, as text.
    let message = slack.messages()[0].clone();
    assert_eq!((&message["channel"], &message["mrkdwn"]), (&"U024BE7LH".into(), &false.into()));
    let text = message["text"].as_str().unwrap();
    assert!(text.starts_with(title) && text.contains("&lt;!channel&gt;") && !text.contains('<'), "{text}");
    let token = slack.got.lock().unwrap()[0]
        .headers
        .iter()
        .find(|(name, _)| name == "authorization")
        .unwrap()
        .1
        .clone();
    assert_eq!(token, "Bearer xoxb-canary-secret");
    // Teams: the address as Power Automate shows it, and a card without Markdown.
    let call = teams.got.lock().unwrap()[0].url.clone();
    assert_eq!(
        call,
        "https://prod-1.logic.example/workflows/x/triggers/manual/run?api-version=1&sig=canary-secret"
    );
    let card = teams.messages()[0].clone();
    assert_eq!(card["type"], "message");
    assert_eq!(card["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
    let body = card["attachments"][0]["content"]["body"].as_array().unwrap();
    assert!(body.iter().all(|block| block["type"] == "RichTextBlock"), "{body:?}");
    assert_eq!(body[0]["inlines"][0]["text"], title);

    // Once: not later, not after a restart.
    for _ in 0..2 {
        world.pass("1h");
        world.stop().await;
        world.start().await.unwrap();
        settle(&world).await;
    }
    assert_eq!((slack.messages().len(), teams.messages().len()), (1, 1));
    // Eve was named, and still she has no say.
    let (eve, dee) = (world.person("eve").await, {
        let _ = (eve, dee);
        world.person("dee").await
    });
    assert_ne!(world.review(&eve, &view, Verdict::Approve).await.status(), 200);
    assert_eq!(world.show(&ana, &view).await.state, State::Pending);
    world.approve(&dee, &view).await;
}

#[tokio::test]
async fn what_was_decided_in_time_is_not_escalated() {
    let world = world_with(ESCALATE).await;
    let (slack, teams) = sites(&world);
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    world.approve(&cy, &view).await;
    world.pass("1h");
    settle(&world).await;
    assert_eq!((slack.messages().len(), teams.messages().len()), (0, 0));
}

#[tokio::test]
async fn slack_says_no_with_status_200_and_the_token_stays_secret() {
    let world = world_with(ESCALATE).await;
    let (slack, _) = sites(&world);
    *slack.body.lock().unwrap() = "{\"ok\":false,\"error\":\"channel_not_found\"}";
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "prod").await;
    world.pass("30m");
    settle(&world).await;
    let shown = world.show(&ana, &view).await;
    let problem = shown.notices[0].problem.clone().unwrap();
    assert_eq!(problem, "Slack refused it: channel_not_found");
    assert_eq!(slack.messages().len(), 3, "three tries");
    assert!(!format!("{:?}", shown.notices).contains("canary"));
}

/// An escalation is stored with the event of the request, whose own notice may still be waiting for its next try.
#[tokio::test]
async fn an_escalation_does_not_send_other_notices_of_its_event_again() {
    let notify = "[notify]\nteams = { url_file = \"TEAMS\" }\nescalate_after = \"1s\"\n\
                  escalate_to = { people = [\"person:dee\"] }\n[notify.people]\nslack = { token_file = \"TOKEN\" }\n";
    let world = world_with(notify).await;
    let (slack, _) = sites(&world);
    let broken = Arc::new(Site { got: Mutex::default(), status: 500, body: Mutex::new("") });
    world.http.route("https://prod-1.logic.example", Arc::clone(&broken) as Arc<dyn Host>);
    let ana = world.person("ana").await;
    world.ask(&ana, "prod").await;
    for _ in 0..3 {
        settle(&world).await;
    }
    assert_eq!(slack.messages().len(), 1);
    assert_eq!(broken.messages().len(), 3, "three tries of one notice");
}

/// Rows for each new kind, for people and places that the policy names for it, about a request that is not due for it.
#[tokio::test]
async fn rows_announce_nothing_that_is_not_due() {
    use sqlx::Connection;
    use sqlx::Executor;
    let mut world = world_with(ESCALATE).await;
    let (slack, teams) = sites(&world);
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "prod").await;
    world.stop().await;
    let url = format!("sqlite://{}", world.database().display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let request: Vec<u8> = view.digest.bytes().to_vec();
    for (event, (about, place)) in (90_i64..).zip([
        ("escalation", "teams, escalated"),
        ("escalation", "dee, by Slack"),
        ("expiring", "ana, by mail"),
        ("ended", "ana, by mail"),
        ("decided", "ana, by mail"),
        ("break_glass", "ana, by mail"),
        ("request", "ana, by mail"),
        ("decided", "dee, by mail"),
    ]) {
        let row = sqlx::query("INSERT INTO notices (request, event, about, place) VALUES (?, ?, ?, ?)");
        connection.execute(row.bind(&request).bind(event).bind(about).bind(place)).await.unwrap();
    }
    connection.close().await.unwrap();
    world.start().await.unwrap();
    settle(&world).await;
    assert_eq!((slack.messages().len(), teams.messages().len(), bodies(&world).len()), (0, 0, 0));
}

//! Many notices at once: a place gets few messages, every request is in one of them, and an emergency does not wait.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jit::grant::Verdict;
use jit::grant::span::Span;
use jit::grant::statement::Way;
use jit::protocol::RequestView;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;

use crate::broker::world::Person;
use crate::broker::world::World;
use crate::support::quiet::quiet;

#[derive(Default)]
struct Channel {
    got: Mutex<Vec<String>>,
    fails: Mutex<u32>,
}

#[async_trait]
impl Host for Channel {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let mut fails = self.fails.lock().unwrap();
        let status = if *fails > 0 { 500 } else { 200 };
        *fails = fails.saturating_sub(1);
        if status == 200 {
            let text = body["text"].as_str().unwrap_or_else(|| body["command"].as_str().unwrap()).to_owned();
            self.got.lock().unwrap().push(text);
        }
        Ok(Response { status, headers: Vec::new(), body: Vec::new() })
    }
}

/// Twelve roles, which are told to Slack and to a webhook.
async fn world() -> (World, Arc<Channel>, Arc<Channel>) {
    let mut world = World::unstarted();
    let file = |name: &str, text: &str| {
        let path = world.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (url, secret) = (file("url", "https://hooks.slack.example/T0"), file("secret", "shared"));
    let access = format!(
        "version = 1\n[notify]\nslack = {{ url_file = \"{url}\" }}\n\
         webhook = {{ url = \"https://hooks.example.com/x\", secret_file = \"{secret}\" }}\n"
    );
    world.write_policy("access.toml", &access);
    for number in 0..10 {
        let role = format!(
            "requesters = [\"group:dev\", \"group:sre\"]\napproval = \"1 of group:sre\"\nmax_duration = \"4h\"\n\
             [break_glass]\nrequesters = [\"group:dev\"]\nmax_duration = \"30m\"\n\
             [aws]\nrole_arn = \"arn:aws:iam::111122223333:role/r{number}\"\nregion = \"eu-west-1\"\n"
        );
        world.write_policy(&format!("roles/r{number}.toml"), &role);
    }
    let channel = |url: &str| {
        let channel = Arc::new(Channel::default());
        world.http.route(url, Arc::clone(&channel) as Arc<dyn Host>);
        channel
    };
    let channels = (channel("https://hooks.slack.example"), channel("https://hooks.example.com"));
    world.start().await.unwrap();
    (world, channels.0, channels.1)
}

/// Everybody asks for every role, within a second.
async fn flood(world: &World, people: &[Person]) -> Vec<RequestView> {
    let mut views = Vec::new();
    for person in people {
        for number in 0..10 {
            views.push(world.ask(person, &format!("r{number}")).await.0);
        }
    }
    views
}

async fn settle(world: &World, seconds: u32) {
    for _ in 0..seconds {
        quiet().await;
        world.clock.advance(Duration::from_secs(1));
    }
    quiet().await;
}

fn said(channel: &Channel) -> Vec<String> {
    channel.got.lock().unwrap().clone()
}

/// How often a request's command is in all messages.
fn times(messages: &[String], view: &RequestView) -> usize {
    messages.iter().map(|message| message.matches(view.id.as_str()).count()).sum()
}

#[tokio::test]
async fn a_flood_is_joined_and_nothing_of_it_is_lost() {
    let (world, slack, hook) = world().await;
    let (ana, bo, cy, dee) = (
        world.person("ana").await,
        world.person("bo").await,
        world.person("cy").await,
        world.person("dee").await,
    );
    let people = [ana, bo, cy];
    let mut views = flood(&world, &people).await;
    for number in 0..10 {
        views.push(world.ask(&dee, &format!("r{number}")).await.0);
    }
    // A denial is a second notice about the same request.
    for view in &views[..8] {
        world.review(&dee, view, Verdict::Deny).await.read::<RequestView>();
    }
    assert_eq!(said(&slack).len(), 5, "only the first go by themselves: {:?}", said(&slack));
    settle(&world, 50).await;
    assert_eq!(said(&slack).len(), 5, "the others wait for a minute");
    settle(&world, 20).await;
    let messages = said(&slack);
    let titles: Vec<&str> = messages[5..].iter().map(|message| message.lines().next().unwrap()).collect();
    assert_eq!(titles, ["40 notices at once, each in short", "3 notices at once, each in short"]);
    for (number, view) in views.iter().enumerate() {
        let expected = if number < 5 {
            3
        } else if number < 8 {
            2
        } else {
            1
        };
        // A notice by itself names the request twice: in the command and in its last line.
        assert_eq!(times(&messages, view), expected, "{number}");
        let shown = world.show(&dee, view).await;
        assert!(shown.notices.iter().all(|notice| notice.delivered), "{:?}", shown.notices);
    }
    // A program gets each by itself.
    assert_eq!(said(&hook).len(), 48);
    // And after the flood a notice goes at once again.
    settle(&world, 120).await;
    world.approve(&dee, &views[10]).await;
    settle(&world, 3).await;
    assert_eq!(said(&slack).len(), 8);
}

#[tokio::test]
async fn an_emergency_in_a_flood_goes_at_once() {
    let (world, slack, _) = world().await;
    let (ana, bo) = (world.person("ana").await, world.person("bo").await);
    flood(&world, &[bo]).await;
    let (mut asked, _) = world.plan(&ana, "r1").await;
    asked.way = Way::BreakGlass;
    asked.duration = "20m".parse().unwrap();
    asked.not_after = "40m".parse::<Span>().unwrap().after(asked.created);
    let view: RequestView = world.ask_signed(&ana, asked).await.read();
    let told: Vec<_> = view.notices.iter().map(|notice| (notice.to.as_str(), notice.delivered)).collect();
    assert_eq!(told, [("slack", true), ("webhook hooks.example.com", true)]);
    let messages = said(&slack);
    assert_eq!(messages.len(), 6);
    assert!(messages[5].starts_with("EMERGENCY: ana took r1"), "{messages:?}");
}

#[tokio::test]
async fn what_waits_in_a_digest_survives_a_restart_and_a_failure() {
    let (mut world, slack, _) = world().await;
    let ana = world.person("ana").await;
    let views = flood(&world, std::slice::from_ref(&ana)).await;
    assert_eq!(said(&slack).len(), 5);
    world.stop().await;
    *slack.fails.lock().unwrap() = 1;
    world.start().await.unwrap();
    settle(&world, 90).await;
    let messages = said(&slack);
    for view in &views {
        assert!(times(&messages, view) > 0, "{messages:?}");
        let shown = world.show(&ana, view).await;
        assert!(shown.notices.iter().all(|notice| notice.delivered), "{:?}", shown.notices);
    }
    assert_eq!(messages.len(), 10, "the five that waited went by themselves: {messages:?}");
}

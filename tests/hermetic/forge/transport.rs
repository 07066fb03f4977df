//! The client's behaviour towards GitHub: pages, rate limits, redirects, and what it retries.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use jit::github::GitHub;
use jit::github::GitHubError;
use jit::github::api::Slug;
use jit::secret::Secret;
use jit::system::Clock;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::json;

const API: &str = "https://api.github.com";
const START: &str = "2026-11-23T12:00:00Z";

/// Answers in turn.
#[derive(Default)]
pub struct Script(Mutex<VecDeque<Result<Response, HttpError>>>);

impl Script {
    pub fn of(answers: Vec<Result<Response, HttpError>>) -> Self {
        Self(Mutex::new(answers.into()))
    }
}

#[async_trait]
impl Host for Script {
    async fn answer(&self, _request: Request) -> Result<Response, HttpError> {
        self.0.lock().unwrap().pop_front().unwrap_or_else(|| Ok(answer(500, &[], "{}")))
    }
}

pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Response { status, headers, body: body.as_bytes().to_vec() }
}

struct Stage {
    github: GitHub,
    http: FakeHttp,
    clock: FakeClock,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new(answers: Vec<Response>) -> Self {
        let clock = FakeClock::at(START);
        let http = FakeHttp::default();
        let script = Script(Mutex::new(answers.into_iter().map(Ok).collect()));
        http.route(API, Arc::new(script));
        let folder = tempfile::tempdir().unwrap();
        let world = FakeWorld::new(folder.path(), &clock.advancing(), &http, 1);
        let slug = Slug::parse("acme/access").unwrap();
        let github = GitHub::new(API, slug, Secret::from("ghp_canary"), &world.system).unwrap();
        Self { github, http, clock, _folder: folder }
    }

    fn waited(&self) -> i64 {
        self.clock.now().as_second() - START.parse::<jiff::Timestamp>().unwrap().as_second()
    }
}

const COMMENT: &str = r#"{"id":1,"body":"x","user":null}"#;

#[tokio::test]
async fn lists_are_read_to_their_end_and_nowhere_else() {
    let next = |to: &str| format!("<{to}>; rel=\"next\", <{API}/x?page=9>; rel=\"last\"");
    let page = format!("[{COMMENT}]");
    let stage = Stage::new(vec![
        answer(200, &[("link", &next(&format!("{API}/x?page=2")))], &page),
        answer(200, &[], &page),
    ]);
    assert_eq!(stage.github.comments(1).await.unwrap().len(), 2);
    let stage = Stage::new(vec![answer(200, &[("link", &next("https://evil.example/x"))], &page)]);
    assert!(matches!(stage.github.comments(1).await, Err(GitHubError::Unreadable { .. })));
    assert_eq!(stage.http.sent().len(), 1);
}

#[tokio::test]
async fn limits_are_waited_for_and_then_told() {
    let later = (START.parse::<jiff::Timestamp>().unwrap().as_second() + 40).to_string();
    let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", later.as_str())];
    let stage = Stage::new(vec![
        answer(429, &[("retry-after", "7")], "{}"),
        answer(403, &spent, "{}"),
        answer(200, &[], "[]"),
    ]);
    assert!(stage.github.comments(1).await.unwrap().is_empty());
    assert!((40..=41).contains(&stage.waited()), "{}", stage.waited());
    let stage = Stage::new(vec![answer(403, &[("retry-after", "3600")], "{}")]);
    let Err(GitHubError::Limited { until }) = stage.github.comments(1).await else { panic!() };
    assert_eq!(until.to_string(), "2026-11-23T13:00:00Z");
    // Forbidden is not a limit.
    let stage = Stage::new(vec![answer(403, &[], r#"{"message":"Resource not accessible\u001b[2J"}"#)]);
    let error = stage.github.comments(1).await.unwrap_err();
    assert_eq!((error.status(), stage.http.sent().len()), (Some(403), 1));
    assert!(!error.to_string().contains('\u{1b}') && error.to_string().contains("not accessible"));
}

#[tokio::test]
async fn reads_are_asked_again_and_writes_are_not() {
    let stage = Stage::new(vec![answer(502, &[], ""), answer(502, &[], ""), answer(200, &[], "[]")]);
    assert!(stage.github.comments(1).await.is_ok());
    let stage = Stage::new(vec![answer(502, &[], ""), answer(201, &[], COMMENT)]);
    assert_eq!(stage.github.create_comment(1, "x").await.unwrap_err().status(), Some(502));
    assert_eq!(stage.http.sent().len(), 1);
}

#[tokio::test]
async fn ten_writes_of_a_minute_need_no_pause_and_the_others_one_second_each() {
    let stage = Stage::new((0..26).map(|_| answer(201, &[], COMMENT)).collect());
    let write = async |count: u32| {
        for _ in 0..count {
            stage.github.create_comment(1, "x").await.unwrap();
        }
    };
    write(10).await;
    assert_eq!(stage.waited(), 0);
    write(3).await;
    assert_eq!(stage.waited(), 3);
    // A minute later, the first ten are forgotten.
    stage.clock.advance(std::time::Duration::from_secs(59));
    write(9).await;
    assert_eq!(stage.waited(), 62);
    write(1).await;
    assert_eq!(stage.waited(), 63);
    // A clock that was set back stops nothing for good.
    stage.clock.set("2026-11-23T11:00:00Z".parse().unwrap());
    write(3).await;
    assert!(stage.waited() < -3_590, "{}", stage.waited());
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let stage =
        Stage::new(vec![answer(200, &[("etag", "W/\"1\"")], &format!("[{COMMENT}]")), answer(304, &[], "")]);
    stage.github.comments(1).await.unwrap();
    assert_eq!(stage.github.comments(1).await.unwrap().len(), 1);
    let second = &stage.http.sent()[1];
    assert!(second.headers.contains(&("if-none-match".to_owned(), "W/\"1\"".to_owned())));
}

#[tokio::test]
async fn redirects_are_followed_for_downloads_alone_and_without_the_token() {
    let stage = Stage::new(vec![answer(301, &[("location", "https://evil.example/")], "{}")]);
    assert!(stage.github.comments(1).await.unwrap_err().to_string().contains("moved"));
    assert_eq!(stage.http.sent().len(), 1);
    let stage = Stage::new(vec![answer(302, &[("location", "https://storage.example/1.txt?sig=1")], "")]);
    let storage = Script(Mutex::new(VecDeque::from([Ok(answer(200, &[], "x"))])));
    stage.http.route("https://storage.example", Arc::new(storage));
    assert_eq!(stage.github.job_log(1).await.unwrap(), b"x");
    let sent = stage.http.sent();
    let shows = |request: &Request| request.headers.iter().any(|(_, value)| value.contains("canary"));
    assert!(shows(&sent[0]) && !shows(&sent[1]));
}

#[tokio::test]
async fn a_dispatch_falls_back_where_the_server_is_older() {
    let stage = Stage::new(vec![answer(400, &[], r#"{"message":"unknown"}"#), answer(204, &[], "")]);
    assert_eq!(stage.github.dispatch("jit.yml", "main", &Default::default()).await, Ok(None));
    let stage = Stage::new(vec![answer(200, &[], r#"{"workflow_run_id":9,"run_url":"x","html_url":"y"}"#)]);
    let run = stage.github.dispatch("jit.yml", "main", &Default::default()).await.unwrap().unwrap();
    assert_eq!(run.workflow_run_id, 9);
    let sent: serde_json::Value = serde_json::from_slice(&stage.http.sent()[0].body).unwrap();
    assert_eq!(sent, json!({ "ref": "main", "inputs": {}, "return_run_details": true }));
}

#[test]
fn addresses_and_names_that_could_lead_elsewhere_are_refused() {
    for bad in ["acme", "acme/../x", "acme/", "/x", "a b/c", "acme/x?y", "acme/x/y", "../..", "acme/."] {
        assert!(Slug::parse(bad).is_none(), "{bad}");
    }
    let clock = FakeClock::at(START);
    let folder = tempfile::tempdir().unwrap();
    let world = FakeWorld::new(folder.path(), &clock, &FakeHttp::default(), 1);
    for bad in
        ["http://api.github.com", "https://x@api.github.com", "https://api.github.com/?q", "ftp://x", "x"]
    {
        let slug = Slug::parse("acme/access").unwrap();
        assert!(GitHub::new(bad, slug, Secret::from("x"), &world.system).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_page_that_is_too_long_is_asked_for_in_pieces() {
    let stage = Stage::new(Vec::new());
    let long = || Err(HttpError::TooLarge { host: "api.github.com".to_owned() });
    let next = format!("<{API}/repos/acme/access/issues/7/comments?per_page=2&page=2>; rel=\"next\"");
    let pages = vec![
        long(),
        Ok(answer(200, &[("link", &next)], &format!("[{COMMENT}, {COMMENT}]"))),
        Ok(answer(200, &[], &format!("[{COMMENT}]"))),
        // And once more: a page that is too long in pieces is too long.
        long(),
        long(),
    ];
    stage.http.route(API, Arc::new(Script::of(pages)));
    assert_eq!(stage.github.comments(7).await.unwrap().len(), 3);
    let error = stage.github.comments(7).await.unwrap_err();
    assert!(error.to_string().contains("too long") && !error.is_passing(), "{error}");
    let sizes: Vec<bool> =
        stage.http.sent().iter().map(|request| request.url.contains("per_page=2")).collect();
    assert_eq!(sizes, [false, true, true, false, true]);
}

#[tokio::test]
async fn a_limit_at_the_end_of_time_is_one() {
    for reset in ["-9223372036854775808", "9223372036854775807", "x"] {
        let limits = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)];
        let limited = || answer(403, &limits, r#"{"message":"API rate limit exceeded"}"#);
        let stage = Stage::new((0..5).map(|_| limited()).collect());
        assert!(stage.github.comments(7).await.is_err(), "{reset}");
    }
}

use std::sync::Mutex;

use super::*;
use crate::system::fake::FakeClock;
use crate::system::fake::FakeHttp;
use crate::system::fake::FakeWorld;
use crate::system::fake::Host;
use crate::system::http::HttpError;

const URL: &str = "https://jit.example.com";

/// Answers from a list, and repeats the last answer for ever.
struct Scripted(Mutex<Vec<Result<Response, HttpError>>>);

#[async_trait]
impl Host for Scripted {
    async fn answer(&self, _request: Request) -> Result<Response, HttpError> {
        let mut answers = self.0.lock().unwrap();
        if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() }
    }
}

fn answer(status: u16, kind: &str, body: &str) -> Result<Response, HttpError> {
    Ok(Response {
        status,
        headers: vec![("content-type".into(), kind.into()), ("location".into(), "https://evil\u{1b}".into())],
        body: body.as_bytes().to_vec(),
    })
}

fn client(answers: Vec<Result<Response, HttpError>>) -> (BrokerClient, FakeHttp, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let http = FakeHttp::default();
    http.route(URL, Arc::new(Scripted(Mutex::new(answers))));
    let clock = FakeClock::at("2026-11-23T10:00:00Z").advancing();
    let world = FakeWorld::new(folder.path(), &clock, &http, 1);
    (BrokerClient::new(&world.system, URL, Some("hush".into())), http, folder)
}

#[tokio::test]
async fn reads_are_repeated_and_changes_are_not() {
    let broken = || Err(HttpError::TimeOut { host: "jit.example.com".into() });
    let (broker, http, _folder) =
        client(vec![broken(), broken(), answer(200, "application/json", "{\"roles\":[]}")]);
    assert!(broker.roles().await.unwrap().roles.is_empty());
    assert_eq!(http.sent().len(), 3);
    let (broker, http, _folder) = client(vec![broken()]);
    let id = "7F3KQ2M8ZD".parse().unwrap();
    assert!(matches!(broker.obtain(&id, None).await, Err(AuthorityError::Unreachable { .. })));
    assert_eq!(http.sent().len(), 1);
}

/// Accepts every connection and never answers. Each timeout advances the fake clock.
struct Silent(FakeClock);

#[async_trait]
impl Host for Silent {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        self.0.advance(request.time_limit);
        Err(HttpError::TimeOut { host: "jit.example.com".into() })
    }
}

#[tokio::test]
async fn a_silent_broker_is_given_up_after_twenty_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let http = FakeHttp::default();
    let clock = FakeClock::at("2026-11-23T10:00:00Z").advancing();
    http.route(URL, Arc::new(Silent(clock.clone())));
    let world = FakeWorld::new(folder.path(), &clock, &http, 1);
    let began = clock.now();
    let error = BrokerClient::new(&world.system, URL, None).roles().await.unwrap_err();
    assert_eq!(clock.now().duration_since(began), READ_LIMIT);
    assert_eq!(http.sent().len(), 2, "one lost answer is not the end");
    let shown = format!("{error}; {}", error.hint().unwrap());
    assert!(shown.contains("jit.example.com did not answer within 20 seconds"), "{shown}");
}

#[tokio::test]
async fn odd_answers_are_errors_that_show_nothing_dangerous() {
    let problem =
        r#"{"type":"about:blank","title":"No","status":200,"detail":"a\u001b[2Jb","code":"forbidden"}"#;
    for odd in [
        answer(200, "text/html", "<html>\u{1b}[2J</html>"),
        answer(200, "application/json", "{\"roles\":7}"),
        answer(302, "text/html", ""),
        answer(500, "text/html", "\u{1b}"),
        answer(403, "application/problem+json", problem),
        answer(403, "application/problem+json", "\u{1b}"),
    ] {
        let (broker, http, _folder) = client(vec![odd]);
        let error = broker.roles().await.unwrap_err();
        let shown = format!("{error} {:?} {:?}", error.hint(), error.code());
        assert!(!shown.contains('\u{1b}') && !shown.contains("hush"), "{shown:?}");
        assert_eq!(http.sent().len(), 1, "{shown}");
    }
}

#[tokio::test]
async fn an_impostor_is_noticed() {
    let challenge = r#"{"challenge":"c","authority":"https://evil.example","time":"2026-11-23T10:00:00Z"}"#;
    let (broker, _http, _folder) = client(vec![answer(200, "application/json", challenge)]);
    assert!(matches!(broker.challenge().await, Err(AuthorityError::Impostor { .. })));
}

/// Counts how often it was asked, and offers this token.
struct Counting(Mutex<u32>, Option<&'static str>);

#[async_trait]
impl Renew for Counting {
    async fn renew(&self, over: &Secret<String>) -> Option<Secret<String>> {
        assert_eq!(over.expose(), "hush");
        *self.0.lock().unwrap() += 1;
        self.1.map(Secret::from)
    }
}

#[tokio::test]
async fn a_session_that_is_over_is_replaced_once_and_the_request_goes_on() {
    let over = || {
        let problem = r#"{"type":"x","title":"No","status":401,"detail":"over","code":"unauthenticated"}"#;
        answer(401, "application/problem+json", problem)
    };
    let bearer = |request: &Request| {
        request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.clone())
    };
    let fine = || answer(200, "application/json", "{\"roles\":[]}");
    let (broker, http, _folder) = client(vec![over(), fine()]);
    let renew = Arc::new(Counting(Mutex::new(0), Some("fresh")));
    let broker = broker.renewing(Arc::clone(&renew) as Arc<dyn Renew>);
    assert!(broker.roles().await.unwrap().roles.is_empty());
    assert!(broker.roles().await.unwrap().roles.is_empty());
    let shown: Vec<_> = http.sent().iter().filter_map(bearer).collect();
    assert_eq!(shown, ["Bearer hush", "Bearer fresh", "Bearer fresh"]);
    assert_eq!(*renew.0.lock().unwrap(), 1);
    // If the second try is refused too, or no token is offered, the broker's answer stands.
    for (offer, requests) in [(Some("fresh"), 2), (None, 1)] {
        let (broker, http, _folder) = client(vec![over()]);
        let broker = broker.renewing(Arc::new(Counting(Mutex::new(0), offer)));
        assert_eq!(broker.roles().await.unwrap_err().status(), Some(401));
        assert_eq!(http.sent().len(), requests);
    }
}

/// The hint is a way forward, and never the command that just failed.
#[test]
fn an_unreachable_broker_has_a_hint_that_needs_no_broker() {
    let hint = |url: &str, cause: &str| {
        let error = HttpError::Connect { host: "x".into(), cause: cause.into() };
        AuthorityError::Unreachable { url: url.to_owned(), error }.hint().unwrap()
    };
    let corrupt = "received corrupt message of type InvalidContentType";
    assert_eq!(
        hint("https://127.0.0.1:8765", corrupt),
        "it speaks plain http there: `jit login http://127.0.0.1:8765`"
    );
    assert!(hint("https://jit.example.com", corrupt).contains("ask for its https address"));
    let refused = hint("https://jit.example.com", "connection refused");
    assert!(refused.contains("`curl https://jit.example.com/healthz`"), "{refused}");
}

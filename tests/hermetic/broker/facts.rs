//! Facts are fetched for each decision. A source, whatever it does, can only make its own fact true of people.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use jit::grant::State;
use jit::protocol::RequestView;
use jit::protocol::SealedLease;
use jit::system::Processes;
use jit::system::contained::Bounds;
use jit::system::fake::FakeProcesses;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use jit::system::processes::Command;
use jit::system::processes::Output;
use jit::system::processes::RealProcesses;

use crate::broker::world::Person;
use crate::broker::world::World;

const SOURCE: &str = "https://oncall.example.com";

/// A source with a fixed answer, which counts its calls.
struct Source {
    answer: Mutex<Result<Response, HttpError>>,
    asked: AtomicUsize,
    /// Never answers.
    hangs: AtomicBool,
    log: Mutex<Vec<Request>>,
}

impl Source {
    fn saying(body: &str) -> Arc<Self> {
        let source = Self {
            answer: Mutex::new(Ok(answer(200, body))),
            asked: AtomicUsize::new(0),
            hangs: AtomicBool::new(false),
            log: Mutex::default(),
        };
        Arc::new(source)
    }

    fn says(&self, status: u16, body: &str) {
        *self.answer.lock().unwrap() = Ok(answer(status, body));
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

fn answer(status: u16, body: &str) -> Response {
    Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
}

#[async_trait]
impl Host for Source {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.log.lock().unwrap().push(request);
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        tokio::task::yield_now().await;
        self.answer.lock().unwrap().clone()
    }
}

/// A broker whose role `guarded` is for people on call, whose `helped` is approved automatically for them, and whose
/// `plain` uses no fact.
async fn world(source: &str) -> World {
    let mut world = World::unstarted();
    let access = format!(
        "version = 1\nauditors = [\"group:watch\"]\n[facts.oncall]\n{source}\nmax_age = \"5m\"\n[facts.admin]\nfile = \"/nonexistent/admin.json\"\n"
    );
    world.write_policy("access.toml", &access);
    for (name, when) in [
        ("guarded", "request = \"principal.oncall\""),
        ("helped", "auto_approve = \"principal.oncall\""),
        ("admin", "auto_approve = \"principal.admin\""),
        ("plain", "request = \"context.hour >= 0\""),
    ] {
        let role = format!(
            "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nreason = \"optional\"\n[when]\n{when}\n[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/{name}\"\nregion = \"eu-west-1\"\n"
        );
        world.write_policy(&format!("roles/{name}.toml"), &role);
    }
    world
}

async fn with_url(source: &Arc<Source>) -> World {
    let mut world = world(&format!("url = \"{SOURCE}/people\"\ntoken_env = \"ONCALL_TOKEN\"")).await;
    world.fake.system.environment.set("ONCALL_TOKEN", "canary-oncall-token");
    world.http.route(SOURCE, Arc::clone(source) as Arc<dyn Host>);
    world.start().await.unwrap();
    world
}

async fn ask(world: &World, person: &Person, role: &str) -> crate::broker::world::Answer {
    let (statement, _) = world.plan(person, role).await;
    world.ask_signed(person, statement).await
}

async fn end(world: &World, person: &Person, view: &RequestView) {
    let ended = world.post_nothing(&format!("/v1/requests/{}/end", view.id), person).await;
    assert!(ended.read::<RequestView>().state.is_terminal());
}

#[tokio::test]
async fn a_fact_lets_in_whom_it_is_true_of() {
    let source = Source::saying(r#"{"oncall": ["ana", "cy"]}"#);
    let world = with_url(&source).await;
    let (ana, bo) = (world.person("ana").await, world.person("bo").await);
    assert_eq!(ask(&world, &ana, "helped").await.read::<RequestView>().state, State::Approved);
    assert_eq!(ask(&world, &bo, "helped").await.read::<RequestView>().state, State::Pending);
    assert_eq!(ask(&world, &ana, "guarded").await.read::<RequestView>().state, State::Pending);
    let refused = ask(&world, &bo, "guarded").await;
    assert_eq!(refused.problem(), "policy");
    assert!(!refused.detail().contains("not available"), "{}", refused.detail());
    assert_eq!(source.asked(), 1, "what was said is young enough for all of them");
    let sent = source.log.lock().unwrap().pop().unwrap();
    assert!(sent.headers.contains(&("authorization".to_owned(), "Bearer canary-oncall-token".to_owned())));
}

#[tokio::test]
async fn roles_that_look_at_no_fact_ask_no_source() {
    let source = Source::saying("{}");
    let world = with_url(&source).await;
    let ana = world.person("ana").await;
    ask(&world, &ana, "plain").await.read::<RequestView>();
    ask(&world, &ana, "prod").await.read::<RequestView>();
    assert_eq!(source.asked(), 0);
}

#[tokio::test]
async fn a_source_that_lies_fails_or_redirects_lets_nobody_in() {
    let elsewhere = Source::saying(r#"{"oncall": ["ana"]}"#);
    let source = Source::saying("{}");
    let world = with_url(&source).await;
    world.http.route("https://evil.example", Arc::clone(&elsewhere) as Arc<dyn Host>);
    let ana = world.person("ana").await;
    let mut redirect = answer(302, r#"{"oncall": ["ana"]}"#);
    redirect.headers.push(("location".to_owned(), "https://evil.example/people".to_owned()));
    let mut old = answer(200, r#"{"oncall": ["ana"]}"#);
    old.headers.push(("age".to_owned(), "301".to_owned()));
    let mut odd = answer(200, r#"{"oncall": ["ana"]}"#);
    odd.headers.push(("age".to_owned(), "-1".to_owned()));
    let connect = HttpError::Connect { host: "oncall.example.com".to_owned(), cause: "refused".to_owned() };
    let huge = HttpError::TooLarge { host: "oncall.example.com".to_owned() };
    for (name, says) in [
        ("redirect", Ok(redirect)),
        ("an old answer from a cache", Ok(old)),
        ("an age that is none", Ok(odd)),
        ("an error with an answer in it", Ok(answer(500, r#"{"oncall": ["ana"]}"#))),
        ("no content", Ok(answer(204, r#"{"oncall": ["ana"]}"#))),
        ("html", Ok(answer(200, "<html>ana</html>"))),
        ("empty", Ok(answer(200, ""))),
        ("another fact", Ok(answer(200, r#"{"admin": ["ana"]}"#))),
        ("the fact twice", Ok(answer(200, r#"{"oncall": [], "oncall": ["ana"]}"#))),
        ("a name that is none", Ok(answer(200, r#"{"oncall": ["ana", "../bo"]}"#))),
        ("gone", Err(connect)),
        ("huge", Err(huge)),
    ] {
        *source.answer.lock().unwrap() = says;
        let refused = ask(&world, &ana, "guarded").await;
        assert_eq!(refused.problem(), "policy", "{name}");
        assert!(
            refused.detail().contains("the fact oncall is not available"),
            "{name}: {}",
            refused.detail()
        );
        assert!(!refused.detail().contains("example.com"), "{name}: {}", refused.detail());
        let helped = ask(&world, &ana, "helped").await.read::<RequestView>();
        assert_eq!(helped.state, State::Pending, "{name}");
        end(&world, &ana, &helped).await;
        world.clock.advance(Duration::from_secs(6));
    }
    assert_eq!(elsewhere.asked(), 0);
}

#[tokio::test]
async fn a_source_speaks_of_its_own_fact_only() {
    // The owner of the on-call list must not be able to make administrators.
    let source = Source::saying(r#"{"oncall": ["ana", "mallory", "nobody"], "admin": ["ana", "mallory"]}"#);
    let world = with_url(&source).await;
    let (ana, mallory) = (world.person("ana").await, world.person("mallory").await);
    assert_eq!(ask(&world, &ana, "helped").await.read::<RequestView>().state, State::Approved);
    assert_eq!(ask(&world, &ana, "admin").await.read::<RequestView>().state, State::Pending);
    // A fact lets nobody ask whom the role does not name.
    let (mut statement, _) = world.plan(&ana, "helped").await;
    statement.header.who = mallory.name.clone();
    assert_eq!(world.ask_signed(&mallory, statement).await.problem(), "policy");
}

#[tokio::test]
async fn an_answer_after_the_time_limit_comes_too_late() {
    let source = Source::saying(r#"{"oncall": ["ana"]}"#);
    let world = with_url(&source).await;
    let ana = world.person("ana").await;
    let (statement, _) = world.plan(&ana, "guarded").await;
    source.hangs.store(true, Ordering::Relaxed);
    let (refused, ()) = tokio::join!(world.ask_signed(&ana, statement), async {
        while source.asked() == 0 {
            tokio::task::yield_now().await;
        }
        world.clock.advance(Duration::from_secs(6));
    });
    assert_eq!(refused.problem(), "policy");
    assert!(refused.detail().contains("the fact oncall is not available"), "{}", refused.detail());
}

#[tokio::test]
async fn everybody_who_waits_waits_for_one_question() {
    let source = Source::saying(r#"{"oncall": ["ana", "bo"]}"#);
    let world = with_url(&source).await;
    let (ana, bo) = (world.person("ana").await, world.person("bo").await);
    let (one, other) = tokio::join!(ask(&world, &ana, "helped"), ask(&world, &bo, "helped"));
    assert_eq!(one.read::<RequestView>().state, State::Approved);
    assert_eq!(other.read::<RequestView>().state, State::Approved);
    assert_eq!(source.asked(), 1);
    // Later callers do not call a failing source again either.
    world.clock.advance(Duration::from_secs(301));
    source.says(503, "");
    let (one, other) = tokio::join!(ask(&world, &ana, "guarded"), ask(&world, &bo, "guarded"));
    assert_eq!((one.problem(), other.problem()), ("policy".to_owned(), "policy".to_owned()));
    assert_eq!(source.asked(), 2);
}

#[tokio::test]
async fn who_is_off_call_or_whose_source_is_gone_gets_no_more_credentials() {
    for gone in [false, true] {
        let source = Source::saying(r#"{"oncall": ["ana"]}"#);
        let world = with_url(&source).await;
        let (ana, cy) = (world.person("ana").await, world.person("cy").await);
        let view = ask(&world, &ana, "guarded").await.read::<RequestView>();
        let view = world.approve(&cy, &view).await;
        world.mint(&ana, &view).await.read::<SealedLease>();
        if gone {
            world.http.unroute(SOURCE);
        } else {
            source.says(200, r#"{"oncall": ["bo"]}"#);
        }
        // The answer is valid for five minutes, and no longer.
        world.clock.advance(Duration::from_secs(300));
        world.mint(&ana, &view).await.read::<SealedLease>();
        world.clock.advance(Duration::from_secs(1));
        let refused = world.mint(&ana, &view).await;
        assert_eq!(refused.problem(), "policy");
        assert_eq!(
            refused.detail().contains("the fact oncall is not available"),
            gone,
            "{}",
            refused.detail()
        );
        assert_eq!(world.cloud.orders.lock().unwrap().len(), 2);
        // When the fact is true again, the grant continues.
        world.http.route(SOURCE, Arc::clone(&source) as Arc<dyn Host>);
        source.says(200, r#"{"oncall": ["ana"]}"#);
        world.clock.advance(Duration::from_secs(301));
        world.mint(&ana, &view).await.read::<SealedLease>();
    }
}

#[tokio::test]
async fn approved_by_a_fact_and_off_call_before_the_first_use() {
    let source = Source::saying(r#"{"oncall": ["ana"]}"#);
    let world = with_url(&source).await;
    let ana = world.person("ana").await;
    let view = ask(&world, &ana, "helped").await.read::<RequestView>();
    assert_eq!(view.state, State::Approved);
    source.says(200, r#"{"oncall": []}"#);
    world.clock.advance(Duration::from_secs(301));
    assert_eq!(world.mint(&ana, &view).await.problem(), "policy");
    assert!(world.cloud.orders.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_clock_that_goes_back_makes_no_answer_younger() {
    let source = Source::saying(r#"{"oncall": ["ana"]}"#);
    let world = with_url(&source).await;
    let ana = world.person("ana").await;
    ask(&world, &ana, "helped").await.read::<RequestView>();
    let noon = world.now();
    source.says(200, r#"{"oncall": []}"#);
    world.clock.set(noon - jiff::SignedDuration::from_hours(2));
    assert_eq!(ask(&world, &ana, "guarded").await.problem(), "statement");
    world.clock.set(noon + jiff::SignedDuration::from_secs(301));
    assert_eq!(ask(&world, &ana, "guarded").await.problem(), "policy");
}

#[tokio::test]
async fn a_token_that_is_not_there_asks_nothing() {
    let source = Source::saying(r#"{"oncall": ["ana"]}"#);
    let mut world = world(&format!("url = \"{SOURCE}/people\"\ntoken_env = \"NOT_SET\"")).await;
    world.http.route(SOURCE, Arc::clone(&source) as Arc<dyn Host>);
    world.start().await.unwrap();
    let ana = world.person("ana").await;
    assert_eq!(ask(&world, &ana, "guarded").await.problem(), "policy");
    assert_eq!(source.asked(), 0);
}

#[tokio::test]
async fn a_file_is_as_old_as_its_last_writing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oncall.json");
    let mut world = world(&format!("file = {:?}", path.to_str().unwrap())).await;
    world.start().await.unwrap();
    let ana = world.person("ana").await;
    let write = |content: &str, at: jiff::Timestamp| {
        std::fs::write(&path, content).unwrap();
        let file = std::fs::File::options().append(true).open(&path).unwrap();
        let since = Duration::from_secs(u64::try_from(at.as_second()).unwrap());
        file.set_modified(std::time::UNIX_EPOCH + since).unwrap();
    };
    let good = r#"{"oncall": ["ana"]}"#;
    for (content, at, state) in [
        (good, 0, State::Approved),
        (good, -300, State::Approved),
        (good, -301, State::Pending),
        (good, 30, State::Approved),
        // The source's clock is ahead, or the file was touched to look fresh for ever.
        (good, 3600, State::Pending),
        (r#"{"oncall": ["bo"]}"#, 0, State::Pending),
        (&format!("{}{good}", " ".repeat(1024 * 1024)), 0, State::Pending),
        ("", 0, State::Pending),
    ] {
        write(content, world.now() + jiff::SignedDuration::from_secs(at));
        let view = ask(&world, &ana, "helped").await.read::<RequestView>();
        assert_eq!(view.state, state, "{at} {}", content.len());
        end(&world, &ana, &view).await;
        world.clock.advance(Duration::from_secs(6));
    }
}

/// Real programs, or one that hangs.
struct Programs {
    hangs: bool,
    other: FakeProcesses,
}

#[async_trait]
impl Processes for Programs {
    fn become_command(&self, command: &Command) -> io::Result<i32> {
        self.other.become_command(command)
    }

    async fn run_attached(&self, command: &Command) -> io::Result<i32> {
        self.other.run_attached(command).await
    }

    async fn run_collected(&self, command: &Command, input: &[u8], limit: Duration) -> io::Result<Output> {
        self.other.run_collected(command, input, limit).await
    }

    async fn run_contained(
        &self,
        command: &Command,
        input: &[u8],
        bounds: &Bounds<'_>,
    ) -> io::Result<Output> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        RealProcesses.run_contained(command, input, bounds).await
    }

    fn protect_memory(&self) {}

    async fn interrupted(&self) {
        self.other.interrupted().await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_is_bounded_and_sees_no_secret_of_the_brokers() {
    let good = r#"echo '{\"oncall\": [\"ana\"]}'"#;
    for (script, hangs, state) in [
        (good.to_owned(), false, State::Approved),
        (format!("test -z \\\"$CANARY\\\" && {good}"), false, State::Approved),
        (format!("{good}; exit 3"), false, State::Pending),
        ("kill -9 $$".to_owned(), false, State::Pending),
        (
            "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done"
                .to_owned(),
            false,
            State::Pending,
        ),
        (format!("yes 1>&2; {good}"), false, State::Pending),
        (good.to_owned(), true, State::Pending),
    ] {
        let mut world = world(&format!("command = [\"/bin/sh\", \"-c\", \"{script}\"]")).await;
        world.fake.system.processes = Arc::new(Programs { hangs, other: FakeProcesses::default() });
        world.fake.system.environment.set("CANARY", "secret");
        world.fake.system.environment.set("PATH", "/usr/bin:/bin");
        world.start().await.unwrap();
        let ana = world.person("ana").await;
        let (statement, _) = world.plan(&ana, "helped").await;
        let asking = world.ask_signed(&ana, statement);
        let view: RequestView = if hangs {
            let (answer, ()) = tokio::join!(asking, async {
                for _ in 0..200 {
                    tokio::task::yield_now().await;
                }
                world.clock.advance(Duration::from_secs(6));
            });
            answer.read()
        } else {
            asking.await.read()
        };
        assert_eq!(view.state, state, "{script}");
    }
}

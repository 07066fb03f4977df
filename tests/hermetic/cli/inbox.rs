//! The inbox in a window: scripted keys, and what the window shows after each.

use std::sync::Arc;
use std::time::Duration;

use insta::assert_snapshot;
use jit::grant::Digest;
use jit::grant::Signed;
use jit::grant::State;
use jit::grant::Statement;
use jit::identity::fake::TestSigner;
use jit::identity::statement::sign;
use jit::protocol::ClosingView;
use jit::system::fake::Host;
use jit::system::fake_screen::Step;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use jit::system::screen::Key;
use jit::system::screen::Size;
use jit::system::screen::Style;

use crate::cli::fake_broker::BROKER;
use crate::cli::fake_broker::FakeBroker;
use crate::cli::scopes::team as scoped;
use crate::cli::stage::Person;
use crate::cli::stage::Shot;
use crate::cli::stage::Stage;

const ASK: [&str; 6] = ["request", "prod-admin", "--reason", "INC-42 fail over", "-y", "--no-wait"];

fn key(letter: char) -> Step {
    Step::Key(Key::Character(letter))
}

fn press(key: Key) -> Step {
    Step::Key(key)
}

fn window(columns: usize, rows: usize) -> Step {
    Step::Resize(Size { columns, rows })
}

/// Runs `jit inbox` with these steps and answers. Returns the result and every picture, the first one first.
async fn play(person: &Person, steps: Vec<Step>, answers: &[&str]) -> (Shot, Vec<String>) {
    {
        let mut scene = person.world.console.scene.lock().unwrap();
        *scene = jit::system::fake_screen::Scene::default();
        scene.steps.extend(steps);
    }
    let shot = person.run("inbox", answers).await;
    let pictures = person.world.console.scene.lock().unwrap().pictures.clone();
    (shot, pictures)
}

/// A picture without its empty lines at the end of the list.
fn trimmed(picture: &str) -> String {
    let mut lines: Vec<&str> = picture.lines().collect();
    lines.dedup_by(|second, first| second.is_empty() && first.is_empty());
    lines.join("\n")
}

async fn ask(person: &Person, more: &str) -> String {
    let asked = person.run(&format!("request orders-admin --reason look -y --no-wait{more}"), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    asked.stdout.trim().to_owned()
}

/// How many signatures were made.
fn signed(person: &Person) -> usize {
    person.world.agent.asked_to_sign().len()
}

#[tokio::test]
async fn one_walks_opens_scrolls_and_goes_back() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run_words(&ASK, &[]).await.code, 0);
    let before = signed(&stage.bo);
    let steps = vec![press(Key::Enter), press(Key::Escape), key('q')];
    let (shot, pictures) = play(&stage.bo, steps, &[]).await;
    assert_eq!((shot.code, shot.stdout.as_str()), (0, ""), "{shot}");
    assert_eq!(pictures.len(), 3);
    assert_snapshot!(trimmed(&pictures[0]), @"
    1 request waits for your review   https://jit.example.com

    > B1R20YF74R  ana  prod-admin  1h  just now  INC-42 fail over

    enter open   a approve   l approve for less   d deny   r refresh   q quit
    ");
    assert_snapshot!(trimmed(&pictures[1]), @"
    what the requester signed, beside the policy's role

    ana asks for prod-admin  (request B1R20YF74R)
      opens     role prod-admin in account 111122223333 (aws)
      role      Administer the production account
      for       1h (at most 4h)
      reason  | INC-42 fail over
      approval  1 of group:sre
      asked     just now, signed by
                SHA256:7gVR/iqpm6U+Yi3maONALdXOZTSgeJnr31Vk147gxV0
      digest    58702079e72616d4c76a85d0e93db64de75f2afc64d2eeab81cb612a9729c601

    a approve   l approve for less   d deny   r refresh   q back
    ");
    assert_eq!(pictures[2], pictures[0], "Escape leads back to the list");
    assert_eq!(signed(&stage.bo), before, "reading signs nothing");

    // A low window scrolls the open request, and stops at both ends.
    let steps = vec![
        window(60, 7),
        press(Key::Enter),
        press(Key::Up),
        press(Key::PageDown),
        press(Key::End),
        press(Key::Down),
        press(Key::Home),
        key('q'),
        key('q'),
    ];
    let (_, pictures) = play(&stage.bo, steps, &[]).await;
    assert!(pictures.iter().skip(1).all(|picture| picture.lines().count() <= 7), "{pictures:?}");
    let opened = &pictures[2..8];
    assert!(opened[0].contains("7 more lines below") && opened[0].contains("ana asks for prod-admin"));
    assert_eq!(opened[0], opened[1], "nothing is above the first line");
    assert!(opened[2].contains("4 above, 3 below") && !opened[2].contains("ana asks for"), "{}", opened[2]);
    assert!(opened[3].contains("7 more lines above") && opened[3].contains("digest"), "{}", opened[3]);
    assert_eq!(opened[3], opened[4], "nothing is below the last line");
    assert_eq!(opened[5], opened[0]);
}

#[tokio::test]
async fn several_decisions_are_taken_one_after_another() {
    let mut team = scoped().await;
    let whole = ask(&team.ana, "").await;
    team.clock.advance(Duration::from_secs(60));
    let read = ask(&team.ana, " --scope notes-read").await;
    team.clock.advance(Duration::from_secs(60));
    let write = ask(&team.ana, " --scope notes-write").await;
    let steps = vec![
        key('j'),
        press(Key::Up),
        press(Key::Down),
        press(Key::Down),
        press(Key::Down),
        key('d'),
        Step::Wait,
        press(Key::Home),
        key('l'),
        Step::Wait,
        press(Key::Enter),
        key('a'),
        Step::Wait,
        key('q'),
    ];
    let answers = [
        // Deny the last one, with a comment. A denial without one is asked for again.
        "",
        "use the other one",
        "y",
        // The first one for 10 minutes and for one scope. More than was asked is asked for again.
        "2h",
        "10m",
        "only notes-read",
        "y",
        // The one that is open, as asked.
        "y",
        // Nobody is asked more than this.
        "n",
    ];
    let (shot, pictures) = play(&team.bo, steps, &answers).await;
    assert_eq!(shot.code, 0, "{shot}");
    let scene = Arc::clone(&team.bo.world.console.scene);
    assert_eq!(scene.lock().unwrap().left, 3, "each decision is taken on the terminal itself");
    assert_eq!(team.bo.world.console.answers.lock().unwrap().len(), 1, "no question is left over: {shot}");
    let chosen =
        |picture: &str| picture.lines().find(|line| line.starts_with("> ")).unwrap_or_default().to_owned();
    assert!(chosen(&pictures[0]).contains(&whole) && chosen(&pictures[1]).contains(&read));
    assert!(chosen(&pictures[2]).contains(&whole));
    assert!(chosen(&pictures[5]).contains(&write), "the last one is the end: {}", pictures[5]);
    for said in [
        format!("denied {write}: orders-admin/notes-write for ana, 1h"),
        format!("approved {whole}: orders-admin/notes-read (asked: the whole role) for ana, 10m (asked 1h)"),
        format!("approved {read}: orders-admin/notes-read for ana, 30m"),
        "2h is more than the requested 1h".to_owned(),
        "  shortened 10m instead of 1h".to_owned(),
    ] {
        assert!(shot.stderr.contains(&said), "{said}: {shot}");
    }
    // The reviewer's own decision is no news to them.
    assert!(
        !shot.stderr.contains("was denied by") && !pictures.iter().any(|one| one.contains("was denied by"))
    );
    assert_snapshot!(trimmed(pictures.last().unwrap()).replace(&whole, "WHOLE").replace(&read, "READ").replace(&write, "WRITE"), @"
    no request is waiting for your review   http://127.0.0.1:8765

    * denied WRITE: orders-admin/notes-write for ana, 1h
    * approved WHOLE: orders-admin/notes-read (asked: the whole role) for ana,
      10m (asked 1h); ana can use it now
    * approved READ: orders-admin/notes-read for ana, 30m; ana can use it now
    enter open   a approve   l approve for less   d deny   r refresh   q quit
    ");
    // The same functions decided: the log has the same statements as after `jit approve` and `jit deny`.
    for (id, state) in [(&whole, "approved"), (&read, "approved"), (&write, "denied")] {
        let shown = team.ana.run(&format!("show {id} --json"), &[]).await;
        let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        assert_eq!(shown["state"], state, "{shown}");
    }
    team.stop().await;
}

/// A wrong answer to the question approves nothing, and the list goes on.
#[tokio::test]
async fn a_decision_that_is_stopped_leaves_the_request() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run_words(&ASK, &[]).await.code, 0);
    let before = signed(&stage.bo);
    for answers in [&["y", ""][..], &["^C"], &["n"]] {
        let steps = vec![key('a'), Step::Wait, key('q')];
        let (shot, pictures) = play(&stage.bo, steps, answers).await;
        assert_eq!(shot.code, 0, "{shot}");
        assert_eq!(signed(&stage.bo), before, "{answers:?}");
        let last = pictures.last().unwrap();
        assert!(
            last.contains("* no review was given") || last.contains("* stopped; nothing was sent"),
            "{last}"
        );
        assert!(last.contains("1 request waits"), "{last}");
    }
    // A name that looks like production wants the id, here as in `jit approve`.
    let id = stage.newest();
    let (shot, _) = play(&stage.bo, vec![key('a'), key('q')], &["y", &id[..4]]).await;
    assert!(shot.stderr.contains("Production: type the first four characters of its id"), "{shot}");
    assert_eq!(signed(&stage.bo), before + 1);
}

fn cancel(broker: &Arc<FakeBroker>, id: &str) -> Step {
    let (broker, id) = (Arc::clone(broker), id.to_owned());
    Step::Elsewhere(Box::new(move || {
        broker.change(&id, |view| {
            view.state = State::Cancelled;
            view.closing = Some(ClosingView {
                at: "2026-11-23T10:00:30Z".parse().unwrap(),
                by: Some("ana".parse().unwrap()),
                why: "done".to_owned(),
            });
        });
    }))
}

#[tokio::test]
async fn a_request_that_ends_meanwhile_says_so_and_cannot_be_decided() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run_words(&ASK, &[]).await.code, 0);
    let id = stage.newest();
    let before = signed(&stage.bo);
    let steps = vec![
        press(Key::Enter),
        cancel(&stage.broker, &id),
        Step::Wait,
        key('a'),
        key('l'),
        key('d'),
        key('q'),
        key('q'),
    ];
    let (shot, pictures) = play(&stage.bo, steps, &["y"]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let over = format!("{id} (prod-admin for ana) was taken back by ana");
    assert!(!pictures[1].contains(&over) && pictures[2].starts_with(&over), "{}", pictures[2]);
    assert!(pictures[2].ends_with("q back"), "{}", pictures[2]);
    assert_eq!(stage.bo.world.console.scene.lock().unwrap().left, 0, "no question is asked about it");
    assert!(pictures.last().unwrap().starts_with("no request is waiting for your review"));
    assert_eq!(signed(&stage.bo), before);

    // In the list, a note says so.
    assert_eq!(stage.ana.run_words(&ASK, &[]).await.code, 0);
    let id = stage.newest();
    let steps = vec![Step::Wait, cancel(&stage.broker, &id), Step::Wait, key('q')];
    let (_, pictures) = play(&stage.bo, steps, &[]).await;
    assert!(pictures.last().unwrap().contains(&format!("* {id} (prod-admin for ana) was taken back by ana")));
    // A decision that comes too late is refused with the reason.
    assert_eq!(stage.ana.run_words(&ASK, &[]).await.code, 0);
    let id = stage.newest();
    let steps = vec![cancel(&stage.broker, &id), key('a'), Step::Wait, key('q')];
    let (_, pictures) = play(&stage.bo, steps, &["y"]).await;
    let last = pictures.last().unwrap();
    assert!(last.contains(&format!("* request {id} was cancelled by ana already")), "{last}");
    assert_eq!(signed(&stage.bo), before);
}

#[tokio::test]
async fn a_request_that_comes_meanwhile_appears_by_itself() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run_words(&ASK, &[]).await.code, 0);
    let id = stage.newest();
    let hidden = |hidden: bool| {
        let broker = Arc::clone(&stage.broker);
        Step::Elsewhere(Box::new(move || broker.state.lock().unwrap().unlisted = hidden))
    };
    stage.broker.state.lock().unwrap().unlisted = true;
    let (start, asked) = (stage.clock.clone(), stage.http.sent().len());
    let began = jit::system::Clock::now(&start);
    let steps = vec![Step::Wait, hidden(false), Step::Wait, key('q')];
    let (_, pictures) = play(&stage.bo, steps, &[]).await;
    assert!(pictures[0].starts_with("no request is waiting"), "{}", pictures[0]);
    assert!(pictures.last().unwrap().contains(&id), "{pictures:?}");
    // It asks once in ten seconds, not in a circle.
    let passed = jit::system::Clock::now(&start).as_second() - began.as_second();
    let calls =
        stage.http.sent()[asked..].iter().filter(|request| request.url.contains("list=inbox")).count();
    assert_eq!((passed, calls), (20, 3));

    // `r` asks at once.
    stage.broker.state.lock().unwrap().unlisted = true;
    let began = jit::system::Clock::now(&start);
    let steps = vec![hidden(false), key('r'), Step::Wait, key('q')];
    let (_, pictures) = play(&stage.bo, steps, &[]).await;
    assert!(pictures.last().unwrap().contains(&id), "{pictures:?}");
    assert_eq!(jit::system::Clock::now(&start), began);
}

#[tokio::test]
async fn a_broker_that_is_away_is_said_and_the_list_stays() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run_words(&ASK, &[]).await.code, 0);
    let id = stage.newest();
    let away = |http: &jit::system::fake::FakeHttp| {
        let http = http.clone();
        Step::Elsewhere(Box::new(move || http.unroute(BROKER)))
    };
    let back = {
        let (http, broker) = (stage.http.clone(), Arc::clone(&stage.broker));
        Step::Elsewhere(Box::new(move || http.route(BROKER, broker)))
    };
    let steps = vec![away(&stage.http), Step::Wait, back, Step::Wait, key('q')];
    let (shot, pictures) = play(&stage.bo, steps, &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let trouble = &pictures[1];
    assert!(trouble.contains("* this list is from ") && trouble.contains(&id), "{trouble}");
    assert!(trouble.contains("connection refused") || trouble.contains("cannot be reached"), "{trouble}");
    assert!(!pictures.last().unwrap().contains("this list is from"), "{}", pictures.last().unwrap());
    // A session that ended needs a login.
    let over = Arc::clone(&stage.broker);
    let end = Step::Elsewhere(Box::new(move || over.state.lock().unwrap().sessions.clear()));
    stage.bo.world.agent.clear();
    let (shot, _) = play(&stage.bo, vec![end, Step::Wait, key('q')], &[]).await;
    assert_eq!(shot.code, 3, "{shot}");
}

/// A request with text that no client of ours would sign, as an older or a changed client could have sent it.
fn hostile(stage: &Stage, reason: &str) -> String {
    let mut state = stage.broker.state.lock().unwrap();
    let view = state.requests.last_mut().unwrap();
    let Ok(Statement::Request(mut asked)) = Statement::parse(view.signed.statement.as_bytes()) else {
        panic!("no request")
    };
    asked.reason = reason.to_owned();
    let changed: Signed = sign(&Statement::Request(asked), &TestSigner::ed25519(1)).unwrap();
    view.digest = Digest::of(changed.statement.as_bytes());
    view.id = view.digest.request_id();
    view.signed = changed;
    view.id.to_string()
}

#[tokio::test]
async fn text_of_others_never_shapes_the_window() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run_words(&ASK, &[]).await.code, 0);
    let long = "INC-1 日本語 ".repeat(20);
    let columns = format!("INC-2{}> 7F3KQ2M8ZD  eve  approved", " ".repeat(60));
    for (reason, width) in
        [(columns.as_str(), 80), (long.as_str(), 80), (long.as_str(), 40), ("INC-3 é\u{301}e", 40)]
    {
        let id = hostile(&stage, reason);
        let steps = vec![window(width, 20), press(Key::Enter), press(Key::Escape), key('q')];
        let (shot, pictures) = play(&stage.bo, steps, &[]).await;
        assert_eq!(shot.code, 0, "{shot}");
        for picture in &pictures[1..] {
            for line in picture.lines() {
                let columns = unicode_width(line);
                assert!(columns <= width, "{columns} of {width} columns: {line:?}");
                assert!(!line.chars().any(char::is_control), "{line:?}");
            }
            let chosen = picture.lines().filter(|line| line.starts_with("> ")).count();
            assert!(chosen <= 1, "{reason:?} makes a line of ours:\n{picture}");
        }
        assert!(
            !pictures[1].lines().any(|line| line.starts_with("INC") || line.starts_with("日")),
            "{}",
            pictures[1]
        );
        assert!(id.len() == 10);
    }
    // A statement with characters that draw is left out, with a warning that shows none of them.
    for reason in ["INC-4 \u{1b}[2J\u{1b}[31mred", "INC-5 \u{202e}txet", "INC-6\r\n> approved"] {
        let meddling = Meddling { broker: Arc::clone(&stage.broker), reason: reason.to_owned() };
        stage.http.route(BROKER, Arc::new(meddling));
        let (shot, pictures) = play(&stage.bo, vec![Step::Wait, Step::Wait, key('q')], &[]).await;
        assert_eq!(shot.code, 0, "{shot}");
        assert_eq!(shot.stderr.matches("is left out: ").count(), 1, "{shot}");
        let last = pictures.last().unwrap();
        assert_eq!(last.matches("is left out: ").count(), 1, "said once:\n{last}");
        assert!(last.contains("* warning: ") && last.starts_with("no request is waiting"), "{last}");
        assert!(!last.contains('\u{1b}') && !last.contains('\u{202e}') && !last.contains("red"), "{last}");
    }
}

/// A broker that lists requests with bytes that no signer makes.
struct Meddling {
    broker: Arc<FakeBroker>,
    reason: String,
}

#[async_trait::async_trait]
impl Host for Meddling {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let is_inbox = request.url.contains("list=inbox");
        let mut response = self.broker.answer(request).await?;
        if is_inbox {
            let mut list: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
            let view = &mut list["requests"][0];
            let mut asked: serde_json::Value =
                serde_json::from_str(view["signed"]["statement"].as_str().unwrap()).unwrap();
            asked["reason"] = self.reason.as_str().into();
            let statement = asked.to_string();
            let digest = Digest::of(statement.as_bytes());
            view["id"] = digest.request_id().as_str().into();
            view["digest"] = digest.to_string().into();
            view["signed"]["statement"] = statement.into();
            response.body = list.to_string().into_bytes();
        }
        Ok(response)
    }
}

/// The columns of a line, where a wide character takes two.
fn unicode_width(line: &str) -> usize {
    line.chars().map(|character| if u32::from(character) >= 0x1100 { 2 } else { 1 }).sum()
}

#[tokio::test]
async fn a_narrow_window_shows_every_request_and_what_is_signed() {
    let mut team = scoped().await;
    ask(&team.ana, "").await;
    team.clock.advance(Duration::from_secs(300));
    ask(&team.ana, " --scope notes-read").await;
    let steps = vec![window(40, 12), key('j'), press(Key::Enter), window(90, 30), key('q'), key('q')];
    let (_, pictures) = play(&team.bo, steps, &[]).await;
    assert_snapshot!(trimmed(&pictures[2]), @"
    2 requests wait for your review

      ana  orders-admin  1h
        5m ago: look
    > ana  orders-admin/notes-read  30m
        just now: look

    enter open  a/l/d decide  q quit
    ");
    let opened = &pictures[3];
    assert!(opened.lines().all(|line| unicode_width(line) <= 40) && opened.lines().count() == 12, "{opened}");
    // The window was made larger while the request was open.
    assert!(pictures[4].lines().count() == 30 && pictures[4].contains("  digest    "), "{}", pictures[4]);
    // A window of one line is still a window.
    let (shot, pictures) = play(&team.bo, vec![window(10, 1), key('q')], &[]).await;
    assert_eq!(shot.code, 0);
    assert_eq!(pictures.len(), 2);
    team.stop().await;
}

#[tokio::test]
async fn a_full_list_moves_by_pages_and_emergencies_stand_out() {
    let stage = Stage::ready().await;
    stage.broker.state.lock().unwrap().glass = true;
    let shot = stage.ana.run("break-glass prod-admin --reason down -y", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    let taken = stage.newest();
    stage.clock.advance(Duration::from_secs(5));
    assert_eq!(stage.ana.run_words(&ASK, &[]).await.code, 0);
    for number in 0..30 {
        let copy = stage.broker.state.lock().unwrap().requests.last().unwrap().clone();
        stage.broker.state.lock().unwrap().requests.push(copy);
        hostile(&stage, &format!("INC-{number} more"));
    }
    let steps = vec![
        window(80, 14),
        press(Key::PageDown),
        press(Key::End),
        key('g'),
        press(Key::Enter),
        key('l'),
        Step::Wait,
        key('q'),
        key('q'),
    ];
    let (shot, pictures) = play(&stage.bo, steps, &["y"]).await;
    let looks = stage.bo.world.console.scene.lock().unwrap().lines[1].clone();
    let emergency = looks.iter().find(|line| line.text.contains("(emergency)")).unwrap();
    assert!(emergency.text.contains(&taken), "{}", emergency.text);
    assert!(matches!(emergency.style, Style::Alarm | Style::Chosen));
    assert!(pictures[0].starts_with("32 requests wait for your review"), "{}", pictures[0]);
    assert!(pictures[1..].iter().all(|picture| picture.lines().count() <= 14));
    let chosen = |picture: &str| {
        let mark = picture.lines().find(|line| line.starts_with("> "));
        mark.unwrap_or_else(|| panic!("no request is chosen:\n{picture}")).to_owned()
    };
    let rows = |picture: &str| picture.lines().filter(|line| line.contains("ana  prod-admin")).count();
    assert_eq!(rows(&pictures[1]), rows(&pictures[2]), "a whole page further");
    assert_ne!(chosen(&pictures[1]), chosen(&pictures[2]));
    assert_eq!(chosen(&pictures[4]), chosen(&pictures[1]));
    assert!(shot.stderr.contains("cannot be made less afterwards"), "{shot}");
}

/// Without a terminal, with JSON and with the flag, the list is printed once.
#[tokio::test]
async fn off_a_terminal_the_list_is_printed_once() {
    let stage = Stage::ready().await;
    assert_eq!(stage.ana.run_words(&ASK, &[]).await.code, 0);
    let plain = stage.bo.run("inbox", &[]).await;
    assert!(plain.stdout.starts_with("REQUEST") && plain.stderr.contains("next: jit approve ID"), "{plain}");
    let scene = Arc::clone(&stage.bo.world.console.scene);
    for line in ["inbox --json", "inbox --list"] {
        scene.lock().unwrap().steps.push_back(key('q'));
        let shot = stage.bo.run(line, &[]).await;
        assert_eq!(shot.code, 0, "{shot}");
        assert!(scene.lock().unwrap().pictures.is_empty() && !shot.stdout.is_empty(), "{shot}");
    }
    let (_, pictures) = play(&stage.bo, vec![key('q')], &[]).await;
    assert_eq!(pictures.len(), 1);
}

/// `jit approve` alone opens the oldest. Other verbs ask which, and a pipe still wants a name.
#[tokio::test]
async fn approve_alone_opens_the_oldest() {
    let mut team = scoped().await;
    let oldest = ask(&team.ana, "").await;
    team.clock.advance(Duration::from_secs(60));
    let newer = ask(&team.ana, " --scope notes-read").await;
    let piped = team.bo.run("approve", &[]).await;
    assert!(piped.code == 2 && piped.stderr.contains("more than one request waits"), "{piped}");
    let approved = team.bo.run("approve", &["y"]).await;
    assert!(approved.stdout.starts_with(&format!("approved {oldest}")), "{approved}");
    assert!(approved.stderr.contains("the oldest of 2 requests"), "{approved}");
    let approved = team.bo.run("approve", &["y"]).await;
    assert!(approved.stdout.starts_with(&format!("approved {newer}")), "{approved}");
    assert!(!approved.stderr.contains("the oldest of"), "{approved}");
    team.stop().await;
}

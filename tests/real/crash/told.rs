//! Notices and a broker that is killed: each arrives after the restart, and none of what came due arrives twice.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::Value;

use crate::peers::faketime::variables;
use crate::peers::peer::wait_for;
use crate::peers::site::Site;
use crate::peers::team::Team;

/// A receiver that can be closed, and the notices that it took.
#[derive(Clone, Default)]
struct Hooks {
    closed: Arc<AtomicBool>,
    taken: Arc<Mutex<Vec<(String, String, String)>>>,
}

impl Hooks {
    fn serve(&self) -> Site {
        let route = |place: &'static str| {
            let hooks = self.clone();
            post(async move |body: Bytes| {
                if hooks.closed.load(Ordering::Relaxed) {
                    return StatusCode::SERVICE_UNAVAILABLE;
                }
                let notice: Value = serde_json::from_slice(&body).unwrap();
                let text = |member: &str| notice[member].as_str().unwrap().to_owned();
                hooks.taken.lock().unwrap().push((place.to_owned(), text("type"), text("request")));
                StatusCode::NO_CONTENT
            })
        };
        Site::start(Router::new().route("/team", route("team")).route("/leads", route("leads")))
    }

    fn count(&self, place: &str, about: &str, request: &str) -> usize {
        let wanted = (place.to_owned(), about.to_owned(), request.to_owned());
        self.taken.lock().unwrap().iter().filter(|taken| **taken == wanted).count()
    }
}

#[test]
fn killed_before_the_delivery_the_notice_arrives_and_an_escalation_only_once() {
    let mut team = Team::new();
    let _cloud = team.add_sandbox(None);
    let hooks = Hooks::default();
    let site = hooks.serve();
    team.broker.write_policy(
        "access.toml",
        &format!(
            "version = 1\n[notify]\nwebhook = {{ url = \"{0}/team\", secret_env = \"HOOK\" }}\nescalate_after = \"1s\"\n\
             escalate_to = {{ webhook = {{ url = \"{0}/leads\", secret_env = \"HOOK\" }} }}\n",
            site.url
        ),
    );
    team.broker.set("HOOK", "a-shared-secret");
    team.open();

    // The receiver is away, and the broker is killed before it is back: both notices are stored and not sent.
    hooks.closed.store(true, Ordering::Relaxed);
    let asked = team.ana.run(&["request", "orders-admin", "--reason", "INC-42", "--no-wait", "-y"]);
    assert!(
        asked
            .stderr
            .contains("not told: webhook 127.0.0.1: it answered with status 503; the broker tries again"),
        "{asked:?}"
    );
    assert!(
        asked.stderr.contains("nobody was told: no notice was delivered; ask bo to type: jit approve "),
        "{asked:?}"
    );
    let id = asked.ok().trim().to_owned();
    let shows = |team: &Team, text: &str| team.ana.run(&["show", &id]).ok().contains(text);
    wait_for("the escalation is due", || shows(&team, "webhook 127.0.0.1, escalated could not be told"));
    team.broker.kill();
    assert_eq!(hooks.taken.lock().unwrap().len(), 0);
    hooks.closed.store(false, Ordering::Relaxed);
    team.broker.start();
    wait_for("both arrive", || {
        hooks.count("team", "request", &id) == 1 && hooks.count("leads", "escalation", &id) == 1
    });
    wait_for("both are recorded", || !team.ana.run(&["show", &id]).ok().contains("could not be told"));

    // After a further restart, a second request is escalated. The first is looked at in the same round, and not told again.
    team.broker.kill();
    team.broker.start();
    let second = team.ana.ask("orders-reader");
    wait_for("the second escalation", || hooks.count("leads", "escalation", &second) == 1);
    assert_eq!(hooks.count("leads", "escalation", &id), 1);
    assert_eq!(hooks.count("team", "request", &id), 1);
    // The log has nothing of it.
    assert_eq!(team.broker.changes(), ["requested", "requested"]);
}

/// A mail server that takes everything. Returns its port, and the lines that it heard.
fn mail_server() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let keep = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            talk(stream, &keep);
        }
    });
    (port, heard)
}

fn talk(stream: TcpStream, heard: &Mutex<Vec<String>>) {
    let mut answers = stream.try_clone().unwrap();
    let mut say = |answer: &str| answers.write_all(format!("{answer}\r\n").as_bytes()).is_ok();
    say("220 ready");
    let mut in_letter = false;
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let answer = match line.split([' ', ':']).next().unwrap_or_default() {
            "." => "250 taken",
            _ if in_letter => {
                heard.lock().unwrap().push(line);
                continue;
            }
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        in_letter = answer.starts_with("354");
        if !say(answer) {
            return;
        }
    }
}

#[test]
fn the_notice_of_a_near_end_survives_kills_and_is_sent_once() {
    let mut team = Team::new();
    let clock = crate::peers::faketime::MovedClock::default();
    let _cloud = team.add_sandbox(Some(Arc::new(clock.clone())));
    let (port, heard) = mail_server();
    let file = team.folder().join("clock");
    std::fs::write(&file, "+0s").unwrap();
    for (variable, value) in variables(&file) {
        team.broker.set(variable, &value);
        team.ana.set(variable, &value);
        team.bo.set(variable, &value);
    }
    let people = std::fs::read_to_string(team.folder().join("broker/policy/people.toml")).unwrap();
    let people = people.replace("name = \"Ana\"\n", "name = \"Ana\"\nmail = \"ana@example.com\"\n");
    team.broker.write_policy("people.toml", &people);
    team.broker.write_policy(
        "access.toml",
        &format!(
            "version = 1\nauditors = [\"person:bo\"]\n[notify.people]\n\
             mail = {{ server = \"smtp://127.0.0.1:{port}\", from = \"jit@example.com\" }}\n"
        ),
    );
    team.open();
    // A starting broker trusts a jumped clock at once.
    let pass = |team: &mut Team, minutes: i64| {
        team.broker.kill();
        clock.set(minutes * 60);
        std::fs::write(&file, format!("+{}s", minutes * 60)).unwrap();
        team.broker.start();
    };
    let subjects = |text: &str| {
        let wanted = format!("Subject: jit: {text}");
        heard.lock().unwrap().iter().filter(|line| line.starts_with(&wanted)).count()
    };
    let id = team.grant("orders-admin");
    team.ana.run(&["exec", "orders-admin", "--", "true"]).ok();
    wait_for("the approval is told", || {
        subjects("your request for orders-admin is approved for 1h by bo") == 1
    });

    pass(&mut team, 47);
    wait_for("the near end is told", || subjects("your access to orders-admin ends in 1") == 1);
    let command = format!("type: jit extend {id}");
    assert!(
        heard
            .lock()
            .unwrap()
            .iter()
            .any(|line| *line == "it cannot be extended; ask again when it has ended:")
    );
    assert!(!heard.lock().unwrap().contains(&command), "this role has no extensions");
    wait_for("it is recorded", || {
        team.ana.run(&["show", &id]).ok().contains("ana, by mail (about the near end)")
    });
    // Killed again and again within the last minutes, then over.
    for _ in 0..2 {
        pass(&mut team, 48);
    }
    pass(&mut team, 61);
    wait_for("the end is told", || subjects("your access to orders-admin has ended: the time is up") == 1);
    assert_eq!(subjects("your access to orders-admin ends in"), 1);
    let changes = team.broker.changes();
    assert_eq!(changes, ["requested", "reviewed", "approved", "activated", "minted", "ended"]);
}

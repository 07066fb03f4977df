//! Something else answers in the broker's place: nothing, garbage, or a slow server.

use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use crate::peers::person::Person;
use crate::peers::team::Team;

/// Answers every connection on this port with the same bytes.
struct Stub {
    port: u16,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stub {
    fn start(address: &str, answer: Vec<u8>, holds_on: bool) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(&answer);
                if holds_on {
                    held.push(stream);
                }
            }
        });
        Self { port, stop, thread: Some(thread) }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // The last connection only wakes it.
        let _ = std::net::TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.thread.take().unwrap().join();
    }
}

fn json(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Checks that a command that needs the broker fails with a cause and a hint, changes nothing, and shows no control
/// characters.
#[track_caller]
fn fails_well(person: &Person, words: &[&str], expected: &str) {
    let ended = person.run(words);
    assert!([1, 125].contains(&ended.code), "{ended:?}");
    assert!(ended.stderr.contains("error: ") && ended.stderr.contains("hint: "), "{ended:?}");
    assert!(ended.stderr.contains(expected), "{expected:?} is not in {ended:?}");
    assert!(ended.stderr.chars().all(|character| character == '\n' || !character.is_control()), "{ended:?}");
}

#[test]
fn whatever_answers_the_client_fails_clearly_and_loses_nothing() {
    let (mut team, _cloud) = Team::with_sandbox();
    let id = team.grant("orders-admin");
    let address = team.broker.url.strip_prefix("http://").unwrap().to_owned();
    team.broker.kill();
    let commands: [&[&str]; 3] = [
        &["whoami"],
        &["request", "orders-reader", "--reason", "INC-42", "--no-wait", "-y"],
        &["exec", "orders-admin", "--", "true"],
    ];
    for words in commands {
        fails_well(&team.ana, words, "cannot be reached");
    }
    let page = "<html><title>\u{1b}]0;owned\u{7}Sign in</title></html>";
    let bomb = format!("{{\"person\":\"{}\"}}", "x".repeat(9 << 20));
    let garbage: [(Vec<u8>, &str); 8] = [
        (b"\x16\x03\x01\x02\x00 not http at all\r\n\r\n".to_vec(), "cannot be reached"),
        (json(page), "did not answer like a broker"),
        (json("{}"), "did not answer like a broker"),
        (json("[[[[[[[[["), "did not answer like a broker"),
        (json(&bomb), "is larger than"),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\n\x1b[2".to_vec(), "did not answer like a broker"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n".to_vec(),
            "jit follows no redirects",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{".to_vec(),
            "cannot be reached",
        ),
    ];
    for (answer, expected) in garbage {
        let _stub = Stub::start(&address, answer, false);
        for words in commands {
            fails_well(&team.ana, words, expected);
        }
    }
    team.broker.start();
    assert_eq!(team.ana.state(&id), "approved");
    team.ana.run(&["exec", "orders-admin", "--", "true"]).ok();
}

#[test]
fn somebody_who_takes_the_call_and_says_nothing_does_not_hold_it_for_ever() {
    let (mut team, _cloud) = Team::with_sandbox();
    let address = team.broker.url.strip_prefix("http://").unwrap().to_owned();
    team.broker.kill();
    let _stub = Stub::start(&address, Vec::new(), true);
    let began = std::time::Instant::now();
    fails_well(&team.ana, &["whoami"], "did not answer within 20 seconds");
    // A silent broker is waited for once, not as often as a refused connection is retried.
    assert!(began.elapsed().as_secs() < 39, "{:?}", began.elapsed());
}

//! Connections of clients that send nothing and read nothing.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use jit::broker::Limits;
use jit::grant::State;
use jit::protocol::RequestView;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::broker::world::Person;
use crate::broker::world::World;

/// Long enough for a loaded machine. Normally nothing waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A broker on a socket of this machine.
struct Served {
    world: World,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Served {
    /// Starts it with 64 slots, eight of them for one address. The trusted proxy is not here, so this machine is one
    /// caller.
    async fn start(limits: Limits) -> Self {
        let mut world = World::unstarted();
        let mut settings = world.settings();
        settings.trusted_proxies = vec!["192.0.2.1".parse().unwrap()];
        settings.limits = limits;
        world.start_with(settings).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let broker = world.broker.take().unwrap();
        let task = tokio::spawn(jit::broker::serve(broker, listener, async {
            let _ = stopped.await;
        }));
        Self { world, address, stop, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Makes one call on its own connection. Returns the whole answer.
    async fn ask(&self, path: &str, token: &str) -> String {
        let mut stream = self.connect().await;
        let call = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(call.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
        answer
    }

    async fn end(self) {
        drop(self.stop);
        self.task.await.unwrap().unwrap();
    }
}

fn few() -> Limits {
    Limits { connections: 64, ..Limits::default() }
}

/// Whether the other side has closed it.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut byte = [0; 1];
    match tokio::time::timeout(PATIENCE, stream.read(&mut byte)).await {
        Err(_) => false,
        Ok(Ok(read)) => read == 0,
        Ok(Err(error)) => error.kind() == io::ErrorKind::ConnectionReset,
    }
}

#[tokio::test]
async fn silent_connections_make_room_for_others() {
    let served = Served::start(few()).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(served.connect().await);
    }
    let answer = served.ask("/healthz", "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The oldest are displaced first. The rest are as many as one address may have.
    for stream in silent.iter_mut().take(32) {
        assert!(is_closed(stream).await);
    }
    drop(silent);
    served.end().await;
}

#[tokio::test]
async fn who_waits_for_an_approval_is_not_displaced() {
    let served = Served::start(few()).await;
    let (ana, cy): (Person, Person) = (served.world.person("ana").await, served.world.person("cy").await);
    let (view, _) = served.world.ask(&ana, "prod").await;
    let path = format!("/v1/requests/{}?after={}&wait=60", view.id, view.version);
    let crowd = async {
        let mut silent = Vec::new();
        // Half a request head on each, which is not a call yet.
        for _ in 0..40 {
            let mut stream = served.connect().await;
            let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\n").await;
            silent.push(stream);
        }
        assert!(served.ask("/healthz", "").await.starts_with("HTTP/1.1 200"));
        served.world.approve(&cy, &view).await;
        silent
    };
    let mut waiting = served.connect().await;
    let call = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", ana.token);
    waiting.write_all(call.as_bytes()).await.unwrap();
    // Until the broker works on it, it counts as silent.
    assert!(served.ask("/v1/session", &ana.token).await.starts_with("HTTP/1.1 200"));
    let silent = crowd.await;
    let mut answer = vec![0; 64 * 1024];
    let read = tokio::time::timeout(PATIENCE, waiting.read(&mut answer)).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    let view: RequestView = serde_json::from_str(text.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(view.state, State::Approved);
    drop((silent, waiting));
    served.end().await;
}

/// Sends calls one after the other and never reads: the broker closes the connection.
#[tokio::test]
async fn who_takes_no_answer_is_let_go() {
    let served = Served::start(Limits { answer: Duration::from_millis(50), ..few() }).await;
    let mut stream = served.connect().await;
    let calls = "GET /.well-known/jwks.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1_000);
    let flood = async { while stream.write_all(calls.as_bytes()).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, flood).await.expect("the connection is held for ever");
    served.end().await;
}

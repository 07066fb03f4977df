//! The speed of the endpoint of `jit exec --serve`, beside a bare server that checks nothing and sends as many bytes.
//!
//! Each answer uses its own connection, as SDKs do. Clients and servers share the cores.

use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use jiff::SignedDuration;
use jiff::Timestamp;
use jit::deliver::endpoint::Endpoint;
use jit::deliver::endpoint::LeaseSource;
use jit::deliver::endpoint::Offer;
use jit::deliver::endpoint::RenewError;
use jit::grant::Lease;
use jit::grant::cloud::aws::AwsCredentials;
use jit::system::System;
use tokio::sync::oneshot;

use crate::measure::Times;
use crate::measure::median;
use crate::measure::show;

const ROUNDS: usize = 7;
const ANSWERS: usize = 2_000;

/// An access that lasts as long as its credentials.
struct Standing(Timestamp);

#[async_trait]
impl LeaseSource for Standing {
    fn until(&self) -> Option<Timestamp> {
        Some(self.0)
    }

    async fn renew(&self) -> Result<Lease, RenewError> {
        Err(RenewError::Passing("nothing is renewed here".to_owned()))
    }
}

fn lease(expires: Timestamp) -> Lease {
    Lease {
        number: 1,
        expires,
        credentials: AwsCredentials {
            access_key_id: "ASIAEXAMPLEEXAMPLE00".to_owned(),
            secret_access_key: "example-example-example-example-example0".into(),
            // About as long as AWS's own.
            session_token: jit::secret::Secret::new("x".repeat(1_100)),
            account: "111122223333".to_owned(),
            session_arn: None,
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
        }
        .into(),
    }
}

pub fn figure() {
    let (ready, is_ready) = mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let system = System::real();
            let until = system.clock.now() + SignedDuration::from_hours(2);
            let source = Arc::new(Standing(until));
            let offer = Offer { role: "orders-admin".parse().unwrap(), lease: lease(until), source };
            let endpoint = Endpoint::open(vec![offer], &system.clock, system.entropy.as_ref()).await.unwrap();
            let url = url::Url::parse(endpoint.url(0).unwrap().expose()).unwrap();
            ready.send((endpoint.port(), url.path().to_owned(), endpoint.token().expose().clone())).unwrap();
            let _ = stopped.await;
        });
    });
    let (port, path, token) = is_ready.recv().unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {token}\r\n\r\n");
    let answer = ask(port, &request);
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    let bare = bare(answer);
    for clients in [1, 16] {
        let (mut own, mut others) = (Vec::new(), Vec::new());
        let (mut own_times, mut other_times) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            own.push(load(port, &request, clients, &mut own_times));
            others.push(load(bare, &request, clients, &mut other_times));
        }
        let ratios = own.iter().zip(&others).map(|(own, other)| own / other).collect();
        let (own_times, other_times) = (Times::of(own_times), Times::of(other_times));
        println!(
            "endpoint   {clients} clients: {:.0} answers a second, median {}, p99 {} | a bare server {:.0}, median {}, p99 {} | ratio {:.2}",
            median(own),
            show(own_times.median()),
            show(own_times.quantile(99)),
            median(others),
            show(other_times.median()),
            show(other_times.quantile(99)),
            median(ratios),
        );
    }
    let _ = stop.send(());
    thread.join().unwrap();
}

fn ask(port: u16, request: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

/// A single-threaded server that reads once and sends this answer. Returns its port.
fn bare(answer: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut request = [0; 8 * 1024];
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut request);
            let _ = stream.write_all(&answer);
        }
    });
    port
}

/// Answers per second, with so many clients at once. Adds the duration of each answer to `times`.
fn load(port: u16, request: &str, clients: usize, times: &mut Vec<Duration>) -> f64 {
    let began = Instant::now();
    let each = ANSWERS / clients;
    let taken: Vec<Vec<Duration>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..clients)
            .map(|_| {
                scope.spawn(|| {
                    let one = || {
                        let began = Instant::now();
                        assert!(ask(port, request).len() > 1_000);
                        began.elapsed()
                    };
                    (0..each).map(|_| one()).collect()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let seconds = began.elapsed().as_secs_f64();
    times.extend(taken.into_iter().flatten());
    (each * clients) as f64 / seconds
}

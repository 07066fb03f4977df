//! How soon a notice arrives: from the moment a client sends a request until a receiver on loopback has the notice. The
//! baseline is the answer to the same request from the same broker when its policy names no place.
//!
//! The broker runs as in `jit serve`, on a thread of its own. It answers only after the first try of each notice, so
//! the answer with a place includes the notice.

use std::sync::mpsc;
use std::time::Instant;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;

use crate::measure::median;
use crate::place;
use crate::requests::Crowd;
use crate::requests::PEOPLE;
use crate::requests::Server;
use crate::requests::role;

/// Requests in each half, one after the other.
const TIMES: usize = 200;

pub fn figure() {
    let folder = place::folder();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (arrived, arrivals) = mpsc::channel();
    let hook = receiver(arrived);
    let secret = folder.path().join("hook-secret");
    std::fs::write(&secret, "a-shared-secret").unwrap();
    let server = Server::start(folder.path());
    let crowd = runtime.block_on(Crowd::log_in(&server.url, TIMES));
    let mut halves = Vec::new();
    for (number, told) in [false, true].into_iter().enumerate() {
        if told {
            let notify = format!(
                "[notify]\nwebhook = {{ url = \"{hook}\", secret_file = \"{}\" }}\n",
                secret.display()
            );
            std::fs::write(folder.path().join("access/access.toml"), format!("version = 1\n{notify}"))
                .unwrap();
            runtime.block_on(crowd.settle());
        }
        let bodies = runtime.block_on(crowd.sign(&role(number)));
        let (mut answers, mut notices) = (Vec::new(), Vec::new());
        for (number, body) in bodies.into_iter().enumerate() {
            let began = Instant::now();
            runtime.block_on(crowd.ask(number, body));
            answers.push(began.elapsed().as_secs_f64() * 1_000.0);
            if told {
                let at: Instant = arrivals.recv().unwrap();
                notices.push(at.duration_since(began).as_secs_f64() * 1_000.0);
            }
        }
        halves.push((median(answers), notices));
    }
    drop(server);
    let (told, notices) = halves.pop().unwrap();
    let (bare, _) = halves.pop().unwrap();
    let notice = median(notices);
    println!(
        "notices    {notice:.1} ms from sending a request to the notice at a webhook, {told:.1} ms to its answer | {bare:.1} ms to the answer without a place | ratio {:.2} | {PEOPLE} people",
        notice / bare,
    );
}

/// A receiver on a thread of its own, which tells when each notice arrives.
fn receiver(arrived: mpsc::Sender<Instant>) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let take = async move || {
                let _ = arrived.send(Instant::now());
                StatusCode::NO_CONTENT
            };
            axum::serve(listener, Router::new().route("/hook", post(take))).await.unwrap();
        });
    });
    url
}

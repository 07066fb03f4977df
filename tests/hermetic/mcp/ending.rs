//! The end of access when a client goes away, or a call does, in the middle of something.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use async_trait::async_trait;
use jit::system::fake::Host;
use jit::system::fake_router::RouterHost;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::Value;
use serde_json::json;
use tokio::sync::Notify;

use super::approved;
use super::shell;
use super::using::gone;
use super::using::started;
use super::using::state;
use crate::cli::real::BROKER;
use crate::cli::real::CLOUD;
use crate::cli::real::Team;
use crate::mcp::client::Client;

/// A host that holds back the first request whose address contains a word.
struct Held {
    inner: RouterHost,
    word: Mutex<Option<&'static str>>,
    came: Notify,
    released: Notify,
}

impl Held {
    fn of(router: axum::Router, word: &'static str) -> Arc<Self> {
        let word = Mutex::new(Some(word));
        Arc::new(Self { inner: RouterHost(router), word, came: Notify::new(), released: Notify::new() })
    }
}

#[async_trait]
impl Host for Held {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let is_held = {
            let mut word = self.word.lock().unwrap_or_else(PoisonError::into_inner);
            let is_held = word.is_some_and(|word| request.url.contains(word));
            if is_held {
                *word = None;
            }
            is_held
        };
        if is_held {
            self.came.notify_one();
            self.released.notified().await;
        }
        self.inner.answer(request).await
    }
}

/// The client goes away while the cloud still makes the credentials of its command.
#[tokio::test]
async fn access_that_is_on_its_way_ends_with_the_client() {
    let mut team = Team::new().await;
    let (mut client, id) = approved(&team).await;
    let held = Held::of(team.cloud.clone(), "");
    team.http.route(CLOUD, held.clone());
    client.begin_call("exec", shell("exit 0")).await;
    held.came.notified().await;
    let release = async { held.released.notify_one() };
    assert_eq!(tokio::join!(client.leave(), release).0, 0);
    assert_eq!(state(&team).await, Value::Null);
    let shown = team.ana.run(&format!("show {id} --json"), &[]).await;
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert!(["ended", "cancelled"].contains(&shown["state"].as_str().unwrap()), "{shown}");
    team.stop().await;
}

/// An approved request whose command never began is not the client's to end.
#[tokio::test]
async fn a_refused_command_leaves_its_request() {
    let mut team = Team::new().await;
    let mut client = Client::of(&team.ana, &team).await;
    let asked = json!({ "role": "orders-admin", "reason": "INC-42", "argv": ["/bin/true"] });
    assert_eq!(client.call("request", asked).await["state"], "pending");
    assert_eq!(team.bo.approve("").await.code, 0);
    let other = client.call("exec", json!({ "role": "orders-admin", "argv": ["/bin/false"] })).await;
    assert_eq!(other["state"], "refused", "{other}");
    assert_eq!(client.leave().await, 0);
    assert_eq!(state(&team).await, "approved");
    team.stop().await;
}

/// The end does not wait for the answers to other calls.
#[tokio::test]
async fn access_ends_while_another_call_waits_for_the_broker() {
    let mut team = Team::new().await;
    let (mut client, id) = approved(&team).await;
    assert_eq!(client.call("exec", shell("exit 0")).await["exit_code"], 0);
    let held = Held::of(team.router(), "/roles");
    team.http.route(BROKER, held.clone());
    client.begin_call("roles", json!({})).await;
    held.came.notified().await;
    let release = async {
        loop {
            let shown = team.ana.run(&format!("show {id} --json"), &[]).await;
            let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
            if shown["state"] == "ended" {
                break;
            }
            tokio::task::yield_now().await;
        }
        held.released.notify_one();
    };
    assert_eq!(tokio::join!(client.leave(), release).0, 0);
    team.stop().await;
}

/// Access for one command is over when its command is, also if the call was cancelled.
#[tokio::test]
async fn access_for_one_command_ends_with_the_call() {
    let mut team = Team::new().await;
    let mut client = Client::of(&team.ana, &team).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("id");
    let argv = json!(["/bin/sh", "-c", format!("echo $$ >{}; exec /bin/sleep 6000", file.display())]);
    let asked = json!({ "role": "orders-admin", "reason": "INC-42", "argv": argv });
    assert_eq!(client.call("request", asked).await["state"], "pending");
    assert_eq!(team.bo.approve("").await.code, 0);
    let call = client.begin_call("exec", json!({ "role": "orders-admin", "argv": argv })).await;
    let id = started(&file).await;
    assert_eq!(state(&team).await, "active");
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": call } })).await;
    gone(&id).await;
    // The client stays, and the access goes.
    while state(&team).await != Value::Null {
        tokio::task::yield_now().await;
    }
    assert_eq!(client.call("status", json!({})).await["requests"], json!([]));
    assert_eq!(client.leave().await, 0);
    team.stop().await;
}

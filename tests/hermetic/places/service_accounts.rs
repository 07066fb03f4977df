//! Service accounts of a cluster: the broker asks for their tokens, and ends them when the access ends, however it ends.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use http::Method;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::Value;
use serde_json::json;

use super::cluster_policy::PEM;
use super::round_trip::get;
use crate::cli::real::Team;
use crate::support::quiet::quiet;

const SERVER: &str = "https://k8s.example.com";
const USER: &str = "system:serviceaccount:apps:deployer";

/// An API server with one namespace.
#[derive(Default)]
struct Cluster {
    secrets: Mutex<BTreeSet<String>>,
    calls: Mutex<Vec<Request>>,
    /// Whether deletions fail.
    broken: Mutex<bool>,
}

impl Cluster {
    fn secrets(&self) -> usize {
        self.secrets.lock().unwrap().len()
    }

    fn deletions(&self) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| call.method == Method::DELETE).count()
    }

    /// Lets the broker work until the cluster has this many Secrets.
    async fn has(&self, count: usize, team: &Team) {
        for _ in 0..200_000 {
            if self.secrets() == count {
                return;
            }
            team.clock.advance(Duration::from_millis(5));
            quiet().await;
        }
        panic!("the cluster has {} Secrets and not {count}", self.secrets());
    }
}

#[async_trait]
impl Host for Cluster {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        self.calls.lock().unwrap().push(request.clone());
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let path = request.url.strip_prefix(SERVER).unwrap().to_owned();
        let (status, answer) = if path.ends_with("/secrets") {
            self.secrets.lock().unwrap().insert(body["metadata"]["name"].as_str().unwrap().to_owned());
            (201, json!({}))
        } else if path.ends_with("/token") {
            let claims = BASE64URL_NOPAD.encode(json!({ "sub": USER }).to_string().as_bytes());
            let seconds = body["spec"]["expirationSeconds"].as_i64().unwrap();
            let now: jiff::Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
            let end = now + jiff::SignedDuration::from_secs(seconds + 3600);
            (201, json!({ "status": { "token": format!("e30.{claims}.c2ln"), "expirationTimestamp": end } }))
        } else if request.method == Method::DELETE {
            let name = path.rsplit('/').next().unwrap();
            if *self.broken.lock().unwrap() {
                (500, json!({ "kind": "Status", "reason": "InternalError" }))
            } else if self.secrets.lock().unwrap().remove(name) {
                (200, json!({}))
            } else {
                (404, json!({ "kind": "Status", "reason": "NotFound" }))
            }
        } else {
            (201, json!({ "status": { "userInfo": { "username": USER } } }))
        };
        Ok(Response { status, headers: Vec::new(), body: answer.to_string().into_bytes() })
    }
}

/// A team whose policy has a role of a service account, and whose broker has a token for the cluster.
async fn team() -> (Team, Arc<Cluster>) {
    let (mut team, cluster) = approved().await;
    team.restart_with_cluster(SERVER, "the.brokers.own").await;
    let ran = team.ana.run("exec deploy -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(cluster.secrets(), 1);
    (team, cluster)
}

/// The same before the broker has that token.
async fn approved() -> (Team, Arc<Cluster>) {
    let role = format!(
        "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nreason = \"optional\"\n\
         [kubernetes]\nserver = \"{SERVER}\"\nca = \"k8s.pem\"\nnamespace = \"apps\"\nservice_account = \"deployer\"\n"
    );
    let team = Team::with("", &[("roles/deploy.toml", role.as_str()), ("roles/k8s.pem", PEM)]).await;
    let cluster = Arc::new(Cluster::default());
    team.http.route(SERVER, Arc::clone(&cluster) as Arc<dyn Host>);
    get(&team, "deploy", &["--for", "30m"]).await;
    (team, cluster)
}

/// The id of ana's one request.
async fn request(team: &Team) -> String {
    let status = team.ana.run("status --json", &[]).await.stdout;
    let text = serde_json::from_str::<Value>(&status).unwrap().to_string();
    let at = text.find("\"id\":\"").unwrap() + 6;
    text[at..at + 10].to_owned()
}

#[tokio::test]
async fn however_an_access_ends_its_secret_is_deleted() {
    for how in ["end", "revoke", "time"] {
        let (mut team, cluster) = team().await;
        let id = request(&team).await;
        let ended = match how {
            "end" => Some(team.ana.run("end deploy", &[]).await),
            "revoke" => Some(team.bo.run(&format!("revoke {id} --reason over -y"), &[]).await),
            _ => None,
        };
        match ended {
            // The answer says how far the cluster is, and so does `jit show`.
            Some(ended) => {
                assert_eq!(ended.code, 0, "{ended}");
                assert!(ended.stderr.contains("the broker deleted the Secret to which"), "{ended}");
                assert_eq!(cluster.secrets(), 0, "{how}");
                let shown = team.bo.run(&format!("show {id}"), &[]).await;
                assert!(
                    shown.stdout.contains("issued    the cluster refuses what was handed out"),
                    "{shown}"
                );
                let shown = team.bo.run(&format!("show {id} --json"), &[]).await;
                assert!(shown.stdout.contains("\"denied\""), "{shown}");
            }
            None => team.clock.advance(Duration::from_secs(31 * 60)),
        }
        cluster.has(0, &team).await;
        assert_eq!(cluster.deletions(), 1, "{how}");
        let calls = cluster.calls.lock().unwrap().clone();
        let of_broker = ("authorization".to_owned(), "Bearer the.brokers.own".to_owned());
        for call in calls.iter().filter(|call| !call.url.ends_with("/selfsubjectreviews")) {
            assert!(
                call.headers.contains(&of_broker) && call.authorities.as_deref() == Some(PEM),
                "{}",
                call.url
            );
        }
        team.stop().await;
    }
}

/// A cluster that fails is asked again, by the next broker too.
#[tokio::test]
async fn a_cluster_that_fails_is_asked_again() {
    let (mut team, cluster) = team().await;
    let id = request(&team).await;
    *cluster.broken.lock().unwrap() = true;
    let time_passes = async {
        loop {
            team.clock.advance(Duration::from_millis(1));
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::select! {
        ended = team.ana.run("end deploy", &[]) => ended,
        () = time_passes => unreachable!(),
    };
    assert_eq!(ended.code, 0, "the end does not wait for the cluster: {ended}");
    assert!(ended.stderr.contains("the Secret to which they are bound"), "{ended}");
    while cluster.deletions() < 5 {
        team.clock.advance(Duration::from_secs(1));
        tokio::task::yield_now().await;
    }
    assert_eq!(cluster.secrets(), 1);
    let shown = team.bo.run(&format!("show {id}"), &[]).await;
    assert!(shown.stdout.contains("issued    what was handed out still works: "), "{shown}");
    team.restart().await;
    *cluster.broken.lock().unwrap() = false;
    cluster.has(0, &team).await;
    let shown = team.bo.run(&format!("show {id}"), &[]).await;
    assert!(shown.stdout.contains("issued    the cluster refuses what was handed out"), "{shown}");
    team.stop().await;
}

/// A broker that lost its token says that nobody deletes the Secret.
#[tokio::test]
async fn a_broker_that_lost_its_token_says_so() {
    let (mut team, cluster) = team().await;
    let id = request(&team).await;
    team.restart_without_cluster().await;
    let revoked = team.bo.run(&format!("revoke {id} --reason over -y"), &[]).await;
    assert!(revoked.stderr.contains("the broker has no token of its own for any cluster"), "{revoked}");
    assert_eq!(cluster.deletions(), 0);
    team.stop().await;
}

/// A broker without a token for the cluster says so, and gives nothing.
#[tokio::test]
async fn without_a_token_of_its_own_the_broker_gives_nothing() {
    let (mut team, cluster) = approved().await;
    team.restart_with_cluster("https://other.example.com", "the.brokers.own").await;
    let ran = team.ana.run("exec deploy -- true", &[]).await;
    assert_eq!(ran.code, 125, "{ran}");
    assert!(ran.stderr.contains("has no token of its own for the cluster https://k8s.example.com"), "{ran}");
    assert!(cluster.calls.lock().unwrap().is_empty(), "its token goes nowhere else");
    team.stop().await;
}

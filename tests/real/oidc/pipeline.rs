//! The pipeline of the documentation under an independent runner: `act` runs its steps on this machine, where the built `jit` asks a
//! real broker by the tokens of an issuer on loopback.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;

use axum::Json;
use axum::Router;
use axum::extract::Query;
use axum::http::HeaderMap;
use axum::routing::get;
use jiff::Timestamp;
use jit::grant::Digest;
use serde_json::Value;
use serde_json::json;

use crate::peers::broker::JIT;
use crate::peers::peer::wait_for;
use crate::peers::script::run;
use crate::peers::site::Site;
use crate::peers::site::arn;
use crate::peers::team::Team;
use crate::peers::tool;
use crate::support::provider::key;
use crate::support::provider::sign;

const EXAMPLE: &str = include_str!("../../../docs/examples/deploy-with-broker.yml");
const ROLE: &str = "orders-admin";
/// The secret that the runner shows to get a token.
const BEARER: &str = "canary-of-the-runner";

/// The deployed program: it says who it is, and whether it sees what it must not see.
const DEPLOY: &str = "#!/bin/sh
./jit whoami --cloud
if printenv JIT_ID_TOKEN >/dev/null; then echo 'a token: there'; fi
";

/// The tokens that an issuer gave away.
type Given = Arc<Mutex<Vec<String>>>;

/// An issuer of a runner's tokens, as GitHub's is.
fn issuer() -> (Site, Given) {
    let url: Arc<OnceLock<String>> = Arc::default();
    let given = Given::default();
    let at = Arc::clone(&url);
    let discovery = move || {
        let url = at.get().unwrap().clone();
        async move { Json(json!({ "issuer": url, "jwks_uri": format!("{url}/keys") })) }
    };
    let keys = || async { Json(json!({ "keys": [key("rsa-1").jwk("rsa-1")] })) };
    let (at, seen) = (Arc::clone(&url), Arc::clone(&given));
    let token = move |headers: HeaderMap, Query(asked): Query<Vec<(String, String)>>| {
        let audience = asked.iter().find(|(name, _)| name == "audience").unwrap().1.clone();
        assert_eq!(headers["authorization"], format!("Bearer {BEARER}"));
        let mut given = seen.lock().unwrap();
        let now = Timestamp::now().as_second();
        let claims = json!({
            "iss": at.get().unwrap(), "aud": audience, "iat": now, "exp": now + 300, "jti": format!("j-{}", given.len()),
            "sub": "repo:acme/shop:environment:production", "repository_id": "4711", "repository": "acme/shop",
            "environment": "production", "ref": "refs/heads/main", "sha": "1".repeat(40), "run_id": "9", "run_attempt": "1",
            "workflow_ref": "acme/shop/.github/workflows/deploy.yml@refs/heads/main"
        });
        let text = sign(&json!({"alg": "RS256", "kid": "rsa-1"}), &claims, &key("rsa-1"));
        given.push(text.clone());
        async move { Json(json!({ "value": text })) }
    };
    let routes = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/keys", get(keys))
        .route("/token", get(token));
    let site = Site::start(routes);
    url.set(site.url.clone()).unwrap();
    (site, given)
}

/// The example with this broker and program. In place of the action that act would fetch from GitHub, a step copies the code.
fn workflow(broker: &str, code: &Path) -> String {
    let digest = Digest::of(&std::fs::read(JIT).unwrap()).to_string();
    let checkout = EXAMPLE.find("      - name: Get the code").unwrap();
    let fetch = EXAMPLE.find("      - name: Fetch jit by its hash").unwrap();
    let copy =
        format!("      - name: Get the code\n        run: cp '{}' .\n", code.join("deploy.sh").display());
    let text = format!("{}{copy}{}", &EXAMPLE[..checkout], &EXAMPLE[fetch..]);
    let curl =
        "curl --proto '=https' --fail --silent --show-error --location --retry 3 --output jit \"$JIT_URL\"";
    let mut changed = text;
    for (from, to) in [
        ("https://jit.example.com", broker),
        ("https://example.com/jit", JIT),
        ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", &digest),
        (curl, "cp \"$JIT_URL\" jit"),
        ("prod-deploy", ROLE),
    ] {
        assert!(changed.contains(from), "{from}");
        changed = changed.replace(from, to);
    }
    changed
}

fn checkout(folder: &Path, workflow: &str) {
    let workflows = folder.join("checkout/.github/workflows");
    std::fs::create_dir_all(&workflows).unwrap();
    std::fs::create_dir_all(folder.join("home")).unwrap();
    std::fs::write(workflows.join("deploy.yml"), workflow).unwrap();
    let deploy = folder.join("checkout/deploy.sh");
    std::fs::write(&deploy, DEPLOY).unwrap();
    std::fs::set_permissions(&deploy, std::fs::Permissions::from_mode(0o755)).unwrap();
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        command.args(words).current_dir(folder.join("checkout")).env("HOME", folder.join("home"));
        run(&mut command, b"").ok();
    };
    git(&["init", "-q", "-b", "main", "."]);
    git(&["add", "-A"]);
    git(&["-c", "user.name=olga", "-c", "user.email=olga@example.com", "commit", "-qm", "Begin"]);
}

#[test]
fn act_runs_the_pipeline_of_the_documentation_against_a_broker() {
    let (issuer, given) = issuer();
    let mut team = Team::new();
    let cloud = team.add_sandbox(None);
    let workload = format!(
        "[people.bo]\nkeys = [\"{}\"]\n[groups]\nsre = [\"bo\"]\n[workloads.deploy]\noidc = {{ issuer = \"{}\", \
         repository_id = \"4711\", environment = \"production\" }}\n",
        team.bo.key, issuer.url
    );
    team.broker.write_policy("people.toml", &workload);
    for role in std::fs::read_dir(team.folder().join("broker/policy/roles")).unwrap() {
        let path = role.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap().replace("group:dev", "workload:deploy");
        std::fs::write(path, text).unwrap();
    }
    team.broker.start();
    team.bo.log_in(&team.broker.url);
    let folder = team.folder().join("act");
    checkout(&folder, &workflow(&team.broker.url, &folder.join("checkout")));

    let mut command = Command::new(tool("act"));
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", folder.join("home"));
    command.current_dir(folder.join("checkout"));
    command.args(["push", "-W", ".github/workflows/deploy.yml", "-P", "ubuntu-latest=-self-hosted"]);
    command.args(["--container-daemon-socket", "-", "--no-cache-server"]);
    command.args(["--env", &format!("ACTIONS_ID_TOKEN_REQUEST_URL={}/token?api-version=2.0", issuer.url)]);
    command.args(["--env", &format!("ACTIONS_ID_TOKEN_REQUEST_TOKEN={BEARER}")]);
    let job = std::thread::spawn(move || run(&mut command, b""));
    let waiting = || -> Vec<Value> {
        serde_json::from_str(&team.bo.run(&["inbox", "--json"]).stdout).unwrap_or_default()
    };
    wait_for("the job's request", || !waiting().is_empty() || job.is_finished());
    let requests = waiting();
    if let Some(request) = requests.first() {
        assert!(request["job"].as_str().unwrap().contains("run_id=9 run_attempt=1"), "{request}");
        team.bo.approve(request["id"].as_str().unwrap());
        team.bo.approve(request["id"].as_str().unwrap());
    }
    let ended = job.join().unwrap();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(requests.len(), 1);
    let role = arn(ROLE).replace(":iam:", ":sts:").replace(":role/", ":assumed-role/");
    assert!(ended.stdout.contains(&role) && !ended.stdout.contains("a token: there"), "{ended:?}");
    assert_eq!(team.bo.state(requests[0]["id"].as_str().unwrap()), "ended");
    let given = given.lock().unwrap();
    assert_eq!(given.len(), 3, "one token for each command");
    for secret in given.iter().map(String::as_str).chain([BEARER]) {
        assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret));
    }
    drop(cloud);
}

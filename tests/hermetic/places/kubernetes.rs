//! A cluster asked for, approved, used and ended, over the real broker; and whoever wants more of it than was approved.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use data_encoding::BASE64;
use insta::assert_snapshot;
use jiff::Timestamp;
use jit::deliver::endpoint::LeaseSource;
use jit::deliver::endpoint::RenewError;
use jit::deliver::serving::Served;
use jit::deliver::serving::Serving;
use jit::grant::Lease;
use jit::grant::cloud::kubernetes::KubernetesCredentials;
use jit::system::System;
use jit::system::clock::RealClock;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::Value;
use serde_json::json;

use super::cluster_policy::PEM;
use super::round_trip::claims;
use super::round_trip::get;
use crate::cli::real::Team;

const SERVER: &str = "https://k8s.example.com";
const OTHER: &str = "https://other.example.com";
const COMMON: &str = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nreason = \"optional\"\nmax_duration = \"4h\"\n";

/// An API server that takes every token of the issuer, and remembers what it was asked. Tests give it another answer.
#[derive(Default)]
struct Cluster {
    asked: Mutex<Vec<Request>>,
    instead: Mutex<Option<(u16, String)>>,
}

#[async_trait]
impl Host for Cluster {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let bearer =
            request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.clone());
        self.asked.lock().unwrap().push(request);
        let instead = self.instead.lock().unwrap().clone();
        let (status, body) = instead.unwrap_or_else(|| {
            let claims = claims(bearer.unwrap().strip_prefix("Bearer ").unwrap());
            let user = format!("jit:{}", claims["jit_person"].as_str().unwrap());
            (
                201,
                json!({ "status": { "userInfo": { "username": user, "groups": claims["groups"] } } })
                    .to_string(),
            )
        });
        Ok(Response { status, headers: Vec::new(), body: body.into_bytes() })
    }
}

/// A team whose policy has roles of two clusters.
async fn team() -> (Team, Arc<Cluster>) {
    let prod = format!(
        "{COMMON}[kubernetes]\nserver = \"{SERVER}\"\nca = \"prod.pem\"\naudience = \"kube-prod\"\ngroups = [\"admins\", \"viewers\"]\n\
         [scopes.look]\ngroups = [\"viewers\"]\n"
    );
    let dev = format!(
        "{COMMON}[kubernetes]\nserver = \"{OTHER}\"\naudience = \"kube-dev\"\ngroups = [\"admins\"]\n"
    );
    let files =
        [("roles/prod.toml", prod.as_str()), ("roles/dev-k8s.toml", dev.as_str()), ("roles/prod.pem", PEM)];
    let team = Team::with("", &files).await;
    let cluster = Arc::new(Cluster::default());
    for server in [SERVER, OTHER] {
        team.http.route(server, Arc::clone(&cluster) as Arc<dyn Host>);
    }
    (team, cluster)
}

/// The kubeconfig that the last command found.
fn kubeconfig(team: &Team) -> Value {
    let told = team.ana.world.supervisor.told.lock().unwrap();
    assert_eq!(told["KUBECONFIG"], told["KUBE_CONFIG_PATH"]);
    serde_json::from_str(&told["KUBECONFIG"]).unwrap()
}

#[tokio::test]
async fn a_cluster_is_asked_for_and_used() {
    let (mut team, cluster) = team().await;
    let asked = team.ana.run("request prod -y --no-wait --reason INC-1", &[]).await;
    assert_snapshot!(asked.stderr, @r#"
    prod: groups admins, viewers in cluster https://k8s.example.com (kubernetes, audience kube-prod, CA sha256:75f599b055602cc2…)
      for       1h (at most 4h)
      reason  | INC-1
      approval  1 of group:sre (bo)
      less      --scope look  [1 of group:sre]
    asked for prod: request K31ZTKA0VJ
    nobody was told: the policy names no place; ask bo to type: jit approve K31ZTKA0VJ
    "#);
    let approved = team.bo.approve("").await;
    assert!(
        approved.stderr.contains("groups admins, viewers in cluster https://k8s.example.com"),
        "{approved}"
    );
    team.ana.write(&team.ana.world.system.files.home.join(".kube/config"), "current-context: mine\n");
    let ran = team.ana.run("exec prod -- kubectl get pods", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let config = kubeconfig(&team);
    assert_eq!(config["current-context"], "jit-prod");
    let at = |pointer: &str| config.pointer(pointer).cloned().unwrap_or_default();
    assert_eq!(at("/clusters/0/cluster/server"), SERVER);
    assert_eq!(at("/clusters/0/cluster/certificate-authority-data"), BASE64.encode(PEM.as_bytes()));
    assert_eq!(at("/users/0/user/exec/args/0"), "internal-credential");
    assert_eq!(at("/users/0/user/exec/interactiveMode"), "Never");
    assert!(!config.to_string().contains("eyJ"), "no token is in a file");
    {
        let started = team.ana.world.supervisor.started.lock().unwrap();
        let environment = &started.last().unwrap().environment;
        assert_eq!(environment.get("JIT_GRANT"), Some("prod"));
        let path = environment.get("KUBECONFIG").unwrap();
        assert!(!std::path::Path::new(path).exists(), "the file is gone with the command");
    }
    // The cluster was asked who the token is, with its own certificates alone.
    let asked = cluster.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].url.ends_with("/selfsubjectreviews"));
    assert_eq!(asked[0].authorities.as_deref(), Some(PEM));
    team.stop().await;
}

/// The plugin gets its token from the keychain, without asking anybody, until three minutes before its end.
#[tokio::test]
async fn a_plugin_gets_an_exec_credential() {
    let (mut team, cluster) = team().await;
    get(&team, "prod", &["--scope", "look", "--for", "2h"]).await;
    assert_eq!(team.ana.run("exec prod -- true", &[]).await.code, 0);
    let calls = || cluster.asked.lock().unwrap().len();
    let first = team.ana.run("credentials prod --format kubernetes", &[]).await;
    let document: Value = serde_json::from_str(&first.stdout).unwrap();
    assert_eq!(document["apiVersion"], "client.authentication.k8s.io/v1");
    assert_eq!(document["kind"], "ExecCredential");
    let claims = claims(document["status"]["token"].as_str().unwrap());
    assert_eq!(claims["groups"], json!(["viewers"]), "the scope's alone");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    let told: Timestamp = document["status"]["expirationTimestamp"].as_str().unwrap().parse().unwrap();
    assert_eq!(claims["exp"].as_i64().unwrap() - told.as_second(), 60);
    assert_eq!(calls(), 1);
    team.clock.advance(std::time::Duration::from_secs(11 * 60));
    assert_eq!(team.ana.run("credentials prod --format kubernetes", &[]).await.stdout, first.stdout);
    assert_eq!(calls(), 1, "the same token");
    team.clock.advance(std::time::Duration::from_secs(2 * 60));
    let next = team.ana.run("credentials prod --format kubernetes", &[]).await;
    assert_ne!(next.stdout, first.stdout);
    assert_eq!(calls(), 2, "a new token");
    let aws = team.ana.run("credentials prod --format aws", &[]).await;
    assert!(aws.code == 2 && aws.stderr.contains("whose credentials have no such form"), "{aws}");
    let env = team.ana.run("env prod", &[]).await;
    assert!(env.code == 2 && env.stderr.contains("jit setup kubernetes") && env.stdout.is_empty(), "{env}");
    team.stop().await;
}

/// Each of two clusters has a context of its role's name, and the first is meant. The settings of the caller's shell lead nowhere.
#[tokio::test]
async fn two_clusters_are_two_contexts() {
    let (mut team, _) = team().await;
    for role in ["dev-k8s", "prod"] {
        get(&team, role, &[]).await;
    }
    for (name, value) in [
        ("KUBECONFIG", "/tmp/evil"),
        ("KUBE_TOKEN", "evil"),
        ("KUBE_EDITOR", "vi"),
        ("HELM_KUBEAPISERVER", "https://evil.example.com"),
        ("HELM_KUBETOKEN", "evil"),
        ("HELM_NAMESPACE", "apps"),
        ("KUBERNETES_MASTER", "https://evil.example.com"),
        ("K8S_AUTH_HOST", "https://evil.example.com"),
    ] {
        team.ana.world.system.environment.set(name, value);
    }
    let ran = team.ana.run("exec dev-k8s prod --env -- helm upgrade", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let config = kubeconfig(&team);
    let names: Vec<&str> = config["contexts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|context| context["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["jit-dev-k8s", "jit-prod", "dev-k8s", "prod"]);
    assert_eq!(config["current-context"], "jit-dev-k8s");
    let environment = team.ana.world.supervisor.started.lock().unwrap().last().unwrap().environment.clone();
    for gone in ["KUBE_TOKEN", "HELM_KUBEAPISERVER", "HELM_KUBETOKEN", "KUBERNETES_MASTER", "K8S_AUTH_HOST"] {
        assert_eq!(environment.get(gone), None, "{gone}");
    }
    for kept in ["KUBE_EDITOR", "HELM_NAMESPACE"] {
        assert!(environment.get(kept).is_some(), "{kept}");
    }
    assert!(environment.get("KUBECONFIG").unwrap() != "/tmp/evil");
    // A command of another place keeps the caller's kubeconfig.
    let asked = team.ana.run("request orders-admin -y --no-wait --reason INC-1 --for 30m", &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert_eq!(team.bo.approve("").await.code, 0);
    assert_eq!(team.ana.run("exec orders-admin -- true", &[]).await.code, 0);
    assert_eq!(super::round_trip::variable(&team.ana, "KUBECONFIG").as_deref(), Some("/tmp/evil"));
    team.stop().await;
}

/// Serves one token for an hour, and no other.
struct Once(Timestamp);

#[async_trait]
impl LeaseSource for Once {
    fn until(&self) -> Option<Timestamp> {
        Some(self.0)
    }

    async fn renew(&self) -> Result<Lease, RenewError> {
        Err(RenewError::Passing("not here".to_owned()))
    }
}

/// `jit whoami --cloud` in a command of `jit exec`, and `jit doctor` outside of one, ask the cluster who the token is.
#[tokio::test]
async fn the_cluster_says_who_one_is() {
    let (mut team, cluster) = team().await;
    get(&team, "prod", &[]).await;
    let before = team.ana.run("doctor --json", &[]).await;
    assert!(before.stdout.contains("no credentials are at hand"), "{before}");
    assert_eq!(team.ana.run("exec prod -- true", &[]).await.code, 0);
    let told = team.ana.run("credentials prod --format kubernetes", &[]).await;
    let doctor = team.ana.run("doctor --json", &[]).await;
    let findings: Value = serde_json::from_str(&doctor.stdout).unwrap();
    let access = findings.as_array().unwrap().iter().find(|finding| finding["part"] == "access").unwrap();
    assert_eq!(
        *access,
        json!({ "part": "access", "verdict": "ok", "found": "prod: cluster https://k8s.example.com says jit:ana", "mend": null })
    );
    let document: Value = serde_json::from_str(&told.stdout).unwrap();
    let credentials = KubernetesCredentials {
        token: document["status"]["token"].as_str().unwrap().into(),
        server: SERVER.to_owned(),
        ca: Some(PEM.to_owned()),
        namespace: None,
        service_account: None,
    };
    // The endpoint is really asked, by the machine's clock on both sides: the team's makes every time limit pass at once.
    let machine = System { clock: Arc::new(RealClock), ..team.ana.world.system.clone() };
    let expires = machine.clock.now() + jiff::SignedDuration::from_hours(1);
    let served = Served {
        role: "prod".parse().unwrap(),
        others: Vec::new(),
        lease: Lease { number: 1, expires, credentials: credentials.into() },
        until: expires,
        source: Arc::new(Once(expires)),
        renews: false,
    };
    let serving = Serving::open(&machine, &machine.environment, vec![served]).await.unwrap();
    let outside = std::mem::replace(&mut team.ana.world.system.environment, serving.environment.clone());
    team.ana.world.system.clock = Arc::new(RealClock);
    let asked = cluster.asked.lock().unwrap().len();
    let whoami = team.ana.run("whoami --cloud", &[]).await;
    assert_eq!(
        (whoami.code, whoami.stdout.as_str()),
        (0, "jit:ana\n  cluster   https://k8s.example.com\n"),
        "{whoami}"
    );
    let calls = cluster.asked.lock().unwrap().clone();
    assert_eq!((calls.len() - asked, calls.last().unwrap().authorities.as_deref()), (1, Some(PEM)));
    *cluster.instead.lock().unwrap() =
        Some((401, json!({ "kind": "Status", "reason": "Unauthorized" }).to_string()));
    let refused = team.ana.run("whoami --cloud", &[]).await;
    assert!(refused.code != 0 && refused.stderr.contains("does not accept the token"), "{refused}");
    // The command is over: its token is gone with it.
    drop(serving);
    let over = team.ana.run("whoami --cloud", &[]).await;
    assert!(over.code != 0 && !over.to_string().contains("eyJ"), "{over}");
    team.ana.world.system.environment = outside;
    team.ana.world.system.clock = Arc::new(team.clock.clone());
    let doctor = team.ana.run("doctor", &[]).await;
    assert!(
        doctor.code == 1 && doctor.stdout.contains("its place does not say who the credentials are"),
        "{doctor}"
    );
    team.stop().await;
}

/// If the cluster says anything else than an answer, jit keeps nothing and runs no command.
#[tokio::test]
async fn a_cluster_that_misbehaves_gives_nothing() {
    let (mut team, cluster) = team().await;
    get(&team, "prod", &[]).await;
    let review = |user: &str, groups: &[&str]| {
        json!({ "status": { "userInfo": { "username": user, "groups": groups } } }).to_string()
    };
    for (status, body, said) in [
        (200, "<html>log in</html>".to_owned(), "not what it should answer"),
        (302, String::new(), "redirect"),
        (401, json!({ "kind": "Status", "reason": "Unauthorized" }).to_string(), "does not accept the token"),
        (201, review("system:anonymous", &[]), "for nobody's"),
        (201, review("jit:ana", &["system:masters"]), "may do everything"),
        (201, review("system:serviceaccount:kube-system:admin", &[]), "hint"),
    ] {
        *cluster.instead.lock().unwrap() = Some((status, body));
        let ran = team.ana.run("exec prod -- true", &[]).await;
        assert_eq!(ran.code, 125, "{said}: {ran}");
        assert!(ran.stderr.contains(said) && !ran.stderr.contains("eyJ"), "{said}: {ran}");
    }
    assert!(team.ana.world.supervisor.started.lock().unwrap().is_empty(), "no command ran");
    *cluster.instead.lock().unwrap() = None;
    assert_eq!(team.ana.run("exec prod -- true", &[]).await.code, 0);
    team.stop().await;
}

/// A policy that gives a role another cluster, other certificates or more groups opens nothing with what was approved before.
#[tokio::test]
async fn a_changed_role_needs_a_new_approval() {
    for (path, from, to) in [
        ("roles/prod.toml", "k8s.example.com", "other.example.com"),
        ("roles/prod.toml", "\"viewers\"]\n[scopes", "\"viewers\", \"owners\"]\n[scopes"),
        ("roles/prod.pem", "MAMCAQE=", "MAMCAQI="),
    ] {
        let (mut team, cluster) = team().await;
        get(&team, "prod", &[]).await;
        team.change(path, from, to).await;
        let ran = team.ana.run("exec prod -- true", &[]).await;
        assert_eq!(ran.code, 125, "{to}: {ran}");
        assert!(cluster.asked.lock().unwrap().is_empty(), "{to}");
        team.stop().await;
    }
}

/// Contexts come and go in a file of jit's own, and the person's is read and not written.
#[tokio::test]
async fn contexts_come_and_go() {
    let (mut team, _) = team().await;
    let files = team.ana.world.system.files.clone();
    let (ours, own) = (files.config.join("kubeconfig"), files.home.join(".kube/config"));
    let mine = "apiVersion: v1\ncontexts:\n- name: mine\n  context: {}\n";
    team.ana.write(&own, mine);
    let look = team.ana.run("setup kubernetes", &[]).await;
    assert!(look.code == 0 && !ours.exists(), "{look}");
    assert!(look.stdout.contains("\"name\": \"jit-prod\"") && look.stderr.contains("add --write"), "{look}");
    let line = format!("export KUBECONFIG=\"${{KUBECONFIG:-$HOME/.kube/config}}\":{}", ours.display());
    assert!(look.stderr.contains(&line), "{look}");
    assert_eq!(team.ana.run("setup kubernetes --write", &[]).await.code, 0);
    let config: Value = serde_json::from_str(&std::fs::read_to_string(&ours).unwrap()).unwrap();
    assert_eq!(config["contexts"].as_array().unwrap().len(), 2);
    assert_eq!(
        config["users"][1]["user"]["exec"]["args"],
        json!(["credentials", "prod", "--format", "kubernetes"])
    );
    assert_eq!(
        config["clusters"][1]["cluster"]["certificate-authority-data"],
        BASE64.encode(PEM.as_bytes()),
        "before the first token"
    );
    team.ana.world.system.environment.set("KUBECONFIG", format!("{}:{}", own.display(), ours.display()));
    let again = team.ana.run("setup kubernetes --write", &[]).await;
    assert!(again.stderr.contains("needs no change") && !again.stderr.contains("export"), "{again}");
    assert_eq!(team.ana.run("setup kubernetes prod --write", &[]).await.code, 0);
    assert!(!std::fs::read_to_string(&ours).unwrap().contains("jit-dev-k8s"));
    for (words, said) in [
        ("setup kubernetes nobody", "there is no role nobody for you"),
        ("setup kubernetes orders-admin", "which is no cluster"),
    ] {
        let refused = team.ana.run(words, &[]).await;
        assert!(refused.code == 2 && refused.stderr.contains(said), "{refused}");
    }
    assert_eq!(team.ana.run("setup kubernetes --remove --write", &[]).await.code, 0);
    assert!(!ours.exists());
    assert_eq!(std::fs::read_to_string(&own).unwrap(), mine);
    team.stop().await;
}

/// A role `jit-k8s` silently was no context of its own name beside a role `k8s`, and commands went to the other cluster.
#[tokio::test]
async fn two_roles_that_one_context_may_mean_are_told_apart() {
    let role = |server: &str, audience: &str| {
        format!(
            "{COMMON}[kubernetes]\nserver = \"{server}\"\naudience = \"{audience}\"\ngroups = [\"admins\"]\n"
        )
    };
    let (one, other) = (role(SERVER, "kube-prod"), role(OTHER, "kube-dev"));
    let files = [("roles/k8s.toml", one.as_str()), ("roles/jit-k8s.toml", other.as_str())];
    let mut team = Team::with("", &files).await;
    let cluster = Arc::new(Cluster::default());
    for server in [SERVER, OTHER] {
        team.http.route(server, Arc::clone(&cluster) as Arc<dyn Host>);
    }
    let note = "note: the context jit-k8s is that of the role k8s; for jit-k8s use the context jit-jit-k8s\n";
    for role in ["k8s", "jit-k8s"] {
        get(&team, role, &[]).await;
        let alone = team.ana.run_words(&["exec", role, "--", "kubectl", "get", "pods"], &[]).await;
        assert!(alone.code == 0 && !alone.stderr.contains("note: "), "{alone}");
    }
    let both = team.ana.run("exec jit-k8s k8s -- kubectl get pods", &[]).await;
    assert!(both.code == 0 && both.stderr.contains(note), "{both}");
    let written = team.ana.run("setup kubernetes", &[]).await;
    assert!(written.code == 0 && written.stderr.starts_with(note), "{written}");
    team.stop().await;
}

/// Programs take the first of two clusters of one name. A name that is taken is refused, since its cluster would get our tokens.
#[tokio::test]
async fn a_name_that_is_taken_is_refused() {
    let (mut team, _) = team().await;
    let files = team.ana.world.system.files.clone();
    let own = files.home.join(".kube/config");
    for (text, said) in [
        (
            "clusters:\n- name: jit-prod\n  cluster:\n    server: https://evil.example.com\n",
            "a cluster jit-prod of its own",
        ),
        ("users: [{name: jit-prod}]\n", "a user jit-prod of its own"),
        (r#"{"contexts": [{"name": "jit-prod"}]}"#, "a context jit-prod of its own"),
        ("- no\n- kubeconfig\n", "not a kubeconfig that can be read"),
        ("clusters: {name: jit-prod}\n", "not a kubeconfig that can be read"),
    ] {
        team.ana.write(&own, text);
        let refused = team.ana.run("setup kubernetes --write", &[]).await;
        assert!(refused.code == 1 && refused.stderr.contains(said), "{text}: {refused}");
        assert!(!files.config.join("kubeconfig").exists());
    }
    team.ana.write(&own, "clusters:\n- name: jit-prod\n");
    assert_eq!(
        team.ana.run("setup kubernetes dev-k8s --write", &[]).await.code,
        0,
        "another role's name is free"
    );
    team.stop().await;
}

//! Direct roles of Google Cloud and Kubernetes: the person's own command line has the identity, and nobody approves.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use insta::assert_snapshot;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use jit::system::processes::Output;
use serde_json::Value;
use serde_json::json;

use super::cluster_policy::PEM;
use crate::cli::stage::Person;

const ACCOUNT: &str = "reader@shop-123456.iam.gserviceaccount.com";
const OWN: &str = "ya29.a0.own-canary";
const ACCESS: &str = "ya29.c.access-canary";
const SERVER: &str = "https://k8s.example.com";

/// A host that answers each path with the same answer, and remembers what it was asked.
#[derive(Default)]
struct Told {
    asked: Mutex<Vec<Request>>,
    answers: Mutex<Vec<(&'static str, u16, Value)>>,
}

impl Told {
    fn says(&self, path: &'static str, status: u16, answer: Value) {
        let mut answers = self.answers.lock().unwrap();
        answers.retain(|(other, ..)| *other != path);
        answers.push((path, status, answer));
    }
}

#[async_trait]
impl Host for Told {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let found =
            self.answers.lock().unwrap().iter().find(|(path, ..)| request.url.contains(path)).cloned();
        self.asked.lock().unwrap().push(request);
        let (_, status, answer) = found.unwrap_or(("", 404, json!({})));
        Ok(Response { status, headers: Vec::new(), body: answer.to_string().into_bytes() })
    }
}

/// A person with one direct role of each place, and nothing of a broker's.
struct Desk {
    ana: Person,
    google: Arc<Told>,
    cluster: Arc<Told>,
}

impl Desk {
    fn new() -> Self {
        let http = FakeHttp::default();
        let ana = Person::new(1, &FakeClock::at("2026-11-23T10:00:00Z"), &http);
        let (google, cluster) = (Arc::<Told>::default(), Arc::<Told>::default());
        for host in ["https://iamcredentials.googleapis.com", "https://oauth2.googleapis.com"] {
            http.route(host, Arc::clone(&google) as Arc<dyn Host>);
        }
        http.route(SERVER, Arc::clone(&cluster) as Arc<dyn Host>);
        let generated = json!({ "accessToken": ACCESS, "expireTime": "2026-11-23T10:59:59Z" });
        google.says(":generateAccessToken", 200, generated);
        google.says("/tokeninfo", 200, json!({ "email": ACCOUNT, "expires_in": "3599" }));
        let user = "system:serviceaccount:apps:deployer";
        cluster.says("selfsubjectreviews", 201, json!({ "status": { "userInfo": { "username": user } } }));
        let config = &ana.world.system.files.config;
        let ca = config.join("ca.pem");
        ana.write(&ca, PEM);
        ana.write(
            &config.join("config.toml"),
            &format!(
                "[roles.shop]\napproval = \"none\"\ndescription = \"Look at the shop\"\n[roles.shop.gcp]\nservice_account = \"{ACCOUNT}\"\n\
                 project = \"shop-123456\"\noauth_scopes = [\"devstorage.read_only\"]\n\
                 [roles.adc]\napproval = \"none\"\n[roles.adc.gcp]\nservice_account = \"{ACCOUNT}\"\nproject = \"shop-123456\"\n\
                 credentials = \"application-default\"\n\
                 [roles.deploy]\napproval = \"none\"\n[roles.deploy.kubernetes]\nserver = \"{SERVER}\"\nca = \"{}\"\n\
                 namespace = \"apps\"\nservice_account = \"deployer\"\ncontext = \"mine\"\nduration = \"10m\"\n",
                ca.display()
            ),
        );
        Self { ana, google, cluster }
    }

    /// The next child of the client prints this.
    fn prints(&self, code: i32, stdout: &str, stderr: &str) {
        let output = Output { code, stdout: stdout.into(), stderr: stderr.into() };
        self.ana.world.processes.outputs.lock().unwrap().push_back(output);
    }

    /// The next child, `kubectl config view`, prints that the context leads there.
    fn leads_to(&self, server: &str, more: &Value) {
        let mut cluster = json!({ "server": server });
        cluster.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let view =
            json!({ "kind": "Config", "clusters": [{ "name": "dev", "cluster": cluster }], "users": [] });
        self.prints(0, &view.to_string(), "");
    }

    /// The program and the arguments of each child since, in one line.
    fn children(&self) -> Vec<String> {
        let mut started = self.ana.world.processes.started.lock().unwrap();
        let line = |command: jit::system::processes::Command| {
            let words = std::iter::once(&command.program).chain(&command.arguments);
            words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        started.drain(..).map(line).collect()
    }
}

/// A token of the service account, as an API server makes it.
fn account_token(subject: &str) -> String {
    let part = |value: Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}.c2ln", part(json!({ "alg": "RS256" })), part(json!({ "sub": subject, "aud": ["api"] })))
}

fn token_request(subject: &str) -> String {
    json!({ "kind": "TokenRequest", "status": { "token": account_token(subject), "expirationTimestamp": "2026-11-23T10:10:00Z" } })
        .to_string()
}

#[tokio::test]
async fn they_are_shown_as_direct() {
    let desk = Desk::new();
    let shown = desk.ana.run("roles", &[]).await;
    assert_snapshot!(shown.stdout, @"
    ROLE    FOR  AT MOST  APPROVAL             OPENS
    adc     1h   1h       direct: no approval  service account reader@shop-123456.iam.gserviceaccount.com in project shop-123456 (gcp)
    deploy  10m  10m      direct: no approval  service account apps/deployer in cluster https://k8s.example.com (kubernetes, CA sha256:75f599b055602cc2…)
    shop    1h   1h       direct: no approval  service account reader@shop-123456.iam.gserviceaccount.com in project shop-123456 (gcp)
    ");
    let listed: Value = serde_json::from_str(&desk.ana.run("roles --json", &[]).await.stdout).unwrap();
    assert!(listed.as_array().unwrap().iter().all(|role| role["direct"] == true), "{listed}");
    assert!(desk.children().is_empty(), "nobody was asked for a list");
}

#[tokio::test]
async fn a_service_account_is_impersonated_by_the_persons_own_identity() {
    let mut desk = Desk::new();
    // A role's token in the environment is not the person's own identity, and neither is a machine's.
    let others = [
        "CLOUDSDK_AUTH_ACCESS_TOKEN",
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
        "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
        "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
        "GCE_METADATA_HOST",
        "GCE_METADATA_IP",
        "GCE_METADATA_ROOT",
        "GOOGLE_APPLICATION_CREDENTIALS",
    ];
    for name in others {
        desk.ana.world.system.environment.set(name, "/run/role");
    }
    desk.ana.world.system.environment.set("CLOUDSDK_CONFIG", "/home/ana/gcloud");
    desk.prints(0, &format!("{OWN}\n"), "");
    let ran = desk.ana.run("exec shop -- gcloud storage ls", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.stderr.contains("directly"), "{ran}");
    let asked = desk.ana.world.processes.started.lock().unwrap()[0].clone();
    for name in others {
        assert_eq!(asked.environment.get(name), None, "{name}");
    }
    assert_eq!(asked.environment.get("CLOUDSDK_CONFIG"), Some("/home/ana/gcloud"));
    assert_eq!(desk.children()[0], "gcloud auth print-access-token --quiet");
    let calls = desk.google.asked.lock().unwrap().clone();
    let [generate, whose] = calls.as_slice() else { panic!("{}", calls.len()) };
    assert!(generate.url.ends_with(&format!("/v1/projects/-/serviceAccounts/{ACCOUNT}:generateAccessToken")));
    assert!(generate.headers.contains(&("authorization".to_owned(), format!("Bearer {OWN}"))));
    let body: Value = serde_json::from_slice(&generate.body).unwrap();
    assert_eq!(body["lifetime"], "3599s");
    assert_eq!(body["scope"][0], "https://www.googleapis.com/auth/devstorage.read_only");
    assert!(whose.url.ends_with("/tokeninfo"), "Google says whose the token is before it is kept");
    // It is kept, shown as direct, and not asked for again while it lasts.
    let again = desk.ana.run("exec shop -- true", &[]).await;
    assert_eq!((again.code, desk.google.asked.lock().unwrap().len()), (0, 2), "{again}");
    let status = desk.ana.run("status", &[]).await;
    assert!(status.stdout.contains("direct") && !status.stdout.contains("approved"), "{status}");
    assert!(!desk.ana.disk().contains("canary"), "no token is on the disk");
    let ended = desk.ana.run("end shop", &[]).await;
    assert!(ended.stderr.contains("nobody can call the token back; it stays valid until"), "{ended}");
    desk.prints(0, OWN, "");
    desk.children();
    assert_eq!(desk.ana.run("exec adc -- true", &[]).await.code, 0);
    assert_eq!(desk.children()[0], "gcloud auth application-default print-access-token --quiet");
}

#[tokio::test]
async fn a_clusters_token_is_made_by_the_persons_own_kubectl() {
    let desk = Desk::new();
    desk.leads_to(SERVER, &json!({}));
    desk.prints(0, &token_request("system:serviceaccount:apps:deployer"), "");
    let ran = desk.ana.run("exec deploy -- kubectl get pods", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let ca = desk.ana.world.system.files.config.join("ca.pem").display().to_string();
    let children = desk.children();
    assert_eq!(children[0], "kubectl config view --minify --output=json --context=mine");
    assert_eq!(
        children[1].replace(&ca, "CA"),
        "kubectl create token deployer --namespace=apps --duration=600s --output=json --server=https://k8s.example.com --context=mine \
         --certificate-authority=CA"
    );
    let asked = desk.cluster.asked.lock().unwrap().clone();
    assert_eq!(
        (asked.len(), asked[0].authorities.as_deref()),
        (1, Some(PEM)),
        "the cluster says who the token is"
    );
    assert!(!desk.ana.disk().contains(&account_token("system:serviceaccount:apps:deployer")));
    let shown = desk.ana.run("request deploy", &[]).await;
    assert!(shown.stdout.contains("directly, without approval"), "{shown}");
}

/// Each way in which there is no access says what to do, and keeps nothing.
#[tokio::test]
async fn what_the_place_refuses_is_said_in_words() {
    let google = |code: u16, status: &str, message: &str| json!({ "error": { "code": code, "status": status, "message": message } });
    let desk = Desk::new();
    let mut said = String::new();
    let mut fail = async |line: &str| {
        let failed = desk.ana.run(line, &[]).await;
        assert_ne!(failed.code, 0, "{failed}");
        assert!(!failed.to_string().contains("canary"), "{failed}");
        said.push_str(&failed.stderr);
    };
    desk.prints(
        1,
        "",
        "ERROR: (gcloud.auth.print-access-token) You do not currently have an active account selected.",
    );
    fail("exec shop -- true").await;
    desk.prints(0, "Updated property.\nya29 canary", "");
    fail("exec shop -- true").await;
    for (status, answer) in [
        (
            403,
            google(
                403,
                "PERMISSION_DENIED",
                "Permission 'iam.serviceAccounts.getAccessToken' denied on resource.",
            ),
        ),
        (401, google(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")),
        (404, google(404, "NOT_FOUND", "Not found; Gaia id not found for email x")),
    ] {
        desk.google.says(":generateAccessToken", status, answer);
        desk.prints(0, OWN, "");
        fail("exec shop -- true").await;
    }
    desk.google.says(
        ":generateAccessToken",
        200,
        json!({ "accessToken": ACCESS, "expireTime": "2026-11-23T10:59:59Z" }),
    );
    desk.google.says("/tokeninfo", 200, json!({ "email": "other@shop-123456.iam.gserviceaccount.com" }));
    desk.prints(0, OWN, "");
    fail("exec shop -- true").await;
    desk.leads_to(SERVER, &json!({}));
    desk.prints(1, "", "error: failed to create token: serviceaccounts \"deployer\" is forbidden: User \"ana\" cannot create");
    fail("exec deploy -- true").await;
    desk.leads_to(SERVER, &json!({}));
    desk.prints(0, &token_request("system:serviceaccount:kube-system:admin"), "");
    fail("exec deploy -- true").await;
    desk.leads_to(SERVER, &json!({}));
    desk.prints(0, "{}", "");
    fail("exec deploy -- true").await;
    desk.leads_to(SERVER, &json!({}));
    desk.cluster.says("selfsubjectreviews", 201, json!({ "status": { "userInfo": { "username": "ana" } } }));
    desk.prints(0, &token_request("system:serviceaccount:apps:deployer"), "");
    fail("exec deploy -- true").await;
    assert_snapshot!(said, @r#"
    error: shop was not assumed
      cause: gcloud gives no token of your own identity: ERROR: (gcloud.auth.print-access-token) You do not currently have an active account selected.
      hint: sign in: `gcloud auth login`
    error: shop was not assumed
      cause: gcloud printed something else than one token
      hint: try `gcloud auth login`
    error: shop was not assumed
      cause: your own identity may not act as reader@shop-123456.iam.gserviceaccount.com (HTTP 403: PERMISSION_DENIED: Permission 'iam.serviceAccounts.getAccessToken' denied on resource.)
      hint: it needs roles/iam.serviceAccountTokenCreator on the service account; without it, ask for a role: `jit roles`
    error: shop was not assumed
      cause: Google does not accept your own identity (HTTP 401: UNAUTHENTICATED: Request had invalid authentication credentials.)
      hint: sign in again: `gcloud auth login`, or `gcloud auth application-default login`
    error: shop was not assumed
      cause: there is no service account reader@shop-123456.iam.gserviceaccount.com (HTTP 404: NOT_FOUND: Not found; Gaia id not found for email x)
      hint: check `service_account` of the role in config.toml
    error: the token is another account's than reader@shop-123456.iam.gserviceaccount.com
      hint: tell the broker's administrator
    error: deploy was not assumed
      cause: the cluster https://k8s.example.com gives you no token of apps/deployer: error: failed to create token: serviceaccounts "deployer" is forbidden: User "ana" cannot create
      hint: your own user must be allowed to create serviceaccounts/token there; without it, ask for a role: `jit roles`
    error: deploy was not assumed
      cause: the cluster https://k8s.example.com answered with another token than the one asked for
      hint: check `server` of the role in config.toml
    error: deploy was not assumed
      cause: kubectl printed something else than a token
      hint: check `kubectl version`: 1.24 or newer
    error: the cloud says that these credentials have another identity
      cause: asked for service account apps/deployer in cluster https://k8s.example.com (kubernetes, CA sha256:75f599b055602cc2…), got ana in cluster https://k8s.example.com
      hint: nothing was stored; tell the broker's administrator
    "#);
    assert_eq!(desk.ana.run("status", &[]).await.stdout.matches("direct").count(), 0, "nothing is kept");
}

/// The user of a context is shown to the cluster of that context alone, and only where its certificates are checked.
#[tokio::test]
async fn no_user_of_another_cluster_is_shown_to_the_roles() {
    let desk = Desk::new();
    let mut said = String::new();
    let mut fail = async || {
        let failed = desk.ana.run("exec deploy -- true", &[]).await;
        assert_ne!(failed.code, 0, "{failed}");
        said.push_str(failed.stderr.split_once('\n').unwrap().1);
        assert_eq!(desk.children().len(), 1, "kubectl makes no call");
    };
    desk.leads_to("https://prod.example.com", &json!({}));
    fail().await;
    desk.leads_to("https://k8s.example.com.evil.example", &json!({}));
    fail().await;
    desk.leads_to(SERVER, &json!({ "insecure-skip-tls-verify": true }));
    fail().await;
    desk.prints(0, "{\"clusters\": []}", "");
    fail().await;
    desk.prints(1, "", "error: context \"mine\" does not exist");
    fail().await;
    assert_snapshot!(said, @r#"
      cause: the context mine leads to another cluster, https://prod.example.com, and the role opens https://k8s.example.com
      hint: name a context of that cluster in config.toml: context = "…"
      cause: the context mine leads to another cluster, https://k8s.example.com.evil.example, and the role opens https://k8s.example.com
      hint: name a context of that cluster in config.toml: context = "…"
      cause: the context mine checks no certificates, so anybody on the way could take your token
      hint: take insecure-skip-tls-verify out of its cluster, and name its certificates
      cause: kubectl does not say where the context mine leads
      hint: name a context of that cluster in config.toml: context = "…"
      cause: kubectl does not say where the context mine leads: error: context "mine" does not exist
      hint: name a context of that cluster in config.toml: context = "…"
    "#);
}

/// A context whose user runs jit for the role would start kubectl and jit in turns.
#[tokio::test]
async fn a_role_never_asks_itself() {
    let desk = Desk::new();
    let context = |user: Value| {
        let view = json!({
            "clusters": [{ "name": "dev", "cluster": { "server": SERVER } }],
            "users": [{ "name": "me", "user": user }],
        });
        desk.prints(0, &view.to_string(), "");
    };
    let plugin = |command: &str, role: &str| json!({ "exec": { "command": command, "args": ["credentials", role, "--format", "kubernetes"], "env": null } });
    for command in ["jit", "/usr/local/bin/jit", "jit.exe"] {
        context(plugin(command, "deploy"));
        let refused = desk.ana.run("exec deploy -- true", &[]).await;
        assert!(refused.code != 0 && desk.children().len() == 1, "{refused}");
        insta::allow_duplicates! {
            assert_snapshot!(refused.stderr.split_once('\n').unwrap().1, @r#"
              cause: the user of the context mine is `jit` for the role deploy, so the role would ask itself for a token
              hint: name a context in config.toml whose user is you, without jit: context = "…"
            "#);
        }
    }
    // Another role, another program, and a user or a context without a plugin are fine.
    let others = [
        plugin("jit", "look"),
        plugin("aws", "deploy"),
        json!({ "exec": { "command": "jit", "args": null } }),
        json!({ "token": "x" }),
    ];
    for user in others {
        context(user);
        desk.prints(1, "", "error: no");
        desk.ana.run("exec deploy -- true", &[]).await;
        assert!(desk.children()[1].starts_with("kubectl create token "));
    }
    desk.prints(
        0,
        &json!({ "clusters": [{ "name": "dev", "cluster": { "server": SERVER } }], "users": null })
            .to_string(),
        "",
    );
    desk.prints(1, "", "error: no");
    desk.ana.run("exec deploy -- true", &[]).await;
    assert!(desk.children()[1].starts_with("kubectl create token "));
}

/// AWS's tools get profiles of AWS's roles, and of no other place's.
#[tokio::test]
async fn no_profile_of_aws_is_written_for_them() {
    let desk = Desk::new();
    for line in ["setup aws", "setup aws shop"] {
        let refused = desk.ana.run(line, &[]).await;
        assert!(refused.code == 2 && refused.stderr.contains("there is no role"), "{refused}");
    }
}

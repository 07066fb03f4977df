//! Kubernetes: a real API server of version 1.20, today's code that authenticates tokens, and today's kubectl.
//!
//! `peers/kubernetes.rs` says what neither of the two servers can prove.

mod access;

use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::peers::certificates::Authority;
use crate::peers::issuer_site::IssuerSite;
use crate::peers::kubernetes::Judge;
use crate::peers::kubernetes::Kubernetes;
use crate::peers::kubernetes::Trust;
use crate::peers::tls_front::TlsFront;
use crate::support::ports::free_ports;

/// An issuer behind TLS.
struct Issuer {
    url: String,
    site: IssuerSite,
    authority: Authority,
    folder: TempDir,
    _front: TlsFront,
}

impl Issuer {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new(folder.path());
        let [port] = free_ports();
        let url = format!("https://127.0.0.1:{port}");
        let site = IssuerSite::named(&folder.path().join("issuer"), &url);
        let front = TlsFront::start(folder.path(), &authority, port, &site.url);
        Self { url, site, authority, folder, _front: front }
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A token of ana, who is of the group `oncall`, for this audience.
    fn token(&self, audience: &str) -> String {
        let now = Timestamp::now();
        let claims = json!({"iss": self.url, "sub": "ana", "aud": audience, "groups": ["oncall"],
            "iat": now.as_second(), "exp": now.as_second() + 60, "jit_request": "7F3KQ2M8ZD"});
        self.site.issuer.sign(claims.as_object().unwrap(), now).unwrap().expose().clone()
    }
}

/// The objects that let this subject read the config maps of the namespace `default`.
fn reading(subject: &Value) -> Value {
    let group = "rbac.authorization.k8s.io";
    let version = format!("{group}/v1");
    json!([
        {"apiVersion": version, "kind": "Role", "metadata": {"name": "reader", "namespace": "default"},
            "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]},
        {"apiVersion": version, "kind": "RoleBinding", "metadata": {"name": "reader", "namespace": "default"},
            "roleRef": {"apiGroup": group, "kind": "Role", "name": "reader"}, "subjects": [subject]},
    ])
}

/// The bearer of this token may read config maps, and may not write them.
#[track_caller]
fn reads_only(kubernetes: &Kubernetes, token: &str) {
    kubernetes.kubectl_as(token, &["get", "configmaps"]).ok();
    let refusal = kubernetes.kubectl_as(token, &["create", "configmap", "orders"]).refused();
    assert!(refusal.contains("is forbidden: User"), "{refusal}");
}

/// The bearer of this token is nobody.
#[track_caller]
fn nobody(kubernetes: &Kubernetes, token: &str) {
    let refusal = kubernetes.kubectl_as(token, &["get", "configmaps"]).refused();
    assert!(refusal.contains("Unauthorized"), "{refusal}");
}

#[test]
fn a_token_of_a_service_account_may_what_its_role_says() {
    let folder = tempfile::tempdir().unwrap();
    let kubernetes = Kubernetes::start(folder.path(), &Trust::Nobody);
    kubernetes.kubectl(&["create", "serviceaccount", "robot"], "").ok();
    kubernetes.apply(&reading(&json!({"kind": "ServiceAccount", "name": "robot", "namespace": "default"})));
    let token = kubernetes.kubectl(&["create", "token", "robot", "--duration=10m"], "").ok();
    reads_only(&kubernetes, token.trim());
    nobody(&kubernetes, "garbage");
}

#[test]
fn an_api_server_takes_the_tokens_of_an_issuer_that_its_flags_name() {
    let issuer = Issuer::start();
    let trust =
        Trust::Issuer { url: &issuer.url, audience: "prod", authority: &issuer.authority.own.certificate };
    let kubernetes = Kubernetes::start(issuer.folder(), &trust);
    kubernetes.apply(&reading(
        &json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "jit:oncall"}),
    ));
    let token = issuer.token("prod");
    kubernetes.wait_until_it_knows(&token);
    reads_only(&kubernetes, &token);
    nobody(&kubernetes, &issuer.token("staging"));
}

#[test]
fn todays_api_server_judges_the_tokens_and_the_file_that_lets_them_in() {
    let Some(judge) = Judge::installed() else { return };
    let issuer = Issuer::start();
    let mut configuration = json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": [{
            "issuer": {"url": issuer.url, "audiences": ["prod"], "certificateAuthority": issuer.authority.pem()},
            "claimMappings": {
                "username": {"expression": "'jit:' + claims.sub"},
                "groups": {"claim": "groups", "prefix": "jit:"},
                "extra": [{"key": "jit.example/request", "valueExpression": "claims.jit_request"}],
            },
        }],
    });
    let file = issuer.folder().join("authentication.yaml");
    let problems = |configuration: &Value| {
        std::fs::write(&file, configuration.to_string()).unwrap();
        judge.problems(&file)
    };
    assert_eq!(problems(&configuration), [""; 0]);
    let mut wrong = configuration.clone();
    wrong["jwt"][0]["issuer"]["audience"] = json!("prod");
    let found = problems(&wrong);
    assert!(found[0].contains("unknown field \"jwt[0].issuer.audience\""), "{found:?}");
    wrong = configuration.clone();
    wrong["jwt"][0]["claimMappings"]["username"]["expression"] = json!("claims.sub +");
    let found = problems(&wrong);
    assert!(found[0].contains("jwt[0].claimMappings.username.expression"), "{found:?}");

    configuration["jwt"][0]["claimValidationRules"] =
        json!([{"claim": "jit_request", "requiredValue": "7F3KQ2M8ZD"}]);
    assert_eq!(problems(&configuration), [""; 0]);
    let tokens = [issuer.token("prod"), issuer.token("staging")];
    let users = judge.users(&file, &tokens.each_ref().map(String::as_str));
    assert_eq!(
        users[0]["user"],
        json!({"username": "jit:ana", "groups": ["jit:oncall"], "extra": {"jit.example/request": ["7F3KQ2M8ZD"]}})
    );
    assert!(users[1]["refused"].as_str().is_some_and(|cause| cause.contains("aud")), "{users:?}");

    // The old server asks it, and authorises whom it names.
    let server = judge.serve(issuer.folder(), &file);
    let kubernetes = Kubernetes::start(issuer.folder(), &Trust::Judge(&server));
    kubernetes.apply(&reading(
        &json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jit:ana"}),
    ));
    reads_only(&kubernetes, &tokens[0]);
    nobody(&kubernetes, &tokens[1]);
}

//! The things that jit itself makes, at a real API server: its kubeconfig under kubectl, a service account's token that ends with its
//! Secret, and the file that `setup trust` writes.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use jit::deliver::endpoint::LeaseSource;
use jit::deliver::endpoint::RenewError;
use jit::deliver::serving::Served;
use jit::deliver::serving::Serving;
use jit::grant::Credentials;
use jit::grant::Lease;
use jit::grant::Target;
use jit::grant::cloud::certificates::Certificates;
use jit::grant::cloud::kubernetes::Groups;
use jit::grant::cloud::kubernetes::KubernetesCredentials;
use jit::grant::cloud::kubernetes::KubernetesTarget;
use jit::grant::cloud::kubernetes::Way;
use jit::provider::MintOrder;
use jit::provider::Provider;
use jit::provider::kubernetes::KubernetesProvider;
use jit::provider::kubernetes::belongs_to;
use jit::provider::kubernetes::direct;
use jit::provider::kubernetes::identify;
use jit::provider::kubernetes::misfit;
use jit::provider::kubernetes::trust;
use jit::provider::kubernetes::trust::IssuerAddress;
use jit::provider::tokens::Tokens;
use jit::system::System;

use super::*;
use crate::peers::broker::JIT;
use crate::peers::peer::wait_for;
use crate::peers::script::run;
use crate::peers::team::Team;
use crate::peers::tool;

fn target(kubernetes: &Kubernetes, audience: &str, groups: &[&str]) -> KubernetesTarget {
    let pem = std::fs::read_to_string(&kubernetes.authority).unwrap();
    let groups = Groups::new(groups.iter().map(|&group| group.to_owned()).collect()).unwrap();
    KubernetesTarget {
        server: kubernetes.server.clone(),
        ca: Some(Certificates::of_pem(&pem).unwrap()),
        way: Way::Token { audience: audience.to_owned(), groups },
    }
}

fn order(target: &KubernetesTarget, role: &str) -> MintOrder {
    let end = Timestamp::now() + SignedDuration::from_hours(1);
    MintOrder {
        target: Target::Kubernetes(target.clone()),
        role: role.parse().unwrap(),
        request: "7F3KQ2M8ZD".parse().unwrap(),
        person: "ana".parse().unwrap(),
        until: end,
        grant_until: end,
        scope: None,
        source: None,
    }
}

impl Issuer {
    fn provider(&self, system: &System) -> KubernetesProvider {
        let tokens = Tokens::Issuer(Arc::clone(&self.site.issuer), self.url.clone());
        KubernetesProvider::new(tokens, Arc::default(), system)
    }

    async fn mint(&self, system: &System, target: &KubernetesTarget, role: &str) -> Lease {
        let minted = self.provider(system).mint(&order(target, role)).await.unwrap();
        Lease { number: 1, expires: minted.expires, credentials: minted.credentials }
    }
}

fn of_lease(lease: &Lease) -> KubernetesCredentials {
    let Credentials::Kubernetes(credentials) = &lease.credentials else { panic!() };
    credentials.clone()
}

/// An access that needs no renewal here.
struct Standing(Timestamp);

#[async_trait]
impl LeaseSource for Standing {
    fn until(&self) -> Option<Timestamp> {
        Some(self.0)
    }

    async fn renew(&self) -> Result<Lease, RenewError> {
        Err(RenewError::Passing("not here".to_owned()))
    }
}

#[tokio::test]
async fn kubectl_gets_its_token_from_the_running_jit_exec() {
    let issuer = Issuer::start();
    let authority = &issuer.authority.own.certificate;
    let kubernetes =
        Kubernetes::start(issuer.folder(), &Trust::Issuer { url: &issuer.url, audience: "prod", authority });
    kubernetes.apply(&reading(
        &json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "jit:viewers"}),
    ));
    let mut system = System::real();
    system.files.executable = JIT.into();
    let target = target(&kubernetes, "prod", &["viewers"]);
    let lease = issuer.mint(&system, &target, "look").await;
    let credentials = of_lease(&lease);

    kubernetes.wait_until_it_knows(credentials.token.expose());

    // The client's own question, over TLS that only the pinned certificates let through.
    let whole = Target::Kubernetes(target.clone());
    assert_eq!(misfit(&credentials, &whole), None);
    let identity = identify(&credentials, &system).await.unwrap();
    assert_eq!(identity.who, "jit:jit:role:look", "as the API server's flags name the subject");
    assert!(belongs_to(&identity, &whole));
    for other in [None, Some(issuer.authority.pem())] {
        let astray = KubernetesCredentials { ca: other, ..credentials.clone() };
        let refused = identify(&astray, &system).await.unwrap_err();
        assert!(refused.message.contains("certificate"), "{refused}");
        assert!(refused.hint.unwrap().contains("compare `ca` of the role"));
        assert!(misfit(&astray, &whole).is_some(), "nor does it fit what was signed");
    }
    let elsewhere = issuer.mint(&system, &self::target(&kubernetes, "staging", &["viewers"]), "look").await;
    let refused = identify(&of_lease(&elsewhere), &system).await.unwrap_err();
    assert!(refused.message.contains("does not accept the token"), "{refused}");

    // kubectl under `jit exec`, whose caller had another kubeconfig.
    let until = lease.expires;
    let served = Served {
        role: "look".parse().unwrap(),
        others: Vec::new(),
        lease,
        until,
        source: Arc::new(Standing(until)),
        renews: false,
    };
    let mut inherited = jit::system::Environment::default();
    inherited.set("KUBECONFIG", "/nowhere");
    inherited.set("HOME", issuer.folder());
    let serving = Serving::open(&system, &inherited, vec![served]).await.unwrap();
    let config = serving.environment.get("KUBECONFIG").unwrap().to_owned();
    assert!(!std::fs::read_to_string(&config).unwrap().contains("eyJ"), "no token is in the file");
    let environment = serving.environment.clone();
    let kubectl = async |words: &'static [&'static str]| {
        let environment = environment.clone();
        let work = move || {
            let mut command = std::process::Command::new(tool("kubectl"));
            command.env_clear().envs(environment.iter()).args(words);
            run(&mut command, b"")
        };
        tokio::task::spawn_blocking(work).await.unwrap()
    };
    kubectl(&["get", "configmaps"]).await.ok();
    kubectl(&["--context", "look", "get", "configmaps"]).await.ok();
    let refusal = kubectl(&["create", "configmap", "orders"]).await.refused();
    assert!(refusal.contains("is forbidden: User \"jit:jit:role:look\""), "{refusal}");
    drop(serving);
    assert!(!Path::new(&config).exists(), "the file ends with the command");
}

/// All groups of a role were bound to one ClusterRole, so a scope that left groups out took nothing away.
#[tokio::test]
async fn the_bindings_of_setup_trust_give_each_group_its_own() {
    let issuer = Issuer::start();
    let authority = &issuer.authority.own.certificate;
    let kubernetes =
        Kubernetes::start(issuer.folder(), &Trust::Issuer { url: &issuer.url, audience: "prod", authority });
    let whole = target(&kubernetes, "prod", &["team/admins", "viewers"]);
    // The bindings come first: an administrator may write the ClusterRoles whenever they like.
    kubernetes.apply(&json!(trust::objects(&"look".parse().unwrap(), &whole)));
    let system = System::real();
    let token = async |target: &KubernetesTarget| {
        of_lease(&issuer.mint(&system, target, "look").await).token.expose().clone()
    };
    let all = token(&whole).await;
    let scoped = token(&target(&kubernetes, "prod", &["viewers"])).await;
    kubernetes.wait_until_it_knows(&all);
    let refusal = kubernetes.kubectl_as(&all, &["get", "configmaps"]).refused();
    assert!(refusal.contains("is forbidden: User"), "{refusal}");
    let rule = |name: &str, verbs: &[&str]| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name},
            "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": verbs}]})
    };
    kubernetes.apply(&json!([rule("jit:viewers", &["get", "list"]), rule("jit:team~admins", &["create"])]));
    wait_for("the cluster knows the roles", || kubernetes.kubectl_as(&all, &["get", "configmaps"]).code == 0);
    kubernetes.kubectl_as(&all, &["create", "configmap", "orders"]).ok();
    reads_only(&kubernetes, &scoped);
}

#[tokio::test]
async fn the_file_of_setup_trust_lets_in_one_role_and_its_groups() {
    let Some(judge) = Judge::installed() else { return };
    let issuer = Issuer::start();
    let groups = Groups::new(vec!["admins".to_owned(), "viewers".to_owned()]).unwrap();
    let address = IssuerAddress { url: &issuer.url, discovery: None };
    let mut configuration =
        trust::authentication_configuration(&"prod".parse().unwrap(), ("kube", &groups), address);
    configuration["jwt"][0]["issuer"]["certificateAuthority"] = json!(issuer.authority.pem());
    let file = issuer.folder().join("authentication.yaml");
    std::fs::write(&file, format!("{configuration:#}")).unwrap();
    assert_eq!(judge.problems(&file), [""; 0]);

    let system = System::real();
    let opened = KubernetesTarget {
        server: "https://k8s.example.com".to_owned(),
        ca: None,
        way: Way::Token { audience: "kube".to_owned(), groups: groups.clone() },
    };
    let token = |lease: &Lease| lease.credentials.bearer().unwrap().expose().clone();
    let good = token(&issuer.mint(&system, &opened, "prod").await);
    let other_role = token(&issuer.mint(&system, &opened, "dev").await);
    let wider = Groups::new(vec!["owners".to_owned()]).unwrap();
    let wider =
        KubernetesTarget { way: Way::Token { audience: "kube".to_owned(), groups: wider }, ..opened.clone() };
    let more_groups = token(&issuer.mint(&system, &wider, "prod").await);
    let way = Way::Token { audience: "other".to_owned(), groups };
    let other_audience = token(&issuer.mint(&system, &KubernetesTarget { way, ..opened }, "prod").await);
    // No policy of jit's writes these claims, but a thief of the key could sign them.
    let forged = |changes: Value| {
        let now = Timestamp::now();
        let mut claims = json!({"iss": issuer.url, "sub": "jit:role:prod", "aud": "kube", "groups": ["viewers"], "jit_person": "ana",
            "jit_request": "7F3KQ2M8ZD", "jit_role": "prod", "iat": now.as_second(), "exp": now.as_second() + 60});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        issuer.site.issuer.sign(claims.as_object().unwrap(), now).unwrap().expose().clone()
    };
    let masters = forged(json!({"groups": ["system:masters"]}));
    let no_groups = forged(json!({"groups": null}));
    let tokens = [&good, &other_role, &more_groups, &other_audience, &masters, &no_groups];
    let users = judge.users(&file, &tokens.map(String::as_str));
    let extra = &users[0]["user"]["extra"];
    assert_eq!(users[0]["user"]["username"], "jit:ana", "{users:?}");
    assert_eq!(users[0]["user"]["groups"], json!(["jit:admins", "jit:viewers"]));
    assert_eq!(extra["jit.invalid/request"], json!(["7F3KQ2M8ZD"]), "{extra}");
    for refused in &users[1..] {
        assert!(refused["refused"].is_string(), "{users:?}");
    }
}

/// The broker asks for a service account's token with its own, and takes it back when the access is revoked.
#[test]
fn a_service_accounts_token_ends_with_its_secret() {
    let folder = tempfile::tempdir().unwrap();
    let kubernetes = Kubernetes::start(folder.path(), &Trust::Nobody);
    for words in [["create", "namespace", "jit"], ["create", "namespace", "apps"]] {
        kubernetes.kubectl(&words, "").ok();
    }
    kubernetes.kubectl(&["create", "serviceaccount", "jit", "-n", "jit"], "").ok();
    let opened = KubernetesTarget {
        server: kubernetes.server.clone(),
        ca: None,
        way: Way::ServiceAccount { namespace: "apps".to_owned(), name: "deployer".to_owned() },
    };
    // An API server of 1.20 has no admission policies.
    let objects: Vec<Value> = trust::objects(&"deploy".parse().unwrap(), &opened)
        .into_iter()
        .filter(|object| object["apiVersion"] != "admissionregistration.k8s.io/v1")
        .collect();
    assert_eq!(objects.len(), 3);
    kubernetes.apply(&json!(objects));
    kubernetes.apply(&reading(&json!({"kind": "ServiceAccount", "name": "deployer", "namespace": "apps"})));
    let own = kubernetes.kubectl(&["create", "token", "jit", "-n", "jit", "--duration=1h"], "").ok();
    let token = folder.path().join("own-token");
    std::fs::write(&token, own).unwrap();

    let mut team = Team::new();
    let pem = std::fs::read_to_string(&kubernetes.authority).unwrap();
    team.broker.write_policy("roles/cluster.pem", &pem);
    team.add_role(
        "deploy",
        &format!(
            "[kubernetes]\nserver = \"{}\"\nca = \"cluster.pem\"\nnamespace = \"apps\"\nservice_account = \"deployer\"\n",
            kubernetes.server
        ),
    );
    team.broker.flags(&["--kubernetes", &format!("{}={}", kubernetes.server, token.display())]);
    team.open();
    let id = team.grant("deploy");
    let kubectl = tool("kubectl");
    let kubectl = kubectl.to_str().unwrap();
    team.ana.run(&["exec", "deploy", "--", kubectl, "get", "configmaps", "-n", "default"]).ok();
    let refusal = team.ana.run(&["exec", "deploy", "--", kubectl, "get", "secrets"]).refused();
    assert!(refusal.contains("system:serviceaccount:apps:deployer"), "{refusal}");
    let secret = format!("secret/jit-{}", id.to_lowercase());
    kubernetes.kubectl(&["get", &secret, "-n", "apps"], "").ok();
    let document = team.ana.run(&["credentials", "deploy", "--format", "kubernetes"]).ok();
    let document: Value = serde_json::from_str(&document).unwrap();
    let token = document["status"]["token"].as_str().unwrap();
    reads_only(&kubernetes, token);

    team.bo.run(&["revoke", &id, "--reason", "over", "-y"]).ok();
    wait_for("the Secret is deleted", || kubernetes.kubectl(&["get", &secret, "-n", "apps"], "").code != 0);
    wait_for("the token is nobody's", || kubernetes.kubectl_as(token, &["get", "configmaps"]).code != 0);
    nobody(&kubernetes, token);
}

/// A direct role: the person's own kubectl asks for the service account's token, and the cluster says whose it is.
#[tokio::test]
async fn a_direct_role_is_opened_by_the_persons_own_kubectl() {
    let folder = tempfile::tempdir().unwrap();
    let kubernetes = Kubernetes::start(folder.path(), &Trust::Nobody);
    kubernetes.kubectl(&["create", "serviceaccount", "deployer", "-n", "default"], "").ok();
    let pem = std::fs::read_to_string(&kubernetes.authority).unwrap();
    let target = KubernetesTarget {
        server: kubernetes.server.clone(),
        ca: Some(Certificates::of_pem(&pem).unwrap()),
        way: Way::ServiceAccount { namespace: "default".to_owned(), name: "deployer".to_owned() },
    };
    let mut system = System::real();
    system.environment = jit::system::Environment::default();
    system.environment.set("PATH", tool("kubectl").parent().unwrap());
    system.environment.set("HOME", folder.path());
    system.environment.set("KUBECONFIG", &kubernetes.admin);
    let until = Timestamp::now() + SignedDuration::from_mins(10);
    let ca = Some(kubernetes.authority.as_path());
    let role = "deploy".parse().unwrap();
    let minted = direct::assume(&role, &target, None, ca, until, &system).await.unwrap();
    assert!(minted.expires <= until);
    let Credentials::Kubernetes(credentials) = &minted.credentials else { panic!() };
    let whole = Target::Kubernetes(target.clone());
    assert_eq!(misfit(credentials, &whole), None);
    let identity = identify(credentials, &system).await.unwrap();
    assert_eq!(identity.who, "system:serviceaccount:default:deployer");
    assert!(belongs_to(&identity, &whole));

    // A user is shown to the cluster of its context alone.
    let elsewhere = KubernetesTarget { server: "https://127.0.0.1:1".to_owned(), ..target.clone() };
    let refused = direct::assume(&role, &elsewhere, None, ca, until, &system).await.unwrap_err();
    assert!(
        refused.message.contains("127.0.0.1:1") && refused.message.contains("another cluster"),
        "{refused}"
    );
    let refused = direct::assume(&role, &target, Some("nobody"), ca, until, &system).await.unwrap_err();
    assert!(refused.message.contains("where the context nobody leads: error"), "{refused}");
    let missing = Way::ServiceAccount { namespace: "default".to_owned(), name: "nobody".to_owned() };
    let missing = KubernetesTarget { way: missing, ..target.clone() };
    let refused = direct::assume(&role, &missing, None, ca, until, &system).await.unwrap_err();
    assert!(refused.message.contains("not found") && refused.hint.is_some(), "{refused}");
    system.environment.set("PATH", folder.path());
    let refused = direct::assume(&role, &target, None, ca, until, &system).await.unwrap_err();
    assert!(refused.message.contains("does not run"), "{refused}");
}

//! The settings of a cluster that a policy may have, and the errors for the others.

use jit::policy::Policy;

use crate::policy::world;
use crate::policy::world::ACCESS;
use crate::policy::world::files;
use crate::policy::world::problems;

/// A section of PEM that begins as a certificate does.
pub const PEM: &str = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";

const RULES: &str = "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nreason = \"optional\"\n";

fn given(lines: &str, more: &[(&str, &str)]) -> std::collections::BTreeMap<String, Vec<u8>> {
    let (people, role) = (world::people(), format!("{RULES}{lines}"));
    let mut all =
        vec![("access.toml", ACCESS), ("people.toml", people.as_str()), ("roles/k8s.toml", role.as_str())];
    all.extend(more);
    files(&all)
}

fn told(lines: &str, more: &[(&str, &str)]) -> String {
    problems(given(lines, more)).to_string()
}

const SERVER: &str = "server = \"https://k8s.example.com\"";

#[test]
fn a_cluster_is_opened_in_one_of_two_ways() {
    let tables = [
        format!("[kubernetes]\n{SERVER}\naudience = \"kube\"\ngroups = [\"b\", \"a\"]\n"),
        "[kubernetes]\nserver = \"https://k8s.example.com/\"\nca = \"k8s.pem\"\nnamespace = \"apps\"\nservice_account = \"deployer\"\n"
            .to_owned(),
    ];
    let targets = tables.map(|lines| {
        let more: &[(&str, &str)] = if lines.contains("ca =") { &[("roles/k8s.pem", PEM)] } else { &[] };
        let policy = Policy::compile(given(&lines, more)).unwrap();
        let role = policy.role(&"k8s".parse().unwrap()).unwrap();
        (role.target.to_string(), role.lease.to_string(), role.target.certificates().map(str::to_owned))
    });
    assert_eq!(targets[0].0, "kubernetes:https://k8s.example.com?audience=kube&groups=a,b");
    assert_eq!(targets[0].1, "15m", "nothing takes such a token back");
    let pin = jit::grant::Digest::of(PEM.as_bytes());
    let text = format!("kubernetes:https://k8s.example.com?ca={pin}&namespace=apps&service_account=deployer");
    assert_eq!(targets[1].0, text);
    assert_eq!(targets[1].2.as_deref(), Some(PEM));
}

#[test]
fn what_is_no_way_into_a_cluster_is_refused_where_it_stands() {
    let way = "audience = \"kube\"\ngroups = [\"admins\"]\n";
    let cases = [
        format!("[kubernetes]\n{SERVER}\n"),
        format!("[kubernetes]\n{SERVER}\naudience = \"kube\"\n"),
        format!("[kubernetes]\n{SERVER}\n{way}namespace = \"x\"\nservice_account = \"y\"\n"),
        format!("[kubernetes]\n{way}"),
        format!("[kubernetes]\nserver = \"http://k8s.example.com\"\n{way}"),
        format!("[kubernetes]\n{SERVER}\naudience = \"sts.amazonaws.com\"\ngroups = [\"admins\"]\n"),
        format!("[kubernetes]\n{SERVER}\naudience = \"kube\"\ngroups = [\"viewers\", \"system:masters\"]\n"),
        format!("[kubernetes]\n{SERVER}\naudience = \"kube\"\ngroups = []\n"),
        format!("[kubernetes]\n{SERVER}\nnamespace = \"Apps\"\nservice_account = \"deployer\"\n"),
        format!("[kubernetes]\n{SERVER}\nca = \"other.pem\"\n{way}"),
        format!("[kubernetes]\n{SERVER}\nca = \"../people.toml\"\n{way}"),
        format!("lease = \"1h\"\n[kubernetes]\n{SERVER}\n{way}"),
        format!("[kubernetes]\n{SERVER}\n{way}[scopes.more]\ngroups = [\"admins\", \"owners\"]\n"),
        format!("[kubernetes]\n{SERVER}\n{way}[scopes.none]\ngroups = []\n"),
        format!(
            "[kubernetes]\n{SERVER}\nnamespace = \"apps\"\nservice_account = \"deployer\"\n[scopes.less]\ngroups = [\"x\"]\n"
        ),
    ];
    let told: Vec<String> = cases.iter().map(|lines| told(lines, &[])).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    roles/k8s.toml:4:1: a role gets into a cluster in one of two ways
      hint: write audience and groups, or namespace and service_account
    roles/k8s.toml:4:1: a role gets into a cluster in one of two ways
      hint: write audience and groups, or namespace and service_account
    roles/k8s.toml:4:1: a role gets into a cluster in one of two ways
      hint: write audience and groups, or namespace and service_account
    roles/k8s.toml:4:1: `server` is missing
      hint: write server = "https://k8s.example.com:6443"
    roles/k8s.toml:5:10: "http://k8s.example.com" is not an https address, nor http on this machine
      hint: write https://HOST, with a port if it needs one; http is for 127.0.0.1 and [::1] alone
    roles/k8s.toml:6:12: "sts.amazonaws.com" is the audience of a cloud's token exchange: a token for it would buy more than the role opens
      hint: write an audience that only the place itself accepts
    roles/k8s.toml:7:10: the group system:masters belongs to Kubernetes itself, which decides what it may do: bind roles to a group of your own
      hint: write groups = ["NAME"], to which the cluster binds its roles
    roles/k8s.toml:7:10: "0 of them" cannot be the list of groups in Kubernetes
      hint: write groups = ["NAME"], to which the cluster binds its roles
    roles/k8s.toml:6:13: "Apps" cannot be the name of a namespace in Kubernetes
      hint: write a name as `kubectl get namespaces` shows it: lower-case letters, digits and `-`
    roles/k8s.toml:6:6: there is no file other.pem beside this one
      hint: write ca = "NAME.pem", a file in roles/ with the cluster's CA
    roles/k8s.toml:6:6: there is no file ../people.toml beside this one
      hint: write ca = "NAME.pem", a file in roles/ with the cluster's CA
    roles/k8s.toml:4:9: tokens for a Kubernetes cluster live 15m at most, and 1h is longer
      hint: nothing takes them back, so they are short; they are renewed while the access lasts
    roles/k8s.toml:9:10: a scope has groups that its role does not have
      hint: the role has admins; a token of a scope names some of them
    roles/k8s.toml:9:10: "0 of them" cannot be the list of groups in Kubernetes
      hint: write groups = ["NAME"], to which the cluster binds its roles
    roles/k8s.toml:9:10: a service account has no scopes: what it may do is bound to it in the cluster
      hint: make another role with another service account
    "#);
}

#[test]
fn certificates_are_certificates_and_in_use() {
    let lines =
        format!("[kubernetes]\n{SERVER}\nca = \"k8s.pem\"\naudience = \"kube\"\ngroups = [\"admins\"]\n");
    let key = "-----BEGIN PRIVATE KEY-----\nMAMCAQE=\n-----END PRIVATE KEY-----\n";
    let with_key = format!("{PEM}{key}");
    let told: Vec<String> = ["", "no PEM", key, with_key.as_str()]
        .into_iter()
        .map(|text| told(&lines, &[("roles/k8s.pem", text)]))
        .chain([told(&lines, &[("roles/k8s.pem", PEM), ("roles/idle.pem", PEM)])])
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    roles/k8s.toml:6:6: this cannot be the certificates of a cluster: it holds no certificate in PEM
      hint: k8s.pem holds the cluster's CA in PEM, 8192 bytes at most
    roles/k8s.toml:6:6: this cannot be the certificates of a cluster: it holds no certificate in PEM
      hint: k8s.pem holds the cluster's CA in PEM, 8192 bytes at most
    roles/k8s.toml:6:6: this cannot be the certificates of a cluster: it holds something else than certificates
      hint: k8s.pem holds the cluster's CA in PEM, 8192 bytes at most
    roles/k8s.toml:6:6: this cannot be the certificates of a cluster: it holds something else than certificates
      hint: k8s.pem holds the cluster's CA in PEM, 8192 bytes at most
    roles/idle.pem:1:1: no role has these certificates
      hint: name them in a role: [kubernetes] ca = "…", or take them out
    "#);
}

/// Two clusters of one audience, and a token that anybody may take to a cluster, are worth a warning; a short lease of a cluster's
/// token is not.
#[test]
fn a_shared_audience_is_said() {
    let lines = format!(
        "[kubernetes]\n{SERVER}\naudience = \"kube\"\ngroups = [\"admins\"]\n[scopes.all]\ngroups = [\"admins\"]\n"
    );
    let other = format!(
        "{RULES}[kubernetes]\nserver = \"https://other.example.com\"\naudience = \"kube\"\ngroups = [\"x\"]\n"
    );
    let token = format!("{RULES}[token]\naudience = \"kube\"\n");
    let more = [("roles/other.toml", other.as_str()), ("roles/token.toml", token.as_str())];
    let policy = Policy::compile(given(&lines, &more)).unwrap();
    let lints: Vec<(&str, String)> = policy
        .lints()
        .into_iter()
        .filter(|lint| lint.problem.file.starts_with("roles/"))
        .map(|lint| (lint.name, lint.problem.file.clone()))
        .collect();
    let expected = [
        ("scope-not-narrower", "roles/k8s.toml"),
        ("shared-audience", "roles/k8s.toml"),
        ("shared-audience", "roles/other.toml"),
        ("shared-audience", "roles/token.toml"),
    ];
    let mut sorted: Vec<(&str, &str)> = lints.iter().map(|(name, file)| (*name, file.as_str())).collect();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
}

//! An API server's words about a token: which words jit believes, and what each refusal means.

use super::*;
use crate::provider::kubernetes::refusal::refused;

/// The certificates that came with the token are the only ones that its server may have.
#[tokio::test]
async fn the_question_goes_out_with_the_pinned_certificates() {
    let stage = Stage::set(&[(201, review("jit:ana", &["jit:viewers", "system:authenticated"]))]);
    let mut credentials = credentials(own_token(&["viewers"]), None);
    credentials.ca = Some("PEM".to_owned());
    let identity = stage.identify(&credentials).await.unwrap();
    assert_eq!((identity.who.as_str(), identity.place.name.as_str()), ("jit:ana", SERVER));
    assert!(belongs_to(&identity, &target(BY_TOKEN)));
    assert_eq!(stage.http.sent()[0].authorities.as_deref(), Some("PEM"));
}

/// An older server does not know the question, and names the user while it refuses.
#[tokio::test]
async fn an_older_server_names_the_user_in_its_refusal() {
    let forbidden = status(
        "Forbidden",
        "selfsubjectreviews.authentication.k8s.io is forbidden: User \"jit:ana\" cannot create resource \"selfsubjectreviews\" in API group",
    );
    let unknown = status("NotFound", "the server could not find the requested resource");
    for (code, answer, who) in [
        (403, forbidden, "jit:ana"),
        (404, unknown, "jit:role:prod"),
        (403, status("Forbidden", "no"), "jit:role:prod"),
    ] {
        let stage = Stage::set(&vec![(code, answer); if code == 404 { 3 } else { 1 }]);
        let identity = stage.identify(&credentials(own_token(&["viewers"]), None)).await.unwrap();
        assert_eq!(identity.who, who);
        assert!(belongs_to(&identity, &target(BY_TOKEN)));
    }
}

/// Kubernetes 1.27 and 1.26 have the question in other versions, where an operator has switched them on.
#[tokio::test]
async fn an_older_version_of_the_question_is_tried() {
    let unknown = || (404, status("NotFound", "the server could not find the requested resource"));
    for (before, version) in [(0, "v1"), (1, "v1beta1"), (2, "v1alpha1")] {
        let mut answers = vec![unknown(); before];
        answers.push((201, review("jit:ana", &["jit:viewers"])));
        let stage = Stage::set(&answers);
        let identity = stage.identify(&credentials(own_token(&["viewers"]), None)).await.unwrap();
        assert_eq!(identity.who, "jit:ana");
        let sent = stage.http.sent();
        let last = sent.last().unwrap();
        assert_eq!(
            (sent.len(), last.url.contains(&format!("/{version}/selfsubjectreviews"))),
            (before + 1, true)
        );
        assert!(String::from_utf8_lossy(&last.body).contains(&format!("authentication.k8s.io/{version}\"")));
    }
}

/// Answers from which nobody may conclude that the token is good.
#[tokio::test]
async fn what_is_no_word_of_the_cluster_is_not_believed() {
    let anonymous = status("Forbidden", "x is forbidden: User \"system:anonymous\" cannot create resource");
    for (code, answer, part) in [
        (201, review("system:anonymous", &[]), "for nobody's"),
        (201, review("jit:ana", &["system:masters"]), "may do everything"),
        (403, anonymous, "for nobody's"),
        (401, status("Unauthorized", "Unauthorized"), "does not accept the token"),
        (403, json!({ "error": "a proxy" }), "does not let the token ask"),
        (404, json!({ "error": "a proxy" }), "refused"),
        (302, json!({}), "redirect"),
        (200, json!({}), "not what it should answer"),
        (200, json!("<html>"), "not what it should answer"),
    ] {
        let stage = Stage::set(&[(code, answer)]);
        let refused = stage.identify(&credentials(own_token(&["viewers"]), None)).await.unwrap_err();
        assert!(refused.message.contains(part) && refused.hint.is_some(), "{code} {refused}");
        assert!(!refused.message.contains("eyJ"));
    }
}

/// A service account is the named one, and nothing that only begins like it; a user of Kubernetes itself is nobody of ours.
#[test]
fn the_clusters_word_fits_one_target() {
    let fits = |who: &str, text: &str| {
        let target = target(text);
        belongs_to(&CallerIdentity { place: target.place(), who: who.to_owned() }, &target)
    };
    assert!(fits("system:serviceaccount:apps:deployer", BY_ACCOUNT));
    assert!(fits("jit:ana", BY_TOKEN) && fits("jit:role:prod", BY_TOKEN));
    for other in
        ["system:serviceaccount:apps:deployer2", "system:serviceaccount:kube-system:deployer", "jit:ana", ""]
    {
        assert!(!fits(other, BY_ACCOUNT), "{other}");
    }
    for other in ["system:admin", "system:serviceaccount:apps:deployer", ""] {
        assert!(!fits(other, BY_TOKEN), "{other}");
    }
    let elsewhere = CallerIdentity { place: target(BY_ACCOUNT).place(), who: "jit:ana".to_owned() };
    assert!(!belongs_to(&elsewhere, &target(&BY_TOKEN.replace("k8s.", "other."))));
}

/// A rogue authority: its credentials are held against what was signed.
#[test]
fn credentials_fit_what_was_signed() {
    let by_token = |claims: Value| misfit(&credentials(jwt(&claims), None), &target(BY_TOKEN));
    let good = json!({ "sub": "jit:role:prod", "aud": "kube", "groups": ["viewers"] });
    assert_eq!(by_token(good.clone()), None);
    for (member, value) in [
        ("aud", json!("other")),
        ("aud", json!(["kube", "other"])),
        ("groups", json!(["viewers", "owners"])),
        ("groups", json!(["system:masters"])),
        ("sub", json!("system:serviceaccount:kube-system:admin")),
    ] {
        let mut claims = good.clone();
        claims[member] = value.clone();
        assert!(by_token(claims).is_some(), "{member} {value}");
    }
    let account = credentials(account_token(), Some(("apps", "deployer")));
    assert_eq!(misfit(&account, &target(BY_ACCOUNT)), None);
    let others = [
        KubernetesCredentials { server: "https://evil.example.com".to_owned(), ..account.clone() },
        KubernetesCredentials { ca: Some("PEM".to_owned()), ..account.clone() },
        KubernetesCredentials { service_account: Some("other".to_owned()), ..account.clone() },
        KubernetesCredentials { namespace: None, ..account.clone() },
        credentials(own_token(&[]), Some(("apps", "deployer"))),
        credentials("opaque".to_owned(), Some(("apps", "deployer"))),
    ];
    for other in &others {
        assert!(misfit(other, &target(BY_ACCOUNT)).is_some(), "{other:?}");
    }
    assert!(misfit(&account, &target("token:x")).is_some() && misfit(&account, &target(BY_TOKEN)).is_some());
    let pinned = BY_ACCOUNT.replace('?', &format!("?ca={}&", Digest::of(b"PEM")));
    assert!(misfit(&account, &target(&pinned)).is_some(), "the pin cannot be left out");
    assert_eq!(misfit(&others[1], &target(&pinned)), None);
}

/// Every refusal has a meaning, a hint, and an answer to the question whether to try again.
#[test]
fn each_refusal_has_its_meaning() {
    let (http, clock, entropy) =
        (FakeHttp::default(), FakeClock::at("2026-11-23T12:00:00Z"), CountedEntropy::default());
    let world = World {
        http: &http,
        clock: &clock,
        entropy: &entropy,
        voucher: Voucher::Broker,
        service: "the cluster https://k8s.example.com",
    };
    let cases = [
        (Call::Review, 401, "Unauthorized", "Unauthorized"),
        (Call::Review, 403, "Forbidden", "selfsubjectreviews is forbidden"),
        (Call::Secret, 401, "Unauthorized", "Unauthorized"),
        (Call::Secret, 403, "Forbidden", "secrets is forbidden: User \"jit\" cannot create resource"),
        (Call::Secret, 404, "NotFound", "namespaces \"apps\" not found"),
        (Call::Token, 403, "Forbidden", "serviceaccounts \"deployer\" is forbidden"),
        (Call::Token, 404, "NotFound", "serviceaccounts \"deployer\" not found"),
        (Call::Token, 409, "Conflict", "the object has been modified"),
        (
            Call::Token,
            422,
            "Invalid",
            "spec.expirationSeconds: may not specify a duration less than 10 minutes",
        ),
        (Call::Delete, 405, "MethodNotAllowed", "no"),
        (Call::Token, 429, "TooManyRequests", "too many requests"),
        (Call::Token, 500, "InternalError", "etcdserver: leader changed"),
        (Call::Token, 504, "Timeout", "timed out"),
    ];
    let mut lines = String::new();
    for (call, code, reason, message) in cases {
        let refusal = refused(world, call, (code, &status(reason, message)), "apps/deployer");
        assert!(refusal.error.hint.is_some() && refusal.again == refusal.error.passing, "{message}");
        let again = if refusal.again { " [again]" } else { "" };
        lines.push_str(&format!("{}{again}\n", refusal.error.message));
    }
    insta::assert_snapshot!(lines, @r#"
    the cluster https://k8s.example.com does not accept the token (HTTP 401: Unauthorized)
    the cluster https://k8s.example.com does not let the token ask who it is (HTTP 403: selfsubjectreviews is forbidden)
    the cluster https://k8s.example.com does not accept the broker's own token (HTTP 401: Unauthorized)
    the cluster https://k8s.example.com does not let the broker do this: apps/deployer (HTTP 403: secrets is forbidden: User "jit" cannot create resource)
    the cluster https://k8s.example.com has no namespace for apps/deployer (HTTP 404: namespaces "apps" not found)
    the cluster https://k8s.example.com does not let the broker do this: apps/deployer (HTTP 403: serviceaccounts "deployer" is forbidden)
    the cluster https://k8s.example.com has no service account apps/deployer (HTTP 404: serviceaccounts "deployer" not found)
    the cluster https://k8s.example.com is changing this at the same moment (HTTP 409: the object has been modified) [again]
    the cluster https://k8s.example.com does not take what it was asked (HTTP 422: spec.expirationSeconds: may not specify a duration less than 10 minutes)
    the cluster https://k8s.example.com refused (HTTP 405: no)
    the cluster https://k8s.example.com is asked too often (HTTP 429: too many requests) [again]
    the cluster https://k8s.example.com failed (HTTP 500: etcdserver: leader changed) [again]
    the cluster https://k8s.example.com failed (HTTP 504: timed out) [again]
    "#);
}

/// A server that echoes a token does not bring it into an error.
#[test]
fn no_refusal_shows_a_token() {
    let told = status("Unauthorized", &format!("bad token {} \u{1b}[31m", own_token(&[])));
    let said = refusal::said(&told);
    assert!(!said.contains("eyJ") && !said.contains('\u{1b}'), "{said}");
}

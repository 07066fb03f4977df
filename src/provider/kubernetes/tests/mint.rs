//! The names in tokens, the clusters that the broker asks for them, and how they end.

use super::*;
use crate::provider::kubernetes::service_account;

/// The token names the role's groups and ends with the grant, and after a quarter of an hour at the latest.
#[tokio::test]
async fn the_token_is_exact() {
    let stage = Stage::set(&[(500, json!({}))]);
    for (minutes, seconds) in [(3, 180), (600, 900)] {
        let minted = stage.provider().mint(&stage.order(BY_TOKEN, minutes)).await.unwrap();
        let claims = claims_of(&minted.credentials);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), seconds);
        assert_eq!(claims["exp"].as_i64().unwrap(), minted.expires.as_second());
        assert_eq!((&claims["sub"], &claims["aud"]), (&json!("jit:role:prod"), &json!("kube")));
        assert_eq!(claims["groups"], json!(["admins", "viewers"]));
        assert_eq!((&claims["jit_person"], &claims["jit_request"]), (&json!("ana"), &json!("7F3KQ2M8ZD")));
    }
    assert!(stage.http.sent().is_empty(), "nobody is asked");
}

/// A scope has some of the role's groups. One that has more, however it came about, mints nothing.
#[tokio::test]
async fn a_scope_only_narrows() {
    let stage = Stage::set(&[(500, json!({}))]);
    let mut order = stage.order(BY_TOKEN, 10);
    order.scope = scope(r#"{"groups":["viewers"]}"#);
    let minted = stage.provider().mint(&order).await.unwrap();
    assert_eq!(claims_of(&minted.credentials)["groups"], json!(["viewers"]));
    order.scope = scope(r#"{"groups":["owners","viewers"]}"#);
    let refused = stage.provider().mint(&order).await.unwrap_err();
    assert_eq!(refused.message, "the scope has groups that the role does not have");
    let mut order = stage.order(BY_ACCOUNT, 10);
    order.scope = scope(r#"{"groups":["viewers"]}"#);
    assert!(stage.provider().mint(&order).await.is_err());
}

/// A statement names certificates by their digest. Without the policy's file there are no credentials that trust less.
#[tokio::test]
async fn no_credentials_without_the_pinned_certificates() {
    let stage = Stage::set(&[(500, json!({}))]);
    let pinned = BY_TOKEN.replace('?', &format!("?ca={}&", Digest::of(b"pem")));
    let refused = stage.provider().mint(&stage.order(&pinned, 10)).await.unwrap_err();
    assert_eq!(refused.message, "the certificates of the cluster are not at hand");
}

/// A repository's authority has no issuer of its own.
#[tokio::test]
async fn a_given_token_is_never_a_clusters() {
    let stage = Stage::set(&[(500, json!({}))]);
    let given = KubernetesProvider::new(Tokens::Given("job".into()), Arc::default(), &stage.system);
    let refused = given.mint(&stage.order(BY_TOKEN, 10)).await.unwrap_err();
    assert!(refused.message.contains("no issuer of its own"), "{refused}");
}

/// A service account's token: the Secret first, then a token that is bound to it, both with the broker's own token.
#[tokio::test]
async fn a_service_accounts_token_is_bound_to_a_secret_of_the_request() {
    let made =
        json!({ "status": { "token": account_token(), "expirationTimestamp": "2026-11-23T12:10:00Z" } });
    for first in [(201, json!({ "kind": "Secret" })), (409, status("AlreadyExists", "secrets exists"))] {
        let stage = Stage::set(&[first, (201, made.clone())]);
        let minted = stage.provider().mint(&stage.order(BY_ACCOUNT, 3)).await.unwrap();
        assert_eq!(
            minted.expires.to_string(),
            "2026-11-23T12:03:00Z",
            "the grant's end, where the Secret is deleted"
        );
        let sent = stage.http.sent();
        let paths: Vec<&str> = sent.iter().map(|request| request.url.strip_prefix(SERVER).unwrap()).collect();
        assert_eq!(
            paths,
            ["/api/v1/namespaces/apps/secrets", "/api/v1/namespaces/apps/serviceaccounts/deployer/token"]
        );
        let bearer = ("authorization".to_owned(), "Bearer the.brokers.own".to_owned());
        assert!(sent.iter().all(|request| request.headers.contains(&bearer)));
        let body: Value = serde_json::from_slice(&sent[1].body).unwrap();
        assert_eq!(body["spec"]["expirationSeconds"], 600, "the shortest that there is");
        assert_eq!(body["spec"]["boundObjectRef"]["name"], "jit-7f3kq2m8zd");
        let body: Value = serde_json::from_slice(&sent[0].body).unwrap();
        assert_eq!((&body["metadata"]["name"], &body["type"]), (&json!("jit-7f3kq2m8zd"), &json!("Opaque")));
        assert!(minted.credentials.place().name == SERVER);
    }
}

/// The broker's own token goes to its own cluster, and to no other that a policy names.
#[tokio::test]
async fn the_brokers_token_goes_to_its_own_cluster_only() {
    let stage = Stage::set(&[(201, json!({}))]);
    let elsewhere = BY_ACCOUNT.replace("k8s.example.com", "evil.example.com");
    let refused = stage.provider().mint(&stage.order(&elsewhere, 10)).await.unwrap_err();
    assert!(refused.message.contains("has no token of its own"), "{refused}");
    assert!(refused.hint.unwrap().contains("jit serve --kubernetes https://evil.example.com=FILE"));
    assert!(stage.http.sent().is_empty());
}

#[tokio::test]
async fn another_accounts_token_is_not_taken() {
    for sub in ["system:serviceaccount:kube-system:admin", "jit:role:prod"] {
        let token = jwt(&json!({ "sub": sub }));
        let made = json!({ "status": { "token": token, "expirationTimestamp": "2026-11-23T13:00:00Z" } });
        let stage = Stage::set(&[(201, json!({})), (201, made)]);
        let refused = stage.provider().mint(&stage.order(BY_ACCOUNT, 10)).await.unwrap_err();
        assert!(refused.message.contains("another token than the one that was asked for"), "{refused}");
    }
}

/// The end of an access deletes the Secret; one that is gone already is no error, and every other refusal is.
#[tokio::test]
async fn the_end_deletes_the_secret() {
    for (code, answer, works) in [
        (200, json!({ "status": "Success" }), true),
        (404, status("NotFound", "secrets \"jit-7f3kq2m8zd\" not found"), true),
        (403, status("Forbidden", "no"), false),
        (404, json!("a proxy"), false),
    ] {
        let stage = Stage::set(&[(code, answer)]);
        let order = stage.order(BY_ACCOUNT, 10);
        let target = order.target.as_kubernetes().unwrap();
        let ended = service_account::end(&order.request, target, &stage.own(), &stage.system).await;
        assert_eq!(ended.is_ok(), works, "{code} {ended:?}");
        let sent = stage.http.sent();
        assert_eq!(sent[0].method, Method::DELETE);
        assert_eq!(sent[0].url, format!("{SERVER}/api/v1/namespaces/apps/secrets/jit-7f3kq2m8zd"));
    }
}

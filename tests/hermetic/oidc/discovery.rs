//! Discovery documents: which providers are called, and which answers are believed.

use std::sync::Arc;

use jit::identity::oidc::Provider;
use jit::identity::oidc::ProviderError;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::http::HttpError;
use serde_json::json;

use crate::support::provider;
use crate::support::provider::ISSUER;
use crate::support::provider::ORIGIN;

fn network() -> (FakeHttp, provider::Provider) {
    let clock = FakeClock::at("2026-11-23T10:00:00Z");
    let (network, provider) = (FakeHttp::default(), provider::Provider::new(&clock));
    network.route(ORIGIN, Arc::new(provider.clone()));
    (network, provider)
}

#[tokio::test]
async fn a_provider_tells_its_endpoints() {
    let (network, provider) = network();
    let found = Provider::discover(&network, ISSUER).await.unwrap();
    assert_eq!(found.issuer, ISSUER);
    assert_eq!(found.jwks, format!("{ISSUER}/keys"));
    assert_eq!(found.token, Some(format!("{ISSUER}/token")));
    assert_eq!(found.device, Some(format!("{ISSUER}/device")));
    assert!(found.names_itself && !found.lacks_s256);
    // Entra lists no methods of PKCE; a provider that lists only `plain` has no S256.
    for (methods, lacks) in
        [(json!(null), false), (json!(["plain", "S256"]), false), (json!(["plain"]), true)]
    {
        provider.with(|behaviour| {
            behaviour.discovery = json!({
                "code_challenge_methods_supported": methods,
                "device_authorization_endpoint": null,
            });
        });
        let found = Provider::discover(&network, ISSUER).await.unwrap();
        assert_eq!((found.lacks_s256, found.device), (lacks, None), "{methods}");
    }
    // Google's keys are on another host than its issuer.
    let elsewhere = "https://keys.example.net/v3/certs";
    provider.with(|behaviour| behaviour.discovery = json!({"jwks_uri": elsewhere}));
    assert_eq!(Provider::discover(&network, ISSUER).await.unwrap().jwks, elsewhere);
}

#[tokio::test]
async fn one_slash_at_the_end_of_an_issuer_is_not_doubled() {
    let (network, provider) = network();
    let issuer = format!("{ISSUER}/");
    provider.with(|behaviour| behaviour.discovery = json!({"issuer": issuer}));
    assert_eq!(Provider::discover(&network, &issuer).await.unwrap().issuer, issuer);
    assert_eq!(provider.asked(), ["/acme/.well-known/openid-configuration"]);
    assert_eq!(Provider::discover(&network, ISSUER).await, Err(ProviderError::Issuer));
}

#[tokio::test]
async fn an_address_that_is_not_private_is_never_called() {
    let (network, _) = network();
    for issuer in [
        "http://login.example.com/acme",
        "ftp://login.example.com",
        "https://user:password@login.example.com",
        "https://login.example.com/acme?tenant=1",
        "https://login.example.com/acme#fragment",
        "http://localhost:8080",
        "login.example.com",
        "file:///etc/passwd",
        "",
    ] {
        assert_eq!(Provider::discover(&network, issuer).await, Err(ProviderError::Address), "{issuer}");
    }
    assert!(network.sent().is_empty());
}

#[tokio::test]
async fn endpoints_that_would_leak_or_reach_inside_are_refused() {
    for (member, name) in [
        ("jwks_uri", "jwks_uri"),
        ("token_endpoint", "token_endpoint"),
        ("authorization_endpoint", "authorization_endpoint"),
        ("device_authorization_endpoint", "device_authorization_endpoint"),
        ("revocation_endpoint", "revocation_endpoint"),
    ] {
        for endpoint in [
            "http://login.example.com/x".to_owned(),
            // A provider on the network must not make a broker call its own machine in plain text.
            "http://127.0.0.1:9000/x".to_owned(),
            "http://169.254.169.254/latest/meta-data".to_owned(),
            "https://user@login.example.com/x".to_owned(),
            "https://login.example.com/x#y".to_owned(),
            "file:///etc/passwd".to_owned(),
            "/relative".to_owned(),
            String::new(),
            format!("https://login.example.com/{}", "x".repeat(2048)),
        ] {
            let (network, provider) = network();
            provider.with(|behaviour| behaviour.discovery = json!({member: endpoint}));
            let found = Provider::discover(&network, ISSUER).await;
            assert_eq!(found, Err(ProviderError::Endpoint(name)), "{member} {endpoint}");
        }
    }
}

#[tokio::test]
async fn a_document_that_is_not_this_issuers_is_refused() {
    for discovery in [
        json!({"issuer": "https://login.example.com/other"}),
        json!({"issuer": format!("{ISSUER}/")}),
        json!({"issuer": ISSUER.to_uppercase()}),
    ] {
        let (network, provider) = network();
        provider.with(|behaviour| behaviour.discovery = discovery.clone());
        assert_eq!(Provider::discover(&network, ISSUER).await, Err(ProviderError::Issuer), "{discovery}");
    }
    for discovery in
        [json!({"issuer": null}), json!({"jwks_uri": 7}), json!({"padding": "x".repeat(300_000)})]
    {
        let (network, provider) = network();
        provider.with(|behaviour| behaviour.discovery = discovery.clone());
        let refused = Provider::discover(&network, ISSUER).await;
        assert_eq!(refused, Err(ProviderError::Document("discovery document")));
    }
}

#[tokio::test]
async fn a_provider_that_redirects_fails_or_is_silent_is_told_apart() {
    let (network, provider) = network();
    for status in [301, 302, 401, 404, 429, 500] {
        provider.with(|behaviour| behaviour.status = status);
        let refused = Provider::discover(&network, ISSUER).await.unwrap_err();
        assert_eq!(refused, ProviderError::Status { what: "discovery document", status });
        assert!(!refused.hint().is_empty());
    }
    let silent = HttpError::TimeOut { host: "login.example.com".to_owned() };
    provider.with(|behaviour| behaviour.failure = Some(silent.clone()));
    assert_eq!(Provider::discover(&network, ISSUER).await, Err(ProviderError::Network(silent)));
    network.unroute(ORIGIN);
    assert!(matches!(Provider::discover(&network, ISSUER).await, Err(ProviderError::Network(_))));
}

//! Our verifier and flows against a provider that is not ours.

use jiff::Timestamp;
use jit::identity::oidc;
use jit::identity::oidc::Expected;
use jit::identity::oidc::Failure;
use jit::identity::oidc::Groups;
use jit::identity::oidc::IdTokenError;
use jit::identity::oidc::KeyCache;
use jit::identity::oidc::Nonce;
use jit::identity::oidc::Registration;
use jit::identity::oidc::Tokens;
use jit::identity::oidc::authorise::Attempt;
use jit::identity::oidc::authorise::Callback;
use jit::identity::oidc::device::Device;
use jit::identity::oidc::exchange;
use jit::system::System;
use jit::system::entropy::OsEntropy;
use jit::system::http::Client;
use serde_json::json;

use super::browser::Browser;
use super::provider::Provider;

const JIT: Registration<'static> = Registration { client: "jit", public_secret: None };

fn scopes() -> Vec<String> {
    vec!["openid".to_owned()]
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Signs a person in by the authorisation code flow.
pub fn signed_in(provider: &Provider, person: &str, nonce: &str) -> Tokens {
    let http = Client::default();
    let found = block(oidc::Provider::discover(&http, &provider.issuer)).unwrap();
    // Nobody listens there: the browser is stopped before it visits.
    let redirect = "http://127.0.0.1:9/callback";
    let attempt = Attempt::new(&OsEntropy, &found, "jit", &scopes(), nonce, redirect).unwrap();
    let back = Browser::of(person).sign_in(&attempt.address);
    let query = url::Url::parse(&back).unwrap().query().unwrap().to_owned();
    let Callback::Answer(Ok(code)) = attempt.judge(&found, &query) else { panic!("{back}") };
    block(attempt.redeem(&http, &found, JIT, &code)).unwrap()
}

#[test]
fn a_certified_providers_tokens_verify_refresh_and_rotate() {
    let folder = tempfile::tempdir().unwrap();
    let provider = Provider::start(folder.path());
    provider.set_groups(&json!({"ana": ["dev", "on-call"]}));
    let http = Client::default();
    let keys = KeyCache::new(&System::real(), &provider.issuer);
    let expected = Expected { issuer: &provider.issuer, client: "jit", nonce: Nonce::Is("nonce-1") };
    let tokens = signed_in(&provider, "ana", "nonce-1");
    let id = tokens.id.unwrap();
    let proven = block(keys.verify(id.expose(), &expected)).unwrap();
    assert_eq!(proven.subject, "ana");
    assert_eq!(oidc::groups(&proven, "groups"), Groups::Listed(vec!["dev".to_owned(), "on-call".to_owned()]));
    let again = oidc::verify_again(id.expose(), &proven.key, &expected, Timestamp::now()).unwrap();
    assert_eq!(again, proven);
    // The provider rotates and withdraws: the stored key still proves the old token, and a new token is fetched for.
    provider.rotate();
    provider.set_groups(&json!({"ana": ["dev"]}));
    let found = block(oidc::Provider::discover(&http, &provider.issuer)).unwrap();
    let refresh = tokens.refresh.unwrap();
    let newer = block(exchange::by_refresh(&http, &found, JIT, &refresh)).unwrap();
    assert_ne!(newer.refresh.as_ref().unwrap(), &refresh, "it is replaced");
    let id = newer.id.unwrap();
    let expected = Expected { nonce: Nonce::IsOrAbsent("nonce-1"), ..expected };
    let proven = block(keys.verify(id.expose(), &expected)).unwrap();
    assert!(proven.key.contains("rsa-2"), "{}", proven.key);
    assert_eq!(oidc::groups(&proven, "groups"), Groups::Listed(vec!["dev".to_owned()]));
    // The replaced refresh token ends the login when somebody uses it again.
    assert_eq!(
        block(exchange::by_refresh(&http, &found, JIT, &refresh)).unwrap_err().code(),
        Some("invalid_grant")
    );
    // Another's nonce, and another client.
    let other = Expected { nonce: Nonce::Is("another"), ..expected };
    assert_eq!(block(keys.verify(id.expose(), &other)), Err(Failure::Token(IdTokenError::Nonce)));
    let other = Expected { client: "another", ..expected };
    assert_eq!(block(keys.verify(id.expose(), &other)), Err(Failure::Token(IdTokenError::Audience)));
}

#[test]
fn a_code_without_our_verifier_is_worth_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let provider = Provider::start(folder.path());
    let http = Client::default();
    let found = block(oidc::Provider::discover(&http, &provider.issuer)).unwrap();
    let redirect = "http://127.0.0.1:9/callback";
    let attempt = || Attempt::new(&OsEntropy, &found, "jit", &scopes(), "nonce", redirect).unwrap();
    let (ours, theirs) = (attempt(), attempt());
    let back = Browser::of("ana").sign_in(&ours.address);
    let query = url::Url::parse(&back).unwrap().query().unwrap().to_owned();
    assert_eq!(theirs.judge(&found, &query), Callback::Stranger);
    let Callback::Answer(Ok(code)) = ours.judge(&found, &query) else { panic!("{back}") };
    assert_eq!(block(theirs.redeem(&http, &found, JIT, &code)).unwrap_err().code(), Some("invalid_grant"));
    block(ours.redeem(&http, &found, JIT, &code)).unwrap();
    assert_eq!(
        block(ours.redeem(&http, &found, JIT, &code)).unwrap_err().code(),
        Some("invalid_grant"),
        "once"
    );
    assert!(found.names_itself && query.contains("iss="), "the provider names itself: {query}");
}

#[test]
fn the_device_flow_waits_for_a_person_and_binds_a_key_only_with_the_nonce() {
    let folder = tempfile::tempdir().unwrap();
    let provider = Provider::start(folder.path());
    let http = Client::default();
    let found = block(oidc::Provider::discover(&http, &provider.issuer)).unwrap();
    let keys = KeyCache::new(&System::real(), &provider.issuer);
    let expected = Expected { issuer: &provider.issuer, client: "jit", nonce: Nonce::Is("nonce-2") };
    for carries in [false, true] {
        if carries {
            provider.carry_nonce();
        }
        let mut device = block(Device::begin(&http, &found, JIT, &scopes(), "nonce-2")).unwrap();
        assert!(block(device.poll(&http, &found, JIT)).unwrap().is_none(), "nobody approved yet");
        Browser::of("ana").approve_code(&device.address, &device.user_code);
        let tokens = block(device.poll(&http, &found, JIT)).unwrap().unwrap();
        let proven = block(keys.verify(tokens.id.unwrap().expose(), &expected));
        if carries {
            assert_eq!(proven.unwrap().subject, "ana");
        } else {
            assert_eq!(proven, Err(Failure::Token(IdTokenError::Nonce)));
        }
    }
}

//! Somebody controls the web host, or what lies in its folder. The broker signs with nothing but its own keys, and calls no
//! address but the issuer's.

use std::fs;

use jit::issuer::Issuer;
use jit::system::Clock;
use serde_json::Value;
use serde_json::json;

use super::Behaviour;
use super::CLOUD;
use super::ISSUER;
use super::Stage;
use crate::broker::world::AUTHORITY;

/// The keys of somebody else.
fn stranger(stage: &Stage) -> Value {
    let folder = stage.world.folder.path().join("stranger");
    let now = stage.world.clock.now();
    let set: Value = serde_json::from_str(&Issuer::open(&folder, now).unwrap().key_set_json(now)).unwrap();
    set["keys"][0].clone()
}

/// Every tampered copy, with what `/readyz` says of it and whether the broker's own key still signs.
#[tokio::test]
async fn a_tampered_copy_never_makes_the_broker_sign_with_another_key() {
    let stage = Stage::start(false).await;
    stage.publish().await;
    let own = stage.signer(&stage.mint().await);
    let (discovery, keys) = stage.originals().await;
    let key = serde_json::from_str::<Value>(&keys).unwrap()["keys"][0].clone();
    let evil = stranger(&stage);
    let evil_kid = evil["kid"].as_str().unwrap().to_owned();
    let with = |name: &str, value: &Value| {
        let mut key = key.clone();
        key[name] = value.clone();
        key
    };
    let set = |keys: &[Value]| json!({ "keys": keys }).to_string();
    for (name, discovery, keys, told, signs) in [
        (
            "another key beside ours",
            discovery.clone(),
            set(&[key.clone(), evil.clone()]),
            format!(
                "it serves the key {evil_kid}, which is not the broker's: whoever holds it can sign as the broker"
            ),
            true,
        ),
        (
            "another key instead",
            discovery.clone(),
            set(std::slice::from_ref(&evil)),
            format!("it does not serve the key {own}"),
            false,
        ),
        (
            "another key under our name",
            discovery.clone(),
            set(&[with("n", &evil["n"])]),
            "which differs in n".to_owned(),
            false,
        ),
        (
            "a weak exponent",
            discovery.clone(),
            set(&[with("e", &json!("AQ"))]),
            "which differs in e".to_owned(),
            false,
        ),
        (
            "ours twice",
            discovery.clone(),
            set(&[key.clone(), with("n", &evil["n"])]),
            format!("it serves several keys as {own}"),
            false,
        ),
        (
            "another algorithm",
            discovery.clone(),
            set(&[with("alg", &json!("none"))]),
            "which differs in alg".to_owned(),
            false,
        ),
        (
            "uses that AWS refuses",
            discovery.clone(),
            set(&[with("key_ops", &json!(["verify"]))]),
            "which differs in key_ops".to_owned(),
            false,
        ),
        (
            "a certificate that Google refuses",
            discovery.clone(),
            set(&[with("x5c", &json!(["MII"]))]),
            "which differs in x5c".to_owned(),
            false,
        ),
        (
            "another issuer",
            discovery.replace(&format!("\"{ISSUER}\""), "\"https://evil.example\""),
            keys.clone(),
            "its discovery document has issuer \"https://evil.example\"".to_owned(),
            false,
        ),
        (
            "keys elsewhere",
            discovery.replace(&format!("{ISSUER}/.well-known/jwks.json"), "https://evil.example/jwks.json"),
            keys.clone(),
            "has jwks_uri \"https://evil.example/jwks.json\"".to_owned(),
            false,
        ),
        (
            "the broker's own documents",
            discovery.replace(ISSUER, AUTHORITY),
            keys.clone(),
            "its discovery document has issuer".to_owned(),
            false,
        ),
    ] {
        stage.host_is(Behaviour::Copies(discovery, keys));
        stage.pass(60);
        let before = stage.tokens().len();
        let minted = stage.mint().await;
        if signs {
            assert_eq!(stage.signer(&minted), own, "{name}");
        } else {
            let (status, detail, _) = stage.refused(&minted, before);
            assert!(status == 503 && detail.contains(&own), "{name}: {detail}");
        }
        let (status, said) = stage.ready().await;
        assert!(status == 503 && said.contains(&told), "{name}: {said}");
        stage.publish().await;
        assert_eq!(stage.signer(&stage.mint().await), own, "{name}: and all is well again");
    }
    let known = [AUTHORITY, CLOUD, ISSUER];
    assert!(stage.world.http.sent().iter().all(|request| known.iter().any(|at| request.url.starts_with(at))));
}

/// An attacker with an older copy keeps an older key in use at most, and brings back none that is gone.
#[tokio::test]
async fn an_older_copy_brings_no_old_key_back() {
    let stage = Stage::start(false).await;
    stage.publish().await;
    let (discovery, before) = stage.originals().await;
    let old = stage.signer(&stage.mint().await);
    stage.pass(90 * 24 * 3_600);
    stage.until("the broker makes a key", || async { stage.kids().await.len() == 2 }).await;
    stage.publish().await;
    stage.pass(24 * 3_600);
    let new = stage.signer(&stage.mint().await);
    assert_ne!(new, old);
    stage.pass(24 * 3_600 + 60);
    stage.until("the old key is gone", || async { stage.kids().await == [new.clone()] }).await;
    stage.host_is(Behaviour::Copies(discovery, before));
    stage.pass(60);
    let sent = stage.tokens().len();
    let (status, detail, _) = stage.refused(&stage.mint().await, sent);
    assert!(status == 503 && detail.contains(&new), "{detail}");
    stage.publish().await;
    assert_eq!(stage.signer(&stage.mint().await), new);
}

/// Two brokers that write one folder: neither signs with a key that the host does not show, and both say what they see.
#[tokio::test]
async fn two_brokers_do_not_share_an_issuer() {
    let stage = Stage::start(true).await;
    let own = stage.signer(&stage.mint().await);
    let other = json!({ "keys": [stranger(&stage)] }).to_string();
    let (discovery, _) = stage.originals().await;
    // The other one wrote last, and the host shows its files.
    let keys = stage.host.folder.join(".well-known/jwks.json");
    fs::write(&keys, &other).unwrap();
    stage.host_is(Behaviour::Copies(discovery, other.clone()));
    stage.pass(60);
    let sent = stage.tokens().len();
    let (_, detail, _) = stage.refused(&stage.mint().await, sent);
    assert!(detail.contains(&own), "{detail}");
    let (status, said) = stage.ready().await;
    assert!(status == 503 && said.contains("which is not the broker's"), "{said}");
    stage
        .until("this one writes its own again", || async { fs::read_to_string(&keys).unwrap() != other })
        .await;
    stage.host_is(Behaviour::Serves);
    stage.pass(10);
    assert_eq!(stage.signer(&stage.mint().await), own);
}

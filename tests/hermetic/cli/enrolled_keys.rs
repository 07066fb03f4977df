//! `jit key` and `jit revoke --person` at a broker whose people sign in at an identity provider.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use insta::assert_snapshot;
use jit::grant::Digest;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::oidc::enrolment;
use jit::protocol::EnrolAnswer;
use jit::protocol::EnrolCall;
use jit::system::Clock;
use jit::system::Http;
use jit::system::http::Request;
use serde_json::Value;
use serde_json::json;

use crate::cli::real::ASK;
use crate::cli::real::BROKER;
use crate::cli::real::Team;
use crate::support::provider::CLIENT;
use crate::support::provider::ISSUER;
use crate::support::provider::ORIGIN;
use crate::support::provider::Provider;
use crate::support::provider::key;
use crate::support::provider::sign;

/// Ana's tokens have the subject `00u-ana`, and bo vouches.
async fn team() -> Team {
    let key = |seed: u32| TestSigner::ed25519(seed).public_key().to_owned();
    let access = format!(
        "version = 1\n[identity.oidc]\nissuer = \"{ISSUER}\"\nclient_id = \"{CLIENT}\"\nvouchers = [\"person:bo\"]\n"
    );
    let people = format!(
        "[people.ana]\nname = \"Ana\"\nkeys = [\"{}\"]\noidc = \"00u-ana\"\n[people.bo]\nname = \"Bo\"\nkeys = [\"{}\"]\n\
         [groups]\ndev = [\"ana\"]\nsre = [\"bo\"]\n",
        key(1),
        key(2)
    );
    let team = Team::with("", &[("access.toml", &access), ("people.toml", &people)]).await;
    team.http.route(ORIGIN, Arc::new(Provider::new(&team.clock)));
    team
}

/// Enrols a key of a subject, as a sign-in does. Returns its fingerprint.
async fn enrol(team: &Team, subject: &str, signer: &TestSigner, lasting: bool) -> String {
    let random = BASE64URL_NOPAD.encode(Digest::of(signer.public_key().as_bytes()).bytes());
    let now = team.clock.now().as_second();
    let nonce = enrolment::nonce(BROKER, signer.public_key(), &random);
    let claims =
        json!({"iss": ISSUER, "aud": CLIENT, "sub": subject, "iat": now, "exp": now + 600, "nonce": nonce});
    let token = sign(&json!({"alg": "RS256", "kid": "rsa-1"}), &claims, &key("rsa-1"));
    let call = EnrolCall { token, key: signer.public_key().to_owned(), random, lasting };
    let request = Request::new("POST".parse().unwrap(), format!("{BROKER}/v1/login/enrol"))
        .body("application/json", serde_json::to_vec(&call).unwrap());
    let answer = team.http.send(request).await.unwrap();
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    serde_json::from_slice::<EnrolAnswer>(&answer.body).unwrap().key
}

#[tokio::test]
async fn a_person_lists_confirms_and_drops_their_keys() {
    let mut team = team().await;
    let none = team.ana.run("key list", &[]).await;
    assert_eq!((none.code, none.stdout.as_str()), (0, ""), "{none}");
    assert!(none.stderr.contains("no sign-in has enrolled a key of yours"), "{none}");
    let nothing = team.ana.run("key confirm", &[]).await;
    assert_eq!(nothing.code, 5, "{nothing}");
    let phone = enrol(&team, "00u-ana", &TestSigner::touch(31), true).await;
    enrol(&team, "00u-ana", &TestSigner::ed25519(32), false).await;
    let listed = team.ana.run("key list", &[]).await;
    assert_snapshot!(listed.stdout, @r"
    PERSON  WORTH    ENDS                             KEY
    ana     account  stays                            SHA256:ZUyexqnqsx6XTWYbYCu8iip0cA6Hkj7u1c5xFf+PQng  confirm
    ana     account  2026-11-23 22:00 UTC (12h left)  SHA256:YWRQ/oPcYfSk0UJ6dWhOR1bmDPnR7GRbZHkLkQd6g6I
    ");
    let confirmed = team.ana.run("key confirm", &[]).await;
    assert_eq!(
        confirmed.stdout,
        format!("{phone} is confirmed; its signatures are worth: key\n"),
        "{confirmed}"
    );
    let json = team.ana.run("key list --json", &[]).await;
    let keys: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&keys[0]["key"], &keys[0]["worth"], &keys[0]["may_confirm"]),
        (&json!(phone), &json!("key"), &json!(true))
    );
    assert_eq!((&keys[1]["worth"], &keys[1]["may_confirm"]), (&json!("account"), &json!(false)));
    let words = ["key", "drop", phone.get(..16).unwrap()];
    let kept = team.ana.run_words(&words, &["n"]).await;
    assert_eq!(kept.code, 1, "{kept}");
    let dropped = team.ana.run_words(&words, &["y"]).await;
    assert_eq!((dropped.code, dropped.stdout), (0, format!("{phone} no longer counts\n")));
    assert_eq!(team.ana.run_words(&words, &["y"]).await.code, 5);
    team.stop().await;
}

#[tokio::test]
async fn a_voucher_compares_the_fingerprint_before_signing() {
    let mut team = team().await;
    let phone = enrol(&team, "00u-ana", &TestSigner::ed25519(31), true).await;
    let kept = team.bo.run("key vouch ana", &["n"]).await;
    assert_eq!(kept.code, 1, "{kept}");
    for said in [phone.as_str(), "compare the fingerprint", "? Is this ana's key, by their own word?"] {
        assert!(kept.stderr.contains(said), "{said}: {kept}");
    }
    assert_eq!(team.bo.run("key vouch ana -y", &[]).await.code, 2, "the key must be named");
    assert_eq!(team.bo.run("key vouch bo", &["y"]).await.code, 5, "not oneself");
    // Ana is no voucher, so she sees no key of bo's.
    enrol(&team, "00u-bo", &TestSigner::ed25519(33), true).await;
    assert_eq!(team.ana.run("key vouch bo", &["y"]).await.code, 5);
    let vouched = team.bo.run_words(&["key", "vouch", "ana", &phone, "-y"], &[]).await;
    assert_eq!(vouched.stdout, format!("{phone} is ana's; its signatures are worth: key\n"), "{vouched}");
    let again = team.bo.run("key vouch ana", &["y"]).await;
    assert_eq!(again.code, 5, "{again}");
    team.stop().await;
}

#[tokio::test]
async fn a_voucher_ends_everything_of_a_person() {
    let mut team = team().await;
    enrol(&team, "00u-ana", &TestSigner::ed25519(31), true).await;
    let asked = team.ana.run_words(&[&ASK[..], &["--no-wait"]].concat(), &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    let swept = team.bo.run_words(&["revoke", "--person", "ana", "--reason", "left"], &["y"]).await;
    assert_eq!(swept.code, 0, "{swept}");
    assert!(swept.stdout.contains("orders-admin of ana is revoked"), "{swept}");
    assert!(swept.stderr.contains("1 session and 1 enrolled key of ana ended too"), "{swept}");
    // Nothing is open any more, and sessions and keys can still be ended.
    enrol_later(&team).await;
    let again = team.bo.run_words(&["revoke", "--person", "ana", "--reason", "left"], &["y"]).await;
    assert_eq!(again.code, 0, "{again}");
    assert!(again.stderr.contains("? End the sessions and enrolled keys of ana?"), "{again}");
    assert!(again.stderr.contains("0 sessions and 1 enrolled key of ana ended too"), "{again}");
    team.stop().await;
}

async fn enrol_later(team: &Team) {
    team.clock.advance(std::time::Duration::from_secs(1));
    enrol(team, "00u-ana", &TestSigner::ed25519(34), true).await;
}

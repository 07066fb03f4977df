//! ID tokens: which are accepted, and every bad one that a stranger, a provider or a colleague could bring.

use data_encoding::BASE64URL_NOPAD;
use jiff::SignedDuration;
use jiff::Timestamp;
use jit::identity::oidc;
use jit::identity::oidc::Expected;
use jit::identity::oidc::Groups;
use jit::identity::oidc::IdTokenError;
use jit::identity::oidc::KeySet;
use jit::identity::oidc::Nonce;
use jit::identity::oidc::Proven;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::support::provider::CLIENT;
use crate::support::provider::ISSUER;
use crate::support::provider::SigningKey;
use crate::support::provider::key;
use crate::support::provider::sign;
use crate::support::provider::sign_text;

const NONCE: &str = "n-0S6_WzA2Mj";
const EXPECTED: Expected<'static> = Expected { issuer: ISSUER, client: CLIENT, nonce: Nonce::Is(NONCE) };

fn now() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn header(id: &str) -> Value {
    json!({"alg": key(id).algorithm(), "kid": id, "typ": "JWT"})
}

fn claims() -> Value {
    let now = now().as_second();
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "248289761001", "nonce": NONCE, "iat": now, "exp": now + 300,
        "email": "ana@example.com", "email_verified": true, "groups": ["engineers", "on-call"],
    })
}

/// The claims with members replaced. `null` removes one.
fn claims_with(changes: &Value) -> Value {
    let mut claims = claims();
    let object = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
    claims
}

fn all_keys() -> Value {
    json!(["rsa-1", "ec-1", "ed-1"].map(|id| key(id).jwk(id)))
}

fn set(keys: &Value) -> KeySet {
    KeySet::read(json!({"keys": keys}).to_string().as_bytes()).unwrap()
}

fn verify(token: &str) -> Result<Proven, IdTokenError> {
    oidc::verify(token, &set(&all_keys()), &EXPECTED, now())
}

fn verify_claims(changes: &Value) -> Result<Proven, IdTokenError> {
    verify(&sign(&header("rsa-1"), &claims_with(changes), &key("rsa-1")))
}

#[test]
fn a_good_token_proves_its_person_under_every_accepted_algorithm() {
    for (id, algorithm) in [("rsa-1", "RS256"), ("rsa-1", "PS256"), ("ec-1", "ES256"), ("ed-1", "EdDSA")] {
        let mut public = key(id).jwk(id);
        public["alg"] = json!(algorithm);
        let token = sign(&json!({"alg": algorithm, "kid": id}), &claims(), &key(id));
        let proven = oidc::verify(&token, &set(&json!([public])), &EXPECTED, now()).unwrap();
        assert_eq!(
            (proven.issuer.as_str(), proven.subject.as_str()),
            (ISSUER, "248289761001"),
            "{algorithm}"
        );
        assert_eq!(proven.issued, now());
        assert_eq!(proven.expires, now() + SignedDuration::from_secs(300));
        assert_eq!(Value::Object(proven.claims.clone()), claims());
        // The stored key alone verifies it again.
        let again = oidc::verify_again(&token, &proven.key, &EXPECTED, now()).unwrap();
        assert_eq!(again, proven, "{algorithm}");
    }
}

#[test]
fn a_header_that_lies_gains_nothing() {
    let rsa = key("rsa-1");
    let signed = |header: Value| sign(&header, &claims(), &rsa);
    // The secret of this HMAC is what everybody can read: the public key, in the forms that a naive verifier would take.
    let public = rsa.jwk("rsa-1");
    let hmac = |algorithm: &str, secret: &[u8]| {
        sign_text(&json!({"alg": algorithm, "kid": "rsa-1"}).to_string(), &claims().to_string(), |text| {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
            aws_lc_rs::hmac::sign(&key, text).as_ref().to_vec()
        })
    };
    let modulus = BASE64URL_NOPAD.decode(public["n"].as_str().unwrap().as_bytes()).unwrap();
    let cases = [
        (
            "none",
            sign_text("{\"alg\":\"none\"}", &claims().to_string(), |_| Vec::new()),
            IdTokenError::Algorithm,
        ),
        (
            "None",
            sign_text("{\"alg\":\"None\",\"kid\":\"rsa-1\"}", &claims().to_string(), |_| Vec::new()),
            IdTokenError::Algorithm,
        ),
        ("HS256, JSON key", hmac("HS256", public.to_string().as_bytes()), IdTokenError::Algorithm),
        ("HS256, modulus", hmac("HS256", &modulus), IdTokenError::Algorithm),
        ("HS512", hmac("HS512", &modulus), IdTokenError::Algorithm),
        ("RS384", signed(json!({"alg": "RS384", "kid": "rsa-1"})), IdTokenError::Algorithm),
        ("RS1", signed(json!({"alg": "RS1", "kid": "rsa-1"})), IdTokenError::Algorithm),
        ("no alg", signed(json!({"kid": "rsa-1"})), IdTokenError::Algorithm),
        ("an alg of another type", signed(json!({"alg": 256, "kid": "rsa-1"})), IdTokenError::Form),
        (
            "the alg of another key's type",
            signed(json!({"alg": "ES256", "kid": "rsa-1"})),
            IdTokenError::Algorithm,
        ),
        (
            "PSS under a key for RS256",
            signed(json!({"alg": "PS256", "kid": "rsa-1"})),
            IdTokenError::Algorithm,
        ),
        ("a key of another type", signed(json!({"alg": "RS256", "kid": "ec-1"})), IdTokenError::Algorithm),
        (
            "crit",
            signed(json!({"alg": "RS256", "kid": "rsa-1", "crit": ["exp"], "exp": 1})),
            IdTokenError::Header,
        ),
        ("an empty crit", signed(json!({"alg": "RS256", "kid": "rsa-1", "crit": []})), IdTokenError::Header),
        ("zip", signed(json!({"alg": "RS256", "kid": "rsa-1", "zip": "DEF"})), IdTokenError::Header),
        (
            "a logout token",
            signed(json!({"alg": "RS256", "kid": "rsa-1", "typ": "logout+jwt"})),
            IdTokenError::Header,
        ),
        (
            "an access token",
            signed(json!({"alg": "RS256", "kid": "rsa-1", "typ": "at+jwt"})),
            IdTokenError::Header,
        ),
        ("an unknown key", signed(json!({"alg": "RS256", "kid": "rsa-9"})), IdTokenError::UnknownKey),
        ("a path", signed(json!({"alg": "RS256", "kid": "../../dev/null"})), IdTokenError::UnknownKey),
        ("a file", signed(json!({"alg": "RS256", "kid": "/etc/passwd"})), IdTokenError::UnknownKey),
        (
            "an address",
            signed(json!({"alg": "RS256", "kid": "https://evil.example/keys"})),
            IdTokenError::UnknownKey,
        ),
        ("SQL", signed(json!({"alg": "RS256", "kid": "x' OR '1'='1"})), IdTokenError::UnknownKey),
        ("an empty id", signed(json!({"alg": "RS256", "kid": ""})), IdTokenError::UnknownKey),
        ("another case", signed(json!({"alg": "RS256", "kid": "RSA-1"})), IdTokenError::UnknownKey),
        ("no id among several keys", signed(json!({"alg": "RS256"})), IdTokenError::NamesNoKey),
        (
            "another key's signature",
            sign(&header("rsa-1"), &claims(), &key("rsa-2")),
            IdTokenError::Signature,
        ),
        (
            "its own key in the header",
            sign(
                &json!({"alg": "RS256", "kid": "rsa-1", "jwk": key("rsa-2").jwk("rsa-1"), "jku": "https://evil.example"}),
                &claims(),
                &key("rsa-2"),
            ),
            IdTokenError::Signature,
        ),
    ];
    for (what, token, cause) in cases {
        assert_eq!(verify(&token).unwrap_err(), cause, "{what}");
    }
}

#[test]
fn claims_that_are_wrong_are_refused_by_their_cause() {
    let now = now().as_second();
    let long = "s".repeat(256);
    let cases = [
        ("another issuer", json!({"iss": "https://login.example.com/other"}), IdTokenError::Issuer),
        ("an issuer with a slash", json!({"iss": format!("{ISSUER}/")}), IdTokenError::Issuer),
        ("no issuer", json!({"iss": null}), IdTokenError::Claim("iss")),
        ("a list of issuers", json!({"iss": [ISSUER]}), IdTokenError::Claim("iss")),
        ("another client", json!({"aud": "another"}), IdTokenError::Audience),
        ("no audience", json!({"aud": null}), IdTokenError::Claim("aud")),
        ("an empty list", json!({"aud": []}), IdTokenError::Audience),
        ("a number among the audiences", json!({"aud": [CLIENT, 1]}), IdTokenError::Claim("aud")),
        ("an object", json!({"aud": {"jit-public": true}}), IdTokenError::Claim("aud")),
        ("several audiences, no party", json!({"aud": [CLIENT, "another"]}), IdTokenError::Audience),
        ("the same audience twice, no party", json!({"aud": [CLIENT, CLIENT]}), IdTokenError::Audience),
        (
            "several audiences, another party",
            json!({"aud": [CLIENT, "another"], "azp": "another"}),
            IdTokenError::Audience,
        ),
        ("our party, other audiences", json!({"aud": ["a", "b"], "azp": CLIENT}), IdTokenError::Audience),
        ("one audience, another party", json!({"azp": "another"}), IdTokenError::Audience),
        ("a party of another type", json!({"azp": [CLIENT]}), IdTokenError::Claim("azp")),
        (
            "expired by the allowed difference",
            json!({"iat": now - 400, "exp": now - 60}),
            IdTokenError::Expired,
        ),
        ("no expiry", json!({"exp": null}), IdTokenError::Claim("exp")),
        ("an expiry as text", json!({"exp": (now + 300).to_string()}), IdTokenError::Claim("exp")),
        ("an expiry with a fraction", json!({"exp": 1e300}), IdTokenError::Claim("exp")),
        ("an expiry after all calendars", json!({"exp": i64::MAX}), IdTokenError::Claim("exp")),
        ("an expiry above 64 bits", json!({"exp": u64::MAX}), IdTokenError::Claim("exp")),
        ("an expiry before the issue", json!({"iat": now + 10, "exp": now + 5}), IdTokenError::Claim("exp")),
        ("issued in the future", json!({"iat": now + 61}), IdTokenError::NotYet),
        ("no time of issue", json!({"iat": null}), IdTokenError::Claim("iat")),
        ("valid from the future", json!({"nbf": now + 61}), IdTokenError::NotYet),
        ("valid from a text", json!({"nbf": "yesterday"}), IdTokenError::Claim("nbf")),
        ("no subject", json!({"sub": null}), IdTokenError::Claim("sub")),
        ("an empty subject", json!({"sub": ""}), IdTokenError::Claim("sub")),
        ("a subject that is a number", json!({"sub": 248}), IdTokenError::Claim("sub")),
        ("a long subject", json!({"sub": long}), IdTokenError::Claim("sub")),
        ("a subject beyond ASCII", json!({"sub": "ан\u{430}"}), IdTokenError::Claim("sub")),
        ("a subject that moves the cursor", json!({"sub": "a\u{1b}[2J"}), IdTokenError::Claim("sub")),
        ("no nonce", json!({"nonce": null}), IdTokenError::Nonce),
        ("another's nonce", json!({"nonce": "another"}), IdTokenError::Nonce),
        ("a nonce of another type", json!({"nonce": [NONCE]}), IdTokenError::Claim("nonce")),
        ("a logout event", json!({"events": {}}), IdTokenError::Header),
    ];
    for (what, changes, cause) in cases {
        assert_eq!(verify_claims(&changes).unwrap_err(), cause, "{what}");
    }
}

#[test]
fn the_allowed_forms_and_differences_are_accepted() {
    let now = now().as_second();
    for (what, changes) in [
        ("a list of one audience", json!({"aud": [CLIENT]})),
        ("several audiences and our party", json!({"aud": ["another", CLIENT], "azp": CLIENT})),
        ("one audience and our party", json!({"azp": CLIENT})),
        ("just not expired", json!({"iat": now - 400, "exp": now - 59})),
        ("a provider whose clock is ahead", json!({"iat": now + 60, "nbf": now + 60})),
        ("the longest subject", json!({"sub": "s".repeat(255)})),
    ] {
        assert!(verify_claims(&changes).is_ok(), "{what}");
    }
}

#[test]
fn a_refreshed_token_has_the_first_nonce_or_none() {
    let expected = Expected { nonce: Nonce::IsOrAbsent(NONCE), ..EXPECTED };
    let verify = |changes: &Value, expected: &Expected<'_>| {
        let token = sign(&header("rsa-1"), &claims_with(changes), &key("rsa-1"));
        oidc::verify(&token, &set(&all_keys()), expected, now()).map(|_| ())
    };
    assert_eq!(verify(&json!({}), &expected), Ok(()));
    assert_eq!(verify(&json!({"nonce": null}), &expected), Ok(()));
    assert_eq!(verify(&json!({"nonce": "another"}), &expected), Err(IdTokenError::Nonce));
    let expected = Expected { nonce: Nonce::Any, ..EXPECTED };
    assert_eq!(verify(&json!({"nonce": "another"}), &expected), Ok(()));
}

#[test]
fn a_text_that_is_no_signed_token_is_refused() {
    let token = sign(&header("rsa-1"), &claims(), &key("rsa-1"));
    let parts: Vec<&str> = token.split('.').collect();
    let [head, body, signature] = parts.as_slice() else { panic!("three parts") };
    let rsa = key("rsa-1");
    let text = |header: &str, claims: &str| sign_text(header, claims, |text| rsa.sign("RS256", text));
    let good = header("rsa-1").to_string();
    let twice = claims().to_string().replacen('{', "{\"sub\":\"admin\",", 1);
    for (what, token, cause) in [
        ("nothing", String::new(), IdTokenError::Form),
        ("two parts", format!("{head}.{body}"), IdTokenError::Form),
        ("four parts", format!("{token}."), IdTokenError::Form),
        ("encrypted", format!("{head}.{body}.{body}.{body}.{signature}"), IdTokenError::Form),
        ("padded", format!("{head}.{body}.{signature}="), IdTokenError::Form),
        ("a line end", format!("{token}\n"), IdTokenError::Form),
        ("no signature", format!("{head}.{body}."), IdTokenError::Signature),
        ("a header that is no JSON", text("no json", &claims().to_string()), IdTokenError::Form),
        ("claims that are no JSON", text(&good, "no json"), IdTokenError::Form),
        ("claims that are a list", text(&good, "[]"), IdTokenError::Form),
        ("a claim twice", text(&good, &twice), IdTokenError::Form),
        (
            "too long",
            text(&good, &claims_with(&json!({"more": "x".repeat(13_000)})).to_string()),
            IdTokenError::TooLong,
        ),
    ] {
        assert_eq!(verify(&token).unwrap_err(), cause, "{what}");
    }
}

#[test]
fn keys_that_cannot_verify_are_passed_over_and_none_is_guessed() {
    let rsa = key("rsa-1");
    let public = rsa.jwk("rsa-1");
    let changed = |name: &str, value: Value| {
        let mut jwk = public.clone();
        jwk[name] = value;
        jwk
    };
    let token = sign(&header("rsa-1"), &claims(), &rsa);
    let with = |keys: Value| oidc::verify(&token, &set(&keys), &EXPECTED, now()).map(|_| ());
    let strange = json!([
        {"kty": "AKP", "alg": "ML-DSA-44", "kid": "post-quantum", "pub": "AAAA"},
        {"kty": "oct", "k": "AAAA", "kid": "rsa-1"},
        {"kty": "EC", "crv": "secp256k1", "x": "AAAA", "y": "AAAA", "kid": "coin"},
        "no object", 7, null,
        public,
    ]);
    assert_eq!(with(strange), Ok(()), "what is unknown beside a good key does no harm");
    for (what, jwk) in [
        ("for encryption", changed("use", json!("enc"))),
        ("for something else", changed("use", json!("tls"))),
        ("use of another type", changed("use", json!(["sig"]))),
        ("operations without verify", changed("key_ops", json!(["wrapKey"]))),
        ("an unknown alg", changed("alg", json!("RS999"))),
        ("alg of another type", changed("alg", json!(1))),
        ("for OAEP", changed("alg", json!("RSA-OAEP"))),
        ("a broken modulus", changed("n", json!("*"))),
        ("an id that is a number", changed("kid", json!(1))),
        ("a symmetric key", json!({"kty": "oct", "k": "AAAA", "kid": "rsa-1", "alg": "HS256"})),
    ] {
        assert_eq!(with(json!([jwk])), Err(IdTokenError::UnknownKey), "{what}");
    }
    assert_eq!(with(json!([public, key("rsa-2").jwk("rsa-1")])), Err(IdTokenError::SeveralKeys));
    assert_eq!(with(json!([changed("alg", json!("PS256"))])), Err(IdTokenError::Algorithm));
    // A provider that names no ids has one key.
    let nameless = sign(&json!({"alg": "RS256"}), &claims(), &rsa);
    assert!(oidc::verify(&nameless, &set(&json!([public])), &EXPECTED, now()).is_ok());
    let many: Vec<Value> = (0..101).map(|number| rsa.jwk(&number.to_string())).collect();
    assert!(KeySet::read(json!({"keys": many}).to_string().as_bytes()).is_err());
    for text in ["", "[]", "{}", "{\"keys\":{}}"] {
        assert!(KeySet::read(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn a_weak_rsa_key_verifies_nothing() {
    // 1024 bits, made with: openssl genrsa 1024. Its signature over this token is right.
    let weak = include_str!("weak_key.json");
    let weak: Value = serde_json::from_str(weak).unwrap();
    let expected = Expected { nonce: Nonce::Any, ..EXPECTED };
    let refused =
        oidc::verify(weak["token"].as_str().unwrap(), &set(&json!([weak["key"]])), &expected, now());
    assert_eq!(refused.unwrap_err(), IdTokenError::Signature);
}

#[test]
fn a_stored_token_is_verified_by_its_stored_key_at_its_own_time() {
    let token = sign(&header("rsa-1"), &claims(), &key("rsa-1"));
    let proven = verify(&token).unwrap();
    let later = now() + SignedDuration::from_hours(1);
    assert_eq!(oidc::verify_again(&token, &proven.key, &EXPECTED, later), Err(IdTokenError::Expired));
    let other = verify(&sign(&header("ec-1"), &claims(), &key("ec-1"))).unwrap().key;
    assert_eq!(oidc::verify_again(&token, &other, &EXPECTED, now()), Err(IdTokenError::UnknownKey));
    let swapped = proven
        .key
        .replace(key("rsa-1").jwk("")["n"].as_str().unwrap(), key("rsa-2").jwk("")["n"].as_str().unwrap());
    assert_ne!(swapped, proven.key);
    assert_eq!(oidc::verify_again(&token, &swapped, &EXPECTED, now()), Err(IdTokenError::Signature));
    for text in ["", "{}", "null", "{\"kty\":\"oct\",\"k\":\"AAAA\"}"] {
        assert_eq!(
            oidc::verify_again(&token, text, &EXPECTED, now()),
            Err(IdTokenError::UnknownKey),
            "{text}"
        );
    }
    // A certificate chain is not kept: it can be of any length.
    let mut public = key("rsa-1").jwk("rsa-1");
    public["x5c"] = json!(["MII".repeat(1000)]);
    let kept = oidc::verify(&token, &set(&json!([public])), &EXPECTED, now()).unwrap().key;
    assert_eq!(kept, proven.key);
}

#[test]
fn groups_are_listed_absent_or_unknown() {
    let groups = |changes: Value| oidc::groups(&verify_claims(&changes).unwrap(), "groups");
    let listed = |names: &[&str]| Groups::Listed(names.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(groups(json!({})), listed(&["engineers", "on-call"]));
    assert_eq!(groups(json!({"groups": []})), listed(&[]));
    // Okta without the claim in the authorisation server; Google always.
    assert_eq!(groups(json!({"groups": null})), Groups::Absent);
    assert_eq!(groups(json!({"groups": null, "hasgroups": false})), Groups::Absent);
    for (what, changes) in [
        (
            "Entra above 200 groups",
            json!({
                "groups": null,
                "_claim_names": {"groups": "src1"},
                "_claim_sources": {"src1": {"endpoint": "https://graph.windows.net/T/users/U/getMemberObjects"}},
            }),
        ),
        ("a pointer beside a list", json!({"_claim_names": {"groups": "src1"}})),
        ("a pointer that is no object", json!({"groups": null, "_claim_names": "src1"})),
        ("Entra's implicit flow", json!({"groups": null, "hasgroups": true})),
        ("the same as text", json!({"groups": null, "hasgroups": "true"})),
        ("Entra's pointer in the claim's name", json!({"groups": null, "groups:src1": "https://graph"})),
        ("one text", json!({"groups": "engineers"})),
        ("numbers", json!({"groups": ["engineers", 1]})),
        ("an object", json!({"groups": {"engineers": true}})),
    ] {
        assert!(matches!(groups(changes), Groups::Unknown(_)), "{what}");
    }
    let proven = verify_claims(&json!({"https://acme.example/teams": ["sre"]})).unwrap();
    assert_eq!(oidc::groups(&proven, "https://acme.example/teams"), listed(&["sre"]));
    let elsewhere = verify_claims(&json!({"_claim_names": {"photo": "src1"}})).unwrap();
    assert_eq!(oidc::groups(&elsewhere, "groups"), listed(&["engineers", "on-call"]));
}

#[test]
fn an_email_counts_only_when_the_provider_verified_it() {
    for (verified, counts) in [
        (json!(true), true),
        (json!(false), false),
        (json!("true"), false),
        (json!(1), false),
        (json!({}), false),
        (Value::Null, false),
    ] {
        let proven = verify_claims(&json!({"email_verified": verified})).unwrap();
        assert_eq!(oidc::email(&proven), counts.then_some("ana@example.com"), "{verified}");
    }
    let proven = verify_claims(&json!({"email": ["ana@example.com"]})).unwrap();
    assert_eq!(oidc::email(&proven), None);
}

#[test]
fn a_refusal_repeats_nothing_of_the_token() {
    let secret = "canary-of-a-token";
    for token in [
        sign(&json!({"alg": secret}), &claims(), &key("rsa-1")),
        sign(&json!({"alg": "RS256", "kid": secret}), &claims(), &key("rsa-1")),
        sign(&header("rsa-1"), &json!({"iss": secret}), &key("rsa-1")),
        secret.to_owned(),
    ] {
        let refused = verify(&token).unwrap_err();
        let said = format!("{refused} {refused:?} {}", refused.hint().unwrap_or_default());
        assert!(!said.contains(secret), "{said}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Any one changed character of a token makes it invalid, by every kind of key.
    #[test]
    fn one_other_character_and_the_token_is_refused(
        id in prop_oneof![Just("rsa-1"), Just("ec-1"), Just("ed-1")],
        place in any::<prop::sample::Index>(),
        other in "[A-Za-z0-9_.=-]",
    ) {
        let token = sign(&header(id), &claims(), &key(id));
        let place = place.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(place..=place, &other);
        prop_assume!(changed != token);
        prop_assert!(verify(&changed).is_err());
    }

    /// Claims of any form never panic, and prove nobody else.
    #[test]
    fn claims_of_any_form_prove_nobody_else(
        name in prop_oneof![
            Just("iss"), Just("aud"), Just("azp"), Just("sub"), Just("nonce"), Just("iat"), Just("exp"), Just("nbf"),
        ],
        value in prop_oneof![
            any::<i64>().prop_map(|number| json!(number)),
            any::<f64>().prop_map(|number| json!(number)),
            any::<bool>().prop_map(|flag| json!(flag)),
            ".{0,20}".prop_map(|text| json!(text)),
            prop::collection::vec("[a-z]{0,5}", 0..3).prop_map(|list| json!(list)),
        ],
    ) {
        if let Ok(proven) = verify_claims(&json!({ name: value })) {
            prop_assert_eq!(&proven.claims[name], &value);
            prop_assert_eq!(proven.issuer, ISSUER);
            prop_assert_eq!(&proven.claims["nonce"], NONCE);
            prop_assert_eq!(&proven.claims["aud"], CLIENT);
        }
    }
}

#[test]
fn a_signature_of_another_key_type_is_refused() {
    let other = SigningKey::p256();
    let token = sign(&header("ec-1"), &claims(), &other);
    assert_eq!(verify(&token).unwrap_err(), IdTokenError::Signature);
}

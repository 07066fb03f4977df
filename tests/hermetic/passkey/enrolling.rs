//! Registrations: which become a line for `people.toml`.

use std::sync::LazyLock;

use ciborium::Value;
use jit::identity::IdentityError;
use jit::identity::key::parse_line;
use jit::identity::passkey::Registration;
use jit::identity::passkey::Site;
use jit::identity::passkey::enrol;
use jit::policy::Policy;
use proptest::prelude::*;

use super::BROKER;
use super::RP_ID;
use super::SITE;
use crate::support::authenticator::EXTENDED;
use crate::support::authenticator::Passkey;
use crate::support::authenticator::SYNCED;
use crate::support::authenticator::cbor;
use crate::support::authenticator::client_data;
use crate::support::authenticator::registration;

const CHALLENGE: &[u8] = b"thirty-two bytes from the broker";

/// A good registration and its line, made once.
static REGISTRATION: LazyLock<Registration> = LazyLock::new(|| good().register(CHALLENGE, BROKER));
static LINE: LazyLock<String> = LazyLock::new(|| good().line());

fn good() -> Passkey {
    Passkey::new(1, RP_ID)
}

#[track_caller]
fn refused(registration: &Registration, because: &str) {
    let error = enrol(registration, CHALLENGE, &SITE).expect_err("it must not be taken");
    assert!(matches!(error, IdentityError::Registration(_)), "{error:?}");
    assert!(error.to_string().contains(because), "{error}");
    assert!(error.hint().is_some());
}

#[test]
fn a_registration_becomes_a_line_of_the_policy() {
    for number in 0..40 {
        let passkey = Passkey::new(number, RP_ID);
        let line = enrol(&passkey.register(CHALLENGE, BROKER), CHALLENGE, &SITE).unwrap();
        assert_eq!(line, passkey.line());
        assert_eq!(parse_line(&line).unwrap().site.as_deref(), Some(RP_ID));
        assert_eq!(Policy::check_key(&line).unwrap(), line);
    }
    let synced = Passkey { flags: SYNCED, counter: 7, ..good() };
    assert_eq!(enrol(&synced.register(CHALLENGE, BROKER), CHALLENGE, &SITE).unwrap(), good().line());
    let extended = Passkey { flags: 0x05 | EXTENDED, extensions: vec![0xa1, 0x61, b'x', 0xf5], ..good() };
    assert_eq!(enrol(&extended.register(CHALLENGE, BROKER), CHALLENGE, &SITE).unwrap(), good().line());
    let local = Site::of("http://localhost:8765").unwrap();
    let passkey = Passkey::new(1, "localhost");
    let line = enrol(&passkey.register(CHALLENGE, "http://localhost:8765"), CHALLENGE, &local).unwrap();
    assert_eq!(line, passkey.line());
}

#[test]
fn what_the_browser_says_must_fit() {
    let with = |client_data: &[u8]| registration(&good().attested(good().cose()), client_data);
    let usual = client_data("webauthn.create", CHALLENGE, BROKER);
    refused(&with(&client_data("webauthn.get", CHALLENGE, BROKER)), "by \"webauthn.get\"");
    refused(&with(&client_data("webauthn.create", b"another", BROKER)), "another challenge");
    refused(
        &with(&client_data("webauthn.create", CHALLENGE, "https://evil.example")),
        "at \"https://evil.example\"",
    );
    let text = String::from_utf8(usual).unwrap();
    let cross = text.replace("false", "true");
    refused(&with(cross.as_bytes()), "in a frame of another site");
    let top = text.replace("false", r#"false,"topOrigin":"https://evil.example""#);
    refused(&with(top.as_bytes()), "in a frame of another site");
    let twice = text.replace("false", r#"false,"origin":"https://jit.example.com""#);
    refused(&with(twice.as_bytes()), "comes twice");
    refused(&with(format!("{text} ").as_bytes()), "not spelt as browsers spell it");
    refused(&with(&vec![b' '; 10_000]), "too long");
    let long = Registration { attestation_object: vec![0; 70_000], client_data_json: text.into_bytes() };
    refused(&long, "too long");
}

#[test]
fn what_the_authenticator_says_must_fit() {
    let usual = client_data("webauthn.create", CHALLENGE, BROKER);
    let of = |passkey: &Passkey| passkey.register(CHALLENGE, BROKER);
    refused(&of(&Passkey::new(1, "evil.example")), "another site than jit.example.com");
    for (flags, because) in [
        (0x00, "without a touch"),
        (0x04, "without a touch"),
        (0x01, "without a face, a finger or a PIN"),
        (0x15, "flags contradict"),
        (0x85, "extensions contradict"),
    ] {
        refused(&of(&Passkey { flags, ..good() }), because);
    }
    refused(&of(&Passkey { extensions: vec![0xa0], ..good() }), "extensions contradict");
    refused(&of(&Passkey { flags: 0x85, extensions: vec![0xa0, 0], ..good() }), "extensions are damaged");

    let data = good().attested(good().cose());
    let with = |data: &[u8]| registration(data, &usual);
    let mut unattested = data.clone();
    unattested[32] &= !0x40;
    refused(&with(&unattested), "no new credential");
    for length in [0, 36] {
        refused(&with(&data[..length]), "authenticator's data are damaged");
    }
    for length in [37, 53, 54, 55, 60, data.len() - 1] {
        refused(&with(&data[..length]), "credential is damaged");
    }
    // The length of the credential's id: none, and longer than all.
    for length in [[0, 0], [0xff, 0xff], [4, 0]] {
        let mut changed = data.clone();
        changed[53..55].copy_from_slice(&length);
        changed.extend([0xa0; 2000]);
        refused(&with(&changed), "credential is damaged");
    }
}

#[test]
fn only_an_es256_key_on_the_curve_is_enrolled() {
    let usual = client_data("webauthn.create", CHALLENGE, BROKER);
    let with = |cose: Vec<(Value, Value)>| registration(&good().attested(cose), &usual);
    let changed = |at: usize, value: Value| {
        let mut cose = good().cose();
        cose[at].1 = value;
        with(cose)
    };
    // RSA, EdDSA and ES384 are kinds that browsers offer where a page allows them.
    refused(&changed(0, Value::from(3)), "ES256");
    refused(&changed(1, Value::from(-8)), "ES256");
    refused(&changed(1, Value::from(-257)), "ES256");
    refused(&changed(2, Value::from(2)), "ES256");
    refused(&changed(3, Value::from(&[7; 31][..])), "key is damaged");
    refused(&changed(3, Value::from("x".repeat(32))), "key is damaged");
    refused(&changed(4, Value::from(&[7; 32][..])), "not a point of P-256");
    refused(&changed(4, Value::from(true)), "key is damaged");
    let mut more = good().cose();
    more.push((Value::from(2), Value::from("kid")));
    refused(&with(more), "key is damaged");
    let mut twice = good().cose();
    twice.push((Value::from(3), Value::from(-7)));
    refused(&with(twice), "ES256");
    refused(&with(Vec::new()), "ES256");
}

#[test]
fn the_attestation_object_is_one_map() {
    let data = good().attested(good().cose());
    let client_data = client_data("webauthn.create", CHALLENGE, BROKER);
    let of = |attestation_object: Vec<u8>| Registration {
        attestation_object,
        client_data_json: client_data.clone(),
    };
    let member = |name: &str, value: Value| (Value::from(name), value);
    let whole = vec![
        member("fmt", Value::from("packed")),
        member("attStmt", Value::Map(vec![member("sig", Value::from(&[1, 2, 3][..]))])),
        member("authData", Value::from(data.as_slice())),
    ];
    // Another format's statement is not looked at.
    let line = enrol(&of(cbor(&Value::Map(whole.clone()))), CHALLENGE, &SITE).unwrap();
    assert_eq!(line, good().line());
    for missing in 0..3 {
        let mut members = whole.clone();
        members.remove(missing);
        refused(&of(cbor(&Value::Map(members))), "attestation object is damaged");
    }
    for twice in 0..3 {
        let mut members = whole.clone();
        members.push(whole[twice].clone());
        refused(&of(cbor(&Value::Map(members))), "attestation object is damaged");
    }
    let object = cbor(&Value::Map(whole));
    refused(&of([object.as_slice(), &[0]].concat()), "attestation object is damaged");
    refused(&of(object[..object.len() - 1].to_vec()), "attestation object is damaged");
    refused(&of(Vec::new()), "attestation object is damaged");
    refused(&of(cbor(&Value::from("map"))), "attestation object is damaged");
    // As deep as a parser would follow, and as long as it would reserve memory for.
    refused(&of([0x81; 50_000].to_vec()), "attestation object is damaged");
    refused(&of([&[0x5b][..], &[0xff; 8]].concat()), "attestation object is damaged");
    refused(&of([&[0x9b][..], &[0xff; 8]].concat()), "attestation object is damaged");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// A flipped bit is refused, or lies where nothing is looked at: the same line comes out.
    #[test]
    fn no_flipped_bit_makes_another_line(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut registration = REGISTRATION.clone();
        *at.get_mut(&mut registration.attestation_object) ^= 1 << bit;
        if let Ok(line) = enrol(&registration, CHALLENGE, &SITE) {
            prop_assert_eq!(&line, &*LINE);
        }
    }
}

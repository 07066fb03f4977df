//! Two other libraries judge the same assertions and registrations: npm `@simplewebauthn/server` and PyPI `fido2`.

use data_encoding::BASE64URL_NOPAD;
use jit::identity::passkey::Assertion;
use jit::identity::passkey::Registration;
use jit::identity::passkey::Site;
use jit::identity::passkey::challenge;
use jit::identity::passkey::enrol;
use jit::identity::passkey::pack;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::MESSAGE;
use super::NAMESPACE;
use crate::peers::script::ask;
use crate::support::authenticator::EXTENDED;
use crate::support::authenticator::PRESENT;
use crate::support::authenticator::Passkey;
use crate::support::authenticator::SYNCED;
use crate::support::authenticator::VERIFIED;
use crate::support::authenticator::cbor;
use crate::support::authenticator::client_data;
use crate::support::authenticator::registration;
use crate::support::authenticator::sha256;

const BROKER: &str = "https://jit.example.com";
const RP_ID: &str = "jit.example.com";
const ENROL: &[u8] = b"thirty-two bytes from the broker";

/// Whether each judge takes a case: jit, `@simplewebauthn/server`, `fido2`.
type Taken = [bool; 3];
const ALL: Taken = [true; 3];
const NOBODY: Taken = [false; 3];
/// Cases that the standard leaves open, and that jit refuses.
const NOT_JIT: Taken = [false, true, true];

fn good() -> Passkey {
    Passkey::new(1, RP_ID)
}

fn site() -> Site {
    Site::of(BROKER).unwrap()
}

fn encoded(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// The answers of both judges, in that order. An answer that is a text is the cause of a refusal.
fn judges(registrations: &Map<String, Value>, assertions: &Map<String, Value>) -> [Value; 2] {
    let question = json!({
        "rp_id": RP_ID,
        "origin": BROKER,
        "registrations": registrations,
        "assertions": assertions,
    });
    ["passkey_simplewebauthn.mjs", "passkey_fido2.py"].map(|script| ask(script, &question))
}

/// Compares every verdict with the expected one.
fn compare(part: &str, said: &[Value; 2], ours: &[(&str, bool, Taken)]) {
    for (name, here, expected) in ours {
        let taken = [*here, said[0][part][name].is_object(), said[1][part][name].is_object()];
        assert_eq!(taken, *expected, "{name}: {} {}", said[0][part][name], said[1][part][name]);
    }
}

#[test]
fn the_same_assertions_are_taken() {
    let expected = challenge(NAMESPACE, MESSAGE).unwrap();
    let usual = String::from_utf8(client_data("webauthn.get", &expected, BROKER)).unwrap();
    let signed = |passkey: &Passkey, client_data: &str| passkey.get(client_data.as_bytes());
    let with = |from: &str, to: &str| {
        assert!(usual.contains(from), "{from}");
        signed(&good(), &usual.replacen(from, to, 1))
    };
    let flags = |flags: u8| signed(&Passkey { flags, ..good() }, &usual);
    let mut counted = signed(&good(), &usual);
    counted.authenticator_data[36] += 1;
    let mut broken = signed(&good(), &usual);
    *broken.signature.last_mut().unwrap() ^= 1;
    let extended = Passkey { flags: 0x05 | EXTENDED, extensions: vec![0xa1, 0x61, b'x', 0xf5], ..good() };
    let trailing = Passkey { extensions: vec![0], ..good() };
    let cases: Vec<(&str, Assertion, Taken)> = vec![
        ("good", signed(&good(), &usual), ALL),
        ("synced", flags(SYNCED), ALL),
        ("counted", signed(&Passkey { counter: 9, ..good() }, &usual), ALL),
        ("extended", signed(&extended, &usual), ALL),
        ("no more members", with(r#","crossOrigin":false"#, ""), ALL),
        ("more members", with("}", r#","more":[1]}"#), ALL),
        ("another message", with(&encoded(&expected), &encoded(b"another")), NOBODY),
        ("no touch", flags(0), NOBODY),
        ("not verified", flags(PRESENT), NOBODY),
        ("verified without a touch", flags(VERIFIED), NOBODY),
        ("another origin", with(BROKER, "https://evil.example"), NOBODY),
        ("another port", with(BROKER, "https://jit.example.com:8443"), NOBODY),
        ("another relying party", signed(&Passkey::new(1, "evil.example"), &usual), NOBODY),
        ("another key", signed(&Passkey::new(2, RP_ID), &usual), NOBODY),
        ("a registration's type", with("webauthn.get", "webauthn.create"), NOBODY),
        ("a changed counter", counted, NOBODY),
        ("a changed signature", broken, NOBODY),
        ("bytes after the data", signed(&trailing, &usual), NOBODY),
        ("no JSON", with("{", ""), NOBODY),
        (
            "below another site",
            with("false", r#"false,"topOrigin":"https://evil.example""#),
            [false, false, true],
        ),
        ("in a frame", with("false", "true"), NOT_JIT),
        (
            "members in another order",
            signed(
                &good(),
                &format!(
                    r#"{{"origin":"{BROKER}","challenge":"{}","type":"webauthn.get"}}"#,
                    encoded(&expected)
                ),
            ),
            NOT_JIT,
        ),
        ("a member twice", with("false", r#"false,"crossOrigin":false"#), NOT_JIT),
        ("backed up and never eligible", flags(0x15), [false, false, true]),
    ];
    let mut asked = Map::new();
    let mut ours = Vec::new();
    for (name, assertion, taken) in &cases {
        asked.insert(
            (*name).to_owned(),
            json!({
                "id": encoded(b"credential"),
                "cose": encoded(&cbor(&ciborium::Value::Map(good().cose()))),
                "challenge": encoded(&expected),
                "authenticator_data": encoded(&assertion.authenticator_data),
                "client_data": encoded(&assertion.client_data_json),
                "signature": encoded(&assertion.signature),
            }),
        );
        let here = pack(&good().line(), &site(), NAMESPACE, MESSAGE, assertion).is_ok();
        ours.push((*name, here, *taken));
    }
    compare("assertions", &judges(&Map::new(), &asked), &ours);
}

#[test]
fn the_same_registrations_are_taken() {
    let usual = String::from_utf8(client_data("webauthn.create", ENROL, BROKER)).unwrap();
    let data = good().attested(good().cose());
    let of = |passkey: &Passkey| passkey.register(ENROL, BROKER);
    let with = |from: &str, to: &str| {
        assert!(usual.contains(from), "{from}");
        registration(&data, usual.replacen(from, to, 1).as_bytes())
    };
    let flags = |flags: u8| of(&Passkey { flags, ..good() });
    let extended = Passkey { flags: 0x05 | EXTENDED, extensions: vec![0xa1, 0x61, b'x', 0xf5], ..good() };
    let rsa = vec![
        (ciborium::Value::from(1), ciborium::Value::from(3)),
        (ciborium::Value::from(3), ciborium::Value::from(-257)),
        (ciborium::Value::from(-1), ciborium::Value::from(&[0xc5; 256][..])),
        (ciborium::Value::from(-2), ciborium::Value::from(&[1, 0, 1][..])),
    ];
    let cases: Vec<(&str, Registration, Taken)> = vec![
        ("good", of(&good()), ALL),
        ("synced", flags(SYNCED), ALL),
        ("extended", of(&extended), ALL),
        ("another challenge", with(&encoded(ENROL), &encoded(b"another")), NOBODY),
        ("another origin", with(BROKER, "https://evil.example"), NOBODY),
        ("another relying party", of(&Passkey::new(1, "evil.example")), NOBODY),
        ("an assertion's type", with("webauthn.create", "webauthn.get"), NOBODY),
        ("no touch", flags(0), NOBODY),
        ("not verified", flags(PRESENT), NOBODY),
        ("bytes after the data", of(&Passkey { extensions: vec![0], ..good() }), NOBODY),
        // Their readers of CBOR take the bytes that are there.
        ("cut off", registration(&data[..data.len() - 3], usual.as_bytes()), NOT_JIT),
        ("an RSA key", registration(&good().attested(rsa), usual.as_bytes()), NOT_JIT),
        ("in a frame", with("false", "true"), NOT_JIT),
    ];
    let mut asked = Map::new();
    let mut ours = Vec::new();
    for (name, registration, taken) in &cases {
        asked.insert(
            (*name).to_owned(),
            json!({
                "id": encoded(&sha256(&good().point())[..20]),
                "challenge": encoded(ENROL),
                "attestation_object": encoded(&registration.attestation_object),
                "client_data": encoded(&registration.client_data_json),
            }),
        );
        ours.push((*name, enrol(registration, ENROL, &site()).is_ok(), *taken));
    }
    let said = judges(&asked, &Map::new());
    compare("registrations", &said, &ours);
    // Both read the same key out of it as our line has.
    let point = good().point();
    for judge in &said {
        let key = &judge["registrations"]["good"];
        assert_eq!(key["x"], encoded(&point[1..33]).as_str());
        assert_eq!(key["y"], encoded(&point[33..]).as_str());
    }
}

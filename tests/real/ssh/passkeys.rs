//! Stock `ssh-keygen -Y verify` says Good of what a passkey signed and jit packed, and says bad of every change.

use jit::grant::Digest;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::Header;
use jit::grant::statement::ReviewStatement;
use jit::identity::passkey::Assertion;
use jit::identity::passkey::Site;
use jit::identity::passkey::challenge;
use jit::identity::passkey::enrol;
use jit::identity::passkey::pack;
use jit::identity::verify_for;

use super::NAMESPACE;
use super::openssh_verifies;
use crate::support::authenticator::EXTENDED;
use crate::support::authenticator::PRESENT;
use crate::support::authenticator::Parts;
use crate::support::authenticator::Passkey;
use crate::support::authenticator::SYNCED;
use crate::support::authenticator::VERIFIED;
use crate::support::authenticator::client_data;
use crate::support::authenticator::number;
use crate::support::authenticator::string;

const BROKER: &str = "https://jit.example.com";
const RP_ID: &str = "jit.example.com";

fn site() -> Site {
    Site::of(BROKER).unwrap()
}

fn good() -> Passkey {
    Passkey::new(1, RP_ID)
}

/// The canonical bytes of a review, which is what people sign on the page.
fn review() -> Vec<u8> {
    let statement = Statement::Review(ReviewStatement {
        header: Header {
            authority: BROKER.to_owned(),
            who: "bo".parse().unwrap(),
            at: "2026-11-23T10:00:00Z".parse().unwrap(),
            nonce: "n".repeat(43),
        },
        request: Digest::of(b"request"),
        verdict: Verdict::Approve,
        comment: "na\u{ef}ve, but fine".to_owned(),
        duration: None,
        scope: None,
    });
    statement.canonical_text().into_bytes()
}

#[test]
fn openssh_says_good_of_what_a_passkey_signed() {
    let message = review();
    for number in 0..20 {
        let passkey = Passkey::new(number, RP_ID);
        let line = enrol(&passkey.register(b"enrol", BROKER), b"enrol", &site()).unwrap();
        let assertion = passkey.assert(&site(), NAMESPACE, &message);
        let packed = pack(&line, &site(), NAMESPACE, &message, &assertion).unwrap();
        let said = String::from_utf8(openssh_verifies(&line, &message, &packed).unwrap()).unwrap();
        assert!(
            said.starts_with("Good \"jit.request.v1\" signature for ann with ECDSA-SK key SHA256:"),
            "{said}"
        );
        openssh_verifies(&line, b"other", &packed).unwrap_err();
        let another = Passkey::new(number + 100, RP_ID).line();
        openssh_verifies(&another, &message, &packed).unwrap_err();
    }
}

/// The invariant of the verifier: what holds here holds there.
#[test]
fn every_shape_that_holds_here_holds_for_openssh() {
    let message = review();
    let usual = client_data("webauthn.get", &challenge(NAMESPACE, &message).unwrap(), BROKER);
    let usual = String::from_utf8(usual).unwrap();
    let passkeys = [
        good(),
        Passkey { flags: SYNCED, ..good() },
        Passkey { counter: u32::MAX, ..good() },
        Passkey { flags: 0x05 | 0x02 | 0x20, ..good() },
        Passkey { flags: 0x05 | EXTENDED, extensions: vec![0xa1, 0x61, b'x', 0xf5], ..good() },
    ];
    for passkey in passkeys {
        for ending in ["}", r#","crossOrigin":false}"#, r#","crossOrigin":false,"more":{"a":[1,"}"]}}"#] {
            let spelt = usual.replace(r#","crossOrigin":false}"#, ending);
            let assertion = passkey.get(spelt.as_bytes());
            let packed = pack(&passkey.line(), &site(), NAMESPACE, &message, &assertion).unwrap();
            openssh_verifies(&passkey.line(), &message, &packed).unwrap();
        }
    }
}

/// Whether OpenSSH and jit take a signature, under the line of its own key.
fn taken(parts: &Parts, line: &str, message: &[u8]) -> (bool, bool) {
    let armoured = parts.armour();
    let here = verify_for(BROKER, NAMESPACE, message, &armoured).is_ok();
    (openssh_verifies(line, message, &armoured).is_ok(), here)
}

/// A change's name, the line under which it is verified, and what it does.
type Change<'a> = (&'a str, &'a str, &'a dyn Fn(&mut Parts));

#[test]
fn every_changed_byte_is_bad_for_openssh_and_for_us() {
    let message = review();
    let line = good().line();
    let whole = Parts::of(&good(), &site(), NAMESPACE, &message);
    assert_eq!(taken(&whole, &line, &message), (true, true));
    assert_eq!(taken(&whole, &line, b"another message"), (false, false), "message");
    let elsewhere = Passkey::new(1, "evil.example");
    let changes: [Change<'_>; 15] = [
        ("flags: no touch", &line, &|parts| parts.flags &= !PRESENT),
        ("flags: not verified", &line, &|parts| parts.flags &= !VERIFIED),
        ("flags: a bit more", &line, &|parts| parts.flags |= 0x08),
        ("flags: extensions", &line, &|parts| parts.flags |= EXTENDED),
        ("counter", &line, &|parts| parts.counter += 1),
        ("origin", &line, &|parts| parts.origin = b"https://evil.example".to_vec()),
        ("origin with a slash", &line, &|parts| parts.origin.push(b'/')),
        ("rpId", &elsewhere.line(), &|parts| parts.key = elsewhere.key_blob()),
        ("challenge", &line, &|parts| parts.client_data[40] ^= 1),
        ("client data", &line, &|parts| parts.client_data.push(b' ')),
        ("extensions", &line, &|parts| parts.extensions.push(0xa0)),
        ("key", &Passkey::new(2, RP_ID).line(), &|parts| parts.key = Passkey::new(2, RP_ID).key_blob()),
        ("numbers", &line, &|parts| parts.numbers[10] ^= 1),
        ("bytes after the signature", &line, &|parts| parts.inner_rest.push(0)),
        ("bytes after everything", &line, &|parts| parts.rest.push(0)),
    ];
    for (name, line, change) in changes {
        let mut parts = whole.clone();
        change(&mut parts);
        assert_eq!(taken(&parts, line, &message), (false, false), "{name}");
    }
}

/// A passkey really signed each of these, and we alone refuse them: OpenSSH leaves them to the reader (docs/trust.md).
#[test]
fn openssh_leaves_the_rest_to_us() {
    let message = review();
    let expected = challenge(NAMESPACE, &message).unwrap();
    let usual = String::from_utf8(client_data("webauthn.get", &expected, BROKER)).unwrap();
    let of = |passkey: &Passkey, site: &Site, client_data: &str| {
        let assertion: Assertion = passkey.get(client_data.as_bytes());
        taken(&Parts::around(passkey, site, NAMESPACE, &assertion), &passkey.line(), &message)
    };
    for flags in [0, PRESENT, VERIFIED] {
        assert_eq!(of(&Passkey { flags, ..good() }, &site(), &usual), (true, false), "flags {flags}");
    }
    for more in [r#""crossOrigin":true"#, r#""crossOrigin":false,"topOrigin":"https://evil.example""#] {
        let framed = usual.replace(r#""crossOrigin":false"#, more);
        assert_eq!(of(&good(), &site(), &framed), (true, false), "{more}");
    }
    let twice = usual.replace(r#""crossOrigin":false"#, r#""type":"webauthn.create""#);
    assert_eq!(of(&good(), &site(), &twice), (true, false), "a member twice");
    let evil = Site { origin: "https://evil.example".to_owned(), ..site() };
    assert_eq!(of(&good(), &evil, &usual.replace(BROKER, &evil.origin)), (true, false), "another origin");
    let theirs = Passkey::new(1, "evil.example");
    assert_eq!(of(&theirs, &site(), &usual), (true, false), "another relying party");
    // And an SSH signature by the key of a passkey, or with numbers that are spelled with more bytes.
    let whole = Parts::of(&good(), &site(), NAMESPACE, &message);
    let numbers = string(&[&[0, 0], &whole.numbers[4..][..32]].concat());
    let mut padded = whole.clone();
    // Only a positive number without a sign byte can be padded so.
    if whole.numbers[..4] == [0, 0, 0, 32] {
        padded.numbers.splice(..36, numbers);
        assert_eq!(taken(&padded, &good().line(), &message), (true, false), "padded numbers");
    }
    let other = Parts { numbers: [number(&[1]), number(&[1])].concat(), ..whole };
    assert_eq!(taken(&other, &good().line(), &message), (false, false), "other numbers");
    // These two OpenSSH refuses as well.
    let created = usual.replace("webauthn.get", "webauthn.create");
    assert_eq!(of(&good(), &site(), &created), (false, false), "a registration's type");
    assert_eq!(of(&Passkey { flags: 0x45, ..good() }, &site(), &usual), (false, false), "a new credential");
}

//! Every class of change to a passkey's signature is refused, each for its own cause.

use std::sync::LazyLock;

use data_encoding::BASE64URL_NOPAD;
use jit::grant::Signed;
use jit::grant::statement::Kind;
use jit::identity::Opened;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::passkey::Assertion;
use jit::identity::passkey::Site;
use jit::identity::passkey::challenge;
use jit::identity::passkey::pack;
use jit::identity::statement::sign;
use jit::identity::verify;
use jit::identity::verify_for;
use jit::system::fake_agent::SoftKey;
use proptest::prelude::*;

use super::BROKER;
use super::MESSAGE;
use super::NAMESPACE;
use super::RP_ID;
use super::SITE;
use crate::support::authenticator::ATTESTED;
use crate::support::authenticator::EXTENDED;
use crate::support::authenticator::PRESENT;
use crate::support::authenticator::Parts;
use crate::support::authenticator::Passkey;
use crate::support::authenticator::VERIFIED;
use crate::support::authenticator::armour;
use crate::support::authenticator::client_data;
use crate::support::authenticator::number;
use crate::support::authenticator::string;

fn good() -> Passkey {
    Passkey::new(1, RP_ID)
}

/// The parts of a good signature, made once.
static PARTS: LazyLock<Parts> = LazyLock::new(|| Parts::of(&good(), &SITE, NAMESPACE, MESSAGE));

fn parts() -> Parts {
    PARTS.clone()
}

#[track_caller]
fn refused(armoured: &str, because: &str) {
    let error = verify_for(BROKER, NAMESPACE, MESSAGE, armoured).expect_err("it must not hold");
    assert!(error.to_string().contains(because), "{error}");
}

/// Bytes that were changed after the authenticator had signed.
#[test]
fn what_was_changed_afterwards_does_not_hold() {
    verify_for(BROKER, NAMESPACE, MESSAGE, &parts().armour()).unwrap();
    let with = |change: &dyn Fn(&mut Parts)| {
        let mut parts = parts();
        change(&mut parts);
        parts.armour()
    };
    refused(&with(&|parts| parts.flags |= 0x08), "other bytes or with another key");
    refused(&with(&|parts| parts.flags &= !PRESENT), "without a touch");
    refused(&with(&|parts| parts.flags &= !VERIFIED), "without a face");
    refused(&with(&|parts| parts.counter += 1), "other bytes or with another key");
    refused(&with(&|parts| parts.key = Passkey::new(2, RP_ID).key_blob()), "with another key");
    refused(
        &with(&|parts| parts.key = Passkey::new(1, "evil.example").key_blob()),
        "passkey of evil.example",
    );
    refused(
        &with(&|parts| parts.origin = b"https://evil.example".to_vec()),
        "was made at \"https://evil.example\"",
    );
    refused(&with(&|parts| parts.origin = format!("{BROKER}/").into()), "was made at");
    refused(&with(&|parts| parts.client_data.push(b' ')), "not spelt as browsers spell it");
    refused(&with(&|parts| parts.client_data.extend(b"{}")), "not one JSON object");
    refused(&with(&|parts| parts.client_data.clear()), "not one JSON object");
    refused(&with(&|parts| parts.extensions.push(0xa0)), "extensions contradict");
    refused(&with(&|parts| parts.flags |= EXTENDED), "extensions contradict");
    refused(&with(&|parts| parts.inner_rest.push(0)), "is damaged");
    refused(&with(&|parts| parts.rest.push(0)), "not an SSH signature");
    refused(&with(&|parts| parts.namespace = b"jit.request.v1".to_vec()), "was made for \"jit.request.v1\"");
    refused(&with(&|parts| parts.hash = b"sha256".to_vec()), "SHA-512");
    refused(&with(&|parts| parts.hash = b"sha1".to_vec()), "not an SSH signature");
    refused(
        &with(&|parts| parts.kind = b"webauthn-sk-ssh-ed25519@openssh.com".to_vec()),
        "not an SSH signature",
    );
    let with_version = |version: u8, reserved: &[u8]| {
        let mut blob = parts().blob();
        blob[9] = version;
        let empty = [string(NAMESPACE.as_bytes()), string(b"")].concat();
        let at = blob.windows(empty.len()).position(|window| window == empty).unwrap();
        let filled = [string(NAMESPACE.as_bytes()), string(reserved)].concat();
        blob.splice(at..at + empty.len(), filled);
        armour(&blob)
    };
    assert_eq!(with_version(1, b""), parts().armour());
    refused(&with_version(2, b""), "its version is not known");
    refused(&with_version(0, b""), "its version is not known");
    refused(&with_version(1, b"later"), "its version is not known");
    // Each number of a signature has one spelling, of at most 32 bytes.
    refused(&with(&|parts| parts.numbers.push(0)), "is damaged");
    refused(&with(&|parts| parts.numbers = [string(&[0, 0, 1]), number(&[1])].concat()), "is damaged");
    refused(&with(&|parts| parts.numbers = [string(&[0x80]), number(&[1])].concat()), "is damaged");
    refused(&with(&|parts| parts.numbers = [number(&[1; 33]), number(&[1])].concat()), "is damaged");
    refused(&with(&|parts| parts.numbers = [number(&[]), number(&[1])].concat()), "is damaged");
    refused(&with(&|parts| parts.numbers = [number(&[0xff; 32]), number(&[1])].concat()), "with another key");
    // The armour has one spelling.
    let whole = parts().armour();
    refused(&whole.replace('\n', "\r\n"), "not in canonical form");
    refused(&format!("\n{whole}"), "not in canonical form");
    for changed in [format!("{whole}x"), format!("{whole} "), whole.replacen('\n', "\nComment: x\n", 1)] {
        refused(&changed, "it is not ");
    }
    refused(&whole.repeat(20), "longer than");
    let error = verify_for(BROKER, NAMESPACE, b"{\"kind\":\"reviex\"}", &whole).unwrap_err();
    assert!(error.to_string().contains("another challenge: it was made over other bytes"), "{error}");
    let error = verify_for(BROKER, "jit.request.v1", MESSAGE, &whole).unwrap_err();
    assert!(error.to_string().contains("it was made for \"jit.review.v1\""), "{error}");
}

/// An authenticator really signed each of these, but for a place or in a way that does not count.
#[test]
fn what_was_signed_otherwise_does_not_hold() {
    let signed = |passkey: &Passkey, client_data: &[u8]| {
        Parts::around(passkey, &SITE, NAMESPACE, &passkey.get(client_data)).armour()
    };
    let expected = challenge(NAMESPACE, MESSAGE).unwrap();
    let usual = client_data("webauthn.get", &expected, BROKER);
    verify_for(BROKER, NAMESPACE, MESSAGE, &signed(&good(), &usual)).unwrap();
    for (flags, because) in [
        (0x00, "without a touch"),
        (VERIFIED, "without a touch"),
        (PRESENT, "without a face, a finger or a PIN"),
        (0xfa, "without a touch"),
        (PRESENT | VERIFIED | 0x10, "flags contradict each other"),
        (PRESENT | VERIFIED | ATTESTED, "carries a new credential"),
        (PRESENT | VERIFIED | EXTENDED, "extensions contradict"),
    ] {
        refused(&signed(&Passkey { flags, ..good() }, &usual), because);
    }
    let extended = |flags: u8, extensions: &[u8]| {
        signed(&Passkey { flags, extensions: extensions.to_vec(), ..good() }, &usual)
    };
    refused(&extended(0x05, &[0xa0]), "extensions contradict");
    for damaged in [&[0xa1][..], &[0xa0, 0xa0], &[0x01], &[0xff]] {
        refused(&extended(0x05 | EXTENDED, damaged), "extensions are damaged");
    }
    let other = Passkey { rp_id: "evil.example".to_owned(), ..good() };
    let under_ours =
        Parts { key: good().key_blob(), ..Parts::around(&other, &SITE, NAMESPACE, &other.get(&usual)) };
    refused(&under_ours.armour(), "with another key");

    let text = String::from_utf8(usual).unwrap();
    let encoded = BASE64URL_NOPAD.encode(&expected);
    let replaced = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        signed(&good(), text.replacen(from, to, 1).as_bytes())
    };
    refused(&replaced("webauthn.get", "webauthn.create"), "was made by \"webauthn.create\"");
    refused(&replaced("webauthn.get", "payment.get"), "was made by \"payment.get\"");
    refused(&replaced(&encoded, &BASE64URL_NOPAD.encode(b"x")), "another challenge");
    refused(&replaced(&encoded, &format!("{encoded}=")), "another challenge");
    refused(&replaced(&encoded, ""), "another challenge");
    for origin in
        ["https://evil.example", "http://jit.example.com", "https://jit.example.com:8443", "null", ""]
    {
        refused(&replaced(BROKER, origin), &format!("it was made at {origin:?}, not at {BROKER}"));
    }
    refused(&replaced("https://jit", "https://JIT"), "it was made at");
    for frame in [r#""crossOrigin":true"#, r#""crossOrigin":null"#, r#""crossOrigin":"false""#] {
        refused(&replaced(r#""crossOrigin":false"#, frame), "in a frame of another site");
    }
    for top in ["\"https://jit.example.com\"", "\"https://evil.example\"", "null"] {
        let to = format!(r#""crossOrigin":false,"topOrigin":{top}"#);
        refused(&replaced(r#""crossOrigin":false"#, &to), "in a frame of another site");
    }
    for twice in [
        r#""crossOrigin":false,"crossOrigin":false"#,
        r#""crossOrigin":false,"origin":"https://jit.example.com""#,
        r#""crossOrigin":false,"type":"webauthn.get""#,
        r#""crossOrigin":false,"\u0074ype":"webauthn.create""#,
        r#""crossOrigin":false,"x":1,"x":2"#,
    ] {
        refused(&replaced(r#""crossOrigin":false"#, twice), "comes twice");
    }
    let reordered = format!(r#"{{"challenge":"{encoded}","type":"webauthn.get","origin":"{BROKER}"}}"#);
    refused(&signed(&good(), reordered.as_bytes()), "not spelt as browsers spell it");
    refused(&replaced(",", ", "), "not spelt as browsers spell it");
    refused(&replaced("{", "{ "), "not spelt as browsers spell it");
    refused(&replaced("{", "\u{feff}{"), "not one JSON object");
    refused(&replaced("https://jit", "https:\\/\\/jit"), "not spelt as browsers spell it");
    refused(&replaced("{", "[{"), "not one JSON object");
    refused(&signed(&good(), b"[]"), "not one JSON object");
    refused(&signed(&good(), &[0xff; 8]), "not one JSON object");
}

#[test]
fn a_passkey_counts_at_its_own_site_only() {
    let armoured = parts().armour();
    for (authority, because) in [
        ("https://other.example.com", "passkey of jit.example.com, not of other.example.com"),
        ("https://example.com", "not of example.com"),
        ("https://jit.example.com:8443", "not at https://jit.example.com:8443"),
        ("http://localhost:8765", "not of localhost"),
        ("https://127.0.0.1", "only at a broker whose address is https with a host name"),
        ("http://jit.example.com", "only at a broker whose address is https with a host name"),
        ("github:123456", "only at a broker whose address is https with a host name"),
    ] {
        let error = verify_for(authority, NAMESPACE, MESSAGE, &armoured).unwrap_err();
        assert!(error.to_string().contains(because), "{authority}: {error}");
    }
    let error = verify(NAMESPACE, MESSAGE, &armoured).unwrap_err().to_string();
    assert!(
        error.contains("passkeys count only at a broker") && error.contains("sign with an SSH key"),
        "{error}"
    );
}

#[test]
fn each_key_signs_in_its_own_way_only() {
    // An SSH signature by the very key of a passkey: an agent, or a site that had it signed as raw bytes.
    let of_passkey = TestSigner::of(SoftKey::hardware_ecdsa(1, PRESENT | VERIFIED, RP_ID).unwrap());
    refused(
        &of_passkey.sign(NAMESPACE, MESSAGE).unwrap(),
        "passkey of jit.example.com, and it was not made in a browser",
    );
    assert!(verify(NAMESPACE, MESSAGE, &of_passkey.sign(NAMESPACE, MESSAGE).unwrap()).is_err());
    // A browser's signature by a key that OpenSSH made.
    for application in ["ssh:", "ssh:jit.example.com", "https://jit.example.com", ""] {
        let key = Passkey::new(1, application);
        let site = Site { rp_id: application.to_owned(), origin: BROKER.to_owned() };
        let armoured = Parts::of(&key, &site, NAMESPACE, MESSAGE).armour();
        let because = if application == "ssh:" { "its key is not a passkey" } else { "application is" };
        refused(&armoured, because);
        assert!(
            pack(&key.line(), &SITE, NAMESPACE, MESSAGE, &key.assert(&SITE, NAMESPACE, MESSAGE)).is_err()
        );
    }
    let ed25519 = TestSigner::ed25519(1);
    let key = ssh_key::PublicKey::from(ed25519.key().public().clone()).to_bytes().unwrap();
    refused(&Parts { key, ..parts() }.armour(), "its key is not a passkey");
    let assertion = good().assert(&SITE, NAMESPACE, MESSAGE);
    let error = pack(ed25519.public_key(), &SITE, NAMESPACE, MESSAGE, &assertion).unwrap_err();
    assert!(error.to_string().contains("it is not a passkey"), "{error}");
    // The point in its short form has another fingerprint, and would be another key.
    let point = good().point();
    let short = [&[2 + (point[64] & 1)], &point[1..33]].concat();
    let key = [
        string(b"sk-ecdsa-sha2-nistp256@openssh.com"),
        string(b"nistp256"),
        string(&short),
        string(RP_ID.as_bytes()),
    ];
    refused(&Parts { key: key.concat(), ..parts() }.armour(), "compressed");
}

/// The input of `pack` comes from a page that somebody may have altered.
#[test]
fn a_bad_assertion_is_not_packed() {
    let packed = |passkey: &Passkey, site: &Site, assertion: &Assertion| {
        pack(&passkey.line(), site, NAMESPACE, MESSAGE, assertion).unwrap_err().to_string()
    };
    let assertion = good().assert(&SITE, NAMESPACE, MESSAGE);
    let other = Passkey::new(1, "evil.example");
    let theirs = other.assert(&SITE, NAMESPACE, MESSAGE);
    assert!(packed(&good(), &SITE, &theirs).contains("another site than jit.example.com"));
    assert!(packed(&other, &SITE, &assertion).contains("passkey of evil.example, not of jit.example.com"));
    assert!(packed(&Passkey::new(2, RP_ID), &SITE, &assertion).contains("with another key"));
    let elsewhere = Site::of("https://jit.example.com:8443").unwrap();
    assert!(packed(&good(), &elsewhere, &assertion).contains("it was made at \"https://jit.example.com\""));
    for length in [0, 31, 36] {
        let short = Assertion { authenticator_data: vec![0; length], ..assertion.clone() };
        assert!(packed(&good(), &SITE, &short).contains("data are damaged"));
    }
    let der = &assertion.signature;
    let trailing = [der.as_slice(), &[0]].concat();
    let long_form = [&[0x30, 0x81, der[1]], &der[2..]].concat();
    for signature in [Vec::new(), der[1..].to_vec(), trailing, long_form, vec![0x30, 0]] {
        let damaged = Assertion { signature, ..assertion.clone() };
        assert!(packed(&good(), &SITE, &damaged).contains("ASN.1 DER"));
    }
    let long = Assertion { client_data_json: vec![b' '; 20_000], ..assertion.clone() };
    assert!(packed(&good(), &SITE, &long).contains("longer than"));
    let error = pack(&good().line(), &SITE, "", MESSAGE, &assertion).unwrap_err();
    assert!(error.to_string().contains("does not hold"), "{error}");
}

/// A passkey's statement of one kind is none of another, nor one for another broker.
#[test]
fn a_statement_is_opened_for_its_own_kind_and_broker() {
    let plain = TestSigner::ed25519(1);
    let signed = sign(&super::reviewing::review(BROKER), &plain).unwrap();
    let by_passkey =
        |namespace: &str, message: &str| Parts::of(&good(), &SITE, namespace, message.as_bytes()).armour();
    let with = |signature: String| Signed { statement: signed.statement.clone(), signature };
    let whole = with(by_passkey(&Kind::Review.namespace(), &signed.statement));
    let opened = Opened::open(whole.clone(), Kind::Review, BROKER).unwrap();
    assert_eq!(opened.assurance(), jit::grant::Assurance::Touch);
    let refusal = |signed: Signed, kind: Kind, authority: &str| {
        Opened::open(signed, kind, authority).unwrap_err().to_string()
    };
    for kind in [Kind::Login, Kind::Request, Kind::Revoke, Kind::Extend] {
        let other = with(by_passkey(&kind.namespace(), &signed.statement));
        assert!(refusal(other, Kind::Review, BROKER).contains("it was made for"), "{kind}");
        assert!(refusal(whole.clone(), kind, BROKER).contains("it is a review"), "{kind}");
    }
    assert!(refusal(whole.clone(), Kind::Review, "https://other.example.com").contains("another broker"));
    let changed = Signed { statement: signed.statement.replace("fine", "fini"), ..whole };
    assert!(refusal(changed, Kind::Review, BROKER).contains("other bytes"));
    // A repository as authority has no page, and so no passkeys.
    let hub = "github:123456";
    let statement = sign(&super::reviewing::review(hub), &plain).unwrap().statement;
    let signature = by_passkey(&Kind::Review.namespace(), &statement);
    assert!(refusal(Signed { statement, signature }, Kind::Review, hub).contains("only at a broker"));
}

#[test]
fn no_flipped_bit_holds() {
    let blob = parts().blob();
    for at in 0..blob.len() {
        for bit in 0..8 {
            let mut changed = blob.clone();
            changed[at] ^= 1 << bit;
            let found = verify_for(BROKER, NAMESPACE, MESSAGE, &armour(&changed));
            assert!(found.is_err(), "bit {bit} of byte {at}");
        }
    }
    for end in 0..blob.len() {
        assert!(verify_for(BROKER, NAMESPACE, MESSAGE, &armour(&blob[..end])).is_err(), "{end} bytes");
    }
}

proptest! {
    #[test]
    fn no_byte_more_holds(at in any::<prop::sample::Index>(), more in any::<Vec<u8>>()) {
        prop_assume!(!more.is_empty());
        let mut blob = parts().blob();
        let at = at.index(blob.len() + 1);
        blob.splice(at..at, more);
        prop_assert!(verify_for(BROKER, NAMESPACE, MESSAGE, &armour(&blob)).is_err());
    }

    #[test]
    fn no_message_but_the_signed_one_holds(message in any::<Vec<u8>>(), namespace in "[a-z.0-9]{0,20}") {
        prop_assume!(message != MESSAGE);
        let armoured = parts().armour();
        prop_assert!(verify_for(BROKER, NAMESPACE, &message, &armoured).is_err());
        prop_assert!(verify_for(BROKER, &namespace, MESSAGE, &armoured).is_err() || namespace == NAMESPACE);
    }
}

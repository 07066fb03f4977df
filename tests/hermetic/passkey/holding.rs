//! Good signatures of passkeys.

use jit::grant::Assurance;
use jit::identity::key::parse_line;
use jit::identity::passkey::challenge;
use jit::identity::passkey::pack;
use jit::identity::signer;
use jit::identity::signer::KeyChoice;
use jit::identity::verify_for;
use jit::system::console::ConsoleError;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake_agent::SoftKey;
use ssh_key::HashAlg;
use ssh_key::SshSig;

use super::BROKER;
use super::MESSAGE;
use super::NAMESPACE;
use super::RP_ID;
use super::SITE;
use crate::support::authenticator::EXTENDED;
use crate::support::authenticator::Parts;
use crate::support::authenticator::Passkey;
use crate::support::authenticator::SYNCED;
use crate::support::authenticator::client_data;

#[test]
fn an_assertion_becomes_an_ssh_signature_that_holds() {
    for number in 0..40 {
        let passkey = Passkey::new(number, RP_ID);
        let assertion = passkey.assert(&SITE, NAMESPACE, MESSAGE);
        let packed = pack(&passkey.line(), &SITE, NAMESPACE, MESSAGE, &assertion).unwrap();
        assert_eq!(packed, Parts::around(&passkey, &SITE, NAMESPACE, &assertion).armour());
        let verified = verify_for(BROKER, NAMESPACE, MESSAGE, &packed).unwrap();
        let line = parse_line(&passkey.line()).unwrap();
        assert_eq!(verified.fingerprint, line.fingerprint);
        assert_eq!(verified.assurance, Assurance::Touch);
        assert_eq!((line.hardware, line.site.as_deref()), (true, Some(RP_ID)));
    }
}

/// The shapes in which authenticators and browsers differ.
#[test]
fn every_honest_shape_holds() {
    let good = Passkey::new(1, RP_ID);
    let shapes = [
        Passkey { flags: SYNCED, ..good.clone() },
        Passkey { counter: u32::MAX, ..good.clone() },
        // Bits that are reserved for later say nothing.
        Passkey { flags: 0x05 | 0x02 | 0x20, ..good.clone() },
        Passkey { flags: 0x05 | EXTENDED, extensions: vec![0xa1, 0x61, b'x', 0xf5], ..good.clone() },
    ];
    for passkey in shapes {
        let armoured = Parts::of(&passkey, &SITE, NAMESPACE, MESSAGE).armour();
        verify_for(BROKER, NAMESPACE, MESSAGE, &armoured).unwrap();
    }
    let challenge = challenge(NAMESPACE, MESSAGE).unwrap();
    let plain = String::from_utf8(client_data("webauthn.get", &challenge, BROKER)).unwrap();
    for ending in [
        "}",
        r#","crossOrigin":false}"#,
        r#","crossOrigin":false,"other_keys_can_be_added_here":"do not compare clientDataJSON against a template"}"#,
        r#","tokenBinding":{"status":"supported"}}"#,
    ] {
        let spelt = plain.replace(r#","crossOrigin":false}"#, ending);
        let assertion = good.get(spelt.as_bytes());
        pack(&good.line(), &SITE, NAMESPACE, MESSAGE, &assertion).unwrap();
    }
}

#[test]
fn the_challenge_is_the_blob_that_an_ssh_key_would_sign() {
    let expected = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, MESSAGE).unwrap();
    assert_eq!(challenge(NAMESPACE, MESSAGE).unwrap(), expected);
    assert!(expected.starts_with(b"SSHSIG\0\0\0\x0djit.review.v1"));
    challenge("", MESSAGE).unwrap_err();
}

#[test]
fn a_passkey_is_never_offered_for_logging_in() {
    let folder = tempfile::tempdir().unwrap();
    let world =
        FakeWorld::new(folder.path(), &FakeClock::at("2026-11-23T10:00:00Z"), &FakeHttp::default(), 1);
    // An agent that holds such a key can sign with it, and the signature would count nowhere.
    let key = SoftKey::hardware_ecdsa(1, 1, RP_ID).unwrap();
    let line = ssh_key::PublicKey::from(key.public().clone()).to_openssh().unwrap();
    world.agent.add(key);
    world.agent.add(SoftKey::hardware_ecdsa(2, 1, "ssh:").unwrap());
    let found = signer::candidates(&world.system);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_ne!(found[0].line, line);
    let choice = KeyChoice { public: line, file: None };
    let error = signer::open(&choice, &world.system, &|_| Err(ConsoleError::NotInteractive)).err().unwrap();
    assert!(
        error.to_string().contains("a passkey of jit.example.com, which signs only in a browser"),
        "{error}"
    );
    assert!(world.agent.asked_to_sign().is_empty());
}

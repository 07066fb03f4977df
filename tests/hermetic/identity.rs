//! Valid signatures, and forgeries, which must all fail.

use std::sync::LazyLock;

use jit::grant::Assurance;
use jit::grant::Digest;
use jit::grant::Signed;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::Header;
use jit::grant::statement::Kind;
use jit::grant::statement::LoginStatement;
use jit::grant::statement::ReviewStatement;
use jit::identity::IdentityError;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::key::parse_line;
use jit::identity::statement;
use jit::identity::verify;
use jit::system::fake_agent::SoftKey;
use jit::system::fake_agent::USER_PRESENT;
use proptest::prelude::*;
use ssh_key::EcdsaCurve;
use ssh_key::HashAlg;
use ssh_key::LineEnding;
use ssh_key::Mpint;
use ssh_key::SshSig;
use ssh_key::encoding::Encode;
use ssh_key::public::KeyData;
use ssh_key::public::RsaPublicKey;

const NAMESPACE: &str = "jit.review.v1";
const MESSAGE: &[u8] = b"{\"kind\":\"review\"}";
const BROKER: &str = "https://jit.example.com";

/// Generating RSA keys takes a second or more, so tests share them.
static RSA_3072: LazyLock<SoftKey> = LazyLock::new(|| SoftKey::rsa(1, 3072).unwrap());
static RSA_2048: LazyLock<SoftKey> = LazyLock::new(|| SoftKey::rsa(1, 2048).unwrap());

fn every_kind() -> Vec<TestSigner> {
    vec![
        TestSigner::ed25519(1),
        TestSigner::of(SoftKey::ecdsa(1, EcdsaCurve::NistP256).unwrap()),
        TestSigner::of(SoftKey::ecdsa(1, EcdsaCurve::NistP384).unwrap()),
        TestSigner::of(SoftKey::ecdsa(1, EcdsaCurve::NistP521).unwrap()),
        TestSigner::of(RSA_3072.clone()),
        TestSigner::touch(1),
        TestSigner::of(SoftKey::hardware_ecdsa(1, USER_PRESENT, "ssh:").unwrap()),
    ]
}

fn review(authority: &str) -> Statement {
    Statement::Review(ReviewStatement {
        header: Header {
            authority: authority.to_owned(),
            who: "bo".parse().unwrap(),
            at: "2026-11-23T10:00:00Z".parse().unwrap(),
            nonce: "n".repeat(43),
        },
        request: Digest::of(b"request"),
        verdict: Verdict::Approve,
        comment: "fine".to_owned(),
        duration: None,
        scope: None,
    })
}

#[track_caller]
fn refused(result: Result<jit::identity::Verified, IdentityError>, because: &str) {
    let error = result.expect_err("it must not hold");
    assert!(error.to_string().contains(because), "{error}");
}

#[test]
fn every_kind_of_key_signs_and_verifies() {
    for signer in every_kind() {
        let armoured = signer.sign(NAMESPACE, MESSAGE).unwrap();
        let verified = verify(NAMESPACE, MESSAGE, &armoured).unwrap();
        assert_eq!(verified.fingerprint, signer.fingerprint());
        let line = parse_line(signer.public_key()).unwrap();
        assert_eq!(line.fingerprint, signer.fingerprint());
        assert_eq!(line.line, signer.public_key());
        let expected = if line.hardware { Assurance::Touch } else { Assurance::Key };
        assert_eq!(verified.assurance, expected, "{}", line.line);
    }
}

#[test]
fn other_bytes_namespaces_and_keys_do_not_hold() {
    for signer in every_kind() {
        let armoured = signer.sign(NAMESPACE, MESSAGE).unwrap();
        refused(verify(NAMESPACE, b"{\"kind\":\"reviex\"}", &armoured), "other bytes");
        refused(verify("jit.request.v1", MESSAGE, &armoured), "it was made for \"jit.review.v1\"");
        refused(verify("jit.review.v", MESSAGE, &armoured), "it was made for");
        refused(verify("", MESSAGE, &armoured), "it was made for");
    }
    // One person's signature under another person's public key.
    let bo = SshSig::from_pem(TestSigner::ed25519(1).sign(NAMESPACE, MESSAGE).unwrap()).unwrap();
    let eve = TestSigner::ed25519(2);
    let swapped =
        SshSig::new(eve.key().public().clone(), NAMESPACE, HashAlg::Sha512, bo.signature().clone()).unwrap();
    refused(verify(NAMESPACE, MESSAGE, &swapped.to_pem(LineEnding::LF).unwrap()), "another key");
}

#[test]
fn weak_keys_are_refused_wherever_they_appear() {
    let weak = TestSigner::of(RSA_2048.clone());
    refused(verify(NAMESPACE, MESSAGE, &weak.sign(NAMESPACE, MESSAGE).unwrap()), "2048 bits is too weak");
    assert!(parse_line(weak.public_key()).unwrap_err().to_string().contains("2048"));
    assert!(parse_line(TestSigner::of(RSA_3072.clone()).public_key()).is_ok());
}

#[test]
fn sha1_and_algorithms_of_other_keys_are_refused() {
    let signer = TestSigner::of(RSA_3072.clone());
    let data = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, MESSAGE).unwrap();
    let good = signer.sign_raw(&data).unwrap();
    for algorithm in
        [ssh_key::Algorithm::Rsa { hash: None }, ssh_key::Algorithm::Rsa { hash: Some(HashAlg::Sha256) }]
    {
        let relabelled = ssh_key::Signature::new(algorithm, good.as_bytes()).unwrap();
        let armoured = SshSig::new(signer.key().public().clone(), NAMESPACE, HashAlg::Sha512, relabelled)
            .unwrap()
            .to_pem(LineEnding::LF)
            .unwrap();
        assert!(verify(NAMESPACE, MESSAGE, &armoured).is_err());
    }
    // A plain ed25519 signature under a security key claims a touch that never happened.
    let plain = TestSigner::ed25519(1);
    let hardware = TestSigner::touch(1);
    let data = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, MESSAGE).unwrap();
    let signature = plain.sign_raw(&data).unwrap();
    let armoured = SshSig::new(hardware.key().public().clone(), NAMESPACE, HashAlg::Sha512, signature)
        .unwrap()
        .to_pem(LineEnding::LF)
        .unwrap();
    refused(verify(NAMESPACE, MESSAGE, &armoured), "its algorithm ssh-ed25519 is not one");
}

#[test]
fn a_security_key_without_a_touch_or_of_another_application_is_refused() {
    for flags in [0x00, 0x04, 0xfe] {
        let signer = TestSigner::hardware(1, flags, "ssh:");
        let armoured = signer.sign(NAMESPACE, MESSAGE).unwrap();
        refused(verify(NAMESPACE, MESSAGE, &armoured), "not touched");
        let ecdsa = TestSigner::of(SoftKey::hardware_ecdsa(1, flags, "ssh:").unwrap());
        refused(verify(NAMESPACE, MESSAGE, &ecdsa.sign(NAMESPACE, MESSAGE).unwrap()), "not touched");
    }
    let verified = TestSigner::hardware(1, USER_PRESENT | 0x04, "ssh:");
    assert!(verify(NAMESPACE, MESSAGE, &verified.sign(NAMESPACE, MESSAGE).unwrap()).is_ok());
    for application in ["ssh:work", "https://example.com", "", "ssh:\u{202e}"] {
        let signer = TestSigner::hardware(1, USER_PRESENT, application);
        refused(verify(NAMESPACE, MESSAGE, &signer.sign(NAMESPACE, MESSAGE).unwrap()), "application");
        assert!(parse_line(signer.public_key()).is_err());
    }
}

/// The armoured text of raw SSHSIG bytes, as `ssh-keygen` writes it.
fn armour(bytes: &[u8]) -> String {
    let body = data_encoding::BASE64.encode(bytes);
    let lines: Vec<&str> = (0..body.len()).step_by(70).map(|at| &body[at..body.len().min(at + 70)]).collect();
    format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"))
}

/// A correctly signed SSHSIG (PROTOCOL.sshsig) with this version and reserved field.
fn handmade(version: u32, reserved: &[u8]) -> String {
    let signer = TestSigner::ed25519(1);
    let mut data = b"SSHSIG".to_vec();
    NAMESPACE.encode(&mut data).unwrap();
    reserved.encode(&mut data).unwrap();
    "sha512".encode(&mut data).unwrap();
    HashAlg::Sha512.digest(MESSAGE).as_slice().encode(&mut data).unwrap();
    let mut whole = b"SSHSIG".to_vec();
    version.encode(&mut whole).unwrap();
    signer.key().public().encode_prefixed(&mut whole).unwrap();
    NAMESPACE.encode(&mut whole).unwrap();
    reserved.encode(&mut whole).unwrap();
    "sha512".encode(&mut whole).unwrap();
    signer.sign_raw(&data).unwrap().encode_prefixed(&mut whole).unwrap();
    armour(&whole)
}

#[test]
fn other_versions_and_reserved_bytes_are_refused() {
    verify(NAMESPACE, MESSAGE, &handmade(1, b"")).unwrap();
    refused(verify(NAMESPACE, MESSAGE, &handmade(0, b"")), "version");
    refused(verify(NAMESPACE, MESSAGE, &handmade(1, b"hidden")), "version");
    assert!(verify(NAMESPACE, MESSAGE, &handmade(2, b"")).is_err());
}

#[test]
fn rsa_keys_that_anybody_could_sign_for_are_refused() {
    let KeyData::Rsa(good) = RSA_3072.public().clone() else { panic!("not RSA") };
    let line = |exponent: &[u8], modulus: Mpint| {
        let key = RsaPublicKey::new(Mpint::from_positive_bytes(exponent), modulus).unwrap();
        ssh_key::PublicKey::from(KeyData::Rsa(key)).to_openssh().unwrap()
    };
    assert!(parse_line(&line(&[1, 0, 1], good.n().clone())).is_ok());
    for exponent in [[1].as_slice(), &[2], &[1, 0, 0]] {
        let error = parse_line(&line(exponent, good.n().clone())).unwrap_err();
        assert!(error.to_string().contains("exponent"), "{error}");
    }
    let error = parse_line(&line(&[1, 0, 1], Mpint::from_positive_bytes(&[0xff; 1025]))).unwrap_err();
    assert!(error.to_string().contains("too large"), "{error}");
    // 3065 bits occupy as many bytes as 3072.
    let nearly: Vec<u8> = std::iter::once(1).chain([0xff; 383]).collect();
    let error = parse_line(&line(&[1, 0, 1], Mpint::from_positive_bytes(&nearly))).unwrap_err();
    assert!(error.to_string().contains("3065 bits"), "{error}");
}

#[test]
fn setting_the_touch_flag_afterwards_breaks_the_signature() {
    let signer = TestSigner::hardware(1, 0, "ssh:");
    let data = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, MESSAGE).unwrap();
    let mut bytes = signer.sign_raw(&data).unwrap().as_bytes().to_vec();
    let at = bytes.len() - 5;
    bytes[at] = USER_PRESENT;
    let forged = ssh_key::Signature::new(ssh_key::Algorithm::SkEd25519, bytes).unwrap();
    let armoured = SshSig::new(signer.key().public().clone(), NAMESPACE, HashAlg::Sha512, forged)
        .unwrap()
        .to_pem(LineEnding::LF)
        .unwrap();
    refused(verify(NAMESPACE, MESSAGE, &armoured), "other bytes");
}

#[test]
fn armour_has_one_spelling() {
    let armoured = TestSigner::ed25519(1).sign(NAMESPACE, MESSAGE).unwrap();
    assert!(verify(NAMESPACE, MESSAGE, armoured.trim_end()).is_ok(), "the last line end may be missing");
    let two = TestSigner::ed25519(2).sign(NAMESPACE, MESSAGE).unwrap();
    for other in [
        format!("{armoured}{two}"),
        format!("{armoured}x"),
        format!("x\n{armoured}"),
        format!("\n{armoured}"),
        format!(" {armoured}"),
        armoured.replace('\n', "\r\n"),
        armoured.replace("SSH SIGNATURE", "PGP SIGNATURE"),
        armoured.replacen('\n', "\n\n", 2),
        armoured.replacen('\n', "", 2).replacen("-----U", "-----\nU", 1),
        "x".repeat(1 << 20),
        String::new(),
    ] {
        assert!(verify(NAMESPACE, MESSAGE, &other).is_err(), "{other}");
    }
    // Bytes after the signature, inside well-formed armour.
    let body: String = armoured.lines().filter(|line| !line.starts_with('-')).collect();
    let mut bytes = data_encoding::BASE64.decode(body.as_bytes()).unwrap();
    bytes.extend_from_slice(&[0, 0, 0, 0, 0, 0]);
    let padded = armour(&bytes);
    assert!(verify(NAMESPACE, MESSAGE, &padded).is_err());
}

#[test]
fn a_statement_opens_only_for_its_kind_and_broker() {
    let signer = TestSigner::ed25519(1);
    let signed = statement::sign(&review(BROKER), &signer).unwrap();
    let (opened, verified) = statement::open(&signed, Kind::Review, BROKER).unwrap();
    assert_eq!(opened, review(BROKER));
    assert_eq!(verified.fingerprint, signer.fingerprint());
    for (kind, authority) in [
        (Kind::Request, BROKER),
        (Kind::Login, BROKER),
        (Kind::Revoke, BROKER),
        (Kind::Review, "https://jit.example.com/"),
        (Kind::Review, "https://JIT.example.com"),
        (Kind::Review, "https://other.example.com"),
        (Kind::Review, ""),
    ] {
        assert!(statement::open(&signed, kind, authority).is_err(), "{kind} {authority}");
    }
    let flipped = Signed {
        statement: signed.statement.replace("approve", "deny"),
        signature: signed.signature.clone(),
    };
    let error = statement::open(&flipped, Kind::Review, BROKER).unwrap_err();
    assert!(matches!(error, IdentityError::Signature(_)), "{error}");
    let spaced = Signed { statement: signed.statement.replacen('{', "{ ", 1), ..signed };
    assert!(matches!(statement::open(&spaced, Kind::Review, BROKER), Err(IdentityError::Statement(_))));
}

#[test]
fn a_signature_over_one_kind_serves_no_other() {
    let signer = TestSigner::ed25519(1);
    let text = review(BROKER).canonical_text();
    let signature = signer.sign(&Kind::Login.namespace(), text.as_bytes()).unwrap();
    let signed = Signed { statement: text, signature };
    assert!(matches!(statement::open(&signed, Kind::Review, BROKER), Err(IdentityError::Signature(_))));
    assert!(matches!(statement::open(&signed, Kind::Login, BROKER), Err(IdentityError::Statement(_))));
}

#[test]
fn what_cannot_be_read_back_is_not_signed() {
    let header = Header { nonce: "short".to_owned(), ..review(BROKER).header().clone() };
    let login = Statement::Login(LoginStatement { header, challenge: "c".to_owned() });
    assert!(statement::sign(&login, &TestSigner::ed25519(1)).is_err());
}

#[test]
fn key_lines_are_read_strictly() {
    let line = TestSigner::ed25519(1).public_key().to_owned();
    let read = parse_line(&format!("{line} ann@\u{202e}laptop\n")).unwrap();
    assert_eq!(read.line, line);
    assert_eq!(read.comment, "ann@\\u{202e}laptop");
    assert!(!read.hardware);
    assert_eq!(parse_line(&format!("{line} {}", "x".repeat(5000))).unwrap().comment.len(), 100);
    for bad in [
        String::new(),
        "ssh-ed25519".to_owned(),
        format!("command=\"/bin/sh\" {line}"),
        format!("{line}\n{line}"),
        format!("# {line}"),
        line.replacen("ssh-ed25519", "ssh-rsa", 1),
        line.replacen("AAAA", "AAAB", 1),
        format!("{line} {}", "x".repeat(9000)),
        "-----BEGIN OPENSSH PRIVATE KEY-----".to_owned(),
        "ssh-dss AAAAB3NzaC1kc3M= x".to_owned(),
        "ssh-ed25519-cert-v01@openssh.com AAAA x".to_owned(),
    ] {
        let error = parse_line(&bad).unwrap_err();
        assert!(matches!(error, IdentityError::Key(_)), "{bad:?}: {error}");
    }
}

proptest! {
    #[test]
    fn no_input_makes_it_panic_or_hold(text in "\\PC{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(verify(NAMESPACE, MESSAGE, &text).is_err());
        let _ = parse_line(&text);
        let inside = data_encoding::BASE64.encode(&[b"SSHSIG".as_slice(), &bytes].concat());
        let armoured = format!("-----BEGIN SSH SIGNATURE-----\n{inside}\n-----END SSH SIGNATURE-----\n");
        prop_assert!(verify(NAMESPACE, MESSAGE, &armoured).is_err());
        let _ = parse_line(&format!("ssh-ed25519 {inside}"));
    }

    #[test]
    fn no_changed_bit_holds(at in 0usize..300, bit in 0u8..8, hardware in any::<bool>()) {
        let signer = if hardware { TestSigner::touch(1) } else { TestSigner::ed25519(1) };
        let armoured = signer.sign(NAMESPACE, MESSAGE).unwrap();
        let mut signature = SshSig::from_pem(&armoured).unwrap().encode_vec().unwrap();
        let at = at % signature.len();
        signature[at] ^= 1 << bit;
        let changed = <SshSig as ssh_key::encoding::Decode>::decode(&mut signature.as_slice());
        if let Ok(changed) = changed.and_then(|changed| changed.to_pem(LineEnding::LF)) {
            prop_assert!(verify(NAMESPACE, MESSAGE, &changed).is_err());
        }
    }
}

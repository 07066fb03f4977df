//! Signatures that hold, and every forgery of `trust.md` §1–2 that must not.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

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
use jit::identity::signer;
use jit::identity::signer::KeyChoice;
use jit::identity::signer::Source;
use jit::identity::statement;
use jit::identity::verify;
use jit::secret::Secret;
use jit::system::agent::AgentError;
use jit::system::console::ConsoleError;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake_agent::SoftKey;
use jit::system::fake_agent::USER_PRESENT;
use proptest::prelude::*;
use ssh_key::EcdsaCurve;
use ssh_key::HashAlg;
use ssh_key::LineEnding;
use ssh_key::PrivateKey;
use ssh_key::SshSig;

const NAMESPACE: &str = "jit.review.v1";
const MESSAGE: &[u8] = b"{\"kind\":\"review\"}";
const BROKER: &str = "https://jit.example.com";

/// Making RSA keys takes a second or more, so tests share them.
static RSA_3072: LazyLock<SoftKey> = LazyLock::new(|| SoftKey::rsa(1, 3072).unwrap());
static RSA_2048: LazyLock<SoftKey> = LazyLock::new(|| SoftKey::rsa(1, 2048).unwrap());

fn world(root: &Path) -> FakeWorld {
    FakeWorld::new(root, &FakeClock::at("2026-11-23T10:00:00Z"), &FakeHttp::default(), 1)
}

fn nobody(_: &str) -> Result<Secret<String>, ConsoleError> {
    Err(ConsoleError::NotInteractive)
}

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
    let longer = data_encoding::BASE64.encode(&bytes);
    let lines: Vec<&str> =
        (0..longer.len()).step_by(70).map(|at| &longer[at..longer.len().min(at + 70)]).collect();
    let padded =
        format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"));
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

#[test]
fn the_agent_signs_with_the_configured_key_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let (mine, other) = (TestSigner::ed25519(1), TestSigner::ed25519(2));
    world.agent.add(other.key().clone());
    let choice = KeyChoice { public: mine.public_key().to_owned(), file: None };
    let error = signer::open(&choice, &world.system, &nobody).err().unwrap();
    assert!(matches!(error, IdentityError::Missing { .. }), "{error}");
    assert!(error.hint().unwrap().contains("ssh-add"));
    world.agent.add(mine.key().clone());
    let opened = signer::open(&choice, &world.system, &nobody).unwrap();
    let armoured = opened.sign(NAMESPACE, MESSAGE).unwrap();
    assert_eq!(verify(NAMESPACE, MESSAGE, &armoured).unwrap().fingerprint, mine.fingerprint());
    let asked = world.agent.asked_to_sign();
    assert_eq!(asked, [ssh_key::PublicKey::from(mine.key().public().clone()).to_bytes().unwrap()]);
    world.agent.clear();
    world.agent.add(other.key().clone());
    let error = opened.sign(NAMESPACE, MESSAGE).unwrap_err();
    assert!(error.to_string().contains("refuses"), "{error}");
}

#[test]
fn every_kind_signs_through_the_agent() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    for signer in every_kind() {
        world.agent.add(signer.key().clone());
    }
    for signer in every_kind() {
        let choice = KeyChoice { public: signer.public_key().to_owned(), file: None };
        let opened = signer::open(&choice, &world.system, &nobody).unwrap();
        let armoured = opened.sign(NAMESPACE, MESSAGE).unwrap();
        assert_eq!(verify(NAMESPACE, MESSAGE, &armoured).unwrap().fingerprint, signer.fingerprint());
    }
    assert_eq!(signer::candidates(&world.system).len(), 7);
}

#[test]
fn trouble_with_the_agent_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let mine = TestSigner::ed25519(1);
    world.agent.add(mine.key().clone());
    let choice = KeyChoice { public: mine.public_key().to_owned(), file: None };
    let opened = signer::open(&choice, &world.system, &nobody).unwrap();
    for (trouble, word) in [
        (AgentError::Absent, "none is running"),
        (AgentError::TimeOut(60), "60 seconds"),
        (AgentError::Damaged("\u{1b}[2J".to_owned()), "\\u{1b}"),
    ] {
        world.agent.fail(Some(trouble));
        let error = opened.sign(NAMESPACE, MESSAGE).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        let error = signer::open(&choice, &world.system, &nobody).err().unwrap();
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_security_key_outside_the_agent_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let choice = KeyChoice {
        public: TestSigner::touch(1).public_key().to_owned(),
        file: Some(folder.path().join("id_ed25519_sk")),
    };
    let error = signer::open(&choice, &world.system, &nobody).err().unwrap();
    assert!(matches!(error, IdentityError::Hardware { .. }), "{error}");
    assert!(error.hint().unwrap().contains("ssh-add"));
    // An agent that signs without a touch gains nothing, and the person learns why.
    let silent = TestSigner::hardware(1, 0, "ssh:");
    world.agent.add(silent.key().clone());
    let opened = signer::open(&choice, &world.system, &nobody).unwrap();
    assert!(opened.sign(NAMESPACE, MESSAGE).unwrap_err().to_string().contains("not touched"));
}

fn write_key(path: &Path, key: &PrivateKey) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, key.to_openssh(LineEnding::LF).unwrap().as_bytes()).unwrap();
    fs::write(path.with_extension("pub"), key.public_key().to_openssh().unwrap()).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn a_key_file_signs_where_there_is_no_agent() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    world.agent.fail(Some(AgentError::Absent));
    let path = world.system.files.home.join(".ssh/id_ed25519");
    for key in [
        SoftKey::ed25519(1),
        SoftKey::ecdsa(1, EcdsaCurve::NistP256).unwrap(),
        SoftKey::ecdsa(1, EcdsaCurve::NistP521).unwrap(),
        RSA_3072.clone(),
    ] {
        write_key(&path, key.private());
        let mine = TestSigner::of(key);
        let choice =
            KeyChoice { public: mine.public_key().to_owned(), file: Some("~/.ssh/id_ed25519".into()) };
        let opened = signer::open(&choice, &world.system, &nobody).unwrap();
        let armoured = opened.sign(NAMESPACE, MESSAGE).unwrap();
        assert_eq!(verify(NAMESPACE, MESSAGE, &armoured).unwrap().fingerprint, mine.fingerprint());
    }
    // The file of another key is never used.
    let choice = KeyChoice { public: TestSigner::ed25519(9).public_key().to_owned(), file: Some(path) };
    let error = signer::open(&choice, &world.system, &nobody).err().unwrap();
    assert!(error.to_string().contains("not the configured"), "{error}");
}

#[test]
fn unusable_key_files_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let path = folder.path().join("key");
    let choice =
        KeyChoice { public: TestSigner::ed25519(1).public_key().to_owned(), file: Some(path.clone()) };
    let error = |world: &FakeWorld| signer::open(&choice, &world.system, &nobody).err().unwrap();
    assert!(matches!(error(&world), IdentityError::File(_)));
    write_key(&path, SoftKey::ed25519(1).private());
    fs::write(&path, "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n").unwrap();
    assert!(error(&world).hint().unwrap().contains("ssh-keygen -p"));
    fs::write(&path, vec![b'x'; 70_000]).unwrap();
    assert!(matches!(error(&world), IdentityError::File(_)));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        write_key(&path, SoftKey::ed25519(1).private());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(error(&world), IdentityError::Exposed { .. }));
    }
}

#[test]
fn candidates_are_the_agents_keys_and_the_pairs_in_the_ssh_folder() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let ssh = world.system.files.home.join(".ssh");
    write_key(&ssh.join("id_a"), SoftKey::ed25519(1).private());
    write_key(&ssh.join("id_b"), SoftKey::ed25519(2).private());
    write_key(&ssh.join("id_weak"), RSA_2048.private());
    write_key(&ssh.join("id_orphan"), SoftKey::ed25519(3).private());
    fs::remove_file(ssh.join("id_orphan")).unwrap();
    fs::write(ssh.join("garbage.pub"), [0xff; 100]).unwrap();
    fs::write(ssh.join("garbage"), "x").unwrap();
    world.agent.add(SoftKey::ed25519(2));
    let found = signer::candidates(&world.system);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0].line, TestSigner::ed25519(2).public_key());
    assert_eq!((found[0].source, found[0].file.as_deref()), (Source::Agent, Some(&*ssh.join("id_b"))));
    assert_eq!((found[1].source, found[1].file.as_deref()), (Source::File, Some(&*ssh.join("id_a"))));
}

#[test]
fn an_agent_that_answers_garbage_is_harmless() {
    struct Garbage(Vec<u8>);
    impl jit::system::Agent for Garbage {
        fn exchange(&self, _: &[u8], _: Duration) -> Result<Vec<u8>, AgentError> {
            Ok(self.0.clone())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut world = world(folder.path());
    for answer in
        [vec![], vec![5], vec![12], vec![12, 255, 255, 255, 255], vec![12, 0, 0, 0, 1, 0, 0, 0, 9], vec![14]]
    {
        world.system.agent = std::sync::Arc::new(Garbage(answer));
        assert!(signer::candidates(&world.system).is_empty());
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
        let mut signature = ssh_key::encoding::Encode::encode_vec(&SshSig::from_pem(&armoured).unwrap()).unwrap();
        let at = at % signature.len();
        signature[at] ^= 1 << bit;
        let changed = <SshSig as ssh_key::encoding::Decode>::decode(&mut signature.as_slice());
        if let Ok(changed) = changed.and_then(|changed| changed.to_pem(LineEnding::LF)) {
            prop_assert!(verify(NAMESPACE, MESSAGE, &changed).is_err());
        }
    }
}

//! Finding the private key: in the agent or in a file, and what an agent may answer.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;
use std::time::Duration;

use jit::identity::IdentityError;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::keyfile;
use jit::identity::signer;
use jit::identity::signer::KeyChoice;
use jit::identity::signer::Source;
use jit::identity::verify;
use jit::secret::Secret;
use jit::system::Agent;
use jit::system::agent::AgentError;
use jit::system::console::ConsoleError;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake_agent::FakeAgent;
use jit::system::fake_agent::SoftKey;
use jit::system::fake_agent::USER_PRESENT;
use proptest::prelude::*;
use ssh_key::EcdsaCurve;
use ssh_key::LineEnding;
use ssh_key::PrivateKey;
use ssh_key::encoding::Encode;

const NAMESPACE: &str = "jit.review.v1";
const MESSAGE: &[u8] = b"{\"kind\":\"review\"}";

/// Generating RSA keys takes a second or more, so tests share them.
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

/// Records the flags of every signing request.
struct Flags(FakeAgent, Mutex<Vec<u32>>);

impl Agent for Flags {
    fn exchange(&self, message: &[u8], limit: Duration) -> Result<Vec<u8>, AgentError> {
        if let [13, .., a, b, c, d] = message {
            self.1.lock().unwrap().push(u32::from_be_bytes([*a, *b, *c, *d]));
        }
        self.0.exchange(message, limit)
    }
}

/// The flags are for RSA only. gpg-agent and other strict agents refuse them with any other key.
#[test]
fn only_rsa_keys_are_sent_with_a_flag() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = world(folder.path());
    for signer in every_kind() {
        let agent = Arc::new(Flags(FakeAgent::default(), Mutex::default()));
        agent.0.add(signer.key().clone());
        world.system.agent = Arc::clone(&agent) as Arc<dyn Agent>;
        let choice = KeyChoice { public: signer.public_key().to_owned(), file: None };
        signer::open(&choice, &world.system, &nobody).unwrap().sign(NAMESPACE, MESSAGE).unwrap();
        let rsa = signer.public_key().starts_with("ssh-rsa ");
        assert_eq!(*agent.1.lock().unwrap(), [if rsa { 4 } else { 0 }], "{}", signer.public_key());
    }
}

/// An agent that only answers "failure" may have many reasons, and the message blames none of them on the person.
#[test]
fn a_refusal_of_the_agent_blames_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let mine = TestSigner::ed25519(1);
    world.agent.add(mine.key().clone());
    let choice = KeyChoice { public: mine.public_key().to_owned(), file: None };
    let opened = signer::open(&choice, &world.system, &nobody).unwrap();
    world.agent.clear();
    let error = opened.sign(NAMESPACE, MESSAGE).unwrap_err();
    let said = error.to_string();
    assert!(said.contains("gives no reason") && said.contains("cannot use this kind of key"), "{said}");
    assert!(error.hint().unwrap().contains("`ssh-add -T KEY.pub`"), "{:?}", error.hint());
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

/// A private file says which key it is. The `.pub` beside it may be missing, or belong to another key.
#[test]
fn candidates_without_a_pub_file_beside_them_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let ssh = world.system.files.home.join(".ssh");
    write_key(&ssh.join("id_alone"), SoftKey::ed25519(1).private());
    fs::remove_file(ssh.join("id_alone.pub")).unwrap();
    write_key(&ssh.join("id_stray"), SoftKey::ed25519(2).private());
    fs::write(ssh.join("id_stray.pub"), format!("{} other", TestSigner::ed25519(3).public_key())).unwrap();
    write_key(&ssh.join("key.of.work"), SoftKey::ed25519(4).private());
    fs::remove_file(ssh.join("key.of.pub")).unwrap();
    fs::write(ssh.join("known_hosts"), "example.com ssh-ed25519 AAAA\n".repeat(9000)).unwrap();
    #[cfg(unix)]
    rustix::fs::mknodat(
        rustix::fs::CWD,
        ssh.join("fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    let found = signer::candidates(&world.system);
    let told: Vec<_> = found.iter().map(|key| (key.line.clone(), key.file.clone().unwrap())).collect();
    let line = |seed| TestSigner::ed25519(seed).public_key().to_owned();
    assert_eq!(
        told,
        [
            (line(1), ssh.join("id_alone")),
            (line(2), ssh.join("id_stray")),
            (line(4), ssh.join("key.of.work"))
        ]
    );
    // A key whose file is not recorded is found there, if no agent holds it.
    let choice = KeyChoice { public: line(1), file: None };
    let armoured = signer::open(&choice, &world.system, &nobody).unwrap().sign(NAMESPACE, MESSAGE).unwrap();
    verify(NAMESPACE, MESSAGE, &armoured).unwrap();
    let error =
        signer::open(&KeyChoice { public: line(3), file: None }, &world.system, &nobody).err().unwrap();
    assert!(matches!(error, IdentityError::Missing { .. }), "{error}");
}

/// The key that a file's name means, by its private or its public file.
#[test]
fn a_key_is_named_by_either_half() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let line = |seed| TestSigner::ed25519(seed).public_key().to_owned();
    let choice = |name: &str| keyfile::named(&path(name)).unwrap().choice;
    write_key(&path("pair"), SoftKey::ed25519(1).private());
    for name in ["pair", "pair.pub"] {
        assert_eq!(choice(name), KeyChoice { public: line(1), file: Some(path("pair")) });
    }
    fs::remove_file(path("pair.pub")).unwrap();
    for name in ["pair", "pair.pub"] {
        assert_eq!(choice(name), KeyChoice { public: line(1), file: Some(path("pair")) });
    }
    fs::write(path("pair.pub"), line(2)).unwrap();
    let named = keyfile::named(&path("pair")).unwrap();
    assert_eq!((named.choice.public, named.stray), (line(1), Some(path("pair.pub"))));
    // Only the agent has the private key, as with an OpenPGP card.
    fs::write(path("card.pub"), format!("{} cardno:000F\n", line(5))).unwrap();
    fs::write(path("card.txt"), format!("{} cardno:000F\n", line(5))).unwrap();
    for name in ["card", "card.pub", "card.txt"] {
        assert_eq!(choice(name), KeyChoice { public: line(5), file: None });
    }
    // The old format does not show its public key.
    fs::write(path("old"), "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n").unwrap();
    let error = keyfile::named(&path("old")).unwrap_err();
    assert!(error.hint().unwrap().contains("ssh-keygen -p"), "{error}");
    fs::write(path("old.pub"), RSA_3072.private().public_key().to_openssh().unwrap()).unwrap();
    assert_eq!(choice("old").file, Some(path("old")));
    let error = keyfile::named(&path("nothing")).unwrap_err().to_string();
    assert!(error.contains("there is neither") && error.contains("nothing.pub"), "{error}");
    write_key(&path("weak"), RSA_2048.private());
    assert!(keyfile::named(&path("weak")).unwrap_err().to_string().contains("too weak"));
}

/// An agent that gives the same answer to every call.
struct Garbage(Vec<u8>);

impl Agent for Garbage {
    fn exchange(&self, _: &[u8], _: Duration) -> Result<Vec<u8>, AgentError> {
        Ok(self.0.clone())
    }
}

/// An agent that lists a person's key and returns arbitrary signatures.
struct Liar(FakeAgent, Vec<u8>);

impl Agent for Liar {
    fn exchange(&self, message: &[u8], limit: Duration) -> Result<Vec<u8>, AgentError> {
        if message == [11] { self.0.exchange(message, limit) } else { Ok(self.1.clone()) }
    }
}

#[test]
fn an_agent_that_answers_garbage_is_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = world(folder.path());
    for answer in
        [vec![], vec![5], vec![12], vec![12, 255, 255, 255, 255], vec![12, 0, 0, 0, 1, 0, 0, 0, 9], vec![14]]
    {
        world.system.agent = Arc::new(Garbage(answer));
        assert!(signer::candidates(&world.system).is_empty());
    }
}

#[test]
fn an_agent_that_signs_something_else_is_caught() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = world(folder.path());
    let mine = TestSigner::ed25519(1);
    for signer in [TestSigner::ed25519(1), TestSigner::ed25519(2)] {
        let agent = FakeAgent::default();
        agent.add(mine.key().clone());
        let mut answer = vec![14];
        signer.sign_raw(b"other bytes").unwrap().encode_prefixed(&mut answer).unwrap();
        world.system.agent = Arc::new(Liar(agent, answer));
        let choice = KeyChoice { public: mine.public_key().to_owned(), file: None };
        let opened = signer::open(&choice, &world.system, &nobody).unwrap();
        let error = opened.sign(NAMESPACE, MESSAGE).unwrap_err();
        assert!(matches!(error, IdentityError::Signature(_)), "{error}");
    }
}

proptest! {
    #[test]
    fn no_answer_of_an_agent_makes_it_panic(kind in 12u8..15, bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let folder = tempfile::tempdir().unwrap();
        let mut world = world(folder.path());
        let answer = [&[kind], bytes.as_slice()].concat();
        world.system.agent = Arc::new(Garbage(answer.clone()));
        let _ = signer::candidates(&world.system);
        let agent = FakeAgent::default();
        agent.add(SoftKey::ed25519(1));
        world.system.agent = Arc::new(Liar(agent, answer));
        let choice = KeyChoice { public: TestSigner::ed25519(1).public_key().to_owned(), file: None };
        let opened = signer::open(&choice, &world.system, &nobody).unwrap();
        prop_assert!(opened.sign(NAMESPACE, MESSAGE).is_err());
    }
}

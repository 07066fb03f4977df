//! OpenSSH itself: its agent signs for us, its signatures verify here, and ours verify there.

mod judges;
mod passkeys;

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use jit::grant::Assurance;
use jit::identity::IdentityError;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::key::parse_line;
use jit::identity::signer;
use jit::identity::signer::KeyChoice;
use jit::identity::signer::Source;
use jit::identity::verify;
use jit::secret::Secret;
use jit::system::Agent;
use jit::system::Environment;
use jit::system::agent::SocketAgent;
use jit::system::console::ConsoleError;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::fake_agent::SoftKey;
use jit::system::fake_agent::USER_PRESENT;
use ssh_key::EcdsaCurve;
use ssh_key::HashAlg;
use ssh_key::LineEnding;
use ssh_key::PublicKey;
use ssh_key::Signature;
use ssh_key::SshSig;
use ssh_key::encoding::Decode;
use ssh_key::encoding::Encode;
use tempfile::TempDir;

const NAMESPACE: &str = "jit.request.v1";
const MESSAGE: &[u8] = b"{\"kind\":\"request\",\"reason\":\"na\xc3\xafve\"}";
const GOOD_KEYS: [(&str, &str); 5] =
    [("ed25519", "256"), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521"), ("rsa", "3072")];

/// Runs a program to completion on these bytes. Returns its standard output. The error is all its output.
fn run(program: &str, arguments: &[&str], input: &[u8], socket: Option<&Path>) -> Result<Vec<u8>, String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_remove("SSH_AUTH_SOCK").env("SSH_ASKPASS", "/bin/false").env("SSH_ASKPASS_REQUIRE", "force");
    if let Some(socket) = socket {
        command.env("SSH_AUTH_SOCK", socket);
    }
    let mut child = command.spawn().unwrap();
    // A program that fails early does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Makes a key pair with `ssh-keygen`. Returns the private file and the public line.
fn generate(folder: &Path, kind: &str, bits: &str, passphrase: &str) -> (PathBuf, String) {
    let path = folder.join(format!("id_{kind}_{bits}"));
    loop {
        let arguments = ["-q", "-t", kind, "-b", bits, "-N", "", "-C", "ann@laptop", "-f", text(&path)];
        run("ssh-keygen", &arguments, b"", None).unwrap();
        // The library does not read one in 512 P-256 keys; see the test of a short number.
        if ssh_key::PrivateKey::read_openssh_file(&path).is_ok() {
            break;
        }
        fs::remove_file(&path).unwrap();
        fs::remove_file(path.with_extension("pub")).unwrap();
    }
    run("ssh-keygen", &["-q", "-p", "-P", "", "-N", passphrase, "-f", text(&path)], b"", None).unwrap();
    let line = fs::read_to_string(path.with_extension("pub")).unwrap();
    (path, line)
}

/// Verifies a signature with `ssh-keygen -Y verify`.
fn openssh_verifies(line: &str, message: &[u8], armoured: &str) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().unwrap();
    let (signers, signature) = (folder.path().join("signers"), folder.path().join("signature"));
    fs::write(&signers, format!("ann namespaces=\"{NAMESPACE}\" {line}\n")).unwrap();
    fs::write(&signature, armoured).unwrap();
    let arguments =
        ["-Y", "verify", "-f", text(&signers), "-I", "ann", "-n", NAMESPACE, "-s", text(&signature)];
    run("ssh-keygen", &arguments, message, None)
}

/// A real agent in its own folder, killed by its process id when the test ends.
struct RunningAgent {
    folder: TempDir,
    child: Child,
}

impl RunningAgent {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("ssh-agent")
            .args(["-D", "-a", text(&folder.path().join("agent"))])
            .env("SSH_ASKPASS", "/bin/false")
            .env("SSH_ASKPASS_REQUIRE", "force")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The first line comes when the socket is bound.
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("SSH_AUTH_SOCK"), "{line}");
        Self { folder, child }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("agent")
    }

    fn add(&self, arguments: &[&str]) {
        run("ssh-add", &[&["-q"], arguments].concat(), b"", Some(&self.socket())).unwrap();
    }

    fn agent(&self) -> SocketAgent {
        SocketAgent::of(&Environment::of([("SSH_AUTH_SOCK", text(&self.socket()))]))
    }

    /// A world whose agent is this one.
    fn world(&self) -> FakeWorld {
        let mut world = world(self.folder.path());
        world.system.agent = Arc::new(self.agent());
        world
    }
}

impl Drop for RunningAgent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn world(root: &Path) -> FakeWorld {
    FakeWorld::new(root, &FakeClock::at("2026-11-23T10:00:00Z"), &FakeHttp::default(), 1)
}

fn nobody(_: &str) -> Result<Secret<String>, ConsoleError> {
    Err(ConsoleError::NotInteractive)
}

#[test]
fn what_openssh_signs_holds_here() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, bits) in GOOD_KEYS {
        let (path, line) = generate(folder.path(), kind, bits, "");
        for hash in ["sha256", "sha512"] {
            let arguments =
                ["-Y", "sign", "-n", NAMESPACE, "-O", &format!("hashalg={hash}"), "-f", text(&path)];
            let armoured = String::from_utf8(run("ssh-keygen", &arguments, MESSAGE, None).unwrap()).unwrap();
            let verified = verify(NAMESPACE, MESSAGE, &armoured).unwrap();
            let read = parse_line(&line).unwrap();
            assert_eq!(verified.fingerprint, read.fingerprint);
            assert_eq!(verified.assurance, Assurance::Key);
            assert!(verify("jit.review.v1", MESSAGE, &armoured).is_err());
            assert!(verify(NAMESPACE, b"other", &armoured).is_err());
            let listed = run("ssh-keygen", &["-l", "-f", text(&path)], b"", None).unwrap();
            assert!(String::from_utf8(listed).unwrap().contains(&read.fingerprint));
        }
    }
}

#[test]
fn what_we_sign_holds_for_openssh() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    for (kind, bits) in GOOD_KEYS {
        let (path, line) = generate(folder.path(), kind, bits, "");
        let choice = KeyChoice { public: line.clone(), file: Some(path) };
        let armoured =
            signer::open(&choice, &world.system, &nobody).unwrap().sign(NAMESPACE, MESSAGE).unwrap();
        openssh_verifies(&line, MESSAGE, &armoured).unwrap();
        openssh_verifies(&line, b"other", &armoured).unwrap_err();
    }
    // Software security keys, so that OpenSSH checks the form of their signatures too.
    for key in [
        SoftKey::hardware_ed25519(1, USER_PRESENT, "ssh:"),
        SoftKey::hardware_ecdsa(1, USER_PRESENT, "ssh:").unwrap(),
        SoftKey::ecdsa(1, EcdsaCurve::NistP521).unwrap(),
    ] {
        let signer = TestSigner::of(key);
        let armoured = signer.sign(NAMESPACE, MESSAGE).unwrap();
        openssh_verifies(signer.public_key(), MESSAGE, &armoured).unwrap();
    }
}

#[test]
fn an_untouched_security_key_passes_openssh_but_not_us() {
    let signer = TestSigner::hardware(1, 0, "ssh:");
    let armoured = signer.sign(NAMESPACE, MESSAGE).unwrap();
    openssh_verifies(signer.public_key(), MESSAGE, &armoured).unwrap();
    assert!(verify(NAMESPACE, MESSAGE, &armoured).unwrap_err().to_string().contains("not touched"));
}

#[test]
fn weak_keys_that_openssh_accepts_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, line) = generate(folder.path(), "rsa", "2048", "");
    let arguments = ["-Y", "sign", "-n", NAMESPACE, "-f", text(&path)];
    let armoured = String::from_utf8(run("ssh-keygen", &arguments, MESSAGE, None).unwrap()).unwrap();
    openssh_verifies(&line, MESSAGE, &armoured).unwrap();
    assert!(verify(NAMESPACE, MESSAGE, &armoured).unwrap_err().to_string().contains("too weak"));
    assert!(parse_line(&line).is_err());
    // Slightly below the limit, which `RsaPublicKey::key_size` would round up.
    let (_, line) = generate(folder.path(), "rsa", "3071", "");
    let error = parse_line(&line).unwrap_err().to_string();
    assert!(error.contains("is too weak"), "{error}");
}

/// An RSA signature by the agent with these flags (draft-ietf-sshm-ssh-agent §5.3), as SSHSIG. `None` if it refuses.
fn signed_with_flags(agent: &dyn Agent, line: &str, flags: u32) -> Option<String> {
    let public = PublicKey::from_openssh(line).unwrap();
    let data = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, MESSAGE).unwrap();
    let mut message = vec![13];
    public.key_data().encode_prefixed(&mut message).unwrap();
    data.as_slice().encode(&mut message).unwrap();
    flags.encode(&mut message).unwrap();
    let answer = agent.exchange(&message, Duration::from_secs(10)).unwrap();
    if answer[0] != 14 {
        return None;
    }
    let signature = Vec::<u8>::decode(&mut &answer[1..]).unwrap();
    let signature = Signature::try_from(signature.as_slice()).unwrap();
    let whole = SshSig::new(public.key_data().clone(), NAMESPACE, HashAlg::Sha512, signature).unwrap();
    Some(whole.to_pem(LineEnding::LF).unwrap())
}

#[test]
fn rsa_with_sha1_is_refused_and_with_sha2_accepted() {
    let running = RunningAgent::start();
    let (path, line) = generate(running.folder.path(), "rsa", "3072", "");
    running.add(&[text(&path)]);
    let agent = running.agent();
    // Newer systems do not even sign with SHA-1.
    if let Some(armoured) = signed_with_flags(&agent, &line, 0) {
        let error = verify(NAMESPACE, MESSAGE, &armoured).unwrap_err();
        assert!(error.to_string().contains("its algorithm ssh-rsa"), "{error}");
    }
    for flags in [2, 4] {
        verify(NAMESPACE, MESSAGE, &signed_with_flags(&agent, &line, flags).unwrap()).unwrap();
    }
}

#[test]
fn a_real_agent_signs_with_every_kind_of_key() {
    let running = RunningAgent::start();
    let world = running.world();
    assert!(signer::candidates(&world.system).is_empty());
    for (kind, bits) in GOOD_KEYS {
        let (path, line) = generate(running.folder.path(), kind, bits, "");
        running.add(&[text(&path)]);
        fs::remove_file(&path).unwrap();
        let choice = KeyChoice { public: line.clone(), file: None };
        let opened = signer::open(&choice, &world.system, &nobody).unwrap();
        let armoured = opened.sign(NAMESPACE, MESSAGE).unwrap();
        verify(NAMESPACE, MESSAGE, &armoured).unwrap();
        openssh_verifies(&line, MESSAGE, &armoured).unwrap();
    }
    let found = signer::candidates(&world.system);
    assert_eq!(found.len(), GOOD_KEYS.len());
    assert!(found.iter().all(|key| key.source == Source::Agent && key.comment == "ann@laptop"));
}

/// gpg-agent with its own OpenPGP keys, in place of an ssh-agent. Stopped when dropped.
struct GpgAgent(TempDir);

impl GpgAgent {
    /// Makes one OpenPGP authentication key of each kind, and lets the agent use them for SSH.
    fn start(kinds: &[&str]) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let agent = Self(tempfile::tempdir().unwrap());
        fs::set_permissions(agent.0.path(), fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(agent.0.path().join("gpg-agent.conf"), "enable-ssh-support\n").unwrap();
        for kind in kinds {
            let name = format!("key of kind {kind}");
            let making =
                ["--batch", "--quiet", "--passphrase", "", "--quick-generate-key", &name, kind, "auth"];
            agent.run("gpg", &making);
        }
        let listed = agent.run("gpg", &["--list-keys", "--with-keygrip", "--with-colons"]);
        let grips = listed.lines().filter_map(|line| line.strip_prefix("grp:")?.split(':').nth(8));
        let control: String = grips.map(|grip| format!("{grip}\n")).collect();
        assert_eq!(control.lines().count(), kinds.len(), "{listed}");
        fs::write(agent.0.path().join("sshcontrol"), control).unwrap();
        agent
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program).args(arguments).env("GNUPGHOME", self.0.path()).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn socket(&self) -> String {
        self.run("gpgconf", &["--list-dirs", "agent-ssh-socket"]).trim().to_owned()
    }
}

impl Drop for GpgAgent {
    fn drop(&mut self) {
        let _ =
            Command::new("gpgconf").args(["--kill", "gpg-agent"]).env("GNUPGHOME", self.0.path()).status();
    }
}

/// `gpg-agent` refuses every key except RSA if a flag is set. It holds the keys of OpenPGP cards.
#[test]
fn gpg_agent_signs_with_every_kind_of_openpgp_key() {
    let kinds = ["ed25519", "nistp256", "nistp384", "nistp521", "rsa3072"];
    let gpg = GpgAgent::start(&kinds);
    let folder = tempfile::tempdir().unwrap();
    let mut world = world(folder.path());
    world.system.agent =
        Arc::new(SocketAgent::of(&Environment::of([("SSH_AUTH_SOCK", gpg.socket().as_str())])));
    let found = signer::candidates(&world.system);
    assert_eq!(found.len(), kinds.len(), "{found:?}");
    for key in found {
        let choice = KeyChoice { public: key.line.clone(), file: None };
        let opened = signer::open(&choice, &world.system, &nobody).unwrap();
        let armoured =
            opened.sign(NAMESPACE, MESSAGE).unwrap_or_else(|error| panic!("{}: {error}", key.line));
        assert_eq!(verify(NAMESPACE, MESSAGE, &armoured).unwrap().fingerprint, key.fingerprint);
        openssh_verifies(&key.line, MESSAGE, &armoured).unwrap();
    }
}

#[test]
fn a_locked_agent_and_a_declined_signature_are_clear_errors() {
    let running = RunningAgent::start();
    let world = running.world();
    let (path, line) = generate(running.folder.path(), "ed25519", "256", "");
    // `-c` asks for confirmation of each signature, and here nobody can be asked.
    running.add(&["-c", text(&path)]);
    let choice = KeyChoice { public: line, file: None };
    let opened = signer::open(&choice, &world.system, &nobody).unwrap();
    let error = opened.sign(NAMESPACE, MESSAGE).unwrap_err();
    assert!(matches!(&error, IdentityError::Agent(cause) if cause.contains("refuses")), "{error}");
    running.add(&["-D"]);
    let error = opened.sign(NAMESPACE, MESSAGE).unwrap_err();
    assert!(matches!(&error, IdentityError::Agent(cause) if cause.contains("refuses")), "{error}");
    let error = signer::open(&choice, &world.system, &nobody).err().unwrap();
    assert!(matches!(error, IdentityError::Missing { .. }), "{error}");
}

#[test]
fn a_stopped_agent_is_given_up_after_ten_seconds() {
    let running = RunningAgent::start();
    let world = running.world();
    let process = running.child.id().to_string();
    run("kill", &["-STOP", &process], b"", None).unwrap();
    let choice = KeyChoice { public: TestSigner::ed25519(1).public_key().to_owned(), file: None };
    let began = Instant::now();
    let error = signer::open(&choice, &world.system, &nobody).err().unwrap();
    assert!(error.to_string().contains("did not answer within 10 seconds"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(13), "{:?}", began.elapsed());
    run("kill", &["-CONT", &process], b"", None).unwrap();
}

#[test]
fn a_dead_agent_falls_back_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (path, line) = generate(folder.path(), "ed25519", "256", "");
    let running = RunningAgent::start();
    let world = running.world();
    let socket = running.socket();
    drop(running);
    let mut world = world;
    world.system.agent = Arc::new(SocketAgent::of(&Environment::of([("SSH_AUTH_SOCK", text(&socket))])));
    let choice = KeyChoice { public: line, file: Some(path) };
    signer::open(&choice, &world.system, &nobody).unwrap().sign(NAMESPACE, MESSAGE).unwrap();
    let choice = KeyChoice { file: None, ..choice };
    let error = signer::open(&choice, &world.system, &nobody).err().unwrap();
    assert!(error.to_string().contains("cannot be reached"), "{error}");
}

#[test]
fn encrypted_key_files_ask_for_their_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    for (kind, bits) in [("ed25519", "256"), ("rsa", "3072"), ("ecdsa", "521")] {
        let (path, line) = generate(folder.path(), kind, bits, "correct horse");
        let choice = KeyChoice { public: line.clone(), file: Some(path.clone()) };
        let mut answers = vec!["correct horse", "wrong"];
        let asked = std::cell::RefCell::new(Vec::new());
        let answers = std::cell::RefCell::new(std::mem::take(&mut answers));
        let ask = |question: &str| {
            asked.borrow_mut().push(question.to_owned());
            Ok(Secret::from(answers.borrow_mut().pop().unwrap()))
        };
        let opened = signer::open(&choice, &world.system, &ask).unwrap();
        openssh_verifies(&line, MESSAGE, &opened.sign(NAMESPACE, MESSAGE).unwrap()).unwrap();
        assert_eq!(asked.borrow().len(), 2);
        assert!(asked.borrow()[0].contains(text(&path)));
        let error = signer::open(&choice, &world.system, &|_| Ok("wrong".into())).err().unwrap();
        assert!(error.to_string().contains("the passphrase is wrong"), "{error}");
        let error = signer::open(&choice, &world.system, &nobody).err().unwrap();
        assert!(matches!(error, IdentityError::Passphrase { .. }), "{error}");
        assert!(error.hint().unwrap().starts_with("run `ssh-add "));
    }
}

/// OpenSSH stores the public key of an encrypted file in plain text.
#[test]
fn an_encrypted_key_without_its_pub_file_is_found_and_signs() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let ssh = world.system.files.home.join(".ssh");
    fs::create_dir_all(&ssh).unwrap();
    for (kind, bits) in GOOD_KEYS {
        let (path, line) = generate(&ssh, kind, bits, "correct horse");
        fs::remove_file(path.with_extension("pub")).unwrap();
        let fingerprint = parse_line(&line).unwrap().fingerprint;
        let found = signer::candidates(&world.system);
        let found = found.into_iter().find(|key| key.fingerprint == fingerprint).unwrap();
        assert_eq!((found.source, found.file.as_ref()), (Source::File, Some(&path)));
        let choice = KeyChoice { public: found.line, file: found.file };
        let opened = signer::open(&choice, &world.system, &|_| Ok("correct horse".into())).unwrap();
        openssh_verifies(&line, MESSAGE, &opened.sign(NAMESPACE, MESSAGE).unwrap()).unwrap();
    }
}

/// The library refuses the private number of such a key. The person is not told that the passphrase is wrong, and the agent signs.
#[test]
fn a_key_with_a_short_number_signs_through_the_agent() {
    const MAKE: &str = "import os, sys\n\
        from cryptography.hazmat.primitives import serialization as form\n\
        from cryptography.hazmat.primitives.asymmetric import ec\n\
        key = ec.derive_private_key(int.from_bytes(os.urandom(30), 'big') | 1, ec.SECP256R1())\n\
        pem = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption())\n\
        os.write(os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY, 0o600), pem)\n";
    let running = RunningAgent::start();
    let mut world = world(running.folder.path());
    let path = running.folder.path().join("short");
    let python = crate::peers::tool("python");
    run(text(&python), &["-c", MAKE, text(&path)], b"", None).unwrap();
    let line = String::from_utf8(run("ssh-keygen", &["-y", "-f", text(&path)], b"", None).unwrap()).unwrap();
    let line = line.trim().to_owned();
    let choice = KeyChoice { public: line.clone(), file: Some(path.clone()) };
    let wanted = Some(IdentityError::Format { path: text(&path).to_owned() });
    assert_eq!(signer::open(&choice, &world.system, &nobody).err(), wanted);
    running.add(&[text(&path)]);
    run("ssh-keygen", &["-q", "-p", "-P", "", "-N", "correct horse", "-f", text(&path)], b"", None).unwrap();
    let error = signer::open(&choice, &world.system, &|_| Ok("correct horse".into())).err();
    assert_eq!(error, wanted);
    assert!(error.unwrap().hint().unwrap().starts_with("run `ssh-add "));
    world.system.agent = Arc::new(running.agent());
    let opened = signer::open(&choice, &world.system, &nobody).unwrap();
    openssh_verifies(&line, MESSAGE, &opened.sign(NAMESPACE, MESSAGE).unwrap()).unwrap();
}

#[test]
fn a_key_file_of_the_old_format_says_how_to_rewrite_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    let (path, line) = generate(folder.path(), "rsa", "3072", "");
    run("ssh-keygen", &["-q", "-p", "-m", "PEM", "-N", "", "-f", text(&path)], b"", None).unwrap();
    let choice = KeyChoice { public: line, file: Some(path.clone()) };
    let error = signer::open(&choice, &world.system, &nobody).err().unwrap();
    assert_eq!(error, IdentityError::Format { path: text(&path).to_owned() });
    run("ssh-keygen", &["-q", "-p", "-N", "", "-f", text(&path)], b"", None).unwrap();
    signer::open(&choice, &world.system, &nobody).unwrap();
}

//! Finds the private half of one configured key: in the agent first, then in its file.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use ssh_key::PrivateKey;
use ssh_key::SigningKey;
use ssh_key::public::KeyData;

use super::IdentityError;
use super::Signer;
use super::agent;
use super::armour;
use super::key;
use super::key::PublicLine;
use super::keyfile;
use super::keyfile::shown;
use crate::secret::Secret;
use crate::system::Agent;
use crate::system::System;
use crate::system::agent::AgentError;
use crate::system::console::ConsoleError;

/// How often a passphrase is asked for, as in `ssh`.
const ATTEMPTS: usize = 3;

/// The key that a person signs with, as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChoice {
    /// The public key as one OpenSSH line.
    pub public: String,
    /// The private key's file, if known. A leading `~` is the person's home.
    pub file: Option<PathBuf>,
}

/// A key that could be used to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The public key as one OpenSSH line without comment.
    pub line: String,
    /// `SHA256:…`
    pub fingerprint: String,
    /// The key's comment, safe for a terminal.
    pub comment: String,
    /// Whether it is an `sk-` key.
    pub hardware: bool,
    /// The location of its private half.
    pub source: Source,
    /// The private key's file, if there is one. Also set for keys in the agent.
    pub file: Option<PathBuf>,
}

/// The location of a key's private half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In the ssh-agent.
    Agent,
    /// In a file under `~/.ssh`.
    File,
}

/// Finds the private half of exactly this key: in the agent, else in its file, else in a file of `~/.ssh` that holds
/// it. Asks for a passphrase if the file is encrypted. Blocks on the agent for at most ten seconds.
pub fn open(
    choice: &KeyChoice,
    system: &System,
    ask_passphrase: &dyn Fn(&str) -> Result<Secret<String>, ConsoleError>,
) -> Result<Box<dyn Signer>, IdentityError> {
    let public = key::parse(&choice.public)?.key_data().clone();
    let line = PublicLine::of(&public, "")?;
    if let Some(site) = &line.site {
        return Err(IdentityError::Key(format!("it is a passkey of {site}, which signs only in a browser")));
    }
    let cause = match agent::identities(system.agent.as_ref()) {
        Ok(held) if held.iter().any(|held| held.key == public) => {
            return Ok(Box::new(AgentSigner { agent: Arc::clone(&system.agent), public, line }));
        }
        Ok(_) => "the ssh-agent does not hold it".to_owned(),
        Err(error) => format!("the ssh-agent cannot be asked: {}", agent::describe(&error)),
    };
    if line.hardware {
        return Err(IdentityError::Hardware { fingerprint: line.fingerprint, cause });
    }
    let from_home = |file: &PathBuf| {
        file.strip_prefix("~").map_or_else(|_| file.clone(), |rest| system.files.home.join(rest))
    };
    let beside_others = || {
        let mut found = keyfile::in_folder(&ssh_folder(system)).into_iter();
        found.find(|(held, _)| held.line == line.line).map(|(_, file)| file)
    };
    let Some(file) = choice.file.as_ref().map(from_home).or_else(beside_others) else {
        return Err(IdentityError::Missing { fingerprint: line.fingerprint, cause });
    };
    let private = read_private(&file, &public, ask_passphrase)?;
    Ok(Box::new(FileSigner { private, public, line }))
}

/// Whether the agent holds exactly this key.
pub fn is_in_agent(choice: &KeyChoice, system: &System) -> bool {
    let Ok(public) = key::parse(&choice.public) else { return false };
    let held = agent::identities(system.agent.as_ref()).unwrap_or_default();
    held.iter().any(|held| held.key == *public.key_data())
}

/// The keys that could be used to log in: the agent's, then those with a private file in `~/.ssh`.
pub fn candidates(system: &System) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for held in agent::identities(system.agent.as_ref()).unwrap_or_default() {
        if let Ok(line) = PublicLine::of(&held.key, &held.comment) {
            add(&mut found, line, Source::Agent, None);
        }
    }
    for (line, private) in keyfile::in_folder(&ssh_folder(system)) {
        add(&mut found, line, Source::File, Some(private));
    }
    found
}

fn ssh_folder(system: &System) -> PathBuf {
    system.files.home.join(".ssh")
}

fn add(found: &mut Vec<Candidate>, line: PublicLine, source: Source, file: Option<PathBuf>) {
    // A passkey signs in a browser, never through an agent.
    if line.site.is_some() {
        return;
    }
    if let Some(known) = found.iter_mut().find(|known| known.line == line.line) {
        known.file = known.file.take().or(file);
        return;
    }
    let PublicLine { line, fingerprint, hardware, comment, .. } = line;
    found.push(Candidate { line, fingerprint, comment, hardware, source, file });
}

fn read_private(
    path: &Path,
    public: &KeyData,
    ask_passphrase: &dyn Fn(&str) -> Result<Secret<String>, ConsoleError>,
) -> Result<PrivateKey, IdentityError> {
    let read = keyfile::read_private(path);
    if !matches!(read, Err(IdentityError::File(_))) {
        refuse_exposed(path)?;
    }
    let stored = read?;
    // The public half is readable without the passphrase, so jit never asks for the passphrase of another key.
    if stored.public_key().key_data() != public {
        return Err(IdentityError::File(format!(
            "{} holds {}, not the configured {}",
            shown(path),
            key::fingerprint(stored.public_key().key_data()),
            key::fingerprint(public)
        )));
    }
    if stored.is_encrypted() { decrypt(path, &stored, ask_passphrase) } else { Ok(stored) }
}

fn decrypt(
    path: &Path,
    stored: &PrivateKey,
    ask_passphrase: &dyn Fn(&str) -> Result<Secret<String>, ConsoleError>,
) -> Result<PrivateKey, IdentityError> {
    let locked = |cause: String| IdentityError::Passphrase { path: shown(path), cause };
    for _ in 0..ATTEMPTS {
        let passphrase = ask_passphrase(&format!("Passphrase of {}", shown(path)))
            .map_err(|error| locked(error.to_string()))?;
        match stored.decrypt(passphrase.expose()) {
            Ok(private) => return Ok(private),
            // The passphrase is right: the check in front of the key has passed.
            Err(ssh_key::Error::Encoding(_)) => return Err(IdentityError::Format { path: shown(path) }),
            Err(_) => {}
        }
    }
    Err(locked("the passphrase is wrong".to_owned()))
}

#[cfg(unix)]
fn refuse_exposed(path: &Path) -> Result<(), IdentityError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o077 == 0 { Ok(()) } else { Err(IdentityError::Exposed { path: shown(path) }) }
}

#[cfg(not(unix))]
fn refuse_exposed(_path: &Path) -> Result<(), IdentityError> {
    Ok(())
}

/// Signs through the agent, with the one configured key.
struct AgentSigner {
    agent: Arc<dyn Agent>,
    public: KeyData,
    line: PublicLine,
}

impl Signer for AgentSigner {
    fn public_key(&self) -> &str {
        &self.line.line
    }

    fn fingerprint(&self) -> &str {
        &self.line.fingerprint
    }

    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, IdentityError> {
        let armoured = armour::assemble(&self.public, namespace, message, |data| {
            agent::sign(self.agent.as_ref(), &self.public, data).map_err(|error| match error {
                AgentError::TimeOut(seconds) if self.line.hardware => {
                    IdentityError::Agent(format!("the security key was not touched within {seconds} seconds"))
                }
                other => IdentityError::Agent(agent::describe(&other)),
            })
        })?;
        checked(armoured, namespace, message)
    }
}

/// Signs with a private key in memory: read from a file, or from the keychain.
pub(super) struct FileSigner {
    private: PrivateKey,
    public: KeyData,
    line: PublicLine,
}

impl FileSigner {
    pub(super) fn new(private: PrivateKey) -> Result<Self, IdentityError> {
        let public = private.public_key().key_data().clone();
        let line = PublicLine::of(&public, "")?;
        Ok(Self { private, public, line })
    }
}

impl Signer for FileSigner {
    fn public_key(&self) -> &str {
        &self.line.line
    }

    fn fingerprint(&self) -> &str {
        &self.line.fingerprint
    }

    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, IdentityError> {
        let armoured = armour::assemble(&self.public, namespace, message, |data| {
            raw(&self.private, data).map_err(|error| IdentityError::File(error.to_string()))
        })?;
        checked(armoured, namespace, message)
    }
}

fn raw<K: SigningKey>(key: &K, data: &[u8]) -> ssh_key::Result<ssh_key::Signature> {
    key.try_sign(data).map_err(|_| ssh_key::Error::Crypto)
}

/// Verifies our own signature before it is sent, so that a faulty agent or a mismatched file fails here, with the
/// reason.
fn checked(armoured: String, namespace: &str, message: &[u8]) -> Result<String, IdentityError> {
    super::verify(namespace, message, &armoured).map(|_| armoured)
}

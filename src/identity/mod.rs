//! The identity of a signer: SSH keys, agents, and signatures over statements (SSHSIG, PROTOCOL.sshsig of OpenSSH); and
//! the tokens of identity providers.
//!
//! May use `address`, `secret`, `system`, `grant`. Invariant: an authority is offered one configured key, never the whole agent.

mod agent;
mod armour;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
pub mod kept;
pub mod key;
pub mod keyfile;
pub mod oidc;
mod opened;
pub mod passkey;
pub mod signer;
pub mod statement;

use crate::grant::Assurance;
pub use armour::verify;
pub use armour::verify_for;
pub use opened::Opened;

/// Why a signature could not be made or is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The text is not an SSH public key, or the key is of a refused kind.
    #[error("not a usable SSH key: {0}")]
    Key(String),
    /// The signature is malformed, over other bytes, or of another namespace.
    #[error("the signature does not hold: {0}")]
    Signature(String),
    /// The statement is not in canonical form, of another kind, or for another authority.
    #[error("the signed statement is refused: {0}")]
    Statement(String),
    /// The registration of a passkey is malformed, or was not made for this challenge and site.
    #[error("the passkey cannot be enrolled: {0}")]
    Registration(String),
    /// The agent is absent, does not answer, or refuses.
    #[error("the ssh-agent cannot sign: {0}")]
    Agent(String),
    /// The key is not in the agent, and no private key file is known.
    #[error("no private key for {fingerprint}: {cause}")]
    Missing {
        /// The key's fingerprint.
        fingerprint: String,
        /// The locations where jit looked for it.
        cause: String,
    },
    /// A security key's file is usable only through the agent.
    #[error("{fingerprint} is a security key, which signs only through ssh-agent: {cause}")]
    Hardware {
        /// The key's fingerprint.
        fingerprint: String,
        /// The agent's answer.
        cause: String,
    },
    /// The private key's file cannot be read or decrypted.
    #[error("the key file cannot be used: {0}")]
    File(String),
    /// The private key's file has an old format, or one that the library `ssh-key` does not read: the number of one in 512 P-256 keys
    /// is shorter than it expects.
    #[error("jit cannot read the key file {path} in OpenSSH's format")]
    Format {
        /// The file.
        path: String,
    },
    /// Other users may read the private key's file.
    #[error("the key file {path} can be read by others")]
    Exposed {
        /// The file.
        path: String,
    },
    /// The private key's file is encrypted, and the passphrase was wrong or could not be asked for.
    #[error("the key file {path} stays locked: {cause}")]
    Passphrase {
        /// The file.
        path: String,
        /// The cause.
        cause: String,
    },
}

impl IdentityError {
    /// Advice on what to type next. `None` if there is none.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Agent(_) => Some(
                "see what the agent does without jit: `ssh-add -l` lists its keys, `ssh-add -T KEY.pub` signs with one"
                    .to_owned(),
            ),
            Self::Missing { .. } => {
                Some("run `ssh-add` with its file, or `jit login` to choose another key".to_owned())
            }
            Self::Hardware { .. } => {
                Some("plug it in and run `ssh-add` with its file, such as ~/.ssh/id_ed25519_sk".to_owned())
            }
            Self::Format { path } => {
                Some(format!("run `ssh-add {path}`, and jit signs through the agent; `ssh-keygen -p -f {path}` rewrites an old format"))
            }
            Self::Exposed { path } => Some(format!("run `chmod 600 {path}`")),
            Self::Passphrase { path, .. } => Some(format!("run `ssh-add {path}`, then try again")),
            Self::Registration(_) => Some("make the passkey on the broker's own page, with a screen lock".to_owned()),
            Self::Key(_) => Some("make one with `ssh-keygen -t ed25519`".to_owned()),
            Self::Signature(_) | Self::Statement(_) | Self::File(_) => None,
        }
    }
}

/// Signs with one key.
pub trait Signer: Send + Sync {
    /// The public key as one OpenSSH line without comment.
    fn public_key(&self) -> &str;

    /// `SHA256:…`
    fn fingerprint(&self) -> &str;

    /// Returns an armoured SSHSIG over the message in this namespace.
    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, IdentityError>;
}

/// A valid signature, and what it proves about its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// `SHA256:…`
    pub fingerprint: String,
    /// `Touch` for a passkey, and for an `sk-` key with the user-presence flag. `Key` for other keys.
    pub assurance: Assurance,
}

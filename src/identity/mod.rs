//! Who is asking: SSH keys, agents, and signatures over statements (SSHSIG, PROTOCOL.sshsig of OpenSSH).
//!
//! May use `secret`, `system`, `grant`. Invariant: an authority is offered one configured key, never the whole agent.

use crate::grant::Assurance;

/// Why a signature could not be made or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The text is no SSH public key, or of a kind that is refused.
    #[error("not a usable SSH key: {0}")]
    Key(String),
    /// The signature is damaged, over other bytes, or of another namespace.
    #[error("the signature does not hold: {0}")]
    Signature(String),
    /// There is no agent, or it does not hold the key.
    #[error("the ssh-agent cannot sign: {0}")]
    Agent(String),
    /// The private key's file cannot be read or opened.
    #[error("the key file cannot be used: {0}")]
    File(String),
}

/// Signs with one key.
pub trait Signer: Send + Sync {
    /// The public key as one OpenSSH line without comment.
    fn public_key(&self) -> &str;

    /// `SHA256:…`
    fn fingerprint(&self) -> &str;

    /// An armoured SSHSIG over the message in this namespace.
    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, IdentityError>;
}

/// A signature that holds, and what it says about its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// `SHA256:…`
    pub fingerprint: String,
    /// `Touch` for an `sk-` key with the user-presence flag, otherwise `Key`.
    pub assurance: Assurance,
}

//! The ssh-agent protocol: listing keys and signing with one of them (draft-ietf-sshm-ssh-agent §3.5, §3.6).

use std::time::Duration;

use ssh_key::Signature;
use ssh_key::encoding;
use ssh_key::encoding::Decode;
use ssh_key::encoding::Encode;
use ssh_key::encoding::Reader;
use ssh_key::public::KeyData;

use crate::grant::text::sanitise;
use crate::system::Agent;
use crate::system::agent::AgentError;

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
const FAILURE: u8 = 5;
/// Requests an `rsa-sha2-512` signature.
const RSA_SHA2_512: u32 = 4;
/// No flags. The defined flags are for RSA. Strict agents, such as gpg-agent, refuse any other key with them.
const NONE: u32 = 0;

/// How long to wait for the list of keys, which needs no person.
const LIST_LIMIT: Duration = Duration::from_secs(10);
/// How long to wait for a signature, which may need a touch or an answer to `ssh-add -c`.
const SIGN_LIMIT: Duration = Duration::from_secs(60);

/// A key in the agent, of a kind that `ssh-key` can parse.
pub(super) struct Held {
    pub(super) key: KeyData,
    pub(super) comment: String,
}

/// The agent's keys, without those of unknown kinds.
pub(super) fn identities(agent: &dyn Agent) -> Result<Vec<Held>, AgentError> {
    let answer = agent.exchange(&[REQUEST_IDENTITIES], LIST_LIMIT)?;
    let body = expect_type(&answer, IDENTITIES_ANSWER, "to list its keys")?;
    read_identities(body).map_err(damaged)
}

/// Asks the agent to sign exactly these bytes with exactly this key.
pub(super) fn sign(agent: &dyn Agent, key: &KeyData, data: &[u8]) -> Result<Signature, AgentError> {
    let mut message = vec![SIGN_REQUEST];
    key.encode_prefixed(&mut message)
        .and_then(|()| data.encode(&mut message))
        .and_then(|()| flags(key).encode(&mut message))
        .map_err(damaged)?;
    let answer = agent.exchange(&message, SIGN_LIMIT)?;
    let mut body = expect_type(
        &answer,
        SIGN_RESPONSE,
        "to sign with this key, and gives no reason: the agent or the key may be locked, its question may have been \
         declined or missed, or it cannot use this kind of key",
    )?;
    let signature = body.read_prefixed(Signature::decode).map_err(damaged)?;
    body.finish(signature).map_err(damaged)
}

/// The signature flags for the key's algorithm (draft-ietf-sshm-ssh-agent §3.6.1).
fn flags(key: &KeyData) -> u32 {
    if matches!(key, KeyData::Rsa(_)) { RSA_SHA2_512 } else { NONE }
}

fn expect_type<'a>(answer: &'a [u8], wanted: u8, refusal: &str) -> Result<&'a [u8], AgentError> {
    match answer.split_first() {
        Some((kind, body)) if *kind == wanted => Ok(body),
        Some((&FAILURE, _)) => Err(AgentError::Refused(refusal.to_owned())),
        _ => Err(AgentError::Damaged("it answers another question".to_owned())),
    }
}

fn read_identities(mut body: &[u8]) -> encoding::Result<Vec<Held>> {
    let count = u32::decode(&mut body)?;
    let mut held = Vec::new();
    for _ in 0..count {
        let blob = Vec::<u8>::decode(&mut body)?;
        let comment = Vec::<u8>::decode(&mut body)?;
        let mut rest = blob.as_slice();
        if let Ok(key) = KeyData::decode(&mut rest)
            && rest.is_empty()
        {
            held.push(Held { key, comment: String::from_utf8_lossy(&comment).into_owned() });
        }
    }
    body.finish(held)
}

fn damaged(error: impl std::fmt::Display) -> AgentError {
    AgentError::Damaged(error.to_string())
}

/// The error as the end of a sentence about the agent.
pub(super) fn describe(error: &AgentError) -> String {
    match error {
        AgentError::Absent => "none is running (SSH_AUTH_SOCK is not set)".to_owned(),
        AgentError::Unreachable { socket, cause } => {
            format!("{} cannot be reached: {cause}", sanitise(socket))
        }
        AgentError::TimeOut(seconds) => format!("it did not answer within {seconds} seconds"),
        AgentError::Refused(what) => format!("it refuses {what}"),
        AgentError::Damaged(cause) => format!("its answer is damaged: {}", sanitise(cause)),
    }
}

//! What rests in the keychain: the session, the one-use key of each request, and one lease for each grant.

use std::sync::Arc;

use super::Failure;
use crate::grant::Digest;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::secret::Secret;
use crate::secret::seal::RecipientKey;
use crate::system::Keychain;
use crate::system::KeychainSource;
use crate::system::System;
use crate::system::keychain::KeychainError;

/// The keychain, by what is kept in it.
pub struct Vault(Arc<dyn Keychain>);

impl Vault {
    /// Opens the keychain of this name.
    pub fn open(system: &System, name: Option<&str>) -> Result<Self, Failure> {
        let _ = name;
        match &system.keychain {
            KeychainSource::Given(keychain) => Ok(Self(Arc::clone(keychain))),
            KeychainSource::Recorded => Err(KeychainError::Absent("not built yet".to_owned()).into()),
        }
    }

    /// The store's name.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// The token of the session with this authority.
    pub fn session(&self, authority: &str) -> Result<Option<Secret<String>>, Failure> {
        self.text(&session_item(authority))
    }

    /// Keeps the token of a session.
    pub fn keep_session(&self, authority: &str, token: &Secret<String>) -> Result<(), Failure> {
        self.keep_text(&session_item(authority), token)
    }

    /// Removes the session.
    pub fn drop_session(&self, authority: &str) -> Result<(), Failure> {
        Ok(self.0.delete(&session_item(authority))?)
    }

    /// The one-use key of a request that this machine made. Its being here proves that these bytes were ours.
    pub fn recipient(&self, request: &Digest) -> Result<Option<RecipientKey>, Failure> {
        let Some(stored) = self.text(&recipient_item(request))? else { return Ok(None) };
        let key = RecipientKey::from_storage(stored.expose())
            .map_err(|_| KeychainError::Damaged(recipient_item(request)))?;
        Ok(Some(key))
    }

    /// Keeps the one-use key of a request, before the request is sent.
    pub fn keep_recipient(&self, request: &Digest, key: &RecipientKey) -> Result<(), Failure> {
        self.keep_text(&recipient_item(request), &key.to_storage())
    }

    /// Removes everything about a request.
    pub fn drop_request(&self, request: &Digest) -> Result<(), Failure> {
        self.0.delete(&lease_item(&request.request_id()))?;
        Ok(self.0.delete(&recipient_item(request))?)
    }

    /// The lease of a grant. A damaged one is none: another can be had.
    pub fn lease(&self, request: &RequestId) -> Result<Option<Lease>, Failure> {
        let stored = self.0.get(&lease_item(request))?;
        Ok(stored.and_then(|json| Lease::from_secret_json(&json).ok()))
    }

    /// Keeps the lease of a grant, in place of the one before.
    pub fn keep_lease(&self, request: &RequestId, lease: &Lease) -> Result<(), Failure> {
        Ok(self.0.set(&lease_item(request), &lease.to_secret_json())?)
    }

    /// Removes the lease of a grant.
    pub fn drop_lease(&self, request: &RequestId) -> Result<(), Failure> {
        Ok(self.0.delete(&lease_item(request))?)
    }

    /// The session of a direct role.
    pub fn direct(&self, role: &Name) -> Result<Option<Lease>, Failure> {
        let stored = self.0.get(&direct_item(role))?;
        Ok(stored.and_then(|json| Lease::from_secret_json(&json).ok()))
    }

    /// Keeps the session of a direct role.
    pub fn keep_direct(&self, role: &Name, lease: &Lease) -> Result<(), Failure> {
        Ok(self.0.set(&direct_item(role), &lease.to_secret_json())?)
    }

    /// Removes the session of a direct role.
    pub fn drop_direct(&self, role: &Name) -> Result<(), Failure> {
        Ok(self.0.delete(&direct_item(role))?)
    }

    fn text(&self, item: &str) -> Result<Option<Secret<String>>, Failure> {
        let Some(bytes) = self.0.get(item)? else { return Ok(None) };
        let text =
            std::str::from_utf8(bytes.expose()).map_err(|_| KeychainError::Damaged(item.to_owned()))?;
        Ok(Some(text.into()))
    }

    fn keep_text(&self, item: &str, text: &Secret<String>) -> Result<(), Failure> {
        Ok(self.0.set(item, &Secret::new(text.expose().as_bytes().to_vec()))?)
    }
}

fn session_item(authority: &str) -> String {
    format!("session {authority}")
}

fn recipient_item(request: &Digest) -> String {
    format!("request {request}")
}

fn lease_item(request: &RequestId) -> String {
    format!("lease {request}")
}

fn direct_item(role: &Name) -> String {
    format!("direct {role}")
}

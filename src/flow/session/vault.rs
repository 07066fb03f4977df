//! The contents of the keychain: the session, the one-use key of each request, and one lease per grant.

use std::sync::Arc;

use crate::flow::Failure;
use crate::grant::Digest;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::lease::LeaseError;
use crate::identity::kept::KeptKey;
use crate::keychain::Choice;
use crate::keychain::Item;
use crate::keychain::choice;
use crate::secret::Secret;
use crate::secret::seal::RecipientKey;
use crate::system::Keychain;
use crate::system::System;
use crate::system::keychain::KeychainError;

/// The keychain, with a method for each kind of content.
#[derive(Clone)]
pub struct Vault(Arc<dyn Keychain>);

impl Vault {
    /// Prepares the keychain of this name, which the login chose. Does not unlock it yet.
    pub fn open(system: &System, name: Option<&str>) -> Result<Self, Failure> {
        let choice = name.map(str::parse::<Choice>).transpose().map_err(|error| {
            Failure::usage(error.to_string()).hint("choose again: `jit login --keychain NAME`")
        })?;
        Ok(Self(choice::resolve(system, choice)?))
    }

    /// The store's name.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// Whether its contents are lost when this process ends.
    pub fn forgets(&self) -> bool {
        self.name() == Choice::None.as_str()
    }

    /// Tests that it writes, reads back and removes.
    pub fn prove(&self, system: &System) -> Result<(), Failure> {
        Ok(choice::prove(self.0.as_ref(), system)?)
    }

    /// The token of the session with this authority. `None` if there is none.
    pub fn session(&self, authority: &str) -> Result<Option<Secret<String>>, Failure> {
        self.text(&Item::Session(authority.to_owned()).to_string())
    }

    /// Stores the token of a session.
    pub fn keep_session(&self, authority: &str, token: &Secret<String>) -> Result<(), Failure> {
        self.keep_text(&Item::Session(authority.to_owned()).to_string(), token)
    }

    /// Removes the session.
    pub fn drop_session(&self, authority: &str) -> Result<(), Failure> {
        Ok(self.0.delete(&Item::Session(authority.to_owned()).to_string())?)
    }

    /// The key of a sign-in at an identity provider, with the random text of its nonce. `None` if there is none.
    pub fn session_key(&self, authority: &str) -> Result<Option<(KeptKey, String)>, Failure> {
        let item = Item::SessionKey(authority.to_owned()).to_string();
        let Some(stored) = self.text(&item)? else { return Ok(None) };
        let damaged = || KeychainError::Damaged(item.clone());
        let (key, random) = stored.expose().split_once(' ').ok_or_else(damaged)?;
        Ok(Some((KeptKey::from_storage(key).map_err(|_| damaged())?, random.to_owned())))
    }

    /// Stores the key of a sign-in with the random text of its nonce.
    pub fn keep_session_key(&self, authority: &str, key: &KeptKey, random: &str) -> Result<(), Failure> {
        let value = Secret::new(format!("{} {random}", key.to_storage().expose()));
        self.keep_text(&Item::SessionKey(authority.to_owned()).to_string(), &value)
    }

    /// The refresh token of an identity provider. `None` if there is none.
    pub fn refresh_token(&self, authority: &str) -> Result<Option<Secret<String>>, Failure> {
        self.text(&Item::Refresh(authority.to_owned()).to_string())
    }

    /// Stores the refresh token of an identity provider and replaces the previous one.
    pub fn keep_refresh_token(&self, authority: &str, token: &Secret<String>) -> Result<(), Failure> {
        self.keep_text(&Item::Refresh(authority.to_owned()).to_string(), token)
    }

    /// Removes the refresh token, which has ended.
    pub fn drop_refresh_token(&self, authority: &str) -> Result<(), Failure> {
        Ok(self.0.delete(&Item::Refresh(authority.to_owned()).to_string())?)
    }

    /// Removes everything that a sign-in at an identity provider left.
    pub fn drop_sign_in(&self, authority: &str) -> Result<(), Failure> {
        self.drop_refresh_token(authority)?;
        Ok(self.0.delete(&Item::SessionKey(authority.to_owned()).to_string())?)
    }

    /// The one-use key of a request that this machine made. The stored digest proves that the request's bytes are this
    /// machine's.
    pub fn recipient(&self, request: &Digest) -> Result<Option<RecipientKey>, Failure> {
        let item = Item::Recipient(request.request_id()).to_string();
        let Some(stored) = self.text(&item)? else { return Ok(None) };
        let damaged = || KeychainError::Damaged(item.clone());
        let (digest, key) = stored.expose().split_once(' ').ok_or_else(damaged)?;
        if digest != request.to_string() {
            return Ok(None);
        }
        Ok(Some(RecipientKey::from_storage(key).map_err(|_| damaged())?))
    }

    /// Stores the one-use key of a request, before the request is sent.
    pub fn keep_recipient(&self, request: &Digest, key: &RecipientKey) -> Result<(), Failure> {
        let value = Secret::new(format!("{request} {}", key.to_storage().expose()));
        self.keep_text(&Item::Recipient(request.request_id()).to_string(), &value)
    }

    /// Removes everything about a request.
    pub fn drop_request(&self, request: &RequestId) -> Result<(), Failure> {
        self.0.delete(&Item::Lease(request.clone()).to_string())?;
        Ok(self.0.delete(&Item::Recipient(request.clone()).to_string())?)
    }

    /// The lease of a grant. A damaged one is none: another can be had.
    ///
    /// # Errors
    /// A newer version of jit wrote it; then it stays as it is.
    pub fn lease(&self, request: &RequestId) -> Result<Option<Lease>, Failure> {
        self.read(&Item::Lease(request.clone()))
    }

    /// Stores the lease of a grant and replaces the previous one.
    pub fn keep_lease(&self, request: &RequestId, lease: &Lease) -> Result<(), Failure> {
        Ok(self.0.set(&Item::Lease(request.clone()).to_string(), &lease.to_secret_json())?)
    }

    /// Removes the lease of a grant.
    pub fn drop_lease(&self, request: &RequestId) -> Result<(), Failure> {
        Ok(self.0.delete(&Item::Lease(request.clone()).to_string())?)
    }

    /// The session of a direct role. A damaged one is none: another can be had.
    ///
    /// # Errors
    /// A newer version of jit wrote it; then it stays as it is.
    pub fn direct(&self, role: &Name) -> Result<Option<Lease>, Failure> {
        self.read(&Item::Direct(role.clone()))
    }

    /// Stores the session of a direct role.
    pub fn keep_direct(&self, role: &Name, lease: &Lease) -> Result<(), Failure> {
        Ok(self.0.set(&Item::Direct(role.clone()).to_string(), &lease.to_secret_json())?)
    }

    /// Removes the session of a direct role.
    pub fn drop_direct(&self, role: &Name) -> Result<(), Failure> {
        Ok(self.0.delete(&Item::Direct(role.clone()).to_string())?)
    }

    fn read(&self, item: &Item) -> Result<Option<Lease>, Failure> {
        let Some(stored) = self.0.get(&item.to_string())? else { return Ok(None) };
        match Lease::from_secret_json(&stored) {
            Ok(lease) => Ok(Some(lease)),
            Err(LeaseError::Damaged) => Ok(None),
            Err(error @ LeaseError::Newer) => {
                Err(Failure::failed(format!("{item} in the keychain cannot be read"))
                    .cause(error.to_string())
                    .hint("update jit on this machine; jit leaves the item as it is"))
            }
        }
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

//! The secrets of this machine: the session, the one-use key of each request, and one lease per grant. Leases are in the
//! keychain with the rest, or in the kernel's keyring, as the login chose.

use std::sync::Arc;

use crate::config::variables;
use crate::flow::Failure;
use crate::grant::Digest;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::lease::LeaseError;
use crate::identity::kept::KeptKey;
use crate::keychain::Choice;
use crate::keychain::Item;
use crate::keychain::LeaseStore;
use crate::keychain::choice;
use crate::keychain::lease_store;
use crate::secret::Secret;
use crate::secret::seal::RecipientKey;
use crate::system::Keychain;
use crate::system::System;
use crate::system::keychain::KeychainError;
use crate::system::keychain::Room;

/// The stores, with a method for each kind of content.
#[derive(Clone)]
pub struct Vault {
    keychain: Arc<dyn Keychain>,
    /// The kernel's keyring, whether or not it holds the leases now: it may have held them before.
    kernel: Result<Arc<dyn Keychain>, KeychainError>,
    leases: LeaseStore,
    /// The agent whose secrets these are. `None` for a person's. An agent's have other names, so neither finds the other's.
    agent: Option<String>,
}

impl Vault {
    /// Prepares the stores of these names, which the login chose. Without a choice the keychain has the leases. Does not
    /// unlock anything yet.
    pub fn open(system: &System, name: Option<&str>, leases: Option<&str>) -> Result<Self, Failure> {
        let choice = name.map(str::parse::<Choice>).transpose().map_err(|error| {
            Failure::usage(error.to_string())
                .hint("choose again: `jit login --keychain NAME` (os, keyutils, file or none)")
        })?;
        let leases = leases.map(str::parse::<LeaseStore>).transpose().map_err(|error| {
            Failure::usage(error.to_string()).hint("choose again: `jit config set credentials NAME`")
        })?;
        let vault = Self {
            keychain: choice::resolve(system, choice)?,
            kernel: lease_store::kernel(system),
            leases: leases.unwrap_or(LeaseStore::Keychain),
            agent: system.environment.get(variables::AGENT).map(str::to_owned),
        };
        // A keychain that keeps nothing keeps no credentials elsewhere either.
        Ok(if vault.forgets() { vault.with_leases_in(LeaseStore::Keychain) } else { vault })
    }

    /// The same with the leases in this place.
    pub fn with_leases_in(self, leases: LeaseStore) -> Self {
        Self { leases, ..self }
    }

    /// The keychain's name.
    pub fn name(&self) -> &'static str {
        self.keychain.name()
    }

    /// The place of the leases.
    pub fn leases_in(&self) -> LeaseStore {
        self.leases
    }

    /// The place of the leases in words, for people, with this name for the keychain.
    pub fn place_of_leases(&self, keychain: &str) -> String {
        match self.leases {
            LeaseStore::Kernel => "the kernel's keyring".to_owned(),
            LeaseStore::Keychain => format!("the keychain `{keychain}`"),
        }
    }

    /// Both stores in words, for people.
    pub fn described(&self) -> String {
        match self.leases {
            LeaseStore::Kernel => format!("{}; credentials in the kernel's keyring", self.name()),
            LeaseStore::Keychain => self.name().to_owned(),
        }
    }

    /// Whether its contents are lost when this process ends.
    pub fn forgets(&self) -> bool {
        self.name() == Choice::None.as_str()
    }

    /// Tests that the keychain writes, reads back and removes.
    pub fn prove(&self, system: &System) -> Result<(), Failure> {
        Ok(choice::prove(self.keychain.as_ref(), system)?)
    }

    /// Tests that the kernel's keyring writes, reads back and removes, and takes an end for each item. Returns its room.
    pub fn prove_kernel(&self, system: &System) -> Result<Option<Room>, Failure> {
        let kernel = self.kernel()?;
        lease_store::prove(kernel, system).map_err(of_kernel)?;
        Ok(kernel.room())
    }

    fn kernel(&self) -> Result<&dyn Keychain, Failure> {
        self.kernel.as_deref().map_err(|error| of_kernel(error.clone()))
    }

    /// The name of an item in the stores.
    fn named(&self, item: &Item) -> String {
        self.agent.as_ref().map_or_else(|| item.to_string(), |agent| format!("agent:{agent}/{item}"))
    }

    /// The key of the agent whose secrets these are. `None` if there is none.
    pub fn agent_key(&self) -> Result<Option<KeptKey>, Failure> {
        let item = self.named(&Item::AgentKey);
        let Some(stored) = self.text(&item)? else { return Ok(None) };
        Ok(Some(KeptKey::from_storage(stored.expose()).map_err(|_| KeychainError::Damaged(item))?))
    }

    /// Stores the agent's key.
    pub fn keep_agent_key(&self, key: &KeptKey) -> Result<(), Failure> {
        self.keep_text(&self.named(&Item::AgentKey), &key.to_storage())
    }

    /// The token of the session with this authority. `None` if there is none.
    pub fn session(&self, authority: &str) -> Result<Option<Secret<String>>, Failure> {
        self.text(&self.named(&Item::Session(authority.to_owned())))
    }

    /// Stores the token of a session.
    pub fn keep_session(&self, authority: &str, token: &Secret<String>) -> Result<(), Failure> {
        self.keep_text(&self.named(&Item::Session(authority.to_owned())), token)
    }

    /// Removes the session.
    pub fn drop_session(&self, authority: &str) -> Result<(), Failure> {
        Ok(self.keychain.delete(&self.named(&Item::Session(authority.to_owned())))?)
    }

    /// The key of a sign-in at an identity provider, with the random text of its nonce. `None` if there is none.
    pub fn session_key(&self, authority: &str) -> Result<Option<(KeptKey, String)>, Failure> {
        let item = self.named(&Item::SessionKey(authority.to_owned()));
        let Some(stored) = self.text(&item)? else { return Ok(None) };
        let damaged = || KeychainError::Damaged(item.clone());
        let (key, random) = stored.expose().split_once(' ').ok_or_else(damaged)?;
        Ok(Some((KeptKey::from_storage(key).map_err(|_| damaged())?, random.to_owned())))
    }

    /// Stores the key of a sign-in with the random text of its nonce.
    pub fn keep_session_key(&self, authority: &str, key: &KeptKey, random: &str) -> Result<(), Failure> {
        let value = Secret::new(format!("{} {random}", key.to_storage().expose()));
        self.keep_text(&self.named(&Item::SessionKey(authority.to_owned())), &value)
    }

    /// The refresh token of an identity provider. `None` if there is none.
    pub fn refresh_token(&self, authority: &str) -> Result<Option<Secret<String>>, Failure> {
        self.text(&self.named(&Item::Refresh(authority.to_owned())))
    }

    /// Stores the refresh token of an identity provider and replaces the previous one.
    pub fn keep_refresh_token(&self, authority: &str, token: &Secret<String>) -> Result<(), Failure> {
        self.keep_text(&self.named(&Item::Refresh(authority.to_owned())), token)
    }

    /// Removes the refresh token, which has ended.
    pub fn drop_refresh_token(&self, authority: &str) -> Result<(), Failure> {
        Ok(self.keychain.delete(&self.named(&Item::Refresh(authority.to_owned())))?)
    }

    /// Removes everything that a sign-in at an identity provider left.
    pub fn drop_sign_in(&self, authority: &str) -> Result<(), Failure> {
        self.drop_refresh_token(authority)?;
        Ok(self.keychain.delete(&self.named(&Item::SessionKey(authority.to_owned())))?)
    }

    /// The one-use key of a request that this machine made. The stored digest proves that the request's bytes are this
    /// machine's.
    pub fn recipient(&self, request: &Digest) -> Result<Option<RecipientKey>, Failure> {
        let item = self.named(&Item::Recipient(request.request_id()));
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
        self.keep_text(&self.named(&Item::Recipient(request.request_id())), &value)
    }

    /// Removes everything about a request.
    ///
    /// # Errors
    /// A store did not remove its part. The parts in the other store are removed nevertheless.
    pub fn drop_request(&self, request: &RequestId) -> Result<(), Failure> {
        let dropped = self.drop_lease(request);
        self.keychain.delete(&self.named(&Item::Recipient(request.clone())))?;
        dropped
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
        self.keep(&Item::Lease(request.clone()), lease)
    }

    /// Removes the lease of a grant.
    pub fn drop_lease(&self, request: &RequestId) -> Result<(), Failure> {
        self.forget(&Item::Lease(request.clone()))
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
        self.keep(&Item::Direct(role.clone()), lease)
    }

    /// Removes the session of a direct role.
    pub fn drop_direct(&self, role: &Name) -> Result<(), Failure> {
        self.forget(&Item::Direct(role.clone()))
    }

    fn keep(&self, item: &Item, lease: &Lease) -> Result<(), Failure> {
        let (item, value) = (self.named(item), lease.to_secret_json());
        match self.leases {
            LeaseStore::Kernel => self.kernel()?.set_until(&item, &value, lease.expires).map_err(of_kernel),
            LeaseStore::Keychain => Ok(self.keychain.set_until(&item, &value, lease.expires)?),
        }
    }

    /// Removes a lease from both stores: the choice may have changed since it was stored. An error of one store does not keep
    /// the lease in the other.
    fn forget(&self, item: &Item) -> Result<(), Failure> {
        let item = self.named(item);
        let from_kernel = self.kernel().and_then(|kernel| kernel.delete(&item).map_err(of_kernel));
        self.keychain.delete(&item)?;
        match self.leases {
            LeaseStore::Kernel => from_kernel,
            // A keyring that does not answer may have held it only before, and forgets it by itself.
            LeaseStore::Keychain => Ok(()),
        }
    }

    fn read(&self, item: &Item) -> Result<Option<Lease>, Failure> {
        let stored = match self.leases {
            LeaseStore::Kernel => self.kernel()?.get(&self.named(item)).map_err(of_kernel)?,
            LeaseStore::Keychain => self.keychain.get(&self.named(item))?,
        };
        let Some(stored) = stored else { return Ok(None) };
        match Lease::from_secret_json(&stored) {
            Ok(lease) => Ok(Some(lease)),
            Err(LeaseError::Damaged) => Ok(None),
            Err(error @ LeaseError::Newer) => {
                let place = match self.leases {
                    LeaseStore::Kernel => "the kernel's keyring",
                    LeaseStore::Keychain => "the keychain",
                };
                Err(Failure::failed(format!("{item} in {place} cannot be read"))
                    .cause(error.to_string())
                    .hint("update jit on this machine; jit leaves the item as it is"))
            }
        }
    }

    fn text(&self, item: &str) -> Result<Option<Secret<String>>, Failure> {
        let Some(bytes) = self.keychain.get(item)? else { return Ok(None) };
        let text =
            std::str::from_utf8(bytes.expose()).map_err(|_| KeychainError::Damaged(item.to_owned()))?;
        Ok(Some(text.into()))
    }

    fn keep_text(&self, item: &str, text: &Secret<String>) -> Result<(), Failure> {
        Ok(self.keychain.set(item, &Secret::new(text.expose().as_bytes().to_vec()))?)
    }
}

/// Explains an error of the kernel's keyring. Its store is changed by another setting than the keychain's.
fn of_kernel(error: KeychainError) -> Failure {
    let is_full = matches!(error, KeychainError::Full(_));
    let cause = match error {
        KeychainError::Full(cause)
        | KeychainError::Absent(cause)
        | KeychainError::Damaged(cause)
        | KeychainError::Failed(cause) => cause,
        other => other.to_string(),
    };
    let failure = Failure::failed("the kernel's keyring cannot hold your credentials").cause(cause);
    let failure = if is_full {
        failure.hint("end access that you no longer need: `jit status`, then `jit end ROLE`")
    } else {
        failure
    };
    failure.hint("keep credentials in the keychain: `jit config set credentials keychain`")
}

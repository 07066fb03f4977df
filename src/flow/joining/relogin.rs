//! Logging in again without a person after a session expired: with the key of the last login through the agent, or with the
//! refresh token of a sign-in.

use async_trait::async_trait;

use crate::authority::broker::Renew;
use crate::config::Settings;
use crate::config::login::Account;
use crate::config::variables;
use crate::flow::Client;
use crate::flow::joining::login;
use crate::flow::joining::proving;
use crate::flow::session::vault::Vault;
use crate::identity::key;
use crate::identity::signer;
use crate::identity::signer::KeyChoice;
use crate::keychain::lock;
use crate::secret::Secret;
use crate::system::System;

/// The parts needed to log in again.
pub(in crate::flow) struct Relogin {
    system: System,
    settings: Settings,
    vault: Vault,
    account: Account,
    key: KeyChoice,
}

impl Relogin {
    /// For the account of the last login.
    pub(in crate::flow) fn new(
        client: &Client<'_>,
        vault: &Vault,
        account: &Account,
        key: &KeyChoice,
    ) -> Self {
        Self {
            system: client.system.clone(),
            settings: client.settings.clone(),
            vault: vault.clone(),
            account: account.clone(),
            key: key.clone(),
        }
    }

    /// A new session to replace the expired one (`over`), if there was one. `None` if a person is needed: for a
    /// passphrase, for a touch without a terminal to ask for it, or because the broker refuses.
    pub(in crate::flow) async fn session(&self, over: Option<&Secret<String>>) -> Option<Secret<String>> {
        let system = &self.system;
        if self.account.keeps_key() {
            return self.signed_in(over).await;
        }
        let line = key::parse_line(&self.key.public).ok()?;
        let is_agents = system.environment.get(variables::AGENT).is_some();
        let signs = is_agents || signer::is_in_agent(&self.key, system);
        if !signs || (line.hardware && !system.console.is_interactive()) {
            return None;
        }
        // Many commands notice an expired session at once. No lock is held while a person touches a key.
        let _held = if line.hardware { None } else { lock::hold(system, "login", |_| ()).await.ok() };
        let url = &self.account.url;
        if let Some(token) = self.vault.session(url).ok()?.filter(|token| Some(token) != over) {
            return Some(token);
        }
        let client = Client::resume(system, self.settings.clone(), self.vault.clone());
        let person = &self.account.person;
        match login::session(&client, url, person, &self.key).await {
            Ok((_, token)) => {
                if !self.vault.forgets() {
                    system.console.say(&format!(
                        "note: the session with {url} was over; logged in again as {person} with {}{}",
                        line.fingerprint,
                        if is_agents { "" } else { " of the ssh-agent" }
                    ));
                    if let Err(failure) = self.vault.keep_session(url, &token) {
                        system.console.say(&format!("warning: the new session is not kept: {failure}"));
                    }
                }
                Some(token)
            }
            Err(failure) => {
                tracing::debug!(cause = %failure.in_one_line(), "no new session without a person");
                None
            }
        }
    }

    /// The same after a sign-in at an identity provider, whose refresh token may do.
    async fn signed_in(&self, over: Option<&Secret<String>>) -> Option<Secret<String>> {
        let _held = lock::hold(&self.system, "login", |_| ()).await.ok();
        if let Some(token) = self.vault.session(&self.account.url).ok()?.filter(|token| Some(token) != over) {
            return Some(token);
        }
        let client = Client::resume(&self.system, self.settings.clone(), self.vault.clone());
        proving::session(&client, &self.account).await
    }
}

#[async_trait]
impl Renew for Relogin {
    async fn renew(&self, over: &Secret<String>) -> Option<Secret<String>> {
        self.session(Some(over)).await
    }
    async fn prove(&self, session: &Secret<String>) -> bool {
        proving::groups(&self.system, &self.vault, &self.account, session).await
    }
}

//! The start of every verb: the system, the settings, and, when needed, keychain, key and authority.

use std::sync::Arc;
use std::sync::OnceLock;

use jiff::Timestamp;

use crate::authority::BrokerClient;
use crate::authority::GitHubAuthority;
use crate::authority::JobAuthority;
use crate::authority::StatementAuthority;
use crate::authority::WishAuthority;
use crate::authority::WorkloadAuthority;
use crate::config::LoginRecord;
use crate::config::Settings;
use crate::config::login::Account;
use crate::flow::Failure;
use crate::flow::joining::agent;
use crate::flow::joining::github_login;
use crate::flow::joining::login;
use crate::flow::joining::relogin::Relogin;
use crate::flow::session::github_token;
use crate::flow::session::keychains;
use crate::flow::session::keychains::Chosen;
use crate::flow::session::vault::Vault;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::span::whole_seconds;
use crate::grant::statement::Header;
use crate::identity;
use crate::identity::Signer;
use crate::identity::signer::KeyChoice;
use crate::keychain::Choice;
use crate::state::index;
use crate::state::index::Entry;
use crate::system::Console;
use crate::system::KeychainSource;
use crate::system::System;

/// One run of the command line.
pub struct Client<'a> {
    /// The outside world.
    pub system: &'a System,
    /// The settings.
    pub settings: Settings,
    vault: OnceLock<Vault>,
}

/// A session with an authority.
pub struct Connected {
    /// The authority.
    pub authority: Arc<dyn StatementAuthority>,
    /// The person of the session.
    pub person: Name,
    key: KeyChoice,
}

impl<'a> Client<'a> {
    /// Loads the settings and opens nothing else.
    pub fn open(system: &'a System) -> Result<Self, Failure> {
        let settings = Settings::load(&system.files)?;
        Ok(Self { system, settings, vault: OnceLock::new() })
    }

    /// Continues with open settings and an open keychain.
    pub(in crate::flow) fn resume(system: &'a System, settings: Settings, vault: Vault) -> Self {
        Self { system, settings, vault: OnceLock::from(vault) }
    }

    /// The terminal.
    pub fn console(&self) -> &dyn Console {
        self.system.console.as_ref()
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.system.clock.now()
    }

    /// The vault for secrets, which is opened on first use.
    pub fn vault(&self) -> Result<&Vault, Failure> {
        if let Some(vault) = self.vault.get() {
            return Ok(vault);
        }
        let opened = match self.settings.keychain() {
            Some(name) => Vault::open(self.system, Some(name), self.settings.credentials())?,
            None if matches!(self.system.keychain, KeychainSource::Given(_)) => {
                Vault::open(self.system, None, self.settings.credentials())?
            }
            // Direct roles work before any login. The keychain is then chosen, recorded and shown here.
            None => {
                let Chosen { vault, keychain, credentials } = keychains::choose_unasked(self)?;
                if let Some(chosen) = &keychain {
                    let place = vault.place_of_leases(chosen);
                    self.console().say(&format!(
                        "note: credentials are kept in {place} from now on; `jit login --keychain NAME` chooses another"
                    ));
                    LoginRecord { keychain, credentials, ..self.settings.login.clone() }
                        .save(&self.system.files)?;
                }
                vault
            }
        };
        Ok(self.vault.get_or_init(|| opened))
    }

    /// The vault for sessions of direct roles, which work before any login: the chosen keychain, else the operating
    /// system's, else one that stores nothing.
    pub fn vault_if_any(&self) -> Result<Vault, Failure> {
        match self.vault() {
            Ok(vault) => Ok(vault.clone()),
            Err(_) if self.settings.keychain().is_none() => {
                Vault::open(self.system, Some(Choice::None.as_str()), None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// The entries of this machine's index. Shows a warning if the index is damaged.
    pub fn index(&self) -> Vec<Entry> {
        let index = index::read(&self.system.files);
        if let Some(damage) = index.damage {
            self.console().say(&format!("warning: {damage}"));
        }
        if let Some(newer) = index.newer.words() {
            self.console().say(&format!("note: {newer}"));
        }
        index.entries
    }

    /// Removes everything that has ended from the index, and its secrets from the keychain. The keychain is already
    /// open when this is called.
    pub fn sweep(&self) -> Result<(), Failure> {
        let vault = self.vault()?;
        for entry in index::sweep(&self.system.files, self.now())? {
            match &entry.id {
                Some(id) => vault.drop_request(id)?,
                None => vault.drop_direct(&entry.role)?,
            }
        }
        Ok(())
    }

    /// The authority that takes wishes as they are, if the surroundings name one. `None` if the configured authority takes signed
    /// statements: [`Client::connect`] opens a session with it. Asks nobody.
    pub fn wishes(&self) -> Option<Box<dyn WishAuthority>> {
        if let Some(job) = JobAuthority::of_job(self.system) {
            return Some(Box::new(job));
        }
        let workload = WorkloadAuthority::of_job(self.system)?;
        Some(Box::new(workload))
    }

    /// The current authority and the account there. Opens nothing, so that a missing login is reported before problems
    /// that matter only after a login.
    pub fn account(&self) -> Result<(&str, &Account), Failure> {
        let url = self.settings.authority().ok_or_else(|| {
            Failure::not_logged_in("no broker is known")
                .hint("type `jit login https://…` or `jit login github:OWNER/NAME` with your team's address")
        })?;
        let account = self.settings.login().filter(|account| !account.ended);
        Ok((url, account.ok_or_else(|| not_logged_in(url))?))
    }

    /// The session of the last login, or a failure with advice if there is none. An expired session is replaced if the
    /// agent holds the key of the login. If the keychain stores nothing, this opens a new session.
    pub async fn connect(&self) -> Result<Connected, Failure> {
        let (url, account) = self.account()?;
        let key = KeyChoice { public: account.key.clone(), file: account.key_file.clone() };
        let person = account.person.clone();
        if AuthorityAddress::of(url).is_github() {
            return self.connect_to_repository(url, account, key).await;
        }
        let broker = self.open_session(url, account, &key).await?;
        Ok(Connected { authority: Arc::new(broker), person, key })
    }

    /// As [`Client::connect`], for what only a broker has.
    pub(in crate::flow) async fn connect_to_broker(&self) -> Result<BrokerClient, Failure> {
        let (url, account) = self.account()?;
        if AuthorityAddress::of(url).is_github() {
            return Err(Failure::usage("a repository decides here, and it has no approval page")
                .hint("review the pull request on GitHub, or type `jit inbox`"));
        }
        let key = KeyChoice { public: account.key.clone(), file: account.key_file.clone() };
        self.open_session(url, account, &key).await
    }

    async fn open_session(
        &self,
        url: &str,
        account: &Account,
        key: &KeyChoice,
    ) -> Result<BrokerClient, Failure> {
        let vault = self.vault()?;
        let relogin = Relogin::new(self, vault, account, key);
        let token = match vault.session(url)? {
            Some(token) => token,
            None if vault.forgets() => login::session(self, url, &account.person, key).await?.1,
            None => relogin.session(None).await.ok_or_else(|| not_logged_in(url))?,
        };
        Ok(BrokerClient::new(self.system, url, Some(token)).renewing(Arc::new(relogin)))
    }

    /// The stored session, whether or not it is valid, for ending it.
    pub(in crate::flow) fn connect_as_is(&self) -> Result<Option<BrokerClient>, Failure> {
        let (url, _) = self.account()?;
        let token = self.vault()?.session(url)?;
        Ok(token.map(|token| BrokerClient::new(self.system, url, Some(token))))
    }

    async fn connect_to_repository(
        &self,
        url: &str,
        account: &Account,
        key: KeyChoice,
    ) -> Result<Connected, Failure> {
        let repository = account.repository.ok_or_else(|| not_logged_in(url))?;
        let found = github_token::find(self, url).await?;
        let found = found.ok_or_else(|| {
            not_logged_in(url)
                .cause("GITHUB_TOKEN and GH_TOKEN are not set, and neither gh nor the keychain has a token")
        })?;
        let seat = github_login::seat(&self.settings, url, repository, &account.person, &key)?;
        let authority = Arc::new(GitHubAuthority::new(self.system, seat, found.token)?);
        Ok(Connected { authority, person: account.person.clone(), key })
    }

    /// Finds the private half of a key: the agent's own if an agent runs this, in the keychain if the last sign-in put it there, else as `identity::signer` does.
    /// May ask for a passphrase.
    pub fn signer(&self, key: &KeyChoice) -> Result<Box<dyn Signer>, Failure> {
        if let Some(own) = agent::signer(self)? {
            return Ok(own);
        }
        let account = self.settings.login().filter(|account| account.key == key.public);
        if let Some(account) = account.filter(|account| account.keeps_key()) {
            let kept = self.vault()?.session_key(&account.url)?;
            let (kept, _) = kept.filter(|(kept, _)| kept.line() == key.public).ok_or_else(|| {
                not_logged_in(&account.url).cause("the keychain no longer has the key of the sign-in")
            })?;
            return Ok(kept.signer()?);
        }
        let ask = |question: &str| self.console().ask_secret(question);
        Ok(identity::signer::open(key, self.system, &ask)?)
    }

    /// Signs a statement with the key of this session.
    pub fn sign(&self, connected: &Connected, statement: &Statement) -> Result<Signed, Failure> {
        let signer = self.signer(&connected.key)?;
        self.sign_with(signer.as_ref(), statement)
    }

    /// Signs a statement. Shows a message if a security key waits for a touch.
    pub fn sign_with(&self, signer: &dyn Signer, statement: &Statement) -> Result<Signed, Failure> {
        if signer.public_key().starts_with("sk-") {
            // A plain line, not an animation: signing blocks, and Ctrl-C would leave the last frame behind.
            self.console().say("touch your security key");
        }
        Ok(identity::statement::sign(statement, signer)?)
    }

    /// The members that all statements of this session share.
    pub fn header(&self, connected: &Connected) -> Header {
        self.header_for(connected.authority.url(), &connected.person)
    }

    /// The members that all statements to this authority share.
    pub fn header_for(&self, authority: &str, who: &Name) -> Header {
        Header {
            authority: authority.to_owned(),
            who: who.clone(),
            at: whole_seconds(self.now()),
            nonce: self.system.entropy.token(),
        }
    }
}

fn not_logged_in(url: &str) -> Failure {
    Failure::not_logged_in(format!("not logged in to {url}")).hint("type `jit login`")
}

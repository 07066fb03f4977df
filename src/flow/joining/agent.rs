//! An agent's own identity on this machine: its key, kept in the keychain, and its login. Nothing here uses its owner's session,
//! key or ssh-agent.

use crate::config::LoginRecord;
use crate::config::login::Account;
use crate::config::variables;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::joining::login;
use crate::flow::joining::login::LoggedIn;
use crate::flow::joining::login::Wanted;
use crate::flow::session::vault::Vault;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::identity::Signer;
use crate::identity::kept::KeptKey;
use crate::identity::signer::KeyChoice;

/// An agent's key, and the lines that make it one of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The agent.
    pub name: Name,
    /// Its owner.
    pub owner: Name,
    /// Its public key as one OpenSSH line.
    pub key: String,
    /// Whether the key was there already.
    pub is_old: bool,
    /// The keychain that holds it.
    pub keychain: String,
    /// The authority that the owner is logged in to. `None` without a login.
    pub url: Option<String>,
}

impl Made {
    /// The block for `people.toml`.
    pub fn block(&self) -> String {
        format!("[agents.{}]\nof = \"{}\"\nkeys = [\"{}\"]\n", self.name, self.owner, self.key)
    }
}

/// Makes an agent's key and keeps it in the keychain, or finds the one from before.
///
/// # Errors
/// An agent runs this, the authority is a repository, no owner is known, or the keychain keeps nothing.
pub fn init(client: &Client<'_>, name: Option<Name>, owner: Option<Name>) -> Result<Made, Failure> {
    if let Some(agent) = agent_of(client)? {
        return Err(Failure::refused(format!("{agent} is an agent, and agents make no agents"))
            .hint(format!("type it without {}", variables::AGENT)));
    }
    if client.settings.address().is_some_and(AuthorityAddress::is_github) {
        return Err(on_github());
    }
    let account = client.settings.login();
    let owner = owner.or_else(|| account.map(|account| account.person.clone())).ok_or_else(|| {
        Failure::usage("it is not known whose agent this is")
            .hint("name its owner: `jit agent init NAME --of ana`, or log in first: `jit login`")
    })?;
    let name = match name {
        Some(name) => name,
        None => format!("{owner}-agent").parse().map_err(|_| {
            Failure::usage("the agent needs a name of its own").hint("type `jit agent init NAME`")
        })?,
    };
    if client.vault()?.forgets() {
        return Err(Failure::refused("the keychain `none` keeps no key for an agent")
            .hint("choose another: `jit login --keychain NAME` (os, keyutils or file)"));
    }
    let system = client.system.as_agent(name.as_str());
    let (keychain, credentials) = (client.settings.keychain(), client.settings.credentials());
    let vault = Vault::open(&system, keychain, credentials)?;
    let (key, is_old) = match vault.agent_key()? {
        Some(key) => (key, true),
        None => {
            let key = KeptKey::generate(system.entropy.as_ref())?;
            vault.keep_agent_key(&key)?;
            (key, false)
        }
    };
    let record = LoginRecord {
        keychain: keychain.map(str::to_owned),
        credentials: credentials.map(str::to_owned),
        ..LoginRecord::load(&system.files)?
    };
    record.save(&system.files)?;
    Ok(Made {
        name,
        owner,
        key: key.line().to_owned(),
        is_old,
        keychain: vault.name().to_owned(),
        url: account.map(|account| account.url.clone()),
    })
}

/// The agent that this process runs as. `None` for a person.
///
/// # Errors
/// The variable holds no name.
pub fn agent_of(client: &Client<'_>) -> Result<Option<Name>, Failure> {
    let Some(text) = client.system.environment.get(variables::AGENT) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| Failure::usage(format!("{} holds no agent's name", variables::AGENT)))
}

/// The signer of the agent that this process runs as: its own key and no other. `None` for a person.
pub(in crate::flow) fn signer(client: &Client<'_>) -> Result<Option<Box<dyn Signer>>, Failure> {
    let Some(agent) = agent_of(client)? else { return Ok(None) };
    let key = client.vault()?.agent_key()?.ok_or_else(|| no_key(&agent))?;
    Ok(Some(key.signer()?))
}

/// Logs the agent in at a broker with its own key.
pub(in crate::flow) async fn login(
    client: &Client<'_>,
    agent: Name,
    wanted: &Wanted,
    url: String,
) -> Result<LoggedIn, Failure> {
    if AuthorityAddress::of(&url).is_github() {
        return Err(on_github());
    }
    if wanted.person.as_ref().is_some_and(|person| *person != agent) || wanted.key.is_some() {
        return Err(Failure::usage(format!("{agent} logs in as itself, with its own key"))
            .hint(format!("leave out `--as` and `--key`, or type it without {}", variables::AGENT)));
    }
    let vault = client.vault()?;
    let key = vault.agent_key()?.ok_or_else(|| no_key(&agent))?;
    let choice = KeyChoice { public: key.line().to_owned(), file: None };
    let (session, token) = login::session(client, &url, &agent, &choice).await.map_err(|failure| {
        failure
            .hint(format!("`jit agent init {agent}`, typed by its owner, prints the block for people.toml"))
    })?;
    vault.keep_session(&url, &token)?;
    let record = LoginRecord {
        account: Some(Account {
            url: url.clone(),
            person: agent,
            key: choice.public,
            key_file: None,
            repository: None,
            ended: false,
            provider: None,
        }),
        ..client.settings.login.clone()
    };
    record.save(&client.system.files)?;
    login::remember(client, &url, token).await;
    Ok(LoggedIn { session, url, keychain: vault.described(), token: None })
}

fn no_key(agent: &Name) -> Failure {
    Failure::not_logged_in(format!("this machine has no key of the agent {agent}"))
        .hint(format!("its owner types `jit agent init {agent}`, without {}", variables::AGENT))
}

fn on_github() -> Failure {
    Failure::refused("agents ask a broker")
        .cause(
            "a repository on GitHub knows people by their accounts, and cannot tell an agent from its owner",
        )
        .hint("let the agent propose the command, and ask for the access yourself")
}

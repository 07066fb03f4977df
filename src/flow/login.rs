//! Logging in to a broker with an SSH key: choose address, key and keychain once, answer its challenge, keep the session.

use std::path::PathBuf;

use super::Client;
use super::Failure;
use super::github_login;
use super::naming;
use super::reconcile;
use super::roles;
use super::vault::Vault;
use crate::authority::Authority;
use crate::authority::BrokerClient;
use crate::config;
use crate::config::LoginRecord;
use crate::config::login::Account;
use crate::grant::Name;
use crate::grant::Statement;
use crate::grant::statement::LoginStatement;
use crate::identity;
use crate::identity::signer::Candidate;
use crate::identity::signer::KeyChoice;
use crate::identity::signer::candidates;
use crate::keychain::Choice;
use crate::keychain::choice;
use crate::protocol::Session;
use crate::secret::Secret;
use crate::system::KeychainSource;

/// What the user said.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The broker's address.
    pub url: Option<String>,
    /// The person's name in the policy.
    pub person: Option<Name>,
    /// A private key's file, or the fingerprint or comment of a key in the agent.
    pub key: Option<String>,
    /// The keychain, by name.
    pub keychain: Option<String>,
}

/// A login that worked.
#[derive(Debug, Clone)]
pub struct LoggedIn {
    /// The session, without its token.
    pub session: Session,
    /// The authority's address.
    pub url: String,
    /// The keychain that holds the session.
    pub keychain: String,
    /// Where the token comes from, in words, where the authority is a repository.
    pub token: Option<String>,
}

/// Logs in.
pub async fn login(client: &Client<'_>, wanted: Wanted) -> Result<LoggedIn, Failure> {
    let url = address(client, wanted.url.clone())?;
    if config::repository_of(&url).is_some() {
        return github_login::login(client, wanted, &url).await;
    }
    let known = client.settings.login.account.as_ref().filter(|account| account.url == url);
    let key = choose_key(client, wanted.key.as_deref(), known, &|_| true)?;
    let person = choose_person(client, wanted.person, known)?;
    let (vault, choice) = choose_keychain(client, wanted.keychain.as_deref())?;
    let (session, token) = session(client, &url, &person, &key).await?;
    vault.keep_session(&url, &token)?;
    let record = LoginRecord {
        keychain: choice,
        account: Some(Account {
            url: url.clone(),
            person: session.person.clone(),
            key: key.public.clone(),
            key_file: key.file.clone(),
            repository: None,
        }),
    };
    record.save(&client.system.files)?;
    let client = &Client::resume(client.system, client.settings.clone(), vault.clone());
    let before = known.map(|account| &account.person);
    reconcile::forget_others(client, &url, &session.person, before)?;
    remember(client, &url, token).await;
    Ok(LoggedIn { session, url, keychain: vault.name().to_owned(), token: None })
}

/// Learns what may be asked for and what waits, for completion and the prompt. Logged in is logged in, whether or not that
/// can be learned now.
async fn remember(client: &Client<'_>, url: &str, token: Secret<String>) {
    let broker = BrokerClient::new(client.system, url, Some(token));
    if let Ok(asked) = broker.roles().await {
        roles::remember(client, Some(url), &asked);
        warn(client);
    }
}

/// Says which direct roles have a name of the authority that was just logged in to.
pub(super) fn warn(client: &Client<'_>) {
    if let Ok(settings) = config::Settings::load(&client.system.files)
        && let Ok(vault) = client.vault()
    {
        naming::warn(&Client::resume(client.system, settings, vault.clone()));
    }
}

/// Chooses the keychain and nothing else, for somebody who has direct roles and no authority. `None` where that is not what
/// was asked for.
///
/// # Errors
/// The keychain does not write, read back and remove.
pub fn choose_only(client: &Client<'_>, wanted: &Wanted) -> Result<Option<String>, Failure> {
    let is_alone = wanted.url.is_none() && client.settings.authority().is_none();
    if wanted.keychain.is_none() || !is_alone || client.settings.roles.is_empty() {
        return Ok(None);
    }
    let (vault, chosen) = choose_keychain(client, wanted.keychain.as_deref())?;
    LoginRecord { keychain: chosen, ..client.settings.login.clone() }.save(&client.system.files)?;
    Ok(Some(vault.name().to_owned()))
}

/// Answers the authority's challenge; a session and its token.
pub async fn session(
    client: &Client<'_>,
    url: &str,
    person: &Name,
    key: &KeyChoice,
) -> Result<(Session, Secret<String>), Failure> {
    let broker = BrokerClient::new(client.system, url, None);
    let challenge = broker.challenge().await?;
    let statement = Statement::Login(LoginStatement {
        header: client.header_for(url, person),
        challenge: challenge.challenge,
    });
    let signer = client.signer(key)?;
    let signed = client.sign_with(signer.as_ref(), &statement)?;
    let mut session = broker.login(&signed).await.map_err(|error| {
        let refused = error.status().is_some();
        let mut failure = Failure::from(error).because(format!("the login to {url} as {person} failed"));
        if refused {
            failure.hints = Vec::new();
            failure = failure
                .hint(format!("does the policy have this key under your name? {}", key.public))
                .hint("say who you are with `--as NAME`, and which key with `--key KEY`");
        }
        failure
    })?;
    let token = session.token.take().ok_or_else(|| Failure::failed("the broker gave no session"))?;
    Ok((session, token))
}

/// The keychain: the one named, else the one recorded, else the operating system's once it has proved itself. Nothing is
/// fallen back to silently.
pub(super) fn choose_keychain(
    client: &Client<'_>,
    typed: Option<&str>,
) -> Result<(Vault, Option<String>), Failure> {
    let system = client.system;
    if matches!(system.keychain, KeychainSource::Given(_)) {
        return Ok((Vault::open(system, None)?, None));
    }
    let chosen = match typed.or(client.settings.keychain()) {
        Some(name) => name.to_owned(),
        None => {
            choice::probe(system).map_err(|error| {
                Failure::failed("the desktop's keychain does not work here").cause(error.to_string()).hint(
                    "choose another by name, with `jit login --keychain NAME` or `keychain = \"NAME\"` in config.toml: keyutils \
                     (until reboot), file (with a passphrase) or none",
                )
            })?;
            Choice::Os.as_str().to_owned()
        }
    };
    let vault = Vault::open(system, Some(&chosen))?;
    if typed.is_some() {
        vault.prove(system)?;
    }
    Ok((vault, Some(chosen)))
}

fn address(client: &Client<'_>, typed: Option<String>) -> Result<String, Failure> {
    let Some(typed) = typed else {
        return client.settings.authority().map(str::to_owned).ok_or_else(|| {
            Failure::usage("no broker is known")
                .hint("name its address: `jit login https://jit.example.com`, or a repository: `jit login github:acme/access`")
        });
    };
    let url = config::authority_address(&typed).map_err(|cause| {
        Failure::usage(format!("{typed:?} is neither a broker's address nor a repository")).cause(cause)
    })?;
    let own = client.settings.user_url.as_deref();
    match own {
        Some(own) if own != url => Err(Failure::usage("your config.toml names another authority")
            .cause(format!("it says {own}"))
            .hint(format!(
                "change or remove `url` in {}",
                client.system.files.config.join("config.toml").display()
            ))),
        _ => Ok(url),
    }
}

pub(super) fn choose_person(
    client: &Client<'_>,
    typed: Option<Name>,
    known: Option<&Account>,
) -> Result<Name, Failure> {
    if let Some(person) = typed.or_else(|| known.map(|account| account.person.clone())) {
        return Ok(person);
    }
    let environment = &client.system.environment;
    let offered: Vec<String> = ["USER", "LOGNAME"]
        .iter()
        .filter_map(|variable| environment.get(variable))
        .map(str::to_lowercase)
        .filter(|name| name.parse::<Name>().is_ok())
        .collect();
    if !client.console().is_interactive() {
        // Nobody can be asked: the account's name is what most teams use, and a wrong one is refused.
        return offered.first().and_then(|name| name.parse().ok()).ok_or_else(|| {
            Failure::usage("who you are is not known").hint("say your name in the policy: add `--as ana`")
        });
    }
    loop {
        let answer = client.console().ask("Your name in the policy", &offered)?;
        match answer.trim().parse() {
            Ok(name) => return Ok(name),
            Err(error) => client.console().say(&format!("{error}")),
        }
    }
}

/// The one key that this authority is offered, and no other (trust.md §2.5). Where none is named, one that is the person's own
/// goes before all others, if the policy is known already.
pub(super) fn choose_key(
    client: &Client<'_>,
    typed: Option<&str>,
    known: Option<&Account>,
    is_own: &(dyn Fn(&str) -> bool + Sync),
) -> Result<KeyChoice, Failure> {
    let settings = &client.settings;
    let wanted = typed
        .map(str::to_owned)
        .or_else(|| settings.key.clone())
        .or_else(|| settings.key_file.as_ref().map(|file| file.display().to_string()));
    if let (None, Some(account)) = (&wanted, known) {
        return Ok(KeyChoice { public: account.key.clone(), file: account.key_file.clone() });
    }
    let mut found = candidates(client.system);
    if let Some(wanted) = wanted {
        return pick_key(client, &wanted, found);
    }
    if found.iter().any(|candidate| is_own(&candidate.fingerprint)) {
        found.retain(|candidate| is_own(&candidate.fingerprint));
    }
    match found.len() {
        0 => Err(Failure::failed("there is no SSH key to log in with")
            .cause("the ssh-agent holds none, and ~/.ssh has none")
            .hint("make one: `ssh-keygen -t ed25519`, or name a file: --key FILE")),
        1 => Ok(offered(found.remove(0))),
        _ if client.console().is_interactive() => {
            let choices: Vec<String> = found.iter().map(shown).collect();
            let chosen = client.console().choose("Which key is yours here?", &choices)?;
            if chosen < found.len() {
                Ok(offered(found.swap_remove(chosen)))
            } else {
                Err(Failure::usage("no key was chosen"))
            }
        }
        _ => {
            let names: Vec<String> = found.iter().map(shown).collect();
            Err(Failure::usage("there are several SSH keys")
                .cause(names.join("; "))
                .hint("name one: --key FINGERPRINT, or --key FILE"))
        }
    }
}

fn pick_key(client: &Client<'_>, wanted: &str, found: Vec<Candidate>) -> Result<KeyChoice, Failure> {
    let home = &client.system.files.home;
    let path = wanted.strip_prefix("~/").map_or_else(|| PathBuf::from(wanted), |rest| home.join(rest));
    // People name either half of a key.
    let path = if path.extension().is_some_and(|extension| extension == "pub") {
        path.with_extension("")
    } else {
        path
    };
    let matching = found.into_iter().find(|candidate| {
        candidate.fingerprint == wanted
            || candidate.comment == wanted
            || candidate.line == wanted
            || wanted.starts_with(&format!("{} ", candidate.line))
            || candidate.file.as_deref() == Some(path.as_path())
    });
    if let Some(candidate) = matching {
        return Ok(offered(candidate));
    }
    if let Ok(line) = identity::key::parse_line(wanted) {
        return Ok(KeyChoice { public: line.line, file: client.settings.key_file.clone() });
    }
    let public = PathBuf::from(format!("{}.pub", path.display()));
    let text = crate::system::files::read(&public).ok().flatten().unwrap_or_default();
    let line = identity::key::parse_line(String::from_utf8_lossy(&text).trim()).map_err(|_| {
        Failure::usage(format!("{wanted:?} is no key that can be found"))
            .cause(format!("the ssh-agent does not hold it, and {} is no public key", public.display()))
            .hint("see `ssh-add -l`, or name the private key's file with its .pub beside it")
    })?;
    Ok(KeyChoice { public: line.line, file: Some(path) })
}

fn offered(candidate: Candidate) -> KeyChoice {
    KeyChoice { public: candidate.line, file: candidate.file }
}

fn shown(candidate: &Candidate) -> String {
    let touch = if candidate.hardware { "  (security key)" } else { "" };
    format!("{}  {}{touch}", candidate.fingerprint, candidate.comment)
}

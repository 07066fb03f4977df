//! Logging in to a broker with an SSH key: choose address, key and keychain once, answer the broker's challenge, keep
//! the session.

use jiff::Timestamp;

use crate::authority::BrokerClient;
use crate::authority::StatementAuthority;
use crate::config;
use crate::config::LoginRecord;
use crate::config::login::Account;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::namesakes;
use crate::flow::asking::roles;
use crate::flow::joining::agent;
use crate::flow::joining::github_login;
use crate::flow::joining::key_choice;
use crate::flow::joining::sign_in;
use crate::flow::joining::ways;
use crate::flow::session::keychains;
use crate::flow::session::keychains::Chosen;
use crate::flow::session::keychains::Typed;
use crate::flow::session::reconcile;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::grant::Statement;
use crate::grant::span::time_left;
use crate::grant::span::whole_seconds;
use crate::grant::statement::LoginStatement;
use crate::identity::Signer;
use crate::identity::signer::KeyChoice;
use crate::judgement::clocks;
use crate::protocol::Session;
use crate::secret::Secret;

/// The user's input.
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
    /// The place for credentials, by name.
    pub credentials: Option<String>,
    /// Whether the person's own SSH key signs, also after a sign-in at an identity provider.
    pub ssh: bool,
    /// Whether to sign in with a code on another machine.
    pub device: bool,
    /// Whether to print the address of the sign-in only, and open no browser.
    pub no_browser: bool,
}

impl Wanted {
    /// The stores that the person typed.
    pub(in crate::flow) fn stores(&self) -> Typed<'_> {
        Typed { keychain: self.keychain.as_deref(), credentials: self.credentials.as_deref() }
    }

    /// The command line for the same login with another keychain, by its name.
    pub(in crate::flow) fn again(&self, url: &str) -> impl Fn(&str) -> String {
        let mut line = format!("jit login {}", shell_words::quote(url));
        if let Some(person) = &self.person {
            line.push_str(&format!(" --as {person}"));
        }
        if let Some(key) = &self.key {
            line.push_str(&format!(" --key {}", shell_words::quote(key)));
        }
        if let Some(credentials) = &self.credentials {
            line.push_str(&format!(" --credentials {}", shell_words::quote(credentials)));
        }
        for (flag, is_set) in
            [("--ssh", self.ssh), ("--device", self.device), ("--no-browser", self.no_browser)]
        {
            if is_set {
                line.push_str(&format!(" {flag}"));
            }
        }
        move |keychain| format!("{line} --keychain {keychain}")
    }
}

/// A successful login.
#[derive(Debug, Clone)]
pub struct LoggedIn {
    /// The session, without its token.
    pub session: Session,
    /// The authority's address.
    pub url: String,
    /// The keychain that holds the session and the place of credentials, in words.
    pub keychain: String,
    /// The source of the token, in words, if the authority is a repository.
    pub token: Option<String>,
}

/// Logs in.
pub async fn login(client: &Client<'_>, wanted: Wanted) -> Result<LoggedIn, Failure> {
    let url = address(client, wanted.url.as_deref())?;
    if let Some(name) = agent::agent_of(client)? {
        return agent::login(client, name, &wanted, url).await;
    }
    if AuthorityAddress::of(&url).is_github() {
        return github_login::login(client, wanted, &url).await;
    }
    let known = client.settings.login.account.as_ref().filter(|account| account.url == url);
    match ways::choose(client, &url, &wanted, known).await? {
        ways::Chosen::Ssh => {}
        way => return sign_in::login(client, wanted, &url, &way).await,
    }
    let known_person = known;
    let known = known.filter(|account| !account.keeps_key());
    let key = key_choice::choose(client, wanted.key.as_deref(), known, &|_| true)?;
    let person = choose_person(client, wanted.person.clone(), known_person)?;
    let wanted = Wanted { person: Some(person.clone()), ..wanted };
    let Chosen { vault, keychain, credentials } =
        keychains::choose(client, wanted.stores(), &wanted.again(&url))?;
    let (session, token) = session(client, &url, &person, &key).await?;
    vault.drop_sign_in(&url)?;
    vault.keep_session(&url, &token)?;
    let record = LoginRecord {
        keychain,
        credentials,
        account: Some(Account {
            url: url.clone(),
            person: session.person.clone(),
            key: key.public.clone(),
            key_file: key.file.clone(),
            repository: None,
            ended: false,
            provider: None,
        }),
    };
    record.save(&client.system.files)?;
    let client = &Client::resume(client.system, client.settings.clone(), vault.clone());
    let before = known_person.map(|account| &account.person);
    reconcile::forget_others(client, &url, &session.person, before)?;
    remember(client, &url, token).await;
    Ok(LoggedIn { session, url, keychain: vault.described(), token: None })
}

/// Fetches the available roles and the pending requests, for completion and the prompt. The login succeeds even if that
/// fails.
pub(in crate::flow) async fn remember(client: &Client<'_>, url: &str, token: Secret<String>) {
    let broker = BrokerClient::new(client.system, url, Some(token));
    if let Ok(asked) = broker.roles().await {
        roles::remember(client, Some(url), &asked);
        warn(client);
    }
}

/// The hint that the authority's errors give without a session. It is useless during a login.
const LOGIN: &str = "type `jit login`";
/// Refuses to sign a statement that the broker would refuse for its time, so that the error does not blame the key or
/// the policy.
fn same_time(client: &Client<'_>, url: &str, theirs: Timestamp) -> Result<(), Failure> {
    let own = client.now();
    if clocks::is_fresh(own, theirs) {
        return Ok(());
    }
    let (earlier, later) = (own.min(theirs), own.max(theirs));
    let apart = time_left(earlier, later);
    Err(Failure::failed(format!("the clock of this machine and that of {url} are {apart} apart"))
        .cause(format!("this machine says {}, the broker {}", whole_seconds(own), whole_seconds(theirs)))
        .hint("set this machine's clock (`timedatectl` shows whether it is synchronised), then try again")
        .hint("if it is right, tell the broker's administrator"))
}

/// Warns of direct roles that have the same name as a role of the new authority.
pub(in crate::flow) fn warn(client: &Client<'_>) {
    if let Ok(settings) = config::Settings::load(&client.system.files)
        && let Ok(vault) = client.vault()
    {
        namesakes::warn(&Client::resume(client.system, settings, vault.clone()));
    }
}

/// Chooses only the keychain and the place for credentials, for a person with direct roles and no authority. `None` if that
/// was not asked for; otherwise the place for credentials, in words.
///
/// # Errors
/// The keychain fails to write, read back or remove.
pub fn choose_only(client: &Client<'_>, wanted: &Wanted) -> Result<Option<String>, Failure> {
    let is_alone = wanted.url.is_none() && client.settings.authority().is_none();
    let is_asked = wanted.keychain.is_some() || wanted.credentials.is_some();
    if !is_asked || !is_alone || client.settings.roles.is_empty() {
        return Ok(None);
    }
    let again = |name: &str| format!("jit login --keychain {name}");
    let Chosen { vault, keychain, credentials } = keychains::choose(client, wanted.stores(), &again)?;
    LoginRecord { keychain, credentials, ..client.settings.login.clone() }.save(&client.system.files)?;
    Ok(Some(vault.place_of_leases(vault.name())))
}

/// Answers the authority's challenge. Returns a session and its token.
pub async fn session(
    client: &Client<'_>,
    url: &str,
    person: &Name,
    key: &KeyChoice,
) -> Result<(Session, Secret<String>), Failure> {
    let statement = challenge(client, url, person).await?;
    // Opened after the broker has answered: nobody types a passphrase for a broker that is away.
    let signer = client.signer(key)?;
    answer(client, url, person, signer.as_ref(), &statement).await
}

/// The same with an open signer.
pub(in crate::flow) async fn session_with(
    client: &Client<'_>,
    url: &str,
    person: &Name,
    signer: &dyn Signer,
) -> Result<(Session, Secret<String>), Failure> {
    let statement = challenge(client, url, person).await?;
    answer(client, url, person, signer, &statement).await
}

/// Fetches a challenge. Returns the statement to sign.
async fn challenge(client: &Client<'_>, url: &str, person: &Name) -> Result<Statement, Failure> {
    let challenge = BrokerClient::new(client.system, url, None).challenge().await.map_err(|error| {
        let nothing_there = error.status() == Some(404);
        let failure = Failure::from(error);
        if nothing_there {
            failure
                .because(format!("there is no broker at {url}"))
                .hint("leave out the part after the host in the address, unless the broker is under a path")
        } else {
            failure
        }
    })?;
    same_time(client, url, challenge.time)?;
    Ok(Statement::Login(LoginStatement {
        header: client.header_for(url, person),
        challenge: challenge.challenge,
    }))
}

async fn answer(
    client: &Client<'_>,
    url: &str,
    person: &Name,
    signer: &dyn Signer,
    statement: &Statement,
) -> Result<(Session, Secret<String>), Failure> {
    let signed = client.sign_with(signer, statement)?;
    let broker = BrokerClient::new(client.system, url, None);
    let mut session = broker.login(&signed).await.map_err(|error| {
        let about_key = matches!(error.status(), Some(401 | 403 | 422));
        let failure = Failure::from(error).because(format!("the login to {url} as {person} failed"));
        if !about_key {
            return failure;
        }
        let failure =
            Failure { hints: failure.hints.into_iter().filter(|hint| hint != LOGIN).collect(), ..failure };
        let key = signer.public_key();
        failure
            .hint(format!("ask an admin to add this key to people.toml under your name: {key}"))
            .hint("say who you are with `--as NAME`, and which key with `--key KEY`")
    })?;
    let token = session.token.take().ok_or_else(|| Failure::failed("the broker gave no session"))?;
    Ok((session, token))
}

fn address(client: &Client<'_>, typed: Option<&str>) -> Result<String, Failure> {
    let Some(typed) = typed else {
        return client.settings.authority().map(str::to_owned).ok_or_else(|| {
            Failure::usage("no broker is known")
                .hint("name its address: `jit login https://jit.example.com`, or a repository: `jit login github:acme/access`")
        });
    };
    let url = config::typed_address(typed).map_err(|cause| {
        Failure::usage(format!("{typed:?} is neither a broker's address nor a repository"))
            .cause(cause)
            .hint("`jit login https://jit.example.com`, or a repository: `jit login github:acme/access`")
    })?;
    let own = client.settings.user_url.as_deref();
    match own {
        Some(own) if own != url => Err(Failure::usage("your config.toml names another authority")
            .cause(format!("it says {own}"))
            .hint(format!("if {url} is right: `jit config set authority.url {url}`"))
            .hint(format!("if {own} is right: `jit login`"))),
        _ => Ok(url),
    }
}

pub(in crate::flow) fn choose_person(
    client: &Client<'_>,
    typed: Option<Name>,
    known: Option<&Account>,
) -> Result<Name, Failure> {
    if let Some(person) = typed.or_else(|| known.map(|account| account.person.clone())) {
        return Ok(person);
    }
    let environment = &client.system.environment;
    let offered: Vec<String> = ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .filter_map(|variable| environment.get(variable))
        .map(str::to_lowercase)
        .filter(|name| name.parse::<Name>().is_ok())
        .collect();
    if !client.console().is_interactive() {
        // There is nobody to ask. Most teams use the account's name, and a wrong one is refused.
        return offered.first().and_then(|name| name.parse().ok()).ok_or_else(|| {
            Failure::usage("your name is not known").hint("say your name in the policy: add `--as ana`")
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

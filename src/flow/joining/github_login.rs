//! Logging in to a repository: a token, the person that its account stands for in the policy, and that person's SSH
//! key, which signs their requests and reviews.

use crate::authority::Authority;
use crate::authority::GitHubAuthority;
use crate::authority::StatementAuthority;
use crate::authority::github::Identified;
use crate::authority::github::Seat;
use crate::authority::github::identify;
use crate::config::LoginRecord;
use crate::config::Settings;
use crate::config::login::Account;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::roles;
use crate::flow::joining::key_choice;
use crate::flow::joining::login;
use crate::flow::joining::login::LoggedIn;
use crate::flow::joining::login::Wanted;
use crate::flow::session::github_token;
use crate::flow::session::github_token::Found;
use crate::flow::session::github_token::Source;
use crate::flow::session::keychains;
use crate::flow::session::keychains::Chosen;
use crate::flow::session::reconcile;
use crate::github::api::Slug;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::grant::text::sanitise;
use crate::identity;
use crate::identity::signer::KeyChoice;
use crate::policy::Policy;

/// Logs in to a repository with an address like `github:acme/access`.
pub(in crate::flow) async fn login(
    client: &Client<'_>,
    wanted: Wanted,
    address: &str,
) -> Result<LoggedIn, Failure> {
    let slug = slug_of(address)?;
    let api = client.settings.github_api().to_owned();
    let known = client.settings.login.account.as_ref().filter(|account| account.url == address);
    let Chosen { vault, keychain, credentials } =
        keychains::choose(client, wanted.stores(), &wanted.again(address))?;
    let client = &Client::resume(client.system, client.settings.clone(), vault.clone());
    let found = match github_token::find(client, address).await? {
        Some(found) => found,
        None => Found { token: github_token::by_device(client).await?, source: Source::Keychain },
    };
    let failed = |error| {
        Failure::from(error)
            .because(format!("the login to {address} failed, with the token from {}", found.source.name()))
    };
    let identified = identify(client.system, &api, &slug, found.token.clone()).await.map_err(failed)?;
    if let Some(claimed) = wanted.person.as_ref().filter(|claimed| **claimed != identified.person) {
        return Err(Failure::usage(format!("the token is not {claimed}'s"))
            .cause(format!("its account {} is {} in the policy", login_of(&identified), identified.person))
            .hint("leave `--as` out: on GitHub the account says who you are"));
    }
    warn(client, &identified);
    let is_own = |fingerprint: &str| is_key_of(&identified.policy, fingerprint, &identified.person);
    let key = key_choice::choose(client, wanted.key.as_deref(), known, &is_own)?;
    check_key(&identified, &key)?;
    if found.source == Source::Keychain {
        vault.keep_session(address, &found.token)?;
    } else {
        // Otherwise a token of an earlier device flow would be used again when the variable is gone.
        vault.drop_session(address)?;
    }
    let record = LoginRecord {
        keychain,
        credentials,
        account: Some(Account {
            url: address.to_owned(),
            person: identified.person.clone(),
            key: key.public.clone(),
            key_file: key.file.clone(),
            repository: Some(identified.repository.id),
            ended: false,
            provider: None,
        }),
    };
    record.save(&client.system.files)?;
    let seat = seat(&client.settings, address, identified.repository.id, &identified.person, &key)?;
    let authority = GitHubAuthority::new(client.system, seat, found.token)?;
    let before = known.map(|account| &account.person);
    reconcile::forget_others(client, authority.url(), &identified.person, before)?;
    if let Ok(asked) = authority.roles().await {
        roles::remember(client, Some(authority.url()), &asked);
        login::warn(client);
    }
    let session = authority.session().await.map_err(Failure::from)?;
    Ok(LoggedIn {
        session,
        url: address.to_owned(),
        keychain: vault.described(),
        token: Some(found.source.to_string()),
    })
}

/// The seat of a login: API, repository, person and key.
pub(in crate::flow) fn seat(
    settings: &Settings,
    address: &str,
    repository: u64,
    person: &Name,
    key: &KeyChoice,
) -> Result<Seat, Failure> {
    Ok(Seat {
        api: settings.github_api().to_owned(),
        slug: slug_of(address)?,
        repository,
        person: person.clone(),
        key: identity::key::parse_line(&key.public).map(|key| key.fingerprint).unwrap_or_default(),
    })
}

fn slug_of(address: &str) -> Result<Slug, Failure> {
    AuthorityAddress::of(address).repository().and_then(Slug::parse).ok_or_else(|| {
        Failure::usage(format!("{address:?} names no repository")).hint("write github:OWNER/NAME")
    })
}

fn login_of(identified: &Identified) -> String {
    sanitise(&identified.account.login)
}

fn is_key_of(policy: &Policy, fingerprint: &str, person: &Name) -> bool {
    policy.person_of_key(fingerprint).is_some_and(|owner| owner.name == *person)
}

/// Checks the key, because requests and reviews are signed and count by their key.
fn check_key(identified: &Identified, key: &KeyChoice) -> Result<(), Failure> {
    let line = identity::key::parse_line(&key.public)?;
    let person = &identified.person;
    if is_key_of(&identified.policy, &line.fingerprint, person) {
        return Ok(());
    }
    Err(Failure::failed(format!("the policy does not have this key under {person}"))
        .cause(&key.public)
        .hint("choose another with `--key KEY`, or have it added to people.toml")
        .hint("on GitHub itself you can review without a key, if the role accepts a GitHub account as the signature"))
}

/// Warns of missing rights of the token or the account, as far as GitHub shows them in advance.
fn warn(client: &Client<'_>, identified: &Identified) {
    let name = sanitise(&identified.repository.full_name);
    if let Some(scope) = identified.facts.lacks() {
        client
            .console()
            .say(&format!("warning: the token lacks the scope {scope}: asking and reviewing will fail"));
    }
    if identified.repository.may_push() == Some(false) {
        client.console().say(&format!(
            "warning: {} may read {name} and not write there: you can review, and asking will fail",
            login_of(identified)
        ));
    }
}

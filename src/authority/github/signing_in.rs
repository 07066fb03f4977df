//! Who somebody is to a repository: whose the token is, and which person of the policy on `main` that account is.

use std::sync::Arc;

use jiff::Timestamp;

use super::GitHubAuthority;
use crate::authority::AuthorityError;
use crate::github::GitHub;
use crate::github::api::Slug;
use crate::github::api::models::Account;
use crate::github::api::models::Repository;
use crate::github::api::token::TokenFacts;
use crate::github::gather::Ground;
use crate::github::tree::Reader;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::policy::Policy;
use crate::protocol::PolicyView;
use crate::protocol::Session;
use crate::secret::Secret;
use crate::system::System;

/// What a token leads to.
pub struct Identified {
    /// The repository.
    pub repository: Repository,
    /// The commit that `main` is at.
    pub main: String,
    /// The policy on `main`.
    pub policy: Arc<Policy>,
    /// Whose token it is.
    pub account: Account,
    /// What GitHub tells of the token.
    pub facts: TokenFacts,
    /// Who that account is in the policy.
    pub person: Name,
}

/// Asks GitHub whose token this is, and the policy on `main` who that is. By the numeric id alone: names change hands.
///
/// # Errors
/// GitHub does not answer, the repository may not be an authority, or the policy does not know the account.
pub async fn identify(
    system: &System,
    api: &str,
    slug: &Slug,
    token: Secret<String>,
) -> Result<Identified, AuthorityError> {
    let github = GitHub::new(api, slug.clone(), token, system)?;
    let (account, facts) = github.token_facts().await?;
    let mut reader = Reader::new(&github);
    let Ground { repository, main, force } = Ground::survey(&mut reader).await?;
    check_repository(&repository)?;
    let person = person_of(&force, &account)?;
    Ok(Identified { repository, main, policy: force, account, facts, person })
}

/// A request names people, roles and reasons: none of that is for everybody.
pub(super) fn check_repository(repository: &Repository) -> Result<(), AuthorityError> {
    let name = &repository.full_name;
    if !repository.private {
        return Err(AuthorityError::Unfit(format!(
            "{name} is public, and everybody would read the requests"
        )));
    }
    if repository.fork {
        return Err(AuthorityError::Unfit(format!("{name} is a fork of another repository")));
    }
    Ok(())
}

/// Which person an account is, by its numeric id.
pub(super) fn person_of(policy: &Policy, account: &Account) -> Result<Name, AuthorityError> {
    let login = crate::grant::text::sanitise(&account.login);
    let id = account.id;
    if !account.is_user() {
        return Err(AuthorityError::Stranger(format!(
            "the token is {login}'s, which is no person's account"
        )));
    }
    let person = policy.person_of_github(id).map(|person| person.name.clone());
    person.ok_or_else(|| {
        AuthorityError::Stranger(format!(
            "the policy knows nobody with the GitHub account {login}: people.toml needs `github = {id}` with its person"
        ))
    })
}

impl GitHubAuthority {
    /// Reads where everything stands now, once it is clear that it is still the repository and the person of the login.
    pub(super) async fn ground(&self, reader: &mut Reader<'_>) -> Result<(Ground, Account), AuthorityError> {
        let ground = Ground::survey(reader).await?;
        let found = ground.repository.id;
        if found != self.seat.repository {
            return Err(AuthorityError::Impostor {
                configured: format!(
                    "{}, known as {},",
                    AuthorityAddress::GitHub(&self.seat.slug.to_string()),
                    self.url
                ),
                claimed: crate::github::authority(found),
            });
        }
        check_repository(&ground.repository)?;
        let account = self.account.get_or_try_init(|| self.github.user()).await?.clone();
        let person = person_of(&ground.force, &account)?;
        if person != self.seat.person {
            let wanted = &self.seat.person;
            return Err(AuthorityError::Stranger(format!(
                "you logged in as {wanted}, and the token is {person}'s"
            )));
        }
        Ok((ground, account))
    }

    /// A reader that knows what was read before.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader::resume(&self.github, Arc::clone(&self.known))
    }

    /// Who the token belongs to. GitHub tells when a token expires only of some; the others never do by themselves.
    pub(super) async fn whose_session(&self) -> Result<Session, AuthorityError> {
        let (account, facts) = self.github.token_facts().await?;
        let mut reader = self.reader();
        let (ground, _) = self.ground(&mut reader).await?;
        let known = ground.force.person(&self.seat.person);
        let label = known.map_or_else(|| self.seat.person.to_string(), |known| known.label.clone());
        let policy = PolicyView { revision: ground.force.revision, commit: Some(ground.main) };
        Ok(Session {
            token: None,
            person: self.seat.person.clone(),
            label: format!("{label}, {} on GitHub", crate::grant::text::sanitise(&account.login)),
            key: self.seat.key.clone(),
            expires: facts.expires.unwrap_or(Timestamp::MAX),
            groups: known.map(|known| known.groups.clone()).unwrap_or_default(),
            policy: Some(policy),
        })
    }
}

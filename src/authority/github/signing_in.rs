//! Identifies a person to a repository: the token's account, and its person in the policy on `main`.

use std::sync::Arc;

use jiff::Timestamp;

use super::GitHubAuthority;
use crate::authority::AuthorityError;
use crate::github::GitHub;
use crate::github::api::Slug;
use crate::github::api::models::Account;
use crate::github::api::models::Repository;
use crate::github::api::requests::Survey;
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

/// The identity behind a token.
pub struct Identified {
    /// The repository.
    pub repository: Repository,
    /// The head commit of `main`.
    pub main: String,
    /// The policy on `main`.
    pub policy: Arc<Policy>,
    /// The token's account.
    pub account: Account,
    /// GitHub's facts about the token.
    pub facts: TokenFacts,
    /// The account's person in the policy.
    pub person: Name,
}

/// Asks GitHub for the token's account, and finds its person in the policy on `main`. Uses the numeric id alone,
/// because logins change hands.
///
/// # Errors
/// GitHub does not answer, the repository is not fit to be an authority, or the policy does not know the account.
pub async fn identify(
    system: &System,
    api: &str,
    slug: &Slug,
    token: Secret<String>,
) -> Result<Identified, AuthorityError> {
    let github = GitHub::new(api, slug.clone(), token, system)?;
    let (account, facts) = github.token_facts().await?;
    let mut reader = Reader::new(&github);
    let Ground { repository, main, force, .. } = Ground::survey(&mut reader).await?;
    check_repository(&repository)?;
    let person = person_of(&force, &account)?;
    Ok(Identified { repository, main, policy: force, account, facts, person })
}

/// Refuses a public repository, because requests name people, roles and reasons, and refuses a fork.
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

/// The account's person, by its numeric id.
pub(super) fn person_of(policy: &Policy, account: &Account) -> Result<Name, AuthorityError> {
    let login = crate::grant::text::sanitise(&account.login);
    let id = account.id;
    if !account.is_user() {
        return Err(AuthorityError::Stranger(format!(
            "the token belongs to {login}, which is not a person's account"
        )));
    }
    let person = policy.person_of_github(id).map(|person| person.name.clone());
    person.ok_or_else(|| {
        AuthorityError::Stranger(format!(
            "no person in the policy has the GitHub account {login}: people.toml needs `github = {id}` under that person"
        ))
    })
}

impl GitHubAuthority {
    /// Reads the current state, once it is checked that the repository and the person are those of the login.
    pub(super) async fn ground(&self, reader: &mut Reader<'_>) -> Result<(Ground, Account), AuthorityError> {
        let survey = self.github.survey().await?;
        self.ground_of(reader, survey).await
    }

    /// The same from what a query has found.
    pub(super) async fn ground_of(
        &self,
        reader: &mut Reader<'_>,
        survey: Survey,
    ) -> Result<(Ground, Account), AuthorityError> {
        let account = survey.viewer.clone();
        let ground = Ground::of(reader, survey).await?;
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
        let person = person_of(&ground.force, &account)?;
        if person != self.seat.person {
            let wanted = &self.seat.person;
            return Err(AuthorityError::Stranger(format!(
                "you logged in as {wanted}, but the token belongs to {person}"
            )));
        }
        Ok((ground, account))
    }

    /// A reader that uses the cache.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader::resume(&self.github, Arc::clone(&self.known)).through(self.objects.clone())
    }

    /// The token's owner and expiry. GitHub reports the expiry of some tokens only; the others do not expire by
    /// themselves.
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
            provider: None,
        })
    }
}

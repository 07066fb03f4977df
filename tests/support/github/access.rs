//! Identifies the caller and the token, and checks its permissions.
//!
//! Sources: <https://docs.github.com/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens>
//! for the permission that each route names; "Automatic token authentication" for `GITHUB_TOKEN`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::answer::Fault;
use super::world::World;

/// A role in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Not even reading.
    None,
    /// Reading, commenting, reviewing.
    Read,
    /// Handling issues and pull requests.
    Triage,
    /// Pushing.
    Write,
    /// Managing it, except sensitive settings.
    Maintain,
    /// Everything.
    Admin,
}

impl Role {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }
}

/// The level of a token's permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Reading.
    Read,
    /// Writing.
    Write,
}

impl Level {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// Permissions of a token, with underscores as the API spells them.
pub type Permissions = BTreeMap<String, Level>;

/// The kind of a token.
#[derive(Debug, Clone)]
pub enum TokenKind {
    /// A classic personal token or the device flow's: everything that its user may do, within scopes.
    Classic(BTreeSet<String>),
    /// A fine-grained personal token: these repositories (empty: all of its user's) and permissions.
    FineGrained(BTreeSet<u64>, Permissions),
    /// A GitHub App's installation.
    Installation(u64, BTreeSet<u64>, Permissions),
    /// The `GITHUB_TOKEN` of a job of a run: one repository.
    Job(u64, u64, Permissions),
    /// A GitHub App as itself, by JWT.
    App(u64),
}

/// A token.
#[derive(Debug, Clone)]
pub struct Token {
    /// Its owner, the account that acts with it.
    pub account: u64,
    /// Its kind.
    pub kind: TokenKind,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// The caller.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The token. `None` for an anonymous call.
    pub token: Option<Token>,
}

impl Caller {
    /// The account that acts.
    pub fn account(&self) -> Option<u64> {
        self.token.as_ref().map(|token| token.account)
    }

    /// The account that acts.
    ///
    /// # Errors
    /// The call is anonymous: 401.
    pub fn somebody(&self) -> Result<u64, Fault> {
        self.account().ok_or_else(|| Fault::new(401, "Requires authentication"))
    }

    /// The run whose `GITHUB_TOKEN` calls.
    pub fn run(&self) -> Option<u64> {
        match self.token.as_ref()?.kind {
            TokenKind::Job(run, ..) => Some(run),
            _ => None,
        }
    }

    /// Permissions and repositories of a token that has them. `None` for a classic one.
    fn limits(&self) -> Option<(BTreeSet<u64>, &Permissions)> {
        match &self.token.as_ref()?.kind {
            TokenKind::FineGrained(repositories, permissions)
            | TokenKind::Installation(_, repositories, permissions) => {
                Some((repositories.clone(), permissions))
            }
            TokenKind::Job(_, repository, permissions) => Some((BTreeSet::from([*repository]), permissions)),
            TokenKind::Classic(_) | TokenKind::App(_) => None,
        }
    }

    /// Whether the token is a user's, whose role in the repository matters.
    fn is_personal(&self) -> bool {
        matches!(
            self.token.as_ref().map(|token| &token.kind),
            Some(TokenKind::Classic(_) | TokenKind::FineGrained(..))
        )
    }
}

impl World {
    /// The role of the caller's account, regardless of the token.
    pub fn caller_role(&self, caller: &Caller, repository: u64) -> Role {
        match caller.account() {
            Some(account) if caller.is_personal() => self.role(account, repository),
            // An app or a job acts within its permissions, without a role.
            Some(_) if caller.limits().is_some_and(|(in_reach, _)| in_reach.contains(&repository)) => {
                Role::Admin
            }
            _ if self.repository(repository).private => Role::None,
            _ => Role::Read,
        }
    }

    fn sees(&self, caller: &Caller, id: u64) -> bool {
        if !self.repository(id).private {
            return true;
        }
        let in_reach = match caller.token.as_ref().map(|token| &token.kind) {
            None => false,
            Some(TokenKind::App(app)) => return self.apps[app].installation.2.contains(&id),
            Some(TokenKind::Classic(scopes)) => scopes.contains("repo"),
            Some(TokenKind::FineGrained(repositories, _)) => {
                repositories.is_empty() || repositories.contains(&id)
            }
            Some(TokenKind::Installation(_, repositories, _)) => repositories.contains(&id),
            Some(TokenKind::Job(_, repository, _)) => *repository == id,
        };
        in_reach && self.caller_role(caller, id) >= Role::Read
    }

    /// The repository of a path, if the caller may know that it exists.
    ///
    /// # Errors
    /// 404; 301 to the numeric address for a former name.
    pub fn visible(&self, caller: &Caller, owner: &str, name: &str) -> Result<u64, Fault> {
        if let Some(id) = self.repository_id(owner, name) {
            return if self.sees(caller, id) { Ok(id) } else { Err(Fault::not_found()) };
        }
        let former = format!("{owner}/{name}").to_lowercase();
        match self.renamed.get(&former) {
            Some(id) if self.sees(caller, *id) => {
                let place = format!("{}/repositories/{id}", self.origins.api);
                Err(Fault::new(301, "Moved Permanently").header("location", place))
            }
            _ => Err(Fault::not_found()),
        }
    }

    /// Requires one permission of the token and a role of its user.
    ///
    /// # Errors
    /// 401, 403 or 404, as GitHub answers.
    pub fn require(
        &self,
        caller: &Caller,
        id: u64,
        permission: &str,
        level: Level,
        role: Role,
    ) -> Result<(), Fault> {
        self.require_any(caller, id, &[permission], level, role)
    }

    /// Requires one of several permissions of the token and a role of its user.
    ///
    /// # Errors
    /// 401, 403 or 404, as GitHub answers.
    pub fn require_any(
        &self,
        caller: &Caller,
        id: u64,
        permissions: &[&str],
        level: Level,
        role: Role,
    ) -> Result<(), Fault> {
        let repository = self.repository(id);
        if level == Level::Write {
            caller.somebody()?;
        }
        let open = level == Level::Read && role <= Role::Read && !repository.private;
        match caller.token.as_ref().map(|token| &token.kind) {
            Some(TokenKind::Classic(scopes)) => {
                let needed =
                    scopes.contains("repo") || (!repository.private && scopes.contains("public_repo"));
                if !open && !needed {
                    return Err(Fault::not_found());
                }
            }
            Some(TokenKind::App(_)) => return Err(Fault::not_found()),
            Some(kind) => {
                let (in_reach, granted) = caller.limits().unwrap_or_else(|| unreachable!());
                let in_reach = in_reach.is_empty() || in_reach.contains(&id);
                let granted = permissions.iter().any(|permission| {
                    (*permission == "metadata" && level == Level::Read)
                        || granted.get(*permission).is_some_and(|granted| *granted >= level)
                });
                if !(open || in_reach && granted) {
                    let by = if matches!(kind, TokenKind::FineGrained(..)) {
                        "personal access token"
                    } else {
                        "integration"
                    };
                    let accepted: Vec<String> = permissions
                        .iter()
                        .map(|permission| format!("{permission}={}", level.name()))
                        .collect();
                    return Err(Fault::new(403, format!("Resource not accessible by {by}"))
                        .header("x-accepted-github-permissions", accepted.join("; ")));
                }
            }
            None if open => {}
            None => return Err(Fault::not_found()),
        }
        if caller.is_personal() && self.caller_role(caller, id) < role {
            return Err(match role {
                Role::Admin | Role::Maintain => Fault::new(403, "Must have admin rights to Repository."),
                _ => Fault::new(403, "Must have push access to repository"),
            });
        }
        Ok(())
    }

    /// Whether the token may change workflow files: `workflow` scope, `workflows` permission; `GITHUB_TOKEN` never may.
    pub fn may_change_workflows(caller: &Caller) -> bool {
        match caller.token.as_ref().map(|token| &token.kind) {
            Some(TokenKind::Classic(scopes)) => scopes.contains("workflow"),
            Some(TokenKind::FineGrained(_, permissions) | TokenKind::Installation(_, _, permissions)) => {
                permissions.get("workflows") == Some(&Level::Write)
            }
            Some(TokenKind::Job(..) | TokenKind::App(_)) | None => false,
        }
    }
}

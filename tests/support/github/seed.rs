//! Helpers with which tests furnish a GitHub: people, organisations, repositories, commits, tokens, apps.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::Validation;
use serde_json::Value;

use super::access::Caller;
use super::access::Level;
use super::access::Permissions;
use super::access::Role;
use super::access::Token;
use super::access::TokenKind;
use super::git::objects::Commit;
use super::git::objects::Object;
use super::repository::Repository;
use super::repository::Subject;
use super::world::App;
use super::world::Kind;
use super::world::Team;
use super::world::World;

/// Permissions from pairs of name and level, such as `name: read` or `name: write`.
pub fn permissions(named: &[(&str, Level)]) -> Permissions {
    named.iter().map(|(name, level)| ((*name).to_owned(), *level)).collect()
}

impl World {
    /// Adds a person. Returns the id.
    pub fn add_person(&mut self, login: &str) -> u64 {
        let id = self.next_id();
        self.put_account(id, login, Kind::Person);
        id
    }

    /// Adds an SSH key of a person, as `/users/{login}/keys` lists it.
    pub fn add_key(&mut self, login: &str, line: &str) {
        let (key, id) = (self.next_id(), self.account(login).unwrap().id);
        self.accounts.get_mut(&id).unwrap().keys.push((key, line.to_owned()));
    }

    /// Gives an account another login. The id stays, and another account may take the old login.
    pub fn rename_account(&mut self, login: &str, new: &str) {
        let id = self.account(login).unwrap().id;
        self.accounts.get_mut(&id).unwrap().login = new.to_owned();
    }

    /// Adds an organisation with these owners and members.
    pub fn add_organisation(&mut self, login: &str, owners: &[&str], members: &[&str]) -> u64 {
        let id = self.next_id();
        self.put_account(id, login, Kind::Organisation);
        let owners = owners.iter().map(|login| (*login, true));
        for (member, owner) in members.iter().map(|login| (*login, false)).chain(owners) {
            let member = self.account(member).unwrap().id;
            self.accounts.get_mut(&id).unwrap().members.insert(member, owner);
        }
        id
    }

    /// Adds a team to an organisation.
    pub fn add_team(&mut self, organisation: &str, slug: &str, members: &[&str]) -> u64 {
        let (id, owner) = (self.next_id(), self.account(organisation).unwrap().id);
        let members: BTreeSet<u64> = members.iter().map(|login| self.account(login).unwrap().id).collect();
        self.accounts.get_mut(&owner).unwrap().teams.push(Team {
            id,
            slug: slug.to_owned(),
            members,
            secret: false,
        });
        id
    }

    /// Gives a team direct access to a repository with a role, as a code owner needs it.
    pub fn give_team(&mut self, repository: u64, team: u64, role: Role) {
        self.repository_mut(repository).teams.insert(team, role);
    }

    /// Makes a team of an organisation secret, or visible.
    pub fn hide_team(&mut self, organisation: &str, team: u64, secret: bool) {
        let id = self.account(organisation).unwrap().id;
        let teams = &mut self.accounts.get_mut(&id).unwrap().teams;
        teams.iter_mut().find(|found| found.id == team).unwrap().secret = secret;
    }

    /// Adds a private repository with a first commit on `main`.
    pub fn add_repository(&mut self, owner: &str, name: &str) -> u64 {
        let id = self.add_empty_repository(owner, name);
        let owner = self.repository(id).owner;
        self.write(id, "main", owner, &[("README.md", Some("Access\n"))]);
        id
    }

    /// Adds a private repository without any commit.
    pub fn add_empty_repository(&mut self, owner: &str, name: &str) -> u64 {
        let (id, owner) = (self.next_id(), self.account(owner).unwrap().id);
        let immutable = self.accounts[&owner].subject.1;
        let repository = Repository {
            id,
            owner,
            name: name.to_owned(),
            private: true,
            default_branch: "main".to_owned(),
            fork_of: None,
            network: id,
            collaborators: BTreeMap::new(),
            teams: BTreeMap::new(),
            deploy_keys: Vec::new(),
            refs: BTreeMap::new(),
            pulls: BTreeMap::new(),
            last_number: 0,
            rulesets: BTreeMap::new(),
            protections: BTreeMap::new(),
            environments: Vec::new(),
            allow_forking: true,
            lent_secrets: BTreeMap::new(),
            secrets: BTreeMap::new(),
            workflows: BTreeMap::new(),
            disabled: BTreeSet::new(),
            custom_roles: BTreeMap::new(),
            run_numbers: BTreeMap::new(),
            subject: Subject { keys: None, immutable },
            default_permissions: "read",
            actions_may_approve: false,
            created_at: self.now(),
        };
        self.repositories.insert(id, repository);
        self.stores.entry(id).or_default();
        id
    }

    /// Adds a fork of a repository, under another owner, with the same branches.
    pub fn fork(&mut self, id: u64, owner: u64, name: &str) -> u64 {
        let (fork, now) = (self.next_id(), self.now());
        let source = self.repository(id);
        let repository = Repository {
            id: fork,
            owner,
            name: name.to_owned(),
            private: source.private,
            default_branch: source.default_branch.clone(),
            fork_of: Some(id),
            network: source.network,
            refs: source.refs.clone(),
            collaborators: BTreeMap::new(),
            teams: BTreeMap::new(),
            deploy_keys: Vec::new(),
            pulls: BTreeMap::new(),
            last_number: 0,
            rulesets: BTreeMap::new(),
            protections: BTreeMap::new(),
            environments: Vec::new(),
            allow_forking: true,
            lent_secrets: BTreeMap::new(),
            secrets: BTreeMap::new(),
            workflows: source.workflows.clone(),
            disabled: BTreeSet::new(),
            custom_roles: BTreeMap::new(),
            run_numbers: BTreeMap::new(),
            subject: Subject::default(),
            default_permissions: "read",
            actions_may_approve: false,
            created_at: now,
        };
        self.repositories.insert(fork, repository);
        fork
    }

    /// Renames a repository. The old name redirects until another repository takes it.
    pub fn rename_repository(&mut self, id: u64, name: &str) {
        let former = self.full_name(id).to_lowercase();
        self.renamed.insert(former, id);
        self.repository_mut(id).name = name.to_owned();
    }

    /// Makes a person a direct collaborator.
    pub fn collaborate(&mut self, id: u64, login: &str, role: Role) {
        let account = self.account(login).unwrap().id;
        self.repository_mut(id).collaborators.insert(account, role);
    }

    /// Commits files to a branch past all rules, as somebody who may bypass them. A file without content is removed,
    /// and scripts become executable. The branch is created from the default one if it does not exist.
    pub fn write(&mut self, id: u64, branch: &str, author: u64, files: &[(&str, Option<&str>)]) -> String {
        let reference = format!("refs/heads/{branch}");
        let repository = self.repository(id);
        let main = format!("refs/heads/{}", repository.default_branch);
        let tip = repository.refs.get(&reference).or_else(|| repository.refs.get(&main)).cloned();
        let signature = self.signature(author);
        let store = self.store_mut(id);
        let mut all = tip.as_ref().map(|tip| store.files(tip)).unwrap_or_default();
        for (path, content) in files {
            match content {
                Some(content) => {
                    let sha = store.put(Object::Blob(content.as_bytes().to_vec()));
                    let mode = if content.starts_with("#!") { "100755" } else { "100644" };
                    all.insert((*path).to_owned(), (mode.to_owned(), sha));
                }
                None => {
                    all.remove(*path);
                }
            }
        }
        let tree = store.put_files(&all);
        let message =
            format!("Change {}", files.iter().map(|(path, _)| *path).collect::<Vec<_>>().join(", "));
        let parents = tip.into_iter().collect();
        let sha = store.put(Object::Commit(Commit {
            tree,
            parents,
            author: signature.clone(),
            committer: signature,
            message,
        }));
        let kind = TokenKind::Classic(BTreeSet::new());
        let caller = Caller { token: Some(Token { account: author, kind, expires_at: None }) };
        self.move_reference(&caller, id, &reference, Some(&sha));
        self.note_workflows(id);
        sha
    }

    /// Makes a classic token with these scopes.
    pub fn classic_token(&mut self, login: &str, scopes: &[&str]) -> String {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.add_token(login, "ghp_", TokenKind::Classic(scopes))
    }

    /// Makes a fine-grained token for these repositories (empty: all that the person can reach).
    pub fn fine_grained_token(
        &mut self,
        login: &str,
        repositories: &[u64],
        named: &[(&str, Level)],
    ) -> String {
        let kind = TokenKind::FineGrained(repositories.iter().copied().collect(), permissions(named));
        self.add_token(login, "github_pat_", kind)
    }

    fn add_token(&mut self, login: &str, prefix: &str, kind: TokenKind) -> String {
        let (text, account) = (self.next_secret(prefix), self.account(login).unwrap().id);
        self.tokens.insert(text.clone(), Token { account, kind, expires_at: None });
        text
    }

    /// Adds a GitHub App, installed on these repositories of one account. Its key is a public key in PEM.
    pub fn add_app(
        &mut self,
        slug: &str,
        public_key: &str,
        account: &str,
        on: &[u64],
        named: &[(&str, Level)],
    ) -> u64 {
        let (id, bot, installation) = (self.next_id(), self.next_id(), self.next_id());
        self.put_account(bot, &format!("{slug}[bot]"), Kind::Bot);
        let account = self.account(account).unwrap().id;
        let installation = (installation, account, on.iter().copied().collect(), permissions(named));
        let app = App {
            id,
            slug: slug.to_owned(),
            bot,
            public_key: public_key.to_owned(),
            installation,
            is_everywhere: false,
        };
        self.apps.insert(id, app);
        id
    }

    /// The token behind a GitHub App's JWT: RS256 with its key, valid for at most ten minutes.
    pub fn app_token(&self, text: &str) -> Option<Token> {
        let header = jsonwebtoken::decode_header(text).ok()?;
        let mut validation = Validation::new(Algorithm::RS256);
        (validation.validate_exp, validation.validate_aud) = (false, false);
        validation.required_spec_claims.clear();
        (header.alg == Algorithm::RS256).then_some(())?;
        self.apps.values().find_map(|app| {
            let key = DecodingKey::from_rsa_pem(app.public_key.as_bytes()).ok()?;
            let claims = jsonwebtoken::decode::<Value>(text, &key, &validation).ok()?.claims;
            let issuer = claims["iss"].as_str().map_or_else(|| claims["iss"].to_string(), str::to_owned);
            let (from, to, now) = (claims["iat"].as_i64()?, claims["exp"].as_i64()?, self.now().as_second());
            let valid = issuer == app.id.to_string() && from <= now && now < to && to - now <= 600;
            valid.then_some(Token { account: app.bot, kind: TokenKind::App(app.id), expires_at: None })
        })
    }
}

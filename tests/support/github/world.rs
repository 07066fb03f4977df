//! The whole state of this GitHub.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jit::system::Clock;

use super::Origins;
use super::access::Role;
use super::access::Token;
use super::actions::hosts::Host;
use super::actions::issuer::TokenRequest;
use super::actions::run::Run;
use super::answer::Fault;
use super::device::Device;
use super::faults::Faults;
use super::git::objects::Store;
use super::limits::Limits;
use super::manifests::Posted;
use super::plans::Plan;
use super::receive::Exchange;
use super::repository::Repository;

/// The kind of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A human.
    Person,
    /// A GitHub App's own account, or `github-actions[bot]`.
    Bot,
    /// An organisation.
    Organisation,
}

/// A person, bot or organisation. Accounts share one space of ids and logins.
#[derive(Debug, Clone)]
pub struct Account {
    /// The numeric id, which never changes.
    pub id: u64,
    /// The login, which may change.
    pub login: String,
    /// Its kind.
    pub kind: Kind,
    /// SSH keys: id and line.
    pub keys: Vec<(u64, String)>,
    /// An organisation's members and whether each is an owner.
    pub members: BTreeMap<u64, bool>,
    /// An organisation's teams.
    pub teams: Vec<Team>,
    /// An organisation's template for subjects: claim keys, and whether new repositories use the immutable form.
    pub subject: (Vec<String>, bool),
    /// Its plan.
    pub plan: Plan,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A team of an organisation.
#[derive(Debug, Clone)]
pub struct Team {
    /// The numeric id.
    pub id: u64,
    /// The name in URLs.
    pub slug: String,
    /// Its members.
    pub members: BTreeSet<u64>,
    /// Whether only its members can see it.
    pub secret: bool,
}

/// A GitHub App.
#[derive(Debug, Clone)]
pub struct App {
    /// Its id.
    pub id: u64,
    /// Its slug.
    pub slug: String,
    /// Its bot account.
    pub bot: u64,
    /// Its public key, SubjectPublicKeyInfo in PEM, which verifies its JWTs.
    pub public_key: String,
    /// Its one installation: id, account, repositories and permissions.
    pub installation: (u64, u64, BTreeSet<u64>, BTreeMap<String, super::access::Level>),
    /// Whether it is installed on all repositories of its account.
    pub is_everywhere: bool,
}

/// The state.
#[derive(Clone)]
pub struct World {
    /// The sites' addresses.
    pub origins: Origins,
    /// The time.
    pub clock: Arc<dyn Clock>,
    last_id: u64,
    /// People, bots and organisations, by id.
    pub accounts: BTreeMap<u64, Account>,
    /// GitHub Apps, by id.
    pub apps: BTreeMap<u64, App>,
    /// Repositories, by id.
    pub repositories: BTreeMap<u64, Repository>,
    /// Former `owner/name` of repositories.
    pub renamed: BTreeMap<String, u64>,
    /// Git objects, by the id of the network's root: forks share them, as on GitHub.
    pub stores: BTreeMap<u64, Store>,
    /// Tokens by their text.
    pub tokens: BTreeMap<String, Token>,
    /// Workflow runs, by id.
    pub runs: BTreeMap<u64, Run>,
    /// How long after a job's end its log appears, in seconds.
    pub log_delay: i64,
    /// The credentials with which running jobs request ID tokens.
    pub token_requests: BTreeMap<String, TokenRequest>,
    /// Device flows in progress, by device code.
    pub devices: BTreeMap<String, Device>,
    /// The login of a person who types each code and authorises it, after the program has asked once. `None`: nobody.
    pub device_visitor: Option<String>,
    /// The codes that this person has typed.
    pub device_codes_typed: Vec<String>,
    /// Manifests of apps, by the code of the app.
    pub manifests: BTreeMap<String, Posted>,
    /// Self-hosted runners.
    pub hosts: Vec<Host>,
    /// Pending failures.
    pub faults: Faults,
    /// Rate limits.
    pub limits: Limits,
    /// The recorded requests and answers. `None` if recording is off.
    pub exchanges: Option<Vec<Exchange>>,
    /// Whether dispatches behave as on older servers: never a run id, and no `return_run_details`.
    pub old_dispatches: bool,
}

/// The account of `github-actions[bot]`, with its real id.
pub const ACTIONS_BOT: u64 = 41_898_282;

impl World {
    /// An empty state with only the Actions bot.
    pub fn new(origins: Origins, clock: Arc<dyn Clock>) -> Self {
        let mut world = Self {
            origins,
            clock,
            last_id: 1_000,
            accounts: BTreeMap::new(),
            apps: BTreeMap::new(),
            repositories: BTreeMap::new(),
            renamed: BTreeMap::new(),
            stores: BTreeMap::new(),
            tokens: BTreeMap::new(),
            runs: BTreeMap::new(),
            log_delay: 0,
            token_requests: BTreeMap::new(),
            devices: BTreeMap::new(),
            device_visitor: None,
            device_codes_typed: Vec::new(),
            manifests: BTreeMap::new(),
            hosts: Vec::new(),
            faults: Faults::default(),
            limits: Limits::default(),
            exchanges: None,
            old_dispatches: false,
        };
        world.put_account(ACTIONS_BOT, "github-actions[bot]", Kind::Bot);
        world
    }

    /// The time, in whole seconds, as GitHub reports it.
    pub fn now(&self) -> Timestamp {
        jit::grant::span::whole_seconds(self.clock.now())
    }

    /// A new id. Ids of all kinds share one sequence, so that none is mistaken for another by chance.
    pub fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// A new text that looks unguessable.
    pub fn next_secret(&mut self, prefix: &str) -> String {
        let id = self.next_id();
        let digest =
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("{prefix}{id}").as_bytes());
        // A secret with a prefix is a token, which contains the word that no log may contain.
        let word = if prefix.is_empty() { "" } else { "canary" };
        format!("{prefix}{word}{}", &data_encoding::HEXLOWER.encode(digest.as_ref())[..36 - word.len()])
    }

    /// Adds an account.
    pub fn put_account(&mut self, id: u64, login: &str, kind: Kind) {
        let account = Account {
            id,
            login: login.to_owned(),
            kind,
            keys: Vec::new(),
            members: BTreeMap::new(),
            teams: Vec::new(),
            subject: (Vec::new(), false),
            plan: Plan::Enterprise,
            created_at: self.now(),
        };
        self.accounts.insert(id, account);
    }

    /// The account with a login, case-insensitively.
    pub fn account(&self, login: &str) -> Option<&Account> {
        self.accounts.values().find(|account| account.login.eq_ignore_ascii_case(login))
    }

    /// The account with a login.
    ///
    /// # Errors
    /// There is none: 404.
    pub fn account_or_404(&self, login: &str) -> Result<&Account, Fault> {
        self.account(login).ok_or_else(Fault::not_found)
    }

    /// The login of an account.
    pub fn login(&self, id: u64) -> String {
        self.accounts.get(&id).map(|account| account.login.clone()).unwrap_or_default()
    }

    /// The id of a repository by owner and name, case-insensitively.
    pub fn repository_id(&self, owner: &str, name: &str) -> Option<u64> {
        let owner = self.account(owner)?.id;
        self.repositories
            .values()
            .find(|repository| repository.owner == owner && repository.name.eq_ignore_ascii_case(name))
            .map(|repository| repository.id)
    }

    /// A repository that is known to exist.
    pub fn repository(&self, id: u64) -> &Repository {
        &self.repositories[&id]
    }

    /// A repository that is known to exist, to change it.
    pub fn repository_mut(&mut self, id: u64) -> &mut Repository {
        self.repositories.get_mut(&id).unwrap()
    }

    /// `owner/name`.
    pub fn full_name(&self, id: u64) -> String {
        let repository = self.repository(id);
        format!("{}/{}", self.login(repository.owner), repository.name)
    }

    /// The objects of a repository's network.
    pub fn store(&self, id: u64) -> &Store {
        &self.stores[&self.repository(id).network]
    }

    /// The objects of a repository's network, to add to them.
    pub fn store_mut(&mut self, id: u64) -> &mut Store {
        let network = self.repository(id).network;
        self.stores.entry(network).or_default()
    }

    /// An account's role in a repository: as its owner, as owner of the organisation, through a team, or as a
    /// collaborator.
    pub fn role(&self, account: u64, id: u64) -> Role {
        let repository = self.repository(id);
        let owner = &self.accounts[&repository.owner];
        if owner.id == account || owner.members.get(&account) == Some(&true) {
            return Role::Admin;
        }
        let teams = owner.teams.iter().filter(|team| team.members.contains(&account));
        let by_team = teams.filter_map(|team| repository.teams.get(&team.id)).copied().max();
        let direct = repository.collaborators.get(&account).copied();
        let anybody = if repository.private { Role::None } else { Role::Read };
        by_team.max(direct).unwrap_or(Role::None).max(anybody)
    }
}

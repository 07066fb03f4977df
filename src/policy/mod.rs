//! Access as code: load, compile, decide. A [`Policy`] exists only if it loaded and compiled completely.
//!
//! May use levels 0 and 1. Reads only the folder that it is given. Invariant: a policy that fails to load denies.

mod analysis;
pub mod compiling;
mod conditions;
mod deciding;
mod files;
mod nearest;
mod people;
mod question;
mod roles;
mod schema;
mod settings;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

pub use analysis::alone::Alone;
pub use analysis::cases::Case;
pub use analysis::cases::Outcome;
pub use analysis::cases::Outline;
pub use analysis::difference::Change;
pub use analysis::difference::Difference;
pub use analysis::difference::Direction;
pub use analysis::difference::LoginChange;
pub use analysis::difference::Path as ChangedPath;
pub use analysis::difference::Reach;
pub use analysis::difference::Thing;
pub use analysis::explain::Basis;
pub use analysis::explain::Explanation;
pub use analysis::explain::Need;
pub use analysis::lint::CATALOGUE;
pub use analysis::lint::Kind;
pub use analysis::lint::Lint;
pub use analysis::lint::Severity;
pub use analysis::lint::documentation;
pub use analysis::matrix::Answer;
pub use analysis::matrix::Cell;
pub use analysis::matrix::Column;
pub use analysis::matrix::Layout;
pub use analysis::matrix::Matrix;
pub use analysis::matrix::Membership;
pub use analysis::matrix::Row;
pub use analysis::obstacle::Obstacle;
pub use analysis::question::Question;
pub use analysis::question::Review;
pub use files::committed::CommitError;
pub use files::committed::folder_in_tree;
pub use files::listing::Listing;
pub use files::problem::Problem;
pub use files::problem::Problems;
pub use nearest::did_you_mean;
pub use nearest::nearest;
pub use nearest::nearest_names;
pub use people::agent::Agent;
pub use people::claims::ClaimsError;
pub use people::claims::Enrol;
pub use people::claims::Oidc;
pub use people::enrolled::Confirmation;
pub use people::enrolled::Enrolled;
pub use people::enrolled::EnrolledKey;
pub use people::enrolled::JobKey;
pub use people::enrolled::Known;
pub use people::github_app::GitHubApp;
pub use people::glance::Glance;
pub use people::key::PersonKey;
pub use people::principal::Principal;
pub use people::roster::Person;
pub use people::roster::Proof;
pub use people::workload::Workload;
pub use question::asking::Action;
pub use question::asking::Asking;
pub use question::asking::Claims;
pub use question::asking::Fact;
pub use question::asking::Facts;
pub use question::asking::Opinion;
pub use question::decision::Decision;
pub use question::decision::How;
pub use question::decision::Missing;
pub use question::decision::Refusal;
pub use roles::reason::ReasonRule;
pub use roles::role::Origin;
pub use roles::role::Role;
pub use roles::rule::Demand;
pub use roles::rule::Rule;
pub use roles::scopes::BreakGlass;
pub use roles::scopes::Extend;
pub use roles::scopes::Scope;
pub use roles::terms::RoleTerms;
pub use schema::SchemaFile;
pub use schema::schemas;
pub use settings::access::Defaults;
pub use settings::accounts::Account;
pub use settings::facts::FactFrom;
pub use settings::facts::FactSource;
pub use settings::forge::Forge;
pub use settings::forge::LogWriter;
pub use settings::notify::Addresses;
pub use settings::notify::Channels;
pub use settings::notify::Further;
pub use settings::notify::Mail;
pub use settings::notify::MailDoor;
pub use settings::notify::MailServer;
pub use settings::notify::Notify;
pub use settings::notify::Places;
pub use settings::notify::SecretSource;
pub use settings::notify::Webhook;
pub use settings::notify::is_callable;

use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::span::Span;

use conditions::Act;
use conditions::Actor;
use conditions::Conditions;
use files::problem::Findings;
use people::roster::People;
use settings::access::Access;
use settings::accounts::Accounts;

/// A policy that loaded and compiled completely.
#[derive(Debug, Clone)]
pub struct Policy {
    /// SHA-256 over the sorted list of (path, SHA-256 of content): over one line
    /// `<64 hexadecimal characters of the file's SHA-256><two spaces><path>\n` for each of `files`, in byte order of paths.
    pub revision: Digest,
    /// Every file of the policy as read, by its path in the folder with `/`. `revision` covers exactly these. They are
    /// `access.toml`, `people.toml`, `accounts.toml`, `roles/NAME.toml`, `roles/NAME.json`, `rules/NAME.cedar` and
    /// `tests/NAME.toml`; no other file has an effect.
    pub files: Arc<BTreeMap<String, Vec<u8>>>,
    /// Other files in the folder that only look like a part of the policy.
    unread: BTreeSet<String>,
    people: People,
    access: Arc<Access>,
    accounts: Arc<Accounts>,
    roles: Arc<BTreeMap<Name, Role>>,
    aliases: Arc<BTreeMap<Name, Name>>,
    conditions: Arc<Conditions>,
    /// The edition of the people whom tokens name; see [`Policy::admit`]. 0 without any.
    edition: u64,
}

impl Policy {
    /// Reads and compiles a folder. Refuses symbolic links in it, more than 10,000 files, and files over 1 MiB
    /// (`people.toml`: 16 MiB, rules: 256 KiB, documents of scopes: 64 KiB). Skips hidden files and other files that
    /// are not part of a policy.
    pub fn load(folder: &Path) -> Result<Self, Problems> {
        let findings = Findings::default();
        let files::load::Found { files, unread } = files::load::read(folder, &findings);
        if findings.is_empty() {
            compiling::compile::compile(files, unread)
        } else {
            Err(findings.into_problems())
        }
    }

    /// As [`Policy::load`], but returns `None` without compiling if the folder still has this revision.
    pub fn load_unless(folder: &Path, revision: &Digest) -> Result<Option<Self>, Problems> {
        let findings = Findings::default();
        let files::load::Found { files, unread } = files::load::read(folder, &findings);
        if !findings.is_empty() {
            return Err(findings.into_problems());
        }
        if files::revision::of(&files) == *revision {
            Ok(None)
        } else {
            compiling::compile::compile(files, unread).map(Some)
        }
    }

    /// Compiles files by their path in the folder, exactly as [`Policy::load`] compiles a folder.
    pub fn compile(files: BTreeMap<String, Vec<u8>>) -> Result<Self, Problems> {
        compiling::compile::compile(files, BTreeSet::new())
    }

    /// Checks a line of `ssh-add -L`. Returns it as a policy stores it, without a comment.
    ///
    /// # Errors
    /// Why the key is not acceptable.
    pub fn check_key(line: &str) -> Result<String, String> {
        people::key::read(line).map(|key| key.line).map_err(|error| error.to_string())
    }

    /// A person by their name.
    pub fn person(&self, name: &Name) -> Option<&Person> {
        self.people.people.get(name)
    }

    /// The person who holds a key, by its fingerprint (`SHA256:…`).
    pub fn person_of_key(&self, fingerprint: &str) -> Option<&Person> {
        self.people.of_key(fingerprint)
    }

    /// Everybody, in name order.
    pub fn people(&self) -> impl ExactSizeIterator<Item = &Person> {
        self.people.people.values()
    }

    /// The people in a group, including through other groups, in name order. Empty if there is no such group.
    pub fn members(&self, group: &Name) -> &[Name] {
        self.people.groups.get(group).map_or(&[], Vec::as_slice)
    }

    /// A role by its own name or an alias.
    pub fn role(&self, name: &Name) -> Option<&Role> {
        self.roles.get(self.aliases.get(name).unwrap_or(name))
    }

    /// Every role, in name order.
    pub fn roles(&self) -> impl ExactSizeIterator<Item = &Role> {
        self.roles.values()
    }

    /// The settings of roles that do not set their own.
    pub fn defaults(&self) -> &Defaults {
        &self.access.defaults
    }

    /// The places that are told of requests for a role: those of the whole policy, and the role's own.
    pub fn notices_for<'a>(&'a self, role: &'a Role) -> Vec<&'a Places> {
        let all = [&self.access.notify, &role.notify].map(|notify| &notify.places);
        all.into_iter().filter(|places| !places.is_empty()).collect()
    }

    /// The time after which people are reminded of an undecided request for a role. `None` for never.
    pub fn remind_after(&self, role: &Role) -> Option<Span> {
        role.notify.remind.or(self.access.notify.remind)
    }

    /// The time after which further people are told of an undecided request for a role. `None` for never.
    pub fn escalate_after(&self, role: &Role) -> Option<Span> {
        role.notify.escalate_after.or(self.access.notify.escalate_after)
    }

    /// Those further people and places: the whole policy's, and the role's own.
    pub fn escalations_for<'a>(&'a self, role: &'a Role) -> Vec<&'a Further> {
        let all = [&self.access.notify, &role.notify].map(|notify| &notify.escalate_to);
        all.into_iter().filter(|further| !further.is_empty()).collect()
    }

    /// The broker's ways to reach one person.
    pub fn channels(&self) -> &Channels {
        &self.access.notify.channels
    }

    /// The listed people whom `escalate_to` names, in its order.
    pub fn people_of<'a>(&'a self, further: &'a Further) -> impl Iterator<Item = &'a Person> {
        further.people.iter().flat_map(|principal| self.people.named_by(principal))
    }

    /// The sources of facts, in name order.
    pub fn facts(&self) -> &[FactSource] {
        &self.access.facts
    }

    /// The settings for GitHub as the authority. `None` if the policy is not for GitHub.
    pub fn forge(&self) -> Option<&Forge> {
        self.access.forge.as_ref()
    }

    /// The person who has a numeric GitHub id.
    pub fn person_of_github(&self, id: u64) -> Option<&Person> {
        self.people.of_github(id)
    }

    /// The sources of the facts that a role's conditions depend on, in name order.
    pub fn facts_of(&self, role: &Name) -> impl Iterator<Item = &FactSource> {
        let set = self.role(role).and_then(|role| self.conditions.of_role(&role.name));
        self.access.facts.iter().filter(move |source| set.is_some_and(|set| set.facts.contains(&source.name)))
    }

    /// The identity provider whose tokens name people. `None` if there is none.
    pub fn oidc(&self) -> Option<&Oidc> {
        self.access.oidc.as_ref()
    }

    /// The same if people may sign in there on the approval page.
    pub fn oidc_on_page(&self) -> Option<&Oidc> {
        self.oidc().filter(|oidc| oidc.page)
    }

    /// The app by which people sign in to a broker with their GitHub account. `None` if they do not.
    pub fn github_app(&self) -> Option<&GitHubApp> {
        self.access.github.as_ref()
    }

    /// The name of the time zone in which conditions see `hour` and `weekday`.
    pub fn time_zone(&self) -> &str {
        self.access.zone.0.iana_name().unwrap_or("UTC")
    }

    /// Every account, in name order.
    pub fn accounts(&self) -> impl ExactSizeIterator<Item = &Account> {
        self.accounts.0.values()
    }

    /// Whether a group may have members known only to the identity provider.
    pub fn is_open(&self, group: &Name) -> bool {
        self.people.groups_by_token && !self.people.groups.contains_key(group)
    }

    /// The warnings of Cedar's validator, such as a condition that can never hold.
    pub fn remarks(&self) -> &[Problem] {
        &self.conditions.remarks
    }

    /// Whether a person, workload or agent of the policy may ask for a role at all. Conditions are evaluated with each
    /// request.
    pub fn may_request(&self, who: &Name, role: &Role) -> bool {
        self.actor(who).is_some_and(|actor| self.may(Act::Request, actor, role))
    }

    /// As [`Policy::may_request`], for a person known only by token; see [`Policy::person_of_claims`].
    #[cfg(any(test, feature = "testing"))]
    pub fn may_request_as(&self, person: &Person, role: &Role) -> bool {
        self.may(Act::Request, Actor::Person(person), role)
    }

    /// Whether a person may use a role's break-glass. Conditions are evaluated with each request.
    pub fn may_break_glass(&self, person: &Person, role: &Role) -> bool {
        role.break_glass.is_some() && self.may(Act::BreakGlass, Actor::Person(person), role)
    }

    fn may(&self, act: Act, actor: Actor<'_>, role: &Role) -> bool {
        let listed = match (act, &role.break_glass) {
            (Act::BreakGlass, Some(way)) => way.requesters.as_slice(),
            (Act::BreakGlass, None) => &[],
            _ => role.requesters.as_slice(),
        };
        let is_listed = listed.iter().any(|principal| match actor {
            Actor::Person(person) => person.is(principal),
            Actor::Workload(workload) => *principal == Principal::Workload(workload.name.clone()),
            Actor::Agent(agent, owner) => agent.is(principal, owner),
        });
        is_listed || self.conditions.reach.iter().any(|reach| reach.admits(act, actor, &role.name))
    }

    /// Whether a person may review another person's request for one of a role's ways, or a scope of it; see
    /// [`Role::watched_by`]. Nobody reviews their own; see [`Policy::is_own`].
    pub fn may_review_way(
        &self,
        person: &Name,
        role: &Role,
        action: Action,
        scope: Option<&Name>,
        requester: &Name,
    ) -> bool {
        let rule = role.watched_by(action, scope);
        !self.is_own(person, requester, role)
            && self
                .person(person)
                .is_some_and(|person| rule.demands().iter().any(|demand| demand.fits(person)))
    }

    /// Everybody who may review a request of `requester` for a role, in name order.
    pub fn eligible_reviewers(&self, role: &Role, requester: &Name) -> Vec<Name> {
        self.named_reviewers(role, &role.approval, requester)
    }

    /// Everybody whom a rule of a role names as reviewers of `requester`, in name order.
    pub fn named_reviewers(&self, role: &Role, rule: &Rule, requester: &Name) -> Vec<Name> {
        let demands = rule.demands();
        let named = demands.into_iter().flat_map(|demand| &demand.from);
        let people = named.flat_map(|principal| self.people.named_by(principal));
        let mut names: Vec<Name> = people
            .map(|person| &person.name)
            .filter(|name| !self.is_own(name, requester, role))
            .cloned()
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// Whether a person may read every request and the audit log.
    pub fn may_audit(&self, person: &Name) -> bool {
        self.person(person)
            .is_some_and(|person| self.access.auditors.iter().any(|principal| person.is(principal)))
    }
}

/// Some names for a message, and the number of the others.
fn some<T: ToString>(names: impl IntoIterator<Item = T>) -> String {
    const SHOWN: usize = 5;
    let mut all: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    let more = all.len().saturating_sub(SHOWN);
    if more > 0 {
        all.truncate(SHOWN);
        all.push(format!("{more} more"));
    }
    all.join(", ")
}

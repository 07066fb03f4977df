//! The input of a decision: who asks for what, when and from where, with which reviews, facts and claims.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::Verdict;
use crate::grant::span::Span;

/// The one of a role's ways that the request takes. In conditions, each is a separate action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Action {
    /// An ordinary request.
    #[default]
    Request,
    /// More time for a grant.
    Extend {
        /// How often this grant was extended already.
        before: u32,
    },
    /// Break-glass.
    BreakGlass,
}

impl Action {
    /// Whether it adds time to a grant.
    pub fn is_extension(self) -> bool {
        matches!(self, Self::Extend { .. })
    }
}

/// One person's review, with what matters for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// The reviewer.
    pub by: Name,
    /// Approve or deny.
    pub verdict: Verdict,
    /// The longest duration that the review allows.
    pub duration: Option<Span>,
    /// The scope to which the review narrows the request.
    pub scope: Option<Name>,
    /// How strongly it is signed.
    pub assurance: Assurance,
}

impl Opinion {
    /// A review without ceilings, signed with a key.
    pub fn new(by: Name, verdict: Verdict) -> Self {
        Self { by, verdict, duration: None, scope: None, assurance: Assurance::Key }
    }
}

/// A verified token's claims about one person, as configured in `[identity.oidc]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The token's issuer.
    pub issuer: String,
    /// The claim that never changes for a person.
    pub subject: String,
    /// The name to show. Never compared.
    pub label: String,
    /// The groups named by the identity provider.
    pub groups: Vec<String>,
}

/// The people of whom a fact is true, and when it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The people of whom it is true.
    pub people: BTreeSet<Name>,
    /// When its source said so.
    pub fetched: Timestamp,
}

/// The answers of the configured sources. The authority fetches them at decision time, and a policy only compares ages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<String, Fact>);

/// How far a source's clock may run ahead of the decision's.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);

impl Facts {
    /// No facts, so every fact is false.
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Stores a source's answer, in place of its earlier one.
    pub fn insert(&mut self, name: &str, people: BTreeSet<Name>, fetched: Timestamp) {
        self.0.insert(name.to_owned(), Fact { people, fetched });
    }

    /// Whether a fact is true of a person. An absent or outdated fact is false.
    pub(in crate::policy) fn holds(&self, name: &str, max_age: Span, who: &str, now: Timestamp) -> bool {
        self.0.get(name).is_some_and(|fact| {
            let age = now.duration_since(fact.fetched);
            let young = i64::try_from(max_age.seconds()).is_ok_and(|seconds| age.as_secs() <= seconds);
            young && age >= -AHEAD && fact.people.contains(who)
        })
    }
}

static NO_FACTS: Facts = Facts::none();

/// The input of a decision. A decision depends on this and the policy only.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The way into the role that it takes.
    pub action: Action,
    /// The requester: a person of the policy, a person known by `claims`, or a workload.
    pub who: &'a Name,
    /// The role, by its own name or an alias.
    pub role: &'a Name,
    /// The scope. `None` for the whole role.
    pub scope: Option<&'a Name>,
    /// The requested duration.
    pub duration: Span,
    /// The reason given.
    pub reason: &'a str,
    /// How strongly the request itself is signed.
    pub assurance: Assurance,
    /// The latest review of each reviewer.
    pub reviews: &'a [Opinion],
    /// The time of the decision.
    pub now: Timestamp,
    /// The requester's address, if known.
    pub source: Option<IpAddr>,
    /// Whether the client claims that a human sits at a terminal. The claim can only make a decision stricter.
    pub interactive: bool,
    /// Whether the client claims that an agent acts. The claim can only make a decision stricter.
    pub agent: bool,
    /// The answers of the sources in `[facts]`.
    pub facts: &'a Facts,
    /// The token claims of the requester and the reviewers who are not in `people.toml`.
    pub claims: &'a [Claims],
    /// Whether `auto_approve` may decide now. False while the policy does not load, and after a denial.
    pub automatic: bool,
}

impl<'a> Asking<'a> {
    /// An ordinary request, signed with a key, without a reason, reviews, facts or an address.
    pub fn new(who: &'a Name, role: &'a Name, duration: Span, now: Timestamp) -> Self {
        Self {
            action: Action::Request,
            who,
            role,
            scope: None,
            duration,
            reason: "",
            assurance: Assurance::Key,
            reviews: &[],
            now,
            source: None,
            interactive: true,
            agent: false,
            facts: &NO_FACTS,
            claims: &[],
            automatic: true,
        }
    }
}

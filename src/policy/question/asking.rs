//! What is put to a policy: who asks for what, when and from where, with which reviews, facts and claims.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::Verdict;
use crate::grant::span::Span;

/// Which of a role's ways is asked for. Each is an action of its own in conditions, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Action {
    /// The ordinary way.
    #[default]
    Request,
    /// More time for a grant.
    Extend {
        /// How often this grant was extended before.
        before: u32,
    },
    /// The emergency way.
    BreakGlass,
}

/// One reviewer's word, as far as a decision looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Who.
    pub by: Name,
    /// Yes or no.
    pub verdict: Verdict,
    /// "For at most this long."
    pub duration: Option<Span>,
    /// "For no more than this scope."
    pub scope: Option<Name>,
    /// How strongly it is signed.
    pub assurance: Assurance,
}

impl Opinion {
    /// A word without ceilings, signed with a key.
    pub fn new(by: Name, verdict: Verdict) -> Self {
        Self { by, verdict, duration: None, scope: None, assurance: Assurance::Key }
    }
}

/// A verified token's word on one human: what the configured claims of `[identity.oidc]` hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The token's issuer.
    pub issuer: String,
    /// The claim that never changes hands.
    pub subject: String,
    /// The name to show; never compared.
    pub label: String,
    /// The groups that the identity provider names.
    pub groups: Vec<String>,
}

/// Who a fact is true of, and since when that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Of whom it is true.
    pub people: BTreeSet<Name>,
    /// When its source said so.
    pub fetched: Timestamp,
}

/// What the configured sources said. The authority fetches them at decision time; a policy only compares ages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<String, Fact>);

/// How far a source's clock may run ahead of the decision's.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);

impl Facts {
    /// No facts: all of them are false.
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds what a source said, in place of what it said before.
    pub fn insert(&mut self, name: &str, people: BTreeSet<Name>, fetched: Timestamp) {
        self.0.insert(name.to_owned(), Fact { people, fetched });
    }

    /// Whether a fact is true of somebody: absent and old are false.
    pub(in crate::policy) fn holds(&self, name: &str, max_age: Span, who: &str, now: Timestamp) -> bool {
        self.0.get(name).is_some_and(|fact| {
            let age = now.duration_since(fact.fetched);
            let young = i64::try_from(max_age.seconds()).is_ok_and(|seconds| age.as_secs() <= seconds);
            young && age >= -AHEAD && fact.people.contains(who)
        })
    }
}

static NO_FACTS: Facts = Facts::none();

/// What is to be decided. Everything that has a part in a decision stands here or in the policy.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Which way.
    pub action: Action,
    /// Who asks: a person of the policy, one who is known by `claims`, or a workload.
    pub who: &'a Name,
    /// For which role (its own name or an alias).
    pub role: &'a Name,
    /// For which piece of it only.
    pub scope: Option<&'a Name>,
    /// For how long.
    pub duration: Span,
    /// Why.
    pub reason: &'a str,
    /// How strongly the request itself is signed.
    pub assurance: Assurance,
    /// The latest word of each reviewer.
    pub reviews: &'a [Opinion],
    /// When this is decided.
    pub now: Timestamp,
    /// The requester's address, where it is known.
    pub source: Option<IpAddr>,
    /// Whether the client says that a human sits at a terminal. It can only make a decision stricter.
    pub interactive: bool,
    /// Whether the client says that an agent acts. It can only make a decision stricter.
    pub agent: bool,
    /// What the sources of `[facts]` said.
    pub facts: &'a Facts,
    /// What tokens said of the requester and the reviewers who are not in `people.toml`.
    pub claims: &'a [Claims],
    /// Whether `auto_approve` may decide now: never while the policy does not load, nor after a denial (trust.md §2, §3).
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

//! A hypothetical request, as people put it to a policy. Omitted parts have defaults, so that it can be about one thing
//! only.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::Verdict;
use crate::grant::span::Span;

use crate::policy::Policy;
use crate::policy::question::asking::Action;
use crate::policy::question::asking::Asking;
use crate::policy::question::asking::Claims;
use crate::policy::question::asking::Facts;
use crate::policy::question::asking::Opinion;
use crate::policy::question::decision::Decision;
use crate::policy::question::decision::Refusal;
use crate::policy::roles::reason::ReasonRule;

/// The reason in a question that is not about the reason.
const SOMETHING: &str = "not what this question is about";

/// The address in a question that is not about the address, if one is needed: TEST-NET-1 (RFC 5737).
const SOMEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// A review in a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The reviewer.
    pub by: Name,
    /// Approve or deny.
    pub verdict: Verdict,
    /// The longest duration that the review allows.
    pub duration: Option<Span>,
    /// The scope to which the review narrows the request.
    pub scope: Option<Name>,
    /// The assurance of its signature. Defaults to the strongest that the person can give.
    pub signed: Option<Assurance>,
}

impl Review {
    /// An approval without ceilings.
    pub fn approving(by: Name) -> Self {
        Self { by, verdict: Verdict::Approve, duration: None, scope: None, signed: None }
    }
}

/// A hypothetical request: what would a policy decide?
#[derive(Debug, Clone)]
pub struct Question {
    /// The way into the role that it takes.
    pub action: Action,
    /// The requester: a person, a workload, or a person named by `tokens`.
    pub who: Name,
    /// The role.
    pub role: Name,
    /// The scope. `None` for the whole role.
    pub scope: Option<Name>,
    /// The duration. Defaults to the usual one.
    pub duration: Option<Span>,
    /// The time of the decision.
    pub now: Timestamp,
    /// The reason given. Without one, the answer assumes a valid reason.
    pub reason: Option<String>,
    /// The assurance of the request's signature. Defaults to the strongest that the requester can give.
    pub signed: Option<Assurance>,
    /// The requester's address. Without one, the answer assumes an address if one is needed.
    pub source: Option<IpAddr>,
    /// Whether the client claims that an agent acts.
    pub agent: bool,
    /// Whether the client claims that nobody sits at a terminal.
    pub unattended: bool,
    /// The people of whom each fact is true at this time.
    pub facts: BTreeMap<String, BTreeSet<Name>>,
    /// People known by token: their subject, and the groups named by the identity provider.
    pub tokens: BTreeMap<String, Vec<String>>,
    /// The reviews so far.
    pub reviews: Vec<Review>,
}

impl Question {
    /// A question with all defaults.
    pub fn new(who: Name, role: Name, now: Timestamp) -> Self {
        Self {
            action: Action::Request,
            who,
            role,
            scope: None,
            duration: None,
            now,
            reason: None,
            signed: None,
            source: None,
            agent: false,
            unattended: false,
            facts: BTreeMap::new(),
            tokens: BTreeMap::new(),
            reviews: Vec::new(),
        }
    }

    /// The claims of the tokens, as from the policy's identity provider.
    pub(in crate::policy) fn claims(&self, policy: &Policy) -> Vec<Claims> {
        let Some(oidc) = policy.oidc() else { return Vec::new() };
        let claims = self.tokens.iter().map(|(subject, groups)| Claims {
            issuer: oidc.issuer.clone(),
            subject: subject.clone(),
            label: String::new(),
            groups: groups.clone(),
        });
        claims.collect()
    }
}

impl Policy {
    /// The duration of a question.
    pub(in crate::policy) fn asked_duration(&self, question: &Question) -> Span {
        let otherwise = Span::of_minutes(60);
        let Some(role) = self.role(&question.role) else { return question.duration.unwrap_or(otherwise) };
        let most = role
            .terms(question.action, question.scope.as_ref())
            .map_or(role.duration, |terms| terms.max_duration);
        question.duration.unwrap_or(role.duration.min(most))
    }

    /// Decides a question.
    pub fn answer(&self, question: &Question) -> Decision {
        let decision = self.decide_question(question);
        let Decision::Refused(refusal) = &decision else { return decision };
        match refusal {
            Refusal::NoAddress { .. } if question.source.is_none() => {
                self.answer(&Question { source: Some(SOMEWHERE), ..question.clone() })
            }
            Refusal::Reason { .. } if question.reason.is_none() && self.wants_reason(&question.role) => {
                self.with_any_reason(&question.role).answer(question)
            }
            _ => decision,
        }
    }

    fn wants_reason(&self, role: &Name) -> bool {
        self.role(role).is_some_and(|role| !matches!(role.reason, ReasonRule::Optional))
    }

    /// The same policy, accepting any reason for one role.
    fn with_any_reason(&self, role: &Name) -> Self {
        let mut policy = self.clone();
        let name = policy.aliases.get(role).unwrap_or(role).clone();
        if let Some(role) = Arc::make_mut(&mut policy.roles).get_mut(&name) {
            role.reason = ReasonRule::Optional;
        }
        policy
    }

    fn decide_question(&self, question: &Question) -> Decision {
        let claims = self.claims_of(question);
        let strongest =
            |name: &Name| self.person(name).map_or(Assurance::Account, |person| person.strongest());
        let opinion = |review: &Review| Opinion {
            by: review.by.clone(),
            verdict: review.verdict,
            duration: review.duration,
            scope: review.scope.clone(),
            assurance: review.signed.unwrap_or_else(|| strongest(&review.by)),
        };
        let reviews: Vec<Opinion> = question.reviews.iter().map(opinion).collect();
        let mut facts = Facts::none();
        for (name, people) in &question.facts {
            facts.insert(name, people.clone(), question.now);
        }
        self.decide(&Asking {
            action: question.action,
            scope: question.scope.as_ref(),
            reason: question.reason.as_deref().unwrap_or(SOMETHING),
            assurance: question.signed.unwrap_or_else(|| strongest(&question.who)),
            reviews: &reviews,
            source: question.source,
            interactive: !question.unattended,
            agent: question.agent,
            facts: &facts,
            claims: &claims,
            ..Asking::new(&question.who, &question.role, self.asked_duration(question), question.now)
        })
    }

    fn claims_of(&self, question: &Question) -> Vec<Claims> {
        question.claims(self)
    }
}

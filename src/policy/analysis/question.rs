//! A question to a policy as people put it: what is left out has a default, so that it can be about one thing only.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::net::Ipv4Addr;

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

/// What is said where a question is not about the reason.
const SOMETHING: &str = "not what this question is about";

/// Where a question comes from that is not about the address, should one be needed: TEST-NET-1 (RFC 5737).
const SOMEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// One review of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Who.
    pub by: Name,
    /// Yes or no.
    pub verdict: Verdict,
    /// "For at most this long."
    pub duration: Option<Span>,
    /// "For no more than this scope."
    pub scope: Option<Name>,
    /// How strongly it is signed; as strongly as the person can, where nothing is said.
    pub signed: Option<Assurance>,
}

impl Review {
    /// A plain yes.
    pub fn approving(by: Name) -> Self {
        Self { by, verdict: Verdict::Approve, duration: None, scope: None, signed: None }
    }
}

/// What would a policy say?
#[derive(Debug, Clone)]
pub struct Question {
    /// Which way.
    pub action: Action,
    /// Who asks: a person, a workload, or somebody whom `tokens` name.
    pub who: Name,
    /// For which role.
    pub role: Name,
    /// For which piece of it.
    pub scope: Option<Name>,
    /// For how long; as long as usual, where nothing is said.
    pub duration: Option<Span>,
    /// When.
    pub now: Timestamp,
    /// Why; a question without a reason is answered as if a good one were given.
    pub reason: Option<String>,
    /// How strongly the request is signed; as strongly as the requester can, where nothing is said.
    pub signed: Option<Assurance>,
    /// From which address; from somewhere, where nothing is said and one is needed.
    pub source: Option<IpAddr>,
    /// Whether the client says that an agent acts.
    pub agent: bool,
    /// Whether the client says that nobody sits at a terminal.
    pub unattended: bool,
    /// Of whom each fact is true, said just then.
    pub facts: BTreeMap<String, BTreeSet<Name>>,
    /// People by token: their subject, and the groups that the identity provider names.
    pub tokens: BTreeMap<String, Vec<String>>,
    /// The reviews so far.
    pub reviews: Vec<Review>,
}

impl Question {
    /// May they have it, as usual?
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

    /// What the tokens say, as the policy's identity provider would.
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
    /// How long a question is about.
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

    /// The same policy, content with any reason for one role.
    fn with_any_reason(&self, role: &Name) -> Self {
        let mut policy = self.clone();
        let name = policy.aliases.get(role).unwrap_or(role).clone();
        if let Some(role) = policy.roles.get_mut(&name) {
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

//! Why a policy decides as it does: the decision, the rule behind it, what is missing, and who could approve.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::span::Span;

use crate::policy::Policy;
use crate::policy::analysis::cases::Outline;
use crate::policy::analysis::cases::Shown;
use crate::policy::analysis::question::Question;
use crate::policy::analysis::ways;
use crate::policy::analysis::ways::Way;
use crate::policy::analysis::ways::WayKind;
use crate::policy::conditions::Actor;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::Person;
use crate::policy::question::asking::Action;
use crate::policy::question::decision::Decision;
use crate::policy::question::decision::How;
use crate::policy::question::decision::Refusal;
use crate::policy::roles::reason::ReasonRule;
use crate::policy::roles::role::Role;
use crate::policy::roles::rule::Rule;

/// A missing demand, and who could fill it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Need {
    /// `1 of group:security`
    pub demand: String,
    /// Everybody who could help.
    pub could_help: Vec<Name>,
}

/// A rule behind a decision, and its position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Basis {
    /// `file:line`
    pub at: String,
    /// The content of the rule, in words.
    pub says: String,
}

/// A decision and the reasons for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The decision in one word.
    pub verdict: Outline,
    /// The decision in one line.
    pub decision: String,
    /// The requester.
    pub who: Name,
    /// The owner, if the requester is an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_of: Option<Name>,
    /// The role, by its own name.
    pub role: Name,
    /// The scope. `None` for the whole role.
    pub scope: Option<Name>,
    /// The requested duration.
    pub duration: Span,
    /// The rules behind the decision. The decisive one comes first.
    pub basis: Vec<Basis>,
    /// The missing demands.
    pub missing: Vec<Need>,
    /// Everybody who may review such a request, with a key of the policy that is strong enough.
    pub approvers: Vec<Name>,
    /// Everybody whom the rule names but for whom the policy lists no key that is strong enough, with the demanded strength.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub too_weak: BTreeMap<Name, Assurance>,
    /// Advice on what to do or type next.
    pub hint: Option<String>,
}

impl Policy {
    /// Decides and explains.
    pub fn explain(&self, question: &Question) -> Explanation {
        let decision = self.answer(question);
        let duration = self.asked_duration(question);
        let role = self.role(&question.role);
        let (missing, hint) = match &decision {
            Decision::Refused(refusal) => (Vec::new(), refusal.hint()),
            Decision::NeedsApproval { missing } => {
                let need = |missing: &crate::policy::Missing| Need {
                    demand: missing.demand.clone(),
                    could_help: missing.could_help.clone(),
                };
                (missing.iter().map(need).collect(), None)
            }
            Decision::Denied { .. } | Decision::Approved { .. } => (Vec::new(), None),
        };
        let claimed = self.claimed(&question.claims(self));
        let person = self.person(&question.who).or_else(|| claimed.get(&question.who));
        let terms = role.and_then(|role| role.terms(question.action, question.scope.as_ref()).ok());
        let (approvers, too_weak) = terms.map_or_else(Default::default, |terms| {
            let demands = terms.approval.demands().into_iter();
            let reviewers = self.everybody_in(demands.flat_map(|demand| &demand.from)).into_iter();
            let is_other =
                |person: &&Person| !role.is_some_and(|role| self.is_own(&person.name, &question.who, role));
            let demanded = |person: &Person| self.demanded_from(&person.name, &question.who, terms.signed);
            let (able, weak): (Vec<&Person>, Vec<&Person>) =
                reviewers.filter(is_other).partition(|person| person.can_sign(demanded(person)));
            let able: Vec<Name> = able.into_iter().map(|person| person.name.clone()).collect();
            let weak = weak.into_iter().map(|person| (person.name.clone(), demanded(person)));
            (able, weak.collect::<BTreeMap<_, _>>())
        });
        Explanation {
            verdict: Outline::of(&decision),
            decision: Shown(&decision).to_string(),
            who: question.who.clone(),
            agent_of: self.owner_of(&question.who).cloned(),
            role: role.map_or_else(|| question.role.clone(), |role| role.name.clone()),
            scope: question.scope.clone(),
            duration,
            basis: role.map_or_else(Vec::new, |role| self.basis(role, person, question, &decision)),
            missing,
            approvers,
            too_weak,
            hint,
        }
    }

    /// The rules behind a decision. The decisive one comes first.
    fn basis(
        &self,
        role: &Role,
        person: Option<&Person>,
        question: &Question,
        decision: &Decision,
    ) -> Vec<Basis> {
        let entry = |keys: &[&str], says: String| {
            let file = role.file();
            let line = self.place(&file, keys).line;
            Basis { at: format!("{file}:{line}"), says }
        };
        let kind = match question.action {
            Action::Request => WayKind::Request,
            Action::Extend { .. } => WayKind::Extend,
            Action::BreakGlass => WayKind::BreakGlass,
        };
        let ways = ways::of(role);
        // An extension of a scope has the terms of extensions.
        let scope = question.scope.as_ref().filter(|_| kind == WayKind::Request);
        let Some(way) = ways.iter().find(|way| way.kind == kind && way.scope == scope) else {
            return Vec::new();
        };
        let requesters = entry(&way.keys("requesters"), self.asks(way, person, &question.who));
        let approval = entry(&way.keys("approval"), approval(way.approval));
        let most = entry(&way.keys("max_duration"), format!("at most {}", way.max_duration));
        let reason = entry(&["reason"], format!("the reason: {}", role.reason.wanted()));
        let what = if *way.approval == Rule::None { "the request is" } else { "reviews are" };
        let signed = entry(&way.keys("signed"), format!("{what} signed with {}", way.signed.as_str()));
        let by_condition = |rule: &str, verb: &str| match rule.strip_prefix("[when] ") {
            Some(own) => {
                let setting = own.split(' ').next().unwrap_or_default();
                entry(&["when", setting], format!("{rule} {verb}"))
            }
            None => Basis { at: rule.to_owned(), says: format!("a rule of the organisation {verb}") },
        };
        let mut basis = match decision {
            Decision::Refused(refusal) => match refusal {
                Refusal::NotARequester { .. } | Refusal::NoBreakGlass { .. } => vec![requesters],
                Refusal::TooLong { .. } | Refusal::TooShort { .. } => vec![most, requesters],
                Refusal::Reason { .. } => vec![reason, requesters],
                Refusal::Assurance { .. } => vec![signed, approval, requesters],
                Refusal::Condition { rule, .. } => vec![by_condition(rule, "forbids it"), requesters],
                Refusal::Failed { rule, .. } => {
                    vec![by_condition(rule, "could not be evaluated"), requesters]
                }
                _ => vec![requesters],
            },
            Decision::Approved { how: How::Automatic { rule }, .. } => {
                vec![by_condition(rule, "approves without a review"), requesters, most, signed]
            }
            _ => {
                let mut basis = vec![approval, requesters, most, signed];
                if question.reason.is_none() && !matches!(role.reason, ReasonRule::Optional) {
                    basis.push(reason);
                }
                basis
            }
        };
        if !role.origin.replaces.is_empty() {
            let files = role.origin.replaces.join(", ");
            basis.push(Basis {
                at: role.file(),
                says: format!("more specific than {files}, and so in its place"),
            });
        }
        if let Some(account) = &role.origin.account {
            basis.push(Basis { at: role.file(), says: format!("made for the account {account}") });
        }
        basis
    }

    /// Whether and why a person, workload or agent may use a way, in words.
    fn asks(&self, way: &Way<'_>, person: Option<&Person>, who: &Name) -> String {
        let means = |principal: &&Principal| match person {
            Some(person) => person.is(principal),
            None => match self.agent_and_owner(who) {
                Some((agent, owner)) => agent.is(principal, owner),
                None => **principal == Principal::Workload(who.clone()),
            },
        };
        let found: Vec<String> = way
            .requesters
            .iter()
            .filter(means)
            .map(|principal| {
                person.map_or_else(|| principal.to_string(), |person| self.path_to(person, principal))
            })
            .collect();
        if !found.is_empty() {
            return format!("requesters name {}", found.join(", and "));
        }
        let actor = person.map(Actor::Person).or_else(|| self.actor(who));
        let by_rule = actor.is_some_and(|actor| {
            let mut reach = self.conditions.reach.iter();
            reach.any(|reach| reach.admits(way.kind.act(), actor, &way.role.name))
        });
        if by_rule {
            return format!("a rule of the organisation lets {who} ask");
        }
        format!("requesters do not name {who}")
    }

    /// How a principal named in a rule includes a person: `group:sre (through group:leads)`.
    fn path_to(&self, person: &Person, principal: &Principal) -> String {
        let Principal::Group(group) = principal else { return principal.to_string() };
        let through = self
            .people
            .inner
            .get(group)
            .into_iter()
            .flatten()
            .find(|inner| person.groups.binary_search(inner).is_ok());
        match through {
            Some(inner) => format!("{principal} (through group:{inner})"),
            None => principal.to_string(),
        }
    }
}

fn approval(rule: &Rule) -> String {
    match rule {
        Rule::None => "no approval needed".to_owned(),
        rule => format!("approval by {rule}"),
    }
}

//! The decision: is the request allowed, do conditions approve or forbid it, and do the reviews so far satisfy the
//! rule?

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::grant::Name;
use crate::grant::Verdict;
use crate::grant::span::Span;

use crate::policy::Policy;
use crate::policy::conditions::Act;
use crate::policy::conditions::Actor;
use crate::policy::conditions::Circumstances;
use crate::policy::conditions::Reviews;
use crate::policy::conditions::Ruling;
use crate::policy::deciding::decide::Help;
use crate::policy::deciding::decide::satisfy;
use crate::policy::people::roster::Person;
use crate::policy::people::workload::Workload;
use crate::policy::question::asking::Action;
use crate::policy::question::asking::Asking;
use crate::policy::question::asking::Opinion;
use crate::policy::question::decision::Decision;
use crate::policy::question::decision::How;
use crate::policy::question::decision::Refusal;
use crate::policy::roles::role::Role;
use crate::policy::roles::rule::Rule;
use crate::policy::roles::terms::RoleTerms;

/// An asking, with its requester, role and terms.
struct Hearing<'a> {
    policy: &'a Policy,
    asking: &'a Asking<'a>,
    /// People known only by token.
    claimed: &'a BTreeMap<Name, Person>,
    requester: Actor<'a>,
    role: &'a Role,
    terms: RoleTerms<'a>,
    circumstances: Circumstances<'a>,
    /// Whether conditions let people review, for conditions that are the same for everybody.
    reviews_open: OnceCell<bool>,
}

/// The reviews that count.
struct Counted<'a> {
    reviewers: Vec<&'a Person>,
    duration: Span,
    scope: Option<Name>,
}

impl Policy {
    /// Decides. The decision depends only on the policy and the asking.
    pub fn decide(&self, asking: &Asking<'_>) -> Decision {
        let claimed = self.claimed(asking.claims);
        let decided = self.hear(asking, &claimed).and_then(|hearing| {
            hearing.admit()?;
            hearing.judge()
        });
        decided.unwrap_or_else(Decision::Refused)
    }

    /// The condition that approves this automatically, or `None`.
    ///
    /// # Errors
    /// The policy does not allow the request, or a condition could not be evaluated.
    #[cfg(any(test, feature = "testing"))]
    pub fn approves_by_itself(&self, asking: &Asking<'_>) -> Result<Option<String>, Refusal> {
        let claimed = self.claimed(asking.claims);
        let hearing = self.hear(asking, &claimed)?;
        hearing.admit()?;
        match hearing.automatic() {
            Some(Ruling::Permitted(label)) => Ok(Some(label.rule)),
            Some(Ruling::Failed(label, error)) => {
                Err(Refusal::Failed { role: hearing.role.name.clone(), rule: label.rule, error })
            }
            _ => Ok(None),
        }
    }

    /// Checks that conditions let a person review an asking. [`Policy::may_review`] says whether a rule asks for their
    /// review.
    ///
    /// # Errors
    /// A condition forbids it, or could not be evaluated.
    pub fn let_review(&self, asking: &Asking<'_>, reviewer: &Name) -> Result<(), Refusal> {
        self.let_act(asking, reviewer, Act::Review)
    }

    /// Checks that conditions let a person revoke; see [`Policy::let_review`].
    ///
    /// # Errors
    /// A condition forbids it, or could not be evaluated.
    pub fn let_revoke(&self, asking: &Asking<'_>, revoker: &Name) -> Result<(), Refusal> {
        self.let_act(asking, revoker, Act::Revoke)
    }

    fn let_act(&self, asking: &Asking<'_>, who: &Name, act: Act) -> Result<(), Refusal> {
        let claimed = self.claimed(asking.claims);
        let hearing = self.hear(asking, &claimed)?;
        let person = hearing.person(who).ok_or_else(|| Refusal::UnknownPerson(who.clone()))?;
        hearing.let_act(act, Actor::Person(person))
    }

    fn hear<'a>(
        &'a self,
        asking: &'a Asking<'a>,
        claimed: &'a BTreeMap<Name, Person>,
    ) -> Result<Hearing<'a>, Refusal> {
        let who = asking.who;
        let person = self.person(who).or_else(|| claimed.get(who)).map(Actor::Person);
        let workload = || -> Option<&Workload> { self.workload(who) };
        let agent = || self.agent_and_owner(who).map(|(agent, owner)| Actor::Agent(agent, owner));
        let requester = person.or_else(|| workload().map(Actor::Workload)).or_else(agent);
        let requester = requester.ok_or_else(|| Refusal::UnknownPerson(who.clone()))?;
        let role = self.role(asking.role).ok_or_else(|| Refusal::UnknownRole(asking.role.clone()))?;
        let terms = role.terms(asking.action, asking.scope)?;
        let circumstances = Circumstances {
            duration: asking.duration,
            now: asking.now,
            zone: &self.access.zone.0,
            reason: asking.reason,
            ticket: role.reason.ticket(asking.reason),
            scope: asking.scope,
            source: asking.source,
            interactive: asking.interactive,
            agent: asking.agent,
            facts: asking.facts,
        };
        let reviews_open = OnceCell::new();
        Ok(Hearing { policy: self, asking, claimed, requester, role, terms, circumstances, reviews_open })
    }
}

impl<'a> Hearing<'a> {
    fn person(&self, name: &Name) -> Option<&'a Person> {
        self.policy.person(name).or_else(|| self.claimed.get(name))
    }

    fn rule_on(&self, act: Act, actor: Actor<'_>) -> Ruling {
        self.policy.conditions.judge(&self.role.name, act, actor, self.requester, &self.circumstances)
    }

    fn let_act(&self, act: Act, actor: Actor<'_>) -> Result<(), Refusal> {
        let role = self.role.name.clone();
        match self.rule_on(act, actor) {
            Ruling::Permitted(_) => Ok(()),
            Ruling::Forbidden(label) => Err(Refusal::Condition { role, rule: label.rule, why: label.why }),
            Ruling::Failed(label, error) => Err(Refusal::Failed { role, rule: label.rule, error }),
            Ruling::NotPermitted if self.asking.action == Action::BreakGlass => {
                Err(Refusal::NoBreakGlass { who: actor.name().clone(), role })
            }
            Ruling::NotPermitted => Err(Refusal::NotARequester { who: actor.name().clone(), role }),
        }
    }

    /// Checks that the policy allows this request.
    fn admit(&self) -> Result<(), Refusal> {
        let (asking, role) = (self.asking, self.role);
        let name = || role.name.clone();
        let act = match asking.action {
            Action::Request => Act::Request,
            Action::Extend { .. } => Act::Extend,
            Action::BreakGlass => Act::BreakGlass,
        };
        // Break-glass, and the conditions on it, are for people only.
        if let (Act::BreakGlass, Actor::Workload(_) | Actor::Agent(..)) = (act, self.requester) {
            return Err(Refusal::NoBreakGlass { who: asking.who.clone(), role: name() });
        }
        self.let_act(act, self.requester)?;
        if asking.duration > self.terms.max_duration {
            let (asked, allowed) = (asking.duration, self.terms.max_duration);
            return Err(Refusal::TooLong { role: name(), asked, allowed });
        }
        // Break-glass needs no ticket, but always a reason.
        let good = match asking.action {
            Action::BreakGlass => !asking.reason.trim().is_empty(),
            Action::Request | Action::Extend { .. } => role.reason.accepts(asking.reason),
        };
        if !good {
            return Err(Refusal::Reason { role: name(), wanted: role.reason.wanted().to_owned() });
        }
        if role.bind_ip && asking.source.is_none() {
            return Err(Refusal::NoAddress { role: name() });
        }
        if *self.terms.approval == Rule::None && asking.assurance < self.terms.signed {
            return Err(Refusal::Assurance { role: name(), demanded: self.terms.signed });
        }
        Ok(())
    }

    /// The result of the conditions on automatic approval. `None` if none applies.
    fn automatic(&self) -> Option<Ruling> {
        let set = self.policy.conditions.of_role(&self.role.name)?;
        let applies = set.automatic && self.terms.automatic && self.asking.automatic;
        applies.then(|| self.rule_on(Act::AutoApprove, self.requester))
    }

    fn judge(&self) -> Result<Decision, Refusal> {
        let counted = match self.count()? {
            Ok(counted) => counted,
            Err(by) => return Ok(Decision::Denied { by }),
        };
        // Reviews may have shortened it. An extension adds to a grant that is long enough.
        let shortest = self.role.target.shortest_grant().filter(|_| !self.asking.action.is_extension());
        if let Some(least) = shortest.filter(|least| counted.duration < *least) {
            return Err(Refusal::TooShort { role: self.role.name.clone(), asked: counted.duration, least });
        }
        let approved = |by, how| {
            let (duration, scope) = (counted.duration, counted.scope.clone());
            Ok(Decision::Approved { duration, scope, by, how })
        };
        if self.asking.action == Action::BreakGlass {
            return approved(Vec::new(), How::BreakGlass);
        }
        if *self.terms.approval == Rule::None {
            return approved(Vec::new(), How::NoneNeeded);
        }
        if self.asking.assurance >= self.terms.signed
            && let Some(Ruling::Permitted(label)) = self.automatic()
        {
            return approved(Vec::new(), How::Automatic { rule: label.rule });
        }
        let help = Help {
            people: &self.policy.people,
            able: &|person| {
                self.policy.is_able(person, self.asking.who, self.role, self.terms.signed)
                    && self.may_review(person)
            },
        };
        match satisfy(self.terms.approval, &counted.reviewers, &help) {
            Ok(by) => approved(by, How::Reviews),
            Err(missing) => Ok(Decision::NeedsApproval { missing }),
        }
    }

    /// Whether conditions let a person review.
    fn may_review(&self, person: &Person) -> bool {
        let judge = || self.let_act(Act::Review, Actor::Person(person)).is_ok();
        match self.policy.conditions.of_role(&self.role.name).map(|set| set.reviews) {
            Some(Reviews::Open) => true,
            Some(Reviews::Alike) => *self.reviews_open.get_or_init(judge),
            Some(Reviews::Each) => judge(),
            None => false,
        }
    }

    /// The reviews that count, or the reviewer who denied.
    fn count(&self) -> Result<Result<Counted<'a>, Name>, Refusal> {
        let demands = self.terms.approval.demands();
        let eligible = |person: &&Person| {
            !self.policy.is_own(&person.name, self.asking.who, self.role)
                && demands.iter().any(|demand| demand.fits(person))
                && self.may_review(person)
        };
        let demanded =
            |person: &Person| self.policy.demanded_from(&person.name, self.asking.who, self.terms.signed);
        let mut counted = Counted {
            reviewers: Vec::new(),
            duration: self.asking.duration,
            scope: self.asking.scope.cloned(),
        };
        let mut approvals = Vec::new();
        for opinion in self.asking.reviews {
            let Some(person) = self.person(&opinion.by).filter(eligible) else { continue };
            match opinion.verdict {
                Verdict::Deny => return Ok(Err(person.name.clone())),
                Verdict::Approve if opinion.assurance >= demanded(person) => {
                    approvals.push((person, opinion));
                }
                Verdict::Approve => {}
            }
        }
        for (person, opinion) in approvals {
            self.add(&mut counted, person, opinion)?;
        }
        Ok(Ok(counted))
    }

    /// Counts an approval with its ceilings. Skips one for another scope than the request's.
    fn add(&self, counted: &mut Counted<'a>, person: &'a Person, opinion: &Opinion) -> Result<(), Refusal> {
        if let Some(scope) = &opinion.scope {
            if !self.role.scopes.contains_key(scope) || self.asking.scope.is_some_and(|asked| asked != scope)
            {
                return Ok(());
            }
            match &counted.scope {
                Some(narrowed) if narrowed != scope => {
                    let (one, other) = (narrowed.clone(), scope.clone());
                    return Err(Refusal::ScopesApart { role: self.role.name.clone(), one, other });
                }
                _ => counted.scope = Some(scope.clone()),
            }
        }
        counted.duration = counted.duration.min(opinion.duration.unwrap_or(counted.duration));
        // A person whose review is passed in twice is still one human.
        if !counted.reviewers.iter().any(|other| other.name == person.name) {
            counted.reviewers.push(person);
        }
        Ok(())
    }
}

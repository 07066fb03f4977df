//! Conditions: one small Cedar policy set per role (the organisation's rules and its own), evaluated over a slice of
//! entities.
//!
//! One set for all roles would be a thousand times slower, as Cedar walks every policy. Invariant: an error denies, and
//! a client's claims about itself can only deny.

mod clauses;
mod client;
mod compiled;
mod constants;
mod embedded;
mod factual;
mod for_agents;
mod grammar;
mod measure;
mod moment;
mod plain;
mod reach;
mod rules;
mod set;

pub(super) use clauses::Clause;
pub(super) use compiled::Compiled;
pub(super) use compiled::Label;
pub(super) use compiled::Named;
pub(super) use compiled::expression;
pub(super) use constants::Constants;
pub(super) use grammar::Grammar;
pub(super) use grammar::WEEKDAYS;
pub(super) use grammar::schema_text;
pub(super) use moment::Circumstances;
pub(super) use reach::Reach;
pub(super) use rules::read as read_rules;
pub(super) use set::Builder;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;

use cedar_policy::Authorizer;
use cedar_policy::Context;
use cedar_policy::Decision;
use cedar_policy::Entities;
use cedar_policy::Entity;
use cedar_policy::EntityId;
use cedar_policy::EntityTypeName;
use cedar_policy::EntityUid;
use cedar_policy::PolicyId;
use cedar_policy::PolicySet;
use cedar_policy::Request;
use cedar_policy::RestrictedExpression;

use crate::grant::Name;
use crate::grant::text::sanitise;
use crate::policy::files::document::Field;
use crate::policy::files::problem::Problem;
use crate::policy::people::agent::Agent;
use crate::policy::people::roster::Person;
use crate::policy::people::workload::Workload;
use crate::policy::settings::facts::FactSource;

/// The person, workload or agent that acts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Actor<'a> {
    Person(&'a Person),
    Workload(&'a Workload),
    /// An agent with its owner.
    Agent(&'a Agent, &'a Person),
}

impl Actor<'_> {
    pub(super) fn name(&self) -> &Name {
        match self {
            Self::Person(person) => &person.name,
            Self::Workload(workload) => &workload.name,
            Self::Agent(agent, _) => &agent.name,
        }
    }

    /// The human behind it. `None` for a workload.
    fn human(&self) -> Option<&Person> {
        match self {
            Self::Person(person) | Self::Agent(_, person) => Some(person),
            Self::Workload(_) => None,
        }
    }
}

/// The acts that conditions decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Act {
    Request,
    AutoApprove,
    Review,
    Extend,
    BreakGlass,
    Revoke,
}

impl Act {
    pub(super) const ALL: [Self; 6] =
        [Self::Request, Self::AutoApprove, Self::Review, Self::Extend, Self::BreakGlass, Self::Revoke];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::AutoApprove => "auto_approve",
            Self::Review => "review",
            Self::Extend => "extend",
            Self::BreakGlass => "break_glass",
            Self::Revoke => "revoke",
        }
    }
}

/// The result of the conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ruling {
    /// A permit holds and no forbid does.
    Permitted(Label),
    /// No permit holds.
    NotPermitted,
    /// A forbid holds.
    Forbidden(Label),
    /// A condition could not be evaluated.
    Failed(Label, String),
}

/// The conditions of one role.
#[derive(Debug, Clone)]
pub(super) struct RoleSet {
    policies: PolicySet,
    uid: EntityUid,
    entity: Entity,
    scopes: BTreeMap<Name, Entity>,
    labels: HashMap<PolicyId, Label>,
    /// The facts that its conditions depend on.
    pub(super) facts: BTreeSet<String>,
    /// Whether they depend on the requester's address.
    pub(super) address: bool,
    /// Whether one of them looks at the time.
    pub(super) time: bool,
    /// Whether a condition can approve automatically.
    pub(super) automatic: bool,
    /// How conditions may restrict reviewers.
    pub(super) reviews: Reviews,
}

/// Whether conditions affect who reviews.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reviews {
    /// No condition does.
    Open,
    /// Some do, equally for everybody.
    Alike,
    /// Some depend on the reviewer.
    Each,
}

/// The conditions of every role.
#[derive(Debug, Clone)]
pub(super) struct Conditions {
    facts: Vec<FactSource>,
    roles: HashMap<Name, RoleSet>,
    shared: HashMap<PolicyId, Label>,
    /// The parsed names of the entity types, which Cedar would otherwise parse each time.
    types: HashMap<&'static str, EntityTypeName>,
    pub(super) reach: Vec<Reach>,
    pub(super) remarks: Vec<Problem>,
}

/// Reports an auto-approval that depends on the client's claims about itself.
pub(super) fn check_client(field: &Field<'_>, compiled: &Compiled) {
    if let Some(claim) = client::rests_on(&compiled.policy) {
        rules::report_client(field.document, field.at(), claim);
    }
}

impl Conditions {
    /// The conditions of a role.
    pub(super) fn of_role(&self, role: &Name) -> Option<&RoleSet> {
        self.roles.get(role)
    }

    /// Decides an act. The client's claims are evaluated twice, as claimed and as if absent, and both must permit. An agent of
    /// the policy is one, whatever its client claims.
    pub(super) fn judge(
        &self,
        role: &Name,
        act: Act,
        actor: Actor<'_>,
        requester: Actor<'_>,
        circumstances: &Circumstances<'_>,
    ) -> Ruling {
        let is_agent = matches!(requester, Actor::Agent(..));
        let silent = self.judge_once(role, act, actor, requester, circumstances, (true, is_agent));
        let said = (circumstances.interactive, circumstances.agent || is_agent);
        if said == (true, is_agent) || !matches!(silent, Ruling::Permitted(_)) {
            return silent;
        }
        self.judge_once(role, act, actor, requester, circumstances, said)
    }

    fn judge_once(
        &self,
        role: &Name,
        act: Act,
        actor: Actor<'_>,
        requester: Actor<'_>,
        circumstances: &Circumstances<'_>,
        said: (bool, bool),
    ) -> Ruling {
        let Some(set) = self.of_role(role) else { return Ruling::NotPermitted };
        let prepared = self.prepare(set, act, actor, requester, circumstances, said);
        let (request, entities) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                let label = Label { rule: "the circumstances".to_owned(), why: None };
                return Ruling::Failed(label, sanitise(&error));
            }
        };
        let response = Authorizer::new().is_authorized(&request, &set.policies, &entities);
        let diagnostics = response.diagnostics();
        // Cedar skips a forbid with an error, which would admit the people whom it forbids.
        if let Some(error) = diagnostics.errors().min_by_key(|error| error.to_string()) {
            let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
            return Ruling::Failed(self.label(set, error.policy_id()), sanitise(&error.inner().to_string()));
        }
        let reason = diagnostics.reason().min().map(|id| self.label(set, id));
        match (response.decision(), reason) {
            (Decision::Allow, Some(label)) => Ruling::Permitted(label),
            (Decision::Deny, Some(label)) => Ruling::Forbidden(label),
            (_, None) => Ruling::NotPermitted,
        }
    }

    fn label(&self, set: &RoleSet, id: &PolicyId) -> Label {
        let known = set.labels.get(id).or_else(|| self.shared.get(id));
        known.cloned().unwrap_or_else(|| Label { rule: id.to_string(), why: None })
    }

    fn uid(&self, kind: &'static str, name: &str) -> Result<EntityUid, String> {
        let kind = self.types.get(kind).ok_or("an unknown kind of entity")?;
        Ok(EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(name)))
    }

    fn prepare(
        &self,
        set: &RoleSet,
        act: Act,
        actor: Actor<'_>,
        requester: Actor<'_>,
        circumstances: &Circumstances<'_>,
        said: (bool, bool),
    ) -> Result<(Request, Entities), String> {
        let truths: Vec<(&str, bool)> = self
            .facts
            .iter()
            .map(|source| (source.name.as_str(), circumstances.holds(source, actor.name())))
            .collect();
        let principal = self.entity(actor, circumstances)?;
        let mut pairs = circumstances.pairs(|day| self.uid("Weekday", day))?;
        let truths =
            truths.into_iter().map(|(name, truth)| (name.to_owned(), RestrictedExpression::new_bool(truth)));
        let facts = RestrictedExpression::new_record(truths).map_err(|error| error.to_string())?;
        pairs.push(("facts".to_owned(), facts));
        pairs.push(("interactive".to_owned(), RestrictedExpression::new_bool(said.0)));
        pairs.push(("agent".to_owned(), RestrictedExpression::new_bool(said.1)));
        let mut entities = vec![set.entity.clone()];
        if let Some(scope) = circumstances.scope {
            let entity = set.scopes.get(scope).ok_or("the role has no such scope")?;
            pairs.push(("scope".to_owned(), RestrictedExpression::new_entity_uid(entity.uid())));
            entities.push(entity.clone());
        }
        // The people around the actor: the human who asks, and the owner of an agent that acts.
        let owner = if let Actor::Agent(_, owner) = actor { Some(owner) } else { None };
        if let Some(person) = requester.human() {
            let uid = self.uid("Person", person.name.as_str())?;
            pairs.push(("requester".to_owned(), RestrictedExpression::new_entity_uid(uid)));
        }
        let mut around: Vec<&Person> = requester.human().into_iter().chain(owner).collect();
        around.dedup_by(|one, other| one.name == other.name);
        let is_actor = |person: &Person| matches!(actor, Actor::Person(own) if own.name == person.name);
        for person in around.into_iter().filter(|person| !is_actor(person)) {
            entities.push(self.entity(Actor::Person(person), circumstances)?);
        }
        let context = Context::from_pairs(pairs).map_err(|error| error.to_string())?;
        let action = self.uid("Action", act.as_str())?;
        let request = Request::new(principal.uid(), action, set.uid.clone(), context, None)
            .map_err(|error| error.to_string())?;
        entities.push(principal);
        let entities = Entities::from_entities(entities, None).map_err(|error| error.to_string())?;
        Ok((request, entities))
    }

    /// A person with all their groups and facts, a workload, or an agent with its owner.
    fn entity(&self, actor: Actor<'_>, circumstances: &Circumstances<'_>) -> Result<Entity, String> {
        let (kind, groups): (_, &[Name]) = match actor {
            Actor::Person(person) => ("Person", &person.groups),
            Actor::Workload(_) => ("Workload", &[]),
            Actor::Agent(..) => ("Agent", &[]),
        };
        let parents: Result<HashSet<EntityUid>, String> =
            groups.iter().map(|group| self.uid("Group", group.as_str())).collect();
        let facts = self.facts.iter().map(|source| {
            let truth = circumstances.holds(source, actor.name());
            (source.name.clone(), RestrictedExpression::new_bool(truth))
        });
        let mut attributes: HashMap<String, RestrictedExpression> = facts.collect();
        if let Actor::Agent(_, owner) = actor {
            let owner = self.uid("Person", owner.name.as_str())?;
            attributes.insert("owner".to_owned(), RestrictedExpression::new_entity_uid(owner));
        }
        let uid = self.uid(kind, actor.name().as_str())?;
        Entity::new(uid, attributes, parents?).map_err(|error| error.to_string())
    }
}

//! The actors whom an organisation-wide permit admits, judged by its head only. Conditions are evaluated with each request.

use cedar_policy::ActionConstraint;
use cedar_policy::Effect;
use cedar_policy::EntityUid;
use cedar_policy::Policy;
use cedar_policy::PrincipalConstraint;
use cedar_policy::ResourceConstraint;

use super::Act;
use super::Actor;
use crate::grant::Name;

/// The head of a policy for one act.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Reach {
    act: &'static str,
    principal: PrincipalConstraint,
    resource: ResourceConstraint,
}

impl Reach {
    /// The heads of a permit. Empty for a forbid.
    pub(super) fn of(policy: &Policy) -> Vec<Self> {
        if policy.effect() == Effect::Permit { Self::heads(policy) } else { Vec::new() }
    }

    /// The heads of a permit or forbid: one for each act that it concerns.
    pub(super) fn heads(policy: &Policy) -> Vec<Self> {
        let reaches = |act: &Act| concerns(policy, *act);
        let reach = |act: Act| Self {
            act: act.as_str(),
            principal: policy.principal_constraint(),
            resource: policy.resource_constraint(),
        };
        Act::ALL.into_iter().filter(reaches).map(reach).collect()
    }

    /// Whether the head lets this actor do this act with a role.
    pub(in crate::policy) fn admits(&self, act: Act, actor: Actor<'_>, role: &Name) -> bool {
        self.concerns(act) && self.is_of(actor) && self.is_about(role)
    }

    /// Whether the head is about this act.
    pub(in crate::policy) fn concerns(&self, act: Act) -> bool {
        self.act == act.as_str()
    }

    /// Whether the head names this actor.
    pub(in crate::policy) fn is_of(&self, actor: Actor<'_>) -> bool {
        let kind = match actor {
            Actor::Person(_) => "Person",
            Actor::Workload(_) => "Workload",
            Actor::Agent(..) => "Agent",
        };
        let within = |uid: &EntityUid| {
            let same = is(uid, kind, actor.name().as_str());
            let member = match actor {
                Actor::Person(person) => person.groups.iter().any(|group| is(uid, "Group", group.as_str())),
                Actor::Workload(_) | Actor::Agent(..) => false,
            };
            same || member
        };
        match &self.principal {
            PrincipalConstraint::Any => true,
            PrincipalConstraint::Eq(uid) => is(uid, kind, actor.name().as_str()),
            PrincipalConstraint::In(uid) => within(uid),
            PrincipalConstraint::Is(name) => name.basename() == kind,
            PrincipalConstraint::IsIn(name, uid) => name.basename() == kind && within(uid),
        }
    }

    /// Whether it names everybody and everything that another head for the same act names, as far as that is known
    /// without the groups' members.
    pub(in crate::policy) fn covers(&self, other: &Self) -> bool {
        let principals = self.principal == PrincipalConstraint::Any || self.principal == other.principal;
        let resources = self.resource == ResourceConstraint::Any || self.resource == other.resource;
        self.act == other.act && principals && resources
    }

    /// Whether the head names this role.
    pub(in crate::policy) fn is_about(&self, role: &Name) -> bool {
        match &self.resource {
            ResourceConstraint::Any | ResourceConstraint::Is(_) => true,
            ResourceConstraint::In(uid) | ResourceConstraint::Eq(uid) | ResourceConstraint::IsIn(_, uid) => {
                is(uid, "Role", role.as_str())
            }
        }
    }
}

fn is(uid: &EntityUid, kind: &str, name: &str) -> bool {
    uid.type_name().basename() == kind && uid.id().unescaped() == name
}

/// Whether a policy's head names an act.
pub(super) fn concerns(policy: &Policy, act: Act) -> bool {
    let names = |uid: &EntityUid| uid.id().unescaped() == act.as_str();
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => names(&uid),
        ActionConstraint::In(uids) => uids.iter().any(names),
    }
}

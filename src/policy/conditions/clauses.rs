//! The conditions one by one, for comparing and showing them.

use cedar_policy::Effect;
use cedar_policy::Policy;
use cedar_policy::PolicyId;
use serde_json::Value;

use super::Conditions;
use super::Label;
use super::Reach;
use super::for_agents::may_hold_for_agents;
use crate::grant::Name;

/// One condition.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Clause {
    /// Its name in decisions.
    pub(in crate::policy) label: Label,
    /// Whether it is a permit or a forbid.
    pub(in crate::policy) permits: bool,
    /// Whether it has no condition besides its head.
    pub(in crate::policy) is_unconditional: bool,
    /// The people and roles that its head names, one entry per act.
    pub(in crate::policy) heads: Vec<Reach>,
    /// Whether it may hold for a coding agent, as far as its form tells.
    pub(in crate::policy) for_agents: bool,
    /// A text that is equal for equal meanings, apart from comments, blanks and annotations.
    pub(in crate::policy) meaning: String,
}

impl Conditions {
    /// The organisation's rules, in the order of their positions.
    pub(in crate::policy) fn shared_clauses(&self) -> Vec<Clause> {
        let Some(set) = self.roles.values().next() else { return Vec::new() };
        let shared =
            set.policies.policies().filter_map(|policy| self.clause(policy, self.shared.get(policy.id())));
        sorted(shared.collect())
    }

    /// A role's own conditions, in the order of their names.
    pub(in crate::policy) fn clauses_of(&self, role: &Name) -> Vec<Clause> {
        let Some(set) = self.roles.get(role) else { return Vec::new() };
        let own = |id: &PolicyId| set.labels.get(id);
        let mut ids: Vec<&PolicyId> = set.labels.keys().collect();
        ids.sort_by_key(ToString::to_string);
        let policies = ids.into_iter().filter_map(|id| set.policies.policy(id));
        sorted(policies.filter_map(|policy| self.clause(policy, own(policy.id()))).collect())
    }

    /// A policy with its label. `None` for the policy that admits requesters, which has no label.
    fn clause(&self, policy: &Policy, label: Option<&Label>) -> Option<Clause> {
        Some(Clause {
            label: label?.clone(),
            permits: policy.effect() == Effect::Permit,
            is_unconditional: !policy.has_non_scope_constraint(),
            heads: Reach::heads(policy),
            for_agents: may_hold_for_agents(policy),
            meaning: meaning(policy),
        })
    }
}

fn sorted(mut clauses: Vec<Clause>) -> Vec<Clause> {
    clauses.sort_by(|one, other| one.label.rule.cmp(&other.label.rule));
    clauses
}

fn meaning(policy: &Policy) -> String {
    match policy.to_json() {
        Ok(Value::Object(mut whole)) => {
            whole.remove("annotations");
            Value::Object(whole).to_string()
        }
        _ => policy.to_string(),
    }
}

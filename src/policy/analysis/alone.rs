//! The people whom a rule lets approve alone, and the ways that need nobody.

use serde::Serialize;

use crate::grant::Name;
use crate::policy::Policy;
use crate::policy::analysis::ways;
use crate::policy::analysis::ways::Way;
use crate::policy::analysis::ways::WayKind;
use crate::policy::people::principal::Principal;
use crate::policy::roles::rule::Rule;

/// A way into a role that one person can approve, or that needs no review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alone {
    /// `prod-admin`, `prod-admin/orders-read` for a scope, `prod-admin (more time)`.
    pub way: String,
    /// The people of whom each can approve it alone, for requests of others, in name order.
    pub people: Vec<Name>,
    /// Whether an identity provider's group is among them, whose members the policy does not list.
    pub is_open: bool,
    /// Whether the rule needs no review at all.
    pub needs_nobody: bool,
}

impl Policy {
    /// Every way that one person can approve alone, or that needs no review, in name order. Break-glass is not among
    /// them: it never has an approval.
    pub fn alone(&self) -> Vec<Alone> {
        let ways = self.roles().flat_map(ways::of).filter(|way| way.kind != WayKind::BreakGlass);
        ways.map(|way| self.alone_in(&way))
            .filter(|alone| alone.needs_nobody || alone.is_open || !alone.people.is_empty())
            .collect()
    }

    fn alone_in(&self, way: &Way<'_>) -> Alone {
        let demands = way.approval.demands();
        let mut alone = Alone {
            way: way.to_string(),
            people: Vec::new(),
            is_open: false,
            needs_nobody: matches!(way.approval, Rule::None),
        };
        // Demands of one choice need different people, so a choice of two demands is never one person's.
        for choice in way.approval.choices() {
            let [only] = choice.as_slice() else { continue };
            let Some(demand) = demands.get(*only).filter(|demand| demand.count == 1) else { continue };
            for principal in &demand.from {
                alone.people.extend(self.people.named_by(principal).map(|person| person.name.clone()));
                alone.is_open |= matches!(principal, Principal::Group(group) if self.is_open(group));
            }
        }
        alone.people.sort();
        alone.people.dedup();
        alone
    }
}

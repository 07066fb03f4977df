//! The gate on `main`: how many people must review a change of the policy, and how many of them must own it.
//!
//! GitHub counts the reviews of everybody who may write. With several reviews demanded, one owner and some colleagues would be enough,
//! so a ruleset can demand that members of a team give all of them (`required_reviewers`, GitHub, "Create a repository ruleset"; in beta).

use serde_json::Value;
use serde_json::json;

use crate::policy::Policy;
use crate::policy::Rule;

/// The largest number of reviews that GitHub can demand (GitHub, "Create a repository ruleset").
pub(in crate::flow::github) const MOST_REVIEWS: u64 = 10;

/// Everything on `main` that decides, as patterns of fnmatch: a star stops at a slash, `**/` does not.
pub(in crate::flow::github) const GUARDED: [&str; 8] = [
    "access.toml",
    "people.toml",
    "accounts.toml",
    "roles/**/*",
    "rules/**/*",
    "tests/**/*",
    "access/**/*",
    ".github/**/*",
];

/// The reviews that a change of the policy needs, all by owners of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow::github) struct Gate {
    /// How many reviews.
    pub reviews: u64,
}

impl Gate {
    /// The gate for a policy: changing it is no easier than getting access. A workload's app may open a pull request and review others,
    /// so whoever has its key is one of the people: two owners must look at a change then.
    pub(in crate::flow::github) fn of(policy: &Policy) -> Self {
        let reviews = policy.roles().map(|role| least(&role.approval)).max().unwrap_or(0).max(1);
        let with_app = policy.forge().is_some_and(|forge| forge.workload_app.is_some());
        Self { reviews: if with_app { reviews.max(2) } else { reviews } }
    }

    /// Whether code owners' review alone is not enough, because one review of theirs satisfies it.
    pub(in crate::flow::github) fn needs_team(&self) -> bool {
        self.reviews > 1
    }

    /// The value of `required_reviewers` for a team, by its numeric id.
    pub(in crate::flow::github) fn reviewers(&self, team: u64) -> Value {
        json!([{
            "reviewer": { "id": team, "type": "Team" },
            "minimum_approvals": self.reviews.min(MOST_REVIEWS),
            "file_patterns": GUARDED,
        }])
    }
}

/// The smallest number of people who can satisfy a rule.
pub(in crate::flow::github) fn least(rule: &Rule) -> u64 {
    match rule {
        Rule::None => 0,
        Rule::Of(demand) => demand.count as u64,
        Rule::All(rules) => rules.iter().map(least).sum(),
        Rule::Any(rules) => rules.iter().map(least).min().unwrap_or(0),
    }
}

//! The part of IAM's policy language that the sandbox enforces. A policy beyond it is refused rather than half obeyed.

use jiff::Timestamp;
use serde::Deserialize;

/// A session policy: allow and deny everything, perhaps only after an instant.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SessionPolicy {
    version: String,
    statement: Vec<Clause>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Clause {
    effect: Effect,
    action: String,
    resource: String,
    condition: Option<Condition>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    #[serde(rename = "DateGreaterThan")]
    date_greater_than: CurrentTime,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct CurrentTime {
    #[serde(rename = "aws:CurrentTime")]
    current_time: Timestamp,
}

impl SessionPolicy {
    /// Reads a policy, or says why the sandbox cannot enforce it.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let policy: Self = serde_json::from_str(text).map_err(
            |_| "the sandbox enforces only policies of Allow and Deny on * with DateGreaterThan aws:CurrentTime",
        )?;
        let everything = policy.statement.iter().all(|clause| clause.action == "*" && clause.resource == "*");
        if policy.version != "2012-10-17" || policy.statement.is_empty() || !everything {
            return Err(
                "the sandbox enforces only policies of version 2012-10-17 whose statements are for *",
            );
        }
        Ok(policy)
    }

    /// Whether it lets a call through at this instant: something allows, and nothing denies.
    pub fn allows(&self, now: Timestamp) -> bool {
        let holds = |effect: Effect| {
            self.statement.iter().any(|clause| {
                let met = clause
                    .condition
                    .as_ref()
                    .is_none_or(|condition| now > condition.date_greater_than.current_time);
                clause.effect == effect && met
            })
        };
        holds(Effect::Allow) && !holds(Effect::Deny)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::aws::session_policy::session_policy;

    #[test]
    fn what_the_provider_sends_ends_on_time() {
        let end: Timestamp = "2026-11-23T13:15:00Z".parse().unwrap();
        let policy = SessionPolicy::read(&session_policy(end)).unwrap();
        assert!(policy.allows(end));
        assert!(!policy.allows("2026-11-23T13:15:01Z".parse().unwrap()));
    }

    #[test]
    fn what_cannot_be_enforced_is_refused() {
        let text = session_policy("2026-11-23T13:15:00Z".parse().unwrap());
        for bad in [
            "{}".to_owned(),
            "[]".to_owned(),
            text.replace("2012-10-17", "2008-10-17"),
            text.replace(r#""Action":"*""#, r#""Action":"s3:*""#),
            text.replace(r#""Resource":"*""#, r#""NotResource":"*""#),
            text.replace("DateGreaterThan", "DateLessThan"),
            text.replace("aws:CurrentTime", "aws:EpochTime"),
            text.replace(r#""Effect":"Deny""#, r#""Effect":"Deny","Effect":"Allow""#),
        ] {
            assert!(SessionPolicy::read(&bad).is_err(), "{bad}");
        }
    }
}

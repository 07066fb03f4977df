//! The parts of a request that the conditions of a role look at, and the constants with which they compare them. Their results can
//! only turn there.

use std::collections::BTreeSet;
use std::net::IpAddr;

use cedar_policy::Context;
use cedar_policy::Entities;
use cedar_policy::EntityUid;
use cedar_policy::EvalResult;
use cedar_policy::Expression;
use cedar_policy::Policy;
use cedar_policy::PrincipalConstraint;
use cedar_policy::Request;
use cedar_policy::eval_expression;
use serde_json::Value;

use super::Conditions;
use super::RoleSet;
use crate::grant::Name;

/// The constants of some conditions.
#[derive(Debug, Clone, Default)]
pub(in crate::policy) struct Constants {
    /// The names of the attributes that they read or ask for: `hour`, `source_ip`.
    attributes: BTreeSet<String>,
    /// The operators and functions that they use, by their names in Cedar's JSON.
    operators: BTreeSet<String>,
    /// Their numbers.
    pub(in crate::policy) numbers: BTreeSet<i64>,
    /// Their texts, and for each pattern two texts that match it.
    pub(in crate::policy) texts: BTreeSet<String>,
    /// Their durations, in milliseconds.
    pub(in crate::policy) durations: BTreeSet<i64>,
    /// Their instants, in milliseconds since 1970.
    pub(in crate::policy) instants: BTreeSet<i64>,
    /// Their addresses, and the first address of each network.
    pub(in crate::policy) addresses: BTreeSet<IpAddr>,
    /// The entities that they name, by type and name.
    entities: BTreeSet<(String, String)>,
    /// The facts that they depend on.
    pub(in crate::policy) facts: BTreeSet<String>,
    /// Whether they look at who acts, or at the mark of an agent.
    pub(in crate::policy) tell_actors: bool,
}

impl Conditions {
    /// The constants of all conditions that concern a role.
    pub(in crate::policy) fn constants_of(&self, role: &Name) -> Constants {
        let mut found = Constants::default();
        if let Some(set) = self.of_role(role) {
            found.facts.clone_from(&set.facts);
            self.conditions_in(set).for_each(|policy| found.gather(policy));
        }
        found
    }

    /// The conditions of a role, without the policies that admit its requesters.
    fn conditions_in<'a>(&'a self, set: &'a RoleSet) -> impl Iterator<Item = &'a Policy> {
        let is_condition = move |policy: &&Policy| {
            set.labels.contains_key(policy.id()) || self.shared.contains_key(policy.id())
        };
        set.policies.policies().filter(is_condition)
    }
}

impl Constants {
    /// Whether the conditions look at this attribute.
    pub(in crate::policy) fn read(&self, attribute: &str) -> bool {
        self.attributes.contains(attribute)
    }

    /// Whether the conditions use one of these operators or functions.
    pub(in crate::policy) fn use_any(&self, operators: &[&str]) -> bool {
        operators.iter().any(|operator| self.operators.contains(*operator))
    }

    /// Whether the conditions name this entity.
    pub(in crate::policy) fn names(&self, kind: &str, name: &str) -> bool {
        self.entities.contains(&(kind.to_owned(), name.to_owned()))
    }

    fn gather(&mut self, policy: &Policy) {
        self.tell_actors |= policy.principal_constraint() != PrincipalConstraint::Any;
        let Ok(whole) = policy.to_json() else { return };
        for part in ["principal", "conditions"] {
            whole.get(part).into_iter().for_each(|part| self.walk(part));
        }
        self.tell_actors |= self.read("agent");
    }

    fn walk(&mut self, value: &Value) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| self.take(name, value)),
            Value::Array(items) => items.iter().for_each(|item| self.walk(item)),
            _ => {}
        }
    }

    /// Takes one member of an expression in Cedar's JSON.
    fn take(&mut self, name: &str, value: &Value) {
        self.operators.insert(name.to_owned());
        match (name, value) {
            ("Var", Value::String(variable)) => self.tell_actors |= variable == "principal",
            ("attr", Value::String(attribute)) => {
                self.attributes.insert(attribute.clone());
            }
            ("Value", Value::Number(number)) => self.numbers.extend(number.as_i64()),
            ("Value", Value::String(text)) => {
                self.texts.insert(text.clone());
            }
            ("pattern", Value::Array(parts)) => {
                self.texts.extend(["", "1"].map(|filled| matching(parts, filled)));
            }
            ("__entity" | "entity", entity) => {
                let part = |name: &str| entity.get(name).and_then(Value::as_str).map(str::to_owned);
                self.entities.extend(part("type").zip(part("id")));
            }
            ("duration", arguments) => {
                self.durations.extend(evaluated("duration", arguments, ".toMilliseconds()"));
            }
            ("datetime", arguments) => {
                let since = ".durationSince(datetime(\"1970-01-01\")).toMilliseconds()";
                self.instants.extend(evaluated("datetime", arguments, since));
            }
            ("ip", arguments) => {
                let first =
                    text_of(arguments).and_then(|text| text.split('/').next()?.parse::<IpAddr>().ok());
                self.addresses.extend(first);
            }
            (_, value) => self.walk(value),
        }
    }
}

/// The text in the one argument of a function.
fn text_of(arguments: &Value) -> Option<&str> {
    arguments.get(0)?.get("Value")?.as_str()
}

/// A constant of an extension as Cedar itself reads it.
fn evaluated(function: &str, arguments: &Value, then: &str) -> Option<i64> {
    let text = text_of(arguments)?;
    let expression: Expression = format!("{function}({text:?}){then}").parse().ok()?;
    let nobody: EntityUid = r#"Action::"request""#.parse().ok()?;
    let request = Request::new(nobody.clone(), nobody.clone(), nobody, Context::empty(), None).ok()?;
    match eval_expression(&request, &Entities::empty(), &expression) {
        Ok(EvalResult::Long(number)) => Some(number),
        _ => None,
    }
}

/// A text that matches a pattern, with this in the place of each wildcard.
fn matching(parts: &[Value], filled: &str) -> String {
    let part = |part: &Value| part.get("Literal").and_then(Value::as_str).unwrap_or(filled).to_owned();
    parts.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_found_where_a_condition_has_them() {
        let mut found = Constants::default();
        let text = r#"permit(principal, action == Action::"request", resource) when {
            context.hour >= 6 && context.now < datetime("2026-01-01T00:00:01Z") &&
            context.duration <= duration("1h30m") && context.reason like "INC-*" &&
            context has source_ip && context.source_ip.isInRange(ip("10.1.0.0/16")) &&
            context.weekday != Weekday::"sunday"
        };"#;
        found.gather(&text.parse().unwrap());
        assert!(!found.tell_actors && found.read("hour") && found.read("source_ip") && !found.read("agent"));
        assert!(found.use_any(&["isInRange"]) && !found.use_any(&["+", "*"]));
        assert_eq!(found.numbers, BTreeSet::from([6]));
        assert_eq!(found.instants, BTreeSet::from([1_767_225_601_000]));
        assert_eq!(found.durations, BTreeSet::from([5_400_000]));
        assert_eq!(found.addresses, BTreeSet::from(["10.1.0.0".parse().unwrap()]));
        assert_eq!(found.texts, BTreeSet::from(["INC-".to_owned(), "INC-1".to_owned()]));
        assert!(found.names("Weekday", "sunday") && !found.names("Weekday", "monday"));
    }

    #[test]
    fn conditions_that_tell_actors_apart_are_known() {
        let tells = |text: &str| {
            let mut found = Constants::default();
            found.gather(&text.parse().unwrap());
            found.tell_actors
        };
        for text in [
            "forbid(principal is Agent, action, resource);",
            r#"forbid(principal in Group::"x", action, resource);"#,
            r#"forbid(principal, action, resource) when { principal has "owner" };"#,
            r#"forbid(principal, action, resource) when { context["ag\u{65}nt"] };"#,
        ] {
            assert!(tells(text), "{text}");
        }
        assert!(!tells("forbid(principal, action, resource) when { context.hour > 3 };"));
    }
}

//! Which facts a condition looks at: only those are fetched for a role.

use cedar_policy::Policy;
use serde_json::Value;

use crate::policy::facts::FactSource;

/// The facts whose truth could change what a policy says. Where that cannot be told, all of them.
pub(super) fn named(policy: &Policy, facts: &[FactSource]) -> Vec<String> {
    if facts.is_empty() {
        return Vec::new();
    }
    let mut found = Found::default();
    match policy.to_json() {
        Ok(json) => found.walk(json.get("conditions").unwrap_or(&Value::Null)),
        Err(_) => found.any = true,
    }
    let names = facts.iter().map(|source| &source.name);
    names.filter(|name| found.any || found.attributes.contains(name)).cloned().collect()
}

#[derive(Default)]
struct Found {
    /// The names of all attributes that are read, whoever they belong to.
    attributes: Vec<String>,
    /// Whether something is read whole that has all facts in it: the context, or its `facts`.
    any: bool,
}

impl Found {
    fn walk(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                if let (Some(Value::String(attribute)), Some(left)) =
                    (members.get("attr"), members.get("left"))
                {
                    self.attributes.push(attribute.clone());
                    self.walk_owner(left);
                    return;
                }
                let record = attribute_of(members.get(".")) == Some("facts");
                let context = members.get("Var").and_then(Value::as_str) == Some("context");
                self.any |= record || context;
                members.values().for_each(|member| self.walk(member));
            }
            Value::Array(items) => items.iter().for_each(|item| self.walk(item)),
            _ => {}
        }
    }

    /// What an attribute is read from: `context` and `context.facts` are then not read whole.
    fn walk_owner(&mut self, value: &Value) {
        if value.get("Var").is_some() {
            return;
        }
        match value.get(".") {
            Some(inner) if value.as_object().is_some_and(|members| members.len() == 1) => self.walk(inner),
            _ => self.walk(value),
        }
    }
}

fn attribute_of(access: Option<&Value>) -> Option<&str> {
    access?.get("attr")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::span::Span;
    use crate::policy::facts::FactFrom;

    #[test]
    fn only_what_a_condition_looks_at_is_wanted() {
        let source = |name: &str| FactSource {
            name: name.to_owned(),
            from: FactFrom::File("/x".into()),
            max_age: Span::of_minutes(5),
        };
        let facts = [source("incident"), source("oncall"), source("trained")];
        let wanted = |condition: &str| {
            let text = format!("permit(principal, action, resource) when {{ {condition} }};");
            named(&Policy::parse(None, text).unwrap(), &facts).join(" ")
        };
        assert_eq!(wanted("context.hour > 6"), "");
        assert_eq!(wanted("principal.oncall"), "oncall");
        assert_eq!(wanted("principal[\"oncall\"] || context.facts.incident"), "incident oncall");
        assert_eq!(wanted("context has requester && context.requester.trained"), "trained");
        assert_eq!(wanted("principal has oncall"), "oncall");
        assert_eq!(wanted("context.reason like \"oncall\""), "");
        assert_eq!(
            wanted("(if context.hour > 6 then context else context).facts.oncall"),
            "incident oncall trained"
        );
        assert_eq!(
            wanted("context.facts == {oncall: true, incident: true, trained: true}"),
            "incident oncall trained"
        );
        assert_eq!(wanted("[context.facts].contains(context.facts)"), "incident oncall trained");
        assert_eq!(
            wanted("(if context.facts.oncall then principal else resource).trained"),
            "oncall trained"
        );
        assert_eq!(wanted("context == {}"), "incident oncall trained");
        assert_eq!(
            named(&Policy::parse(None, "permit(principal, action, resource);").unwrap(), &facts),
            Vec::<String>::new()
        );
        assert!(
            named(
                &Policy::parse(None, "permit(principal, action, resource) when { principal.oncall };")
                    .unwrap(),
                &[]
            )
            .is_empty()
        );
    }
}

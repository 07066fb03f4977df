//! The inputs that a condition depends on: the client's claims, and the actor.

use cedar_policy::Policy;
use cedar_policy::PrincipalConstraint;
use serde_json::Value;

/// The members that a client can claim freely.
const CLAIMS: [&str; 2] = ["interactive", "agent"];

/// The context member that a permission depends on although the client merely claims it: `interactive` or `agent` if it
/// helps to permit, or the whole context. `!context.agent` does not help, because claiming nothing has the same effect.
pub(super) fn rests_on(policy: &Policy) -> Option<&'static str> {
    let json = policy.to_json().ok()?;
    let conditions = json.get("conditions")?.as_array()?;
    conditions.iter().find_map(|condition| {
        let helps = condition.get("kind").and_then(Value::as_str) == Some("when");
        find(condition.get("body")?, helps)
    })
}

/// Whether a policy depends on the actor, so that its result may differ between people.
pub(super) fn looks_at_actor(policy: &Policy) -> bool {
    let somebody = |json: &Value| -> bool {
        let whole = json.get("conditions").is_none_or(finds_actor);
        whole || policy.principal_constraint() != PrincipalConstraint::Any
    };
    policy.to_json().map_or(true, |json| somebody(&json))
}

/// Whether an expression contains `principal`, or a part of the context that is about the actor.
fn finds_actor(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            let attribute = members.get("attr").and_then(Value::as_str);
            if attribute.is_some_and(|attribute| attribute != "facts")
                && members.get("left").is_some_and(is_context)
            {
                return false;
            }
            let variable = members.get("Var").and_then(Value::as_str);
            matches!(variable, Some("principal" | "context")) || members.values().any(finds_actor)
        }
        Value::Array(items) => items.iter().any(finds_actor),
        _ => false,
    }
}

/// Finds a claim whose truth could make the expression true. `helps` is false under a negation.
fn find(expression: &Value, helps: bool) -> Option<&'static str> {
    let members = expression.as_object()?;
    let (operator, operands) = members.iter().next()?;
    if let (".", Some(attribute)) = (operator.as_str(), operands.get("attr").and_then(Value::as_str))
        && is_context(operands.get("left")?)
    {
        return CLAIMS.into_iter().find(|claim| *claim == attribute && helps);
    }
    match operator.as_str() {
        "!" => find(operands.get("arg")?, !helps),
        "&&" | "||" => ["left", "right"].into_iter().find_map(|side| find(operands.get(side)?, helps)),
        "Var" => (operands.as_str() == Some("context")).then_some("the whole context"),
        // Any other operator may turn false into true.
        _ => mentions(operands),
    }
}

fn is_context(expression: &Value) -> bool {
    expression.get("Var").and_then(Value::as_str) == Some("context")
}

/// Any claim within an expression.
fn mentions(value: &Value) -> Option<&'static str> {
    match value {
        Value::Object(members) => {
            if let Some(attribute) = members.get("attr").and_then(Value::as_str)
                && members.get("left").is_some_and(is_context)
            {
                return CLAIMS.into_iter().find(|claim| *claim == attribute);
            }
            if is_context(value) {
                return Some("the whole context");
            }
            members.values().find_map(mentions)
        }
        Value::Array(items) => items.iter().find_map(mentions),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_about_whoever_acts_are_told_from_others() {
        let looks = |text: &str| looks_at_actor(&Policy::parse(None, text).unwrap());
        assert!(!looks("forbid(principal, action, resource);"));
        assert!(!looks(
            "forbid(principal, action, resource) when { context.hour > 6 && resource.owner == \"x\" };"
        ));
        assert!(!looks(
            "forbid(principal, action, resource) when { context has ticket && context.ticket like \"a*\" };"
        ));
        assert!(looks("forbid(principal is Person, action, resource) unless { true };"));
        assert!(looks("forbid(principal in Group::\"a\", action, resource);"));
        assert!(looks("forbid(principal, action, resource) unless { [principal].contains(Person::\"a\") };"));
        assert!(looks("forbid(principal, action, resource) when { context[\"facts\"].oncall };"));
        assert!(looks("forbid(principal, action, resource) when { context == {} };"));
    }

    #[test]
    fn claims_that_help_are_found() {
        let found = |condition: &str| {
            let text = format!("permit(principal, action, resource) {condition};");
            rests_on(&Policy::parse(None, text).unwrap())
        };
        assert_eq!(found("when { context.interactive }"), Some("interactive"));
        assert_eq!(found("when { context[\"interactive\"] && principal.oncall }"), Some("interactive"));
        assert_eq!(found("when { context.interactive == true }"), Some("interactive"));
        assert_eq!(found("when { (if context.agent then true else false) }"), Some("agent"));
        assert_eq!(found("unless { !context.interactive }"), Some("interactive"));
        assert_eq!(found("when { !(!context.agent) }"), Some("agent"));
        assert_eq!(found("when { [context.agent].contains(true) }"), Some("agent"));
        assert_eq!(found("when { context == {} }"), Some("the whole context"));
        assert_eq!(found("when { context.hour > 6 && principal.oncall }"), None);
        assert_eq!(found("when { principal.oncall && !context.agent }"), None);
        assert_eq!(found("unless { context.agent }"), None);
        assert_eq!(found(""), None);
    }
}

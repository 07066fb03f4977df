//! Whether a condition may hold for a coding agent, as far as its form tells.

use cedar_policy::Policy;
use serde_json::Value;

/// `false` if a condition has a part that no agent fulfils: `principal is Person`, `principal in Group::"…"`, `!context.agent`.
/// Everything else is read as if it might hold.
pub(super) fn may_hold_for_agents(policy: &Policy) -> bool {
    let Ok(whole) = policy.to_json() else { return true };
    let mut conditions = whole["conditions"].as_array().into_iter().flatten();
    !conditions.any(|condition| match condition["kind"].as_str() {
        Some("when") => excludes(&condition["body"]),
        Some("unless") => is_agent(&condition["body"]),
        _ => false,
    })
}

fn excludes(expression: &Value) -> bool {
    if let Some(both) = expression.get("&&") {
        return excludes(&both["left"]) || excludes(&both["right"]);
    }
    let of_principal = |operator: &str| {
        let operands = expression.get(operator)?;
        (operands["left"]["Var"] == "principal").then_some(operands)
    };
    let other_kind = of_principal("is").is_some_and(|operands| operands["entity_type"] != "Agent");
    // Groups never include agents.
    let group =
        of_principal("in").is_some_and(|operands| operands["right"]["Value"]["__entity"]["type"] == "Group");
    other_kind || group || expression.get("!").is_some_and(|not| is_agent(&not["arg"]))
}

/// Whether an expression holds for every agent: `context.agent`, `principal is Agent`.
fn is_agent(expression: &Value) -> bool {
    let marked =
        expression.get(".").is_some_and(|dot| dot["left"]["Var"] == "context" && dot["attr"] == "agent");
    let named = expression.get("is");
    marked || named.is_some_and(|is| is["left"]["Var"] == "principal" && is["entity_type"] == "Agent")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_no_agent_fulfils_is_seen() {
        let of = |when: &str| {
            let text = format!("permit(principal, action, resource) {when};");
            may_hold_for_agents(&text.parse().unwrap())
        };
        for when in [
            "when { context.hour > 3 && !context.agent }",
            "when { principal is Person && context.hour > 3 }",
            r#"when { principal in Group::"sre" }"#,
            "when { !(principal is Agent) }",
            "when { true } unless { context.agent }",
        ] {
            assert!(!of(when), "{when}");
        }
        for when in [
            "",
            "when { context.hour > 3 }",
            "when { context.agent }",
            "when { principal is Agent }",
            "when { !context.agent || context.hour > 3 }",
            r#"when { principal == Agent::"bot" }"#,
            "unless { context.hour > 3 }",
        ] {
            assert!(of(when), "{when}");
        }
    }
}

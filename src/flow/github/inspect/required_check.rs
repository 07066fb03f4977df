//! The check that a change of `main` needs: `jit-check.yml`'s own job, by GitHub Actions, on a branch that contains `main`.

use serde_json::Value;

use crate::flow::doctor::Finding;
use crate::flow::github::setup::settings::ACTIONS_APP;
use crate::flow::github::setup::settings::CHECK_JOB;
use crate::github::MAIN;

const PART: &str = "rulesets";

/// Checks the rules that demand checks on `main`. `on_github_com` says whether the app GitHub Actions has the number that it has
/// there.
pub(super) fn look(rules: &[&Value], on_github_com: bool) -> Vec<Finding> {
    let problem = |found: String| {
        let mend = format!("demand it as it was set up, in the ruleset on {MAIN}: `jit ci init --apply`");
        vec![Finding::problem(PART, found).mend(mend)]
    };
    let named: Vec<(&Value, &Value)> = rules.iter().flat_map(|rule| checks(rule)).collect();
    if named.is_empty() {
        return problem(format!(
            "a change of the policy needs no success of the job {CHECK_JOB} of jit-check.yml"
        ));
    }
    let is_by_actions = |check: &Value| match check.get("integration_id").and_then(Value::as_u64) {
        None => false,
        Some(app) => app == ACTIONS_APP || !on_github_com,
    };
    let own: Vec<&Value> =
        named.iter().filter(|(_, check)| is_by_actions(check)).map(|(rule, _)| *rule).collect();
    if own.is_empty() {
        return problem(format!(
            "the success of {CHECK_JOB} may come from anybody who may write, and not from GitHub Actions alone"
        ));
    }
    let is_strict = |rule: &&Value| {
        rule.pointer("/parameters/strict_required_status_checks_policy").and_then(Value::as_bool)
            == Some(true)
    };
    if !own.iter().any(is_strict) {
        return problem(format!(
            "the job {CHECK_JOB} need not have seen what came to {MAIN} since, so two changes that load one by one may not load together"
        ));
    }
    vec![Finding::ok(
        PART,
        format!("a change of the policy needs a success of the job {CHECK_JOB} on top of {MAIN}"),
    )]
}

/// The demands of a rule for the job's check, each with the rule.
fn checks(rule: &Value) -> Vec<(&Value, &Value)> {
    let all = rule.pointer("/parameters/required_status_checks").and_then(Value::as_array);
    let own = |check: &&Value| check.get("context").and_then(Value::as_str) == Some(CHECK_JOB);
    all.into_iter().flatten().filter(own).map(|check| (rule, check)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::flow::doctor::CheckResult;

    #[test]
    fn the_check_counts_by_its_job_its_app_and_its_base() {
        let rule = |strict: bool, checks: Value| {
            json!({ "parameters": {
                "strict_required_status_checks_policy": strict, "required_status_checks": checks,
            } })
        };
        let own = || json!({ "context": "check", "integration_id": 15368 });
        let verdict = |rules: &[Value], on_github_com: bool| {
            let rules: Vec<&Value> = rules.iter().collect();
            look(&rules, on_github_com)[0].verdict
        };
        let other = |id: Value| json!([{ "context": "check", "integration_id": id }]);
        for (rules, expected) in [
            (vec![rule(true, json!([own()]))], CheckResult::Ok),
            (vec![rule(true, json!([{ "context": "lint", "integration_id": 7 }, own()]))], CheckResult::Ok),
            (vec![rule(false, json!([])), rule(true, json!([own()]))], CheckResult::Ok),
            (vec![], CheckResult::Problem),
            (vec![rule(true, json!([]))], CheckResult::Problem),
            (
                vec![rule(true, json!([{ "context": "checks", "integration_id": 15368 }]))],
                CheckResult::Problem,
            ),
            (vec![rule(true, json!([{ "context": "check" }]))], CheckResult::Problem),
            (vec![rule(true, other(Value::Null))], CheckResult::Problem),
            (vec![rule(true, other(json!(7)))], CheckResult::Problem),
            (vec![rule(false, json!([own()]))], CheckResult::Problem),
            // Each has a half.
            (vec![rule(false, json!([own()])), rule(true, other(json!(7)))], CheckResult::Problem),
        ] {
            assert_eq!(verdict(&rules, true), expected, "{rules:?}");
        }
        // Elsewhere the app has another number, which nobody knows here.
        assert_eq!(verdict(&[rule(true, other(json!(7)))], false), CheckResult::Ok);
        assert_eq!(verdict(&[rule(true, other(Value::Null))], false), CheckResult::Problem);
    }
}

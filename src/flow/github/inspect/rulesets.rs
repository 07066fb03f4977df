//! Rulesets: `main` changes only through reviewed pull requests, requests do not change, and the log has one writer.
//!
//! A rule counts if a ruleset without bypass has it. GitHub shows the bypass list to administrators only.

use serde_json::Value;

use super::ADMINISTRATOR;
use super::seen;
use crate::flow::doctor::Finding;
use crate::flow::github::inspect::gate;
use crate::flow::github::inspect::required_check;
use crate::flow::github::setup::gate::Gate;
use crate::flow::github::setup::gate::MOST_REVIEWS;
use crate::flow::github::setup::gate::least;
use crate::flow::github::setup::settings;
use crate::github::GitHub;
use crate::github::LOG_BRANCH;
use crate::github::MAIN;
use crate::grant::Assurance;
use crate::grant::text::count;
use crate::policy::Policy;

const PART: &str = "rulesets";
const MEND: &str = "`jit ci init --apply` sets the rulesets";

/// The known bypass actors of a ruleset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bypass {
    /// None, or only the writer of the log.
    Closed,
    /// GitHub does not show it.
    Unknown,
    /// This many actors.
    Open(usize),
}

pub(super) async fn look(github: &GitHub, policy: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    let entries = match seen(github.rulesets().await, PART, "rulesets") {
        Ok(entries) => entries,
        Err(finding) => return vec![finding],
    };
    let mut active = Vec::new();
    for entry in entries.iter().filter(|entry| entry.enforcement == "active") {
        match seen(github.ruleset(entry.id).await, PART, &format!("the ruleset {}", entry.name)) {
            Ok(ruleset) => active.push(ruleset),
            Err(finding) => findings.push(finding),
        }
    }
    for wanted in settings::rulesets(None, Gate::of(policy), None) {
        for branch in included(&wanted) {
            findings.extend(hold(&kinds(&wanted), &branch, &active));
        }
    }
    findings.extend(writer(&active, policy));
    let main = format!("refs/heads/{MAIN}");
    let on_main = |kind: &str| -> Vec<&Value> {
        active.iter().filter(|set| covers(set, &main)).filter_map(|set| rule(set, kind)).collect()
    };
    let checks = on_main("required_status_checks");
    if !checks.is_empty() {
        findings.extend(required_check::look(&checks, github.is_github_com()));
    }
    let rules = on_main("pull_request");
    if !rules.is_empty() {
        findings.extend(reviews(&rules, policy));
        findings.extend(gate::look(github, &rules, Gate::of(policy)).await);
    }
    findings
}

/// Checks that each of these kinds of rules holds on a branch.
fn hold(kinds: &[String], branch: &str, active: &[Value]) -> Vec<Finding> {
    let covering: Vec<&Value> = active.iter().filter(|ruleset| covers(ruleset, branch)).collect();
    let shown = branch.strip_prefix("refs/heads/").unwrap_or(branch);
    let mut findings = Vec::new();
    let (mut open, mut unknown) = (None, false);
    for kind in kinds {
        let bypasses = covering.iter().filter(|set| rule(set, kind).is_some()).map(|set| bypass(set, branch));
        match bypasses.min_by_key(|bypass| match bypass {
            Bypass::Closed => 0,
            Bypass::Unknown => 1,
            Bypass::Open(_) => 2,
        }) {
            None => {
                let found = format!("no ruleset on {shown} has the rule {kind}");
                findings.push(Finding::problem(PART, found).mend(MEND));
            }
            Some(Bypass::Closed) => {}
            Some(Bypass::Unknown) => unknown = true,
            Some(Bypass::Open(count)) => open = open.max(Some(count)),
        }
    }
    if let Some(count) = open {
        let found = match count {
            1 => format!("an actor may bypass the rules on {shown}"),
            _ => format!("{count} actors may bypass the rules on {shown}"),
        };
        findings.push(Finding::problem(PART, found).mend("remove them from the ruleset"));
    }
    if unknown {
        let found = format!("GitHub does not show this token who may bypass the rules on {shown}");
        findings.push(Finding::unknown(PART, found).mend(ADMINISTRATOR));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(PART, format!("{shown} has the rules {}", kinds.join(", "))));
    }
    findings
}

/// Checks the rules for reviews. Changing the policy must not be easier than getting access.
fn reviews(rules: &[&Value], policy: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    let number = rules
        .iter()
        .filter_map(|rule| rule.pointer("/parameters/required_approving_review_count")?.as_u64())
        .max()
        .unwrap_or(0);
    let strictest = policy.roles().max_by_key(|role| least(&role.approval));
    match strictest.map(|role| (&role.name, least(&role.approval))) {
        Some((name, needed)) if needed > number => {
            let found = format!(
                "a change of the policy needs {}, and {name} needs {needed}",
                count(number, "review")
            );
            let mend = if needed > MOST_REVIEWS {
                format!("GitHub demands at most {MOST_REVIEWS} reviews: this role belongs to a broker")
            } else {
                format!("require as many on {MAIN}: `jit ci init --apply`")
            };
            findings.push(Finding::problem(PART, found).mend(mend));
        }
        _ => findings
            .push(Finding::ok(PART, format!("a change of the policy needs {}", count(number, "review")))),
    }
    for (name, words) in [
        ("require_code_owner_review", "code owners need not review changes of the policy"),
        (
            "dismiss_stale_reviews_on_push",
            "a change of the policy keeps its reviews when it is changed again",
        ),
        ("require_last_push_approval", "the person who pushed last may approve"),
    ] {
        let place = format!("/parameters/{name}");
        if !rules.iter().any(|rule| rule.pointer(&place).and_then(Value::as_bool) == Some(true)) {
            findings.push(
                Finding::problem(PART, words).mend(format!("set {name} on {MAIN}: `jit ci init --apply`")),
            );
        }
    }
    let restricted = |rule: &&&Value| {
        let on = rule.pointer("/parameters/dismissal_restriction/enabled").and_then(Value::as_bool);
        let named =
            rule.pointer("/parameters/dismissal_restriction/allowed_actors").and_then(Value::as_array);
        // A role stands for everybody who has it.
        let few = named.is_none_or(|actors| {
            actors.iter().all(|actor| actor.get("type").and_then(Value::as_str) != Some("RepositoryRole"))
        });
        on == Some(true) && few
    };
    if !rules.iter().any(|rule| restricted(&rule)) {
        let found = "everybody who may push may dismiss a review of a change of the policy";
        findings.push(
            Finding::problem(PART, found)
                .mend(format!("restrict dismissals on {MAIN}: `jit ci init --apply`")),
        );
    }
    // GitHub has no signature stronger than an account's.
    if let Some(role) = policy.roles().find(|role| role.signed > Assurance::Account) {
        let found = format!(
            "{} requires signed reviews, but on GitHub an account alone can change the policy",
            role.name
        );
        findings.push(
            Finding::note(PART, found).mend("demand hardware keys as second factors in the organisation"),
        );
    }
    findings
}

/// Compares the actor that may write the log with the one that the policy names. `None` if GitHub does not show it, or nobody may.
fn writer(active: &[Value], policy: &Policy) -> Option<Finding> {
    let branch = format!("refs/heads/{LOG_BRANCH}");
    let set = active.iter().filter(|set| covers(set, &branch)).find_map(settings::writer_of)?;
    let line =
        format!("write log_writer = \"{set}\" into access.toml, under [authority.github], if that is right");
    match policy.forge().and_then(|forge| forge.log_writer) {
        Some(named) if named == set => None,
        Some(named) => {
            let found = format!("{set} may write the log, and the policy names {named}");
            Some(Finding::problem(PART, found).mend(format!("`jit ci init --apply` sets it; or {line}")))
        }
        None => {
            let found = format!("{set} may write the log, and the policy does not say who should");
            Some(Finding::note(PART, found).mend(line))
        }
    }
}

fn included(ruleset: &Value) -> Vec<String> {
    let names = ruleset.pointer("/conditions/ref_name/include").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether a ruleset includes exactly these branches or all branches, and excludes none.
fn covers(ruleset: &Value, branch: &str) -> bool {
    let excluded = ruleset.pointer("/conditions/ref_name/exclude").and_then(Value::as_array);
    let whole = excluded.is_none_or(Vec::is_empty);
    let main = branch == format!("refs/heads/{MAIN}");
    // `jit/**/*` matches more than `jit/**`, which stops at the next slash.
    let wider = branch.strip_suffix("/**").map(|start| format!("{start}/**/*"));
    let names = |name: &String| {
        name == branch || Some(name) == wider.as_ref() || name == "~ALL" || main && name == "~DEFAULT_BRANCH"
    };
    let branches = ruleset.get("target").and_then(Value::as_str).is_none_or(|target| target == "branch");
    branches && whole && included(ruleset).iter().any(names)
}

fn rule<'a>(ruleset: &'a Value, kind: &str) -> Option<&'a Value> {
    let rules = ruleset.get("rules")?.as_array()?;
    rules.iter().find(|rule| rule.get("type").and_then(Value::as_str) == Some(kind))
}

fn kinds(ruleset: &Value) -> Vec<String> {
    let rules = ruleset.get("rules").and_then(Value::as_array);
    let kind = |rule: &Value| rule.get("type").and_then(Value::as_str).map(str::to_owned);
    rules.into_iter().flatten().filter_map(kind).collect()
}

/// The bypass of a ruleset. The log's ruleset may let one writer pass: an app, a team or a person, never a role or a
/// key.
fn bypass(ruleset: &Value, branch: &str) -> Bypass {
    let Some(actors) = ruleset.get("bypass_actors").and_then(Value::as_array) else { return Bypass::Unknown };
    let kind = |actor: &Value| actor.get("actor_type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let log = branch == format!("refs/heads/{LOG_BRANCH}");
    match actors.as_slice() {
        [] => Bypass::Closed,
        [only] if log && ["Integration", "Team", "User"].contains(&kind(only).as_str()) => Bypass::Closed,
        several => Bypass::Open(several.len()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::flow::doctor::CheckResult;

    fn ruleset(include: &str, bypass: Option<Value>) -> Value {
        let mut ruleset = json!({
            "target": "branch", "rules": [{ "type": "update" }],
            "conditions": { "ref_name": { "include": [include], "exclude": [] } },
        });
        if let Some(bypass) = bypass {
            ruleset["bypass_actors"] = bypass;
        }
        ruleset
    }

    fn verdict(branch: &str, active: &[Value]) -> CheckResult {
        hold(&["update".to_owned()], branch, active)[0].verdict
    }

    #[test]
    fn a_rule_counts_where_nobody_goes_past_it() {
        let (jit, log) = ("refs/heads/jit/**", "refs/heads/jit-log");
        let app = || json!({ "actor_id": 7, "actor_type": "Integration", "bypass_mode": "always" });
        let admins = || json!({ "actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always" });
        assert_eq!(verdict(jit, &[]), CheckResult::Problem);
        assert_eq!(verdict(jit, &[ruleset(jit, Some(json!([])))]), CheckResult::Ok);
        assert_eq!(verdict(jit, &[ruleset("refs/heads/jit/**/*", Some(json!([])))]), CheckResult::Ok);
        assert_eq!(verdict("refs/heads/jit/**/*", &[ruleset(jit, Some(json!([])))]), CheckResult::Problem);
        assert_eq!(verdict(jit, &[ruleset("refs/heads/jit/a*", Some(json!([])))]), CheckResult::Problem);
        // If the token may not see it, it is unknown, never in order.
        assert_eq!(verdict(jit, &[ruleset(jit, None)]), CheckResult::Unknown);
        assert_eq!(verdict(jit, &[ruleset(jit, Some(json!([app()])))]), CheckResult::Problem);
        // One ruleset without bypass is enough, even if others have one.
        let both = [ruleset(jit, Some(json!([app()]))), ruleset("~ALL", Some(json!([])))];
        assert_eq!(verdict(jit, &both), CheckResult::Ok);
        assert_eq!(verdict(log, &[ruleset(log, Some(json!([app()])))]), CheckResult::Ok);
        assert_eq!(verdict(log, &[ruleset(log, Some(json!([admins()])))]), CheckResult::Problem);
        assert_eq!(verdict(log, &[ruleset(log, Some(json!([app(), app()])))]), CheckResult::Problem);
        let mut tags = ruleset(jit, Some(json!([])));
        tags["target"] = json!("tag");
        assert_eq!(verdict(jit, &[tags]), CheckResult::Problem);
        let mut holed = ruleset(jit, Some(json!([])));
        holed["conditions"]["ref_name"]["exclude"] = json!(["refs/heads/jit/x"]);
        assert_eq!(verdict(jit, &[holed]), CheckResult::Problem);
    }
}

//! Who gives the reviews that a change of the policy needs: members of one team, not an owner and some colleagues.

use serde_json::Value;

use super::ADMINISTRATOR;
use super::seen;
use crate::flow::doctor::Finding;
use crate::flow::github::setup::gate::GUARDED;
use crate::flow::github::setup::gate::Gate;
use crate::github::GitHub;
use crate::github::MAIN;
use crate::github::api::owners::TeamAccess;
use crate::grant::text::count;
use crate::grant::text::sanitise;

const PART: &str = "rulesets";

/// A team that must review some files.
#[derive(Debug, PartialEq, Eq)]
struct Required {
    team: u64,
    reviews: u64,
}

/// Checks that members of one team give as many reviews as the gate demands of owners, for every file that decides.
pub(super) async fn look(github: &GitHub, rules: &[&Value], gate: Gate) -> Vec<Finding> {
    if !gate.needs_team() {
        return Vec::new();
    }
    let needed = count(gate.reviews, "review");
    let mut teams: Vec<Required> = Vec::new();
    for pattern in GUARDED {
        let Some(required) = required(rules, pattern, gate) else {
            let found = format!(
                "{needed} of a change of {pattern} need not be of owners: one owner and {} who may write here can change it",
                count(gate.reviews - 1, "colleague")
            );
            let mend = format!("demand all of one team, in the ruleset on {MAIN}: `jit ci init --apply`");
            return vec![Finding::problem(PART, found).mend(mend)];
        };
        teams.push(required);
    }
    let known = match seen(github.teams().await, PART, "the teams of the repository") {
        Ok(known) => known,
        Err(finding) => return vec![finding],
    };
    let mut findings = Vec::new();
    teams.dedup();
    for required in teams {
        match known.iter().find(|team| team.id == required.team).filter(|team| team.may_write()) {
            Some(team) => findings.push(size(github, team, &required).await),
            None => {
                let found = format!("the team {} that must review may not write here", required.team);
                let mend = "give it write access to this repository by name, or run `jit ci init --apply` with another";
                findings.push(Finding::problem(PART, found).mend(mend));
            }
        }
    }
    findings
}

/// The team that must review files of this pattern, often enough. `None` if there is none.
fn required(rules: &[&Value], pattern: &str, gate: Gate) -> Option<Required> {
    let all =
        rules.iter().filter_map(|rule| rule.pointer("/parameters/required_reviewers")?.as_array()).flatten();
    let fitting = all.filter(|one| {
        let mut patterns = one.get("file_patterns").and_then(Value::as_array).into_iter().flatten();
        patterns.any(|named| ["**/*", pattern].iter().any(|wanted| named == wanted))
    });
    let team = |one: &Value| {
        let reviews = one.get("minimum_approvals")?.as_u64()?;
        let is_team = one.pointer("/reviewer/type")?.as_str()? == "Team";
        let team = one.pointer("/reviewer/id")?.as_u64().filter(|_| is_team)?;
        Some(Required { team, reviews })
    };
    fitting.filter_map(team).find(|required| required.reviews >= gate.reviews)
}

/// Whether the team is large enough: nobody approves a change of their own.
async fn size(github: &GitHub, team: &TeamAccess, required: &Required) -> Finding {
    let (name, needed) = (sanitise(&team.slug), count(required.reviews, "review"));
    let size = match seen(github.team_size(&team.slug).await, PART, "the members of the owners' team") {
        Ok(size) => size.and_then(|size| u64::try_from(size).ok()),
        Err(finding) => return finding,
    };
    match size {
        None => {
            let found = format!(
                "a change of the policy needs {needed} of {name}, whose members this token does not see"
            );
            Finding::unknown(PART, found).mend(ADMINISTRATOR)
        }
        Some(size) if size < required.reviews => {
            let found = format!(
                "a change of the policy needs {needed} of {name}, which has {}",
                count(size, "member")
            );
            Finding::problem(PART, found).mend("add members: nobody can change the policy")
        }
        Some(size) if size == required.reviews => {
            let found = format!(
                "a change by a member of {name} cannot be merged: all its {} must approve",
                count(size, "member")
            );
            Finding::note(PART, found).mend("add a member, or let somebody else bring changes")
        }
        Some(_) => Finding::ok(PART, format!("a change of the policy needs {needed} of {name}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_team_must_review_every_file_often_enough() {
        let gate = Gate { reviews: 2 };
        let rule = |value: Value| json!({ "parameters": { "required_reviewers": value } });
        let good = rule(gate.reviewers(7));
        let missing = |rule: &Value| {
            GUARDED.iter().filter(|pattern| required(&[rule], pattern, gate).is_none()).count()
        };
        assert_eq!(missing(&good), 0);
        assert_eq!(missing(&json!({})), GUARDED.len());
        let mut other = good.clone();
        other["parameters"]["required_reviewers"][0]["minimum_approvals"] = json!(1);
        assert_eq!(missing(&other), GUARDED.len());
        let mut other = good.clone();
        other["parameters"]["required_reviewers"][0]["reviewer"]["type"] = json!("User");
        assert_eq!(missing(&other), GUARDED.len());
        let mut other = good.clone();
        other["parameters"]["required_reviewers"][0]["file_patterns"] = json!(["roles/*", "**/*.toml"]);
        assert_eq!(missing(&other), GUARDED.len());
        other["parameters"]["required_reviewers"][0]["file_patterns"] = json!(["**/*"]);
        assert_eq!(missing(&other), 0);
    }
}

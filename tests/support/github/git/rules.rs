//! The rules of rulesets and branch protections for a push.
//!
//! Sources: "Available rules for rulesets", "Creating rulesets" (patterns are Ruby's `fnmatch` with `FNM_PATHNAME`),
//! `POST /repos/{owner}/{repo}/rulesets` (bypass actors).

use regex::Regex;
use serde_json::Value;

use crate::support::github::access::Caller;
use crate::support::github::access::Role;
use crate::support::github::access::TokenKind;
use crate::support::github::answer::Fault;
use crate::support::github::world::World;

/// The App id of GitHub Actions. As a bypass actor it lets every workflow's token through.
pub const ACTIONS_APP: u64 = 15_368;

/// A change of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is created.
    Create,
    /// It moves forward.
    Advance,
    /// It moves to another history.
    Force,
    /// It is deleted.
    Delete,
    /// A pull request is merged into it.
    Merge,
}

/// Whether a pattern of `fnmatch` with `FNM_PATHNAME` matches: `*` stops at a slash, and only `**/` crosses slashes, so
/// `jit/**` does not match `jit/a/b`.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut expression = String::from("^");
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            expression.push_str("(?:[^/]+/)*");
            rest = after;
            continue;
        }
        match first {
            '*' => {
                expression.push_str("[^/]*");
                rest = rest.trim_start_matches('*');
                continue;
            }
            '?' => expression.push_str("[^/]"),
            other => expression.push_str(&regex::escape(&other.to_string())),
        }
        rest = &rest[first.len_utf8()..];
    }
    Regex::new(&(expression + "$")).is_ok_and(|expression| expression.is_match(text))
}

impl World {
    /// The active rules for a full reference name, each with its ruleset.
    pub fn rules(&self, id: u64, reference: &str) -> Vec<(&Value, &Value)> {
        let repository = self.repository(id);
        let target = if reference.starts_with("refs/tags/") { "tag" } else { "branch" };
        let default = format!("refs/heads/{}", repository.default_branch);
        let hit = |patterns: &Value| {
            patterns.as_array().into_iter().flatten().filter_map(Value::as_str).any(|pattern| match pattern {
                "~ALL" => true,
                "~DEFAULT_BRANCH" => reference == default,
                pattern => matches(pattern, reference),
            })
        };
        let in_force = repository.rulesets.values().filter(|ruleset| {
            let names = &ruleset["conditions"]["ref_name"];
            ruleset["target"] == target
                && ruleset["enforcement"] == "active"
                && hit(&names["include"])
                && !hit(&names["exclude"])
        });
        in_force
            .flat_map(|ruleset| {
                ruleset["rules"].as_array().into_iter().flatten().map(move |rule| (ruleset, rule))
            })
            .collect()
    }

    /// Whether the caller is one of a ruleset's bypass actors, for pushes or, with `merging`, for merges.
    pub fn bypasses(&self, caller: &Caller, id: u64, ruleset: &Value, merging: bool) -> bool {
        let Some(token) = &caller.token else { return false };
        let app = match token.kind {
            TokenKind::Job(..) => Some(ACTIONS_APP),
            TokenKind::Installation(app, ..) => Some(app),
            _ => None,
        };
        let owner = &self.accounts[&self.repository(id).owner];
        let role = if app.is_some() { Role::None } else { self.role(token.account, id) };
        ruleset["bypass_actors"].as_array().into_iter().flatten().any(|actor| {
            let named = actor["actor_id"].as_u64();
            let is_it = match actor["actor_type"].as_str().unwrap_or_default() {
                "Integration" => app.is_some() && app == named,
                "OrganizationAdmin" => app.is_none() && owner.members.get(&token.account) == Some(&true),
                "Team" => {
                    let team = owner.teams.iter().find(|team| Some(team.id) == named);
                    app.is_none() && team.is_some_and(|team| team.members.contains(&token.account))
                }
                "User" => app.is_none() && named == Some(token.account),
                "RepositoryRole" => match named {
                    Some(2) => role >= Role::Maintain,
                    Some(4) => role >= Role::Write,
                    Some(5) => role >= Role::Admin,
                    _ => false,
                },
                // A deploy key pushes over SSH and never calls this API.
                _ => false,
            };
            is_it && (merging || actor["bypass_mode"] != "pull_request")
        })
    }

    /// Checks a change against the rules in force. The messages are those of a push.
    ///
    /// # Errors
    /// 422 with every violated rule.
    pub fn hold_to_rules(
        &self,
        caller: &Caller,
        id: u64,
        reference: &str,
        step: Step,
        new: &str,
    ) -> Result<(), Fault> {
        let mut broken = Vec::new();
        for (ruleset, rule) in self.rules(id, reference) {
            if self.bypasses(caller, id, ruleset, step == Step::Merge) {
                continue;
            }
            let moves = matches!(step, Step::Advance | Step::Force | Step::Merge);
            let violated = match rule["type"].as_str().unwrap_or_default() {
                "creation" if step == Step::Create => "Cannot create ref due to creations being restricted.",
                "update" if moves => "Cannot update this protected ref.",
                "deletion" if step == Step::Delete => "Cannot delete this branch",
                "non_fast_forward" if step == Step::Force => "Cannot force-push to this branch",
                "pull_request" if matches!(step, Step::Advance | Step::Force) => {
                    "Changes must be made through a pull request."
                }
                // Nothing made through this API is signed.
                "required_signatures" if step != Step::Delete => "Commits must have verified signatures.",
                "required_status_checks" if matches!(step, Step::Advance | Step::Force) => {
                    "Required status checks are expected."
                }
                "required_linear_history" if moves && self.merges(id, reference, new) => {
                    "This branch must not contain merge commits."
                }
                _ => continue,
            };
            if !broken.contains(&violated) {
                broken.push(violated);
            }
        }
        broken.extend(self.protection_broken(caller, id, reference, step));
        if broken.is_empty() {
            return Ok(());
        }
        Err(Fault::unprocessable(format!("Repository rule violations found\n\n{}\n\n", broken.join("\n"))))
    }

    fn merges(&self, id: u64, reference: &str, new: &str) -> bool {
        let store = self.store(id);
        let old = self.repository(id).refs.get(reference).cloned().unwrap_or_default();
        store
            .between(&old, new)
            .iter()
            .filter_map(|sha| store.commit(sha))
            .any(|commit| commit.parents.len() > 1)
    }

    /// The violations of a classic protection. Administrators are exempt unless it is enforced for them too.
    fn protection_broken(
        &self,
        caller: &Caller,
        id: u64,
        reference: &str,
        step: Step,
    ) -> Option<&'static str> {
        let branch = reference.strip_prefix("refs/heads/")?;
        let protection = self.repository(id).protections.get(branch)?;
        let on = |name: &str| protection[name].as_bool().unwrap_or_default();
        match step {
            Step::Force if !on("allow_force_pushes") => Some("Cannot force-push to this branch"),
            Step::Delete if !on("allow_deletions") => Some("Cannot delete this branch"),
            Step::Create | Step::Merge | Step::Delete => None,
            Step::Advance | Step::Force => {
                let administers = self.caller_role(caller, id) == Role::Admin && caller.run().is_none();
                let passes = administers && !on("enforce_admins");
                let reviewed = !protection["required_pull_request_reviews"].is_null();
                (reviewed && !passes).then_some("Changes must be made through a pull request.")
            }
        }
    }
}

//! The state of a repository before the setup. The setup shows what it would change before it changes anything.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::flow::Failure;
use crate::flow::github::inspect::environments;
use crate::flow::github::setup::access_file::Named;
use crate::flow::github::setup::settings;
use crate::github::GitHub;
use crate::github::LOG_BRANCH;
use crate::github::LOG_ENVIRONMENT;
use crate::github::MAIN;
use crate::github::api::models::SubjectForm;
use crate::policy::LogWriter;
use crate::policy::Policy;

/// The kinds of rules that keep a commit from being pushed to a branch.
const CLOSING: [&str; 3] = ["pull_request", "required_status_checks", "update"];

/// The repository as it is.
pub(super) struct Standing {
    /// Its branch `main`. `None` if the repository is empty.
    pub main: Option<Main>,
    /// Whether `main` changes by pull requests alone.
    pub is_closed: bool,
    /// Whether there is a log.
    pub has_log: bool,
    /// The names of the secrets of the log's environment.
    pub secrets: BTreeSet<String>,
    /// The environments of the policy that are for `main` alone and hold up nothing.
    pub ready: BTreeSet<String>,
    /// Its rulesets, whole.
    pub rulesets: Vec<Value>,
    /// The form of the subjects of its ID tokens.
    pub subject: SubjectForm,
}

/// The newest commit of `main`.
pub(super) struct Main {
    /// Its id.
    pub commit: String,
    /// Its tree.
    pub tree: String,
    /// The ids of its files by their path.
    blobs: BTreeMap<String, String>,
}

impl Main {
    /// Whether it has a file.
    pub(super) fn has(&self, path: &str) -> bool {
        self.blobs.contains_key(path)
    }

    /// The content of a file. `None` if there is none.
    pub(super) async fn read(&self, github: &GitHub, path: &str) -> Result<Option<Vec<u8>>, Failure> {
        match self.blobs.get(path) {
            Some(id) => Ok(Some(github.blob(id).await?)),
            None => Ok(None),
        }
    }

    async fn of(github: &GitHub) -> Result<Option<Self>, Failure> {
        let commit = match github.branch(MAIN).await {
            Ok(Some(commit)) => commit,
            Ok(None) => {
                return Err(Failure::usage(format!("{} has no branch {MAIN}", github.slug))
                    .hint(format!("make one, and make it the default branch: git push origin HEAD:{MAIN}")));
            }
            // The answer of every call of the git database while there is no commit.
            Err(error) if error.status() == Some(409) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let tree = github.tree(&commit).await?;
        if tree.truncated {
            return Err(Failure::failed(format!("{} has more files than GitHub lists at once", github.slug)));
        }
        let files = tree.tree.into_iter().filter(|entry| entry.kind == "blob");
        let blobs = files.map(|entry| (entry.path, entry.sha)).collect();
        Ok(Some(Self { commit, tree: tree.sha, blobs }))
    }
}

impl Standing {
    /// Reads it.
    ///
    /// # Errors
    /// GitHub refuses, or `main` is missing in a repository with other branches.
    pub(super) async fn of(github: &GitHub, policy: &Policy) -> Result<Self, Failure> {
        let main = Main::of(github).await?;
        let has_log = main.is_some() && github.branch(LOG_BRANCH).await?.is_some();
        let rules = github.rules_of(MAIN).await?;
        let mut rulesets = Vec::new();
        for entry in github.rulesets().await? {
            rulesets.push(github.ruleset(entry.id).await?);
        }
        let mut ready = BTreeSet::new();
        let mut secrets = BTreeSet::new();
        for name in environments(policy) {
            let Some(found) = github.environment(&name).await? else { continue };
            if name == LOG_ENVIRONMENT {
                secrets.extend(github.environment_secrets(&name).await?);
            }
            let is_listed =
                found.deployment_branch_policy.is_some_and(|policy| policy.custom_branch_policies);
            let is_free = found.protection_rules.iter().all(|rule| rule.kind == "branch_policy");
            if is_listed && is_free {
                let listed = github.environment_branches(&name).await?;
                ready.extend(listed.iter().any(|pattern| pattern.name == MAIN).then_some(name));
            }
        }
        Ok(Self {
            is_closed: rules.iter().any(|kind| CLOSING.contains(&kind.as_str())),
            main,
            has_log,
            secrets,
            ready,
            rulesets,
            subject: github.subject_form().await?,
        })
    }

    /// The writer of the log according to its ruleset: a second setup must not lock it out.
    pub(super) fn writer(&self) -> Option<LogWriter> {
        self.ruleset(settings::LOG_RULESET).and_then(settings::writer_of)
    }

    /// The ruleset of this name.
    pub(super) fn ruleset(&self, name: &str) -> Option<&Value> {
        self.rulesets.iter().find(|ruleset| ruleset.get("name").and_then(Value::as_str) == Some(name))
    }

    /// The log's keys and writer that the `access.toml` of `main` names, at this path.
    pub(super) async fn named(&self, github: &GitHub, path: &str) -> Result<Named, Failure> {
        let Some(main) = &self.main else { return Ok(Named::default()) };
        let content = main.read(github, path).await?;
        Ok(content.map_or_else(Named::default, |content| Named::of(&String::from_utf8_lossy(&content))))
    }
}

/// Whether a ruleset has everything that another one wants. GitHub adds members of its own.
pub(super) fn covers(has: &Value, wants: &Value) -> bool {
    match (has, wants) {
        (Value::Object(has), Value::Object(wants)) => {
            wants.iter().all(|(name, wanted)| has.get(name).is_some_and(|member| covers(member, wanted)))
        }
        (Value::Array(has), Value::Array(wants)) => {
            has.len() == wants.len() && has.iter().zip(wants).all(|(has, wants)| covers(has, wants))
        }
        _ => has == wants,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_ruleset_is_the_same_with_more_members_and_not_with_other_ones() {
        let wants = json!({ "name": "x", "rules": [{ "type": "update" }], "bypass_actors": [] });
        let mut has = json!({
            "id": 7, "name": "x", "rules": [{ "type": "update", "parameters": {} }], "bypass_actors": [],
        });
        assert!(covers(&has, &wants));
        has["bypass_actors"] = json!([{ "actor_id": 1 }]);
        assert!(!covers(&has, &wants));
        has["bypass_actors"] = json!([]);
        has["rules"] = json!([{ "type": "deletion" }]);
        assert!(!covers(&has, &wants));
    }
}

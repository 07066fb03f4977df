//! What a repository must be set to: environments, rulesets, and the form of its tokens' subjects (trust.md §6).

use serde_json::Value;
use serde_json::json;

use crate::forge::LOG_BRANCH;
use crate::forge::MAIN;
use crate::forge::WORKFLOW;
use crate::forge::environment_of;
use crate::forge::github::models::Repository;
use crate::forge::github::models::SubjectForm;
use crate::grant::Name;

/// Who alone may write the log: the actor that its ruleset lets by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// A GitHub App, by its id.
    App(u64),
    /// A team, by its id.
    Team(u64),
}

impl std::str::FromStr for Writer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write app:ID or team:ID, with the numeric id".to_owned();
        let (kind, id) = text.split_once(':').ok_or_else(wrong)?;
        let id = id.parse().map_err(|_| wrong())?;
        match kind {
            "app" => Ok(Self::App(id)),
            "team" => Ok(Self::Team(id)),
            _ => Err(wrong()),
        }
    }
}

/// The form of subjects: repository, environment and workflow, with numeric ids beside the names.
pub(super) fn subject_form() -> SubjectForm {
    let keys = ["repo", "context", "job_workflow_ref"];
    SubjectForm {
        use_default: false,
        include_claim_keys: Some(keys.map(str::to_owned).to_vec()),
        use_immutable_subject: Some(true),
        sub_claim_prefix: None,
    }
}

/// The subjects that a role's tokens have, in the form that GitHub says this repository uses; both where it does not say.
pub(super) fn subjects(repository: &Repository, form: &SubjectForm, role: &Name) -> Vec<String> {
    let full_name = &repository.full_name;
    let name = full_name.rsplit('/').next().unwrap_or_default();
    let immutable =
        format!("repo:{}@{}/{name}@{}", repository.owner.login, repository.owner.id, repository.id);
    let old = format!("repo:{full_name}");
    let prefixes = match (&form.sub_claim_prefix, form.use_immutable_subject) {
        (Some(prefix), _) => vec![prefix.trim_end_matches(':').to_owned()],
        (None, Some(true)) => vec![immutable],
        (None, Some(false)) => vec![old],
        (None, None) => vec![immutable, old],
    };
    let environment = environment_of(role);
    let rest = format!("environment:{environment}:job_workflow_ref:{full_name}/{WORKFLOW}@refs/heads/{MAIN}");
    prefixes.into_iter().map(|prefix| format!("{prefix}:{rest}")).collect()
}

/// The rulesets, by name. `main` is changed by reviewed pull requests alone; branches of requests are made and never
/// changed; the log is written by one actor.
pub(super) fn rulesets(writer: Option<Writer>) -> Vec<Value> {
    let bypass = match writer {
        Some(Writer::App(id)) => {
            json!([{ "actor_id": id, "actor_type": "Integration", "bypass_mode": "always" }])
        }
        Some(Writer::Team(id)) => json!([{ "actor_id": id, "actor_type": "Team", "bypass_mode": "always" }]),
        None => json!([]),
    };
    let ruleset = |name: &str, branch: &str, bypass: Value, rules: Value| {
        json!({
            "name": name,
            "target": "branch",
            "enforcement": "active",
            "bypass_actors": bypass,
            "conditions": { "ref_name": { "include": [format!("refs/heads/{branch}")], "exclude": [] } },
            "rules": rules,
        })
    };
    let reviewed = json!([
        { "type": "deletion" },
        { "type": "non_fast_forward" },
        {
            "type": "pull_request",
            "parameters": {
                "required_approving_review_count": 1,
                "dismiss_stale_reviews_on_push": true,
                "require_code_owner_review": true,
                "require_last_push_approval": true,
                "required_review_thread_resolution": false,
            },
        },
    ]);
    let frozen = json!([{ "type": "update" }, { "type": "non_fast_forward" }]);
    let closed = json!([{ "type": "creation" }, { "type": "update" }, { "type": "deletion" }, { "type": "non_fast_forward" }]);
    vec![
        ruleset("jit: main is reviewed", MAIN, json!([]), reviewed),
        ruleset("jit: requests do not change", "jit/**", json!([]), frozen),
        ruleset("jit: the log is the workflow's", LOG_BRANCH, bypass, closed),
    ]
}

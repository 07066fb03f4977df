//! The settings that a repository needs: environments, rulesets, and the form of its tokens' subjects (docs/github.md,
//! "Setting it up").

use serde_json::Value;
use serde_json::json;

use crate::flow::github::setup::gate::Gate;
use crate::flow::github::setup::gate::MOST_REVIEWS;
use crate::github::LOG_BRANCH;
use crate::github::MAIN;
use crate::github::WORKFLOW;
use crate::github::api::models::Repository;
use crate::github::api::models::SubjectForm;
use crate::github::environment_of;
use crate::grant::Name;
use crate::policy::LogWriter;

/// The value in tokens of a job on GitHub's own machines.
const HOSTED_RUNNER: &str = "github-hosted";

/// The form of subjects: repository, environment, workflow and kind of runner, with numeric ids beside the names. A job on a
/// self-hosted runner has another subject, which no cloud trusts.
pub(in crate::flow::github) fn subject_form() -> SubjectForm {
    let keys = ["repo", "context", "job_workflow_ref", "runner_environment"];
    SubjectForm {
        use_default: false,
        include_claim_keys: Some(keys.map(str::to_owned).to_vec()),
        use_immutable_subject: Some(true),
        sub_claim_prefix: None,
    }
}

/// Whether subjects have this form already. An older server does not report whether they are immutable.
pub(in crate::flow::github) fn is_wanted(form: &SubjectForm) -> bool {
    let wanted = subject_form();
    form.include_claim_keys == wanted.include_claim_keys
        && form.use_immutable_subject != Some(false)
        && form.use_default == wanted.use_default
}

/// The subjects of a role's tokens, in the form that this repository uses according to GitHub. Both forms if GitHub
/// does not say.
pub(in crate::flow::github) fn subjects(
    repository: &Repository,
    form: &SubjectForm,
    role: &Name,
) -> Vec<String> {
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
    let workflow = format!("{full_name}/{WORKFLOW}@refs/heads/{MAIN}");
    let rest =
        format!("environment:{environment}:job_workflow_ref:{workflow}:runner_environment:{HOSTED_RUNNER}");
    prefixes.into_iter().map(|prefix| format!("{prefix}:{rest}")).collect()
}

/// The job of `jit-check.yml`, whose success a change of `main` requires: a policy that does not load is not merged.
pub(in crate::flow::github) const CHECK_JOB: &str = "check";
/// The id of the app GitHub Actions on github.com. Everybody who may write can set a status of any name; this app's checks
/// come from workflows alone.
pub(in crate::flow::github) const ACTIONS_APP: u64 = 15_368;

/// The name of the log's ruleset.
pub(in crate::flow::github) const LOG_RULESET: &str = "jit: the log is the workflow's";

/// The one app or team that may bypass a ruleset. `None` if it is another kind of actor, or if there are several.
pub(in crate::flow::github) fn writer_of(ruleset: &Value) -> Option<LogWriter> {
    let [actor] = ruleset.get("bypass_actors")?.as_array()?.as_slice() else { return None };
    let id = actor.get("actor_id")?.as_u64()?;
    match actor.get("actor_type")?.as_str()? {
        "Integration" => Some(LogWriter::App(id)),
        "Team" => Some(LogWriter::Team(id)),
        _ => None,
    }
}

/// The rulesets, each with its name. `main` changes only through pull requests with a successful check and the reviews of this gate,
/// all of them by members of the team, by its numeric id, if there is one. Branches of requests are created and never changed. One actor writes the log.
pub(in crate::flow::github) fn rulesets(
    writer: Option<LogWriter>,
    gate: Gate,
    team: Option<u64>,
) -> Vec<Value> {
    let bypass = match writer {
        Some(LogWriter::App(id)) => {
            json!([{ "actor_id": id, "actor_type": "Integration", "bypass_mode": "always" }])
        }
        Some(LogWriter::Team(id)) => {
            json!([{ "actor_id": id, "actor_type": "Team", "bypass_mode": "always" }])
        }
        None => json!([]),
    };
    let ruleset = |name: &str, branches: &[&str], bypass: Value, rules: Value| {
        let include: Vec<String> = branches.iter().map(|branch| format!("refs/heads/{branch}")).collect();
        json!({
            "name": name,
            "target": "branch",
            "enforcement": "active",
            "bypass_actors": bypass,
            "conditions": { "ref_name": { "include": include, "exclude": [] } },
            "rules": rules,
        })
    };
    let mut reviewed = json!([
        { "type": "deletion" },
        { "type": "non_fast_forward" },
        {
            "type": "pull_request",
            "parameters": {
                "required_approving_review_count": gate.reviews.clamp(1, MOST_REVIEWS),
                "dismiss_stale_reviews_on_push": true,
                // Nobody may dismiss a colleague's denial. Its author can approve instead.
                "dismissal_restriction": { "enabled": true, "allowed_actors": [] },
                "require_code_owner_review": true,
                "require_last_push_approval": true,
                "required_review_thread_resolution": false,
            },
        },
        {
            "type": "required_status_checks",
            "parameters": {
                // Two changes that load one by one may not load together.
                "strict_required_status_checks_policy": true,
                "required_status_checks": [{ "context": CHECK_JOB, "integration_id": ACTIONS_APP }],
            },
        },
    ]);
    if let Some(team) = team.filter(|_| gate.needs_team()) {
        reviewed[2]["parameters"]["required_reviewers"] = gate.reviewers(team);
    }
    let frozen = json!([{ "type": "update" }, { "type": "non_fast_forward" }]);
    let closed = json!([{ "type": "creation" }, { "type": "update" }, { "type": "deletion" }, { "type": "non_fast_forward" }]);
    vec![
        ruleset("jit: main is reviewed", &[MAIN], json!([]), reviewed),
        // GitHub's patterns stop at slashes unless they contain `**/`.
        ruleset("jit: requests do not change", &["jit/**", "jit/**/*"], json!([]), frozen),
        ruleset(LOG_RULESET, &[LOG_BRANCH], bypass, closed),
    ]
}

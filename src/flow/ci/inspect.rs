//! Every setting of a repository that the trust in it rests on (trust.md §6), and each hole in it by name.

use serde_json::Value;

use super::settings;
use crate::flow::Failure;
use crate::forge::GitHub;
use crate::forge::LOG_BRANCH;
use crate::forge::LOG_ENVIRONMENT;
use crate::forge::MAIN;
use crate::forge::WORKFLOW;
use crate::forge::authority;
use crate::forge::environment_of;
use crate::forge::log::Log;
use crate::forge::tree::Reader;
use crate::policy::Policy;
use crate::policy::Rule;
use crate::system::System;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// What, and what somebody could do with it.
    pub what: String,
    /// What to do about it.
    pub mend: String,
}

/// Where the log's secrets are looked for, and must not be.
const SECRETS: [&str; 4] = ["JIT_LOG_KEY", "JIT_LOG_TOKEN", "JIT_LOG_APP", "JIT_LOG_APP_KEY"];

#[derive(Default)]
struct Holes(Vec<Hole>);

impl Holes {
    fn add(&mut self, what: impl Into<String>, mend: impl Into<String>) {
        self.0.push(Hole { what: what.into(), mend: mend.into() });
    }
}

/// Looks at everything, with a token that may read the repository's settings. The policy is the one on `main`.
///
/// # Errors
/// GitHub does not answer: what could not be looked at is no hole, and no proof either.
pub async fn inspect(system: &System, github: &GitHub, policy: &Policy) -> Result<Vec<Hole>, Failure> {
    let mut holes = Holes::default();
    let repository = github.repository().await?;
    let by_hand = "change it in the repository's settings";
    if !repository.private {
        holes.add("the repository is public: everybody reads requests, reasons and the log", by_hand);
    }
    if repository.fork {
        holes.add("the repository is a fork, whose objects others share", "make one of its own");
    }
    if repository.default_branch != MAIN {
        holes.add(format!("the default branch is not {MAIN}"), by_hand);
    }
    let form = github.subject_form().await?;
    if form.use_default || form.include_claim_keys != settings::subject_form().include_claim_keys {
        holes.add(
            "the subjects of ID tokens do not name the workflow: another one on main could mint",
            "`jit ci init --apply` sets them; then put the new trust policies on the roles",
        );
    }
    for environment in environments(policy) {
        inspect_environment(github, &environment, &mut holes).await?;
    }
    inspect_rulesets(github, policy, &mut holes).await?;
    let misplaced = github.secrets().await?;
    for name in SECRETS.iter().filter(|name| misplaced.iter().any(|secret| secret == *name)) {
        holes.add(
            format!("{name} is a secret of the whole repository: every workflow on any branch reads it"),
            format!("delete it there, and put a new one into the environment {LOG_ENVIRONMENT}"),
        );
    }
    inspect_main(github, &mut holes).await?;
    let keys = policy.forge().map_or(&[][..], |forge| &forge.log_keys);
    if let Err(error) = Log::open(github, keys, &authority(repository.id), system.clock.now()).await {
        holes.add(error.to_string(), error.hint().unwrap_or_default());
    }
    Ok(holes.0)
}

/// The environments that a policy needs.
pub(super) fn environments(policy: &Policy) -> Vec<String> {
    std::iter::once(LOG_ENVIRONMENT.to_owned())
        .chain(policy.roles().map(|role| environment_of(&role.name)))
        .collect()
}

async fn inspect_environment(github: &GitHub, name: &str, holes: &mut Holes) -> Result<(), Failure> {
    let mend = "`jit ci init --apply` sets it";
    let Some(environment) = github.environment(name).await? else {
        holes
            .add(format!("the environment {name} is missing: GitHub would make it without protection"), mend);
        return Ok(());
    };
    let listed = environment.deployment_branch_policy.is_some_and(|policy| policy.custom_branch_policies);
    let patterns = if listed { github.environment_branches(name).await? } else { Vec::new() };
    let exact =
        matches!(patterns.as_slice(), [only] if only.name == MAIN && only.kind.as_deref() != Some("tag"));
    if !exact {
        holes.add(format!("the environment {name} is open to other branches than {MAIN}"), mend);
    }
    Ok(())
}

async fn inspect_rulesets(github: &GitHub, policy: &Policy, holes: &mut Holes) -> Result<(), Failure> {
    let mut active = Vec::new();
    for entry in github.rulesets().await?.iter().filter(|entry| entry.enforcement == "active") {
        active.push(github.ruleset(entry.id).await?);
    }
    let mend = "`jit ci init --apply` sets the rulesets";
    for wanted in settings::rulesets(None) {
        let branch = included(&wanted).first().cloned().unwrap_or_default();
        let covering: Vec<&Value> = active.iter().filter(|ruleset| covers(ruleset, &branch)).collect();
        let has = |kind: &str| covering.iter().any(|ruleset| rule(ruleset, kind).is_some());
        for kind in kinds(&wanted).into_iter().filter(|kind| !has(kind)) {
            holes.add(format!("no ruleset on {branch} has the rule {kind}"), mend);
        }
        let bypassing = covering.iter().map(|ruleset| bypasses(ruleset)).max().unwrap_or_default();
        let allowed = usize::from(branch.ends_with(LOG_BRANCH));
        if bypassing > allowed {
            holes.add(
                format!("{bypassing} actors may go past the rules on {branch}"),
                "remove them from the ruleset",
            );
        }
        if let Some(needed) = covering.iter().find_map(|ruleset| rule(ruleset, "pull_request")) {
            inspect_reviews(needed, policy, holes);
        }
    }
    Ok(())
}

/// Changing who may ask must not be easier than being let in.
fn inspect_reviews(rule: &Value, policy: &Policy, holes: &mut Holes) {
    let parameters = rule.get("parameters").cloned().unwrap_or_default();
    let number = parameters.get("required_approving_review_count").and_then(Value::as_u64).unwrap_or(0);
    let strictest = policy.roles().max_by_key(|role| least(&role.approval));
    if let Some(role) = strictest.filter(|role| least(&role.approval) > number) {
        holes.add(
            format!(
                "a change of the policy needs {number} reviews, and {} needs {}",
                role.name,
                least(&role.approval)
            ),
            format!("require as many on {MAIN}"),
        );
    }
    for (name, words) in [
        ("require_code_owner_review", "code owners need not review changes of the policy"),
        (
            "dismiss_stale_reviews_on_push",
            "a change of the policy keeps its reviews when it is changed again",
        ),
        ("require_last_push_approval", "whoever pushed last may be the one who approves"),
    ] {
        if parameters.get(name).and_then(Value::as_bool) != Some(true) {
            holes.add(words, format!("set {name} on {MAIN}"));
        }
    }
}

/// The fewest people who could satisfy a rule.
fn least(rule: &Rule) -> u64 {
    match rule {
        Rule::None => 0,
        Rule::Of(demand) => demand.count as u64,
        Rule::All(rules) => rules.iter().map(least).sum(),
        Rule::Any(rules) => rules.iter().map(least).min().unwrap_or(0),
    }
}

async fn inspect_main(github: &GitHub, holes: &mut Holes) -> Result<(), Failure> {
    let Some(main) = github.branch(MAIN).await? else {
        holes.add(format!("there is no branch {MAIN}"), "make it");
        return Ok(());
    };
    let mut reader = Reader::new(github);
    let tree = github.tree(&main).await?;
    if !tree.tree.iter().any(|entry| entry.path == WORKFLOW) {
        holes.add(format!("there is no {WORKFLOW}"), "`jit ci init` writes it");
    }
    for path in super::check::reaching(&mut reader, &tree).await? {
        holes.add(
            format!("{path} names an environment that is jit.yml's alone, or hides which"),
            "change it: whoever can start it may read the log's key",
        );
    }
    Ok(())
}

fn included(ruleset: &Value) -> Vec<String> {
    let names = ruleset.pointer("/conditions/ref_name/include").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether a ruleset is for exactly these branches, or for all, and leaves none of them out.
fn covers(ruleset: &Value, branch: &str) -> bool {
    let excluded = ruleset.pointer("/conditions/ref_name/exclude").and_then(Value::as_array);
    let whole = excluded.is_none_or(Vec::is_empty);
    let main = branch == format!("refs/heads/{MAIN}");
    let names = |name: &String| name == branch || name == "~ALL" || main && name == "~DEFAULT_BRANCH";
    whole && included(ruleset).iter().any(names)
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

fn bypasses(ruleset: &Value) -> usize {
    ruleset.get("bypass_actors").and_then(Value::as_array).map_or(0, Vec::len)
}

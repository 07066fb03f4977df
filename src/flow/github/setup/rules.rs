//! Sets environments, rulesets and the form of ID tokens.

use serde_json::Value;

use crate::flow::Failure;
use crate::flow::github::setup::gate::Gate;
use crate::flow::github::setup::init::Prepared;
use crate::flow::github::setup::init::Setup;
use crate::flow::github::setup::settings;
use crate::flow::github::setup::standing::Standing;
use crate::flow::github::setup::standing::covers;
use crate::github::GitHub;
use crate::github::MAIN;
use crate::policy::LogWriter;

/// The name of a ruleset.
pub(super) fn name_of(ruleset: &Value) -> String {
    ruleset.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Makes an environment for `main` alone, which holds up nothing.
///
/// # Errors
/// GitHub refuses.
pub(super) async fn set_environment(setup: &Setup<'_>, name: &str) -> Result<(), Failure> {
    let github = &setup.github;
    github.protect_environment(name).await?;
    let listed = github.environment_branches(name).await?;
    if !listed.iter().any(|pattern| pattern.name == MAIN) {
        github.allow_branch(name, MAIN).await?;
    }
    setup.tell(&format!("environment {name}"));
    Ok(())
}

/// The team whose members must give all reviews of a change of the policy. `None` if one review of an owner is enough, or if the owners
/// are not one team that may write here: then `left` says so.
///
/// # Errors
/// GitHub does not answer.
pub(super) async fn owner_team(
    github: &GitHub,
    owners: &str,
    gate: Gate,
    left: &mut Vec<String>,
) -> Result<Option<u64>, Failure> {
    if !gate.needs_team() {
        return Ok(None);
    }
    let named = owners.strip_prefix('@').and_then(|name| name.split_once('/'));
    let own = named.filter(|(organisation, _)| organisation.eq_ignore_ascii_case(&github.slug.owner));
    let team = match own {
        Some((_, slug)) => {
            github.teams().await?.into_iter().find(|team| team.slug.eq_ignore_ascii_case(slug))
        }
        None => None,
    };
    if team.as_ref().is_none_or(|team| !team.may_write()) {
        left.push(format!(
            "give one team of the organisation write access by name, and run this again with it alone: until then {} of the {} reviews of \
             a change may be of anybody who may write",
            gate.reviews - 1,
            gate.reviews
        ));
        return Ok(None);
    }
    Ok(team.map(|team| team.id))
}

/// Makes or replaces the rulesets that differ.
///
/// # Errors
/// GitHub refuses.
pub(super) async fn set_rulesets(
    setup: &Setup<'_>,
    standing: &Standing,
    wanted: Vec<Value>,
    writer: Option<LogWriter>,
) -> Result<(), Failure> {
    for ruleset in wanted {
        let name = name_of(&ruleset);
        let set = match standing.ruleset(&name) {
            Some(has) if covers(has, &ruleset) => continue,
            Some(has) => {
                let id = has.get("id").and_then(Value::as_u64).unwrap_or_default();
                setup.github.update_ruleset(id, &ruleset).await
            }
            None => setup.github.create_ruleset(&ruleset).await,
        };
        set.map_err(|error| {
            let is_unknown = error.status() == Some(422) && name == settings::LOG_RULESET;
            let failure = Failure::from(error);
            match writer {
                Some(LogWriter::App(id)) if is_unknown => failure.hint(format!(
                    "the app {id} must be installed on {} first: then run the command again",
                    setup.plan.slug
                )),
                _ => failure,
            }
        })?;
        setup.tell(&format!("ruleset {name}"));
    }
    Ok(())
}

/// Sets the form of the subjects of ID tokens, if it is another.
///
/// # Errors
/// GitHub refuses.
pub(super) async fn set_subject(setup: &Setup<'_>, standing: &Standing) -> Result<(), Failure> {
    if !settings::is_wanted(&standing.subject) {
        setup.github.set_subject_form(&settings::subject_form()).await?;
        setup.tell("the subject of ID tokens");
    }
    Ok(())
}

/// The changes of the settings, in lines. `wanted` are the rulesets.
pub(super) fn describe(
    standing: &Standing,
    environments: &[String],
    wanted: &[Value],
    prepared: &mut Prepared,
) {
    for name in environments.iter().filter(|name| !standing.ready.contains(*name)) {
        prepared.planned.push(format!("set     environment {name}, for {MAIN} alone"));
    }
    for ruleset in wanted {
        let name = name_of(ruleset);
        match standing.ruleset(&name) {
            None => prepared.planned.push(format!("new     ruleset {name}")),
            Some(has) if !covers(has, ruleset) => {
                prepared.planned.push(format!("change  ruleset {name}"));
            }
            Some(_) => {}
        }
    }
    if !settings::is_wanted(&standing.subject) {
        let claims = standing.subject.include_claim_keys.clone().unwrap_or_default().join(", ");
        let claims = if claims.is_empty() { "GitHub's own form".to_owned() } else { claims };
        prepared.planned.push(format!(
            "change  the subject of ID tokens, which is {claims}: each role's cloud must trust a new one before jit mints again"
        ));
    }
}

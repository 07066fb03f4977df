//! `jit ci init`: the files, the settings, and the trust policy for each cloud.

use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use crate::deliver::difference;
use crate::flow::Failure;
use crate::flow::doctor::CheckResult;
use crate::flow::github::inspect::environments;
use crate::flow::github::inspect::inspect;
use crate::flow::github::setup::gate::Gate;
use crate::flow::github::setup::places;
use crate::flow::github::setup::settings;
use crate::flow::github::setup::templates;
use crate::flow::github::setup::templates::Download;
use crate::flow::github::setup::templates::Likeness;
use crate::flow::github::setup::templates::files;
use crate::flow::policy::does_not_load;
use crate::flow::policy::locate;
use crate::flow::session::github_token;
use crate::forge::log::JournalKey;
use crate::github::GitHub;
use crate::github::LOG_BRANCH;
use crate::github::LOG_ENVIRONMENT;
use crate::github::MAIN;
use crate::github::api::Slug;
use crate::github::api::models::Repository;
use crate::github::authority;
use crate::github::log_store::genesis;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::span::whole_seconds;
use crate::policy::LogWriter;
use crate::policy::Policy;
use crate::provider::aws::forge_trust::Document;
use crate::provider::aws::forge_trust::documents;
use crate::secret::Secret;
use crate::system::System;
use crate::system::files as disk;

/// The options of the command.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The repository.
    pub slug: Slug,
    /// The `jit` that its workflows run.
    pub download: Download,
    /// The owners of the policy, in CODEOWNERS syntax.
    pub owners: String,
    /// The only actor that may write the log.
    pub writer: Option<LogWriter>,
}

/// The result: what was written and set, and what is left to do.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// Files that were written.
    pub written: Vec<String>,
    /// Files among them that replaced another text, with the changed lines: `-` before removed ones, `+` before added
    /// ones.
    pub replaced: Vec<(String, Vec<String>)>,
    /// Existing files that were kept.
    pub kept: Vec<String>,
    /// Settings that were made at GitHub.
    pub set: Vec<String>,
    /// Steps left to people.
    pub left: Vec<String>,
    /// The trust policies for clouds.
    pub trust: Vec<Document>,
}

/// Writes the files into the working folder.
///
/// # Errors
/// There is no policy here, or a file cannot be written.
pub fn write(system: &System, plan: &Plan) -> Result<(Policy, Prepared), Failure> {
    let policy = locate(system, None)?.load().map_err(|problems| does_not_load(&problems))?;
    if plan.owners.is_empty() || !plan.owners.split(' ').all(is_owner) {
        return Err(Failure::usage("the owners of the policy are not named")
            .hint("name people or teams as GitHub does: --owners @acme/security"));
    }
    let mut prepared = Prepared::default();
    for file in files(&plan.download, &plan.owners) {
        let path = system.files.working.join(file.path);
        if file.keeps && path.exists() {
            prepared.kept.push(file.path.to_owned());
            continue;
        }
        let before = std::fs::read_to_string(&path).ok();
        put(&path, &file.text)?;
        prepared.written.push(file.path.to_owned());
        if let Some(before) = before.filter(|before| *before != file.text) {
            prepared.replaced.push((file.path.to_owned(), difference(&before, &file.text)));
            if templates::compare(file.path, &before) == Likeness::Older {
                prepared.left.push(format!(
                    "bring {} to main by a reviewed pull request: it replaces an older form, and everybody then needs this version of jit; open requests stay",
                    file.path
                ));
            }
        }
    }
    Ok((policy, prepared))
}

fn is_owner(text: &str) -> bool {
    text.strip_prefix('@').is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
    })
}

fn put(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, text)).map_err(|error| {
        Failure::failed(format!("{} cannot be written", path.display())).cause(error.to_string())
    })
}

/// Lists the settings that people would have to make by hand for a policy.
pub fn describe(plan: &Plan, policy: &Policy, prepared: &mut Prepared) {
    let left = &mut prepared.left;
    left.push("make an Ed25519 key for the log: `jit ci init --apply` does".to_owned());
    for environment in environments(policy) {
        left.push(format!("environment {environment}: deployment branches exactly {MAIN}"));
    }
    left.push(format!(
        "environment {LOG_ENVIRONMENT}: secrets JIT_LOG_KEY, JIT_LOG_APP and JIT_LOG_APP_KEY, there and nowhere else"
    ));
    for ruleset in settings::rulesets(plan.writer, Gate::of(policy), None) {
        left.push(format!("ruleset {}", named(&ruleset)));
    }
    left.push(
        "subject of ID tokens: claims repo, context, job_workflow_ref, runner_environment; immutable"
            .to_owned(),
    );
}

fn named(ruleset: &Value) -> String {
    ruleset.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Makes all settings at GitHub, with a token that may administer the repository.
///
/// # Errors
/// GitHub refuses. The settings made before stay.
pub async fn apply(
    system: &System,
    plan: &Plan,
    policy: &Policy,
    key_file: Option<&Path>,
    prepared: &mut Prepared,
) -> Result<(), Failure> {
    let github = client(system, plan)?;
    let repository = github.repository().await?;
    github.set_subject_form(&settings::subject_form()).await?;
    prepared.set.push("the subject of ID tokens".to_owned());
    for environment in environments(policy) {
        set_environment(&github, &environment, prepared).await?;
    }
    log(system, &github, &repository, plan, key_file, prepared).await?;
    let named = policy.forge().and_then(|forge| forge.log_writer);
    let writer = match plan.writer.or(named) {
        Some(writer) => Some(writer),
        None => settled_writer(&github).await?,
    };
    let gate = Gate::of(policy);
    let team = owner_team(&github, &plan.owners, gate, prepared).await?;
    set_rulesets(&github, settings::rulesets(writer, gate, team), prepared).await?;
    if let Some(writer) = writer.filter(|writer| named != Some(*writer)) {
        prepared
            .left
            .push(format!("write into access.toml, under [authority.github]: log_writer = \"{writer}\""));
    }
    if writer.is_none() {
        prepared.left.push("name who may write the log: run this again with --log-writer app:ID".to_owned());
    }
    for finding in inspect(system, &github, policy).await {
        if matches!(finding.verdict, CheckResult::Problem | CheckResult::Unknown) {
            let mend = finding.mend.map_or_else(String::new, |mend| format!(": {mend}"));
            prepared.left.push(format!("{}{mend}", finding.found));
        }
    }
    prepared
        .left
        .push(format!("put the app that may write {LOG_BRANCH} into {LOG_ENVIRONMENT} as JIT_LOG_APP and JIT_LOG_APP_KEY, or a token as JIT_LOG_TOKEN"));
    Ok(())
}

async fn set_environment(github: &GitHub, name: &str, prepared: &mut Prepared) -> Result<(), Failure> {
    github.protect_environment(name).await?;
    let listed = github.environment_branches(name).await?;
    if !listed.iter().any(|pattern| pattern.name == MAIN) {
        github.allow_branch(name, MAIN).await?;
    }
    prepared.set.push(format!("environment {name}"));
    Ok(())
}

/// The existing writer of the log, used if none is named: a second setup must not lock it out.
async fn settled_writer(github: &GitHub) -> Result<Option<LogWriter>, Failure> {
    for entry in github.rulesets().await? {
        if entry.name == settings::LOG_RULESET {
            return Ok(settings::writer_of(&github.ruleset(entry.id).await?));
        }
    }
    Ok(None)
}

/// The team whose members must give all reviews of a change of the policy. `None` if one review of an owner is enough, or if the owners
/// are not one team that may write here.
async fn owner_team(
    github: &GitHub,
    owners: &str,
    gate: Gate,
    prepared: &mut Prepared,
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
        prepared.left.push(format!(
            "give one team of the organisation write access by name, and run this again with it alone: until then {} of the {} reviews of \
             a change may be of anybody who may write",
            gate.reviews - 1,
            gate.reviews
        ));
        return Ok(None);
    }
    Ok(team.map(|team| team.id))
}

async fn set_rulesets(github: &GitHub, rulesets: Vec<Value>, prepared: &mut Prepared) -> Result<(), Failure> {
    let existing = github.rulesets().await?;
    for ruleset in rulesets {
        let name = named(&ruleset);
        match existing.iter().find(|entry| entry.name == name) {
            Some(entry) => github.update_ruleset(entry.id, &ruleset).await?,
            None => github.create_ruleset(&ruleset).await?,
        }
        prepared.set.push(format!("ruleset {name}"));
    }
    Ok(())
}

/// Creates the log's key and its first commit, if there is no log yet. The private half goes into a file that only its
/// owner can read, and `gh secret set` reads it from there. It never appears in an argument or on the screen.
async fn log(
    system: &System,
    github: &GitHub,
    repository: &Repository,
    plan: &Plan,
    key_file: Option<&Path>,
    prepared: &mut Prepared,
) -> Result<(), Failure> {
    if github.branch(LOG_BRANCH).await?.is_some() {
        return Ok(());
    }
    let path = key_file.ok_or_else(|| {
        Failure::usage("the log has no key yet, and there is no place for its private half")
            .hint("name a file outside the repository: --key-file ~/jit-log.key")
    })?;
    let path = system.files.working.join(path);
    let seed = Secret::new(BASE64URL_NOPAD.encode(&system.entropy.seed()));
    let key = JournalKey::read(&seed).ok_or_else(|| Failure::failed("the log's key cannot be made"))?;
    if path.exists() {
        return Err(Failure::usage(format!("{} is there already", path.display())));
    }
    disk::replace_private(&path, seed.expose().as_bytes()).map_err(|error| {
        Failure::failed(format!("{} cannot be written", path.display())).cause(error.to_string())
    })?;
    let now = whole_seconds(system.clock.now());
    let first = genesis(&key, authority(repository.id), now).unwrap_or_default();
    let tree = github.create_tree(None, &first).await?;
    let commit = github.create_commit("The log begins", &tree, &[]).await?;
    github.create_branch(LOG_BRANCH, &commit).await?;
    prepared.set.push(format!("branch {LOG_BRANCH}"));
    let (slug, shown) = (&plan.slug, path.display());
    prepared
        .left
        .push(format!("write into access.toml: [authority.github] log_keys = [\"{}\"]", key.public_text()));
    prepared.left.push(format!(
        "hand over the private half, then delete the file: gh secret set JIT_LOG_KEY --repo {slug} --env {LOG_ENVIRONMENT} < {shown}"
    ));
    Ok(())
}

/// The trust policy for each role's cloud, in the form that the repository's tokens have according to GitHub.
///
/// # Errors
/// GitHub does not answer.
pub async fn trust(
    system: &System,
    plan: &Plan,
    policy: &Policy,
    prepared: &mut Prepared,
) -> Result<(), Failure> {
    let github = client(system, plan)?;
    let repository = github.repository().await?;
    let mut form = github.subject_form().await?;
    let wanted = settings::subject_form();
    if form.include_claim_keys != wanted.include_claim_keys {
        // The documents then fit the form that is to be set.
        form = wanted;
    }
    let issuer = policy.forge().cloned().unwrap_or_default().issuer;
    let roles: Vec<(Name, Target, Vec<String>)> = policy
        .roles()
        // A role that a broker's own identity opens is not available from GitHub, so it trusts no token of it.
        .filter(|role| !role.target.is_sandbox() && !role.target.is_by_broker())
        .map(|role| {
            (role.name.clone(), role.target.clone(), settings::subjects(&repository, &form, &role.name))
        })
        .collect();
    prepared.trust.extend(documents(&issuer, &roles));
    let elsewhere = places::documents(policy, &issuer, |role| settings::subjects(&repository, &form, role));
    prepared.trust.extend(elsewhere);
    Ok(())
}

fn client(system: &System, plan: &Plan) -> Result<GitHub, Failure> {
    let token = system.environment.get("GITHUB_TOKEN").ok_or_else(|| {
        Failure::usage("there is no token for GitHub")
            .hint("GITHUB_TOKEN=$(gh auth token) jit ci init …, as an administrator of the repository")
    })?;
    Ok(GitHub::new(&github_token::api(system)?, plan.slug.clone(), Secret::from(token), system)?)
}

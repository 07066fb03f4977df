//! `jit ci init`: the files alone, or the whole setup of a repository, stage by stage. Nothing changes before the person agreed.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::deliver::difference;
use crate::flow::Failure;
use crate::flow::doctor::CheckResult;
use crate::flow::github::inspect::environments;
use crate::flow::github::inspect::inspect;
use crate::flow::github::setup::commit;
use crate::flow::github::setup::commit::Brought;
use crate::flow::github::setup::files;
use crate::flow::github::setup::files::File;
use crate::flow::github::setup::gate::Gate;
use crate::flow::github::setup::intent::Intent;
use crate::flow::github::setup::rules;
use crate::flow::github::setup::settings;
use crate::flow::github::setup::standing::Standing;
use crate::flow::github::setup::templates;
use crate::flow::github::setup::templates::Download;
use crate::flow::github::setup::templates::Likeness;
use crate::flow::policy::Folder;
use crate::flow::policy::does_not_load;
use crate::flow::policy::locate;
use crate::flow::session::github_token;
use crate::github::GitHub;
use crate::github::LOG_ENVIRONMENT;
use crate::github::MAIN;
use crate::github::api::Slug;
use crate::github::api::models::Repository;
use crate::policy::LogWriter;
use crate::policy::Policy;
use crate::provider::trust::Document;
use crate::secret::Secret;
use crate::system::System;

/// The options of the command.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The repository.
    pub slug: Slug,
    /// The `jit` that its workflows run.
    pub download: Download,
    /// The owners of the policy, in CODEOWNERS syntax.
    pub owners: String,
    /// The only actor that may write the log. `None` for the one that is there, or a new app.
    pub writer: Option<LogWriter>,
    /// The file for the private half of a new log key. `None` puts it into a secret.
    pub key_file: Option<PathBuf>,
    /// Whether the log gets another key.
    pub new_log_key: bool,
    /// Whether only the address of the page for the app is printed.
    pub no_browser: bool,
    /// Whether the person agreed on the command line.
    pub yes: bool,
}

/// The result: what was written, and what is left to do.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// The changes at GitHub that were not made yet, in lines.
    pub planned: Vec<String>,
    /// Files that were written here.
    pub written: Vec<String>,
    /// Files among them that replaced another text, with the changed lines: `-` before removed ones, `+` before added
    /// ones.
    pub replaced: Vec<(String, Vec<String>)>,
    /// Existing files that were kept.
    pub kept: Vec<String>,
    /// Steps left to people.
    pub left: Vec<String>,
    /// The trust policies for clouds.
    pub trust: Vec<Document>,
}

/// A setup in progress.
pub(super) struct Setup<'a> {
    /// The world.
    pub system: &'a System,
    /// The options.
    pub plan: &'a Plan,
    /// A client with an administrator's token.
    pub github: GitHub,
    /// The address of its API.
    pub api: String,
    /// The repository.
    pub repository: Repository,
}

impl<'a> Setup<'a> {
    async fn open(system: &'a System, plan: &'a Plan) -> Result<Self, Failure> {
        let github = client(system, plan)?;
        let repository = github.repository().await?;
        let default = &repository.default_branch;
        if default != MAIN {
            return Err(Failure::usage(format!("the default branch of {} is {default}", plan.slug))
                .hint(format!("rename it to {MAIN} in the repository's settings")));
        }
        Ok(Self { system, plan, github, api: github_token::api(system)?, repository })
    }

    /// Says what was set.
    pub(super) fn tell(&self, what: &str) {
        self.system.console.say(&format!("set    {what}"));
    }

    /// Puts a secret into the log's environment.
    ///
    /// # Errors
    /// GitHub refuses.
    pub(super) async fn put_secret(&self, name: &str, value: &Secret<String>) -> Result<(), Failure> {
        let key = self.github.sealing_key(LOG_ENVIRONMENT).await?;
        let entropy = self.system.entropy.seed();
        Ok(self.github.put_secret(LOG_ENVIRONMENT, &key, name, value, entropy).await?)
    }
}

/// Writes the files into the working folder, and changes nothing at GitHub.
///
/// # Errors
/// There is no policy here, or a file cannot be written.
pub fn write(system: &System, plan: &Plan) -> Result<(Policy, Prepared), Failure> {
    let policy = locate(system, None)?.load().map_err(|problems| does_not_load(&problems))?;
    check_owners(plan)?;
    let mut prepared = Prepared::default();
    for file in templates::files(&plan.download, &plan.owners) {
        let path = system.files.working.join(file.path);
        if file.keeps && path.exists() {
            prepared.kept.push(file.path.to_owned());
            continue;
        }
        let before = std::fs::read_to_string(&path).ok();
        files::put(&path, &file.text)?;
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

fn check_owners(plan: &Plan) -> Result<(), Failure> {
    if plan.owners.is_empty() || !plan.owners.split(' ').all(is_owner) {
        return Err(Failure::usage("the owners of the policy are not named")
            .hint("name people or teams as GitHub does: --owners @acme/security"));
    }
    Ok(())
}

fn is_owner(text: &str) -> bool {
    text.strip_prefix('@').is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
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
        left.push(format!("ruleset {}", rules::name_of(&ruleset)));
    }
    left.push(
        "subject of ID tokens: claims repo, context, job_workflow_ref, runner_environment; immutable"
            .to_owned(),
    );
}

/// Sets the repository up, with a token that may administer it: log, writer, files, rules. A second run finishes what a first one
/// began.
///
/// # Errors
/// There is no policy here, the person does not agree, or GitHub refuses. The settings made before stay.
pub async fn apply(system: &System, plan: &Plan) -> Result<(Policy, Prepared), Failure> {
    check_owners(plan)?;
    let folder = locate(system, None)?;
    let policy = folder.load().map_err(|problems| does_not_load(&problems))?;
    let setup = Setup::open(system, plan).await?;
    let github = &setup.github;
    let standing = Standing::of(github, &policy).await?;
    let mut intent = Intent::of(&setup, &standing, &folder).await?;
    let mut prepared = Prepared::default();
    let gate = Gate::of(&policy);
    let team = rules::owner_team(github, &plan.owners, gate, &mut prepared.left).await?;
    let rulesets = |writer| settings::rulesets(writer, gate, team);
    let planned = intent.files(&setup, &standing, &folder).await?;
    check_policy(&folder, &planned)?;
    check_token(github, &planned).await?;
    intent.describe(&setup, &standing, &planned, &mut prepared);
    rules::describe(&standing, &environments(&policy), &rulesets(intent.expected_writer()), &mut prepared);
    agree(&setup, &prepared)?;

    let mut standing = standing;
    if standing.main.is_none() {
        commit::begin(github, &planned).await?;
        setup.tell(&format!("branch {MAIN}"));
        standing = Standing::of(github, &policy).await?;
    }
    for name in environments(&policy).iter().filter(|name| !standing.ready.contains(*name)) {
        rules::set_environment(&setup, name).await?;
    }
    intent.begin_log(&setup, &standing, &folder, &mut prepared).await?;
    intent.find_writer(&setup, &standing, &folder, &mut prepared).await?;
    let changed = intent.files(&setup, &standing, &folder).await?;
    bring(&setup, &standing, &changed, &mut prepared).await?;
    rules::set_subject(&setup, &standing).await?;
    rules::set_rulesets(&setup, &standing, rulesets(intent.named.writer), intent.named.writer).await?;
    let policy = folder.load().map_err(|problems| does_not_load(&problems))?;
    Ok((policy, prepared))
}

/// Refuses a policy that would not load with what `access.toml` gets.
fn check_policy(folder: &Folder, files: &[File]) -> Result<(), Failure> {
    let root = folder.file("");
    let inside = files.iter().filter_map(|file| Some((file.path.strip_prefix(&root)?, &file.text)));
    let known: BTreeSet<String> =
        Policy::files(&folder.path).map_err(|problems| does_not_load(&problems))?.into_keys().collect();
    let texts = inside.filter(|(path, _)| known.contains(*path));
    let texts = texts.map(|(path, text)| (path.to_owned(), text.clone().into_bytes()));
    Policy::compile(texts.collect()).map(|_| ()).map_err(|problems| does_not_load(&problems))
}

/// Refuses a classic token that may not change workflows. GitHub would answer "Not Found" in the middle of the work.
async fn check_token(github: &GitHub, files: &[File]) -> Result<(), Failure> {
    let is_workflow = |file: &&File| file.path.starts_with(".github/workflows/") && !file.is_same();
    if files.iter().find(is_workflow).is_none() {
        return Ok(());
    }
    let Ok((_, facts)) = github.token_facts().await else { return Ok(()) };
    match facts.scopes {
        Some(scopes) if !scopes.iter().any(|scope| scope == "workflow") => {
            Err(Failure::usage("the token may not change workflows: it lacks the scope workflow")
                .hint("gh auth refresh --scopes workflow, then GITHUB_TOKEN=$(gh auth token) jit ci init …"))
        }
        _ => Ok(()),
    }
}

/// Shows what would change, and asks once.
fn agree(setup: &Setup<'_>, prepared: &Prepared) -> Result<(), Failure> {
    let console = &setup.system.console;
    if prepared.planned.is_empty() {
        console.say(&format!("{} is set up like this already", setup.plan.slug));
        return Ok(());
    }
    prepared.planned.iter().for_each(|line| console.say(line));
    if setup.plan.yes {
        return Ok(());
    }
    if !console.is_interactive() {
        return Err(Failure::usage("nobody is there to agree, so nothing was changed")
            .hint("agree on the command line: jit ci init … --apply -y"));
    }
    if console.confirm(&format!("Set up {} like this?", setup.plan.slug), false)? {
        return Ok(());
    }
    Err(Failure::failed("nothing was changed"))
}

async fn bring(
    setup: &Setup<'_>,
    standing: &Standing,
    changed: &[File],
    prepared: &mut Prepared,
) -> Result<(), Failure> {
    prepared.written.extend(files::write(setup.system, changed)?);
    let Some(main) = &standing.main else { return Ok(()) };
    let brought =
        commit::bring(&setup.github, setup.repository.id, main, standing.is_closed, changed).await?;
    match brought {
        Brought::Already => {}
        Brought::Main(_) => setup.tell(&format!("the files on {MAIN}, in one commit")),
        Brought::Pull(number) => {
            setup.tell(&format!(
                "pull request #{number}, since {MAIN} changes by reviewed pull requests alone"
            ));
            prepared.left.push(format!(
                "have the owners review and merge it: gh pr view {number} --repo {} --web",
                setup.plan.slug
            ));
        }
    }
    Ok(())
}

/// Adds what `jit doctor` would find.
///
/// # Errors
/// There is no token.
pub async fn examine(
    system: &System,
    plan: &Plan,
    policy: &Policy,
    prepared: &mut Prepared,
) -> Result<(), Failure> {
    for finding in inspect(system, &client(system, plan)?, policy).await {
        if matches!(finding.verdict, CheckResult::Problem | CheckResult::Unknown) {
            let mend = finding.mend.map_or_else(String::new, |mend| format!(": {mend}"));
            prepared.left.push(format!("{}{mend}", finding.found));
        }
    }
    Ok(())
}

/// A client with the token in `GITHUB_TOKEN`.
///
/// # Errors
/// There is none, or the API's address is not one to which a token may be sent.
pub(super) fn client(system: &System, plan: &Plan) -> Result<GitHub, Failure> {
    let token = system.environment.get("GITHUB_TOKEN").ok_or_else(|| {
        Failure::usage("there is no token for GitHub")
            .hint("GITHUB_TOKEN=$(gh auth token) jit ci init …, as an administrator of the repository")
    })?;
    Ok(GitHub::new(&github_token::api(system)?, plan.slug.clone(), Secret::from(token), system)?)
}

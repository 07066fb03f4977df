//! `jit ci check`: derives what a pull request asks or changes, for people. No decision depends on it.

use std::sync::Arc;

use crate::config::inputs;
use crate::flow::Failure;
use crate::flow::github::run::surroundings::client;
use crate::flow::github::run::surroundings::number;
use crate::flow::github::setup::workflow_file::look;
use crate::forge::request_file;
use crate::forge::request_file::FOLDER;
use crate::forge::request_file::MAX_FILE;
use crate::forge::request_file::RequestFile;
use crate::github::GitHub;
use crate::github::MAIN;
use crate::github::WORKFLOW;
use crate::github::api::models::ChangedFile;
use crate::github::api::models::Pull;
use crate::github::api::models::Tree;
use crate::github::api::requests::Which;
use crate::github::authority;
use crate::github::between::Between;
use crate::github::objects::Objects;
use crate::github::tree::Reader;
use crate::github::tree::TreeError;
use crate::github::workload::check_token;
use crate::grant::RequestId;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::identity::statement::open;
use crate::judgement::review::check_prose;
use crate::judgement::views::approval_of;
use crate::policy::Difference;
use crate::policy::Lint;
use crate::policy::Listing;
use crate::policy::Obstacle;
use crate::policy::Outcome;
use crate::policy::Policy;
use crate::policy::Problem;
use crate::system::System;
use crate::system::git::EntryKind;

/// The largest workflow that is read, in bytes.
const MAX_WORKFLOW: usize = 256 * 1024;

/// The most files of a pull request that GitHub lists ("List pull requests files").
const MOST_FILES: usize = 3_000;
/// The most files in a comparison (GitHub, "Compare two commits").
const COMPARED: usize = 300;

/// The only file in the folder of requests that is not a request.
const README: &str = "requests/README.md";

/// The kind of a pull request.
pub enum Checked {
    /// A request.
    Request(Box<Asked>),
    /// A change of the policy or of workflows.
    Policy(Box<Changed>),
    /// Neither.
    Other,
}

/// A request, as derived from its bytes.
pub struct Asked {
    /// Its id.
    pub id: RequestId,
    /// Its statement.
    pub statement: RequestStatement,
    /// The role's description in the policy on the base.
    pub description: String,
    /// The objections of the signature check and of the policy.
    pub objections: Vec<String>,
    /// The approvals that the policy on the base demands.
    pub approval: String,
    /// The title and the text that the pull request has now, written by anybody.
    pub shown: (String, String),
}

/// A change, and whether it is valid.
#[derive(Default)]
pub struct Changed {
    /// The policy's folder in the repository: empty, or `access/`.
    pub root: String,
    /// Errors that keep the policy from loading.
    pub problems: Vec<Problem>,
    /// Lints of the policy.
    pub lints: Vec<Lint>,
    /// The outcomes of the cases in `tests/`.
    pub outcomes: Vec<Outcome>,
    /// The people who gained and lost access.
    pub difference: Option<Difference>,
    /// Changed workflows that may reach environments reserved for `jit.yml`.
    pub workflows: Vec<String>,
}

impl Changed {
    /// Whether there is an error.
    pub fn is_broken(&self) -> bool {
        !self.problems.is_empty()
            || !self.workflows.is_empty()
            || self.lints.iter().any(|lint| lint.severity == crate::policy::Severity::Error)
            || self.outcomes.iter().any(|outcome| !outcome.holds())
    }
}

/// Checks a pull request.
///
/// # Errors
/// It does something that no pull request may, or GitHub does not answer.
pub async fn check(system: &System) -> Result<Checked, Failure> {
    let github = client(system)?;
    let number = number(system, inputs::PULL)?;
    let (survey, mut found) = github.requests(Which::Number(number)).await?;
    let (repository, pull) = (survey.repository, found.remove(0).pull);
    let mut reader = Reader::new(&github).through(Objects::passing(system, &github));
    // The base that the pull request names is the branch's head at the last push.
    let into = survey.main.as_deref().filter(|_| pull.base.branch == MAIN).unwrap_or(&pull.base.sha);
    let Between { base, files } = reader.between(into, &survey.newest, &pull.head.sha).await?;
    // A comparison has the first files only.
    let files = match files.len() {
        ..COMPARED => files,
        _ => github.pull_files(pull.number).await?,
    };
    let is_request = |path: &str| path.starts_with(FOLDER) && path != README;
    let asks = files.iter().any(|file| touches(file, is_request));
    if asks {
        return request(&github, &files, &mut reader, &base, &pull, &authority(repository.id)).await;
    }
    // GitHub lists no more files than these, so what comes after them may be anything.
    let cut = files.len() >= MOST_FILES;
    let policy = cut || files.iter().any(|file| touches(file, is_policy));
    let workflow = cut || files.iter().any(|file| touches(file, is_workflow));
    if !policy && !workflow {
        return Ok(Checked::Other);
    }
    let mut changed =
        if policy { changes(&mut reader, &base, &pull.head.sha).await? } else { Changed::default() };
    let tree = reader.listing(&pull.head.sha).await.map_err(tree_failure)?;
    let own = |path: &String| cut || files.iter().any(|file| file.filename == *path);
    changed.workflows = reaching(&mut reader, &tree).await?.into_iter().filter(own).collect();
    Ok(Checked::Policy(Box::new(changed)))
}

fn is_workflow(path: &str) -> bool {
    path.starts_with(".github/workflows/")
}

/// The workflows of a commit, except `jit.yml`, that may reach environments reserved for `jit.yml`.
async fn reaching(reader: &mut Reader<'_>, tree: &Tree) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for entry in tree.tree.iter().filter(|entry| is_workflow(&entry.path) && entry.path != WORKFLOW) {
        let content = reader.file(tree, &entry.path, MAX_WORKFLOW).await?;
        // A file that is too long to read does not count as harmless.
        let harmless = content.is_some_and(|content| !look(&String::from_utf8_lossy(&content)).reaches);
        if entry.kind == "blob" && !harmless {
            found.push(entry.path.clone());
        }
    }
    Ok(found)
}

fn touches(file: &ChangedFile, wanted: impl Fn(&str) -> bool) -> bool {
    wanted(&file.filename) || file.previous_filename.as_deref().is_some_and(wanted)
}

/// Whether a path belongs to a policy, in either of its folders.
fn is_policy(path: &str) -> bool {
    let path = path.strip_prefix("access/").unwrap_or(path);
    Listing::default().see(path, EntryKind::File(0))
}

async fn request(
    github: &GitHub,
    files: &[ChangedFile],
    reader: &mut Reader<'_>,
    base: &str,
    pull: &Pull,
    authority: &str,
) -> Result<Checked, Failure> {
    let (head, asked) = (&pull.head.sha, pull.created_at);
    let [file] = files else {
        return Err(Failure::refused("a request's pull request adds its one file and does nothing else")
            .hint("change the policy in a pull request of its own"));
    };
    let id = request_file::id_in(&file.filename).filter(|_| file.status == "added");
    let Some(id) = id else {
        return Err(Failure::refused("files of requests are added, under their own ids, and never changed"));
    };
    let tree = reader.listing(head).await.map_err(tree_failure)?;
    let content = reader.file(&tree, &file.filename, MAX_FILE).await?;
    let content = content.ok_or_else(|| Failure::refused("the request's file cannot be read"))?;
    let read = request_file::read(&content).map_err(|error| Failure::refused(error.to_string()))?;
    if read.digest.request_id() != id {
        return Err(Failure::refused("the file has another request's name"));
    }
    let policy = Arc::new(reader.policy(base).await.map_err(tree_failure)?);
    let objection = match &read.statement.workload {
        None => person_objects(&read, &policy, authority),
        Some(run) => {
            let issuer = policy.forge().cloned().unwrap_or_default().issuer;
            let keys = github.issuer_keys(&issuer).await?;
            check_token(&keys, &[&policy], &read, run, asked).err().map(|refusal| refusal.to_string())
        }
    };
    let mut asked = describe(id, read.statement, objection, &policy);
    // A text that is too long to be read is replaced.
    asked.shown = (pull.title.clone(), pull.body.clone().unwrap_or_default());
    Ok(Checked::Request(Box::new(asked)))
}

/// The objection to the signature of a person's request. `None` if it is valid.
fn person_objects(file: &RequestFile, policy: &Policy, authority: &str) -> Option<String> {
    let who = &file.statement.header.who;
    match open(&file.signed, file.statement.way.kind(), authority) {
        Ok((_, verified)) => {
            let owner = policy.person_of_key(&verified.fingerprint);
            owner
                .is_none_or(|person| person.name != *who)
                .then(|| format!("the key that signed it is not {who}'s"))
        }
        Err(error) => Some(error.to_string()),
    }
}

fn describe(id: RequestId, statement: RequestStatement, objection: Option<String>, policy: &Policy) -> Asked {
    let mut objections: Vec<String> = objection.into_iter().collect();
    let who = &statement.header.who;
    objections.extend(check_prose(&statement.reason).err().map(|refusal| refusal.to_string()));
    if statement.policy != policy.revision {
        objections.push("it was made under another policy".to_owned());
    }
    let role = policy.role(&statement.role);
    match role {
        None => objections.push(format!("there is no role {}", statement.role)),
        Some(role) if role.target != statement.target => {
            objections.push(format!("{} opens {}", role.name, role.target.describe()));
        }
        Some(role) if !policy.may_request(who, role) => {
            objections.push(format!("{who} may not ask for {}", role.name));
        }
        Some(_) => {}
    }
    if let Some(role) = role {
        let emergency = statement.way == Way::BreakGlass;
        let stands =
            |obstacle: &Obstacle| obstacle.is_whole() || emergency && *obstacle == Obstacle::Emergency;
        objections.extend(
            policy.obstacles(role).iter().filter(|obstacle| stands(obstacle)).map(ToString::to_string),
        );
    }
    Asked {
        id,
        description: role.map(|role| role.description.clone()).unwrap_or_default(),
        approval: approval_of(policy, &statement),
        objections,
        statement,
        shown: Default::default(),
    }
}

async fn changes(reader: &mut Reader<'_>, base: &str, head: &str) -> Result<Changed, Failure> {
    let tree = reader.listing(head).await.map_err(tree_failure)?;
    let at_root = tree.tree.iter().any(|entry| entry.path == "access.toml");
    let mut changed =
        Changed { root: if at_root { String::new() } else { "access/".to_owned() }, ..Changed::default() };
    let after = match reader.policy_or_problems(head).await.map_err(tree_failure)? {
        Ok(policy) => policy,
        Err(problems) => {
            changed.problems = problems.0;
            return Ok(changed);
        }
    };
    changed.lints = after.all_lints().into_iter().filter(|lint| lint.allowed.is_none()).collect();
    match after.cases() {
        Ok(cases) => changed.outcomes = after.run(&cases),
        Err(problems) => changed.problems = problems.0,
    }
    // The first policy of a repository has no predecessor to be compared with.
    if let Ok(Ok(before)) = reader.policy_or_problems(base).await {
        changed.difference = Some(Difference::between(&before, &after));
    }
    Ok(changed)
}

fn tree_failure(error: TreeError) -> Failure {
    crate::github::gather::GatherError::from(error).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_policy_is_known_by_its_path() {
        for path in
            ["access.toml", "access/access.toml", "roles/x.toml", "access/rules/x.cedar", "people.toml"]
        {
            assert!(is_policy(path), "{path}");
        }
        for path in ["README.md", "requests/7F3KQ2M8ZD.json", "src/roles/x.toml", ".github/workflows/jit.yml"]
        {
            assert!(!is_policy(path), "{path}");
        }
    }
}

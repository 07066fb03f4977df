//! A policy, by a folder's path or a git revision.

use std::path::Path;

use super::folder::Folder;
use super::folder::locate;
use crate::flow::Failure;
use crate::policy::CommitError;
use crate::policy::Listing;
use crate::policy::Policy;
use crate::policy::Problems;
use crate::policy::folder_in_tree;
use crate::system::System;
use crate::system::git::GitError;
use crate::system::git::Repository;

/// Whether an argument is a path and not a revision. Only its spelling counts.
fn is_path(text: &str) -> bool {
    let relative = ["./", "../", ".\\", "..\\"].iter().any(|start| text.starts_with(start));
    matches!(text, "." | "..") || relative || Path::new(text).is_absolute()
}

/// Whether a bare name can only be a folder: it contains a policy, and the working folder is in no repository. Inside a
/// repository it is never a folder, even if git has no such revision. Otherwise anybody who can add a folder could
/// replace a branch that the clone lacks.
fn is_folder_alone(system: &System, text: &str) -> bool {
    let working = &system.files.working;
    let in_repository = working.ancestors().any(|folder| {
        folder.join(".git").symlink_metadata().is_ok()
            || folder.join("HEAD").is_file() && folder.join("objects").is_dir()
    });
    !in_repository && !text.starts_with('-') && working.join(text).join("access.toml").is_file()
}

/// Reads a policy. `folder` is the policy's folder within the repository, for revisions. Without `typed`, reads the
/// folder on disk, or HEAD in a bare repository.
pub async fn read(
    system: &System,
    typed: Option<&str>,
    folder: Option<&str>,
) -> Result<Result<Policy, Problems>, Failure> {
    match typed {
        Some(text) if is_path(text) => Ok(locate(system, Some(Path::new(text)))?.load()),
        Some(text) if is_folder_alone(system, text) => Ok(locate(system, Some(Path::new(text)))?.load()),
        Some(text) => in_git(system, text, folder).await,
        None => {
            let repository = Repository::around(system);
            match (repository.place().await, locate(system, folder.map(Path::new))) {
                (Ok((true, _)), _) => in_git(system, "HEAD", folder).await,
                (_, Ok(found)) => Ok(Folder::load(&found)),
                (_, Err(failure)) => Err(failure),
            }
        }
    }
}

async fn in_git(
    system: &System,
    name: &str,
    folder: Option<&str>,
) -> Result<Result<Policy, Problems>, Failure> {
    let repository = Repository::around(system);
    let (_, prefix) = repository.place().await.map_err(|error| {
        let hint = "go into the repository, or compare two folders: `jit policy diff ./old ./new`";
        failure(&error).because("there is no git repository here").hint(hint)
    })?;
    let commit = commit(system, &repository, name).await?;
    let folders = match folder {
        Some(named) => vec![format!("{prefix}{}", folder_in_tree(named))],
        None => vec![prefix.clone(), format!("{prefix}access/")],
    };
    let listing = Listing::of_commit(&repository, &commit, &folders).await.map_err(|error| {
        let failure = match &error {
            CommitError::Git(error) => failure(error),
            CommitError::Nowhere | CommitError::Both(..) | CommitError::TooLarge => {
                Failure::failed(error.to_string())
            }
        };
        failure
            .because(format!("the revision {name} holds no policy that could be read"))
            .hint("name its folder in the repository: `jit policy diff BASE HEAD --policy DIR`")
    })?;
    Ok(listing.compile())
}

/// The commit that a name stands for.
async fn commit(system: &System, repository: &Repository<'_>, name: &str) -> Result<String, Failure> {
    if name.starts_with('-') || name.is_empty() || name.chars().any(char::is_control) {
        return Err(Failure::usage(format!("{name:?} is not a revision"))
            .hint("name a branch, a tag or a commit, like origin/main"));
    }
    if let Some(id) = repository.commit(name).await.map_err(|error| failure(&error))? {
        return Ok(id);
    }
    let fetch = if name.contains(['^', '~']) {
        "`git fetch --deepen=1`, or `fetch-depth: 2` for actions/checkout".to_owned()
    } else {
        format!("`git fetch --depth=1 origin {name}`")
    };
    let mut failure = Failure::failed(format!("there is no revision {name} here"))
        .hint(format!("a shallow clone may lack it: {fetch}"));
    if system.files.working.join(name).is_dir() {
        failure = failure.hint(format!("to compare folders, write their paths so: ./{name}"));
    }
    Err(failure)
}

fn failure(error: &GitError) -> Failure {
    let failure = Failure::failed(error.to_string());
    let failure = match error.cause() {
        Some(cause) => failure.cause(cause),
        None => failure,
    };
    match error {
        GitError::Absent(_) => failure.hint("install git, or compare two folders"),
        GitError::NoObject(_) => failure.hint("the clone may lack it: fetch the revision whole"),
        _ => failure,
    }
}

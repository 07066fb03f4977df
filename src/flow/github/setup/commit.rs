//! Brings the files onto `main`: in one commit while `main` is open, else by a pull request.

use crate::flow::Failure;
use crate::flow::github::setup::files::File;
use crate::flow::github::setup::standing::Main;
use crate::github::GitHub;
use crate::github::MAIN;
use crate::github::api::models::Pull;
use crate::github::api::repositories::NewFile;
use crate::github::api::requests::Which;
use crate::grant::Digest;

/// The title of the commit and of the pull request.
const TITLE: &str = "Access by pull request, set up by jit";

/// The first file of an empty repository.
pub(super) const FIRST: &str = "requests/README.md";

/// Where the files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Brought {
    /// `main` had them.
    Already,
    /// A commit on `main`.
    Main(String),
    /// A pull request, by its number.
    Pull(u64),
}

/// Makes the first commit of an empty repository, with one file, since GitHub's git database takes nothing before there is one.
///
/// # Errors
/// GitHub refuses.
pub(super) async fn begin(github: &GitHub, files: &[File]) -> Result<(), Failure> {
    let text = files.iter().find(|file| file.path == FIRST).map_or("", |file| file.text.as_str());
    Ok(github.create_file(FIRST, text.as_bytes(), "Requests come here").await?)
}

/// Brings the files that differ. Only their paths change.
///
/// # Errors
/// GitHub refuses, or `main` moved meanwhile.
pub(super) async fn bring(
    github: &GitHub,
    repository: u64,
    main: &Main,
    is_closed: bool,
    files: &[File],
) -> Result<Brought, Failure> {
    let changed: Vec<NewFile> = files
        .iter()
        .filter(|file| !file.is_same())
        .map(|file| NewFile { path: file.path.clone(), content: file.text.clone() })
        .collect();
    if changed.is_empty() {
        return Ok(Brought::Already);
    }
    if is_closed {
        return propose(github, repository, main, &changed).await;
    }
    let commit = commit(github, main, &changed).await?;
    match github.advance_branch(MAIN, &commit).await {
        Ok(()) => Ok(Brought::Main(commit)),
        Err(error) if error.is_conflict() => {
            if github.branch(MAIN).await?.as_ref() != Some(&main.commit) {
                return Err(Failure::failed(format!("{MAIN} moved while it was set up"))
                    .hint("run the command again"));
            }
            // A classic protection, which is no ruleset.
            propose(github, repository, main, &changed).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn commit(github: &GitHub, main: &Main, changed: &[NewFile]) -> Result<String, Failure> {
    let tree = github.create_tree(Some(&main.tree), changed).await?;
    Ok(github.create_commit(TITLE, &tree, &[&main.commit]).await?)
}

/// Opens a pull request. The branch's name is the hash of what is brought, so that a second run finds the first one's.
async fn propose(
    github: &GitHub,
    repository: u64,
    main: &Main,
    changed: &[NewFile],
) -> Result<Brought, Failure> {
    let parts = changed.iter().flat_map(|file| [file.path.as_str(), "\0", file.content.as_str(), "\0"]);
    let digest = Digest::of(parts.collect::<String>().as_bytes()).to_string();
    let branch: String = "jit-setup-".chars().chain(digest.chars().take(12)).collect();
    if github.branch(&branch).await?.is_none() {
        let commit = commit(github, main, changed).await?;
        github.create_branch(&branch, &commit).await?;
    }
    let (_, known) = github.requests(Which::Branch(&branch)).await?;
    let is_open = |pull: &Pull| pull.state == "open" && pull.is_from(repository);
    if let Some(open) = known.iter().find(|found| is_open(&found.pull)) {
        return Ok(Brought::Pull(open.pull.number));
    }
    let body = "Made by `jit ci init --apply`, because `main` changes by reviewed pull requests alone.\n";
    Ok(Brought::Pull(github.propose(TITLE, &branch, MAIN, body).await?.number))
}

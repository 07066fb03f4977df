//! A policy by what somebody typed: a folder's path, or a git revision.

use super::folder::Folder;
use super::folder::locate;
use super::git::Entry;
use super::git::Repository;
use crate::flow::Failure;
use crate::policy::EntryKind;
use crate::policy::Listing;
use crate::policy::Policy;
use crate::policy::Problems;
use crate::system::System;
use std::path::Path;

/// The most bytes of one revision's files, together.
const MOST: u64 = 256 << 20;

/// Whether an argument is a path and not a revision: by how it is written alone, as whoever can add a folder to a
/// repository must not be able to stand in for a branch of that name.
fn is_path(text: &str) -> bool {
    let relative = ["./", "../", ".\\", "..\\"].iter().any(|start| text.starts_with(start));
    matches!(text, "." | "..") || relative || Path::new(text).is_absolute()
}

/// Reads a policy. `folder` is its place in the repository, for revisions; nothing typed means the folder as it is on
/// disk, or HEAD in a bare repository.
pub async fn read(
    system: &System,
    typed: Option<&str>,
    folder: Option<&str>,
) -> Result<Result<Policy, Problems>, Failure> {
    match typed {
        Some(text) if is_path(text) => Ok(locate(system, Some(Path::new(text)))?.load()),
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
    let (_, prefix) = repository.place().await?;
    let commit = repository.commit(name).await?;
    let (tree, entries) = find(&repository, &commit, &prefix, folder).await.map_err(|failure| {
        failure.because(format!("the revision {name} holds no policy that could be read"))
    })?;
    let mut listing = Listing::default();
    let mut wanted: Vec<(String, String)> = Vec::new();
    let mut total = 0;
    let mut see = |listing: &mut Listing, entry: Entry, path: String| {
        if listing.see(&path, entry.kind) {
            if let EntryKind::File(size) = entry.kind {
                total += size;
            }
            wanted.push((path, entry.id));
        }
        total <= MOST
    };
    let mut fits = true;
    for entry in entries {
        let path = entry.path.clone();
        if Listing::is_folder(&path) && entry.kind == EntryKind::Folder {
            for inner in repository.list(&format!("{tree}{path}"), true).await? {
                let path = format!("{path}/{}", inner.path);
                fits = fits && see(&mut listing, inner, path);
            }
        } else {
            fits = fits && see(&mut listing, entry, path);
        }
    }
    if !fits {
        return Err(Failure::failed(format!("the policy in {name} has more than {} MiB", MOST >> 20)));
    }
    let ids: Vec<String> = wanted.iter().map(|(_, id)| id.clone()).collect();
    let contents = repository.contents(&ids).await?;
    for ((path, _), content) in wanted.into_iter().zip(contents) {
        listing.put(path, content);
    }
    Ok(listing.compile())
}

/// The policy's folder in a commit: `commit:path/`, and its entries.
async fn find(
    repository: &Repository<'_>,
    commit: &str,
    prefix: &str,
    folder: Option<&str>,
) -> Result<(String, Vec<Entry>), Failure> {
    let clean = |path: &str| {
        let parts = path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".");
        parts.map(|part| format!("{part}/")).collect::<String>()
    };
    let candidates = match folder {
        Some(named) => vec![format!("{prefix}{}", clean(named))],
        None => vec![prefix.to_owned(), format!("{prefix}access/")],
    };
    let mut last = Failure::failed("there is no access.toml in it");
    for path in candidates {
        let tree = format!("{commit}:{path}");
        match repository.list(&tree, false).await {
            Ok(entries) if entries.iter().any(|entry| entry.path == "access.toml") => {
                return Ok((tree, entries));
            }
            Ok(_) => {}
            Err(failure) => last = failure,
        }
    }
    Err(last.hint("name its folder in the repository: `jit policy diff BASE HEAD --folder DIR`"))
}

//! The changes of one commit against its parent, from the objects themselves.

use super::GitError;
use super::LISTING;
use super::PartialCopy;
use super::Repository;
use super::output::is_id;
use crate::system::System;

/// The most paths of a change that are listed. A request has one.
const MOST: usize = 8;

/// One path that differs between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedPath {
    /// Its path.
    pub path: String,
    /// `A` for added, `D` for deleted, `M` for modified (a mode as well), `T` for another kind of entry (git, "diff format for
    /// patches").
    pub status: char,
}

impl PartialCopy {
    /// The parents that a commit itself names. A copy without history hides them from everything that walks through it.
    ///
    /// # Errors
    /// There is no such commit here.
    pub async fn parents(&self, system: &System, commit: &str) -> Result<Vec<String>, GitError> {
        let repository = Repository::bare(system, &self.folder);
        let output = repository.run(&["cat-file", "commit", commit], b"", LISTING).await?;
        Ok(parents(&String::from_utf8_lossy(&output)))
    }

    /// Every path that differs between two commits. `None` if there are many. A renamed file is one that was deleted and one
    /// that was added.
    ///
    /// # Errors
    /// One of them or its trees are not here.
    pub async fn changes(
        &self,
        system: &System,
        old: &str,
        new: &str,
    ) -> Result<Option<Vec<ChangedPath>>, GitError> {
        let repository = Repository::bare(system, &self.folder);
        let arguments = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--end-of-options", old, new];
        let output = repository.run(&arguments, b"", LISTING).await?;
        changes(&output)
    }
}

/// Parses the head of a commit: `tree`, then its `parent` lines (git, "Git Objects").
fn parents(commit: &str) -> Vec<String> {
    let head = commit.lines().skip(1).map_while(|line| line.strip_prefix("parent "));
    head.filter(|id| is_id(id)).map(str::to_owned).collect()
}

/// Parses `:<mode> <mode> <id> <id> <status>\0<path>\0` (git, "Raw output format").
fn changes(output: &[u8]) -> Result<Option<Vec<ChangedPath>>, GitError> {
    let mut parts = output.split(|byte| *byte == 0);
    let mut changes = Vec::new();
    while let Some(head) = parts.next().filter(|head| !head.is_empty()) {
        let head = String::from_utf8_lossy(head);
        let status = head.strip_prefix(':').and_then(|head| head.split(' ').nth(4)?.chars().next());
        let path = parts.next().filter(|path| !path.is_empty());
        let (Some(status), Some(path)) = (status, path) else {
            return Err(GitError::Form(head.into_owned()));
        };
        if changes.len() == MOST {
            return Ok(None);
        }
        changes.push(ChangedPath { path: String::from_utf8_lossy(path).into_owned(), status });
    }
    Ok(Some(changes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_commits_own_words_about_its_parents_are_read_and_no_others() {
        let commit = format!("tree {ID}\nparent {ID}\nauthor a <b> 1 +0000\n\nparent {ID}\n");
        assert_eq!(parents(&commit), [ID]);
        let merge = format!("tree {ID}\nparent {ID}\nparent {ID}\nauthor a <b> 1 +0000\n\n");
        assert_eq!(parents(&merge).len(), 2);
        assert!(parents(&format!("tree {ID}\nauthor a <b> 1 +0000\n\nx")).is_empty());
    }

    #[test]
    fn a_list_of_changes_is_read_whole_or_not_at_all() {
        let line = |status: &str, path: &str| format!(":000000 100644 {ID} {ID} {status}\0{path}\0");
        let named = |all: Vec<ChangedPath>| {
            all.into_iter().map(|one| format!("{} {}", one.status, one.path)).collect::<Vec<_>>()
        };
        let read = |text: String| changes(text.as_bytes()).map(|all| all.map(named));
        let both = line("A", "requests/a b.json") + &line("M", "people.toml");
        assert_eq!(read(both).unwrap().unwrap(), ["A requests/a b.json", "M people.toml"]);
        assert_eq!(read(String::new()).unwrap(), Some(Vec::new()));
        assert!(read(format!(":000000 100644 {ID} {ID} A\0")).is_err());
        assert!(read("nonsense\0x\0".to_owned()).is_err());
        let many: String = (0..20).map(|number| line("A", &number.to_string())).collect();
        assert_eq!(read(many).unwrap(), None);
    }
}

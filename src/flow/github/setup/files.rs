//! The files of a repository: workflows, CODEOWNERS, the folder of requests, and the policy as it lies in the working folder.

use std::collections::BTreeMap;
use std::path::Path;

use crate::flow::Failure;
use crate::flow::github::setup::access_file;
use crate::flow::github::setup::access_file::Named;
use crate::flow::github::setup::init::Plan;
use crate::flow::github::setup::standing::Main;
use crate::flow::github::setup::templates;
use crate::flow::policy::Folder;
use crate::flow::policy::does_not_load;
use crate::github::GitHub;
use crate::grant::text::count;
use crate::policy::Policy;
use crate::system::System;
use crate::system::files as disk;

/// The name of the policy's main file.
pub(super) const ACCESS: &str = "access.toml";

/// A file and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// Its path in the repository.
    pub path: String,
    /// Its content.
    pub text: String,
    /// Its content on `main`. `None` if it is not there.
    pub before: Option<String>,
}

impl File {
    /// Whether `main` has it already.
    pub(super) fn is_same(&self) -> bool {
        self.before.as_ref() == Some(&self.text)
    }

    /// The change of the file, in one line.
    pub(super) fn describe(&self) -> String {
        match &self.before {
            None => format!("new     {}, {}", self.path, count(self.text.lines().count() as u64, "line")),
            Some(before) => {
                let (more, fewer) = changed_lines(before, &self.text);
                format!("change  {}, {} in and {fewer} out", self.path, count(more, "line"))
            }
        }
    }
}

/// How many lines the second text has that the first has not, and the other way round. A line that only moved does not count.
fn changed_lines(before: &str, after: &str) -> (u64, u64) {
    let mut lines: BTreeMap<&str, i64> = BTreeMap::new();
    before.lines().for_each(|line| *lines.entry(line).or_default() -= 1);
    after.lines().for_each(|line| *lines.entry(line).or_default() += 1);
    let sum = |sign: i64| lines.values().map(|balance| (balance * sign).max(0).unsigned_abs()).sum();
    (sum(1), sum(-1))
}

/// All files, in the order of their paths. `named` goes into `access.toml`.
///
/// # Errors
/// A file of the policy is not text, or `main` has its policy in another folder.
pub(super) async fn wanted(
    system: &System,
    plan: &Plan,
    github: &GitHub,
    main: Option<&Main>,
    folder: &Folder,
    named: &Named,
) -> Result<Vec<File>, Failure> {
    let mut texts = policy(folder, named)?;
    let other = if folder.shown.is_empty() { "access/access.toml" } else { ACCESS };
    if main.is_some_and(|main| main.has(other)) {
        return Err(Failure::usage(format!("main has its policy at {other}, and here it lies elsewhere"))
            .hint("with both, nobody could tell which policy is meant: work in a clone of the repository"));
    }
    for file in templates::files(&plan.download, &plan.owners) {
        // A file of the repository's own stays as it is, there before here.
        let own = match main {
            Some(main) if file.keeps => main.read(github, file.path).await?,
            _ => None,
        };
        let own =
            own.or_else(|| std::fs::read(system.files.working.join(file.path)).ok().filter(|_| file.keeps));
        let text = own.and_then(|own| String::from_utf8(own).ok()).unwrap_or(file.text);
        texts.insert(file.path.to_owned(), text);
    }
    let mut files = Vec::with_capacity(texts.len());
    for (path, text) in texts {
        let before = match main {
            Some(main) => main.read(github, &path).await?,
            None => None,
        };
        let before = before.map(|before| String::from_utf8_lossy(&before).into_owned());
        files.push(File { path, text, before });
    }
    Ok(files)
}

/// The policy's files by their path in the repository.
fn policy(folder: &Folder, named: &Named) -> Result<BTreeMap<String, String>, Failure> {
    let files = Policy::files(&folder.path).map_err(|problems| does_not_load(&problems))?;
    let mut texts = BTreeMap::new();
    for (path, content) in files {
        let text = String::from_utf8(content)
            .map_err(|_| Failure::failed(format!("{} is not UTF-8", folder.file(&path))))?;
        let text = if path == ACCESS { access_file::edited(&text, named)? } else { text };
        texts.insert(folder.file(&path), text);
    }
    Ok(texts)
}

/// Writes what the policy names of the log into the `access.toml` of the working folder. A second run finds it there. Adds the file to
/// the written ones.
///
/// # Errors
/// The file cannot be changed.
pub(super) fn note(folder: &Folder, named: &Named, written: &mut Vec<String>) -> Result<(), Failure> {
    let path = folder.path.join(ACCESS);
    let text = std::fs::read_to_string(&path).map_err(|error| unwritable(&path, &error))?;
    let edited = access_file::edited(&text, named)?;
    if edited == text {
        return Ok(());
    }
    disk::replace_open(&path, edited.as_bytes()).map_err(|error| unwritable(&path, &error))?;
    let shown = folder.file(ACCESS);
    if !written.contains(&shown) {
        written.push(shown);
    }
    Ok(())
}

/// Writes the files into the working folder. Returns the paths of those that changed there.
///
/// # Errors
/// A file cannot be written.
pub(super) fn write(system: &System, files: &[File]) -> Result<Vec<String>, Failure> {
    let mut written = Vec::new();
    for file in files {
        let path = system.files.working.join(&file.path);
        if std::fs::read(&path).is_ok_and(|content| content == file.text.as_bytes()) {
            continue;
        }
        put(&path, &file.text)?;
        written.push(file.path.clone());
    }
    Ok(written)
}

/// Writes one file, and makes its folder.
///
/// # Errors
/// It cannot be written.
pub(super) fn put(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("{} cannot be written", path.display())).cause(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_says_how_many_lines_come_and_go() {
        let file = |before: Option<&str>, text: &str| File {
            path: "x".to_owned(),
            text: text.to_owned(),
            before: before.map(str::to_owned),
        };
        assert_eq!(file(None, "a\nb\n").describe(), "new     x, 2 lines");
        assert_eq!(file(Some("a\nb\nb\n"), "b\na\nc\n").describe(), "change  x, 1 line in and 1 out");
        assert!(file(Some("a"), "a").is_same() && !file(Some("a"), "b").is_same());
    }
}

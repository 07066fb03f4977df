//! The one command that a request is for, as this machine sees it: jit hashes the program and the files that the command names or
//! that belong to it, and reads the commit of the folder.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::planned;
use crate::grant::Difference;
use crate::grant::Digest;
use crate::grant::Purpose;
use crate::grant::text;
use crate::system::System;
use crate::system::fingerprint;
use crate::system::git::Repository;

/// A command as it was typed.
#[derive(Debug, Clone, Copy)]
pub struct Typed<'a> {
    /// The program and its arguments.
    pub words: &'a [OsString],
    /// The files whose content belongs to it, by their paths.
    pub files: &'a [String],
    /// The JSON that shows its plan, by its path.
    pub plan: Option<&'a str>,
}

impl<'a> Typed<'a> {
    /// The purpose of a request for this command.
    ///
    /// # Errors
    /// There is no such program or file, or a word is not UTF-8.
    pub async fn purpose(self, client: &Client<'_>) -> Result<Purpose, Failure> {
        let plan = self.plan.map(|path| planned::digest(client, path)).transpose()?;
        let files = self.own_files(client);
        self.with_files(client, files.into_iter(), plan).await
    }

    /// Why this is not the command that was agreed to, as things stand now. `None` if it is.
    ///
    /// # Errors
    /// As [`Typed::purpose`].
    pub async fn difference(
        self,
        client: &Client<'_>,
        agreed: &Purpose,
    ) -> Result<Option<Difference>, Failure> {
        let (folder, _) = place(client.system).await?;
        if let Some(difference) = agreed.difference_before_content(&self.command()?, &folder) {
            return Ok(Some(difference));
        }
        Ok(agreed.difference(&self.beside(client, agreed).await?))
    }

    /// The same, with the files of a purpose that was agreed to: what they contain now. The plan's JSON need not be there any more,
    /// as the command does not read it.
    async fn beside(self, client: &Client<'_>, agreed: &Purpose) -> Result<Purpose, Failure> {
        // A file that the command names and that came after the approval is one more, which nobody agreed to.
        let mut files = self.own_files(client);
        files.extend(agreed.files.keys().map(String::as_str));
        let plan = self.plan.map(|path| planned::digest(client, path)).transpose()?;
        self.with_files(client, files.into_iter(), plan.or(agreed.plan)).await
    }

    /// The paths of the files that belong to the command as typed: those that it names, and those that were named beside it.
    fn own_files(self, client: &Client<'_>) -> BTreeSet<&'a str> {
        let words = self.words.iter().skip(1).filter_map(|word| word.to_str());
        let named = words.filter_map(|word| file_of(word, &client.system.files.working));
        self.files.iter().map(String::as_str).chain(named).collect()
    }

    /// The file of the program, as it would be started now.
    ///
    /// # Errors
    /// There is none.
    pub fn program(self, client: &Client<'_>) -> Result<PathBuf, Failure> {
        let system = client.system;
        let Some(name) = self.words.first() else { return Err(Failure::usage("there is no command")) };
        fingerprint::program(name, &system.environment, &system.files.working)
            .map_err(|error| unreadable(&shown(name), &error))
    }

    fn command(self) -> Result<Vec<String>, Failure> {
        let word = |word: &OsString| word.to_str().map(str::to_owned);
        self.words.iter().map(word).collect::<Option<_>>().ok_or_else(|| {
            Failure::usage("a word of the command is not UTF-8")
                .cause("reviewers could not read it")
                .hint("put it into a script, and name that with --file")
        })
    }

    async fn with_files(
        self,
        client: &Client<'_>,
        paths: impl Iterator<Item = &str>,
        plan: Option<Digest>,
    ) -> Result<Purpose, Failure> {
        let system = client.system;
        let command = self.command()?;
        let Some(name) = self.words.first() else { return Err(Failure::usage("there is no command")) };
        let working = &system.files.working;
        let found = self.program(client)?;
        let program = digest(&found).map_err(|error| unreadable(&shown(name), &error))?;
        let mut files = BTreeMap::new();
        for path in paths {
            let what = format!("the file {}", text::sanitise(path));
            let content = digest(&working.join(path)).map_err(|error| unreadable(&what, &error))?;
            files.insert(path.to_owned(), content);
        }
        let (folder, commit) = place(system).await?;
        let purpose = Purpose { command, program, folder, files, plan, commit };
        purpose.check().map_err(|(_, error)| Failure::usage(error.to_string()))?;
        Ok(purpose)
    }
}

/// The file that a word of a command names: all of the word, or the path in `--option=PATH`, `@PATH`, `file://PATH` and the like.
/// `None` if there is no such file. Its content belongs to the command: `sh deploy.sh` says nothing about what runs.
fn file_of<'a>(word: &'a str, working: &Path) -> Option<&'a str> {
    let value = word.split_once('=').map_or(word, |(_, value)| value);
    let path =
        ["@", "file://", "fileb://"].into_iter().find_map(|mark| value.strip_prefix(mark)).unwrap_or(value);
    let is_file = |path: &&str| !path.is_empty() && working.join(path).is_file();
    [word, value, path].into_iter().find(is_file)
}

fn shown(name: &OsStr) -> String {
    format!("the program {}", text::sanitise(&name.to_string_lossy()))
}

fn digest(path: &Path) -> io::Result<Digest> {
    fingerprint::sha256(path).map(Digest::from)
}

fn unreadable(what: &str, error: &io::Error) -> Failure {
    let failure = match error.kind() {
        io::ErrorKind::NotFound => Failure::usage(format!("{what} was not found")),
        _ => Failure::usage(format!("{what} cannot be read")).cause(error.to_string()),
    };
    failure.hint("an approval is of the command with its content, so jit reads it before it asks")
}

/// The working folder as a purpose names it, and the commit of the repository that holds it: `None` outside of one, or without
/// git. The environment may name another repository for the command; the folder is in this one.
async fn place(system: &System) -> Result<(String, Option<String>), Failure> {
    let repository = Repository::holding(system);
    let commit = repository.commit("HEAD").await.ok().flatten();
    if commit.is_some()
        && let Ok((false, below)) = repository.place().await
    {
        let below = below.strip_suffix('/').unwrap_or(&below);
        return Ok((if below.is_empty() { "." } else { below }.to_owned(), commit));
    }
    let whole = system.files.working.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::usage("the path of this folder is not UTF-8")
            .cause("reviewers read in which folder the command will run")
            .hint("go to another folder")
    })?;
    Ok((whole, commit))
}

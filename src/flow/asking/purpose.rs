//! The one command that a request is for, as this machine sees it: jit hashes the program and the named files, and reads the commit
//! of the folder.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::Path;

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::planned;
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

impl Typed<'_> {
    /// The purpose of a request for this command.
    ///
    /// # Errors
    /// There is no such program or file, or a word is not UTF-8.
    pub async fn purpose(self, client: &Client<'_>) -> Result<Purpose, Failure> {
        let plan = self.plan.map(|path| planned::digest(client, path)).transpose()?;
        self.with_files(client, self.files.iter().map(String::as_str), plan).await
    }

    /// The same, with the files of a purpose that was agreed to: what they contain now. The plan's JSON need not be there any more,
    /// as the command does not read it.
    ///
    /// # Errors
    /// As [`Typed::purpose`].
    pub async fn beside(self, client: &Client<'_>, agreed: &Purpose) -> Result<Purpose, Failure> {
        let files = agreed.files.keys().chain(self.files);
        let plan = self.plan.map(|path| planned::digest(client, path)).transpose()?;
        self.with_files(client, files.map(String::as_str), plan.or(agreed.plan)).await
    }

    async fn with_files(
        self,
        client: &Client<'_>,
        paths: impl Iterator<Item = &str>,
        plan: Option<Digest>,
    ) -> Result<Purpose, Failure> {
        let system = client.system;
        let word = |word: &OsString| word.to_str().map(str::to_owned);
        let command: Option<Vec<String>> = self.words.iter().map(word).collect();
        let command = command.ok_or_else(|| {
            Failure::usage("a word of the command is not UTF-8")
                .cause("reviewers could not read it")
                .hint("put it into a script, and name that with --file")
        })?;
        let Some(name) = self.words.first() else { return Err(Failure::usage("there is no command")) };
        let working = &system.files.working;
        let shown = text::sanitise(&name.to_string_lossy());
        let program = fingerprint::program(name, &system.environment, working)
            .and_then(|path| digest(&path))
            .map_err(|error| unreadable(&format!("the program {shown}"), &error))?;
        let mut files = BTreeMap::new();
        for path in paths {
            let what = format!("the file {}", text::sanitise(path));
            let content = digest(&working.join(path)).map_err(|error| unreadable(&what, &error))?;
            files.insert(path.to_owned(), content);
        }
        let purpose = Purpose { command, program, files, plan, commit: commit(system).await };
        purpose.check().map_err(|(_, error)| Failure::usage(error.to_string()))?;
        Ok(purpose)
    }
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

/// The commit of the repository around the working folder. `None` outside of one, or without git.
async fn commit(system: &System) -> Option<String> {
    Repository::around(system).commit("HEAD").await.ok().flatten()
}

//! Learning a narrower scope from what sessions of a role did, as CloudTrail recorded it.
//!
//! May use what `flow` may. Invariant: it reads exports and a policy's folder, proposes, and changes nothing.

mod actions;
mod proposal;
mod records;
mod resources;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use crate::flow::Failure;
use crate::flow::policy::Folder;
use crate::flow::policy::does_not_load;
use crate::grant::Name;
use crate::grant::text::sanitise;
use crate::policy::Difference;
use crate::policy::Policy;
pub use proposal::Learnt;
pub use proposal::Proposed;
pub use records::Tally;
use records::Trail;

/// A proposed scope of a role, and what it rests on.
#[derive(Debug)]
pub struct Lesson {
    /// The file of the document, by its path in the policy's folder.
    pub file: String,
    /// The session policy, for people: with line breaks.
    pub document: String,
    /// The file of the role, by its path in the policy's folder.
    pub role_file: String,
    /// The lines for the role's file.
    pub lines: String,
    /// How the document is wider than the calls were, in words: the actions, and what they reach. Empty if it is not.
    pub widened: Vec<String>,
    /// The numbers of records.
    pub tally: Tally,
    /// The files that were not read to their end, and where each one stopped.
    pub broken: Vec<String>,
    /// The records that could not be read, each with the reason. At most twenty; the tally has their number.
    pub unreadable: Vec<String>,
    /// The effects of the change, as `jit policy diff` tells them.
    pub difference: Difference,
}

/// Reads the exports under a path, and proposes a scope that still allows every recorded call of the role.
///
/// # Errors
/// There is no such role, it opens no AWS role, nothing can be read, no call was recorded, or no document is short enough.
pub fn learn(
    folder: &Folder,
    role: &Name,
    path: &Path,
    scope: &Name,
    approval: Option<&str>,
) -> Result<Lesson, Failure> {
    let policy = folder.load().map_err(|problems| does_not_load(&problems))?;
    let Some(role) = policy.role(role) else {
        return Err(Failure::usage(format!("there is no role {role} in this policy"))
            .hint("`jit policy matrix` shows its roles"));
    };
    let Some(arn) = role.target.role_arn() else {
        return Err(Failure::usage(format!("{} opens no AWS role", role.name))
            .cause("CloudTrail records what happens at AWS"));
    };
    if role.origin.account.is_some() {
        return Err(Failure::usage(format!("{} is made by for_each", role.name))
            .cause("a scope of its file would be one of every account's role"));
    }
    if role.scopes.contains_key(scope) {
        return Err(Failure::usage(format!("{} has a scope {scope} already", role.name))
            .hint("name the new one: `--scope NAME`"));
    }
    let mut trail = Trail::of(arn);
    let mut broken = Vec::new();
    let files = files_under(path)?;
    if files.is_empty() {
        return Err(Failure::usage(format!("{} has no exports", sanitise(&path.display().to_string())))
            .hint("CloudTrail's files end with .json or .json.gz"));
    }
    for file in &files {
        if let Err(stopped) = trail.read(file) {
            broken.push(sanitise(&stopped));
        }
    }
    let unreadable: Vec<String> = trail.unreadable().iter().map(|told| sanitise(told)).collect();
    let (learnt, tally) = trail.finish();
    if learnt.is_empty() {
        let failure = Failure::failed(format!("no call of a session of {arn} is recorded there"));
        let failure = failure.cause(tally.words());
        return Err(broken.into_iter().chain(unreadable).fold(failure, Failure::cause));
    }
    let Some(Proposed { document, widened }) = proposal::propose(&learnt) else {
        return Err(Failure::failed("no session policy that allows every recorded call is short enough")
            .cause(format!("{} actions were used", learnt.len()))
            .hint("learn from fewer files, and make two scopes"));
    };
    let stem = format!("{}-{scope}.json", role.name);
    let lines = lines(scope, &stem, approval);
    let after = changed(&policy, &role.origin.file, &lines, &format!("roles/{stem}"), &document)?;
    Ok(Lesson {
        file: folder.file(&format!("roles/{stem}")),
        document,
        role_file: folder.file(&role.origin.file),
        lines,
        widened,
        tally,
        broken,
        unreadable,
        difference: Difference::between(&policy, &after),
    })
}

/// The lines of the scope for the role's file.
fn lines(scope: &Name, file: &str, approval: Option<&str>) -> String {
    let mut table = toml_edit::Table::new();
    table.insert("description", toml_edit::value("What was used, by CloudTrail"));
    table.insert("policy", toml_edit::value(file));
    if let Some(approval) = approval {
        table.insert("approval", toml_edit::value(approval));
    }
    let mut scopes = toml_edit::Table::new();
    scopes.set_implicit(true);
    scopes.insert(scope.as_str(), toml_edit::Item::Table(table));
    let mut document = toml_edit::DocumentMut::new();
    document.insert("scopes", toml_edit::Item::Table(scopes));
    document.to_string()
}

/// The policy with the change.
fn changed(policy: &Policy, role: &str, lines: &str, path: &str, document: &str) -> Result<Policy, Failure> {
    let mut files = (*policy.files).clone();
    if files.contains_key(path) {
        return Err(Failure::usage(format!("{path} is there already")).hint("name the scope: `--scope NAME`"));
    }
    files.insert(path.to_owned(), document.as_bytes().to_vec());
    if let Some(content) = files.get_mut(role) {
        content.extend_from_slice(format!("\n{lines}").as_bytes());
    }
    Policy::compile(files).map_err(|problems| does_not_load(&problems).renamed("the proposal does not load"))
}

/// The file itself, or every export in the folder and the folders in it, in order. Links are not followed.
fn files_under(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unread = |path: &Path, error: std::io::Error| {
        Failure::failed(format!("{} cannot be read", sanitise(&path.display().to_string())))
            .cause(error.to_string())
    };
    if !std::fs::metadata(path).map_err(|error| unread(path, error))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = BTreeSet::new();
    let mut waiting = vec![path.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| unread(&folder, error))? {
            let entry = entry.map_err(|error| unread(&folder, error))?;
            let kind = entry.file_type().map_err(|error| unread(&folder, error))?;
            let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
            if kind.is_dir() {
                waiting.push(entry.path());
            } else if kind.is_file() && [".json", ".json.gz"].iter().any(|end| name.ends_with(end)) {
                found.insert(entry.path());
            }
        }
    }
    Ok(found.into_iter().collect())
}

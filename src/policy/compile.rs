//! From the bytes of all files to a policy, or to everything that is wrong with them. No I/O.

use std::collections::BTreeMap;

use crate::grant::Name;

use super::Policy;
use super::access::Access;
use super::document::Document;
use super::people::People;
use super::problem::Findings;
use super::problem::Position;
use super::problem::Problems;
use super::revision;
use super::role::Role;

/// The longest file of a role, of a test, and `access.toml`, in bytes.
const MAX_FILE: usize = 1 << 20;
/// The longest `people.toml`, in bytes: ten thousand people with an RSA key each.
const MAX_PEOPLE: usize = 16 << 20;
/// The most files.
pub(super) const MAX_FILES: usize = 10_000;

/// What a path in a policy's folder is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `access.toml` or `people.toml`.
    Main,
    /// `roles/NAME.toml`
    Role(Name),
    /// `tests/NAME.toml`, kept for `jit policy test` and part of the revision.
    Test,
    /// No part of a policy: a README, a hidden file, another folder.
    Other,
    /// What must not be there: a message and a hint.
    Wrong(String, &'static str),
}

impl Place {
    /// Judges a path by its text alone.
    pub(super) fn of(path: &str) -> Self {
        if path.split('/').any(|part| part.starts_with('.')) {
            return Self::Other;
        }
        let Some((folder, file)) = path.split_once('/') else {
            return match path {
                "access.toml" | "people.toml" => Self::Main,
                "accounts.toml" => Self::not_built("accounts.toml"),
                _ => Self::Other,
            };
        };
        match folder {
            "roles" | "tests" => {}
            // A forbid in there would be passed over in silence.
            "rules" => return Self::not_built("the folder rules/"),
            _ => return Self::Other,
        }
        let Some(stem) = file.strip_suffix(".toml").filter(|stem| !stem.contains('/')) else {
            let message = format!("{folder}/ holds files like NAME.toml, and nothing else");
            return Self::Wrong(message, "move it elsewhere; subfolders are not read either");
        };
        match stem.parse::<Name>() {
            Ok(name) if folder == "roles" => Self::Role(name),
            Ok(_) => Self::Test,
            Err(error) => Self::Wrong(error.to_string(), "rename the file; its name is the role's"),
        }
    }

    fn not_built(what: &str) -> Self {
        let hint = "leave it out; what this version of jit cannot hold to, it does not load";
        Self::Wrong(format!("{what} is not built yet"), hint)
    }

    /// The most bytes that a file at this path may have.
    pub(super) fn limit(path: &str) -> usize {
        if path == "people.toml" { MAX_PEOPLE } else { MAX_FILE }
    }
}

pub(super) fn report_too_long(findings: &Findings, path: &str) {
    let message = format!("the file is longer than {} bytes", Place::limit(path));
    findings.add(path, Position::START, &message, None);
}

pub(super) fn report_too_many(findings: &Findings) {
    let message = format!("the policy has more than {MAX_FILES} files");
    findings.add("access.toml", Position::START, &message, None);
}

/// Compiles the files of a policy.
pub(super) fn compile(mut files: BTreeMap<String, Vec<u8>>) -> Result<Policy, Problems> {
    files.retain(|path, _| Place::of(path) != Place::Other);
    let findings = Findings::default();
    if files.len() > MAX_FILES {
        report_too_many(&findings);
        return Err(findings.into_problems());
    }
    let role_files = sort_out(&files, &findings);
    let people = read_people(&files, &findings);
    let access = read_access(&files, people.as_ref(), &findings);
    let defaults = access.as_ref().map(|access| access.defaults);
    let mut roles: BTreeMap<Name, Role> = BTreeMap::new();
    let mut aliases: BTreeMap<Name, Name> = BTreeMap::new();
    for (name, path) in &role_files {
        let Some(content) = within_limit(&files, path) else { continue };
        let Some(document) = Document::of(path, content, &findings) else { continue };
        let Some(tree) = document.parse() else { continue };
        let read = Role::read(name.clone(), &document, &tree, defaults.as_ref(), people.as_ref());
        let Some((role, places)) = read else { continue };
        for (alias, at) in role.aliases.iter().zip(places) {
            let before = aliases.insert(alias.clone(), name.clone());
            let taken = if role_files.contains_key(alias) { Some(alias.clone()) } else { before };
            if let Some(other) = taken {
                let message = format!("the name {alias} means the role {other} already");
                document.report_with(at, &message, "a name means one role; take the alias out");
            }
        }
        roles.insert(name.clone(), role);
    }
    match (people, access) {
        (Some(people), Some(access)) if findings.is_empty() => {
            let revision = revision::of(&files);
            Ok(Policy { revision, files, people, access, roles, aliases })
        }
        _ => Err(findings.into_problems()),
    }
}

/// The files of roles by the role's name. What must not be there is reported.
fn sort_out<'a>(files: &'a BTreeMap<String, Vec<u8>>, findings: &Findings) -> BTreeMap<Name, &'a str> {
    let mut roles = BTreeMap::new();
    for (path, content) in files {
        match Place::of(path) {
            Place::Wrong(message, hint) => findings.add(path, Position::START, &message, Some(hint)),
            Place::Role(name) => {
                roles.insert(name, path.as_str());
            }
            Place::Main | Place::Test | Place::Other => {}
        }
        if content.len() > Place::limit(path) {
            report_too_long(findings, path);
        }
    }
    roles
}

/// A file's content; nothing where it is too long, which has been reported.
fn within_limit<'a>(files: &'a BTreeMap<String, Vec<u8>>, path: &str) -> Option<&'a [u8]> {
    files.get(path).map(Vec::as_slice).filter(|content| content.len() <= Place::limit(path))
}

fn read_people(files: &BTreeMap<String, Vec<u8>>, findings: &Findings) -> Option<People> {
    let content = main_file(files, "people.toml", findings)?;
    let document = Document::of("people.toml", content, findings)?;
    let tree = document.parse()?;
    People::read(&document, &tree)
}

fn read_access(
    files: &BTreeMap<String, Vec<u8>>,
    people: Option<&People>,
    findings: &Findings,
) -> Option<Access> {
    let content = main_file(files, "access.toml", findings)?;
    let document = Document::of("access.toml", content, findings)?;
    let tree = document.parse()?;
    Some(Access::read(&document, &tree, people))
}

fn main_file<'a>(files: &'a BTreeMap<String, Vec<u8>>, path: &str, findings: &Findings) -> Option<&'a [u8]> {
    if !files.contains_key(path) {
        let hint = "begin a policy with `jit policy init DIR`";
        findings.add(path, Position::START, "the file is missing", Some(hint));
    }
    within_limit(files, path)
}

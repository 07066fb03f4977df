//! Compiles the bytes of all files to a policy, or to all of its errors. No I/O.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::grant::Name;

use crate::policy::Policy;
use crate::policy::compiling::expand;
use crate::policy::compiling::kept;
use crate::policy::conditions::Builder;
use crate::policy::conditions::Grammar;
use crate::policy::conditions::Named;
use crate::policy::conditions::read_rules;
use crate::policy::files::document::Document;
use crate::policy::files::place::MAX_FILES;
use crate::policy::files::place::PolicyPath;
use crate::policy::files::place::report_too_long;
use crate::policy::files::place::report_too_many;
use crate::policy::files::problem::Findings;
use crate::policy::files::problem::Position;
use crate::policy::files::problem::Problems;
use crate::policy::files::revision;
use crate::policy::people::claims::Oidc;
use crate::policy::people::roster::People;
use crate::policy::roles::role::Role;
use crate::policy::roles::role::Surroundings;
use crate::policy::settings::access;
use crate::policy::settings::access::Access;
use crate::policy::settings::accounts::Accounts;

/// Compiles the files of a policy. `unread` are files that only look like a part of it.
pub(in crate::policy) fn compile(
    mut files: BTreeMap<String, Vec<u8>>,
    mut unread: BTreeSet<String>,
) -> Result<Policy, Problems> {
    unread.extend(files.keys().filter(|path| PolicyPath::of(path) == PolicyPath::Unread).cloned());
    files.retain(|path, _| !matches!(PolicyPath::of(path), PolicyPath::Other | PolicyPath::Unread));
    let revision = revision::of(&files);
    if let Some(known) = kept::find(&revision, &files) {
        return Ok(Policy { unread, ..known });
    }
    let findings = Findings::default();
    if files.len() > MAX_FILES {
        report_too_many(&findings);
        return Err(findings.into_problems());
    }
    check_places(&files, &findings);
    let oidc = read_identity(&files);
    let people = read_people(&files, oidc.as_ref(), &findings);
    let access = read_access(&files, people.as_ref(), &findings);
    let accounts = read_accounts(&files, &findings);
    let grammar = access.as_ref().and_then(|access| match Grammar::of(&access.facts) {
        Ok(grammar) => Some(grammar),
        Err(error) => {
            findings.add(
                "access.toml",
                Position::START,
                &format!("conditions cannot be checked: {error}"),
                None,
            );
            None
        }
    });
    let used = RefCell::new(BTreeSet::new());
    let around = Surroundings {
        defaults: access.as_ref().map(|access| access.defaults).unwrap_or_default(),
        people: people.as_ref(),
        files: &files,
        account: None,
        grammar: grammar.as_ref(),
        used: &used,
    };
    let readings = expand::read_roles(&files, &around, &accounts, &findings);
    if findings.is_empty() {
        report_unused(&files, &used.borrow(), &findings);
    }
    let rules =
        grammar.as_ref().map(|grammar| read_all_rules(&files, grammar, &findings)).unwrap_or_default();
    let (Some(people), Some(access), Some(_), true) = (&people, &access, &grammar, findings.is_empty())
    else {
        return Err(findings.into_problems());
    };
    let mut roles: BTreeMap<Name, Role> = BTreeMap::new();
    let mut builder = match Builder::new(access.facts.clone(), rules) {
        Ok(builder) => builder,
        Err(error) => {
            findings.add("access.toml", Position::START, &error, None);
            return Err(findings.into_problems());
        }
    };
    let aliases = expand::settle_aliases(&readings, &findings);
    for reading in readings {
        let role = reading.role;
        let account = match &role.origin.account {
            Some(name) => accounts.0.get(name),
            None => accounts.of_place(&role.target.place()),
        };
        if let Err(error) = builder.add(&role, reading.when, account) {
            findings.add(&role.file(), Position::START, &error, None);
        }
        roles.insert(role.name.clone(), role);
    }
    check_named(&builder.named, people, access, &roles, &findings);
    if !findings.is_empty() {
        return Err(findings.into_problems());
    }
    let conditions = Arc::new(builder.finish());
    let (people, access) = (people.clone(), Arc::new(access.clone()));
    let policy = Policy {
        revision,
        files: Arc::new(files),
        unread,
        people,
        access,
        accounts: Arc::new(accounts),
        roles: Arc::new(roles),
        aliases: Arc::new(aliases),
        conditions,
        edition: 0,
    };
    kept::keep(&policy);
    Ok(policy)
}

/// Reports forbidden and oversized files.
fn check_places(files: &BTreeMap<String, Vec<u8>>, findings: &Findings) {
    for (path, content) in files {
        if let PolicyPath::Wrong(message, hint) = PolicyPath::of(path) {
            findings.add(path, Position::START, &message, Some(hint));
        }
        if content.len() > PolicyPath::limit(path) {
            report_too_long(findings, path);
        }
    }
}

/// A file's content. `None` if it is absent, or too long, which was reported before.
pub(in crate::policy) fn within_limit<'a>(
    files: &'a BTreeMap<String, Vec<u8>>,
    path: &str,
) -> Option<&'a [u8]> {
    files.get(path).map(Vec::as_slice).filter(|content| content.len() <= PolicyPath::limit(path))
}

/// Whether people come by token, which decides how everything else is read. `Access::read` reports errors.
fn read_identity(files: &BTreeMap<String, Vec<u8>>) -> Option<Oidc> {
    let unheard = Findings::default();
    let content = within_limit(files, "access.toml")?;
    let document = Document::of("access.toml", content, &unheard)?;
    let tree = document.parse()?;
    access::read_identity(&document, &tree)
}

fn read_people(
    files: &BTreeMap<String, Vec<u8>>,
    oidc: Option<&Oidc>,
    findings: &Findings,
) -> Option<People> {
    let content = main_file(files, "people.toml", findings)?;
    let document = Document::of("people.toml", content, findings)?;
    let tree = document.parse()?;
    People::read(&document, &tree, oidc)
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

/// Every account. Empty if the file is absent.
fn read_accounts(files: &BTreeMap<String, Vec<u8>>, findings: &Findings) -> Accounts {
    let Some(content) = within_limit(files, "accounts.toml") else { return Accounts::default() };
    let Some(document) = Document::of("accounts.toml", content, findings) else { return Accounts::default() };
    let Some(tree) = document.parse() else { return Accounts::default() };
    Accounts::read(&document, &tree)
}

fn read_all_rules(
    files: &BTreeMap<String, Vec<u8>>,
    grammar: &Grammar,
    findings: &Findings,
) -> Vec<crate::policy::conditions::Compiled> {
    let mut rules = Vec::new();
    for path in files.keys().filter(|path| PolicyPath::of(path) == PolicyPath::Rules) {
        if let Some(content) = within_limit(files, path)
            && let Some(document) = Document::of(path, content, findings)
        {
            rules.extend(read_rules(&document, grammar));
        }
    }
    rules
}

/// Reports documents that no scope names, and certificates that no role names. A reader would take them for ones in force.
fn report_unused(files: &BTreeMap<String, Vec<u8>>, used: &BTreeSet<String>, findings: &Findings) {
    for path in files.keys().filter(|path| !used.contains(*path)) {
        let (message, hint) = match PolicyPath::of(path) {
            PolicyPath::Scope => (
                "no scope has this document",
                "name it in a role: [scopes.NAME] policy = \"…\", or take it out",
            ),
            PolicyPath::Certificates => (
                "no role has these certificates",
                "name them in a role: [kubernetes] ca = \"…\", or take them out",
            ),
            _ => continue,
        };
        findings.add(path, Position::START, message, Some(hint));
    }
}

/// Reports every unknown name in conditions.
fn check_named(
    named: &[Named],
    people: &People,
    access: &Access,
    roles: &BTreeMap<Name, Role>,
    findings: &Findings,
) {
    let by_token = access.oidc.is_some();
    for Named { file, position, uid } in named {
        let name = uid.id().unescaped();
        let (exists, kind) = match uid.type_name().basename() {
            "Group" => (people.groups_by_token || people.groups.contains_key(name), "group"),
            "Person" => (by_token || people.people.contains_key(name), "person"),
            "Workload" => (people.workloads.contains_key(name), "workload"),
            "Agent" => (people.agents.contains_key(name), "agent"),
            "Role" => (roles.contains_key(name), "role"),
            "Scope" => {
                let scope = name.split_once('/').and_then(|(role, scope)| roles.get(role)?.scopes.get(scope));
                (scope.is_some(), "scope")
            }
            _ => (true, ""),
        };
        if !exists {
            let shown: String = name.chars().take(64).collect();
            let hint = (kind == "scope").then_some("a scope is named with its role: Scope::\"ROLE/SCOPE\"");
            findings.add(file, *position, &format!("there is no {kind} {shown}"), hint);
        }
    }
}

fn main_file<'a>(files: &'a BTreeMap<String, Vec<u8>>, path: &str, findings: &Findings) -> Option<&'a [u8]> {
    if !files.contains_key(path) {
        let hint = "begin a policy with `jit policy init DIR`";
        findings.add(path, Position::START, "the file is missing", Some(hint));
    }
    within_limit(files, path)
}

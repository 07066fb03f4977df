//! Makes roles from role files: one per file, or one per account if the file says `for_each`. A more specific file
//! wins.

use std::collections::BTreeMap;

use crate::grant::Name;

use crate::policy::compiling::compile::within_limit;
use crate::policy::files::document::Document;
use crate::policy::files::document::Tree;
use crate::policy::files::place::PolicyPath;
use crate::policy::files::problem::Findings;
use crate::policy::roles::role::Reading;
use crate::policy::roles::role::Role;
use crate::policy::roles::role::Surroundings;
use crate::policy::settings::accounts::Accounts;

/// Every role, in name order. Reports errors.
pub(in crate::policy) fn read_roles(
    files: &BTreeMap<String, Vec<u8>>,
    around: &Surroundings<'_>,
    accounts: &Accounts,
    findings: &Findings,
) -> Vec<Reading> {
    let mut specific: BTreeMap<Name, Reading> = BTreeMap::new();
    let mut general: BTreeMap<Name, Reading> = BTreeMap::new();
    // A file reserves its role's name even if it cannot be read.
    let named = |name: &Name| files.contains_key(&format!("roles/{name}.toml"));
    for path in files.keys() {
        let PolicyPath::Role(stem) = PolicyPath::of(path) else { continue };
        let Some(content) = within_limit(files, path) else { continue };
        let Some(document) = Document::of(path, content, findings) else { continue };
        let Some(tree) = document.parse() else { continue };
        let Some(tag) = document.root(&tree).field("for_each") else {
            let reading = Role::read(stem.clone(), &document, &tree, around);
            specific.extend(reading.map(|reading| (stem, reading)));
            continue;
        };
        let Some(word) = tag.text() else { continue };
        if accounts.tagged(word).next().is_none() {
            let hint = "tag an account in accounts.toml: tags = [\"…\"]";
            tag.report_with("no account has this tag, so the file makes no role", hint);
        }
        for account in accounts.tagged(word) {
            let Ok(name) = format!("{}.{stem}", account.name).parse::<Name>() else {
                tag.report(&format!("{}.{stem} is too long for the name of a role", account.name));
                continue;
            };
            // Each account's copy is modified, so each is parsed separately.
            let Some(mut copy): Option<Tree<'_>> = document.parse() else { continue };
            account.expand_tree(&mut copy);
            let around = Surroundings { account: Some(account), ..*around };
            let Some(reading) = Role::read(name.clone(), &document, &copy, &around) else { continue };
            if let Some(other) = general.get(&name).filter(|_| !named(&name)) {
                let message =
                    format!("{} makes a role {name}, too, and neither is more specific", other.role.file());
                tag.report_with(&message, &format!("rename one of them, or write roles/{name}.toml"));
            }
            general.insert(name, reading);
        }
    }
    for (name, reading) in general {
        match specific.get_mut(&name) {
            Some(winner) => winner.role.origin.replaces.push(reading.role.file()),
            None if named(&name) => {}
            None => {
                specific.insert(name, reading);
            }
        }
    }
    specific.into_values().collect()
}

/// The role of every alias. Reports a name for two roles.
pub(in crate::policy) fn settle_aliases(readings: &[Reading], findings: &Findings) -> BTreeMap<Name, Name> {
    let mut aliases: BTreeMap<Name, Name> = BTreeMap::new();
    for reading in readings {
        let role = &reading.role;
        for (alias, position) in role.aliases.iter().zip(&reading.alias_places) {
            let before = aliases.insert(alias.clone(), role.name.clone());
            let found = readings.binary_search_by(|other| other.role.name.cmp(alias));
            let taken = if found.is_ok() { Some(alias.clone()) } else { before };
            if let Some(other) = taken {
                let message = format!("the name {alias} means the role {other} already");
                let hint = "a name means one role; take the alias out";
                findings.add(&role.file(), *position, &message, Some(hint));
            }
        }
    }
    aliases
}

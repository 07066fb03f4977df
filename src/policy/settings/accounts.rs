//! `accounts.toml`: the accounts for which `for_each` makes roles.

use std::collections::BTreeMap;
use std::collections::HashMap;

use toml::de::DeValue;

use crate::grant::Name;
use crate::grant::Place;
use crate::grant::production::looks_like_production;
use crate::grant::text;

use crate::policy::Policy;
use crate::policy::files::document::Document;
use crate::policy::files::document::Tree;
use crate::policy::roles::role::Role;

/// One account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name in the policy.
    pub name: Name,
    /// The account's twelve digits.
    pub id: String,
    /// The owner, who is responsible for it. This is a name, so `group:{owner}` is valid.
    pub owner: Option<Name>,
    /// Free words, such as `env:prod`. `for_each` names one of them.
    pub tags: Vec<String>,
}

/// Every account by its name.
#[derive(Debug, Clone, Default)]
pub(in crate::policy) struct Accounts(pub(in crate::policy) BTreeMap<Name, Account>);

impl Accounts {
    /// Parses the file and reports its errors.
    pub(in crate::policy) fn read(document: &Document<'_>, tree: &Tree<'_>) -> Self {
        let root = document.root(tree);
        let mut accounts = BTreeMap::new();
        let mut ids: HashMap<String, Name> = HashMap::new();
        if let Some(section) = root.field("accounts").and_then(|field| field.section()) {
            for (name, at, field) in section.entries() {
                let name: Name = match name.parse() {
                    Ok(name) => name,
                    Err(error) => {
                        document.report(at, &error.to_string());
                        continue;
                    }
                };
                let Some(section) = field.section() else { continue };
                let id = section.required("id", r#"write id = "111122223333""#);
                let owner = section.field("owner").map(|field| field.parse::<Name>());
                let tags = section.field("tags").and_then(|field| field.list());
                section.finish(&[]);
                let tags = tags.into_iter().flatten().filter_map(|tag| {
                    let word = tag.text()?;
                    let fits = !word.is_empty() && word.len() <= 128 && text::check(word).is_ok();
                    if !fits {
                        tag.report("a tag has 1 to 128 visible characters");
                    }
                    fits.then(|| word.to_owned())
                });
                let tags = tags.collect();
                let Some((field, id)) = id.and_then(|field| Some((field, field.text()?.to_owned()))) else {
                    continue;
                };
                if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
                    field.report("an account's id has twelve digits, in quotes");
                }
                if let Some(other) = ids.insert(id.clone(), name.clone()) {
                    field.report(&format!("{other} has this id, too"));
                }
                accounts.insert(name.clone(), Account { name, id, owner: owner.flatten(), tags });
            }
        }
        root.finish(&[]);
        Self(accounts)
    }

    /// The account that a place is. `None` for other kinds of places, and where `accounts.toml` does not have it.
    pub(in crate::policy) fn of_place(&self, place: &Place) -> Option<&Account> {
        let id = place.as_account()?;
        self.0.values().find(|account| account.id == id)
    }

    /// The accounts with a tag, in name order.
    pub(in crate::policy) fn tagged<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = &'a Account> {
        self.0.values().filter(move |account| account.tags.iter().any(|other| other == tag))
    }
}

impl Account {
    /// Replaces `{account}`, `{id}` and `{owner}` in a text.
    pub(in crate::policy) fn expand(&self, text: &str) -> String {
        let owner = self.owner.as_ref().map_or("{owner}", Name::as_str);
        // None of the three can contain a brace, so no replacement creates another placeholder.
        text.replace("{account}", self.name.as_str()).replace("{id}", &self.id).replace("{owner}", owner)
    }

    /// Expands every string value of a role's file, except conditions and patterns. Those are code, and see the account
    /// as `resource.account`.
    pub(in crate::policy) fn expand_tree(&self, tree: &mut Tree<'_>) {
        let mut waiting: Vec<&mut DeValue<'_>> = Vec::new();
        for (key, value) in tree.table_mut() {
            match (key.get_ref().as_ref(), value.get_mut()) {
                ("when", _) => {}
                ("reason", DeValue::Table(parts)) => {
                    let words = parts.iter_mut().filter(|(key, _)| key.get_ref() != "pattern");
                    waiting.extend(words.map(|(_, part)| part.get_mut()));
                }
                (_, value) => waiting.push(value),
            }
        }
        while let Some(value) = waiting.pop() {
            match value {
                DeValue::String(text) if text.contains('{') => *text = self.expand(text).into(),
                DeValue::Array(items) => waiting.extend(items.iter_mut().map(|item| item.get_mut())),
                DeValue::Table(table) => waiting.extend(table.iter_mut().map(|(_, item)| item.get_mut())),
                _ => {}
            }
        }
    }
}

impl Policy {
    /// The account of a role. `None` if `accounts.toml` does not list it.
    fn account_of(&self, role: &Role) -> Option<&Account> {
        match &role.origin.account {
            Some(name) => self.accounts.0.get(name),
            None => self.accounts.of_place(&role.target.place()),
        }
    }

    /// Whether a role looks like production, by its name, the names of its target, or its account's name and tags.
    pub fn is_production(&self, role: &Role) -> bool {
        let own = std::iter::once(role.name.as_str()).chain(role.target.names());
        let account = self.account_of(role).into_iter();
        let names = account.flat_map(|account| {
            std::iter::once(account.name.as_str()).chain(account.tags.iter().map(String::as_str))
        });
        looks_like_production(own.chain(names))
    }
}

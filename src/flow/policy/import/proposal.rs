//! The proposed files.

use std::collections::BTreeMap;
use std::path::Path;

use crate::flow::Failure;
use crate::grant::Name;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::cloud::aws::partition_of;
use crate::grant::span::Span;
use crate::grant::text::MAX_TEXT;
use crate::grant::text::normalize;
use crate::grant::text::sanitise;
use crate::policy::Policy;
use crate::system::files;

/// A person to propose.
#[derive(Debug, Clone, Default)]
pub(super) struct Person {
    pub(super) label: String,
    pub(super) keys: Vec<String>,
    pub(super) github: Option<u64>,
}

/// A role to propose.
#[derive(Debug, Clone)]
pub(super) struct Role {
    pub(super) description: String,
    /// `group:NAME` and `person:NAME`.
    pub(super) requesters: Vec<String>,
    pub(super) max_duration: Option<Span>,
    pub(super) role_arn: RoleArn,
    pub(super) region: String,
    /// A remark for the reader of the file.
    pub(super) remark: String,
}

/// A proposed first policy.
#[derive(Debug, Clone, Default)]
pub struct Proposal {
    /// The program that made it.
    pub(super) origin: &'static str,
    pub(super) people: BTreeMap<Name, Person>,
    /// Members, as `people.toml` spells them.
    pub(super) groups: BTreeMap<Name, Vec<String>>,
    pub(super) accounts: BTreeMap<Name, String>,
    pub(super) roles: BTreeMap<Name, Role>,
    /// Notes on data that was left out, with reasons.
    pub notes: Vec<String>,
}

/// The group that must approve all proposed roles, until the team names better approvers.
const APPROVERS: &str = "approvers";

impl Proposal {
    /// Derives a free name from a text, or from `fallback` if the text contains nothing for a name.
    pub(super) fn name<T>(text: &str, fallback: &str, taken: &BTreeMap<Name, T>) -> Option<Name> {
        Name::like(text, fallback, |name| taken.contains_key(name))
    }

    /// The files, by path.
    pub fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::from([
            ("access.toml".to_owned(), self.access()),
            ("people.toml".to_owned(), self.people_file()),
        ]);
        if !self.accounts.is_empty() {
            files.insert("accounts.toml".to_owned(), self.accounts_file());
        }
        for (name, role) in &self.roles {
            files.insert(format!("roles/{name}.toml"), role_file(role));
        }
        files
    }

    /// Writes the files into a folder that must not exist yet.
    pub fn write(&self, folder: &Path) -> Result<(), Failure> {
        if folder.exists() {
            return Err(Failure::usage(format!("{} is there already", folder.display()))
                .hint("name a new folder, and copy from it"));
        }
        self.check()?;
        for (path, text) in self.files() {
            let file = folder.join(path);
            let parent = file.parent().unwrap_or(folder);
            let written =
                files::make_folder(parent).and_then(|()| files::replace_private(&file, text.as_bytes()));
            written.map_err(|error| {
                Failure::failed(format!("{} cannot be written", file.display())).cause(error.to_string())
            })?;
        }
        Ok(())
    }

    /// Checks that the proposal loads.
    pub fn check(&self) -> Result<(), Failure> {
        let files = self.files().into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
        let problems = Policy::compile(files).err();
        problems.map_or(Ok(()), |problems| {
            Err(super::super::does_not_load(&problems).renamed("jit can make no policy of this"))
        })
    }

    fn access(&self) -> String {
        format!(
            "# Proposed by `jit policy import {}`: read it, mend it, then keep it in git.\nversion = 1\n\n[defaults]\n\
             max_duration = \"8h\"\npending      = \"24h\"\nunused       = \"12h\"\nlease        = \"1h\"\n",
            self.origin
        )
    }

    fn people_file(&self) -> String {
        let mut text = "# Add the line of `ssh-add -L` of each person who has no key here.\n".to_owned();
        for (name, person) in &self.people {
            text.push_str(&format!("\n[people.{}]\n", quoted(name.as_str())));
            if !person.label.is_empty() {
                text.push_str(&format!("name = {}\n", quoted(&person.label)));
            }
            match person.keys.as_slice() {
                [] => {}
                keys => {
                    let lines: Vec<String> = keys.iter().map(|key| format!("  {},\n", quoted(key))).collect();
                    text.push_str(&format!("keys = [\n{}]\n", lines.concat()));
                }
            }
            if let Some(number) = person.github {
                text.push_str(&format!("github = {number}\n"));
            }
        }
        text.push_str("\n[groups]\n");
        for (name, members) in &self.groups {
            let members: Vec<String> = members.iter().map(|member| quoted(member)).collect();
            text.push_str(&format!("{} = [{}]\n", quoted(name.as_str()), members.join(", ")));
        }
        if self.groups.keys().all(|name| name.as_str() != APPROVERS) {
            text.push_str(&format!(
                "# The approvers of all roles below: name them here, or name better ones in each role.\n{APPROVERS} = []\n"
            ));
        }
        text
    }

    fn accounts_file(&self) -> String {
        let mut text = "# Tag accounts, and one role file with for_each makes a role in each.\n".to_owned();
        for (name, id) in &self.accounts {
            text.push_str(&format!("\n[accounts.{}]\nid = {}\n", quoted(name.as_str()), quoted(id)));
        }
        text
    }
}

fn role_file(role: &Role) -> String {
    let requesters: Vec<String> = role.requesters.iter().map(|requester| quoted(requester)).collect();
    let most = role.max_duration.map_or_else(String::new, |span| format!("max_duration = \"{span}\"\n"));
    format!(
        "# {}\ndescription = {}\nrequesters  = [{}]\napproval    = \"1 of group:{APPROVERS}\"\n{most}\n[aws]\nrole_arn = {}\nregion   = {}\n",
        sanitise(&role.remark),
        quoted(&role.description),
        requesters.join(", "),
        quoted(role.role_arn.as_str()),
        quoted(&role.region)
    )
}

/// The region for a role of this partition: the requested one, or the partition's first if that one is in another
/// partition.
pub(super) fn region_in<'a>(partition: &str, asked: &'a str) -> &'a str {
    match partition {
        _ if partition_of(asked) == partition => asked,
        "aws-us-gov" => "us-gov-west-1",
        "aws-cn" => "cn-north-1",
        _ => asked,
    }
}

/// Another person's text, as a line that a policy accepts.
pub(super) fn line(text: &str) -> String {
    let clean = normalize(&sanitise(text));
    clean.chars().take(MAX_TEXT / 8).collect()
}

/// A string in TOML syntax.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

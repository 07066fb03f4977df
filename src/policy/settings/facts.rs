//! `[facts.NAME]`: the sources of facts such as "who is on call". The broker fetches them.

use std::path::PathBuf;

use crate::grant::span::Span;

use crate::policy::files::document::Field;
use crate::policy::files::document::Section;
use crate::policy::settings::notify;
use crate::policy::settings::notify::SecretSource;

/// The source of a fact. Each returns JSON: an object of fact names, each with a list of people's names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FactFrom {
    /// A file that another program keeps fresh. The path is absolute.
    File(PathBuf),
    /// A program that prints the JSON: its absolute path, and its arguments. No shell is involved.
    Command(Vec<String>),
    /// An https address, or http on this machine.
    Url {
        /// The address.
        url: String,
        /// The bearer token to send there.
        token: Option<SecretSource>,
    },
}

/// A configured source of one fact.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FactSource {
    /// The fact's name: `principal.NAME` in conditions, and the member in the source's JSON.
    pub name: String,
    /// The source of the fact.
    pub from: FactFrom,
    /// The greatest age of an answer. An older fact is false.
    pub max_age: Span,
}

/// Words that Cedar reserves, so that they cannot follow a dot, and the attribute of agents.
const RESERVED: [&str; 11] =
    ["owner", "true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"];

impl FactSource {
    /// Parses `[facts]`, in name order.
    pub(in crate::policy) fn read_all(section: &Section<'_>) -> Vec<Self> {
        let mut sources: Vec<Self> = Vec::new();
        for (name, at, field) in section.entries() {
            let starts_well = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
            let fits = starts_well
                && name.len() <= 63
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
                && !RESERVED.contains(&name);
            if !fits {
                section.document.report_with(
                    at,
                    "this cannot be a fact's name",
                    "use a-z, 0-9 and _, starting with a letter, as conditions write principal.NAME",
                );
                continue;
            }
            sources.extend(field.section().and_then(|section| Self::read(name, section)));
        }
        sources.sort_by(|one, other| one.name.cmp(&other.name));
        sources
    }

    fn read(name: &str, section: Section<'_>) -> Option<Self> {
        let (file, command, url) = (section.field("file"), section.field("command"), section.field("url"));
        let (variable, path) = (section.field("token_env"), section.field("token_file"));
        let max_age = section.field("max_age").map_or(Some(Span::of_minutes(5)), |field| field.parse());
        let at = section.at;
        let document = section.document;
        section.finish(&[]);
        let token = read_token(variable.as_ref(), path.as_ref());
        let from = match (file, command, url) {
            (Some(field), None, None) => notify::read_path(&field).map(FactFrom::File),
            (None, Some(field), None) => notify::read_command(&field).map(FactFrom::Command),
            (None, None, Some(field)) => {
                notify::read_url(&field).map(|url| FactFrom::Url { url, token: token.clone() })
            }
            _ => {
                let message = "a fact has one source: `file`, `command` or `url`";
                document.report_with(at, message, r#"write file = "/run/jit/oncall.json""#);
                return None;
            }
        };
        if let (Some(FactFrom::File(_) | FactFrom::Command(_)), Some(_)) = (&from, &token) {
            document.report(at, "only a `url` takes a token");
        }
        Some(Self { name: name.to_owned(), from: from?, max_age: max_age? })
    }
}

fn read_token(variable: Option<&Field<'_>>, path: Option<&Field<'_>>) -> Option<SecretSource> {
    match (variable, path) {
        (Some(field), None) => notify::read_variable(field).map(SecretSource::Environment),
        (None, Some(field)) => notify::read_path(field).map(SecretSource::File),
        (Some(_), Some(field)) => {
            field.report("a token comes from `token_env` or `token_file`, not from both");
            None
        }
        (None, None) => None,
    }
}

//! The user's own AWS files, parsed as AWS's own CLI does. All of `jit` uses this reader for profiles, sessions and
//! settings, so no two commands can disagree.
//!
//! The reference is botocore (`configloader.py`, `session.full_config`). Nothing here writes.

mod ini;
mod place;
pub mod route;
mod whole;
pub mod words;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

pub use ini::Malformed;
pub use place::expand;
pub use place::path;
pub use whole::AwsFiles;
pub use whole::Profile;
pub use whole::Unreadable;
pub use whole::read;

/// One of the two files. They name their sections differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `~/.aws/config`: `[default]`, `[profile NAME]`, `[sso-session NAME]`, `[services NAME]`.
    Config,
    /// `~/.aws/credentials`: `[NAME]`.
    Credentials,
}

/// The value of one setting. `Debug` never shows its text, which may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    text: String,
    /// The line of the setting, from 1.
    pub line: usize,
    /// The file of the setting.
    pub kind: Kind,
}

/// The settings of a section, by lower-case name.
pub type Settings = BTreeMap<String, Value>;

/// A section that AWS's CLI ignores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The line of its header, from 1.
    pub line: usize,
    /// The text between the brackets.
    pub header: String,
    /// Why the CLI ignores it, and what it would accept.
    pub why: &'static str,
    /// Whether it has settings that only profiles have, so that it was meant as one.
    pub meant_as_profile: bool,
}

/// The parts of one file that AWS's CLI reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// The profiles, by name.
    pub profiles: BTreeMap<String, Settings>,
    /// The `[sso-session NAME]` sections.
    pub sso_sessions: BTreeMap<String, Settings>,
    /// The `[services NAME]` sections.
    pub services: BTreeMap<String, Settings>,
    /// The sections that the CLI ignores.
    pub unread: Vec<Unread>,
}

impl std::fmt::Debug for Value {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?}:{}", self.kind, self.line)
    }
}

impl Value {
    /// The value as AWS's CLI reads it, with the rest of the line. A block begins with a line end.
    pub fn whole(&self) -> &str {
        &self.text
    }

    /// The value without a trailing comment (`#` or `;` after white space), as the SDKs and aws-vault cut it. For
    /// values that cannot contain such a character themselves (ARNs, numbers, regions, names of profiles).
    pub fn plain(&self) -> &str {
        if self.is_block() {
            return &self.text;
        }
        let mut after_space = true;
        for (at, character) in self.text.char_indices() {
            if after_space && matches!(character, '#' | ';') {
                return self.text[..at].trim_end_matches(ini::is_space);
            }
            after_space = ini::is_space(character);
        }
        &self.text
    }

    /// Whether the value is a block of indented settings.
    pub fn is_block(&self) -> bool {
        self.text.starts_with('\n')
    }

    /// The settings of a block. Empty if the value is no block.
    pub fn block(&self) -> Vec<(String, String)> {
        if self.is_block() { ini::block(&self.text).unwrap_or_default() } else { Vec::new() }
    }
}

/// Settings that only profiles have. A section with one was meant as a profile.
const OF_PROFILES: &[&str] = &[
    "aws_access_key_id",
    "aws_secret_access_key",
    "credential_process",
    "credential_source",
    "granted_sso_start_url",
    "login_session",
    "role_arn",
    "source_profile",
    "sso_account_id",
    "sso_role_name",
    "web_identity_token_file",
];

/// Parses the text of a file.
///
/// # Errors
/// AWS's CLI rejects the whole file because of the line in the error.
pub fn parse(text: &str, kind: Kind) -> Result<File, Malformed> {
    let mut file = File::default();
    let mut sections_of_profiles: BTreeMap<String, (usize, String, bool)> = BTreeMap::new();
    for section in ini::parse(text)? {
        let mut settings = Settings::new();
        for setting in section.settings {
            // An invalid block makes the CLI reject the whole file.
            if setting.value.starts_with('\n') && ini::block(&setting.value).is_none() {
                let why = "the indented lines below this setting are not settings, like NAME = VALUE";
                return Err(Malformed { line: setting.line, why });
            }
            settings.insert(setting.name, Value { text: setting.value, line: setting.line, kind });
        }
        let meant_as_profile = OF_PROFILES.iter().any(|name| settings.contains_key(*name));
        let unread =
            |line, header: &str, why| Unread { line, header: header.to_owned(), why, meant_as_profile };
        match place_of(&section.header, kind) {
            Ok(SectionName::Profile(name)) => {
                let here = (section.line, section.header.clone(), meant_as_profile);
                // Not merged: if two sections name one profile, the CLI uses the last.
                if let Some((line, header, meant_as_profile)) =
                    sections_of_profiles.insert(name.clone(), here)
                {
                    let why = "a later section names the same profile, and AWS's CLI reads that one alone";
                    file.unread.push(Unread { line, header, why, meant_as_profile });
                }
                file.profiles.insert(name, settings);
            }
            Ok(SectionName::SsoSession(name)) => {
                file.sso_sessions.insert(name, settings);
            }
            Ok(SectionName::Services(name)) => {
                file.services.insert(name, settings);
            }
            Err(why) => file.unread.push(unread(section.line, &section.header, why)),
        }
    }
    file.unread.sort_by_key(|unread| unread.line);
    Ok(file)
}

enum SectionName {
    Profile(String),
    SsoSession(String),
    Services(String),
}

/// The section that a header stands for (botocore, `build_profile_map`: a prefix, then exactly two words).
fn place_of(header: &str, kind: Kind) -> Result<SectionName, &'static str> {
    if kind == Kind::Credentials {
        return Ok(SectionName::Profile(header.to_owned()));
    }
    let named = |make: fn(String) -> SectionName| match words::split(header) {
        None => Err("its quotes do not close"),
        Some(words) => match <[String; 2]>::try_from(words) {
            Ok([_, name]) => Ok(make(name)),
            Err(words) if words.len() < 2 => Err("it has no name: write [profile NAME]"),
            Err(_) => Err("a name with spaces needs quotes: write [profile \"A NAME\"]"),
        },
    };
    if header.starts_with("profile") {
        named(SectionName::Profile)
    } else if header.starts_with("sso-session") {
        named(SectionName::SsoSession)
    } else if header.starts_with("services") {
        named(SectionName::Services)
    } else if header == "default" {
        Ok(SectionName::Profile(header.to_owned()))
    } else {
        Err("it is not a profile: write [profile NAME]")
    }
}

/// Every name that this or another tool takes for a profile's, for a writer that must not shadow one: the profiles that
/// the CLI reads, and those of sections that only other tools read. A file that the CLI rejects still has its headers.
pub fn claimed_names(text: &str, kind: Kind) -> BTreeSet<String> {
    let plain = |name: &str| name.replace(['\'', '"', '\\'], "").trim().to_owned();
    let mut names: BTreeSet<String> =
        parse(text, kind).map(|file| file.profiles.into_keys().collect()).unwrap_or_default();
    let text = text.replace('\r', "\n");
    for line in text.lines().map(|line| line.trim_start_matches('\u{feff}').trim_matches(ini::is_space)) {
        let Some(inner) = line.strip_prefix('[') else { continue };
        let ends = [inner.find(']'), inner.rfind(']')].map(|end| end.unwrap_or(inner.len()));
        for section in ends.map(|end| inner[..end].trim()) {
            names.insert(plain(section));
            if let Some(profile) = section.strip_prefix("profile") {
                names.insert(plain(profile));
                names.extend(profile.split_once(char::is_whitespace).map(|(_, name)| plain(name)));
            }
        }
    }
    names
}

#[cfg(test)]
mod tests;

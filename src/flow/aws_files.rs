//! The person's own AWS files, read and never written.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use configparser::ini::Ini;
use configparser::ini::IniDefault;

use super::Failure;
use crate::system::System;
use crate::system::files;

/// The settings of each section, by its name as it stands in the file.
pub type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// Where AWS's tools look: the variable, else the file in the home folder.
pub fn path(system: &System, variable: &str, name: &str) -> PathBuf {
    let environment = &system.environment;
    environment.get(variable).map_or_else(|| system.files.home.join(".aws").join(name), PathBuf::from)
}

/// `~/.aws/config`.
pub fn config(system: &System) -> Result<Sections, Failure> {
    read(&path(system, "AWS_CONFIG_FILE", "config"))
}

/// `~/.aws/credentials`.
pub fn credentials(system: &System) -> Result<Sections, Failure> {
    read(&path(system, "AWS_SHARED_CREDENTIALS_FILE", "credentials"))
}

fn read(path: &Path) -> Result<Sections, Failure> {
    let unreadable = |cause: String| {
        Failure::failed(format!("{} cannot be read", path.display()))
            .cause(cause)
            .hint("see what AWS's own tools say: `aws configure list-profiles`")
    };
    let bytes = files::read(path).map_err(|error| unreadable(error.to_string()))?.unwrap_or_default();
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text".to_owned()))?;
    let mut form = IniDefault::default();
    // What stands before any section belongs to nobody; `default` is a section like the others.
    form.default_section = String::from('\0');
    form.comment_symbols = vec!['#', ';'];
    form.inline_comment_symbols = Some(Vec::new());
    form.delimiters = vec!['=', ':'];
    form.case_sensitive = true;
    form.multiline = true;
    let file = Ini::new_from_defaults(form)
        .read(text.trim_start_matches('\u{feff}').to_owned())
        // The rest of the message may quote the file.
        .map_err(|message| unreadable(message.split(':').next().unwrap_or_default().to_owned()))?;
    let section = |properties: std::collections::HashMap<String, Option<String>>| {
        properties
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_lowercase(), value?.trim().to_owned())))
            .collect()
    };
    Ok(file.into_iter().map(|(name, properties)| (name.trim().to_owned(), section(properties))).collect())
}

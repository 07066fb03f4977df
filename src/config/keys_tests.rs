//! The table of keys against the files' own readers.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::config::file;
use crate::config::project;

/// The names that serde would accept in a table in which this table has an unknown key.
fn known(error: &str) -> BTreeSet<String> {
    let listed = error.split("expected ").nth(1).unwrap_or_default();
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn of_table(place: SettingsFile, prefix: &str) -> BTreeSet<String> {
    let keys = KEYS.iter().filter(|key| key.place == place);
    let own = keys.filter_map(|key| {
        if prefix.is_empty() { Some(key.name) } else { key.name.strip_prefix(prefix)?.strip_prefix('.') }
    });
    own.filter_map(|rest| rest.split('.').next()).map(str::to_owned).collect()
}

/// The page has exactly the keys that the files may have.
#[test]
fn the_table_has_every_key_of_both_files() {
    let path = Path::new("config.toml");
    for (prefix, source) in [
        ("", "zzz = 1".to_owned()),
        ("authority", "[authority]\nzzz = 1".to_owned()),
        ("defaults", "[defaults]\nzzz = 1".to_owned()),
        ("roles.NAME", "[roles.x]\nzzz = 1".to_owned()),
        ("roles.NAME.aws", "[roles.x]\napproval = \"none\"\n[roles.x.aws]\nzzz = 1".to_owned()),
        ("roles.NAME.azure", "[roles.x]\napproval = \"none\"\n[roles.x.azure]\nzzz = 1".to_owned()),
        ("roles.NAME.gcp", "[roles.x]\napproval = \"none\"\n[roles.x.gcp]\nzzz = 1".to_owned()),
        ("roles.NAME.kubernetes", "[roles.x]\napproval = \"none\"\n[roles.x.kubernetes]\nzzz = 1".to_owned()),
    ] {
        let error = file::parse(path, &source, path).err().unwrap().to_string();
        assert_eq!(known(&error), of_table(SettingsFile::Config, prefix), "{prefix}: {error}");
    }
    let error = project::parse(path, b"zzz = 1").unwrap_err().to_string();
    assert_eq!(known(&error), of_table(SettingsFile::Project, ""), "{error}");
}

/// The examples of the page load.
#[test]
fn the_examples_load() {
    let path = Path::new("config.toml");
    let checked = file::parse(path, &example(SettingsFile::Config), Path::new("/home/ana")).unwrap();
    assert_eq!(checked.url.as_deref(), Some("https://jit.example.com"));
    assert_eq!(checked.roles.len(), 1);
    let suggested = project::parse(path, example(SettingsFile::Project).as_bytes()).unwrap();
    assert_eq!(suggested.roles.len(), 2);
    assert!(KEYS.iter().all(|key| key.meaning.ends_with('.')));
}

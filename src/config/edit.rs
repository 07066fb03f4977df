//! Reads and changes single settings of the user's own file. Everything else in the file stays as it is.

use std::path::Path;
use std::path::PathBuf;

use toml_edit::DocumentMut;
use toml_edit::Item;
use toml_edit::Table;
use toml_edit::Value;

use super::ConfigError;
use super::file;
use super::keys;
use crate::system::Files;
use crate::system::user_file::UserFile;

/// The user's own file.
pub fn path(files: &Files) -> PathBuf {
    files.config.join("config.toml")
}

/// Sets a key of the user's own file, or removes it. The changed file must load.
///
/// # Errors
/// The file does not load, would not load, or cannot be written.
pub fn set(files: &Files, key: &str, value: Option<&str>) -> Result<(), ConfigError> {
    let path = path(files);
    let of_file = |error| ConfigError::of_file(&path, &error);
    let before = UserFile::read(&path).map_err(of_file)?;
    let source = file::text(&path, before.content().to_vec())?;
    // An existing mistake is shown at its own position and not blamed on this value.
    file::parse(&path, &source, &files.home)?;
    // The user has not seen the changed text, so a position in it would not help.
    let nowhere = |error: ConfigError| ConfigError { position: None, ..error };
    let changed = edited(&path, &source, key, value).map_err(nowhere)?;
    file::parse(&path, &changed, &files.home).map_err(nowhere)?;
    before.replace(changed.as_bytes()).map_err(of_file)
}

fn edited(path: &Path, source: &str, key: &str, value: Option<&str>) -> Result<String, ConfigError> {
    let mut document: DocumentMut = source
        .parse()
        .map_err(|error: toml_edit::TomlError| ConfigError::at(path, source, 0, error.message()))?;
    let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
    let table = if table.is_empty() {
        document.as_table_mut()
    } else {
        let found = document.entry(table).or_insert(Item::Table(Table::new()));
        let not_a_table = || ConfigError::at(path, source, 0, &format!("{table} is not a table"));
        found.as_table_mut().ok_or_else(not_a_table)?
    };
    match value {
        None => {
            table.remove(name);
        }
        Some(value) => {
            let mut new = if key == keys::BELL {
                let said = value.parse::<bool>();
                Value::from(said.map_err(|_| ConfigError::at(path, source, 0, "say true or false"))?)
            } else {
                Value::from(value)
            };
            if let Some(old) = table.get(name).and_then(Item::as_value) {
                // Keeps a comment behind the old value.
                *new.decor_mut() = old.decor().clone();
            }
            // Replaces in place, because inserting would drop the comment before the key.
            match table.get_mut(name) {
                Some(item) => *item = Item::Value(new),
                None => drop(table.insert(name, Item::Value(new))),
            }
        }
    }
    Ok(document.to_string())
}

/// The value of a key that holds one value, as this file sets it. `None` if the file does not set it.
///
/// # Errors
/// The file does not load.
pub fn value(path: &Path, home: &Path, key: &str) -> Result<Option<String>, ConfigError> {
    let checked = file::read(path, home)?;
    Ok(match key {
        keys::KEYCHAIN => checked.keychain,
        keys::CREDENTIALS => checked.credentials,
        keys::BELL => checked.bell.map(|bell| bell.to_string()),
        keys::URL => checked.url,
        keys::API => checked.api,
        keys::CLIENT_ID => checked.client_id,
        keys::KEY => checked.key,
        keys::KEY_FILE => checked.key_file.map(|file| file.display().to_string()),
        keys::DURATION => checked.duration.map(|duration| duration.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# mine\nkeychain = \"file\" # for the server\n\n[authority] # the team's\nurl = \"https://jit.example.com\"\n\n# a role\n[roles.dev]\napproval = \"none\"\n[roles.dev.aws]\nrole_arn = \"arn:aws:iam::111122223333:role/x\"\nregion = \"eu-west-1\"\n";

    fn files(content: &str) -> (tempfile::TempDir, Files) {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::under(folder.path());
        std::fs::create_dir_all(&files.config).unwrap();
        std::fs::write(path(&files), content).unwrap();
        (folder, files)
    }

    fn content(files: &Files) -> String {
        std::fs::read_to_string(path(files)).unwrap()
    }

    /// One line changes, and the comments stay.
    #[test]
    fn a_setting_changes_its_own_line_and_no_other() {
        let (_folder, files) = files(FILE);
        set(&files, keys::KEYCHAIN, Some("os")).unwrap();
        assert_eq!(content(&files), FILE.replace("\"file\"", "\"os\""));
        set(&files, keys::URL, Some("github:acme/access")).unwrap();
        set(&files, keys::DURATION, Some("30m")).unwrap();
        assert!(content(&files).contains("[defaults]\nduration = \"30m\"\n"), "{}", content(&files));
        set(&files, keys::DURATION, None).unwrap();
        set(&files, keys::BELL, Some("false")).unwrap();
        assert!(content(&files).contains("\nbell = false\n"), "{}", content(&files));
        set(&files, keys::BELL, None).unwrap();
        set(&files, keys::KEYCHAIN, Some("file")).unwrap();
        set(&files, keys::URL, Some("https://jit.example.com")).unwrap();
        assert_eq!(content(&files).replace("\n[defaults]\n", ""), FILE);
        assert_eq!(value(&path(&files), &files.home, keys::KEYCHAIN).unwrap().as_deref(), Some("file"));
    }

    #[test]
    fn what_would_not_load_is_not_written() {
        let (_folder, files) = files(FILE);
        for (key, bad) in [
            (keys::URL, "http://jit.example.com"),
            (keys::BELL, "loud"),
            (keys::DURATION, "soon"),
            (keys::CLIENT_ID, "two words"),
            (keys::API, "ftp://x"),
        ] {
            let error = set(&files, key, Some(bad)).unwrap_err();
            assert_eq!(error.position, None, "the line is of no file: {error}");
            assert_eq!(content(&files), FILE);
        }
        let broken = format!("{FILE}color = 1\n");
        std::fs::write(path(&files), &broken).unwrap();
        let error = set(&files, keys::KEYCHAIN, Some("os")).unwrap_err();
        assert_eq!(error.position.unwrap().0, 13, "{error}");
        assert_eq!(content(&files), broken);
    }

    #[test]
    fn a_file_that_is_not_there_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::under(folder.path());
        set(&files, keys::URL, Some("https://jit.example.com")).unwrap();
        assert_eq!(content(&files), "[authority]\nurl = \"https://jit.example.com\"\n");
    }
}

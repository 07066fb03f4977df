//! Enforces the architecture: which folder may use which, files under 400 lines, one path per `use` line, no catch-all
//! modules.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// The map in `src/lib.rs`.
struct Map {
    /// Every folder with its level.
    levels: BTreeMap<String, u8>,
    /// Which folder uses which other one against the levels.
    exceptions: BTreeSet<(String, String)>,
}

impl Map {
    fn today() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
        Self::read(&fs::read_to_string(path).unwrap())
    }

    /// Reads the lines `| 2 | [`policy`] | what lives there |` and ``Exception: `prompt` uses `audit`: why.``
    fn read(source: &str) -> Self {
        let mut map = Self { levels: BTreeMap::new(), exceptions: BTreeSet::new() };
        for line in source.lines().filter_map(|line| line.strip_prefix("//! ")) {
            if let Some(row) = line.strip_prefix("| ").and_then(|row| row.strip_suffix(" |")) {
                let cells: Vec<&str> = row.split(" | ").collect();
                let [level, folder, purpose] = cells.as_slice() else { panic!("three cells a row: {line}") };
                if *level == "level" {
                    continue;
                }
                let folder = folder.trim_matches(['[', ']', '`']).to_owned();
                let level = level.parse().unwrap_or_else(|_| panic!("no level: {line}"));
                assert!(!purpose.trim().is_empty(), "a row says what lives there: {line}");
                assert!(map.levels.insert(folder, level).is_none(), "two rows for one folder: {line}");
            } else if let Some(exception) = line.strip_prefix("Exception: ") {
                let parts: Vec<&str> = exception.split('`').collect();
                let ["", folder, " uses ", used, why] = parts.as_slice() else {
                    panic!("an exception says who uses whom: {line}")
                };
                assert!(why.starts_with(": ") && why.len() > 10, "an exception says why: {line}");
                map.exceptions.insert(((*folder).to_owned(), (*used).to_owned()));
            }
        }
        map
    }

    fn level(&self, folder: &str) -> Option<u8> {
        self.levels.get(folder).copied()
    }

    fn allows_by_level(&self, folder: &str, used: &str) -> bool {
        folder == used || self.level(folder).zip(self.level(used)).is_some_and(|(own, used)| used < own)
    }

    fn allows(&self, folder: &str, used: &str) -> bool {
        self.allows_by_level(folder, used) || self.exceptions.contains(&(folder.to_owned(), used.to_owned()))
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn source_files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&root)
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// Every `crate::<folder>` in a file, at any place, with its line number.
fn mentions(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in source.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for rest in code.split("crate::").skip(1) {
            let folder: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            found.push((index + 1, folder));
        }
    }
    found
}

/// The rules that one file breaks.
fn violations(map: &Map, name: &str, source: &str) -> Vec<String> {
    let mut broken = Vec::new();
    let Some((folder, _)) = name.split_once('/') else { return broken };
    let Some(own) = map.level(folder) else {
        return vec![format!("{name}: the folder {folder} is not on the map in src/lib.rs")];
    };
    for (line, used) in mentions(source) {
        if !map.allows(folder, &used) {
            broken.push(format!("{name}:{line}: {folder} (level {own}) may not use {used}"));
        }
    }
    for (index, line) in source.lines().enumerate() {
        let line = line.trim_start();
        let use_line = line.starts_with("use ") || line.starts_with("pub use ");
        if use_line && (line.contains('{') || line.contains("::*")) && line != "use super::*;" {
            let generous = line == "use proptest::prelude::*;";
            if !generous {
                broken.push(format!("{name}:{}: one path a `use` line", index + 1));
            }
        }
    }
    let lines = source.lines().count();
    if lines > 400 && !source.contains("// Longer than 400 lines because") {
        broken.push(format!("{name}: {lines} lines; split it by concern"));
    }
    for drawer in ["util", "utils", "common", "helpers", "manager", "misc"] {
        if name.split(['/', '.']).any(|part| part == drawer) {
            broken.push(format!("{name}: a drawer called {drawer}"));
        }
    }
    broken
}

#[test]
fn the_direction_table_holds() {
    let map = Map::today();
    let broken: Vec<String> =
        source_files().iter().flat_map(|(name, source)| violations(&map, name, source)).collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_map_names_every_folder_and_no_other() {
    let map = Map::today();
    let mapped: BTreeSet<String> = map.levels.keys().cloned().collect();
    let files = source_files();
    let folders: BTreeSet<String> = files
        .iter()
        .filter_map(|(name, _)| name.split_once('/'))
        .map(|(folder, _)| folder.to_owned())
        .collect();
    assert_eq!(mapped, folders, "left the table in src/lib.rs, right the folders of src");
    for (folder, used) in &map.exceptions {
        assert!(!map.allows_by_level(folder, used), "an exception that the levels allow: {folder}, {used}");
        let is_used = files.iter().any(|(name, source)| {
            name.starts_with(&format!("{folder}/")) && mentions(source).iter().any(|(_, found)| found == used)
        });
        assert!(is_used, "an exception that nothing needs: {folder} uses {used}");
    }
}

/// Each command is in the list of those that are run alike. An arm for "never gets here" would let a command do nothing and
/// succeed.
#[test]
fn every_command_runs_in_the_match_of_its_list() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/dispatch.rs");
    let source = fs::read_to_string(path).unwrap();
    let arms: Vec<&str> = source.lines().map(str::trim).filter(|line| line.contains("=>")).collect();
    let idle = |arm: &&&str| arm.starts_with("_ =>") || arm.contains("(_)") || arm.ends_with("=> Ok(()),");
    assert_eq!(arms.iter().filter(idle).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(arms.iter().filter(|arm| arm.contains("command.run(")).count() > 25, "{arms:#?}");
}

/// One place decides the meaning of "https, or http on this machine".
#[test]
fn this_machine_is_told_in_one_place() {
    for mark in ["Host::Ipv4(", "Host::Domain(", "\"localhost\""] {
        let code = |source: &str| source.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        let found = source_files().into_iter().filter(|(_, source)| code(source).contains(mark));
        let found: Vec<String> = found.map(|(name, _)| name).collect();
        let client = (mark == "\"localhost\"").then(|| "system/http.rs".to_owned());
        let expected: Vec<String> = std::iter::once("address/mod.rs".to_owned()).chain(client).collect();
        assert_eq!(found, expected, "{mark}");
    }
}

/// A sealed lease is opened in one place, and a request statement is built in one place.
#[test]
fn some_things_are_done_in_one_place() {
    let places = |mark: &str| -> Vec<String> {
        let code = |source: &str| {
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            code.replace(&format!("impl {mark}"), "")
        };
        let found = source_files().into_iter().filter(|(_, source)| code(source).contains(mark));
        found
            .map(|(name, _)| name)
            .filter(|name| !name.ends_with("/tests.rs") && !name.contains("/tests/"))
            .collect()
    };
    assert_eq!(places("key.open("), ["authority/opening.rs"]);
    // Declared, read from bytes, and built.
    let statement = ["grant/statement/draft.rs", "grant/statement/reading.rs", "grant/statement/shapes.rs"];
    assert_eq!(places("RequestStatement {"), statement);
    let outside: Vec<String> =
        places("Listing::Mine").into_iter().filter(|name| !name.starts_with("authority/")).collect();
    assert_eq!(outside, ["cli/demo/script.rs", "flow/session/reconcile.rs"]);
}

/// A pipeline asks by the same verbs as a person: which authority there is, is decided once, and its rooms alone know the job.
#[test]
fn no_command_asks_whether_it_runs_in_a_pipeline() {
    let mut seen = Vec::new();
    for (name, source) in source_files() {
        let code = source.split("#[cfg(test)]\nmod ").next().unwrap();
        let knows = ["WorkloadAuthority", "WorkloadError", "inputs::ACCESS."];
        if knows.iter().any(|word| code.contains(word)) && !name.starts_with("authority/") {
            seen.push(name);
        }
    }
    assert_eq!(seen, ["flow/github/run/failures.rs", "flow/session/client.rs"]);
}

/// How a repository on GitHub is named is known in its own rooms: everybody else matches on `grant::AuthorityAddress`.
#[test]
fn the_form_of_a_repositorys_name_is_known_in_its_own_rooms() {
    let rooms = ["grant/authority.rs", "policy/settings/forge.rs"];
    let mut seen = Vec::new();
    for (name, source) in source_files() {
        let code = source.split("#[cfg(test)]\nmod ").next().unwrap();
        if code.contains("\"github:") {
            seen.push(name);
        }
    }
    assert_eq!(seen, rooms);
}

/// The published crate has no fakes: each one is in a file `fake*.rs`, which is compiled only with the feature `testing`.
#[test]
fn fakes_are_compiled_for_tests_alone() {
    let mut gated = 0;
    for (name, source) in source_files() {
        let lines: Vec<&str> = source.split("#[cfg(test)]\nmod ").next().unwrap().lines().collect();
        let file = name.rsplit('/').next().unwrap();
        for (index, line) in lines.iter().enumerate() {
            if line.contains("mod fake") {
                let gate = index.checked_sub(1).map(|before| lines[before]).unwrap_or_default();
                assert!(gate.contains(r#"any(test, feature = "testing")"#), "{name}:{}: {line}", index + 1);
                gated += 1;
            }
            let is_fake = ["pub struct Fake", "pub struct TestSigner", "pub struct Counted"];
            let declares = is_fake.iter().any(|start| line.starts_with(start));
            assert!(!declares || file.starts_with("fake"), "{name}:{}: {line}", index + 1);
        }
    }
    assert!(gated >= 8, "{gated} of the eight fakes were seen");
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let default = manifest.lines().find(|line| line.starts_with("default = ")).unwrap();
    assert!(!default.contains("testing"), "{default}");
}

#[test]
fn each_folder_opens_with_a_short_map() {
    for folder in Map::today().levels.keys() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder).join("mod.rs");
        let source = fs::read_to_string(&path).unwrap_or_else(|_| panic!("src/{folder}/mod.rs is missing"));
        let opening = source.lines().take_while(|line| line.starts_with("//!")).count();
        assert!(
            (1..=5).contains(&opening),
            "src/{folder}/mod.rs opens with {opening} lines of documentation"
        );
    }
}

#[test]
fn the_rules_can_be_broken() {
    let map = Map::today();
    let violations = |name: &str, source: &str| violations(&map, name, source);
    assert!(!violations("grant/x.rs", "use crate::system::Clock;").is_empty());
    assert!(!violations("policy/x.rs", "let _ = crate::identity::verify();").is_empty());
    assert!(!violations("flow/x.rs", "use crate::grant::{Name, Digest};").is_empty());
    assert!(!violations("flow/x.rs", "use crate::grant::*;").is_empty());
    assert!(!violations("flow/util/x.rs", "").is_empty());
    assert!(!violations("drawer/x.rs", "").is_empty());
    assert!(!violations("flow/x.rs", &"\n".repeat(401)).is_empty());
    assert!(violations("flow/x.rs", "use crate::grant::Name;\nuse crate::policy::Policy;").is_empty());
}

#[test]
fn the_map_is_read_from_its_table() {
    let table = "//! | level | folder | what lives there |\n//! |---|---|---|\n//! | 0 | [`secret`] | values |\n\
                 //! | 1 | `grant` | words |\n//! | 1 | `system` | the world |\n";
    let map = Map::read(table);
    let levels: Vec<(&str, u8)> =
        map.levels.iter().map(|(folder, level)| (folder.as_str(), *level)).collect();
    assert_eq!(levels, [("grant", 1), ("secret", 0), ("system", 1)]);
    assert!(map.allows("grant", "secret") && map.allows("grant", "grant"));
    assert!(!map.allows("secret", "grant") && !map.allows("grant", "system"));
    assert!(!map.allows("grant", "nowhere") && !map.allows("nowhere", "grant"));
    let map = Map::read(&format!("{table}//! Exception: `grant` uses `system`: until the move.\n"));
    assert!(map.allows("grant", "system") && !map.allows("system", "grant"));
    for broken in [
        "//! | x | `grant` | words |",
        "//! | 1 | `grant` |",
        "//! | 1 | `grant` |  |",
        "//! Exception: `grant` uses `system`",
        "//! Exception: grant",
    ] {
        assert!(std::panic::catch_unwind(|| Map::read(broken)).is_err(), "{broken}");
    }
}

//! Holds the two test programs: no file of tests/ is forgotten, and no test is lost unnoticed.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use regex::Regex;

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of Rust below a folder of this repository.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.insert(path);
        }
    }
    found
}

/// The files that `mod` lines reach from `file`, itself among them.
fn reached(file: &Path, found: &mut BTreeSet<PathBuf>) {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    found.insert(file.to_owned());
    let line = Regex::new(r#"(?m)((?:^#\[[^\n]*\]\n)*)^(?:pub )?mod (\w+);$"#).unwrap();
    let path = Regex::new(r#"#\[path = "([^"]+)"\]"#).unwrap();
    let folder = file.parent().unwrap();
    for captures in line.captures_iter(&text) {
        let (attributes, name) = (&captures[1], &captures[2]);
        let beside = match file.file_name().unwrap().to_str().unwrap() {
            "mod.rs" | "main.rs" => folder.to_owned(),
            _ => file.with_extension(""),
        };
        let child = match path.captures(attributes) {
            Some(named) => folder.join(&named[1]).canonicalize().unwrap(),
            None if beside.join(name).join("mod.rs").exists() => beside.join(name).join("mod.rs"),
            None => beside.join(format!("{name}.rs")),
        };
        reached(&child, found);
    }
}

fn tests_in(paths: &BTreeSet<PathBuf>) -> usize {
    let test = Regex::new(r"(?m)^\s*#\[(?:tokio::)?test(?:\(|\])").unwrap();
    paths.iter().map(|path| test.find_iter(&fs::read_to_string(path).unwrap()).count()).sum()
}

#[test]
fn no_file_is_forgotten() {
    let tests = top().canonicalize().unwrap().join("tests");
    let mut found = BTreeSet::new();
    reached(&tests.join("hermetic/main.rs"), &mut found);
    reached(&tests.join("real/main.rs"), &mut found);
    let manifest = fs::read_to_string(top().join("Cargo.toml")).unwrap();
    let forgotten: Vec<String> = files(&tests)
        .difference(&found)
        .map(|path| path.strip_prefix(tests.parent().unwrap()).unwrap().display().to_string())
        // A program of its own that the suites start.
        .filter(|path| !manifest.contains(&format!("path = \"{path}\"")))
        .collect();
    assert!(forgotten.is_empty(), "no `mod` line reaches {forgotten:?}: no test in there is ever run");
}

/// Refresh it with `JIT_REFRESH=1 cargo test --features testing --test hermetic programs::`.
#[test]
fn no_test_is_lost_unnoticed() {
    let counted: BTreeMap<&str, usize> = [
        ("hermetic", tests_in(&files(&top().join("tests/hermetic")))),
        ("real", tests_in(&files(&top().join("tests/real")))),
        ("unit", tests_in(&files(&top().join("src")))),
    ]
    .into();
    let fresh: String = counted.iter().map(|(name, count)| format!("{name} {count}\n")).collect();
    let path = top().join("tests/count.txt");
    #[expect(clippy::disallowed_methods, reason = "whoever changes the number of tests says so")]
    if std::env::var_os("JIT_REFRESH").is_some() {
        fs::write(&path, &fresh).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        fresh == committed,
        "tests/count.txt says\n{committed}and there are\n{fresh}If that is meant, write it anew with JIT_REFRESH=1 and say why in the commit."
    );
}

/// The number of tests in the sources is the number of tests in this program.
#[test]
#[cfg(all(target_os = "linux", feature = "demo"))]
#[expect(clippy::disallowed_methods, reason = "this program is asked what it holds")]
fn every_counted_test_is_in_the_program() {
    let this = std::env::current_exe().unwrap();
    let listed = Command::new(this).args(["--list", "--format", "terse"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let listed = listed.lines().filter(|line| line.ends_with(": test")).count();
    assert_eq!(listed, tests_in(&files(&top().join("tests/hermetic"))));
}

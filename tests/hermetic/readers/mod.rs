//! Every reader of strangers' bytes, over the committed seeds of `fuzz/` and over mutations of them, on any toolchain.

mod entry;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use proptest::prelude::*;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn seeds(reader: &str) -> Vec<(String, Vec<u8>)> {
    let folder = fuzz().join("seeds").join(reader);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut seeds: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())
        })
        .collect();
    seeds.sort();
    seeds
}

/// The fuzz targets are a workspace of their own: their lock must have every library that they build `jit` with.
#[test]
fn the_lock_of_the_fuzz_targets_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: PathBuf| -> toml::Table { fs::read_to_string(path).unwrap().parse().unwrap() };
    let (own, lock) = (read(root.join("Cargo.toml")), read(fuzz().join("Cargo.lock")));
    let packages = lock["package"].as_array().unwrap();
    let jit = packages.iter().find(|package| package["name"].as_str() == Some("jit-cli")).unwrap();
    let locked: Vec<&str> =
        jit["dependencies"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let is_optional =
        |wanted: &toml::Value| wanted.get("optional").and_then(toml::Value::as_bool) == Some(true);
    let wanted = own["dependencies"].as_table().unwrap().iter().filter(|(_, wanted)| !is_optional(wanted));
    let missing: Vec<&String> = wanted
        .map(|(name, _)| name)
        .filter(|name| !locked.iter().any(|locked| locked.split(' ').next() == Some(name)))
        .collect();
    assert!(missing.is_empty(), "run `cargo update --workspace` in fuzz/: it lacks {missing:?}");
}

#[test]
fn the_seeds_are_read_unless_they_are_broken_on_purpose() {
    for (reader, read) in entry::READERS {
        let seeds = seeds(reader);
        assert!(seeds.iter().any(|(name, _)| name.starts_with("broken-")), "{reader} has a broken seed");
        assert!(seeds.len() >= 3, "{reader} has few seeds");
        for (name, bytes) in seeds {
            assert_eq!(read(&bytes), !name.starts_with("broken-"), "{reader}/{name}");
        }
    }
}

/// A target that nobody builds or that has no seeds would look like one that finds nothing.
#[test]
fn every_target_has_its_seeds_and_its_reader() {
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(fuzz().join(folder)).unwrap();
        entries
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect()
    };
    let targets = names("fuzz_targets");
    assert_eq!(targets, names("seeds"));
    let here = entry::READERS.iter().map(|(name, _)| (*name).to_owned());
    // These two are fed by their own tests: tests/hermetic/policy/mutations.rs and src/broker/forwarded.rs.
    let all: BTreeSet<String> = here.chain(["forwarded".to_owned(), "policy".to_owned()]).collect();
    assert_eq!(targets, all);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for target in targets {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")), "{target} is not built");
    }
}

/// Texts that these readers stumble over.
const AWKWARD: [&str; 24] = [
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    "<",
    "/>",
    "<!DOCTYPE x [<!ENTITY a \"aa\">]>",
    "&a;",
    "&#0;",
    "<![CDATA[",
    "\n",
    "\r\n",
    "\0",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{feff}",
    "-1",
    "99999999999999999999",
    "1e400",
    "null",
    "..",
    "eyJ",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_breaks_a_reader(
        seed in any::<prop::sample::Index>(),
        changes in prop::collection::vec(crate::support::mutation::any_mutation(&AWKWARD), 1..6),
    ) {
        for (reader, read) in entry::READERS {
            let seeds = seeds(reader);
            let mut bytes = seed.get(&seeds).1.clone();
            changes.iter().for_each(|change| change.apply(&mut bytes));
            read(&bytes);
        }
    }
}

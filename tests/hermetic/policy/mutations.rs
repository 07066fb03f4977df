//! The entry of the fuzz target over its committed seeds and mutations of them, on any toolchain.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use crate::policy::loader::files;
use crate::policy::loader::load;
use crate::support::mutation::any_mutation;

fn seeds() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/policy");
    let mut seeds: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())
        })
        .collect();
    seeds.sort();
    assert!(seeds.len() >= 6, "{}", seeds.len());
    seeds
}

#[test]
fn the_seeds_load_unless_they_are_broken_on_purpose() {
    for (name, bytes) in seeds() {
        assert!(!files(&bytes).is_empty(), "{name}");
        assert_eq!(load(&bytes), !name.starts_with("broken-"), "{name}");
    }
}

/// A mutation of a path may produce files in another folder. They are not part of the policy.
#[test]
fn a_file_elsewhere_has_no_say() {
    let (_, seed) = seeds().into_iter().find(|(name, _)| name == "company").unwrap();
    for path in ["sules/x.cedar", "README.md", "rules/.hidden.cedar"] {
        let more = format!("=== {path}\nforbid (principal, action, resource);\n").into_bytes();
        assert!(load(&[seed.clone(), more].concat()), "{path}");
    }
    let more = b"=== rules/sub/x.cedar\nforbid (principal, action, resource);\n".to_vec();
    assert!(!load(&[seed, more].concat()));
}

/// The sample company is a seed, and equals the one in the documentation.
#[test]
fn the_sample_company_is_a_seed() {
    let company = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/company/access");
    let loaded = jit::policy::Policy::load(&company).unwrap();
    let text: Vec<u8> = loaded
        .files
        .iter()
        .flat_map(|(path, content)| [format!("=== {path}\n").into_bytes(), content.clone()].concat())
        .collect();
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/policy/company");
    #[expect(clippy::disallowed_methods, reason = "the one switch by which committed files are written anew")]
    if std::env::var_os("JIT_REFRESH").is_some() {
        fs::write(&seed, &text).unwrap();
    }
    assert!(
        fs::read(seed).unwrap() == text,
        "write it anew: JIT_REFRESH=1 cargo test --features testing --test hermetic sample_company"
    );
}

/// Texts that are difficult for parsers.
const AWKWARD: [&str; 24] = [
    "\"",
    "'''",
    "\"\"\"",
    "[",
    "]",
    "{",
    "}",
    "[[",
    "=",
    "\n",
    "\r\n",
    "\u{feff}",
    "\0",
    "\u{202e}",
    "none",
    "99999999999999999999",
    "-1",
    "1e400",
    "0001-01-01T00:00:00Z",
    "group:dev",
    "{account}",
    "=== roles/x.toml\n",
    "} ; permit(principal, action, resource) when { true",
    "2 of group:dev",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_breaks_the_loader(seed in any::<prop::sample::Index>(), changes in prop::collection::vec(any_mutation(&AWKWARD), 1..6)) {
        let seeds = seeds();
        let mut text = seed.get(&seeds).1.clone();
        changes.iter().for_each(|change| change.apply(&mut text));
        load(&text);
    }
}

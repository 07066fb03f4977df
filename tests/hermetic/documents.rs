//! The links of README.md and docs lead somewhere, and the index of docs names every page.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use regex::Regex;

/// Each page by its path from the root, without its blocks of code.
fn pages() -> BTreeMap<PathBuf, String> {
    let blocks = Regex::new(r"(?ms)^ *```.*?^ *```$").unwrap();
    let mut paths = vec![PathBuf::from("README.md")];
    for folder in ["docs", "docs/decisions"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = Path::new(folder).join(entry.unwrap().file_name());
            if path.extension().is_some_and(|ending| ending == "md") {
                paths.push(path);
            }
        }
    }
    let read = |path: PathBuf| {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        (path, blocks.replace_all(&text, "").into_owned())
    };
    paths.into_iter().map(read).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The path that a link of a page means, from the root.
fn aim(page: &Path, link: &str) -> PathBuf {
    let mut aim = PathBuf::new();
    for part in page.parent().unwrap().join(link).components() {
        if part == Component::ParentDir {
            assert!(aim.pop(), "{link} leads out of the repository");
        } else {
            aim.push(part);
        }
    }
    aim
}

/// A heading as GitHub names it in a link: lower case, a `-` for each blank, without other marks.
fn anchor(heading: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter(kept)
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let headings = Regex::new(r"(?m)^#+ (.*)$").unwrap();
    headings.captures_iter(text).map(|heading| anchor(&heading[1])).collect()
}

#[test]
fn every_link_and_every_section_that_is_named_exists() {
    let pages = pages();
    let links = Regex::new(r#"\]\(([^)\s]+)\)(?:,\s+"([^"]+)")?"#).unwrap();
    let mut followed = 0;
    for (page, text) in &pages {
        for link in links.captures_iter(text) {
            if link[1].starts_with("https://") {
                continue;
            }
            let (path, section) = link[1].split_once('#').unwrap_or((&link[1], ""));
            let aim = if path.is_empty() { page.clone() } else { aim(page, path) };
            assert!(root().join(&aim).exists(), "{}: {} does not exist", page.display(), &link[1]);
            let named = link
                .get(2)
                .map(|title| anchor(&title.as_str().split_whitespace().collect::<Vec<_>>().join(" ")));
            for section in [Some(section.to_owned()), named].into_iter().flatten() {
                if let (false, Some(text)) = (section.is_empty(), pages.get(&aim)) {
                    assert!(
                        anchors(text).contains(&section),
                        "{}: {} has no #{section}",
                        page.display(),
                        aim.display()
                    );
                }
            }
            followed += 1;
        }
    }
    assert!(followed > 100, "{followed}");
}

#[test]
fn the_index_names_every_page_and_none_twice_for_one_reader() {
    let pages = pages();
    let index = &pages[Path::new("docs/README.md")];
    let link = Regex::new(r"\]\(([^)#\s]+)").unwrap();
    let mut named = BTreeSet::new();
    for reader in index.split("\n## ").skip(1) {
        let mut own = BTreeSet::new();
        // One page may answer two questions in one row, not in two.
        for row in reader.lines().filter(|line| line.starts_with("| [")) {
            let row: BTreeSet<_> =
                link.captures_iter(row).map(|found| aim(Path::new("docs/README.md"), &found[1])).collect();
            for page in row {
                assert!(
                    own.insert(page.clone()),
                    "{} twice for {}",
                    page.display(),
                    reader.lines().next().unwrap()
                );
                named.insert(page);
            }
        }
    }
    for page in
        pages.keys().filter(|page| page.parent() == Some(Path::new("docs")) && !page.ends_with("README.md"))
    {
        assert!(named.contains(page), "docs/README.md does not name {}", page.display());
    }
}

//! The pictures of the README and the docs: each exists, is safe to show, and shows what the README tells.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use regex::Regex;

/// The most bytes of one picture.
const LARGEST: u64 = 200 * 1024;

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The README and the pages of `docs`, by their path from the top.
fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    for entry in fs::read_dir(top().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            pages.push(format!("docs/{name}"));
        }
    }
    pages
}

/// Every picture that a page shows, by its path from the top.
fn shown() -> BTreeSet<PathBuf> {
    let tag = Regex::new(r#"(?:src|srcset)="([^"]+)""#).unwrap();
    let mut shown = BTreeSet::new();
    for page in pages() {
        let folder = Path::new(&page).parent().unwrap();
        for found in tag.captures_iter(&read(&page)) {
            shown.insert(folder.join(&found[1]));
        }
    }
    shown
}

/// Every picture in `docs/pictures`, by its path from the top.
fn kept() -> BTreeSet<PathBuf> {
    let folder = Path::new("docs/pictures");
    let entries = fs::read_dir(top().join(folder)).unwrap();
    let paths = entries.map(|entry| folder.join(entry.unwrap().file_name()));
    let is_picture =
        |path: &PathBuf| path.extension().is_some_and(|extension| extension == "svg" || extension == "png");
    paths.filter(is_picture).collect()
}

/// The lines of text in an SVG.
fn lines(svg: &str) -> Vec<String> {
    let text = Regex::new(r"(?s)<text\b[^>]*>(.*?)</text>").unwrap();
    let tag = Regex::new(r"<[^>]*>").unwrap();
    let line = |inner: &str| {
        tag.replace_all(inner, "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    };
    text.captures_iter(svg).map(|found| line(&found[1])).collect()
}

/// The typed lines among these, without the ids, which differ between runs.
fn typed<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let id = Regex::new(r"\b[0-9A-HJKMNP-TV-Z]{10}\b").unwrap();
    let is_typed = |line: &&str| line.starts_with("ana$ ") || line.starts_with("bo$ ");
    lines.into_iter().filter(is_typed).map(|line| id.replace_all(line, "ID").into_owned()).collect()
}

#[test]
fn every_picture_is_shown_and_is_there() {
    assert_eq!(shown(), kept(), "left: what the pages show; right: what is in docs/pictures");
}

/// GitHub shows a picture in the tone that the reader chose, if there are both.
#[test]
fn every_picture_is_there_for_light_and_dark() {
    for path in kept() {
        let name = path.to_str().unwrap();
        let other = if name.contains("-light.") {
            name.replace("-light.", "-dark.")
        } else {
            name.replace("-dark.", "-light.")
        };
        assert!(other != name && kept().contains(Path::new(&other)), "{name} has no other tone");
    }
}

#[test]
fn pictures_are_small_and_load_and_run_nothing() {
    let tag = Regex::new(r"<[^>]*>").unwrap();
    let handler = Regex::new(r"\son[a-z]+=").unwrap();
    let address = Regex::new(r"url\(([^)]*)\)").unwrap();
    for path in kept() {
        let name = path.display();
        assert!(fs::metadata(top().join(&path)).unwrap().len() < LARGEST, "{name} is too large");
        if path.extension().is_some_and(|extension| extension == "png") {
            continue;
        }
        let svg = read(path.to_str().unwrap()).replace("http://www.w3.org/2000/svg", "");
        for forbidden in ["<script", "<foreignObject", "<image", "<!", "href", "@import", "javascript:"] {
            assert!(!svg.contains(forbidden), "{name} contains {forbidden:?}");
        }
        // The recorded text may show an address; a tag may have none.
        for found in tag.find_iter(&svg) {
            assert!(!found.as_str().contains("://"), "{name} has {}", found.as_str());
        }
        assert!(!handler.is_match(&svg), "{name} has an event handler");
        for found in address.captures_iter(&svg) {
            assert!(found[1].starts_with('#'), "{name} loads {}", &found[1]);
        }
        assert!(svg.contains("<title>"), "{name} has no title");
    }
}

#[test]
fn the_recording_shows_the_tour_of_the_readme() {
    let readme = read("README.md");
    let told = typed(readme.lines());
    assert!(told.len() > 8, "the README has no tour");
    for tone in ["light", "dark"] {
        let path = format!("docs/pictures/tour-{tone}.svg");
        let recorded = lines(&read(&path));
        assert_eq!(
            told,
            typed(recorded.iter().map(String::as_str)),
            "{path} shows another tour: run docs/pictures/make"
        );
    }
}

//! The files on `main`: the workflows as this version writes them, no other that reaches for theirs, and who owns the policy.

use super::super::templates;
use super::super::templates::CHECK;
use super::super::templates::Likeness;
use super::super::workflow_file::look as look_at;
use super::seen;
use crate::flow::Failure;
use crate::flow::doctor::Finding;
use crate::forge::GitHub;
use crate::forge::MAIN;
use crate::forge::WORKFLOW;
use crate::forge::github::models::Tree;
use crate::forge::tree::Reader;

const PART: &str = "workflows";
const OWNERS: &str = "code owners";
const MEND: &str = "`jit ci init` writes it; bring it in by a reviewed pull request";

/// The most bytes of one file that are looked at.
const MAX_FILE: usize = 256 * 1024;

/// Where GitHub looks for code owners, the first one counts (GitHub, "About code owners").
const CODEOWNERS: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

pub(super) async fn look(github: &GitHub) -> Vec<Finding> {
    let main = match seen(github.branch(MAIN).await, PART, "main") {
        Ok(Some(main)) => main,
        Ok(None) => return vec![Finding::problem(PART, format!("there is no branch {MAIN}"))],
        Err(finding) => return vec![finding],
    };
    let mut reader = Reader::new(github);
    let tree = match reader.listing(&main).await {
        Ok(tree) => tree,
        Err(error) => {
            let failure = Failure::from(crate::forge::gather::GatherError::from(error));
            return vec![Finding::of(PART, &failure)];
        }
    };
    let mut findings = Vec::new();
    for entry in tree.tree.iter().filter(|entry| entry.kind == "blob" && is_workflow(&entry.path)) {
        match reader.file(&tree, &entry.path, MAX_FILE).await {
            Ok(content) => findings.extend(workflow(&entry.path, content)),
            Err(error) => findings.push(Finding::of(PART, &error.into())),
        }
    }
    let has = |path: &str| tree.tree.iter().any(|entry| entry.path == path);
    if !has(WORKFLOW) {
        findings
            .push(Finding::problem(PART, format!("there is no {WORKFLOW}: nothing is minted")).mend(MEND));
    }
    if !has(CHECK) {
        let found = format!("there is no {CHECK}: nothing says on a pull request what it asks or changes");
        findings.push(Finding::note(PART, found).mend(MEND));
    }
    findings.extend(owners(&mut reader, &tree).await);
    findings
}

fn is_workflow(path: &str) -> bool {
    path.starts_with(".github/workflows/")
}

fn workflow(path: &str, content: Option<Vec<u8>>) -> Vec<Finding> {
    let Some(text) = content.and_then(|content| String::from_utf8(content).ok()) else {
        let found = format!("{path} is too long to be looked at, or no text");
        return vec![Finding::problem(PART, found).mend("make it shorter, or delete it")];
    };
    if [WORKFLOW, CHECK].contains(&path) {
        return vec![match templates::compare(path, &text) {
            Likeness::Same(download) => Finding::ok(
                PART,
                format!("{path} is as this version writes it; it runs {}, {}", download.url, download.sha256),
            ),
            Likeness::Differs(line) => {
                let found = format!("line {line} of {path} is not what this version of jit writes");
                Finding::problem(PART, found).mend(MEND)
            }
        }];
    }
    let look = look_at(&text);
    let mut findings = Vec::new();
    if look.reaches {
        let found = format!("{path} names an environment that is jit.yml's alone, or hides which");
        findings.push(
            Finding::problem(PART, found)
                .mend("change it: everybody who can start it may read the log's key"),
        );
    }
    for uses in look.loose {
        let found = format!("{path} uses {uses}, which its owner can make to mean something else");
        findings.push(Finding::problem(PART, found).mend("name the whole commit id, 40 characters"));
    }
    findings
}

/// Whether changes of the policy and of workflows have owners: without them the ruleset's demand for their review is empty.
async fn owners(reader: &mut Reader<'_>, tree: &Tree) -> Vec<Finding> {
    let place = CODEOWNERS.into_iter().find(|path| tree.tree.iter().any(|entry| entry.path == *path));
    let Some(place) = place else {
        let found = "there is no CODEOWNERS: a change of the policy needs no particular reviewer";
        return vec![
            Finding::problem(OWNERS, found).mend("`jit ci init --owners @acme/security` writes one"),
        ];
    };
    let content = match seen(reader.file(tree, place, MAX_FILE).await, OWNERS, place) {
        Ok(content) => content.unwrap_or_default(),
        Err(finding) => return vec![finding],
    };
    let text = String::from_utf8_lossy(&content).into_owned();
    // The last line that fits a file counts, so one without owners takes those of the lines before away.
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().collect()).collect();
    let owned = |pattern: &str| {
        let last = lines
            .iter()
            .rev()
            .find(|words| words.first().is_some_and(|first| *first == "*" || *first == pattern));
        last.is_some_and(|words| words.get(1).is_some_and(|owner| owner.starts_with('@')))
    };
    let at_root = tree.tree.iter().any(|entry| entry.path == "access.toml");
    let needed: &[&str] = if at_root {
        &["/access.toml", "/people.toml", "/accounts.toml", "/roles/", "/rules/", "/.github/"]
    } else {
        &["/access/", "/.github/"]
    };
    let missing: Vec<&str> = needed.iter().copied().filter(|pattern| !owned(pattern)).collect();
    vec![match missing.first() {
        None => Finding::ok(OWNERS, format!("{place} names who owns policy and workflows")),
        Some(first) => {
            let found = format!("{place} names no owner of {}", missing.join(", "));
            Finding::problem(OWNERS, found)
                .mend(format!("add a line for each, like `{first} @acme/security`"))
        }
    }]
}

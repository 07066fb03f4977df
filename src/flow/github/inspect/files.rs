//! The files on `main`: the workflows as this version writes them, and no other workflow that reaches for their
//! environments.

use super::seen;
use crate::flow::Failure;
use crate::flow::doctor::Finding;
use crate::flow::github::inspect::owners;
use crate::flow::github::setup::templates;
use crate::flow::github::setup::templates::CHECK;
use crate::flow::github::setup::templates::Likeness;
use crate::flow::github::setup::workflow_file::look as look_at;
use crate::github::GitHub;
use crate::github::MAIN;
use crate::github::WORKFLOW;
use crate::github::tree::Reader;
use crate::grant::text::sanitise;

const PART: &str = "workflows";
const MEND: &str = "`jit ci init` writes it; bring it in by a reviewed pull request";
const RENEW: &str = "run `jit ci init …` as at the setup, and bring the new file in by a reviewed pull request; open requests stay";

/// The largest file that is read, in bytes.
const MAX_FILE: usize = 256 * 1024;

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
            let failure = Failure::from(crate::github::gather::GatherError::from(error));
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
    for (path, what) in [(WORKFLOW, "nothing is minted"), (CHECK, "nothing is said on pull requests")] {
        findings.extend(switched_off(github, path, what).await);
    }
    let has = |path: &str| tree.tree.iter().any(|entry| entry.path == path);
    if !has(WORKFLOW) {
        findings.push(
            Finding::problem(PART, format!("there is no {WORKFLOW}: GitHub mints no credentials")).mend(MEND),
        );
    }
    if !has(CHECK) {
        let found =
            format!("there is no {CHECK}: pull requests get no comment on what they request or change");
        findings.push(Finding::note(PART, found).mend(MEND));
    }
    findings.extend(owners::look(github, &mut reader, &tree).await);
    findings
}

/// A workflow of ours that somebody disabled. `None` for one that runs, or that GitHub does not know.
async fn switched_off(github: &GitHub, path: &str, what: &str) -> Option<Finding> {
    let state = match seen(github.workflow_state(path).await, PART, &format!("whether {path} runs")) {
        Ok(state) => state?,
        Err(finding) => return Some(finding),
    };
    (state != "active").then(|| {
        let found = format!("{path} does not run, so {what}: GitHub calls it {}", sanitise(&state));
        let file = path.rsplit('/').next().unwrap_or(path);
        Finding::problem(PART, found).mend(format!("gh workflow enable {file} --repo {}", github.slug))
    })
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
            Likeness::Older => {
                let lacks = if path == WORKFLOW { ": this version gets no credentials from it" } else { "" };
                Finding::problem(PART, format!("{path} is as an older version of jit wrote it{lacks}"))
                    .mend(RENEW)
            }
            Likeness::Differs(line) => {
                let found = format!("line {line} of {path} is not what this version of jit writes");
                Finding::problem(PART, found).mend(MEND)
            }
        }];
    }
    let look = look_at(&text);
    let mut findings = Vec::new();
    if look.reaches {
        let found = format!("{path} names an environment that belongs to jit.yml alone, or hides its name");
        findings.push(
            Finding::problem(PART, found)
                .mend("change it: everybody who can start it may read the log's key"),
        );
    }
    for uses in look.loose {
        let found = format!("{path} uses {uses}, which its owner can change");
        findings.push(Finding::problem(PART, found).mend("name the whole commit id, 40 characters"));
    }
    findings
}

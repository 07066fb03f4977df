//! The repository itself: its visibility, forks and administrators.

use super::seen;
use crate::flow::doctor::Finding;
use crate::github::GitHub;
use crate::github::MAIN;

const PART: &str = "repository";
const SETTINGS: &str = "change it in the repository's settings";

pub(super) async fn look(github: &GitHub) -> Vec<Finding> {
    let openness = match seen(github.openness().await, PART, "the repository") {
        Ok(openness) => openness,
        Err(finding) => return vec![finding],
    };
    let mut findings = Vec::new();
    let slug = &github.slug;
    findings.push(if openness.private {
        Finding::ok(PART, format!("{slug} is private"))
    } else {
        Finding::problem(PART, format!("{slug} is public: everybody reads requests, reasons and the log"))
            .mend(SETTINGS)
    });
    if openness.fork {
        let found = format!("{slug} is a fork, whose objects others share");
        findings.push(Finding::problem(PART, found).mend("make a repository of its own"));
    }
    findings.push(match openness.allow_forking {
        Some(false) => Finding::ok(PART, "it cannot be forked"),
        // A request from a fork does not count, but a fork keeps everything it could read.
        Some(true) => {
            let found = "all readers may fork it, and keep requests and reasons when they leave";
            Finding::note(PART, found).mend("turn forking off in the repository's settings")
        }
        None => Finding::unknown(PART, "GitHub does not say whether it can be forked"),
    });
    if openness.default_branch != MAIN {
        let found = format!("its default branch is {}, not {MAIN}", openness.default_branch);
        findings.push(Finding::problem(PART, found).mend(SETTINGS));
    }
    findings.push(match seen(github.administrators().await, PART, "who administers it") {
        Ok(names) if names.is_empty() => Finding::unknown(PART, "its administrators are not known"),
        Ok(names) => {
            Finding::note(PART, format!("{} could change all that is listed here", names.join(", ")))
        }
        Err(finding) => finding,
    });
    findings
}

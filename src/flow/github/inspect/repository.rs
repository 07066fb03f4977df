//! The repository itself: its visibility, forks and administrators.

use super::seen;
use crate::flow::doctor::Finding;
use crate::github::GitHub;
use crate::github::MAIN;
use crate::github::api::oversight::Collaborator;
use crate::grant::text::sanitise;

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
    match seen(github.collaborators().await, PART, "who administers it") {
        Ok(everybody) => findings.extend(powers(&everybody)),
        Err(finding) => findings.push(finding),
    }
    findings
}

/// The roles that GitHub has everywhere. Of these, only `admin` may change rules.
const ROLES: [&str; 5] = ["read", "triage", "write", "maintain", "admin"];

/// Who may change the settings: administrators, and perhaps people with a role that the organisation made.
fn powers(everybody: &[Collaborator]) -> Vec<Finding> {
    let named = |fits: &dyn Fn(&Collaborator) -> bool| {
        everybody.iter().filter(|one| fits(one)).map(|one| sanitise(&one.login)).collect::<Vec<_>>()
    };
    let administrators = named(&|one| one.role_name == "admin");
    let mut findings = vec![if administrators.is_empty() {
        Finding::unknown(PART, "its administrators are not known")
    } else {
        Finding::note(PART, format!("{} could change all that is listed here", administrators.join(", ")))
    }];
    let custom = named(&|one| !one.role_name.is_empty() && !ROLES.contains(&one.role_name.as_str()));
    if !custom.is_empty() {
        let found = format!(
            "{} have a role of the organisation's own, which may let them edit rules",
            custom.join(", ")
        );
        let mend =
            "look in the organisation's settings, under Repository roles: none may edit repository rules";
        findings.push(Finding::note(PART, found).mend(mend));
    }
    findings
}

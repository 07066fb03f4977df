//! Code owners: without them the ruleset's demand for their review is void. The last pattern that matches a file
//! counts, and an owner who may not write or is not visible does not count. So the whole file is checked, and GitHub is
//! asked too.

use super::seen;
use crate::flow::doctor::CheckResult;
use crate::flow::doctor::Finding;
use crate::github::GitHub;
use crate::github::MAIN;
use crate::github::api::models::Tree;
use crate::github::api::owners::TeamAccess;
use crate::github::tree::Reader;
use crate::grant::text::sanitise;

const PART: &str = "code owners";
const WRITE: &str = "give the owner write access to this repository by name";

/// The largest file that is read, in bytes.
const MAX_FILE: usize = 256 * 1024;

/// The paths where GitHub looks for code owners. The first one found counts (GitHub, "About code owners").
const PLACES: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// Every pattern that `jit ci init` writes.
const OURS: [&str; 8] = [
    "/access.toml",
    "/people.toml",
    "/accounts.toml",
    "/roles/",
    "/rules/",
    "/tests/",
    "/access/",
    "/.github/",
];

/// A line with a pattern, and its owners.
#[derive(Debug, PartialEq, Eq)]
struct Line<'a> {
    number: usize,
    pattern: &'a str,
    owners: Vec<&'a str>,
}

pub(super) async fn look(github: &GitHub, reader: &mut Reader<'_>, tree: &Tree) -> Vec<Finding> {
    let place = PLACES.into_iter().find(|path| tree.tree.iter().any(|entry| entry.path == *path));
    let Some(place) = place else {
        let found = "there is no CODEOWNERS: a change of the policy needs no review by an owner";
        return vec![Finding::problem(PART, found).mend("`jit ci init --owners @acme/security` writes one")];
    };
    let content = match seen(reader.file(tree, place, MAX_FILE).await, PART, place) {
        Ok(content) => content.unwrap_or_default(),
        Err(finding) => return vec![finding],
    };
    let text = String::from_utf8_lossy(&content).into_owned();
    let lines = read(&text);
    let at_root = tree.tree.iter().any(|entry| entry.path == "access.toml");
    let needed: &[&str] = if at_root {
        &["/access.toml", "/people.toml", "/accounts.toml", "/roles/", "/rules/", "/.github/"]
    } else {
        &["/access/", "/.github/"]
    };
    let mut findings = patterns(place, &lines, needed);
    findings.extend(errors(github).await);
    findings.extend(owners(github, &lines, needed).await);
    if findings.iter().all(|finding| finding.verdict == CheckResult::Ok) {
        findings.insert(0, Finding::ok(PART, format!("{place} names who owns policy and workflows")));
    }
    findings
}

/// The lines that have a pattern. Text after a `#` is a comment.
fn read(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split_whitespace().take_while(|word| !word.starts_with('#'));
        if let Some(pattern) = words.next() {
            lines.push(Line { number, pattern, owners: words.collect() });
        }
    }
    lines
}

/// The line that decides on one of our patterns: the last one with exactly this pattern, or else the last one for
/// everything. `None` if it names no owner.
fn decisive<'a>(lines: &'a [Line<'a>], pattern: &str) -> Option<&'a Line<'a>> {
    let last = |wanted: &str| lines.iter().rev().find(|line| line.pattern == wanted);
    last(pattern).or_else(|| last("*")).filter(|line| line.owners.iter().any(|owner| owner.starts_with('@')))
}

/// Checks that each needed pattern has owners and that no later pattern can override them.
fn patterns(place: &str, lines: &[Line<'_>], needed: &[&str]) -> Vec<Finding> {
    let missing: Vec<&str> =
        needed.iter().copied().filter(|pattern| decisive(lines, pattern).is_none()).collect();
    if let Some(first) = missing.first() {
        let found = format!("{place} names no owner of {}", missing.join(", "));
        let mend = format!("add a line for each, like `{first} @acme/security`");
        return vec![Finding::problem(PART, found).mend(mend)];
    }
    let first = needed.iter().filter_map(|pattern| decisive(lines, pattern)).map(|line| line.number).min();
    let later = |line: &&Line<'_>| Some(line.number) > first && !OURS.contains(&line.pattern);
    let problem = |line: &Line<'_>| {
        let found = format!(
            "line {} of {place} comes after those of the policy, and overrides their owners for {}",
            line.number,
            sanitise(line.pattern)
        );
        Finding::problem(PART, found)
            .mend("move the line to the top of the file: the last pattern that fits counts")
    };
    lines.iter().filter(later).map(problem).collect()
}

/// The errors that GitHub itself finds in the file.
async fn errors(github: &GitHub) -> Vec<Finding> {
    let errors = match seen(github.owners_errors(MAIN).await, PART, "GitHub's errors in CODEOWNERS") {
        Ok(errors) => errors,
        Err(finding) => return vec![finding],
    };
    let problem = |error: crate::github::api::owners::OwnersError| {
        let found = format!("GitHub ignores line {} of {}: {}", error.line, error.path, error.kind);
        Finding::problem(PART, found).mend(error.suggestion.unwrap_or_else(|| WRITE.to_owned()))
    };
    errors.into_iter().map(problem).collect()
}

/// Checks that each owner counts: a team needs a write permission of its own and must be visible, a person needs write
/// permission.
async fn owners(github: &GitHub, lines: &[Line<'_>], needed: &[&str]) -> Vec<Finding> {
    let mut named: Vec<&str> = needed
        .iter()
        .filter_map(|pattern| decisive(lines, pattern))
        .flat_map(|line| line.owners.iter().copied())
        .collect();
    named.sort_unstable();
    named.dedup();
    let mut findings = Vec::new();
    let mut teams: Option<Vec<TeamAccess>> = None;
    for owner in named {
        let finding = match owner.strip_prefix('@').map(|name| name.split_once('/')) {
            Some(Some((organisation, slug))) => {
                if teams.is_none() {
                    match seen(github.teams().await, PART, "the teams of the repository") {
                        Ok(found) => teams = Some(found),
                        Err(finding) => {
                            findings.push(finding);
                            break;
                        }
                    }
                }
                let own = organisation.eq_ignore_ascii_case(&github.slug.owner);
                let found = teams.iter().flatten().find(|team| own && team.slug.eq_ignore_ascii_case(slug));
                team(owner, found)
            }
            Some(None) => person(github, owner).await,
            None => Some(
                Finding::problem(PART, format!("the owner {} is an address", sanitise(owner)))
                    .mend("name people or teams as GitHub does: @acme/security"),
            ),
        };
        findings.extend(finding);
    }
    findings
}

fn team(owner: &str, found: Option<&TeamAccess>) -> Option<Finding> {
    let owner = sanitise(owner);
    let problem = |found: String, mend: &str| Some(Finding::problem(PART, found).mend(mend));
    match found {
        None => problem(format!("the owner {owner} is not a team with access to this repository"), WRITE),
        Some(team) if !team.may_write() => {
            problem(format!("the owner {owner} may not write here, so its review is not demanded"), WRITE)
        }
        Some(team) if !team.is_visible() => {
            let found = format!("the owner {owner} is a secret team, so its review is not demanded");
            problem(found, "make the team visible in the organisation's settings")
        }
        Some(_) => None,
    }
}

async fn person(github: &GitHub, owner: &str) -> Option<Finding> {
    let login = owner.trim_start_matches('@');
    match seen(github.may_write(login).await, PART, &format!("what {} may do", sanitise(owner))) {
        Ok(Some(true)) => None,
        Ok(_) => {
            let found =
                format!("the owner {} may not write here, so their review is not demanded", sanitise(owner));
            Some(Finding::problem(PART, found).mend(WRITE))
        }
        Err(finding) => Some(finding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let lines = read(text);
        patterns("CODEOWNERS", &lines, &["/access/", "/.github/"]).into_iter().map(|one| one.found).collect()
    }

    #[test]
    fn any_later_pattern_is_a_problem_and_an_earlier_one_is_not() {
        let ours = "/access/ @acme/security # who\n/.github/ @acme/security @bo\n";
        assert_eq!(problems(ours), Vec::<String>::new());
        assert_eq!(problems(&format!("# x\n*.md @acme/docs\n* @acme/dev\n{ours}")), Vec::<String>::new());
        assert_eq!(problems("* @acme/security\n"), Vec::<String>::new());
        assert_eq!(problems(&format!("{ours}/tests/ @acme/security\n")), Vec::<String>::new());
        for later in
            ["*", "*.toml @eve", "/access/roles/ @eve", "**/people.toml", "access @eve", "docs/ @acme/docs"]
        {
            let found = problems(&format!("{ours}{later}\n"));
            assert!(found[0].contains("line 3 of CODEOWNERS comes after"), "{later}: {found:?}");
        }
        let between = "/access/ @acme/security\n/access/** @eve\n/.github/ @acme/security\n";
        assert!(problems(between)[0].contains("line 2"), "{between}");
        for (missing, words) in [
            ("/access/ @acme/security\n/.github/ # @acme/security\n", "no owner of /.github/"),
            (&format!("{ours}/access/\n"), "no owner of /access/"),
            ("/access/ security@example.com\n/.github/ @bo\n", "no owner of /access/"),
            ("", "no owner of /access/, /.github/"),
        ] {
            assert!(problems(missing)[0].contains(words), "{missing}");
        }
    }
}

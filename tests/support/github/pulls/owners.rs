//! CODEOWNERS: GitHub's errors about it, and the reviews that it demands of a pull request.
//!
//! Sources: "About code owners" (places, patterns, owners);
//! <https://docs.github.com/rest/repos/repos#list-codeowners-errors>, whose suggestion says when a team counts: it
//! exists, is visible, and has write access of its own.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;
use serde_json::json;

use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::world::World;

const PLACES: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

struct Line {
    number: usize,
    text: String,
    pattern: String,
    owners: Vec<String>,
}

fn lines(text: &str) -> Vec<Line> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split_whitespace().take_while(|word| !word.starts_with('#')).map(str::to_owned);
        if let Some(pattern) = words.next() {
            found.push(Line { number, text: line.to_owned(), pattern, owners: words.collect() });
        }
    }
    found
}

/// Whether GitHub accepts a pattern: no negation, no ranges, no escaped hash.
fn is_valid(pattern: &str) -> bool {
    !(pattern.starts_with('!') || pattern.contains('[') || pattern.contains("\\#"))
}

/// Whether a pattern of a `.gitignore`, with GitHub's exceptions, covers a path.
pub fn covers(pattern: &str, path: &str) -> bool {
    let folder = pattern.ends_with('/');
    let bare = pattern.trim_end_matches('/').trim_start_matches('/');
    let anchored = pattern.trim_end_matches('/').contains('/');
    let mut expression = String::from(if anchored { "^" } else { "^(?:.*/)?" });
    let mut rest = bare;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            expression.push_str("(?:.*/)?");
            rest = after;
        } else if let Some(after) = rest.strip_prefix("**") {
            expression.push_str(".*");
            rest = after;
        } else {
            match first {
                '*' => expression.push_str("[^/]*"),
                '?' => expression.push_str("[^/]"),
                other => expression.push_str(&regex::escape(&other.to_string())),
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    // `docs/*` covers the files of the folder, and not those of its subfolders.
    let shallow = anchored && bare.ends_with("/*");
    expression.push_str(match (folder, shallow) {
        (true, _) => "/.*$",
        (false, true) => "$",
        (false, false) => "(?:/.*)?$",
    });
    Regex::new(&expression).is_ok_and(|expression| expression.is_match(path))
}

/// The accounts of an owner. `None` if the owner does not count.
fn accounts(world: &World, id: u64, owner: &str) -> Option<BTreeSet<u64>> {
    let repository = world.repository(id);
    let name = owner.strip_prefix('@')?;
    let Some((organisation, slug)) = name.split_once('/') else {
        let account = world.account(name)?.id;
        return (world.role(account, id) >= Role::Write).then(|| BTreeSet::from([account]));
    };
    let organisation = world.account(organisation).filter(|found| found.id == repository.owner)?;
    let team = organisation.teams.iter().find(|team| team.slug.eq_ignore_ascii_case(slug))?;
    let writes = repository.teams.get(&team.id).is_some_and(|role| *role >= Role::Write);
    (writes && !team.secret).then(|| team.members.clone())
}

/// `GET codeowners/errors`
pub fn errors(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "contents", Level::Read, Role::Read)?;
    let reference = call.query("ref").unwrap_or(&world.repository(id).default_branch);
    let commit = world.resolve(id, reference).ok_or_else(Fault::not_found)?;
    let Some((path, text)) = file(world, id, &commit) else { return Err(Fault::not_found()) };
    let mut found = Vec::new();
    for line in lines(&text) {
        let mut add = |kind: &str, column: usize, suggestion: Value| {
            let message = format!("{kind} on line {}\n\n  {}\n", line.number, line.text);
            found.push(json!({
                "line": line.number, "column": column, "kind": kind, "source": format!("{}\n", line.text),
                "suggestion": suggestion, "message": message, "path": path,
            }));
        };
        if !is_valid(&line.pattern) {
            add("Invalid pattern", 1, Value::Null);
            continue;
        }
        for owner in &line.owners {
            if accounts(world, id, owner).is_none() {
                let kind = if owner.contains('@') { "Unknown owner" } else { "Invalid owner" };
                let column = line.text.find(owner.as_str()).unwrap_or_default() + 1;
                let what = if owner.contains('/') { "the team" } else { "the user" };
                let words = format!(
                    "make sure {what} {owner} exists, is publicly visible, and has write access to the repository"
                );
                add(kind, column, json!(words));
            }
        }
    }
    Answer::ok(json!({ "errors": found }))
}

fn file(world: &World, id: u64, commit: &str) -> Option<(&'static str, String)> {
    PLACES.into_iter().find_map(|path| Some((path, world.file(id, commit, path)?)))
}

/// Checks that each changed file with owners was approved by one of them. The file on the base branch counts. The last
/// matching pattern decides, and an owner that does not count is nobody.
///
/// # Errors
/// 405: an owner has not approved yet.
pub fn approved(
    world: &World,
    id: u64,
    base: &str,
    changed: &[String],
    approvers: &BTreeSet<u64>,
) -> Result<(), Fault> {
    let Some((_, text)) = file(world, id, base) else { return Ok(()) };
    let lines = lines(&text);
    for path in changed {
        let fits = |line: &&Line| is_valid(&line.pattern) && covers(&line.pattern, path);
        let Some(line) = lines.iter().rev().find(fits) else { continue };
        let owners: BTreeSet<u64> =
            line.owners.iter().filter_map(|owner| accounts(world, id, owner)).flatten().collect();
        if !owners.is_empty() && owners.is_disjoint(approvers) {
            return Err(Fault::new(405, "Waiting on code owner review."));
        }
    }
    Ok(())
}

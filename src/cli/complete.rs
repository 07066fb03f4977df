//! `jit complete KIND`: answers the completion scripts while somebody types. Reads only the index.

use std::collections::BTreeSet;
use std::ffi::OsString;

use crate::grant::Name;
use crate::grant::State;
use crate::state::index;
use crate::system::System;

/// The kind of thing that the first word after each command names. Scripts use the second word of each pair.
pub const KINDS: [(&str, &str); 14] = [
    ("approve", "reviews"),
    ("break-glass", "roles"),
    ("console", "roles"),
    ("credentials", "roles"),
    ("deny", "reviews"),
    ("end", "requests"),
    ("env", "grants"),
    ("exec", "roles"),
    ("extend", "requests"),
    ("request", "roles"),
    ("roles", "roles"),
    ("shell", "roles"),
    ("show", "requests"),
    ("wait", "requests"),
];

/// Answers before the parser, like the prompt. Every line is a name or an id, whose characters have no meaning in any
/// shell.
pub fn fast(arguments: &[OsString], system: &System) -> Option<u8> {
    let [command, kind, typed @ ..] = arguments else { return None };
    if command != "complete" {
        return None;
    }
    let kind = kind.to_str()?;
    let found = match typed {
        [] => words(kind, system)?,
        typed if kind == "scopes" => scopes(typed, system),
        _ => return None,
    };
    let mut text = found.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    // An error message would only disturb a completion.
    let _ = system.console.print(&text);
    Some(0)
}

/// The candidates after these words of a command line: the parser's subcommands or flags, or names from the index.
#[cfg(feature = "demo")]
pub fn candidates(words: &[&str], is_flag: bool, system: &System) -> Vec<String> {
    let whole = super::arguments::command();
    let mut command = &whole;
    let mut depth = 0;
    while let Some(inner) = words.get(depth).and_then(|word| command.find_subcommand(word)) {
        command = inner;
        depth += 1;
    }
    if is_flag {
        let flags = command.get_arguments().filter(|argument| !argument.is_hide_set());
        return flags.filter_map(|argument| Some(format!("--{}", argument.get_long()?))).collect();
    }
    if depth == words.len() && command.has_subcommands() {
        let inner = command.get_subcommands().filter(|inner| !inner.is_hide_set());
        return inner.map(|inner| inner.get_name().to_owned()).collect();
    }
    let kind = KINDS.iter().find(|(name, _)| words.first() == Some(name)).map(|(_, kind)| *kind);
    kind.and_then(|kind| self::words(kind, system)).unwrap_or_default()
}

/// The scopes of the roles typed so far, or of all roles if none is typed.
fn scopes(typed: &[OsString], system: &System) -> Vec<String> {
    let known = index::read(&system.files).roles;
    let is_typed = |name: &Name| typed.iter().any(|word| word == name.as_str());
    let named: Vec<_> =
        known.iter().filter(|role| is_typed(&role.name) || role.aliases.iter().any(is_typed)).collect();
    let roles = if named.is_empty() { known.iter().collect() } else { named };
    let scopes: BTreeSet<&Name> = roles.into_iter().flat_map(|role| &role.scopes).collect();
    scopes.into_iter().map(ToString::to_string).collect()
}

fn words(kind: &str, system: &System) -> Option<Vec<String>> {
    let now = system.clock.now();
    let index = index::read(&system.files);
    let open = index.entries.iter().filter(|entry| entry.is_open(now));
    let words: BTreeSet<String> = match kind {
        "roles" => {
            let known = index.roles.iter().flat_map(|role| std::iter::once(&role.name).chain(&role.aliases));
            known.chain(open.map(|entry| &entry.role)).map(ToString::to_string).collect()
        }
        "grants" => open
            .filter(|entry| matches!(entry.state, State::Approved | State::Active))
            .map(|entry| entry.role.to_string())
            .collect(),
        "requests" => open
            .filter_map(|entry| Some((entry.id.as_ref()?, &entry.role)))
            .flat_map(|(id, role)| [id.to_string(), role.to_string()])
            .collect(),
        "reviews" => index
            .reviews
            .iter()
            .filter(|review| review.until > now)
            .map(|review| review.id.to_string())
            .collect(),
        "scopes" => return Some(scopes(&[], system)),
        _ => return None,
    };
    Some(words.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::fake::FakeClock;
    use crate::system::fake::FakeHttp;
    use crate::system::fake::FakeWorld;

    #[test]
    fn names_come_from_the_index_without_network_or_keychain() {
        let folder = tempfile::tempdir().unwrap();
        let http = FakeHttp::default();
        let world = FakeWorld::new(folder.path(), &FakeClock::at("2026-11-23T10:00:00Z"), &http, 7);
        let ask = |kind: &str| {
            world.console.output.lock().unwrap().clear();
            let code = fast(&["complete".into(), kind.into()], &world.system);
            code.map(|code| (code, world.console.printed()))
        };
        assert_eq!(ask("roles"), Some((0, String::new())));
        assert_eq!(ask("secrets"), None);
        let entry = |role: &str, id: &str, state: &str, until: &str| {
            serde_json::json!({
                "role": role, "id": id, "authority": "https://a", "account": "111122223333", "state": state,
                "until": until, "asked": "2026-11-23T09:00:00Z",
            })
        };
        let (later, before) = ("2026-11-23T11:00:00Z", "2026-11-23T09:30:00Z");
        let text = serde_json::json!({
            "grants": [
                entry("held", "7F3KQ2M8ZD", "active", later), entry("asked", "7F3KQ2M8ZE", "pending", later),
                entry("over", "7F3KQ2M8ZF", "active", before), entry("$(id)", "7F3KQ2M8ZG", "active", later),
            ],
            "reviews": [
                {"id": "AAAAAAAAAA", "role": "x", "authority": "https://a", "until": later},
                {"id": "BBBBBBBBBB", "role": "x", "authority": "https://a", "until": before},
            ],
            "roles": [
                {"name": "prod", "aliases": ["p"], "scopes": ["orders-read"]}, {"name": "`id`"},
                {"name": "stage", "scopes": ["logs"]}, {"name": "x", "scopes": ["$(id)"]},
            ],
        });
        std::fs::create_dir_all(&world.system.files.state).unwrap();
        std::fs::write(index::path(&world.system.files), text.to_string()).unwrap();
        assert_eq!(ask("roles").unwrap().1, "asked\nheld\np\nprod\nstage\n");
        assert_eq!(ask("scopes").unwrap().1, "logs\norders-read\n");
        let scopes = |words: &[&str]| {
            world.console.output.lock().unwrap().clear();
            let typed = words.iter().map(|word| OsString::from(*word));
            let arguments: Vec<OsString> =
                ["complete", "scopes"].map(OsString::from).into_iter().chain(typed).collect();
            fast(&arguments, &world.system).map(|_| world.console.printed())
        };
        assert_eq!(scopes(&["jit", "request", "p", "--scope", ""]).unwrap(), "orders-read\n");
        assert_eq!(scopes(&["jit", "request", "--scope", "o"]).unwrap(), "logs\norders-read\n");
        assert_eq!(fast(&["complete".into(), "roles".into(), "x".into()], &world.system), None);
        assert_eq!(ask("grants").unwrap().1, "held\n");
        assert_eq!(ask("requests").unwrap().1, "7F3KQ2M8ZD\n7F3KQ2M8ZE\nasked\nheld\n");
        assert_eq!(ask("reviews").unwrap().1, "AAAAAAAAAA\n");
        assert!(http.sent().is_empty());
    }
}

//! The hook in the settings of Codex, which are TOML. Everything that is not about the hook stays.
//!
//! Source: Codex, "Hooks".

use toml_edit::ArrayOfTables;
use toml_edit::DocumentMut;
use toml_edit::Item;
use toml_edit::Table;
use toml_edit::value;

use super::settings::AgentClient;

/// The settings with nothing but the hook.
pub(super) fn alone(line: &str) -> String {
    let mut document = DocumentMut::new();
    let mut groups = ArrayOfTables::new();
    groups.push(entry(line));
    let mut hooks = Table::new();
    hooks.set_implicit(true);
    hooks.insert("PreToolUse", Item::ArrayOfTables(groups));
    document.insert("hooks", Item::Table(hooks));
    document.to_string()
}

fn entry(line: &str) -> Table {
    let mut handler = Table::new();
    handler.insert("type", value("command"));
    handler.insert("command", value(line));
    handler.insert("timeout", value(10));
    let mut handlers = ArrayOfTables::new();
    handlers.push(handler);
    let mut group = Table::new();
    group.insert("hooks", Item::ArrayOfTables(handlers));
    group
}

/// The settings with the hook. `None` if they have it already.
///
/// # Errors
/// They have a form in which nothing can be added safely, in a sentence.
pub(super) fn with_hook(before: &str, client: AgentClient) -> Result<Option<String>, String> {
    let mut document: DocumentMut = before.parse().map_err(|error| format!("it is no TOML: {error}"))?;
    let other = || "its `hooks` have another form than jit knows".to_owned();
    let mut hooks = Table::new();
    hooks.set_implicit(true);
    let hooks = document.entry("hooks").or_insert(Item::Table(hooks)).as_table_mut().ok_or_else(other)?;
    let groups = hooks.entry("PreToolUse").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let groups = groups.as_array_of_tables_mut().ok_or_else(other)?;
    let line = client.line();
    let is_own = |handler: &Table| {
        handler.get("command").and_then(Item::as_str).is_some_and(|command| client.has_written(command))
    };
    let (mut own, mut has_wanted) = (0, false);
    for group in groups.iter() {
        let is_for_all = matches!(group.get("matcher").map(Item::as_str), None | Some(Some("" | "*")));
        let handlers = group.get("hooks").and_then(Item::as_array_of_tables).ok_or_else(other)?;
        for handler in handlers.iter().filter(|handler| is_own(handler)) {
            own += 1;
            has_wanted |= is_for_all && is_as_wanted(handler, &line);
        }
    }
    if own == 1 && has_wanted {
        return Ok(None);
    }
    for group in groups.iter_mut() {
        let handlers = group.get_mut("hooks").and_then(Item::as_array_of_tables_mut);
        handlers.into_iter().for_each(|handlers| handlers.retain(|handler| !is_own(handler)));
    }
    let has_handlers = |group: &Table| {
        group.get("hooks").and_then(Item::as_array_of_tables).is_some_and(|list| !list.is_empty())
    };
    if own > 0 {
        groups.retain(has_handlers);
    }
    groups.push(entry(&line));
    Ok(Some(document.to_string()))
}

/// Whether a handler is the one that this version writes.
fn is_as_wanted(handler: &Table, line: &str) -> bool {
    handler.len() == 3
        && handler.get("type").and_then(Item::as_str) == Some("command")
        && handler.get("command").and_then(Item::as_str) == Some(line)
        && handler.get("timeout").and_then(Item::as_integer) == Some(10)
}

//! The inputs of tools that are no shells: servers of the Model Context Protocol name theirs as they like.

use serde_json::Value;

use super::call::COMMANDS;
use super::powershell;

/// Members that hold a program and lists of its arguments.
const PROGRAMS: [&str; 6] = ["command", "cmd", "program", "executable", "binary", "file"];
const ARGUMENTS: [&str; 4] = ["args", "arguments", "argv", "parameters"];

/// Whether the tool's command is a patch of files, and nothing runs it.
pub(super) fn is_patch(tool: &str) -> bool {
    tool == "apply_patch"
}

/// Whether the tool is of `jit mcp`, as `docs/agents.md` names that server: it runs a command with access, or not at all. Both clients
/// call a tool of a server `mcp__SERVER__TOOL`.
pub(super) fn is_own(tool: &str) -> bool {
    tool.starts_with("mcp__jit__")
}

/// The commands whose program and arguments are apart.
pub(super) fn lists(input: &Value) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    walk(input, &mut |members: &serde_json::Map<String, Value>| {
        let arguments = ARGUMENTS.iter().filter_map(|name| members.get(*name)?.as_array());
        for arguments in arguments {
            let texts = arguments.iter().filter_map(Value::as_str).map(str::to_owned);
            let programs = PROGRAMS.iter().filter_map(|name| members.get(*name)?.as_str());
            let first = programs.flat_map(|program| program.split(' ').map(str::to_owned));
            found.push(first.chain(texts).collect());
        }
    });
    found
}

/// The texts for the coarse look.
pub(super) fn texts(tool: &str, input: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let is_powershell = tool.eq_ignore_ascii_case("powershell");
    let mut outermost = true;
    walk(input, &mut |members: &serde_json::Map<String, Value>| {
        let commands = COMMANDS.iter().filter_map(|name| members.get(*name));
        // The outermost ones are read as lines.
        if std::mem::take(&mut outermost) {
            if is_powershell {
                found.extend(commands.filter_map(Value::as_str).filter_map(powershell::strange));
            }
            return;
        }
        for command in commands {
            match command {
                Value::String(line) => found.push(line.clone()),
                Value::Array(words) => {
                    let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                    found.push(words.join(" "));
                }
                _ => {}
            }
        }
    });
    found
}

/// Shows each object within a value.
fn walk(value: &Value, show: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                show(members);
                open.extend(members.values());
            }
            Value::Array(values) => open.extend(values),
            _ => {}
        }
    }
}

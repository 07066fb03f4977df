//! A call of a tool as Claude Code and Codex tell it to a `PreToolUse` hook, and the answer.
//!
//! Sources: Claude Code, "Hooks reference"; Codex, "Hooks". Both send one JSON object with `tool_name` and `tool_input`. Both take exit
//! code 0 without output for "no opinion", and exit code 2 with a reason on standard error for "blocked". Any other end lets the call
//! through, so there is no other here. `allow` would skip the client's own question, and Codex runs a call that was answered with `ask`.

use serde_json::Value;

use super::Gates;
use super::inputs;
use super::powershell::from_powershell;

/// The most bytes of a call that are read.
pub const MOST: usize = 16 << 20;
/// The longest command that is judged, in bytes. Linux starts no program with a longer word (`MAX_ARG_STRLEN`: 128 KiB).
const LONGEST: usize = 1 << 20;
/// The tools that run a line or a list of words: of Claude Code, and of Codex and its older versions.
const SHELLS: [&str; 8] = [
    "Bash",
    "PowerShell",
    "Monitor",
    "shell",
    "local_shell",
    "shell_command",
    "exec_command",
    "unified_exec",
];
/// The members of a tool's input that hold a command.
pub(super) const COMMANDS: [&str; 3] = ["command", "cmd", "script"];

/// Why a call is blocked. `None` if the client itself may decide.
///
/// # Errors
/// The call cannot be read, in a sentence. The caller blocks it as well.
pub fn answer(gates: &Gates<'_>, call: &[u8]) -> Result<Option<String>, String> {
    let call: Value = serde_json::from_slice(call)
        .map_err(|error| format!("the call is no JSON that jit can read ({error})"))?;
    if let Some(event) = call.get("hook_event_name") {
        match event.as_str() {
            Some("PreToolUse" | "PermissionRequest") => {}
            // Nothing is about to run.
            Some(_) => return Ok(None),
            None => return Err("the call's event has no name".to_owned()),
        }
    }
    let tool = call["tool_name"].as_str().ok_or("the call names no tool")?;
    if inputs::is_patch(tool) || inputs::is_own(tool) {
        return Ok(None);
    }
    for words in inputs::lists(&call["tool_input"]) {
        if let Some(finding) = gates.find_in_words(&words) {
            return Ok(Some(finding.sentence()));
        }
    }
    for text in inputs::texts(tool, &call["tool_input"]) {
        if let Some(finding) = gates.find_in_text(&text) {
            return Ok(Some(finding.sentence()));
        }
    }
    let mut seen = false;
    for name in COMMANDS {
        let finding = match &call["tool_input"][name] {
            Value::Null => continue,
            Value::String(line) if line.len() > LONGEST => return Err("the command is too long".to_owned()),
            Value::String(line) if tool.eq_ignore_ascii_case("powershell") => {
                gates.find(&from_powershell(line))
            }
            Value::String(line) => gates.find(line),
            Value::Array(words) => {
                let words: Option<Vec<String>> =
                    words.iter().map(|word| word.as_str().map(str::to_owned)).collect();
                gates.find_in_words(&words.ok_or("a word of the command is no text")?)
            }
            _ => return Err("the command is neither a text nor a list of words".to_owned()),
        };
        seen = true;
        if let Some(finding) = finding {
            return Ok(Some(finding.sentence()));
        }
    }
    // Claude Code's Monitor may watch a socket in place of a command.
    seen |= tool == "Monitor" && call["tool_input"]["ws"].is_object();
    if SHELLS.contains(&tool) && !seen {
        return Err(format!("the call of {} has no command", if tool.is_ascii() { tool } else { "a shell" }));
    }
    Ok(None)
}

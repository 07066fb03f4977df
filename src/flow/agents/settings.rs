//! The settings with which a coding agent's client asks `jit hook` before it runs a command.
//!
//! Sources: Claude Code, "Hooks reference" and "Settings"; Codex, "Hooks".

use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;
use toml_edit::ArrayOfTables;
use toml_edit::DocumentMut;
use toml_edit::Item;
use toml_edit::Table;
use toml_edit::value;

use crate::flow::Failure;
use crate::system::System;
use crate::system::user_file::UserFile;

/// A client with hooks that `jit` answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentClient {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
}

impl AgentClient {
    /// Every client.
    pub const ALL: [Self; 2] = [Self::Claude, Self::Codex];

    /// Its word in commands.
    pub fn word(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
        }
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claude => "Claude Code",
            Self::Codex => "Codex",
        }
    }

    /// The line that the client runs. Exit codes other than 0 and 2 let a call through, so a `jit` that is missing, was killed or failed
    /// must become a 2. Codex also lets through a 2 without a word on standard error (openai/codex,
    /// `codex-rs/hooks/src/events/pre_tool_use.rs`). The shell of the user may be one of another grammar.
    pub fn line(self) -> String {
        format!(
            "/bin/sh -c 'jit hook {} || {{ echo \"jit: this call is blocked\" >&2; exit 2; }}'",
            self.word()
        )
    }

    /// The user's own settings of this client.
    pub fn path(self, system: &System) -> PathBuf {
        let (variable, folder, file) = match self {
            Self::Claude => ("CLAUDE_CONFIG_DIR", ".claude", "settings.json"),
            Self::Codex => ("CODEX_HOME", ".codex", "config.toml"),
        };
        let own = system.environment.get(variable).filter(|folder| !folder.is_empty()).map(PathBuf::from);
        own.unwrap_or_else(|| system.files.home.join(folder)).join(file)
    }

    /// The settings alone, to be added by hand.
    pub fn text(self) -> String {
        match self {
            Self::Claude => format!("{:#}\n", json!({ "hooks": { "PreToolUse": [self.entry()] } })),
            Self::Codex => {
                let mut document = DocumentMut::new();
                // A document of nothing has no other shape in the way.
                let _ = add(&mut document, &self.line());
                document.to_string()
            }
        }
    }

    fn entry(self) -> Value {
        let mut handler = json!({ "type": "command", "command": self.line(), "timeout": 10 });
        if self == Self::Claude {
            // A hook that takes too long, or does not start, blocks too (`sdk.d.ts` of @anthropic-ai/claude-agent-sdk 0.3.328).
            handler["onFailure"] = json!("block");
        }
        json!({ "matcher": "*", "hooks": [handler] })
    }
}

/// A change of a client's settings.
pub struct Change {
    /// The file.
    pub path: PathBuf,
    file: UserFile,
    /// Its new content. `None` if it has the hook already.
    pub after: Option<String>,
    /// Whether the file switches every hook off.
    pub is_off: bool,
}

impl Change {
    /// Writes it.
    ///
    /// # Errors
    /// The file cannot be written, or has changed meanwhile.
    pub fn make(&self) -> Result<(), Failure> {
        let Some(after) = &self.after else { return Ok(()) };
        self.file.replace(after.as_bytes()).map_err(|error| {
            Failure::failed(format!("{} cannot be written", self.path.display())).cause(error.to_string())
        })
    }
}

/// The change that gives a client the hook. Everything else in its file stays as it is.
///
/// # Errors
/// The file cannot be read, or has a form in which nothing can be added safely.
pub fn plan(system: &System, client: AgentClient) -> Result<Change, Failure> {
    let path = client.path(system);
    let refuse = |cause: String| {
        Failure::failed(format!("{} stays as it is", path.display()))
            .cause(cause)
            .hint(format!("add the hook by hand: `jit setup agents {}` prints it", client.word()))
    };
    let file = UserFile::read(&path).map_err(|error| refuse(error.to_string()))?;
    let before = std::str::from_utf8(file.content()).map_err(|_| refuse("it is not UTF-8".to_owned()))?;
    let after = match client {
        AgentClient::Claude => in_json(before, client),
        AgentClient::Codex => in_toml(before, client),
    };
    let after = after.map_err(refuse)?;
    let is_off = client == AgentClient::Claude && disables(before);
    Ok(Change { path, file, after, is_off })
}

/// Whether Claude Code's settings switch every hook off.
fn disables(settings: &str) -> bool {
    serde_json::from_str::<Value>(settings).is_ok_and(|settings| settings["disableAllHooks"] == true)
}

/// The settings with the hook as their first member, so that every other byte stays. `None` if it is there.
fn in_json(before: &str, client: AgentClient) -> Result<Option<String>, String> {
    if before.trim().is_empty() {
        return Ok(Some(client.text()));
    }
    let settings: Value = serde_json::from_str(before).map_err(|error| format!("it is no JSON: {error}"))?;
    let Some(members) = settings.as_object() else { return Err("it is no JSON object".to_owned()) };
    if let Some(hooks) = members.get("hooks") {
        let line = client.line();
        let groups = hooks["PreToolUse"].as_array().into_iter().flatten();
        let mut handlers = groups.filter_map(|group| group["hooks"].as_array()).flatten();
        if handlers.any(|handler| handler["command"] == line.as_str()) {
            return Ok(None);
        }
        return Err("it has hooks already, and jit does not move what you wrote".to_owned());
    }
    let (head, rest) = before.split_at(before.find('{').map_or(0, |brace| brace + 1));
    let hooks = format!("{:#}", json!({ "PreToolUse": [client.entry()] })).replace('\n', "\n  ");
    let comma = if members.is_empty() { "" } else { "," };
    Ok(Some(format!("{head}\n  \"hooks\": {hooks}{comma}{rest}")))
}

fn in_toml(before: &str, client: AgentClient) -> Result<Option<String>, String> {
    let mut document: DocumentMut = before.parse().map_err(|error| format!("it is no TOML: {error}"))?;
    let line = client.line();
    Ok(add(&mut document, &line)?.then(|| document.to_string()))
}

/// Adds the hook. Returns whether it was missing.
fn add(document: &mut DocumentMut, line: &str) -> Result<bool, String> {
    let other = || "its `hooks` have another form than jit knows".to_owned();
    let mut hooks = Table::new();
    hooks.set_implicit(true);
    let hooks = document.entry("hooks").or_insert(Item::Table(hooks)).as_table_mut().ok_or_else(other)?;
    let groups = hooks.entry("PreToolUse").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let groups = groups.as_array_of_tables_mut().ok_or_else(other)?;
    let is_there = groups.iter().any(|group| {
        let handlers = group.get("hooks").and_then(Item::as_array_of_tables);
        handlers.is_some_and(|handlers| {
            handlers.iter().any(|handler| handler.get("command").and_then(Item::as_str) == Some(line))
        })
    });
    if is_there {
        return Ok(false);
    }
    let mut handler = Table::new();
    handler.insert("type", value("command"));
    handler.insert("command", value(line));
    handler.insert("timeout", value(10));
    let mut handlers = ArrayOfTables::new();
    handlers.push(handler);
    let mut group = Table::new();
    group.insert("hooks", Item::ArrayOfTables(handlers));
    groups.push(group);
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_get_the_hook_and_keep_the_rest() {
        let claude = |before: &str| in_json(before, AgentClient::Claude);
        for before in [
            "",
            "{}",
            "{\n  \"model\": \"x\",\n  \"env\": {\"B\": \"1\", \"A\": \"2\"}\n}\n",
            " {\"z\":1,\"a\":2}",
        ] {
            let after = claude(before).unwrap().unwrap();
            let read: Value = serde_json::from_str(&after).unwrap();
            assert_eq!(
                read["hooks"]["PreToolUse"][0]["hooks"][0]["command"],
                AgentClient::Claude.line(),
                "{after}"
            );
            if let Ok(Value::Object(old)) = serde_json::from_str(before) {
                assert!(old.iter().all(|(name, value)| read[name] == *value), "{after}");
                assert!(after.ends_with(&before[before.find('{').unwrap() + 1..]), "{after}");
            }
            assert_eq!(claude(&after), Ok(None), "a second time changes nothing");
        }
        for before in ["[]", "{", "{\"hooks\": {}}", "// x\n{}"] {
            assert!(claude(before).is_err(), "{before}");
        }
        let codex = |before: &str| in_toml(before, AgentClient::Codex);
        for before in [
            "",
            "model = \"x\" # mine\n\n[tui]\nx = 1\n",
            "[[hooks.PreToolUse]]\nmatcher = \"a\"\n[[hooks.PreToolUse.hooks]]\ncommand = \"b\"\n",
        ] {
            let after = codex(before).unwrap().unwrap();
            assert!(before.lines().all(|line| after.contains(line)), "{after}");
            let read: toml::Table = after.parse().unwrap();
            let groups = read["hooks"]["PreToolUse"].as_array().unwrap();
            let last = &groups.last().unwrap()["hooks"][0];
            assert_eq!(last["command"].as_str(), Some(AgentClient::Codex.line().as_str()), "{after}");
            assert_eq!(codex(&after), Ok(None), "a second time changes nothing");
        }
        for before in ["hooks = 1", "[hooks]\nPreToolUse = []", "= 1"] {
            assert!(codex(before).is_err(), "{before}");
        }
    }
}

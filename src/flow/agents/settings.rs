//! The settings with which a coding agent's client asks `jit hook` before it runs a command.
//!
//! Sources: Claude Code, "Hooks reference" and "Settings"; Codex, "Hooks".

use std::path::PathBuf;

use crate::flow::Failure;
use crate::flow::agents::in_json;
use crate::flow::agents::in_toml;
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

    /// Whether a line is one that this version or an earlier one wrote.
    pub(super) fn has_written(self, line: &str) -> bool {
        let bare = format!("jit hook {}", self.word());
        let line = line.strip_prefix("/bin/sh -c '").unwrap_or(line);
        line.strip_prefix(&bare).is_some_and(|rest| rest.is_empty() || rest.starts_with(" || "))
    }

    /// The settings alone, to be added by hand.
    pub fn text(self) -> String {
        match self {
            Self::Claude => in_json::alone(&self.line()),
            Self::Codex => in_toml::alone(&self.line()),
        }
    }
}

/// A change of a client's settings.
pub struct Change {
    /// The file.
    pub path: PathBuf,
    file: UserFile,
    /// Its new content. `None` if it has the hook already.
    pub after: Option<String>,
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

/// The change that gives a client the hook, once. A hook of an earlier version is replaced. Everything else in the file stays.
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
        AgentClient::Claude => in_json::with_hook(before, client),
        AgentClient::Codex => in_toml::with_hook(before, client),
    };
    let after = after.map_err(refuse)?;
    Ok(Change { path, file, after })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::*;

    fn claude(before: &str) -> Result<Option<String>, String> {
        in_json::with_hook(before, AgentClient::Claude)
    }

    /// The handlers of a file, each with its matcher, and the rest of the file.
    fn parts(text: &str) -> (Vec<(Value, Value)>, Value) {
        let mut value: Value = serde_json::from_str(text).unwrap();
        let groups = value["hooks"]["PreToolUse"].take();
        let mut handlers = Vec::new();
        for group in groups.as_array().into_iter().flatten() {
            let of_group = group["hooks"].as_array().unwrap();
            handlers.extend(of_group.iter().map(|handler| (group["matcher"].clone(), handler.clone())));
        }
        if value["hooks"].as_object().is_some_and(|hooks| hooks.values().all(Value::is_null)) {
            value.as_object_mut().unwrap().remove("hooks");
        }
        (handlers, value)
    }

    fn is_own(handler: &(Value, Value)) -> bool {
        AgentClient::Claude.has_written(handler.1["command"].as_str().unwrap_or_default())
    }

    #[test]
    fn settings_get_the_hook_and_keep_the_rest() {
        for before in [
            "",
            "{}",
            " {\"z\":1,\"a\":2}",
            "{\n  \"model\": \"x\",\n  \"env\": {\"B\": \"1\", \"A\": \"2\"}\n}\n",
            r#"{"hooks": {}}"#,
            r#"{"a": 1e40, "hooks": { "PreToolUse": [] }, "z": [1.0, 123456789012345678901234567890]}"#,
            r#"{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "jit hook claude"}]}]}, "b": 1}"#,
            r#"{"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "mine"}]}]}}"#,
            r#"{"x": "{\"hooks\"", "hooks": {"PreToolUse": [{"hooks": [{"command": "a", "new": {"b": []}}], "more": 1}]}}"#,
        ] {
            let after = claude(before).unwrap().unwrap();
            let (handlers, rest) = parts(&after);
            let (before_handlers, before_rest) = parts(if before.is_empty() { "{}" } else { before });
            assert_eq!(rest, before_rest, "{after}");
            let (own, others): (Vec<_>, Vec<_>) = handlers.into_iter().partition(is_own);
            assert_eq!(others, before_handlers, "{after}");
            assert_eq!(
                (own.len(), &own[0].0, &own[0].1["command"]),
                (1, &json!("*"), &json!(AgentClient::Claude.line()))
            );
            // Every byte of the file stays, in its order.
            let mut rest = after.bytes();
            assert!(before.bytes().all(|byte| rest.any(|next| next == byte)), "{after}");
            assert_eq!(claude(&after), Ok(None), "a second time changes nothing");
        }
    }

    #[test]
    fn an_earlier_hook_is_replaced_and_others_beside_it_stay() {
        let line = serde_json::to_string(&AgentClient::Claude.line()).unwrap();
        let mine = r#"{"type":"command","command":"mine","n":1.50}"#;
        for before in [
            r#"{"hooks": {"PreToolUse": [{"matcher": "*", "hooks": [{"type": "command", "command": "jit hook claude || exit 2"}]}, {"hooks": [MINE]}]}}"#,
            r#"{"hooks": {"PreToolUse": [{"matcher": "Bash", "x": 1, "hooks": [MINE, {"type": "command", "command": LINE}, {"command": "jit hook claude"}]}]}}"#,
            r#"{"hooks": {"PreToolUse": [{"hooks": [MINE]}, {"hooks": [{"command": LINE, "timeout": 1}]}, {"matcher": "*", "hooks": [{"command": LINE}]}]}}"#,
            r#"{"hooks": {"PreToolUse": [{"hooks": [MINE]}, {"matcher": "Read", "hooks": [{"type": "command", "command": LINE, "timeout": 10, "onFailure": "block"}]}]}}"#,
        ] {
            let before = before.replace("MINE", mine).replace("LINE", &line);
            let after = claude(&before).unwrap().unwrap();
            let ((handlers, _), (earlier, _)) = (parts(&after), parts(&before));
            let (own, others): (Vec<_>, Vec<_>) = handlers.into_iter().partition(is_own);
            assert_eq!(others, earlier.into_iter().filter(|handler| !is_own(handler)).collect::<Vec<_>>());
            assert_eq!(
                (own.len(), &own[0].0, &own[0].1["onFailure"]),
                (1, &json!("*"), &json!("block")),
                "{after}"
            );
            assert!(after.contains(mine), "{after}");
            assert_eq!(claude(&after), Ok(None), "a second time changes nothing");
        }
        // A command that only has the words is the user's.
        let wrapped = r#"{"hooks":{"PreToolUse":[{"hooks":[{"command":"log && jit hook claude"}]}]}}"#;
        assert!(claude(wrapped).unwrap().unwrap().contains("log && jit hook claude"));
    }

    #[test]
    fn other_forms_are_refused_with_the_reason() {
        for (before, cause) in [
            ("[]", "no JSON object"),
            ("{", "no JSON"),
            ("\u{feff}{}", "no JSON"),
            ("{\"a\": 1,}", "no JSON"),
            ("// x\n{}", "a comment in line 1"),
            ("{\n  \"a\": 1, // x\n  \"b\": 2\n}", "a comment in line 2"),
            ("{\n  /* x */\n  \"b\": 2\n}", "a comment in line 2"),
            ("{\"hooks\": null}", "null"),
            ("{\"hooks\": []}", "another form"),
            ("{\"hooks\": 1}", "another form"),
            ("{\"hooks\": {}, \"hooks\": {}}", "another form"),
            ("{\"hooks\": {\"PreToolUse\": null}}", "another form"),
            ("{\"hooks\": {\"PreToolUse\": {}}}", "another form"),
            ("{\"hooks\": {\"PreToolUse\": [1]}}", "another form"),
            ("{\"hooks\": {\"PreToolUse\": [{\"matcher\": \"*\"}]}}", "another form"),
            ("{\"hooks\": {\"PreToolUse\": [{\"hooks\": [\"x\"]}]}}", "no JSON object"),
            ("{\"hooks\": {\"PreToolUse\": [{\"matcher\": 1, \"hooks\": []}]}}", "another form"),
            ("{\"hooks\": {}, \"disableAllHooks\": true}", "disableAllHooks"),
        ] {
            let refused = claude(before).unwrap_err();
            assert!(refused.contains(cause), "{before}: {refused}");
        }
    }

    #[test]
    fn codex_gets_the_hook_once_and_keeps_the_rest() {
        let codex = |before: &str| in_toml::with_hook(before, AgentClient::Codex);
        let mine =
            "[[hooks.PreToolUse]]\nmatcher = \"a\"\n[[hooks.PreToolUse.hooks]]\ncommand = \"b\" # mine\n";
        let bare =
            "[[hooks.PreToolUse]]\n[[hooks.PreToolUse.hooks]]\ncommand = \"jit hook codex || exit 2\"\n";
        let beside = "[[hooks.PreToolUse.hooks]]\ncommand = \"jit hook codex\"\n";
        for (before, others) in [
            (String::new(), 0),
            ("model = \"x\" # mine\n\n[tui]\nx = 1\n".to_owned(), 0),
            (mine.to_owned(), 1),
            (bare.to_owned(), 0),
            (format!("{mine}{bare}"), 1),
            (format!("{mine}{beside}"), 1),
            (format!("{bare}{bare}{mine}"), 1),
        ] {
            let after = codex(&before).unwrap().unwrap();
            let own = |line: &&str| !line.contains("jit hook");
            let kept = before.lines().filter(own).filter(|line| !line.starts_with('['));
            kept.for_each(|line| assert!(after.contains(line), "{after}"));
            let read: toml::Table = after.parse().unwrap();
            let groups = read["hooks"]["PreToolUse"].as_array().unwrap();
            let handlers: Vec<&toml::Value> =
                groups.iter().flat_map(|group| group["hooks"].as_array().unwrap()).collect();
            assert_eq!(handlers.len(), others + 1, "{after}");
            let last = handlers.last().unwrap();
            assert_eq!(last["command"].as_str(), Some(AgentClient::Codex.line().as_str()), "{after}");
            assert_eq!(codex(&after), Ok(None), "a second time changes nothing");
        }
        let group = "[[hooks.PreToolUse]]\nmatcher = \"a\"\n";
        for before in ["hooks = 1", "[hooks]\nPreToolUse = []", "= 1", group] {
            assert!(codex(before).is_err(), "{before}");
        }
    }
}

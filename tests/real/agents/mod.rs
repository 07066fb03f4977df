//! `jit hook` as a coding agent's client starts it: the line that `jit setup agents --write` wrote, by a shell, with a call on standard
//! input. Claude Code's own types judge the calls and the settings.
//!
//! Codex publishes JSON Schemas of its hooks in its repository, and its package on npm has none; so its calls are written by hand.

mod attacks;
mod learning;
mod types;

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use serde_json::json;

use crate::peers::broker::JIT;
use crate::peers::peers;
use crate::peers::script::Ended;
use crate::peers::script::run;
use crate::peers::team::Team;
use crate::peers::tool;

/// The two clients.
const CLIENTS: [&str; 2] = ["claude", "codex"];

/// A team whose policy gates commands, and ana's settings of both clients.
struct Desk {
    team: Team,
    _cloud: crate::peers::site::SandboxCloud,
}

impl Desk {
    fn new() -> Self {
        let mut team = Team::new();
        let cloud = team.add_sandbox(None);
        team.broker.write_policy("access.toml", "version = 1\n[gate]\ncommands = [\"vault write\"]\n");
        let role = team.folder().join("broker/policy/roles/orders-admin.toml");
        let text = std::fs::read_to_string(&role).unwrap();
        team.broker.write_policy("roles/orders-admin.toml", &format!("gate = [\"terraform apply\"]\n{text}"));
        team.open();
        team.ana.run(&["roles"]).ok();
        // Other hooks stay, whatever they are.
        let claude = team.ana.home.join(".claude");
        std::fs::create_dir_all(&claude).unwrap();
        let own = json!({ "hooks": { "PreToolUse": [{ "matcher": "Read", "hooks": [{ "type": "command", "command": "true" }] }] } });
        std::fs::write(claude.join("settings.json"), own.to_string()).unwrap();
        team.ana.run(&["setup", "agents", "claude", "codex", "--write"]).ok();
        Self { team, _cloud: cloud }
    }

    /// The settings of Claude Code, as they stand.
    fn claude(&self) -> Value {
        let text = std::fs::read_to_string(self.team.ana.home.join(".claude/settings.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// The settings of Codex, as a reader of TOML that is not ours sees them.
    fn codex(&self) -> Value {
        let read = "import json, sys, tomllib; print(json.dumps(tomllib.load(open(sys.argv[1], 'rb'))))";
        let mut command = Command::new(tool("python"));
        command.args(["-c", read]).arg(self.team.ana.home.join(".codex/config.toml"));
        serde_json::from_str(&run(&mut command, b"").ok()).unwrap()
    }

    /// The line that a client starts before a tool runs.
    fn line(&self, client: &str) -> String {
        let settings = if client == "claude" { self.claude() } else { self.codex() };
        let groups = settings["hooks"]["PreToolUse"].as_array().unwrap();
        let all = groups.iter().flat_map(|group| group["hooks"].as_array().unwrap());
        let mut own =
            all.filter_map(|hook| hook["command"].as_str()).filter(|line| line.contains("jit hook"));
        let line = own.next().unwrap().to_owned();
        assert_eq!(own.next(), None, "one line");
        line
    }

    /// A shell that starts the line as a client does. `jit` is on the path.
    fn hook(&self, client: &str, shell: &str) -> Command {
        self.shell(shell, &self.line(client))
    }

    /// A shell with `jit` on its path.
    fn shell(&self, shell: &str, line: &str) -> Command {
        let mut command = self.team.ana.shell(shell);
        let jit = PathBuf::from(JIT);
        command.env("PATH", format!("{}:/usr/bin:/bin", jit.parent().unwrap().display()));
        command.args(["-c", line]);
        command
    }

    fn call(&self, client: &str, call: &[u8]) -> Ended {
        run(&mut self.hook(client, "bash"), call)
    }
}

/// A call of Claude Code, with every member that its types demand.
fn claude_call(tool: &str, input: &Value) -> Value {
    json!({
        "hook_event_name": "PreToolUse", "session_id": "5b0c", "transcript_path": "/tmp/t.jsonl", "cwd": "/tmp",
        "permission_mode": "default", "tool_name": tool, "tool_input": input, "tool_use_id": "toolu_1",
    })
}

/// A call of Codex, with the members that its documentation names.
fn codex_call(tool: &str, input: &Value) -> Value {
    json!({
        "hook_event_name": "PreToolUse", "session_id": "5b0c", "transcript_path": null, "cwd": "/tmp", "model": "m",
        "permission_mode": "default", "tool_name": tool, "tool_input": input, "tool_use_id": "call_1", "turn_id": "1",
    })
}

/// A call that needs a role.
fn gated(client: &str) -> Value {
    let input = json!({ "command": "cd prod && terraform apply -auto-approve" });
    if client == "claude" { claude_call("Bash", &input) } else { codex_call("Bash", &input) }
}

/// The folder with the declarations of Claude Code's types.
fn declarations() -> PathBuf {
    peers().join("agents/package")
}

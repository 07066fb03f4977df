//! The calls that `jit hook` answers, its answers, and the settings that `jit` writes, judged by the types of Claude Code's SDK.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use serde_json::json;

use super::Desk;
use super::claude_call;
use super::codex_call;
use super::declarations;
use crate::peers::peers;
use crate::peers::script::Ended;
use crate::peers::script::run;
use crate::peers::tool;

/// Calls of Claude Code's tools, each with the exit code that the hook must have.
fn calls() -> Vec<(&'static str, Value, i32)> {
    vec![
        (
            "BashInput",
            claude_call("Bash", &json!({ "command": "terraform apply", "description": "Apply" })),
            2,
        ),
        (
            "BashInput",
            claude_call("Bash", &json!({ "command": "vault write a b=c", "run_in_background": true })),
            2,
        ),
        (
            "BashInput",
            claude_call("Bash", &json!({ "command": "jit exec orders-admin -- terraform apply" })),
            0,
        ),
        ("BashInput", claude_call("Bash", &json!({ "command": "AWS_PROFILE=orders-admin aws s3 ls" })), 2),
        ("BashInput", claude_call("Bash", &json!({ "command": "ls -la", "timeout": 1000 })), 0),
        (
            "MonitorInput",
            claude_call(
                "Monitor",
                &json!({ "description": "x", "timeout_ms": 1, "command": "terraform apply" }),
            ),
            2,
        ),
        (
            "MonitorInput",
            claude_call(
                "Monitor",
                &json!({ "description": "x", "timeout_ms": 1, "ws": { "url": "wss://x" } }),
            ),
            0,
        ),
        ("WorkflowInput", claude_call("Workflow", &json!({ "script": "run('terraform apply')" })), 2),
        ("FileReadInput", claude_call("Read", &json!({ "file_path": "/tmp/terraform apply" })), 0),
        (
            "FileWriteInput",
            claude_call("Write", &json!({ "file_path": "/tmp/x", "content": "terraform apply" })),
            0,
        ),
        (
            "McpInput",
            claude_call("mcp__jit__exec", &json!({ "role": "orders-admin", "argv": ["terraform", "apply"] })),
            0,
        ),
    ]
}

/// Checks a program with the compiler of TypeScript, which sees nothing but the declarations beside it.
fn check(folder: &Path, program: &str) -> Ended {
    for name in ["sdk.d.ts", "sdk-tools.d.ts"] {
        fs::copy(declarations().join(name), folder.join(name)).unwrap();
    }
    fs::write(folder.join("judged.ts"), program).unwrap();
    let options = json!({
        "noEmit": true, "strict": true, "skipLibCheck": true, "exactOptionalPropertyTypes": true, "target": "es2022",
        "module": "esnext", "moduleResolution": "bundler", "types": [],
    });
    let settings = json!({ "compilerOptions": options, "files": ["judged.ts"] });
    fs::write(folder.join("tsconfig.json"), settings.to_string()).unwrap();
    let mut command = Command::new(tool("node"));
    command.current_dir(folder).arg(peers().join("node/node_modules/typescript/bin/tsc")).args(["-p", "."]);
    run(&mut command, b"")
}

#[test]
fn calls_answers_and_settings_are_of_claude_codes_types() {
    let desk = Desk::new();
    let mut program = String::from(
        "import type { PreToolUseHookInput, Settings, SyncHookJSONOutput } from './sdk';\n\
         import type * as tools from './sdk-tools';\n\
         type Inputs = Exclude<tools.ToolInputSchemas, tools.ToolOutputSchemas>;\n\
         type With<K extends string, T> = T extends unknown ? (K extends keyof T ? T : never) : never;\n\
         type None<T extends never> = T;\n\
         // A tool of Claude Code that runs a command under another name would be a hole.\n\
         export type Known = None<Exclude<With<'command', Inputs>, tools.BashInput | tools.MonitorInput>>;\n\
         export type Scripts = None<Exclude<With<'script', Inputs>, tools.WorkflowInput>>;\n\
         export type Others = None<With<'cmd', Inputs>>;\n",
    );
    for (number, (kind, call, code)) in calls().into_iter().enumerate() {
        let ended = desk.call("claude", call.to_string().as_bytes());
        assert_eq!(ended.code, code, "{call}: {ended:?}");
        assert_eq!(ended.stderr.contains("jit exec"), code == 2, "{call}: {ended:?}");
        program.push_str(&format!("export const call{number}: PreToolUseHookInput = {call};\n"));
        program.push_str(&format!("export const input{number}: tools.{kind} = {};\n", call["tool_input"]));
        // No output is the answer without an opinion; every other one is JSON of this type.
        let answer = if ended.stdout.trim().is_empty() { "{}" } else { ended.stdout.trim() };
        program.push_str(&format!("export const answer{number}: SyncHookJSONOutput = {answer};\n"));
    }
    program.push_str(&format!("export const written: Settings = {};\n", desk.claude()));
    let shown = desk.team.ana.run(&["setup", "agents", "claude"]).ok();
    program.push_str(&format!("export const shown: Settings = {shown};\n"));
    let folder = tempfile::tempdir().unwrap();
    let judged = check(folder.path(), &program);
    assert_eq!((judged.code, judged.stdout.as_str()), (0, ""), "{judged:?}\n{program}");

    // The judge sees a difference.
    for (right, wrong, error) in [
        ("\"hook_event_name\":\"PreToolUse\"", "\"hook_event_name\":\"PreTool\"", "TS2322"),
        ("\"tool_use_id\":\"toolu_1\"", "\"tool_use\":\"toolu_1\"", "TS2353"),
        ("\"onFailure\": \"block\"", "\"onFailure\": \"stop\"", "TS2322"),
        ("tools.BashInput | ", "", "TS2344"),
    ] {
        assert!(program.contains(right), "{right}");
        let judged = check(folder.path(), &program.replace(right, wrong));
        assert!(judged.code != 0 && judged.stdout.contains(error), "{wrong}: {judged:?}");
    }
}

/// Codex names its shells differently, also from version to version.
#[test]
fn codex_is_answered_for_each_of_its_shells() {
    let desk = Desk::new();
    let hook = &desk.codex()["hooks"]["PreToolUse"][0]["hooks"][0];
    assert_eq!((&hook["type"], &hook["timeout"]), (&json!("command"), &json!(10)));
    for (tool, input, code) in [
        ("Bash", json!({ "command": "terraform apply" }), 2),
        ("shell", json!({ "command": ["bash", "-lc", "terraform apply"] }), 2),
        ("local_shell", json!({ "command": ["terraform", "apply"] }), 2),
        ("shell_command", json!({ "command": "terraform apply", "workdir": "/tmp" }), 2),
        ("exec_command", json!({ "cmd": "terraform apply", "yield_time_ms": 1 }), 2),
        ("unified_exec", json!({ "cmd": "vault write a b=c" }), 2),
        ("Bash", json!({ "command": "ls" }), 0),
        ("apply_patch", json!({ "command": "*** Begin Patch\n+terraform plan\n*** End Patch" }), 0),
        ("mcp__jit__exec", json!({ "role": "orders-admin", "argv": ["terraform", "apply"] }), 0),
    ] {
        let call = codex_call(tool, &input);
        let ended = desk.call("codex", call.to_string().as_bytes());
        assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{call}: {ended:?}");
        // Codex lets a call through that was blocked without a word.
        assert_eq!(ended.stderr.is_empty(), code == 0, "{call}: {ended:?}");
    }
}

//! Everything that can go wrong with a hook, as real processes. The client must hear 2, since it lets the call through after 1, 127 or a
//! signal, as many do.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;

use super::CLIENTS;
use super::Desk;
use super::claude_call;
use super::gated;
use crate::peers::script::run;
use crate::shells::terminal::wait_until;

/// A call that needs no role. The hook passes it, so that a block is the failure's.
fn free() -> Vec<u8> {
    claude_call("Bash", &json!({ "command": "ls" })).to_string().into_bytes()
}

#[test]
fn a_call_is_blocked_in_every_shell_that_a_person_may_have() {
    let desk = Desk::new();
    for client in CLIENTS {
        for shell in ["sh", "dash", "bash", "zsh", "fish"] {
            let blocked = run(&mut desk.hook(client, shell), gated(client).to_string().as_bytes());
            assert_eq!((blocked.code, blocked.stdout.as_str()), (2, ""), "{shell}: {blocked:?}");
            assert!(blocked.stderr.contains("`jit exec orders-admin -- COMMAND`"), "{shell}: {blocked:?}");
            let passes = run(&mut desk.hook(client, shell), &free());
            assert_eq!((passes.code, passes.stdout.as_str(), passes.stderr.as_str()), (0, "", ""), "{shell}");
        }
    }
}

/// Replaces `jit` on the path by a program of the test.
fn with_program(desk: &Desk, client: &str, folder: &Path, text: Option<&str>) -> Command {
    let jit = folder.join("jit");
    let _ = fs::remove_file(&jit);
    if let Some(text) = text {
        fs::write(&jit, text).unwrap();
        fs::set_permissions(&jit, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = desk.hook(client, "bash");
    command.env("PATH", format!("{}:/usr/bin:/bin", folder.display()));
    command
}

#[test]
fn a_jit_that_is_missing_broken_or_panics_blocks() {
    let desk = Desk::new();
    let folder = tempfile::tempdir().unwrap();
    for client in CLIENTS {
        // Rust's exit code of a panic is 101.
        let broken = [
            "#!/bin/sh\nexit 101\n",
            "#!/bin/sh\nkill -ABRT $$\n",
            "#!/nowhere\n",
            "\u{7f}ELF no program\n",
            "#!/bin/sh\nexit 1\n",
        ];
        for text in [None].into_iter().chain(broken.map(Some)) {
            let ended = run(&mut with_program(&desk, client, folder.path(), text), &free());
            assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{text:?}: {ended:?}");
            assert!(ended.stderr.contains("jit: this call is blocked"), "{text:?}: {ended:?}");
        }
        let mut unreadable = with_program(&desk, client, folder.path(), Some("#!/bin/sh\n"));
        fs::set_permissions(folder.path().join("jit"), fs::Permissions::from_mode(0o644)).unwrap();
        let ended = run(&mut unreadable, &free());
        assert_eq!(ended.code, 2, "not executable: {ended:?}");
        fs::remove_file(folder.path().join("jit")).unwrap();
        fs::create_dir(folder.path().join("jit")).unwrap();
        let ended = run(&mut unreadable, &free());
        assert_eq!(ended.code, 2, "a folder: {ended:?}");
        fs::remove_dir(folder.path().join("jit")).unwrap();
    }
}

/// The child of a process by this name. `None` if it has none.
fn child_of(process: u32, name: &str) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).ok()?;
    children.split_whitespace().filter_map(|child| child.parse().ok()).find_map(|child: u32| {
        let named = fs::read_to_string(format!("/proc/{child}/comm")).ok()?;
        if named.trim() == name { Some(child) } else { child_of(child, name) }
    })
}

#[test]
fn a_jit_that_is_killed_while_it_reads_blocks() {
    let desk = Desk::new();
    for client in CLIENTS {
        for signal in ["-KILL", "-TERM", "-SEGV"] {
            let mut hook = desk.hook(client, "bash");
            let child = hook.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            // Half a call: jit waits for the rest.
            child.stdin.as_ref().unwrap().write_all(b"{\"tool_name\":").unwrap();
            wait_until(|| child_of(child.id(), "jit").is_some(), || "jit to begin".to_owned());
            let jit = child_of(child.id(), "jit").unwrap().to_string();
            run(Command::new("kill").args([signal, &jit]), b"").ok();
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{signal}: {said}");
            assert!(said.contains("jit: this call is blocked"), "{signal}: {said}");
        }
    }
}

/// Runs the line with a redirection or a limit around it.
fn around(desk: &Desk, client: &str, with: impl Fn(&str) -> String) -> Command {
    desk.shell("bash", &with(&desk.line(client)))
}

#[test]
fn a_full_disk_closed_files_and_little_memory_let_nothing_through() {
    let desk = Desk::new();
    for client in CLIENTS {
        let call = gated(client).to_string().into_bytes();
        for redirection in [">/dev/full", "2>/dev/full", ">/dev/full 2>&1", ">&-", "2>&-", ">&- 2>&-"] {
            let ended = run(&mut around(&desk, client, |line| format!("{line} {redirection}")), &call);
            assert_eq!(ended.code, 2, "{redirection}: {ended:?}");
        }
        for redirection in ["<&-", "</", "</dev/null", "</proc/self/mem"] {
            let ended = run(&mut around(&desk, client, |line| format!("{line} {redirection}")), &call);
            assert_eq!(ended.code, 2, "{redirection}: {ended:?}");
            assert!(ended.stderr.contains("blocked"), "{redirection}: {ended:?}");
        }
        for limit in ["ulimit -v 8000", "ulimit -n 4", "ulimit -s 64"] {
            let ended = run(&mut around(&desk, client, |line| format!("{limit}; {line}")), &call);
            assert_eq!(ended.code, 2, "{limit}: {ended:?}");
        }
    }
}

#[test]
fn a_call_without_sense_is_blocked_and_an_unknown_member_is_none() {
    let desk = Desk::new();
    for client in CLIENTS {
        for broken in [
            "",
            "{}",
            "[]",
            "null",
            "{",
            "\u{0}",
            r#"{"tool_input":{"command":"ls"}}"#,
            r#"{"tool_name":7,"tool_input":{"command":"ls"}}"#,
            r#"{"tool_name":"Bash"}"#,
            r#"{"tool_name":"Bash","tool_input":null}"#,
            r#"{"tool_name":"Bash","tool_input":{"Command":"ls"}}"#,
            r#"{"tool_name":"Bash","tool_input":{"command":{"a":"ls"}}}"#,
            r#"{"tool_name":"Bash","tool_input":{"command":["ls",7]}}"#,
            r#"{"tool_name":"Bash","tool_input":{"command":"ls"}} {"tool_name":"Read"}"#,
        ] {
            let ended = desk.call(client, broken.as_bytes());
            assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{broken}: {ended:?}");
            assert!(!ended.stderr.is_empty(), "{broken}");
        }
        let endless = vec![b' '; 17 << 20];
        assert_eq!(desk.call(client, &endless).code, 2, "seventeen megabytes");
        let with_more = |command: &str| {
            let mut call: Value = claude_call("Bash", &json!({ "command": command, "new": [{}] }));
            call["of_a_newer_version"] = json!({ "command": "ls" });
            desk.call(client, call.to_string().as_bytes()).code
        };
        assert_eq!((with_more("terraform apply"), with_more("ls")), (2, 0));
        let other = json!({ "tool_name": "Telepathy", "tool_input": { "thought": "terraform apply" } });
        assert_eq!(desk.call(client, other.to_string().as_bytes()).code, 0, "another tool runs no command");
        let other = json!({ "tool_name": "Telepathy", "tool_input": { "command": "terraform apply" } });
        assert_eq!(desk.call(client, other.to_string().as_bytes()).code, 2, "another tool that runs one");
    }
}

/// The index is the one file that the hook reads.
#[test]
fn an_index_that_cannot_be_read_blocks_everything() {
    let desk = Desk::new();
    let index = desk.team.ana.home.join("state/grants.json");
    let sound = fs::read(&index).unwrap();
    for damage in
        [&b"{"[..], b"", b"{\"version\": 99}", b"{\"gate\": \"terraform\"}", &sound[..sound.len() / 2]]
    {
        fs::write(&index, damage).unwrap();
        for client in CLIENTS {
            let ended = desk.call(client, &free());
            assert_eq!(ended.code, 2, "{}: {ended:?}", String::from_utf8_lossy(damage));
            assert!(!ended.stderr.is_empty());
        }
    }
    fs::remove_file(&index).unwrap();
    fs::create_dir(&index).unwrap();
    assert_eq!(desk.call("claude", &free()).code, 2, "a folder");
    fs::remove_dir(&index).unwrap();
    std::os::unix::fs::symlink("grants.json", &index).unwrap();
    assert_eq!(desk.call("claude", &free()).code, 2, "a link to itself");
    fs::remove_file(&index).unwrap();
    fs::write(&index, sound).unwrap();
    assert_eq!(desk.call("claude", &free()).code, 0);
}

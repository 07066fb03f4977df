//! `jit hook` as a coding agent's client calls it, and the settings that make the client call it.

use std::fs;
use std::process::Command;

use jit::flow::agents::settings::AgentClient;
use jit::state::index;
use jit::system::console::Listener;
use jit::system::console::Unattended;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;

use crate::cli::stage::Stage;

const APPLY: &str =
    r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"terraform apply"}}"#;
const WRITE: &str =
    r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"vault write a b=c"}}"#;
const LIST: &str = r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls"}}"#;

fn know(stage: &Stage) {
    let role = index::KnownRole {
        name: "orders-admin".parse().unwrap(),
        aliases: Vec::new(),
        scopes: Vec::new(),
        authority: None,
        gate: vec!["terraform apply".to_owned()],
        place: None,
    };
    index::put_roles(&stage.ana.world.system.files, None, &[role], &["vault write".to_owned()]).unwrap();
}

#[tokio::test]
async fn a_call_is_blocked_with_the_way_to_ask() {
    let stage = Stage::new();
    let ana = &stage.ana;
    let call = async |client: &str, input: &str| {
        *ana.world.console.input.lock().unwrap() = input.as_bytes().to_vec();
        ana.run(&format!("hook {client}"), &[]).await
    };
    assert_eq!(call("claude", APPLY).await.code, 0, "no role is known");
    know(&stage);
    for client in ["claude", "codex"] {
        let blocked = call(client, APPLY).await;
        assert_eq!((blocked.code, blocked.stdout.as_str()), (2, ""), "{blocked}");
        assert!(blocked.stderr.contains("`jit exec orders-admin -- COMMAND`"), "{blocked}");
        let blocked = call(client, WRITE).await;
        assert!(blocked.code == 2 && blocked.stderr.contains("needs a role"), "{blocked}");
        let passes = call(client, LIST).await;
        assert_eq!((passes.code, passes.stdout.as_str(), passes.stderr.as_str()), (0, "", ""), "{passes}");
        for broken in ["", "{", "null", r#"{"tool_name":"Bash"}"#] {
            let blocked = call(client, broken).await;
            assert!(blocked.code == 2 && blocked.stderr.contains("cannot judge it"), "{broken}: {blocked}");
        }
        let long = format!("{{\"tool_name\":\"Read\",\"x\":\"{}\"}}", "x".repeat(17 << 20));
        assert_eq!(call(client, &long).await.code, 2, "an endless call");
    }
    assert_eq!(call("other", APPLY).await.code, 2, "no such client");
    fs::write(index::path(&ana.world.system.files), "{").unwrap();
    let damaged = call("claude", LIST).await;
    assert!(damaged.code == 2 && damaged.stderr.contains("jit roles"), "{damaged}");
}

/// A console that panics where the hook answers.
struct Panicking;

impl Listener for Panicking {
    fn print(&self, _text: &str) -> std::io::Result<()> {
        panic!("a bug of the hook")
    }

    fn line(&self, _line: &str) {
        panic!("a bug of the hook")
    }

    fn progress(&self, _line: &str) {}
}

/// The variable that makes the test below the hook itself. Its value says whether `main` guards it.
const AS_HOOK: &str = "JIT_TEST_AS_HOOK";

/// This test starts itself: a panic in this process would end the other tests.
#[test]
#[expect(clippy::disallowed_methods, reason = "it is a process of its own that panics")]
fn a_panic_of_the_hook_blocks_the_call() {
    if let Some(guarded) = std::env::var_os(AS_HOOK) {
        let arguments = ["hook", "claude"].map(Into::into).to_vec();
        if guarded == "guarded" {
            jit::guard(&arguments);
        }
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at("2026-11-23T10:00:00Z");
        let mut system = FakeWorld::new(folder.path(), &clock, &FakeHttp::default(), 1).system;
        system.console = std::sync::Arc::new(Unattended(Panicking));
        panic!("it ended with {}", jit::run(arguments, &system));
    }
    let run = |guarded: &str| {
        let (_, module) = module_path!().split_once("::").unwrap();
        let test = format!("{module}::a_panic_of_the_hook_blocks_the_call");
        let mut child = Command::new(std::env::current_exe().unwrap());
        let output = child.args(["--exact", &test, "--nocapture"]).env(AS_HOOK, guarded).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = run("guarded");
    assert_eq!(code, Some(2), "{said}");
    // Codex lets a call through if the hook says nothing.
    assert!(said.contains("jit: panicked at") && said.contains("a bug of the hook"), "{said}");
    let (code, said) = run("alone");
    assert!(
        code != Some(2) && said.contains("a bug of the hook"),
        "the guard is what blocks: {code:?} {said}"
    );
}

/// Clients let a call through if their hook ends with 1 or 127.
#[cfg(unix)]
#[test]
#[expect(clippy::disallowed_methods, reason = "a client starts the line with a shell, and with nothing else")]
fn the_written_line_blocks_if_jit_is_missing_killed_or_fails() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let jit = folder.path().join("jit");
    let code = |client: AgentClient| {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &client.line()]).env_clear().env("PATH", folder.path());
        let output = shell.output().unwrap();
        // Codex lets a call through if the hook says nothing.
        assert!(output.status.success() || !output.stderr.is_empty(), "{}", client.line());
        output.status.code()
    };
    let ends = ["exit 0", "exit 1", "exit 2", "exit 126", "kill -9 $$", "kill -11 $$"];
    for client in AgentClient::ALL {
        let _ = fs::remove_file(&jit);
        assert_eq!(code(client), Some(2), "there is no jit");
        for end in ends {
            fs::write(&jit, format!("#!/bin/sh\n[ \"$*\" = \"hook {}\" ] || exit 0\n{end}\n", client.word()))
                .unwrap();
            fs::set_permissions(&jit, fs::Permissions::from_mode(0o755)).unwrap();
            assert_eq!(code(client), Some(if end == "exit 0" { 0 } else { 2 }), "{end}");
        }
    }
}

#[tokio::test]
async fn settings_are_printed_and_written_once() {
    let stage = Stage::new();
    let ana = &stage.ana;
    let shown = ana.run("setup agents", &[]).await;
    assert_eq!(shown.code, 0, "{shown}");
    for line in
        ["jit hook claude || {", "\"onFailure\": \"block\"", "[[hooks.PreToolUse]]", "jit hook codex || {"]
    {
        assert!(shown.stdout.contains(line), "{line}: {shown}");
    }
    let home = &ana.world.system.files.home;
    assert!(!home.join(".claude").exists() && !home.join(".codex").exists());
    ana.write(&home.join(".claude/settings.json"), "{\n  \"model\": \"x\"\n}\n");
    let written = ana.run("setup agents claude codex --write", &[]).await;
    assert_eq!(written.code, 0, "{written}");
    assert!(written.stderr.contains("/hooks"), "{written}");
    let claude = fs::read_to_string(home.join(".claude/settings.json")).unwrap();
    assert!(claude.contains("\"model\": \"x\"") && claude.contains("jit hook claude || {"), "{claude}");
    let again = ana.run("setup agents claude codex --write", &[]).await;
    assert!(again.code == 0 && again.stderr.matches("needs no change").count() == 2, "{again}");
    let settings = home.join(".claude/settings.json");
    for (text, cause) in [
        ("{\"hooks\": []}", "add the hook by hand"),
        ("{\n  // mine\n  \"model\": \"x\"\n}", "take the comments out"),
    ] {
        fs::write(&settings, text).unwrap();
        let refused = ana.run("setup agents claude --write", &[]).await;
        assert!(refused.code == 1 && refused.stderr.contains(cause), "{refused}");
        assert_eq!(fs::read_to_string(&settings).unwrap(), text, "it stays");
    }
}

//! `jit mcp` as a process: the signals that end it, and the commands that it leaves behind.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;

use super::states;
use crate::peers::broker::JIT;
use crate::peers::peer::wait_for;
use crate::peers::person::Person;
use crate::peers::team::Team;

/// A client that writes lines and reads lines.
struct Client {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    last: u64,
}

impl Client {
    fn start(person: &Person) -> Self {
        let mut child = person.jit(&["mcp"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut client = Self { child, lines, last: 0 };
        let id = client.begin(
            "initialize",
            &json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } }),
        );
        client.answer(id);
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.child.stdin.as_ref().unwrap(), "{message}").unwrap();
    }

    fn begin(&mut self, method: &str, params: &Value) -> u64 {
        self.last += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.last, "method": method, "params": params }));
        self.last
    }

    fn answer(&mut self, id: u64) -> Value {
        loop {
            let line = self.lines.next().expect("an answer").unwrap();
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["id"] == id {
                return message["result"].clone();
            }
        }
    }

    fn begin_exec(&mut self, role: &str, argv: &[&str]) -> u64 {
        let arguments = json!({ "role": role, "argv": argv });
        self.begin("tools/call", &json!({ "name": "exec", "arguments": arguments }))
    }

    fn exec(&mut self, role: &str, argv: &[&str]) -> Value {
        let id = self.begin_exec(role, argv);
        self.answer(id)["structuredContent"].clone()
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that never ends, with a process that detached itself.
fn endless(folder: &Path) -> String {
    let (one, two) = (folder.join("one"), folder.join("two"));
    let (one, two) = (one.display(), two.display());
    format!(
        "rm -f {one} {two}; setsid setsid --fork sh -c 'echo $$ >{two}; exec sleep 6000' </dev/null >/dev/null 2>&1; \
         echo $$ >{one}; exec sleep 6000"
    )
}

/// The process ids in these files, once they are written.
fn written(folder: &Path) -> Vec<String> {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    wait_for("the command runs", || ["one", "two"].iter().all(|name| read(name).ends_with('\n')));
    ["one", "two"].iter().map(|name| read(name).trim().to_owned()).collect()
}

fn is_gone(id: &str) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    state.is_empty() || state.contains(") Z")
}

#[test]
fn every_signal_that_ends_it_ends_commands_and_access() {
    let (team, _cloud) = Team::with_sandbox();
    for signal in ["-HUP", "-QUIT", "-TERM", "-INT"] {
        team.grant("orders-admin");
        let mut client = Client::start(&team.ana);
        client.begin_exec("orders-admin", &["sh", "-c", &endless(&team.ana.home)]);
        let ids = written(&team.ana.home);
        client.signal(signal);
        wait_for(signal, || ids.iter().all(|id| is_gone(id)));
        let code = client.child.wait().unwrap().code();
        assert_eq!((code, states(&team.ana)), (Some(0), Vec::new()), "{signal}");
    }
}

/// Nobody is left to end the access. The commands end.
#[test]
fn a_killed_server_takes_its_commands_along() {
    let (team, _cloud) = Team::with_sandbox();
    team.grant("orders-admin");
    let mut client = Client::start(&team.ana);
    client.begin_exec("orders-admin", &["sh", "-c", &endless(&team.ana.home)]);
    let ids = written(&team.ana.home);
    client.signal("-KILL");
    wait_for("a command outlived its server", || ids.iter().all(|id| is_gone(id)));
    assert_eq!(states(&team.ana), ["active"]);
}

/// An agent with these tools alone, whose command types `jit`.
#[test]
fn a_command_decides_nothing_and_uses_no_other_role() {
    let (team, _cloud) = Team::with_sandbox();
    for role in ["orders-admin", "orders-reader"] {
        team.grant(role);
        let begun = team.ana.run(&["exec", role, "--", "true"]);
        assert_eq!(begun.code, 0, "{begun:?}");
    }
    let mut client = Client::start(&team.ana);
    for argv in [
        &[JIT, "approve", "0123456789", "-y"][..],
        &[JIT, "exec", "orders-admin", "--", "env"],
        &[JIT, "env", "orders-admin"],
        &[JIT, "credentials", "orders-admin", "--format", "aws"],
        &[JIT, "key", "list"],
    ] {
        let ran = client.exec("orders-reader", argv);
        assert_ne!(ran["exit_code"], 0, "{argv:?}: {ran}");
        assert!(ran["stderr"].as_str().unwrap().contains("JIT_RUN_BY"), "{argv:?}: {ran}");
        assert_eq!(ran["stdout"], "", "{argv:?}: {ran}");
    }
    // Without the mark it is `jit` as usual, and the filter knows the other role's secret.
    let bus = format!("DBUS_SESSION_BUS_ADDRESS={}", team.ana.keyring.bus);
    let argv = ["env", "-u", "JIT_RUN_BY", &bus, JIT, "exec", "orders-admin", "--env", "--", "env"];
    let ran = client.exec("orders-reader", &argv);
    let secret = "\nAWS_SECRET_ACCESS_KEY=[removed: a credential]\n";
    assert!(ran["stdout"].as_str().unwrap().contains("JIT_GRANT=orders-admin\n"), "{ran}");
    assert!(ran["stdout"].as_str().unwrap().contains(secret), "{ran}");
}

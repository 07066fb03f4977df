//! `jit mcp` as other people's clients see it: the protocol's own libraries for Python and for TypeScript, over a real broker.

#[cfg(target_os = "linux")]
mod process;

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;

use crate::peers::broker::JIT;
use crate::peers::peers;
use crate::peers::person::Person;
use crate::peers::team::Team;
use crate::peers::tool;
use crate::shells::terminal::wait_until;

fn script(name: &str) -> String {
    format!("{}/tests/peers/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The states of a person's open requests.
fn states(person: &Person) -> Vec<String> {
    let ended = person.run(&["status", "--json"]);
    let entries: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    entries.as_array().unwrap().iter().map(|entry| entry["state"].as_str().unwrap().to_owned()).collect()
}

/// The Python client, with pipes to it.
struct Judge {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Judge {
    fn start(person: &Person, mode: &str) -> Self {
        let mut command: Command = person.shell(tool("python"));
        command.arg(script("mcp_client.py")).args([JIT, mode]).arg(&person.home);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("the client goes on").unwrap()
    }

    /// Lets the client's request be approved.
    fn approve(&mut self, reviewer: &Person) {
        let id = self.line();
        let approved = reviewer.run(&["approve", &id, "-y"]);
        assert_eq!(approved.code, 0, "{approved:?}");
        writeln!(self.child.stdin.as_ref().unwrap(), "approved").unwrap();
    }
}

/// In both forms of the protocol: with a handshake, and with none.
#[test]
fn the_python_client_asks_waits_runs_and_cancels() {
    for mode in ["legacy", "2026-07-28"] {
        let (team, _cloud) = Team::with_sandbox();
        let mut judge = Judge::start(&team.ana, mode);
        judge.approve(&team.bo);
        assert_eq!(judge.line(), "done", "{mode}");
        assert!(judge.child.wait().unwrap().success(), "{mode}");
        // The access that its commands began ended with it.
        wait_until(|| states(&team.ana).is_empty(), || format!("the end of the access ({mode})"));
    }
}

#[test]
fn the_typescript_client_finds_every_result_as_its_schema_says() {
    let (team, _cloud) = Team::with_sandbox();
    let mut command = team.ana.shell(tool("node"));
    command.arg(script("mcp_client.mjs")).arg(JIT).env("JIT_PEERS", peers());
    let ended = team.ana.finish(&mut command);
    assert_eq!((ended.code, ended.stdout.trim()), (0, "done"), "{ended:?}");
}

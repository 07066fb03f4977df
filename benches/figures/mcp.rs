//! A call of `jit mcp` beside the command that says the same: an agent without these tools starts `jit` each time.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::process::Child;
use std::process::ChildStdin;
use std::process::ChildStdout;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;

use crate::measure::Contender;
use crate::measure::in_turns;
use crate::measure::quiet;
use crate::measure::ratio;
use crate::measure::run;
use crate::place;

const ROUNDS: usize = 100;

/// Runs inside the session of [`super::exec`], while its broker answers.
pub fn figure(person: &[(&str, &str)]) {
    let mut server = Server::start(person);
    let mut contenders: Vec<Contender<'_>> = vec![
        ("tools/call status", Box::new(|| server.status())),
        ("jit status", Box::new(|| run(quiet(place::jit(), person).args(["status", "--json"])))),
        ("jit version", Box::new(|| run(quiet(place::jit(), person).args(["version"])))),
    ];
    let times = in_turns(ROUNDS, &mut contenders);
    println!(
        "mcp        tools/call status {} | jit status --json {} | ratio {:.2}; jit version {}",
        times[0],
        times[1],
        ratio(times[0].median(), times[1].median()),
        times[2],
    );
}

/// A server that stays, as it does under an agent's client.
struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Server {
    fn start(person: &[(&str, &str)]) -> Self {
        let mut command = quiet(place::jit(), person);
        command.arg("mcp").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut server = Self { child, input, output };
        let client = json!({ "name": "figures", "version": "1" });
        let greeting = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        assert!(server.ask("initialize", &greeting)["result"].is_object());
        server
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        writeln!(self.input, "{request}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn status(&mut self) {
        let answer = self.ask("tools/call", &json!({ "name": "status", "arguments": {} }));
        assert_eq!(answer["result"]["structuredContent"]["stale"], false, "{answer}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
